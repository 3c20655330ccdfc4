"""The story of `golden/log_discovery.json`: what USSs make known, plan and forbid, from fixed salts.

Managers A and B; intents 1 to 9, constraints 20 to 29, subscriptions 40 to 59, as `tests.discovery.known`
writes them.
"""

from collections.abc import Iterator

from mamarr.discovery import Availability, IntentState
from mamarr.discovery.constraint_references import ForgetConstraint
from mamarr.discovery.forms import RULE
from mamarr.discovery.intents import ForgetIntent, NewSubscription
from mamarr.discovery.reports import FileReport
from mamarr.discovery.subscriptions import ForgetSubscription
from mamarr.names import Author
from mamarr.record import MemoryStore
from tests.airspace.boxes import NORTH
from tests.discovery.known import (
    DOOR,
    MINUTE_US,
    NOON_US,
    URL,
    A,
    B,
    about,
    delete_constraint,
    delete_intent,
    delete_subscription,
    drawn,
    put_constraint,
    put_intent,
    put_subscription,
    set_availability,
    uuid,
    uuid_7,
)
from tests.engine.stories_of_neighbours import Turn, recorded

TIDY = Author(party="north", node="node-north", rule="forget-references")
STRANGER = Author(party="south", node="node-north", rule=RULE)
ACCEPTED, ACTIVATED = IntentState.ACCEPTED, IntentState.ACTIVATED
NONCONFORMING, CONTINGENT = IntentState.NONCONFORMING, IntentState.CONTINGENT


def new(number: int, **how: bool) -> NewSubscription:
    return NewSubscription(subscription_id=uuid(number), uss_base_url=URL, **how)


def subscribed() -> Turn:
    """A subscribes to all, B to constraints; what cannot be is refused."""
    both = {"notifies_constraints": True}
    return (
        0,
        (
            (NORTH, put_subscription(40, 1)),  # NOT_YOURS: no party brings this in
            (STRANGER, put_subscription(40, 1)),  # NOT_YOURS
            (DOOR, put_subscription(40, 1, **both)),
            (DOOR, put_subscription(40, 2)),  # ID_TAKEN
            (DOOR, put_subscription(40, 2, manager=B)),  # NOT_YOURS
            (DOOR, put_subscription(40, 2, version=drawn(9))),  # OTHER_VERSION
            (DOOR, put_subscription(41, 2, version=drawn(9))),  # NOT_THERE
            (DOOR, put_subscription(41, 2, extent=about(minutes=(-6, 10)))),  # TIMES_UNFIT
            (DOOR, put_subscription(41, 2, extent=about(minutes=(0, 24 * 60 + 1)))),  # TIMES_UNFIT
            (DOOR, put_subscription(40, 3, version=drawn(1), **both)),
            (
                DOOR,
                put_subscription(
                    42,
                    4,
                    manager=B,
                    extent=about((1, 2), (None, None), (None, None)),
                    notifies_intents=False,
                    notifies_constraints=True,
                ),
            ),
        ),
    )


def planned() -> Turn:
    """A plans 1, B plans 2 in the same place, and must know of 1."""
    return (
        1,
        (
            (DOOR, put_intent(1, 10, subscription_id=uuid(40))),
            (DOOR, put_intent(1, 11)),  # ID_TAKEN
            (DOOR, put_intent(2, 11, manager=B)),  # KEY_INCOMPLETE
            (DOOR, put_intent(2, 11, manager=B, state=ACTIVATED)),  # WRONG_STATUS
            (DOOR, put_intent(2, 11, manager=B, extent=about(minutes=(-9, -1)))),  # TIME_PAST
            (DOOR, put_intent(2, 11, manager=B, ovn_suffix="")),  # SUFFIX_UNFIT
            (DOOR, put_intent(2, 11, manager=B, subscription_id=uuid(99))),  # UNKNOWN_SUBSCRIPTION
            (DOOR, put_intent(2, 11, manager=B, subscription_id=uuid(40))),  # NOT_YOURS
            (DOOR, put_intent(2, 11, subscription_id=uuid(40), extent=about((0, 9)))),  # NOT_COVERED
            (DOOR, put_intent(2, 12, manager=B, key=(drawn(10),), new_subscription=new(50))),
            (DOOR, put_intent(2, 13, manager=B, ovn=drawn(11))),  # OTHER_VERSION
            (DOOR, put_intent(3, 13, manager=B, ovn=drawn(11))),  # NOT_THERE
            (DOOR, delete_subscription(40, drawn(3))),  # IN_USE
            (DOOR, put_subscription(40, 13, version=drawn(3), extent=about((5,)))),  # NOT_COVERED
        ),
    )


