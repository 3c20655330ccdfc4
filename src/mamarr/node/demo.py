"""`mamarr demo`: the main job on embedded defaults, on this machine alone, in EXERCISE."""

import asyncio
import json
import secrets
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import msgspec
from rich.console import Console

from mamarr.faults import Unavailable
from mamarr.geometry.units import moment_from_ms
from mamarr.names import Mode
from mamarr.node import serving
from mamarr.node.accounts_file import FILE, AccountsFile
from mamarr.node.auditing import print_verdict
from mamarr.node.demo_acts import FLIGHTS, FOLDER, RECORDED, Acts
from mamarr.node.demo_story import DemoStory
from mamarr.node.development_issuer import DevelopmentIssuer
from mamarr.node.folder_lock import held_alone
from mamarr.node.identity import kept_identity
from mamarr.node.people import people_at
from mamarr.node.runtime import Runtime, utc_now
from mamarr.node.serving import hosts, listening, serve
from mamarr.node.warming import warm
from mamarr.node.watching import Watching
from mamarr.node.witness_file import WitnessFile
from mamarr.record import Signer, SqliteStore, Verdict, audit
from mamarr.web import Sessions, TokenChecker, application
from mamarr.web.access import Scope
from mamarr.web.access.accounts import Account
from mamarr.web.demo_routes import demo_routes

AUTHORITY = "Authority A"
PARTY, OTHER_PARTY = "authority-a", "authority-b"
SCOPES = (Scope.READ, Scope.RESERVE, Scope.FILE)
PERSON_SCOPES = frozenset({*SCOPES, Scope.ADMINISTER, Scope.WATCH, Scope.COORDINATE})
AIRSPACE = FOLDER / "eastern_mediterranean.geojson"
SHIP_FROM, SHIP_FOR = timedelta(hours=6), timedelta(hours=12)  # of the coming Friday, UTC
FRIDAY = 4  # as `date.weekday` counts
VISITOR = "visitor"
RECORD = "record.sqlite"
IDENTITY = "exercise-identity.json"


