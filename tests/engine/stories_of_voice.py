"""The story of `golden/log_voice.json`: what was answered by telephone, entered, signed and disputed."""

from collections.abc import Iterator
from typing import Any

from mamarr.airspace.commitment import Counter, Reply
from mamarr.airspace.occupancy import Kind
from mamarr.airspace.reservations import Reserve
from mamarr.coordination.claims import CLAIM_OPEN_MS, CountersignCrossing, DisputeCrossing
from mamarr.coordination.crossings import AcceptCrossing, ExpireCrossing, LapseCrossing
from mamarr.faults import Reason
from mamarr.flights.errands import VoiceClaim
from mamarr.flights.flights import File, ReportAirborne
from mamarr.flights.voicing import EnterVoice
from mamarr.geometry.altitude import filed_level
from mamarr.record import MemoryStore
from tests.engine.stories import at, rule
from tests.engine.stories_of_neighbours import (
    DIGEST,
    DUTY,
    NORTH,
    SOUTH,
    Asked,
    Neighbour,
    Turn,
    before,
    beside_the_border,
    confirm,
    entering,
    give_back,
    proposing,
    recorded,
    reply,
    request,
    reserved,
    wanted,
)
from tests.flights.routes import MINUTE_MS, NOON_MS, a_plan

RESERVED = {"kind": Kind.RESERVATION}
COUNTER = Counter(later_ms=30 * MINUTE_MS, level=filed_level("F350"))


def entered(name: str, said: Reply = Reply.ACCEPTED, **changed: Any) -> Asked:
    """A person of north enters what another authority said."""
    values: dict[str, Any] = {
        "kind": Kind.FLIGHT,
        "object_id": name,
        "revision": 1,
        "authority": "south",
        "reply": said,
        "spoken_at_ms": at(5),
        "spoken_by": "Officer Selin of south",
        "entered_by": "Officer Noor of north",
        "read_back": "as filed",
    }
    return DUTY, EnterVoice(**{**values, **changed})


def claim(name: str, minutes: int, said: Reply = Reply.ACCEPTED, **changed: Any) -> VoiceClaim:
    """South says that a person of north answered it."""
    values: dict[str, Any] = {
        "object_id": name,
        "filed_ms": NOON_MS,
        "revision": 1,
        "digest": DIGEST,
        "content": wanted(a_plan(minutes=minutes)),
        "reply": said,
        "spoken_at_ms": at(6),
        "spoken_by": "Officer Noor of north",
        "read_back": "as asked for",
    }
    return VoiceClaim(**{**values, **changed})


def at_the_filer(south: Neighbour, east: Neighbour) -> Iterator[Turn]:
    """What north enters of south's and east's answers, and what these sign of it."""
    yield (
        4,
        (
            *((NORTH, File(flight_id=f"F{n}", plan=a_plan(minutes=100 + 100 * n))) for n in range(1, 6)),
            (NORTH, File(flight_id="F6", plan=a_plan(minutes=900, level="F380"))),
            (NORTH, Reserve(reservation_id="R1", volume=beside_the_border(700, 760))),
        ),
    )
    yield (
        6,
        (
            entered("F1"),
            entered("F2"),
            entered("F3", Reply.REJECTED),
            entered("F4", Reply.COUNTERED, counter=COUNTER),
            entered("F5"),
            entered("F6"),
            entered("F6", authority="east"),
            entered("R1", **RESERVED),
            entered("F1"),  # WRONG_STATUS: it was entered
            entered("F9"),  # NOT_THERE
            entered("F2", authority="west"),  # UNKNOWN_PARTY
            (SOUTH, entered("F2")[1]),  # NOT_YOURS
        ),
    )
    yield (
        8,
        (
            *south.says(reply("F1", 4, Reply.COUNTERSIGNED)),
            *south.says(reply("F2", 4, Reply.DISPUTED, reason=Reason.NOT_SAID)),
            *south.says(reply("F3", 4, Reply.COUNTERSIGNED)),  # for the record: it is given back
            *south.says(reply("F5", 4, Reply.REJECTED, reason=Reason.NO_ANSWER)),  # nothing
            *south.says(reply("F5", 4, Reply.ACCEPTED)),
            *east.says(reply("F6", 4, Reply.COUNTERSIGNED)),
            *south.says(reply("R1", 4, Reply.COUNTERSIGNED, **RESERVED)),
        ),
    )
    yield (
        9,
        (
            *south.says(reply("F5", 4, Reply.CONFIRMED)),
            (NORTH, ReportAirborne(flight_id="F6", time_ms=at(9))),
            *south.says(reply("F6", 4, Reply.DISPUTED, reason=Reason.SAID_OTHERWISE)),
        ),
    )


def at_the_authority(south: Neighbour) -> Iterator[Turn]:
    """What south says that north answered."""
    box = beside_the_border(1_500, 1_560)
    yield (
        10,
        (
            *south.says(claim("S1", 1_000)),
            *south.says(request("S1", a_plan(minutes=1_000))),  # it comes late: nothing
            *south.says(confirm("S1")),  # NOT_HELD
            *south.says(claim("S2", 1_100)),
            *south.says(claim("S3", 1_200, Reply.COUNTERED, counter=COUNTER)),
            *south.says(claim("S4", 100)),  # F0 is in its way
            *south.says(claim("S5", 1_300, digest="another")),  # OTHER_AGREEMENT
            *south.says(claim("S6", 1_000, **RESERVED, content=reserved(box))),
            *south.says(request("S7", a_plan(minutes=1_700))),  # accepted by machine
            *south.says(claim("S7", 1_700)),
        ),
    )

    def sign(name: str, kind: Kind = Kind.FLIGHT) -> CountersignCrossing:
        return CountersignCrossing(crossing_id=south.name(name, kind), revision=1)

    def dispute(name: str, reason: Reason) -> DisputeCrossing:
        return DisputeCrossing(crossing_id=south.name(name), revision=1, reason=reason)

    yield (
        11,
        (
            (DUTY, AcceptCrossing(crossing_id=south.name("S1"), revision=1)),  # WRONG_STATUS
            (DUTY, sign("S1"), "key-1"),
            (DUTY, sign("S1")),  # WRONG_STATUS
            (DUTY, dispute("S2", Reason.NOT_SAID), "key-1"),
            (DUTY, sign("S2")),  # WRONG_STATUS: it is disputed
            (DUTY, dispute("S3", Reason.SAID_OTHERWISE)),
            (DUTY, sign("S4")),  # CONFLICT
            (DUTY, sign("S6", Kind.RESERVATION)),
            *south.says(give_back("S6", **RESERVED)),
        ),
    )
    late = 12 + CLAIM_OPEN_MS // MINUTE_MS
    forget = ExpireCrossing(crossing_id=south.name("S4"))
    yield (
        late,
        (
            (DUTY, sign("S4")),  # TIME_PAST
            (rule("decline-unanswered"), LapseCrossing(crossing_id=south.name("S4"), revision=1)),
            (rule("expire-crossings"), forget),  # NOT_YET
        ),
    )
    yield late + 61, ((rule("expire-crossings"), forget),)


def turns() -> Iterator[Turn]:
    """The whole story, a group commit each."""
    south, east = Neighbour("south"), Neighbour("east")
    yield 1, before()
    yield 2, proposing()
    yield 3, entering(south, east)
    yield from at_the_filer(south, east)
    yield from at_the_authority(south)


def of_voice() -> MemoryStore:
    """The log of the whole story."""
    return recorded(turns())
