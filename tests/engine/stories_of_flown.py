"""The story of `golden/log_flown.json`: what our USS says of its flights by itself, from fixed salts.

Operations 1 to 3, as `tests.operations.planned` writes them; positions of their aircraft as `flown` does.
"""

from collections.abc import Iterator

from mamarr.discovery import IntentState
from mamarr.operations import AdvisoryKind, Details, Known, Observed, Position, Volume
from mamarr.operations.advisories import NoteIntent, TellUser
from mamarr.operations.positions import reach
from mamarr.record import MemoryStore
from tests.airspace.boxes import NORTH
from tests.discovery.known import MINUTE_US, NOON_US, uuid
from tests.engine.stories_of_neighbours import Turn, recorded
from tests.operations.flown import INSIDE, OUTSIDE, at
from tests.operations.planned import DOOR, confirm, extent, known, plan, square

ACTIVATED, NONCONFORMING = IntentState.ACTIVATED, IntentState.NONCONFORMING
CONTINGENT = IntentState.CONTINGENT
EXACT = at(
    OUTSIDE,
    61,
    accuracy_horizontal_mm=3_000,
    accuracy_vertical_mm=10_000,
    ground_speed_mps=12.5,
    track_deg=270.0,
    is_extrapolated=True,
)


def seen(position: Position, since_s: int = 60) -> Observed:
    """By which position, and since when."""
    return Observed(position=position, since_us=NOON_US + since_s * 1_000_000)


def tell(kind: AdvisoryKind, position: Position, *others: str, number: int = 1) -> TellUser:
    """Tell the user of operation `number`."""
    return TellUser(entity_id=uuid(number), kind=kind, position=position, others=others)


def noted(known_intent: Known, before: Volume | None) -> NoteIntent:
    """An intent of somebody else that is said anew."""
    details = None if before is None else Details(off_nominal=(before,))
    return NoteIntent(known=known_intent, extent=extent(), before=details)


def activated() -> Turn:
    """Operation 1 flies; what its user is told, once, and what cannot be told."""
    lost = tell(AdvisoryKind.LOST, at(INSIDE, 0))
    return (
        0,
        (
            (DOOR, plan(1)),
            (DOOR, confirm(1, 30)),
            (DOOR, plan(1, state=ACTIVATED)),
            (DOOR, confirm(1, 31, 2)),
            (DOOR, plan(2, square(east=9))),
            (DOOR, confirm(2, 37)),
            (DOOR, lost),
            (DOOR, lost),  # said already
            (NORTH, lost),  # NOT_YOURS
            (DOOR, tell(AdvisoryKind.LOST, at(INSIDE), number=9)),  # NOT_THERE
        ),
    )


def left() -> Turn:
    """It leaves, may not return while somebody is there, and returns."""
    off = reach(EXACT, NOON_US + MINUTE_US)
    return (
        1,
        (
            (DOOR, plan(1, state=NONCONFORMING, off_nominal=off, observed=seen(EXACT))),
            (DOOR, confirm(1, 32, 3)),
            (DOOR, plan(1, state=ACTIVATED, known=(known(20),), observed=seen(at(INSIDE, 90)))),  # CONFLICT
            (DOOR, tell(AdvisoryKind.NOT_RETURNED, at(INSIDE, 90), uuid(20))),
            (DOOR, plan(1, state=ACTIVATED, observed=seen(at(INSIDE, 95)))),
            (DOOR, confirm(1, 33, 4)),
        ),
    )


def given_up() -> Turn:
    """It leaves once more and is given up, where it may be is said anew; a user says of 2 that it left."""
    gone = at(OUTSIDE, 115)
    off, later = reach(gone, NOON_US + 2 * MINUTE_US), reach(gone, NOON_US + 3 * MINUTE_US)
    return (
        2,
        (
            (DOOR, plan(1, state=NONCONFORMING, off_nominal=off, observed=seen(gone, 111))),
            (DOOR, confirm(1, 34, 5)),
            (DOOR, plan(1, state=NONCONFORMING, off_nominal=later, observed=seen(gone, 111))),
            (DOOR, confirm(1, 35, 6)),
            (DOOR, noted(known(21, square(east=9)), None)),  # of whom 2 must know
            (DOOR, noted(known(21, square(east=9), version=2), square(east=9))),  # it knows
            (DOOR, noted(known(21, square(east=9), version=3), square(east=40))),
            (DOOR, plan(1, state=CONTINGENT, off_nominal=later, observed=seen(gone, 111))),
            (DOOR, confirm(1, 36, 7)),
            (DOOR, plan(2, square(east=9), state=NONCONFORMING, off_nominal=(square(east=12),))),
            (DOOR, confirm(2, 38, 2)),
            (
                DOOR,
                plan(
                    2,
                    square(east=9),
                    state=NONCONFORMING,
                    off_nominal=later,
                    observed=Observed(position=gone),
                ),
            ),
            (DOOR, confirm(2, 39, 3)),
            (DOOR, plan(1, state=CONTINGENT, off_nominal=later, observed=seen(gone, 111))),
        ),
    )


def of_flown() -> MemoryStore:
    """The log of the whole story."""

    def turns() -> Iterator[Turn]:
        yield activated()
        yield left()
        yield given_up()

    return recorded(turns())