class Demo:
    """One demo node: its keys live in memory, its record in `folder`."""

    def __init__(
        self, folder: Path, port: int, console: Console, labels: dict[str, str], *, tells_story: bool
    ) -> None:
        self.console, self.labels, self.tells_story = console, labels, tells_story
        identity = kept_identity(folder / IDENTITY)
        self.node_id = identity.node_id
        signer = Signer(f"{self.node_id}/{Mode.EXERCISE}", identity.private_key)
        self.verifier = signer.verifier
        self.record = folder / RECORD
        self.store = SqliteStore(self.record)
        self.listener = listening(port)
        self.port = int(self.listener.getsockname()[1])
        self.issuer = DevelopmentIssuer(self.node_id)
        self.runtime = Runtime(
            self.store,
            signer,
            node_id=self.node_id,
            party=PARTY,
            authority=labels.get(PARTY, AUTHORITY),
            mode=Mode.EXERCISE,
            witness=WitnessFile(self.record),
        )
        self.is_new = self.runtime.log.size == 0
        self.accounts = AccountsFile(folder / FILE)
        self.sessions = Sessions(lambda: secrets.token_urlsafe(24))
        self.watching = Watching(self.runtime, [RECORDED])
        acts = Acts(
            self.runtime,
            self.watching,
            self.store,
            self.verifier,
            origin=f"http://127.0.0.1:{self.port}",
            token=lambda party: self.issuer.token(party, SCOPES, now=utc_now()),
        )
        self.steps = DemoStory(acts.all(), flights=FLIGHTS, now=utc_now)

    async def run(self) -> None:
        """Serve, show the story, and go on serving until told to stop."""
        tokens = TokenChecker([self.issuer.trusted()], mode=Mode.EXERCISE)
        people = people_at(self.port, self.accounts, node_id=self.node_id, mode=Mode.EXERCISE)
        app = application(
            self.runtime,
            sessions=self.sessions,
            tokens=tokens,
            people=people,
            hosts=hosts(self.port),
            more=demo_routes(self.steps) if self.tells_story else (),
        )
        watching = self.watching if self.tells_story else None
        await serve(app, self.runtime, self.listener, ready=self.story, watching=watching)
        self.store.close()
        self.accounts.close()

    async def story(self) -> None:
        """File a box of sky over HTTP, have the second asker refused, and audit what was recorded."""
        say = self.console.print
        say(f"[bold]EXERCISE[/bold]  node {self.node_id}. An advisory aid, not certified equipment.")
        if self.is_new:
            await self._declare()
            await self._file()
        elif self.runtime.set_back is None:
            say(f"the record in {self.record} goes on after {self.runtime.log.size} entries")
        else:
            say(
                f"[red]READ-ONLY ({self.runtime.set_back})[/red]: this record was restored or copied. "
                "Nothing is decided until a person confirms it on the page."
            )
        verdict = await asyncio.to_thread(self._audit)
        print_verdict(self.console, verdict, trusted=True)
        say(f"the same from another terminal: mamarr audit {self.record} --key '{self.verifier.text()}'")
        say(f"tokens for programs, good for an hour: {self._write_tokens()}")
        code = self.sessions.code(self._visitor().caller(), utc_now())
        self.console.print(
            f"ready: http://localhost:{self.port}/#code={code}", soft_wrap=True, markup=False, highlight=False
        )
        if self.runtime.set_back is None and self.tells_story:
            await self.steps.run()

    def _visitor(self) -> Account:
        """The account of whoever follows the link: without keys at each start, for browsers come and go."""
        found = self.accounts.of_person(VISITOR)
        visitor = (
            Account(person_id=VISITOR, party=PARTY, display_name=VISITOR, scopes=PERSON_SCOPES)
            if found is None
            else found.changed(person_keys=(), scopes=PERSON_SCOPES)
        )
        if not self.accounts.put(visitor):
            raise Unavailable(f"{self.accounts.path}: another process changes it")
        return visitor

    async def _file(self) -> None:
        say = self.console.print
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", trust_env=False) as client:
            first = await self._reserve(client, PARTY, "EAST-1", west_deg=32.0)
            say(f"{PARTY} asks for EAST-1: {_told(first)}")
            second = await self._reserve(client, OTHER_PARTY, "COAST-7", west_deg=32.5)
            say(f"{OTHER_PARTY} asks for COAST-7, which overlaps it: {_told(second)}")
            third = await self._reserve(client, OTHER_PARTY, "COAST-8", west_deg=33.0)
            say(f"{OTHER_PARTY} asks for COAST-8 beside it: {_told(third)}")
            ship = await self._ship_area(client)
            say(f"{OTHER_PARTY} asks for SHIP-1, a fixed ship area from Friday: {_told(ship)}")

    async def _declare(self) -> None:
        """Import the demo's airspace as any airspace is imported."""
        collection = json.loads(AIRSPACE.read_bytes())
        for feature in collection["features"]:
            said = feature["properties"]
            said |= {"name": self.labels[said["id"]]} if said["id"] in self.labels else {}
        async with self._client(PARTY, (Scope.ADMINISTER,)) as client:
            answer = await client.post("/api/airspace", json=collection)
        declared = answer.json()
        if answer.status_code != httpx.codes.OK or declared["declared_count"] != len(collection["features"]):
            raise Unavailable(f"the demo's airspace was not declared: {answer.text}")
        self.console.print(f"{declared['declared_count']} corridors, shares and parties declared from a file")

    def _client(self, party: str, scopes: tuple[Scope, ...]) -> httpx.AsyncClient:
        token = self.issuer.token(party, scopes, now=utc_now())
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}",
            trust_env=False,
            headers={"authorization": f"Bearer {token}"},
        )

    def _write_tokens(self) -> str:
        for party in (PARTY, OTHER_PARTY):
            path = self.record.with_name(f"{party}.token")
            path.touch(mode=0o600)
            scopes = (*SCOPES, Scope.ADMINISTER) if party == PARTY else SCOPES
            path.write_text(self.issuer.token(party, scopes, now=utc_now()))
        return str(self.record.with_name("<party>.token"))

    def _audit(self) -> Verdict:
        store = SqliteStore(self.record, read_only=True)
        try:
            return audit(store, self.verifier)
        finally:
            store.close()

    async def _reserve(
        self, client: httpx.AsyncClient, party: str, name: str, *, west_deg: float
    ) -> httpx.Response:
        start = moment_from_ms(int(utc_now().timestamp()) * 1_000)
        volume = {
            "latitude_south_deg": 33.5,
            "latitude_north_deg": 34.5,
            "longitude_west_deg": west_deg,
            "longitude_east_deg": west_deg + 1.0,
            "altitude_lower_m": 3_000,
            "altitude_upper_m": 6_000,
            "time_start": start.isoformat(),
            "time_end": (start + timedelta(hours=2)).isoformat(),
        }
        return await client.put(
            f"/api/reservations/{name}",
            json={"volume": volume, "user_keeps_clear": True},
            headers=self._bearer(party),
        )

    async def _ship_area(self, client: httpx.AsyncClient) -> httpx.Response:
        """A circle about a ship, from the surface to FL100, on the coming Friday."""
        start = coming_friday(utc_now()) + SHIP_FROM
        region = {
            "circle": {"latitude_deg": 34.6, "longitude_deg": 34.0, "radius_m": 37_040},
            "level_lower": "F000",
            "level_upper": "F100",
            "time_start": start.isoformat(),
            "time_end": (start + SHIP_FOR).isoformat(),
        }
        body = {"regions": [region]}
        return await client.put("/api/reservations/SHIP-1", json=body, headers=self._bearer(OTHER_PARTY))

    def _bearer(self, party: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.issuer.token(party, SCOPES, now=utc_now())}"}


