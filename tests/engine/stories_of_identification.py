"""The story of `golden/log_identification.json`: where drones are identified, and who is told; fixed salts.

Managers A, who serves, and B, who displays; areas 1 to 9, subscriptions 40 to 59, as
`tests.discovery.identified` writes them.
"""

from collections.abc import Iterator

from mamarr.discovery.display_subscriptions import ForgetDisplaySubscription
from mamarr.discovery.forms import RULE
from mamarr.discovery.service_areas import ForgetServiceArea
from mamarr.names import Author
from mamarr.record import MemoryStore
from tests.airspace.boxes import NORTH
from tests.discovery.identified import delete_area, delete_display, put_area, put_display
from tests.discovery.known import DOOR, A, B, about, drawn, uuid
from tests.engine.stories_of_neighbours import Turn, recorded

TIDY = Author(party="north", node="node-north", rule="forget-references")
STRANGER = Author(party="south", node="node-north", rule=RULE)


def subscribed() -> Turn:
    """B subscribes, as often as it may in one cell; what cannot be is refused."""
    many = (
        (DOOR, put_display(41 + each, 10 + each, extent=about((1,), minutes=(0, 9)))) for each in range(9)
    )
    return (
        0,
        (
            (NORTH, put_display(40, 1)),  # NOT_YOURS: no party brings this in
            (STRANGER, put_display(40, 1)),  # NOT_YOURS
            (DOOR, put_display(40, 1, extent=about(minutes=(None, None)))),
            (DOOR, put_display(40, 2, manager=A)),  # ID_TAKEN
            (DOOR, put_display(40, 2, manager=A, version=drawn(1))),  # NOT_YOURS
            (DOOR, put_display(40, 2, version=drawn(9))),  # OTHER_VERSION
            (DOOR, put_display(41, 2, version=drawn(9))),  # NOT_THERE
            (DOOR, put_display(41, 2, extent=about(minutes=(-6, 10)))),  # TIMES_UNFIT
            (DOOR, put_display(40, 3, version=drawn(1), extent=about((0, 1), minutes=(None, 60)))),
            *many,
            (DOOR, put_display(50, 20, extent=about((1, 2)))),  # LIMIT_REACHED
            (DOOR, put_display(50, 20, extent=about((2, 3)))),
        ),
    )


def served() -> Turn:
    """A serves in the same place, and moves; everybody who looks at the one or the other is told."""
    return (
        1,
        (
            (STRANGER, put_area(1, 30)),  # NOT_YOURS
            (DOOR, put_area(1, 30, extent=about(minutes=(None, 30)))),
            (DOOR, put_area(1, 31, manager=B)),  # ID_TAKEN
            (DOOR, put_area(1, 31, manager=B, version=drawn(30))),  # NOT_YOURS
            (DOOR, put_area(1, 31, version=drawn(9))),  # OTHER_VERSION
            (DOOR, put_area(2, 31, version=drawn(9))),  # NOT_THERE
            (DOOR, put_area(2, 31, extent=about(minutes=(-6, 10)))),  # TIMES_UNFIT
            (DOOR, put_area(1, 32, version=drawn(30), extent=about((3,), (None, None), (None, None)))),
            (DOOR, put_area(2, 33, extent=about((0,), minutes=(2, 5)))),
            (DOOR, put_area(3, 34, extent=about((3,), minutes=(90, 100)))),
        ),
    )


def ended() -> Turn:
    """What is over is deleted by its id; what is forgotten too early is not."""
    return (
        20,
        (
            (DOOR, delete_area(1, drawn(32), manager=B)),  # NOT_YOURS
            (DOOR, delete_area(1, drawn(30))),  # OTHER_VERSION
            (DOOR, delete_area(1, drawn(32))),
            (DOOR, delete_area(1, drawn(32))),  # NOT_THERE
            (
                DOOR,
                put_area(2, 40, extent=about(minutes=(20, 50))),
            ),  # ID_TAKEN: it is over, and found by its id
            (DOOR, delete_display(50, drawn(20), manager=A)),  # NOT_YOURS
            (DOOR, delete_display(50, drawn(20))),
            (DOOR, delete_display(50, drawn(20))),  # NOT_THERE
            (TIDY, ForgetServiceArea(entity_id=uuid(2))),  # NOT_YET
            (TIDY, ForgetServiceArea(entity_id=uuid(1))),  # NOT_THERE
            (TIDY, ForgetDisplaySubscription(subscription_id=uuid(40))),  # NOT_YET
            (TIDY, ForgetDisplaySubscription(subscription_id=uuid(50))),  # NOT_THERE
            (DOOR, ForgetServiceArea(entity_id=uuid(2))),  # NOT_YET: the door is a rule as others
            (DOOR, put_display(41, 41, extent=about((5,), minutes=(20, 30)))),  # its id was free: it was over
        ),
    )


def forgotten() -> Turn:
    """What passed is forgotten: an area when its id has found it for as long as it does."""
    return (
        61,
        (
            (TIDY, ForgetServiceArea(entity_id=uuid(2))),
            (TIDY, ForgetDisplaySubscription(subscription_id=uuid(40))),
            (DOOR, put_area(2, 50, manager=B, extent=about((7,), minutes=(61, 90)))),
        ),
    )


def turns() -> Iterator[Turn]:
    """The whole story, a group commit each."""
    yield subscribed()
    yield served()
    yield ended()
    yield forgotten()


def of_identification() -> MemoryStore:
    """The log of the whole story."""
    return recorded(turns())
