"""No route lets a party change what is another's: asked as south, at a node of north that holds one of each.

The same requests are then made in the name of north, and each changes something: so that none is refused to
south for its form alone.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, get_args

import httpx
import msgspec
import pytest

from mamarr.airspace.commitment import Reply
from mamarr.airspace.reservations import Activate, Pend, Reserve
from mamarr.coordination import Direction, MessageState, Stream
from mamarr.coordination.claims import CLAIM_OPEN_MS, Claim, CrossingClaimed
from mamarr.coordination.crossings import CrossingRequested, key_of
from mamarr.coordination.messages import MessageKept
from mamarr.coordination.told_alerts import AlertHeard, AlertThere
from mamarr.coordination.told_alerts import key_of as alert_key
from mamarr.engine import Order
from mamarr.engine.orders import events_in
from mamarr.faults import Refusal
from mamarr.flights.flights import File, ReportAirborne
from mamarr.flights.imposed import Impose, ImposedKind
from mamarr.interop import coordination_messages, geojson
from mamarr.interop.api import StatusAction
from mamarr.interop.coordination_messages import AgreementMessage
from mamarr.interop.wire import decoded
from mamarr.names import Author
from mamarr.record.entries import entry_from_body
from mamarr.surveillance import AlertType
from mamarr.surveillance.alerts import RaiseAlert
from mamarr.web.app import ROUTES
from mamarr.web.guard import CHANGING
from tests.airspace.boxes import NOON, a_box
from tests.coordination.test_channels import a_message
from tests.engine.stories_of_neighbours import wanted
from tests.engine.test_flights import about
from tests.engine.test_watch import measured
from tests.flights.routes import NM_MM, NOON_MS, a_corridor, a_plan
from tests.web.authenticators import PersonsKey
from tests.web.node import NODE, Desk, a_volume, at_a_desk
from tests.web.skies import CHIEF, GEOJSON, SKY, as_json, declare
from tests.web.test_airspace import AREA, CONSTRAINT, REGION
from tests.web.test_disclosure import PAIR, RULE, SAID
from tests.web.test_person_keys import asked_second_key, enrolled, signature_header
from tests.web.wrong import AGREEMENT, ANSWERS, CLAIM_ANSWERS, REPORTS, SUSPENSION, TERMS, VOICE

FLIGHTS, RESERVATIONS = ("F1", "F2", "F3"), ("R1", "R2", "R3", "R4")
FLIGHT, RESERVATION = "/api/flights/{flight_id}", "/api/reservations/{reservation_id}"
KEY = "/api/person-keys/{act_id}"
ANSWER = "/api/crossings/{node}/{kind}/{object_id}/{filed}/answer"
PRESENTED, ACKNOWLEDGED = "/api/messages/presented", "/api/messages/acknowledged"
SEEN = "acknowledgement"
WARNED = "/api/told-alerts/{node}/{object_id}/{filed}/{alert}/" + SEEN
SAID_BY_SOUTH = "node-south/INCOMING/COORDINATION"
ASKED = ("S1", "S2", "S3")
CLAIM, CLAIMED = "/api/crossings/{node}/{kind}/{object_id}/{filed}/claim", ("S4", "S5")
BY_VOICE = "/api/asked/{kind}/{object_id}/voice"
WITHDRAWAL = "/api/crossings/{node}/{kind}/{object_id}/{filed}/withdrawal"
LATER = {"revision": 1, "from_time": "2026-11-22T16:00:00Z"}
SUSPENDED = "/api/agreement/suspension"
RESTORE = "/api/restore/confirmation"
ACTIONS = get_args(StatusAction)
DECLARED = {
    "constraint": "D1",
    "area": "TRA-1",
    "corridor": "SOUTH",
    "share": "NORTHERN",
    "party": "relief",
}
# What these change is the asker's own, whoever asks; it is compared all the same.
OF_THE_ASKER = {
    "/api/password",
    "/api/passkeys/registration",
    "/api/passkeys/registration/verification",
    "/api/person-keys",
}


class Request(NamedTuple):
    """A request to a changing route, right in form. act: what a person signs, under `act_id` if given."""

    method: str
    route: str
    path: str
    body: Any = None
    act: dict[str, Any] | None = None
    act_id: str | None = None

    @property
    def kind(self) -> tuple[str, str, str]:
        """What it asks: the route, and which of several actions or reports."""
        said = self.body if isinstance(self.body, dict) else {}
        return self.method, self.route, said.get("action") or said.get("report") or said.get("answer") or ""


class Person(NamedTuple):
    """Somebody with an account, a page and a key."""

    page: dict[str, str]
    key: PersonsKey


class Held(NamedTuple):
    """What waits for a second person: two changes of a key."""

    act_ids: tuple[str, str]
    keys: tuple[PersonsKey, PersonsKey]


async def populated(desk: Desk, client: httpx.AsyncClient, officer: Person) -> Held:
    """One of each that a route changes, all of it north's."""
    north, watch = (Author(party="north", node=NODE, rule=rule) for rule in (None, "watch"))
    over = about((36.0, 36.0))
    commands = (
        (north, File(flight_id="F1", plan=a_plan(), is_provisional=True)),
        (north, File(flight_id="F2", plan=a_plan(minutes=0, level="F250"))),
        (north, File(flight_id="F3", plan=a_plan(minutes=300))),
        (north, ReportAirborne(flight_id="F2", time_ms=NOON_MS)),
        (north, Reserve(reservation_id="R1", volume=a_box(latitude_south_e7deg=310_000_000))),
        (north, Reserve(reservation_id="R2", regions=(over,), provisional=True)),
        (north, Reserve(reservation_id="R3", regions=(over,), waits=True)),
        (north, Reserve(reservation_id="R4", regions=(about((38.0, 38.0)),))),
        (north, Pend(reservation_id="R4")),
        (north, Activate(reservation_id="R4")),
        (north, Impose(imposed_id="I1", kind=ImposedKind.OTHER, volumes=(about((31.0, 38.0)),))),
        (watch, RaiseAlert(kind=AlertType.RAMHD, subject="F2", measured=measured())),
    )
    await declare(desk, client, *SKY, AREA)
    for number, (author, command) in enumerate(commands):
        order = Order(command_id=f"populated-{number}", author=author, command=command)
        answer = await desk.runtime.submit(order)
        assert not isinstance(answer.outcome, Refusal), (command, answer.outcome)
    await declare(desk, client, CONSTRAINT)
    for name in ASKED:
        desk.runtime.decider.projection.fold(asked_by_south(name))  # agreed, north would declare no shares
    for event in said_by_south():
        desk.runtime.decider.projection.fold(event)
    for name in CLAIMED:
        desk.runtime.decider.projection.fold(claimed_by_south(name))
    act = Request("PUT", PAIR, PAIR, RULE, {"type": "propose-disclosure", "rule": SAID})
    assert (await asked(client, act, officer, "proposed-0")).status_code == 200
    keys = (PersonsKey(), PersonsKey())
    acts = [await asked_second_key(client, officer.page, key) for key in keys]
    return Held((acts[0], acts[1]), keys)