def _told(response: httpx.Response) -> str:
    body = response.json()
    if response.status_code == 201:
        return f"[green]held[/green], receipt {body['receipt'][:16]}…"
    because = ", ".join(body.get("because", ()))
    return f"[red]refused[/red] ({body['reason']}: {because}): {body['title']}"


def coming_friday(now: datetime) -> datetime:
    """The beginning of the next Friday, UTC: of today's week, or of the next one on a Friday and after."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=(FRIDAY - now.weekday() - 1) % 7 + 1)


def labels_of(year: int | None) -> dict[str, str]:
    """What the parties are called, by id; nothing for the neutral names. ValueError for a year without."""
    if year is None:
        return {}
    path = FOLDER / f"labels_{year}.json"
    if not path.is_file():
        raise ValueError(f"there are no labels of {year}; there are those of 2015")
    return msgspec.json.decode(path.read_bytes(), type=dict[str, str])


def run(port: int, keep: Path | None, labels: dict[str, str], *, tells_story: bool = True) -> None:
    """Run the demo until interrupted.

    labels: what parties are called, by id, where not neutrally. tells_story: else the node waits for what is
    asked, and nothing watches. keep: folder for the record; None: a
    temporary one, removed at the end. Raises Unavailable when the port or the folder cannot be used.
    """
    console = Console()
    warm()  # before anybody waits for an answer
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        serving.run(_demo(keep, port, console, labels, tells_story))
        return
    with tempfile.TemporaryDirectory(prefix="mamarr-demo-") as folder:
        serving.run(_demo(Path(folder), port, console, labels, tells_story))


async def _demo(folder: Path, port: int, console: Console, labels: dict[str, str], tells_story: bool) -> None:
    with held_alone(folder):
        await Demo(folder, port, console, labels, tells_story=tells_story).run()
