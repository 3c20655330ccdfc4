"""The stories of `golden/log_operations.json` and `log_requests.json`: what our USS plans, flies and ends.

From fixed salts. Operations 1 to 9 of ours, intents 20 to 29 of others, as `tests.operations.planned` writes
them.
"""

from collections.abc import Iterator

from mamarr.discovery import Availability, IntentState
from mamarr.names import Author
from mamarr.operations.advisories import RULE as FORGETTING
from mamarr.operations.advisories import ForgetAdvisory, NoteIntent
from mamarr.operations.deliveries import FinishDelivery
from mamarr.operations.operations import AbandonOperation, EndOperation
from mamarr.record import MemoryStore
from tests.airspace.boxes import NORTH
from tests.discovery.known import MINUTE_US, NOON_US, uuid
from tests.engine.stories_of_neighbours import Turn, recorded
from tests.operations.planned import (
    DOOR,
    OWN_URL,
    circle,
    confirm,
    extent,
    known,
    plan,
    square,
    told,
)

TIDY = Author(party="north", node="node-north", rule=FORGETTING)
ACTIVATED, NONCONFORMING = IntentState.ACTIVATED, IntentState.NONCONFORMING
CONTINGENT = IntentState.CONTINGENT
DAY_MINUTES = 24 * 60


def delivery(number: int, version: int, minutes: int, of: int = 0) -> str:
    """What the delivery is called that is due since so many minutes after noon."""
    return f"{uuid(number)}.{version}.{NOON_US + minutes * MINUTE_US}.{of}"


def planned() -> Turn:
    """Operation 1 is planned; what cannot be is refused."""
    return (
        0,
        (
            (NORTH, plan(1)),  # NOT_YOURS: no party brings this in
            (DOOR, plan(1, state=ACTIVATED)),  # WRONG_STATUS: Accepted first
            (DOOR, plan(1, square(minutes=(-9, -1)))),  # TIME_PAST
            (DOOR, plan(1, square(minutes=(31 * DAY_MINUTES, 32 * DAY_MINUTES)))),  # TOO_FAR_AHEAD
            (DOOR, plan(1, unknown=(uuid(20),))),  # DETAILS_UNKNOWN
            (DOOR, plan(1, known=(known(20),))),  # CONFLICT
            (DOOR, EndOperation(entity_id=uuid(1))),  # NOT_THERE
            (DOOR, plan(1, known=(known(20),), shared_priorities=(0,))),
            (DOOR, confirm(1, 30, 1, told(), told(OWN_URL), subscription_id=uuid(40))),
            (DOOR, confirm(1, 31)),  # WRONG_STATUS: nothing is asked
        ),
    )


def met() -> Turn:
    """Operation 2 meets 1, and gives way; 3 goes first. Others plan there too."""
    return (
        1,
        (
            (DOOR, plan(2)),  # CONFLICT with our own
            (DOOR, plan(2, square(east=3), circle(30, north=-2))),
            (DOOR, plan(4, circle(30, north=-2))),  # CONFLICT with what is asked
            (DOOR, confirm(2, 32, availability=Availability.NORMAL)),
            (DOOR, plan(3, priority=1)),
            (DOOR, confirm(3, 33)),
            (DOOR, NoteIntent(known=known(21, priority=2), extent=extent())),
            (DOOR, NoteIntent(known=known(21, priority=2), extent=extent())),  # said already
            (NORTH, NoteIntent(known=known(21), extent=extent())),  # NOT_YOURS
            (DOOR, FinishDelivery(delivery_id=delivery(1, 1, 0), is_taken=True)),
            (DOOR, FinishDelivery(delivery_id=delivery(1, 1, 0), is_taken=True)),  # NOT_THERE
            (NORTH, FinishDelivery(delivery_id=delivery(1, 1, 0), is_taken=True)),  # NOT_YOURS
        ),
    )


def flown() -> Turn:
    """Operation 1 flies and leaves its volume; 2 is not changed after all."""
    silent = known(22, state=ACTIVATED, details=None, ovn=None)
    return (
        2,
        (
            (DOOR, plan(2, square(east=3, minutes=(20, 30)), state=ACTIVATED)),  # NOT_YET
            (DOOR, plan(2, square(east=4), known=(silent,))),  # CONFLICT: nobody knows with what
            (DOOR, plan(2, square(east=4))),
            (DOOR, AbandonOperation(entity_id=uuid(2))),
            (DOOR, plan(5, square(east=9))),
            (DOOR, AbandonOperation(entity_id=uuid(5))),
            (DOOR, plan(1, priority=3, state=ACTIVATED)),
            (DOOR, confirm(1, 34, 2)),
            (DOOR, plan(1, state=NONCONFORMING, off_nominal=(square(east=2),))),
            (DOOR, confirm(1, 35, 3, told(index=2))),
            (DOOR, plan(1, state=CONTINGENT, off_nominal=(square(east=2),))),
            (DOOR, confirm(1, 36, 4, told(index=3))),
            (DOOR, plan(1)),  # WRONG_STATUS
        ),
    )


def ended() -> Turn:
    """All end; who was told of them is told of that, or is not reached."""
    return (
        3,
        (
            (DOOR, EndOperation(entity_id=uuid(1))),
            (DOOR, confirm(1, 37)),  # WRONG_STATUS: it is asked to end
            (DOOR, confirm(1, None, 1, told(index=4))),
            (DOOR, FinishDelivery(delivery_id=delivery(1, 4, 3), is_taken=False)),
            (DOOR, ForgetAdvisory(advisory_id=f"{uuid(3)}.{uuid(3)}.1")),  # NOT_YET
            (NORTH, ForgetAdvisory(advisory_id=f"{uuid(3)}.{uuid(3)}.1")),  # NOT_YOURS
        ),
    )


def forgotten() -> Turn:
    """A day after, what was said is forgotten."""
    return (
        DAY_MINUTES + 5,
        (
            (TIDY, ForgetAdvisory(advisory_id=f"{uuid(3)}.{uuid(3)}.1")),
            (TIDY, ForgetAdvisory(advisory_id=f"{uuid(3)}.{uuid(3)}.1")),  # NOT_THERE
        ),
    )


def of_operations() -> MemoryStore:
    """The log of the whole story."""

    def turns() -> Iterator[Turn]:
        yield planned()
        yield met()
        yield flown()
        yield ended()
        yield forgotten()

    return recorded(turns())


def of_requests() -> MemoryStore:
    """The log of operations of which the user's requests are known: one is done, one is under way."""

    def turns() -> Iterator[Turn]:
        yield (
            0,
            (
                (DOOR, plan(1, request_id="request 1")),
                (DOOR, confirm(1, 30)),
                (DOOR, plan(1, state=ACTIVATED, request_id="request 2")),
                (DOOR, plan(1, state=ACTIVATED, request_id="request 2")),  # once more: nobody heard of it
                (DOOR, confirm(1, 31, 2)),
                (DOOR, plan(2, square(east=3), request_id="request 3")),
                (DOOR, EndOperation(entity_id=uuid(1))),
            ),
        )

    return recorded(turns())
