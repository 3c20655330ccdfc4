"""Asking other authorities for a flight: what they are asked, and what follows from what they say."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from mamarr.airspace import commitment
from mamarr.airspace.commitment import Agreed, Answered, AskedOf, Filing, Notice, Phase, Reply
from mamarr.airspace.occupancy import Kind
from mamarr.faults import Reason, present
from mamarr.flights import coarser, errands, holding
from mamarr.flights.crossings import Content
from mamarr.flights.errands import (
    CrossingConfirm,
    CrossingGiveBack,
    CrossingRequest,
    Errand,
    FlightState,
    errand,
)
from mamarr.flights.holding import Coordination, Flight, PlanAsked, Stage, Telling
from mamarr.flights.plans import Plan
from mamarr.flights.protection import Protected
from mamarr.geometry import Volume

MOVED_MAX_MS = 2 * 60_000  # DESIGN 4: a change of an estimate over 2 minutes is told
STATE_VALID_MS = 14 * 24 * 3_600_000  # chosen: the newest word about a flight is of use however late
GIVE_BACK_VALID_MS = 29 * 24 * 3_600_000  # chosen: nearly as long as a message may be valid


class Asked(NamedTuple):
    """What a plan needs that others are asked for. party: whose flight it is."""

    party: str
    centre: str
    plan: Plan
    volumes: tuple[Protected, ...]
    agreed: Agreed
    of: tuple[AskedOf, ...]


class Followed(NamedTuple):
    """What follows from a reply. in_force: the plan that takes the place of the one before. errands: what is
    to be said. Others: as of `Flight`, as they are now."""

    coordination: Coordination
    stage: Stage
    lapses_at_ms: int | None
    in_force: PlanAsked | None
    errands: tuple[Errand, ...]


def content(asked: Asked, *, knows_who: bool) -> Content:
    """What is asked for. knows_who: whether who is asked may know whose flight it is, and which."""
    plan = asked.plan
    return Content(
        kind=Kind.FLIGHT,
        party=asked.party if knows_who else "",
        volumes=asked.volumes,
        centre=asked.centre,
        plan=plan if knows_who else None,
        has_rvsm=plan.has_rvsm,
        handling=plan.handling,
    )


def requests(asked: Asked, coordination: Coordination) -> Iterator[Errand]:
    """What each authority is asked, for the newest revision."""
    for each in asked.of:
        word = CrossingRequest(
            object_id=coordination.said_as,
            filed_ms=coordination.filed_ms,
            revision=coordination.filing.last,
            digest=asked.agreed.digest,
            content=content(asked, knows_who=each.knows_who),
        )
        yield errand(each.authority, word, asked.agreed.answer_within_ms)


def heard(held: Flight, said: Answered, *, lapse_ms: int, now_ms: int) -> Followed | None:
    """What follows from an authority's reply; None where it is old or of something else.

    lapse_ms: how long the others' acceptances wait to be confirmed.
    """
    coordination = held.coordination
    if coordination is None:
        return None
    before = coordination.filing
    after = commitment.heard(before, said.authority, said.revision, said.reply, reason=said.reason)
    if after == before:
        return None
    is_late = holding.is_given_up(held, now_ms) or holding.is_over(held, now_ms)
    if before.phase is Phase.ASKING and after.phase is Phase.CONFIRMING and is_late:
        after = commitment.abandoned(before)  # what was kept here may be another's by now
    known = msgspec.structs.replace(coordination, answers=commitment.with_answer(coordination.answers, said))
    return followed(held, known, after, lapse_ms=lapse_ms, now_ms=now_ms)


def spoken(held: Flight, said: Answered, after: Filing, *, lapse_ms: int, now_ms: int) -> Followed:
    """What follows from what an authority said by telephone. after: what the filing is by it."""
    coordination = present(held.coordination, "who is asked is known by it")
    known = msgspec.structs.replace(coordination, answers=commitment.with_answer(coordination.answers, said))
    return followed(held, known, after, lapse_ms=lapse_ms, now_ms=now_ms)


def given_up(
    held: Flight, coordination: Coordination, *, agreed: Agreed | None = None, now_ms: int
) -> Followed:
    """What follows when nobody is asked any longer, or what others protect is not needed any more."""
    if holding.is_withdrawn(held, now_ms):
        return _not_in_force(held, coordination, now_ms)
    is_over = holding.is_needed_no_more(held, now_ms)
    after = (commitment.withdrawn if is_over else commitment.abandoned)(coordination.filing)
    known = coordination
    if holding.is_stopped(held, agreed) and agreed is not None and agreed.suspended is not None:
        stopping = (each for each in coordination.filing.asked_of if each in agreed.suspended.by)
        known = _said_no(coordination, stopping)
    return followed(held, known, after, lapse_ms=1, now_ms=now_ms)


def _said_no(coordination: Coordination, authorities: Iterable[str]) -> Coordination:
    """The same with what these said by suspending the agreement, or by withdrawing."""
    answers = coordination.answers
    for each in authorities:
        said = Answered(
            authority=each,
            revision=coordination.filing.last,
            reply=Reply.REJECTED,
            reason=Reason.AGREEMENT_SUSPENDED,
        )
        answers = commitment.with_answer(answers, said)
    return msgspec.structs.replace(coordination, answers=answers)


def _not_in_force(held: Flight, coordination: Coordination, now_ms: int) -> Followed:
    """What follows when an authority's notice is over: all is given back, here and by all others.

    Each protects it until it has recorded that; here its sky is free from now on.
    """
    over = [each for each in holding.noticed(held) if each.from_ms <= now_ms]
    after = coordination.filing
    for each in over:
        after = commitment.withdrawn_by(after, each.authority, each.revision)
    known = _said_no(coordination, (each.authority for each in over))
    known = msgspec.structs.replace(known, notices=())
    found = followed(held, known, after, lapse_ms=1, now_ms=now_ms)
    return found._replace(stage=Stage.PROVISIONAL, lapses_at_ms=now_ms)


def noticed(held: Flight, notice: Notice, *, now_ms: int) -> Followed | None:
    """What follows from an authority's notice; None where it is of what nobody relies on, or was known."""
    coordination = held.coordination
    if coordination is None:
        return None
    filing, named = coordination.filing, (notice.authority, notice.revision)
    if filing.in_force != notice.revision:
        after = commitment.withdrawn_by(filing, *named)
        return None if after == filing else followed(held, coordination, after, lapse_ms=1, now_ms=now_ms)
    is_known = any((each.authority, each.revision) == named for each in coordination.notices)
    if is_known or held.is_airborne or notice.authority not in filing.in_force_with:
        return None
    kept = tuple(each for each in coordination.notices if each.revision == filing.in_force)
    return Followed(
        coordination=msgspec.structs.replace(coordination, notices=(*kept, notice)),
        stage=held.stage,
        lapses_at_ms=held.lapses_at_ms,
        in_force=None,
        errands=(),
    )


