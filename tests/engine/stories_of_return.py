"""The story of `golden/log_return.json`: a node that goes on from a backup, and what its peers return to it.

It begins as that of `stories_of_neighbours`. South has more of north than north knows; with east nothing was
lost, but that line is closed and begins anew too.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

from mamarr.airspace.commitment import Reply
from mamarr.airspace.occupancy import Kind
from mamarr.airspace.reservations import Reserve
from mamarr.coordination import crossings as taken
from mamarr.coordination.channels import ResumeChannel, StopChannel, Stopped
from mamarr.coordination.crossings import EndReturned
from mamarr.coordination.peers import AddPeer, ConfirmPeer, InvitePeer, proof
from mamarr.engine import Projection, neighbours, tidying
from mamarr.engine.restores import ConfirmRestore
from mamarr.flights.errands import AllReturned, CrossingHeld, FlightState
from mamarr.flights.flights import ReportAirborne
from mamarr.record import MemoryStore
from tests.engine.stories import at, rule
from tests.engine.stories_of_neighbours import (
    DUTY,
    LINK,
    NODE,
    NORTH,
    RESERVED,
    Asked,
    Neighbour,
    answered,
    asked_by_south,
    before,
    beside_the_border,
    entering,
    filing,
    proposing,
    recorded,
    reply,
    request,
    reserved,
    wanted,
)
from tests.engine.stories_of_peers import OWN, card
from tests.engine.stories_of_the_line import salt
from tests.flights.routes import NOON_MS, a_plan

LOST = "f0" * 16  # what others call a flight that north has forgotten
UNTIL_MS = at(1_000)
Turn = tuple[int, Sequence[Asked] | Callable[[Projection], Sequence[Asked]]]


def forgetting(projection: Projection) -> list[Asked]:
    """The messages of lines that are over are put away."""
    found = tidying.RULES["forget-messages"](projection, at(0))
    return [(rule("forget-messages"), each) for each in found]


def joining(party: str) -> tuple[tuple[Asked, ...], Asked]:
    """Persons join a node anew; and what says that the words were compared."""
    node, secret = f"node-{party}", salt(f"anew with {party}")
    said = card(node, "anew", party)
    add = AddPeer(
        peer=node,
        card=said,
        about=sha256(secret).digest(),
        own_fingerprint=OWN,
        said=b"what was signed",
        proof=proof(secret, inviter=NODE, invited=node, card=said),
    )
    invite = InvitePeer(peer=node, secret=secret, valid_until_ms=UNTIL_MS)
    compared = ConfirmPeer(peer=node, own_fingerprint=OWN, fingerprint=said.fingerprint)
    return ((DUTY, invite), (DUTY, add)), (DUTY, compared)


def called(name: str, minutes: int, kind: str = "File") -> str:
    """What north calls to others what it filed, or reserved, so many minutes after noon."""
    return neighbours.said_as(f"golden-{kind}-{name}-{minutes}", name)


def reserving(south: Neighbour) -> tuple[Asked, ...]:
    """Two reservations are in force, of a third south is just asked; and F0 flies."""
    return (
        *((NORTH, Reserve(reservation_id=each, volume=box)) for each, box in BOXES.items()),
        *south.says(reply("R2", 22, Reply.ACCEPTED, **RESERVED)),
        *south.says(reply("R3", 22, Reply.ACCEPTED, **RESERVED)),
        *south.says(reply("R2", 22, Reply.CONFIRMED, **RESERVED)),
        *south.says(reply("R3", 22, Reply.CONFIRMED, **RESERVED)),
        (NORTH, ReportAirborne(flight_id="F0", time_ms=at(22))),
    )


BOXES = {
    "R2": beside_the_border(300, 360),
    "R3": beside_the_border(400, 460),
    "R7": beside_the_border(600, 660),
}


def held(object_id: str, minutes: int, **more: object) -> CrossingHeld:
    """What another says that it has of north's."""
    return CrossingHeld(object_id=object_id, filed_ms=at(minutes), **more)


def of(object_id: str, minutes: int, kind: Kind = Kind.FLIGHT) -> str:
    """What north calls what was returned."""
    return taken.key_of(NODE, object_id, at(minutes), kind)


def returned_by_south(south: Neighbour) -> tuple[Turn, ...]:
    """South says what it has: as north has it, otherwise, and what north has forgotten."""
    f1 = called("F1", 4)
    lost = wanted(a_plan(minutes=260), party="north")
    state = FlightState(
        object_id="S1", filed_ms=NOON_MS, number=9, revision=7, content=wanted(a_plan(minutes=820))
    )
    words: tuple[Asked, ...] = (
        *south.says(held(f1, 4, revisions=(2,), asked=4)),
        *south.says(held(called("R2", 22, "Reserve"), 22, revisions=(1,), asked=1, **RESERVED)),
        *south.says(held(LOST, 9, revisions=(1,), asked=1, number=2, is_airborne=True, content=lost)),
        *south.says(
            held(
                LOST,
                9,
                revisions=(3,),
                content=reserved(beside_the_border(100, 160), party=""),
                **RESERVED,
            )
        ),
        *south.says(request("S70", a_plan(minutes=900))),  # RECOVERING
        *south.says(state),
    )
    all_returned = AllReturned(edition=1)
    message, key = south.sends(all_returned)
    return (
        (36, (*words, message)),
        *((37 + each, (south.acts(all_returned, key),)) for each in range(4)),
    )


def returned_by_east(east: Neighbour) -> tuple[Turn, ...]:
    """East was set back too: what it does not have proves nothing."""
    known = held(called("F1", 4), 4, revisions=(2,), asked=2, is_set_back=True)
    all_returned = AllReturned(edition=1, is_set_back=True)
    return ((43, (*east.says(known), *east.says(all_returned))),)


def turns() -> Iterator[Turn]:
    """The whole story, a group commit each."""
    south, east = Neighbour("south"), Neighbour("east")
    yield 1, before()
    yield 2, proposing()
    yield 3, entering(south, east)
    yield 4, filing()
    yield from answered(south, east)
    yield from asked_by_south(south)
    yield 22, reserving(south)
    yield 30, ((DUTY, ConfirmRestore()),)
    yield (
        31,
        (
            (LINK, ResumeChannel(peer="node-east", signed=b"it has no more")),
            (LINK, ResumeChannel(peer="node-east", signed=b"it has no more")),  # WRONG_STATUS
            (LINK, StopChannel(peer="node-south", why=Stopped.SET_BACK, signed=b"it has more")),
        ),
    )
    asked, compared = joining("south")
    yield 32, (*asked, compared)  # NOT_YET: messages are still there
    yield 33, forgetting
    yield 34, (compared,)
    yield from returned_by_south(Neighbour("south"))
    yield (
        42,
        (
            (DUTY, EndReturned(crossing_id=of(LOST, 9))),
            (DUTY, EndReturned(crossing_id=of(LOST, 9, Kind.RESERVATION))),
            (LINK, StopChannel(peer="node-east", why=Stopped.CLOSED)),
        ),
    )
    yield 42, forgetting
    asked, compared = joining("east")
    yield 42, (*asked, compared)
    yield from returned_by_east(Neighbour("east"))


def of_return() -> MemoryStore:
    """The log of the whole story."""
    return recorded(turns())
