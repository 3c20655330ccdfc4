"""The story of `golden/log_suspension.json`: an agreement is suspended, by either side, and gone on with.

North, south and east have agreed as in `stories_of_neighbours`. At the end north goes on from a backup, and
south says to it what it did.
"""

from collections.abc import Iterator
from typing import Any

from mamarr.airspace.commitment import Counter, Reply
from mamarr.airspace.reservations import Reserve, StopAsking
from mamarr.coordination.agreements import Agree
from mamarr.coordination.channels import StopChannel, Stopped
from mamarr.coordination.crossings import AcceptCrossing, CounterCrossing, LapseCrossing
from mamarr.coordination.suspensions import PROPOSAL_MS, ApproveSuspension, Change, ProposeSuspension
from mamarr.coordination.withdrawals import WithdrawAcceptance
from mamarr.engine.restores import ConfirmRestore
from mamarr.flights.errands import AllReturned, CrossingWithdrawal, SuspensionTold
from mamarr.flights.flights import File, GiveUpAsking
from mamarr.record import MemoryStore
from tests.engine.stories import at, rule
from tests.engine.stories_of_neighbours import (
    CHIEF,
    DUTY,
    LINK,
    NORTH,
    SOUTH,
    Asked,
    Neighbour,
    an_agreement,
    before,
    beside_the_border,
    confirm,
    entering,
    inside,
    proposing,
    recorded,
    reply,
    request,
)
from tests.engine.stories_of_return import Turn, forgetting, joining
from tests.flights.routes import MINUTE_MS, NOON_MS, a_plan

WHY = "Talks are broken off until further notice."


def proposes(change: Change, reason: str = WHY, key: str = "key-1") -> Asked:
    return DUTY, ProposeSuspension(change=change, reason=reason), key


def approves(change: Change, reason: str = WHY, key: str = "key-2") -> Asked:
    return CHIEF, ApproveSuspension(change=change, reason=reason), key


def done(change: Change, reason: str = WHY) -> tuple[Asked, Asked]:
    """Two persons of north suspend the agreement, or resume it."""
    return proposes(change, reason), approves(change, reason)


def tells(number: int, *, is_suspended: bool, minutes: int, **changed: Any) -> SuspensionTold:
    """What another member says that it did."""
    return SuspensionTold(
        number=number, is_suspended=is_suspended, decided_ms=at(minutes), reason=WHY, **changed
    )


def withdraws(name: str, minutes: int, from_minutes: int, revision: int = 1) -> CrossingWithdrawal:
    """South withdraws what it confirmed of what north filed `minutes` after noon."""
    return CrossingWithdrawal(
        object_id=name, filed_ms=at(minutes), revision=revision, from_ms=at(from_minutes)
    )


SUSPEND, RESUME = Change.SUSPEND, Change.RESUME


def persons() -> Iterator[Turn]:
    """Who may not, and what cannot be done."""
    yield (
        1,
        (
            *before(),
            proposes(SUSPEND),  # NOT_THERE: nothing is in force
        ),
    )


def coordinated(south: Neighbour) -> Iterator[Turn]:
    """F1 and F2 are in force with south, of F3 and R1 it is asked; S1 is confirmed for it, S2 accepted."""
    yield (
        4,
        (
            *((NORTH, File(flight_id=f"F{n}", plan=a_plan(minutes=100 + 100 * n))) for n in range(1, 5)),
            (NORTH, Reserve(reservation_id="R1", volume=beside_the_border(700, 760))),
            *(each for n in (1, 2) for each in south.says(reply(f"F{n}", 4, Reply.ACCEPTED))),
            *(each for n in (1, 2) for each in south.says(reply(f"F{n}", 4, Reply.CONFIRMED))),
            *south.says(reply("F4", 4, Reply.ACCEPTED)),
            *south.says(request("S1", a_plan(minutes=1_000))),  # by the standard condition
            *south.says(request("S2", a_plan(minutes=1_060))),
            *south.says(request("S3", a_plan(minutes=1_120, level="F370"))),  # for a person
            *south.says(confirm("S1")),
        ),
    )