def followed(
    held: Flight, coordination: Coordination, after: Filing, *, lapse_ms: int, now_ms: int
) -> Followed:
    """What follows when the filing becomes `after`. coordination: before, but for the answers."""
    before = coordination.filing
    is_done = after.phase is Phase.IDLE
    is_new = after.in_force > before.in_force
    to_confirm = commitment.to_confirm(before, after)
    said = [_confirm(coordination, each, after.last, lapse_ms) for each in to_confirm]
    said += given_back(coordination, after)
    asked = coordination.asked
    return Followed(
        coordination=msgspec.structs.replace(
            coordination,
            filing=msgspec.structs.replace(after, given_back=()),
            until_ms=commitment.until(before, after, coordination.until_ms, now_ms + lapse_ms),
            asked=None if is_done else asked,
        ),
        stage=held.stage if not is_new else Stage.COORDINATED if asked is None else asked.stage,
        lapses_at_ms=_lapses_at_ms(held, after, now_ms),
        in_force=asked if is_new else None,
        errands=tuple(said),
    )


def given_back(coordination: Coordination, after: Filing) -> Iterator[Errand]:
    """What `after` gives back, to be said."""
    for authority, revision in after.given_back:
        word = CrossingGiveBack(
            object_id=coordination.said_as, filed_ms=coordination.filed_ms, revision=revision
        )
        yield errand(authority, word, GIVE_BACK_VALID_MS)


def begun(value: Flight, said_as: str, now_ms: int) -> Coordination:
    """What a flight has of other authorities; where none was asked, its plan is in force with nobody."""
    return value.coordination or Coordination(
        said_as=said_as, filed_ms=now_ms, filing=Filing(last=1, in_force=1)
    )


def told(
    before: Flight | None, after: Flight, reached: tuple[AskedOf, ...], *, said_as: str, now_ms: int
) -> tuple[Coordination, tuple[Errand, ...]] | None:
    """What other authorities are told of a flight that they cannot refuse; None where it is nothing new.

    before, after: the flight before and after what happened. reached: authorities whose acceptance what it
    needs now would need. All are told who were told before, or protect it. said_as: what it is called to
    them, where they never heard of it.
    """
    if not after.is_airborne and after.stage is not Stage.NOTIFIED:
        return None
    coordination = begun(after, said_as, now_ms)
    filing, telling = coordination.filing, coordination.telling
    knows_who = {each.authority: each.knows_who for each in reached}
    known = {*filing.in_force_with, *filing.asked_of, *(() if telling is None else telling.to)}
    to = tuple(sorted(known | knows_who.keys()))
    first_ms = after.plan.route[0].time_ms
    if not to or (before is not None and telling is not None and not _is_news(before, after, telling, to)):
        return None
    number = commitment.next_number(0 if telling is None else telling.number, now_ms)
    word = FlightState(
        object_id=coordination.said_as,
        filed_ms=coordination.filed_ms,
        number=number,
        revision=filing.in_force,
        is_airborne=after.is_airborne,
        condition=after.condition,
        content=_state(after, knows_who=False),
        imposed=_fitting(after.imposed),
    )
    named = msgspec.structs.replace(word, content=_state(after, knows_who=True))
    said = (errand(each, named if knows_who.get(each) else word, STATE_VALID_MS) for each in to)
    now_told = Telling(number=number, to=to, revision=filing.in_force, first_ms=first_ms)
    return msgspec.structs.replace(coordination, telling=now_told), tuple(said)


