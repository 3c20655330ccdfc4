"""`mamarr demo`: the main job on embedded defaults, on this machine alone, in EXERCISE."""

import asyncio
import secrets
import tempfile
from datetime import timedelta
from pathlib import Path

import httpx
from rich.console import Console

from mamarr.geometry.units import moment_from_ms
from mamarr.names import Mode
from mamarr.node.auditing import print_verdict
from mamarr.node.development_issuer import ISSUER, DevelopmentIssuer
from mamarr.node.identity import kept_identity
from mamarr.node.runtime import Runtime, utc_now
from mamarr.node.serving import hosts, listening, serve
from mamarr.node.witness_file import WitnessFile
from mamarr.record import Signer, SqliteStore, Verdict, audit
from mamarr.web import Caller, Sessions, TokenChecker, application
from mamarr.web.access import Scope

AUTHORITY = "Authority A"
PARTY, OTHER_PARTY = "authority-a", "authority-b"
SCOPES = (Scope.READ, Scope.RESERVE)
PERSON_SCOPES = frozenset({*SCOPES, Scope.ADMINISTER})
RECORD = "record.sqlite"
IDENTITY = "exercise-identity.json"


class Demo:
    """One demo node: its keys live in memory, its record in `folder`."""

    def __init__(self, folder: Path, port: int, console: Console) -> None:
        self.console = console
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
            authority=AUTHORITY,
            mode=Mode.EXERCISE,
            witness=WitnessFile(self.record),
        )
        self.is_new = self.runtime.log.size == 0
        self.sessions = Sessions(lambda: secrets.token_urlsafe(24))

    async def run(self) -> None:
        """Serve, show the story, and go on serving until told to stop."""
        tokens = TokenChecker(self.issuer.keys(), issuer=ISSUER, audience=self.node_id, mode=Mode.EXERCISE)
        app = application(self.runtime, sessions=self.sessions, tokens=tokens, hosts=hosts(self.port))
        await serve(app, self.runtime, self.listener, ready=self.story)
        self.store.close()

    async def story(self) -> None:
        """File a box of sky over HTTP, have the second asker refused, and audit what was recorded."""
        say = self.console.print
        say(f"[bold]EXERCISE[/bold]  node {self.node_id}. An advisory aid, not certified equipment.")
        if self.is_new:
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
        caller = Caller(party=PARTY, subject="visitor", scopes=PERSON_SCOPES, is_person=True)
        code = self.sessions.code(caller, utc_now())
        self.console.print(
            f"ready: http://localhost:{self.port}/#code={code}", soft_wrap=True, markup=False, highlight=False
        )

    async def _file(self) -> None:
        say = self.console.print
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", trust_env=False) as client:
            first = await self._reserve(client, PARTY, "EAST-1", west_deg=32.0)
            say(f"{PARTY} asks for EAST-1: {_told(first)}")
            second = await self._reserve(client, OTHER_PARTY, "COAST-7", west_deg=32.5)
            say(f"{OTHER_PARTY} asks for COAST-7, which overlaps it: {_told(second)}")
            third = await self._reserve(client, OTHER_PARTY, "COAST-8", west_deg=33.0)
            say(f"{OTHER_PARTY} asks for COAST-8 beside it: {_told(third)}")

    def _write_tokens(self) -> str:
        for party in (PARTY, OTHER_PARTY):
            path = self.record.with_name(f"{party}.token")
            path.touch(mode=0o600)
            path.write_text(self.issuer.token(party, SCOPES, now=utc_now()))
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
        token = self.issuer.token(party, SCOPES, now=utc_now())
        headers = {"authorization": f"Bearer {token}"}
        return await client.put(f"/api/reservations/{name}", json={"volume": volume}, headers=headers)


def _told(response: httpx.Response) -> str:
    body = response.json()
    if response.status_code == 201:
        return f"[green]held[/green], receipt {body['receipt'][:16]}…"
    because = ", ".join(body.get("because", ()))
    return f"[red]refused[/red] ({body['reason']}: {because}): {body['title']}"


def run(port: int, keep: Path | None) -> None:
    """Run the demo until interrupted.

    keep: folder for the record; None: a temporary one, removed at the end. Raises Unavailable when the port
    or the folder cannot be used.
    """
    console = Console()
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        asyncio.run(_demo(keep, port, console))
        return
    with tempfile.TemporaryDirectory(prefix="mamarr-demo-") as folder:
        asyncio.run(_demo(Path(folder), port, console))


async def _demo(folder: Path, port: int, console: Console) -> None:
    await Demo(folder, port, console).run()