def asked_by_south(name: str) -> CrossingRequested:
    """What south's node asked north for, and a person is to answer."""
    return CrossingRequested(
        crossing_id=key_of("node-south", name, NOON_MS),
        peer="node-south",
        party="south",
        object_id=name,
        filed_ms=NOON_MS,
        revision=1,
        content=wanted(a_plan(minutes=900)),
        answer_by_ms=NOON_MS + 600_000,
        time_ms=NOON_MS,
    )


def said_by_south() -> tuple[MessageKept | AlertHeard, ...]:
    """What south's node said and nobody has seen, and what it warned of."""
    alert = AlertThere(
        alert_id=alert_key("node-south", ASKED[0], NOON_MS, AlertType.CLAM),
        peer="node-south",
        party="south",
        object_id=ASKED[0],
        filed_ms=NOON_MS,
        alert=AlertType.CLAM,
        number=1,
        raised_ms=NOON_MS,
        message_key=f"{SAID_BY_SOUTH}/0",
        changed_ms=NOON_MS,
    )
    kept = (
        MessageKept(
            message=a_message(
                direction=Direction.INCOMING,
                stream=Stream.COORDINATION,
                sequence=at,
                state=MessageState.RECEIVED,
            )
        )
        for at in range(2)
    )
    return (*kept, AlertHeard(told=alert))