def handed_over(
    value: Flight, to: tuple[AskedOf, ...], *, said_as: str, now_ms: int
) -> Iterator[Errand | Coordination]:
    """What others are told of a flight that they were not asked for, as they would be by what is agreed next;
    or that they may have forgotten: what they confirmed ends by our word alone.

    First what the flight has of other authorities then; after it the errands.
    """
    coordination = begun(value, said_as, now_ms)
    telling = coordination.telling
    number = commitment.next_number(0 if telling is None else telling.number, now_ms)
    names = {each.authority for each in to} | set(() if telling is None else telling.to)
    yield msgspec.structs.replace(
        coordination,
        telling=Telling(
            number=number,
            to=tuple(sorted(names)),
            revision=coordination.filing.in_force,
            first_ms=value.plan.route[0].time_ms,
        ),
    )
    for each in to:
        word = FlightState(
            object_id=coordination.said_as,
            filed_ms=coordination.filed_ms,
            number=number,
            revision=coordination.filing.in_force,
            is_airborne=value.is_airborne,
            condition=value.condition,
            content=_state(value, knows_who=each.knows_who),
            imposed=_fitting(value.imposed),
            ends_by_word=each.authority in coordination.filing.in_force_with,
        )
        yield errand(each.authority, word, STATE_VALID_MS)


def _is_news(before: Flight, after: Flight, telling: Telling, to: tuple[str, ...]) -> bool:
    """Whether what happened is to be told to those who were told before."""
    coordination = present(after.coordination, "who was told is known by it")
    moved_ms = abs(after.plan.route[0].time_ms - telling.first_ms)
    is_other = (before.is_airborne, before.condition, before.imposed) != (
        after.is_airborne,
        after.condition,
        after.imposed,
    )
    is_revised = telling.revision != coordination.filing.in_force
    return is_other or is_revised or moved_ms > MOVED_MAX_MS or set(to) != set(telling.to)


def _fitting(imposed: tuple[Volume, ...]) -> tuple[Volume, ...]:
    """The same sky, in fewer words where it takes too many."""
    if errands.are_short(imposed):
        return imposed
    kept = [Protected(volume=each, leg=0) for each in imposed]
    return tuple(each.volume for each in coarser.covered(kept))


def _state(value: Flight, *, knows_who: bool) -> Content:
    is_short = errands.are_short(value.volumes)
    return Content(
        kind=Kind.FLIGHT,
        party=value.party if knows_who else "",
        volumes=value.volumes if is_short else coarser.covered(value.volumes),
        centre=value.centre,
        has_rvsm=value.plan.has_rvsm,
        handling=value.plan.handling,
    )


def over(held: Flight) -> Iterator[Errand]:
    """What is to be said when the flight has landed or left: to all who may hold something for it."""
    coordination = held.coordination
    if coordination is None:
        return
    telling = coordination.telling
    for each in holding.everybody(coordination):
        word = FlightState(
            object_id=coordination.said_as,
            filed_ms=coordination.filed_ms,
            number=1 if telling is None else telling.number + 1,
            is_over=True,
        )
        yield errand(each, word, STATE_VALID_MS)


def withdrawn(held: Flight) -> Iterator[Errand]:
    """What is to be said when the flight gives back all it has."""
    if held.coordination is not None:
        yield from given_back(held.coordination, commitment.withdrawn(held.coordination.filing))
        if held.coordination.telling is not None:
            yield from over(held)


def _lapses_at_ms(held: Flight, after: Filing, now_ms: int) -> int | None:
    """When the node's own acceptance lapses: never, once others confirm by it or a plan is in force; now,
    when nobody is asked any more and none is."""
    if after.phase is Phase.CONFIRMING or after.in_force or held.is_airborne:
        return None
    if held.stage is Stage.COORDINATED:
        return held.lapses_at_ms  # it is over by its time
    if held.stage is not Stage.PROVISIONAL or after.phase is not Phase.IDLE:
        return held.lapses_at_ms
    return now_ms if held.lapses_at_ms is None else min(held.lapses_at_ms, now_ms)


def _confirm(coordination: Coordination, authority: str, revision: int, lapse_ms: int) -> Errand:
    word = CrossingConfirm(object_id=coordination.said_as, filed_ms=coordination.filed_ms, revision=revision)
    return errand(authority, word, lapse_ms)
