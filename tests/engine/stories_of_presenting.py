"""The story of `golden/log_presented.json`: what persons were shown of what others say, and who is told so.

And the alerts that authorities tell each other; all from fixed salts. North, south and east have agreed as in
`stories_of_neighbours`. North files F1, which needs south.
"""

from collections.abc import Iterator

from mamarr.coordination import Direction as Way
from mamarr.coordination import MessageState, Stream, told_alerts
from mamarr.coordination.channels import Reported
from mamarr.coordination.messages import REPORT, AcknowledgeMessage, PresentMessage, key_of
from mamarr.coordination.telling_alerts import TellAlert
from mamarr.coordination.told_alerts import AcknowledgeAlertTold, ExpireAlertTold
from mamarr.engine import neighbours, streams
from mamarr.flights.errands import AlertTold, CrossingRequest
from mamarr.flights.flights import File, Withdraw
from mamarr.names import AlertType, Author
from mamarr.record import MemoryStore
from mamarr.surveillance.alerts import AcknowledgeAlert, ClearAlert, Measured, RaiseAlert
from tests.engine.stories import at, rule
from tests.engine.stories_of_neighbours import (
    DIGEST,
    DUTY,
    LINK,
    NORTH,
    SOUTH,
    Asked,
    Neighbour,
    Turn,
    before,
    entering,
    proposing,
    recorded,
    request,
    sent,
    wanted,
)
from tests.engine.stories_of_the_line import DAY_MS, salt
from tests.flights.routes import NOON_MS, a_plan

COORDINATION, FLOOR = Stream.COORDINATION, Stream.SAFETY_FLOOR
PRESENTED, ACKNOWLEDGED = MessageState.PRESENTED, MessageState.ACKNOWLEDGED
LIVE = Author(party="north", node="node-north", rule="live")
F1 = neighbours.said_as("golden-File-F1-4", "F1")


def tells(message_key: str, said: MessageState, number: int) -> Asked:
    """North tells south that somebody saw a message."""
    word = f"sight {number}"
    message = streams.message(
        peer="node-south",
        stream=COORDINATION,
        message_id=f"from-north-{number:04}",
        kind=REPORT,
        body=f"it is {said}",
        valid_until_ms=NOON_MS + DAY_MS,
        salts=(salt(f"header of {word}"), salt(f"text of {word}")),
        answers=message_key,
        says=said,
    )
    return LINK, message


def hears(south: Neighbour, said: MessageState, minutes: int, *, received: int = 1) -> Asked:
    """South tells that somebody there saw the first message of north's. received: of those it recorded."""
    about = Reported(
        stream=COORDINATION, sequence=0, message_id="from-north-0001", state=said, at_ms=at(minutes)
    )
    return south.reports(about, acknowledged=(0, received, 0))


def present(message_key: str, author: Author = DUTY) -> Asked:
    """A row was in view."""
    return author, PresentMessage(message_key=message_key)


def acknowledge(message_key: str) -> Asked:
    """A person pressed."""
    return DUTY, AcknowledgeMessage(message_key=message_key)


def filed(south: Neighbour) -> tuple[Turn, ...]:
    """South is asked for F1; somebody there is shown it, and presses."""
    content = wanted(a_plan(minutes=200), party="north")
    asked = CrossingRequest(object_id=F1, filed_ms=at(4), revision=1, digest=DIGEST, content=content)
    return (
        (4, ((NORTH, File(flight_id="F1", plan=a_plan(minutes=200))),)),
        (
            5,
            (
                sent(f"south/crossing-request/{F1}/{at(4)}/1", asked, 1),
                hears(south, PRESENTED, 5, received=0),  # of what it has not recorded: nothing
                hears(south, PRESENTED, 5),
                hears(south, PRESENTED, 5),  # nothing new
            ),
        ),
        (
            6,
            (
                hears(south, ACKNOWLEDGED, 6),
                hears(south, PRESENTED, 5),
                hears(south, MessageState.EXPIRED, 6),
            ),
        ),
    )