def claimed_by_south(name: str) -> CrossingClaimed:
    """What south's node says that north accepted by telephone."""
    return CrossingClaimed(
        crossing_id=key_of("node-south", name, NOON_MS),
        peer="node-south",
        party="south",
        object_id=name,
        filed_ms=NOON_MS,
        claim=Claim(revision=1, reply=Reply.ACCEPTED, spoken_at_ms=NOON_MS, until_ms=NOON_MS + CLAIM_OPEN_MS),
        time_ms=NOON_MS,
        content=wanted(a_plan(minutes=1_000 + 100 * CLAIMED.index(name))),
        keeps_until_ms=NOON_MS + CLAIM_OPEN_MS,
    )


def proposal() -> dict[str, Any]:
    """What a person signs to propose the agreement."""
    message = decoded(AgreementMessage, msgspec.json.encode(AGREEMENT))
    command = coordination_messages.agree(message, coordination_messages.shares_reading(message))
    return msgspec.to_builtins(command)


def of_coordination() -> tuple[Request, ...]:
    """What is answered to south, and what is agreed."""
    answers = (
        Request("POST", ANSWER, f"/api/crossings/node-south/FLIGHT/{name}/{NOON_MS}/answer", answer)
        for name, answer in zip(ASKED, ANSWERS, strict=True)
    )
    claims = (
        Request("POST", CLAIM, f"/api/crossings/node-south/FLIGHT/{name}/{NOON_MS}/claim", answer)
        for name, answer in zip(CLAIMED, CLAIM_ANSWERS, strict=True)
    )
    read, propose = (f"/api/agreement/{each}" for each in ("reading", "proposal"))
    return (
        *answers,
        *claims,
        Request("POST", BY_VOICE, "/api/asked/FLIGHT/F3/voice", VOICE[0]),
        Request("POST", read, read, AGREEMENT),
        Request("POST", PRESENTED, PRESENTED, {"messages": [f"{SAID_BY_SOUTH}/0"]}),
        Request("POST", ACKNOWLEDGED, ACKNOWLEDGED, {"message": f"{SAID_BY_SOUTH}/1"}),
        Request(
            "POST", WARNED, f"/api/told-alerts/node-south/{ASKED[0]}/{NOON_MS}/CLAM/{SEEN}", {"number": 1}
        ),
        Request("POST", propose, propose, AGREEMENT, proposal()),
        Request(
            "POST", WITHDRAWAL, f"/api/crossings/node-south/FLIGHT/{ASKED[0]}/{NOON_MS}/withdrawal", LATER
        ),
        *(
            Request("POST", path, path, SUSPENSION, {"type": kind, **SUSPENSION})
            for path, kind in (
                (SUSPENDED, "propose-suspension"),
                (f"{SUSPENDED}/approval", "approve-suspension"),
            )
        ),
    )