def suspended(south: Neighbour) -> Iterator[Turn]:
    """North suspends: nothing new comes of anything, and what stands is honoured."""
    name = south.name
    yield (
        5,
        (
            approves(SUSPEND),  # NOT_THERE
            (NORTH, ProposeSuspension(change=SUSPEND, reason=WHY)),  # NOT_YOURS: unsigned
            (SOUTH, ProposeSuspension(change=SUSPEND, reason=WHY), "key-1"),  # NOT_YOURS
            proposes(RESUME),  # WRONG_STATUS
            proposes(SUSPEND),
            approves(SUSPEND, "Something else."),  # NOT_THERE
            approves(SUSPEND, key="key-1"),  # SECOND_PERSON_NEEDED
            approves(SUSPEND),
            proposes(SUSPEND),  # WRONG_STATUS
        ),
    )
    counter = Counter(later_ms=30 * MINUTE_MS)
    yield (
        6,
        (
            (NORTH, File(flight_id="F9", plan=a_plan(minutes=1_900))),  # AGREEMENT_SUSPENDED
            (NORTH, Reserve(reservation_id="R9", volume=beside_the_border(1_500, 1_560))),  # the same
            (NORTH, File(flight_id="F8", plan=inside(600))),  # what needs nobody else goes on
            *south.says(request("S4", a_plan(minutes=1_180))),  # REJECTED, though a condition is met
            *south.says(confirm("S2")),  # NOT_HELD
            (DUTY, AcceptCrossing(crossing_id=name("S3"), revision=1)),  # AGREEMENT_SUSPENDED
            (DUTY, CounterCrossing(crossing_id=name("S3"), revision=1, counter=counter)),  # the same
            *south.says(reply("F4", 4, Reply.CONFIRMED)),  # it is given up
            (rule("decline-unanswered"), LapseCrossing(crossing_id=name("S3"), revision=1)),
            (rule("give-up-asking"), GiveUpAsking(flight_id="F3")),
            (rule("give-up-asking"), StopAsking(reservation_id="R1")),
            (rule("give-up-asking"), GiveUpAsking(flight_id="F1")),  # NOT_YET
        ),
    )
    yield (
        7,
        (
            (DUTY, WithdrawAcceptance(crossing_id=name("S1"), revision=1, from_ms=at(20))),  # NOTICE_UNFIT
            (DUTY, WithdrawAcceptance(crossing_id=name("S2"), revision=1, from_ms=at(60))),  # WRONG_STATUS
            (DUTY, WithdrawAcceptance(crossing_id=name("S1"), revision=1, from_ms=at(60)), "key-1"),
            (DUTY, WithdrawAcceptance(crossing_id=name("S1"), revision=1, from_ms=at(61))),  # WRONG_STATUS
        ),
    )


def by_the_other(south: Neighbour, east: Neighbour) -> Iterator[Turn]:
    """South suspends too, and withdraws F1; north resumes, and it stays suspended until south does."""
    yield (
        10,
        (
            *south.says(tells(1, is_suspended=True, minutes=9)),
            *south.says(tells(1, is_suspended=True, minutes=9)),  # nothing new
            *south.says(tells(1, is_suspended=True, minutes=9, is_returned=True)),  # nobody forgot: nothing
            *south.says(withdraws("F1", 4, 60)),
            *south.says(withdraws("F1", 4, 70)),  # the first stands
            *south.says(withdraws("F2", 4, 60, revision=2)),  # of none that is there
            *done(RESUME),
            (NORTH, File(flight_id="F9", plan=a_plan(minutes=1_900))),  # AGREEMENT_SUSPENDED
        ),
    )
    yield (
        61,
        (
            (rule("give-up-asking"), GiveUpAsking(flight_id="F1")),
            *south.says(tells(2, is_suspended=False, minutes=60)),
            *south.says(request("S5", a_plan(minutes=1_240))),  # accepted again
            *south.says(confirm("S5")),
            (NORTH, File(flight_id="F9", plan=a_plan(minutes=1_900))),
            *east.says(tells(1, is_suspended=True, minutes=61)),
        ),
    )
    yield 62, done(SUSPEND, "Still.")


def forgotten(south: Neighbour) -> Iterator[Turn]:
    """North goes on from a backup; the line to south begins anew, and each says what it knows."""
    yield 63, ((DUTY, ConfirmRestore()),)
    yield 64, ((LINK, StopChannel(peer="node-south", why=Stopped.SET_BACK, signed=b"it has more")),)
    yield 65, forgetting
    asked, compared = joining("south")
    yield 65, (*asked, compared)
    mine = SuspensionTold(
        number=7, is_suspended=False, decided_ms=NOON_MS, reason="Talks go on.", is_returned=True
    )
    yield (
        66,
        (
            *south.says(tells(2, is_suspended=False, minutes=60)),  # known
            *south.says(mine),  # who resumed for north it does not know: it stays suspended
            *south.says(mine),
            *south.says(AllReturned(edition=1)),
            proposes(RESUME),
        ),
    )
    longer = an_agreement(2, withdrawal_notice_ms=60 * MINUTE_MS)
    yield 66 + PROPOSAL_MS // MINUTE_MS, (approves(RESUME), (NORTH, Agree(agreement=longer)))  # TIME_PAST


def turns() -> Iterator[Turn]:
    """The whole story, a group commit each."""
    south, east = Neighbour("south"), Neighbour("east")
    yield from persons()
    yield 2, proposing()
    yield 3, entering(south, east)
    yield from coordinated(south)
    yield from suspended(south)
    yield from by_the_other(south, east)
    yield from forgotten(Neighbour("south"))


def of_suspension() -> MemoryStore:
    """The log of the whole story."""
    return recorded(turns())