def flown() -> Turn:
    """Both fly; B leaves its envelope, and what it uses grows with it."""
    key = (drawn(10), drawn(12))
    suffix = uuid_7(NOON_US + 2 * MINUTE_US)
    ovn = f"{uuid(1)}_{suffix}"
    off = {"manager": B, "may_be_off_nominal": True, "subscription_id": uuid(50)}
    return (
        2,
        (
            (DOOR, put_intent(1, 20, ovn=drawn(10), state=ACTIVATED)),  # SUBSCRIPTION_NEEDED
            (
                DOOR,
                put_intent(
                    1,
                    20,
                    ovn=drawn(10),
                    state=ACTIVATED,
                    subscription_id=uuid(40),
                    key=key,
                    ovn_suffix=suffix,
                ),
            ),
            (DOOR, put_intent(2, 21, manager=B, ovn=drawn(12), state=CONTINGENT, subscription_id=uuid(50))),
            (DOOR, put_intent(2, 21, ovn=drawn(12), state=NONCONFORMING, extent=about((0, 1, 2)), **off)),
            (DOOR, put_intent(2, 22, ovn=drawn(21), state=CONTINGENT, **off)),
            (
                DOOR,
                put_intent(
                    2,
                    23,
                    manager=B,
                    ovn=drawn(22),
                    key=(ovn,),
                    new_subscription=new(51, notifies_constraints=True),
                ),
            ),
        ),
    )


def forbidden() -> Turn:
    """B forbids something, of which B's own intents must know too."""
    return (
        3,
        (
            (DOOR, put_constraint(20, 30)),
            (DOOR, put_constraint(20, 31)),  # ID_TAKEN
            (DOOR, put_constraint(20, 31, ovn=drawn(30))),
            (DOOR, put_constraint(20, 32, ovn=drawn(30))),  # OTHER_VERSION
            (DOOR, put_constraint(21, 32, extent=about(minutes=(-9, -1)))),  # TIME_PAST
            (DOOR, put_constraint(21, 32, extent=about(minutes=(0, 5)))),
            (DOOR, delete_constraint(20, drawn(31), manager=A)),  # NOT_YOURS
            (
                DOOR,
                put_intent(4, 33, manager=B, new_subscription=new(52, notifies_constraints=True)),
            ),  # KEY_INCOMPLETE, of both kinds
            (DOOR, delete_constraint(20, drawn(31))),
            (DOOR, delete_constraint(20, drawn(31))),  # NOT_THERE
        ),
    )


def arbitrated() -> Turn:
    """What a USS that is Down has not activated gives way."""
    return (
        4,
        (
            (DOOR, set_availability(B, Availability.DOWN, 40)),
            (DOOR, set_availability(B, Availability.NORMAL, 41)),  # OTHER_VERSION
            (
                DOOR,
                put_intent(5, 42, manager=A, extent=about((1, 2), minutes=(20, 25))),
            ),  # only 1 is asked for
            (DOOR, set_availability(B, Availability.NORMAL, 43, drawn(40))),
            (DOOR, set_availability(B, Availability.UNKNOWN, 44, drawn(43))),
            (DOOR, FileReport(report_id=uuid(90), manager=A, text='{"exchange": {}}')),
            (STRANGER, FileReport(report_id=uuid(91), manager=A, text="{}")),  # NOT_YOURS
        ),
    )


def ended() -> Turn:
    """What is over is deleted, and what nothing uses any more goes with it."""
    return (
        5,
        (
            (DOOR, delete_intent(2, drawn(23))),  # NOT_YOURS
            (DOOR, delete_intent(2, drawn(23), manager=B)),
            (DOOR, put_intent(6, 50, manager=B, extent=about((7,)), new_subscription=new(53))),
            (DOOR, delete_subscription(42, drawn(4), manager=B)),
            (DOOR, delete_subscription(42, drawn(4), manager=B)),  # NOT_THERE
            (TIDY, ForgetIntent(entity_id=uuid(1))),  # NOT_YET
            (TIDY, ForgetConstraint(entity_id=uuid(21))),  # NOT_YET
            (TIDY, ForgetSubscription(subscription_id=uuid(40))),  # NOT_YET
            (DOOR, ForgetIntent(entity_id=uuid(98))),  # NOT_THERE
        ),
    )


def forgotten() -> Turn:
    """What passed unended is forgotten; the id of 6 was free before that."""
    later = about((7,), minutes=(61, 90))
    return (
        61,
        (
            (TIDY, ForgetIntent(entity_id=uuid(1))),
            (TIDY, ForgetConstraint(entity_id=uuid(21))),
            (TIDY, ForgetSubscription(subscription_id=uuid(40))),
            (DOOR, put_intent(6, 60, manager=A, extent=later)),  # what 6 used goes too
            (DOOR, put_intent(7, 61, manager=A, extent=later, key=(drawn(60),), new_subscription=new(54))),
            (DOOR, put_intent(8, 62, extent=later, key=(drawn(60), drawn(61)), subscription_id=uuid(54))),
        ),
    )


def forgotten_last() -> Turn:
    """An intent that passed takes along what nothing else uses."""
    return (95, tuple((TIDY, ForgetIntent(entity_id=uuid(each))) for each in (7, 8)))


def turns() -> Iterator[Turn]:
    """The whole story, a group commit each."""
    yield subscribed()
    yield planned()
    yield flown()
    yield forbidden()
    yield arbitrated()
    yield ended()
    yield forgotten()
    yield forgotten_last()


def of_discovery() -> MemoryStore:
    """The log of the whole story."""
    return recorded(turns())
