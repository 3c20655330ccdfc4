"""What may happen to a crossing, and how it changes by that; what is answered is `coordination.crossings`."""

import msgspec

from mamarr.airspace.commitment import Counter
from mamarr.airspace.occupancy import Kind, Touching
from mamarr.coordination import claims, foreign
from mamarr.coordination.claims import ClaimAnswered, CrossingClaimed
from mamarr.coordination.foreign import WAITING, Asked, ForeignFlight, Told, untold
from mamarr.coordination.returning import ReturnedBy
from mamarr.coordination.withdrawals import AcceptanceWithdrawn
from mamarr.faults import Reason, Refusal, present
from mamarr.flights import crossings
from mamarr.flights.crossings import Content, Crossing, Step

# What may happen


class CrossingRequested(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="crossing-requested"
):
    """A revision is asked for. Fields: as of `ForeignFlight`. message_key: of the message that asks."""

    crossing_id: str
    peer: str
    party: str
    object_id: str
    filed_ms: int
    revision: int
    content: Content
    answer_by_ms: int
    time_ms: int
    kind: Kind = Kind.FLIGHT
    message_key: str | None = None


class CrossingAnswered(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="crossing-answered"
):
    """What was asked last is accepted, countered or rejected. lapses_at_ms, suspensions_count: of an
    acceptance, as of `Kept`."""

    crossing_id: str
    revision: int
    step: Step
    time_ms: int
    lapses_at_ms: int = 0
    reason: Reason | None = None
    counter: Counter | None = None
    suspensions_count: int = 0


class CrossingConfirmed(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="crossing-confirmed"
):
    """The revision never lapses any more."""

    crossing_id: str
    revision: int
    time_ms: int


class CrossingGivenBack(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="crossing-given-back"
):
    """The revision is protected no more, and its number is closed."""

    crossing_id: str
    revision: int
    time_ms: int


class CrossingTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="crossing-told"):
    """The peer said how it is with the flight. touching: what that comes near to."""

    crossing_id: str
    peer: str
    party: str
    object_id: str
    filed_ms: int
    told: Told
    time_ms: int
    touching: tuple[Touching, ...] = ()
    kind: Kind = Kind.FLIGHT


class CrossingReturned(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="crossing-returned"
):
    """A peer protects this for us, and we have it not, or otherwise: it is held until a person says more."""

    crossing_id: str
    peer: str
    party: str
    object_id: str
    filed_ms: int
    by: ReturnedBy
    content: Content
    is_airborne: bool = False
    touching: tuple[Touching, ...] = ()
    time_ms: int
    kind: Kind = Kind.FLIGHT


class CrossingExpired(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="crossing-expired"):
    """The crossing is forgotten: it has held nothing for a while."""

    crossing_id: str


Event = (
    CrossingRequested
    | CrossingAnswered
    | CrossingConfirmed
    | CrossingGivenBack
    | CrossingTold
    | CrossingReturned
    | CrossingExpired
    | CrossingClaimed
    | ClaimAnswered
    | AcceptanceWithdrawn
)


# How it changes