def requests(held: Held) -> list[Request]:
    """Every changing route that wants somebody known, on everything that `populated` made."""
    plan = as_json(a_plan(level="F370"))
    wider = geojson.collection([a_corridor(half_width_mm=6 * NM_MM)])
    rule = {"rule": SAID}
    approve = held.keys[0].said("officer", "key-change")
    return [
        *of_coordination(),
        Request("PUT", FLIGHT, "/api/flights/NEW", {"plan": as_json(a_plan(minutes=600)), "party": "relief"}),
        *(
            Request("POST", RESERVATION + "/status", f"/api/reservations/{name}/status", {"action": action})
            for name in RESERVATIONS
            for action in ACTIONS
        ),
        Request("PUT", RESERVATION, "/api/reservations/R1", {"volume": a_volume()}),
        *(Request("PUT", FLIGHT + "/plan", f"/api/flights/{name}/plan", {"plan": plan}) for name in FLIGHTS),
        *(Request("POST", FLIGHT + "/confirmation", f"/api/flights/{name}/confirmation") for name in FLIGHTS),
        *(
            Request("POST", FLIGHT + "/reports", f"/api/flights/{name}/reports", report)
            for name in FLIGHTS[:2]  # the last stays on the ground, where it can be withdrawn
            for report in REPORTS
        ),
        Request("POST", "/api/airspace", "/api/airspace", wider),
        Request("PUT", "/api/terms", "/api/terms", TERMS),
        Request(
            "PUT", "/api/imposed/{imposed_id}", "/api/imposed/I1", {"kind": "OTHER", "regions": [REGION]}
        ),
        Request(
            "POST",
            "/api/alerts/{alert_id}/acknowledgement",
            "/api/alerts/RAMHD.F2/acknowledgement",
            {"raised_count": 1},
        ),
        Request(
            "POST",
            "/api/disclosure/{owner}/{viewer}/approval",
            f"{PAIR}/approval",
            RULE,
            {"type": "approve-disclosure"} | rule,
        ),
        Request("PUT", "/api/disclosure/{owner}/{viewer}", PAIR, RULE, {"type": "propose-disclosure"} | rule),
        Request(
            "POST",
            KEY + "/approval",
            f"/api/person-keys/{held.act_ids[0]}/approval",
            None,
            approve,
            held.act_ids[0],
        ),
        Request("DELETE", KEY, f"/api/person-keys/{held.act_ids[1]}"),
        *(
            Request("DELETE", "/api/airspace/{kind}/{id}", f"/api/airspace/{kind}/{name}")
            for kind, name in DECLARED.items()
        ),
        *(Request("DELETE", FLIGHT, f"/api/flights/{name}") for name in FLIGHTS),
        *(Request("DELETE", RESERVATION, f"/api/reservations/{name}") for name in RESERVATIONS),
        Request("DELETE", "/api/imposed/{imposed_id}", "/api/imposed/I1"),
    ]


async def asked(
    client: httpx.AsyncClient, request: Request, who: Person | dict[str, str], command_id: str
) -> httpx.Response:
    """The answer to a request of a person, signed where it is an act, or of a program with these headers."""
    headers = {"idempotency-key": command_id, "content-type": "application/json"}
    if isinstance(request.body, bytes):
        headers |= GEOJSON
    if isinstance(who, dict):
        headers |= who
    else:
        headers |= who.page
        if request.act is not None:
            headers |= signature_header(who.key, who.key.act(request.act_id or command_id, request.act))
    body = request.body if isinstance(request.body, bytes) else msgspec.json.encode(request.body)
    content = None if request.body is None else body
    return await client.request(request.method, request.path, content=content, headers=headers)


def everything(desk: Desk) -> tuple[object, ...]:
    """All that the node holds and north's persons have, and what each party sees of it."""
    runtime, people = desk.runtime, desk.people.accounts
    accounts = sorted((each for each in people.every() if each.party == "north"), key=str)
    pictures = [runtime.picture(party) for party in ("north", "south", "relief")]
    return (
        runtime.decider.projection.state(),
        runtime.declared(),
        runtime.terms(),
        runtime.is_read_only(),
        pictures,
        accounts,
        desk.people.pending.of_party("north", NOON),
    )