def asked_by_south(south: Neighbour) -> tuple[Turn, ...]:
    """South asks for S1; what persons of north's were shown of it, south is told."""
    count = south._counts[COORDINATION]
    first, late = (key_of("node-south", Way.INCOMING, COORDINATION, count + more) for more in (0, 1))
    high = a_plan(minutes=1_000, level="F380")
    return (
        (
            7,
            (
                *south.says(request("S1", high)),
                present(first, SOUTH),  # NOT_YOURS
                present(first, rule("live")),  # NOT_YOURS: a rule sees nothing
                present("node-south/OUTGOING/COORDINATION/0"),  # NOT_THERE: it is ours
                tells(first, PRESENTED, 2),  # WRONG_STATUS: nobody was shown it
                present(first),
                present(first),  # nothing: it was
                tells(first, ACKNOWLEDGED, 3),  # WRONG_STATUS: nobody pressed
                tells(first, PRESENTED, 4),
                tells(first, PRESENTED, 5),  # WRONG_STATUS: it was told so
            ),
        ),
        (
            8,
            (
                acknowledge(first),
                present(first),  # nothing: more was said
                tells(first, ACKNOWLEDGED, 6),
                *south.says(request("S2", a_plan(minutes=1_060, level="F380")), valid_ms=10 * 60_000),
            ),
        ),
        (11, (present(late), acknowledge(late))),  # TIME_PAST
    )


def alerted(south: Neighbour) -> tuple[Turn, ...]:
    """F1 leaves its corridor, south is told; and south tells of S1."""
    tell = (rule("tell-alerts"), TellAlert(alert=AlertType.RAMHD, subject="F1"))
    seen = Measured(
        track="adsb/4B1815",
        time_ms=at(20),
        latitude_e7deg=340_000_000,
        longitude_e7deg=325_000_000,
        standing="CLAIMED",
        lateral_mm=-9_855_000,
        late_ms=0,
        is_recorded=True,
    )
    name = told_alerts.key_of("node-south", "S1", NOON_MS, AlertType.CLAM)

    def says(number: int, **how: bool) -> tuple[Asked, ...]:
        word = AlertTold(
            object_id="S1", filed_ms=NOON_MS, alert=AlertType.CLAM, number=number, raised_ms=at(19), **how
        )
        return south.says(word)

    return (
        (
            20,
            (
                tell,  # WRONG_STATUS: there is none
                (LIVE, RaiseAlert(kind=AlertType.RAMHD, subject="F1", measured=seen)),
                (NORTH, tell[1]),  # NOT_YOURS
                tell,
                tell,  # WRONG_STATUS: all know
                *says(1, is_self_report=True, is_recorded=True),
                *says(1, is_over=True),  # an old one: nothing
            ),
        ),
        (
            21,
            (
                (DUTY, AcknowledgeAlertTold(alert_id=name, number=2)),  # WRONG_STATUS: not told yet
                (DUTY, AcknowledgeAlertTold(alert_id=name, number=1)),
                (DUTY, AcknowledgeAlertTold(alert_id=name, number=1)),  # nothing: it is
                (rule("expire-told-alerts"), ExpireAlertTold(alert_id=name)),  # NOT_YET
                (LIVE, ClearAlert(kind=AlertType.RAMHD, subject="F1")),
                tell,
                *says(2, is_over=True),
                (DUTY, AcknowledgeAlert(kind=AlertType.RAMHD, subject="F1", raised_count=1)),
            ),
        ),
        (22, ((LIVE, RaiseAlert(kind=AlertType.RAMHD, subject="F1", measured=seen)), tell)),
        (23, ((NORTH, Withdraw(flight_id="F1")), tell, tell)),  # it is over, and forgotten
        (90, ((rule("expire-told-alerts"), ExpireAlertTold(alert_id=name)),)),
        (91, says(3)),
    )


def turns() -> Iterator[Turn]:
    """The whole story, a group commit each."""
    south, east = Neighbour("south"), Neighbour("east")
    yield 1, before()
    yield 2, proposing()
    yield 3, entering(south, east)
    yield from filed(south)
    yield from asked_by_south(south)
    yield from alerted(south)


def of_presenting() -> MemoryStore:
    """The log of the whole story."""
    return recorded(turns())