def evolve(value: ForeignFlight | None, event: Event) -> ForeignFlight | None:
    """The crossing after `event`; None when it is forgotten. Stops when the two contradict each other."""
    if isinstance(event, CrossingRequested | CrossingTold | CrossingClaimed):
        before = value or ForeignFlight(
            crossing_id=event.crossing_id,
            peer=event.peer,
            party=event.party,
            object_id=event.object_id,
            filed_ms=event.filed_ms,
            kind=event.kind,
        )
        before = msgspec.structs.replace(before, said_ms=event.time_ms)
        if isinstance(event, CrossingTold):
            return _after_told(before, event)
        if isinstance(event, CrossingClaimed):
            return _after_claim(before, event)
        asked = Asked(revision=event.revision, content=event.content, message_key=event.message_key)
        return _with(
            msgspec.structs.replace(before, asked=(*before.asked, asked), answer_by_ms=event.answer_by_ms),
            _taken_up(crossings.requested(before.crossing, event.revision)),
            event.time_ms,
        )
    if isinstance(event, CrossingReturned):
        return _after_returned(value, event)
    before = present(value, f"{type(event).__name__} of a crossing that is not there")
    match event:
        case CrossingAnswered():
            answered = crossings.answered(
                before.crossing,
                event.revision,
                event.step,
                lapses_at_ms=event.lapses_at_ms,
                suspensions_count=event.suspensions_count,
            )
            claim = claims.ended(before.claim, event.revision)
            return _with(
                msgspec.structs.replace(before, answer_by_ms=None, claim=claim),
                _taken_up(answered),
                event.time_ms,
            )
        case ClaimAnswered():
            claim = present(before.claim, "what is signed was claimed")
            claim = msgspec.structs.replace(claim, state=event.state, reason=event.reason)
            return _with(
                msgspec.structs.replace(before, answer_by_ms=None, claim=claim),
                claims.answered(before.crossing, event),
                event.time_ms,
            )
        case CrossingConfirmed():
            # When it was decided that it still stood; no clock is asked again.
            after, _ = crossings.confirmed(before.crossing, event.revision, event.time_ms)
            return _with(before, after, event.time_ms)
        case CrossingGivenBack():
            after = crossings.given_back(before.crossing, event.revision)
            return _with(untold(before, event.revision), after, event.time_ms)
        case AcceptanceWithdrawn():
            return msgspec.structs.replace(before, withdrawn=event.withdrawal, changed_ms=event.time_ms)
        case CrossingExpired():
            return None


def _taken_up(found: Crossing | Refusal) -> Crossing:
    return present(None if isinstance(found, Refusal) else found, "what was decided can happen")


def _with(before: ForeignFlight, crossing: Crossing, time_ms: int) -> ForeignFlight:
    """The same with another commitment, and only what that still needs of what was asked."""
    needed = {each.revision for each in crossing.kept}
    if crossing.state in WAITING:
        needed.add(crossing.asked)
    return msgspec.structs.replace(
        before,
        crossing=crossing,
        asked=tuple(each for each in before.asked if each.revision in needed),
        changed_ms=time_ms,
    )


def _after_claim(before: ForeignFlight, event: CrossingClaimed) -> ForeignFlight:
    value = msgspec.structs.replace(before, claim=event.claim)
    if event.content is not None:
        asked = Asked(revision=event.claim.revision, content=event.content)
        others = (each for each in before.asked if each.revision != asked.revision)
        value = msgspec.structs.replace(value, asked=(*others, asked), answer_by_ms=event.claim.until_ms)
    return _with(value, claims.with_claim(before.crossing, event), event.time_ms)


def _after_told(before: ForeignFlight, event: CrossingTold) -> ForeignFlight:
    told = msgspec.structs.replace(before, told=event.told, touching=event.touching)
    crossing = crossings.notified(before.crossing)
    if event.told.is_over:
        for revision in {each.revision for each in crossing.kept} | {crossing.asked}:
            crossing = crossings.given_back(crossing, revision)
    return _with(told, crossing, event.time_ms)


def _after_returned(value: ForeignFlight | None, event: CrossingReturned) -> ForeignFlight:
    """All that any peer returned of it is held; of one peer what it returned last."""
    before = value or ForeignFlight(
        crossing_id=event.crossing_id,
        peer=event.peer,
        party=event.party,
        object_id=event.object_id,
        filed_ms=event.filed_ms,
        kind=event.kind,
    )
    held = () if before.told is None or before.told.content is None else before.told.content.volumes
    told = Told(
        number=0,
        is_airborne=event.is_airborne or (before.told is not None and before.told.is_airborne),
        content=foreign.together(event.content, [*held, *event.content.volumes]),
        ends_by_word=True,
    )
    by = tuple(each for each in before.returned_by if each.authority != event.by.authority)
    return msgspec.structs.replace(
        before,
        told=told,
        returned_by=(*by, event.by),
        touching=event.touching,
        changed_ms=event.time_ms,
    )