async def person(desk: Desk, client: httpx.AsyncClient, name: str, party: str = "north") -> Person:
    page = desk.cookie(desk.add(name, party=party))
    return Person(page, await enrolled(client, page, name))


def under_north(story: Callable[[Desk, httpx.AsyncClient, Held], Any]) -> None:
    async def run(desk: Desk, client: httpx.AsyncClient) -> None:
        await story(desk, client, await populated(desk, client, await person(desk, client, "officer")))

    at_a_desk(run, now=NOON)


def test_every_changing_route_is_asked():
    changing = {
        (each.method, each.path) for each in ROUTES if each.method in CHANGING and each.scope is not None
    }
    here = requests(Held(("a", "b"), (PersonsKey(), PersonsKey())))
    of_others = {(each.method, each.route) for each in here}
    assert of_others | {("POST", path) for path in (*OF_THE_ASKER, RESTORE)} == changing


@pytest.mark.requirement("THREATS 23")
@pytest.mark.parametrize("kind", ["program", "person"])
def test_another_party_changes_nothing_of_what_a_node_holds(kind: str):
    async def story(desk: Desk, client: httpx.AsyncClient, held: Held) -> None:
        who: Person | dict[str, str] = await person(desk, client, "stranger", "south")
        if kind == "program":
            who = desk.bearer("south", CHIEF)
        before, size = everything(desk), desk.store.size()
        for number, request in enumerate(requests(held)):
            answer = await asked(client, request, who, f"stranger-{number}")
            assert answer.status_code in (200, 403, 404, 409), (request, answer.json())
            if request.route != "/api/airspace":  # which answers feature by feature
                assert answer.status_code != 200, request
            assert everything(desk) == before, request
        for path in OF_THE_ASKER:
            await asked(client, Request("POST", path, path, {}), who, f"stranger{path.replace('/', '-')}")
        assert everything(desk) == before
        entries = [entry_from_body(row.sequence, row.body) for row in desk.store.rows(size)]
        assert entries
        assert [events_in(entry) for entry in entries] == [()] * len(entries)

    under_north(story)


def test_each_of_these_requests_changes_something_when_those_ask_whose_it_is():
    async def story(desk: Desk, client: httpx.AsyncClient, held: Held) -> None:
        second = await person(desk, client, "second")
        changed = set()
        for number, request in enumerate(requests(held)):
            before = everything(desk)
            await asked(client, request, second, f"second-{number}")
            if everything(desk) != before:
                changed.add(request.kind)
        expected = {each.kind for each in requests(held)}
        # An id that is taken is refused to everybody; a new one is the asker's own. What is only read is not
        # held. Where nothing is agreed nobody is asked, so nobody answers: `test_voice` has that, and
        # `test_suspension` what is suspended.
        assert expected - changed == {
            ("PUT", RESERVATION, ""),
            ("POST", "/api/agreement/reading", ""),
            ("POST", BY_VOICE, "ACCEPTED"),
            ("POST", SUSPENDED, ""),
            ("POST", f"{SUSPENDED}/approval", ""),
            ("POST", WITHDRAWAL, ""),
        }

    under_north(story)


def test_another_party_does_not_confirm_a_restored_record():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        stranger = await person(desk, client, "stranger", "south")
        officer = await person(desk, client, "officer")
        desk.runtime.decider.projection.hold("COPIED")
        confirm = Request("POST", RESTORE, RESTORE, None, {"type": "confirm-restore"})
        before, size = everything(desk), desk.store.size()
        for number, who in enumerate((desk.bearer("south", CHIEF), stranger)):
            answer = await asked(client, confirm, who, f"stranger-{number}")
            assert (answer.status_code, answer.json()["reason"]) == (403, "NOT_YOURS")
        assert (everything(desk), desk.store.size()) == (before, size)
        assert (await asked(client, confirm, officer, "officer-1")).status_code == 200
        assert not desk.runtime.is_read_only()

    at_a_desk(story, now=NOON)
