"""Foreign flights: what an authority knows, and holds, of flights and reservations of others' centres.

How they change is `coordination.crossings`; this is what they are, and which sky is held for them.
"""

from collections.abc import Iterator

import msgspec

from mamarr.airspace.occupancy import Kind, Touching
from mamarr.coordination import claims
from mamarr.coordination.claims import Claim
from mamarr.coordination.returning import ReturnedBy, Unanswered
from mamarr.coordination.withdrawals import Withdrawal
from mamarr.faults import present
from mamarr.flights import coarser, crossings, errands
from mamarr.flights.conditions import Condition
from mamarr.flights.crossings import Content, Crossing, CrossingState
from mamarr.flights.errands import CrossingHeld
from mamarr.flights.protection import Protected
from mamarr.geometry import Volume
from mamarr.geometry.volumes import TIME_LAST_MS

KEPT_MS = 3_600_000  # chosen: an hour after its end a crossing can still be asked about

# What it is


class Asked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What one revision asks for. message_key: of the message that asked."""

    revision: int
    content: Content
    message_key: str | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What the peer said last of a flight that is there anyway. Fields: as of `FlightState`.

    message_key: of the message that said so.
    """

    number: int
    revision: int = 0
    is_over: bool = False
    is_airborne: bool = False
    condition: Condition = Condition.NORMAL
    content: Content | None = None
    imposed: tuple[Volume, ...] = ()
    ends_by_word: bool = False
    message_key: str | None = None


class ForeignFlight(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A flight or a reservation of another authority's centre, as this authority knows it.

    peer: the node that filed it; party: whose node that is. object_id, filed_ms, kind: what it is there.
    crossing: what is answered and protected. asked: what its revisions ask for, of those that are protected
    or not answered. answer_by_ms: when a person has to have answered. told: what was said of it since.
    touching: what that came near to. changed_ms: when the last of it was decided. returned_by: of what this
    node had forgotten, or had otherwise, who returned it; peer is then the first of them, party our own.
    claim: what was said last to have been answered by telephone. withdrawn: what this authority withdraws.
    said_ms: when the peer's last word of it was taken in, but for answers and what it gave back.
    """

    crossing_id: str
    peer: str
    party: str
    object_id: str
    filed_ms: int
    crossing: Crossing = Crossing()
    asked: tuple[Asked, ...] = ()
    answer_by_ms: int | None = None
    told: Told | None = None
    touching: tuple[Touching, ...] = ()
    changed_ms: int = 0
    kind: Kind = Kind.FLIGHT
    returned_by: tuple[ReturnedBy, ...] = ()
    claim: Claim | None = None
    withdrawn: Withdrawal | None = None
    said_ms: int = 0


def key_of(peer: str, object_id: str, filed_ms: int, kind: Kind = Kind.FLIGHT) -> str:
    """The name of a crossing here. Nothing of this node's own has such a name: it has slashes."""
    name = object_id if kind is Kind.FLIGHT else f"{kind}/{object_id}"
    return f"{peer}/{name}/{filed_ms}"


def is_key(object_id: str) -> bool:
    """Whether this is the name of a crossing, not of a flight or reservation of this node."""
    return "/" in object_id


def node_of(crossing_id: str) -> str:
    """Whose node filed what has this name."""
    return crossing_id.partition("/")[0]


def kind_of(crossing_id: str) -> Kind:
    """Of which kind what has this name is, as `key_of` made it."""
    _, *kind, _, _ = crossing_id.split("/")
    return Kind(kind[0]) if kind else Kind.FLIGHT


class Part(msgspec.Struct, frozen=True, gc=False):
    """One volume that is held, and of what."""

    content: Content
    kept: Protected
    volume: Volume


def held_parts(value: ForeignFlight, now_ms: int) -> tuple[Part, ...]:
    """The sky that is held for it at `now_ms`: what is protected, and what it was told to need.

    What is confirmed may be flown late while no word comes through: it ends by what the filer says, never by
    its time. What is told of a plan in the air takes the place of its revision, and of older ones.
    """
    told = value.told
    replaced = -1 if told is None or not _ends_by_word(told) else told.revision
    unconfirmed = {each.revision for each in value.crossing.kept if each.lapses_at_ms is not None}
    parts = [
        part
        for revision in crossings.protected(value.crossing, now_ms)
        if revision > replaced
        for part in _parts(_content(value, revision), now_ms, ends_by_time=revision in unconfirmed)
    ]
    if told is not None and told.content is not None:
        parts += _parts(told.content, now_ms, ends_by_time=not _ends_by_word(told))
        parts += (Part(told.content, _notified(volume), volume) for volume in told.imposed)
    return tuple(parts)


def _ends_by_word(told: Told) -> bool:
    """Whether what was told ends by what the peer says alone: somebody may be in it past its time."""
    return told.is_airborne or told.ends_by_word


def _notified(volume: Volume) -> Protected:
    return Protected(volume=volume, leg=0, is_admitted=False)


def _parts(content: Content, now_ms: int, *, ends_by_time: bool) -> Iterator[Part]:
    for each in content.volumes:
        volume = each.volume
        if volume.time_end_ms > now_ms:
            yield Part(content, each, volume)
        elif not ends_by_time:
            yield Part(content, each, msgspec.structs.replace(volume, time_end_ms=TIME_LAST_MS))


def _content(value: ForeignFlight, revision: int) -> Content:
    found = next((each.content for each in value.asked if each.revision == revision), None)
    return present(found, "what is protected was asked for")


def returned(value: ForeignFlight, now_ms: int) -> CrossingHeld:
    """What is said to its filer that this authority has of it, where the filer may have forgotten it."""
    parts = held_parts(value, now_ms)
    told = value.told
    return CrossingHeld(
        object_id=value.object_id,
        filed_ms=value.filed_ms,
        kind=value.kind,
        revisions=tuple(each.revision for each in value.crossing.kept if each.lapses_at_ms is None),
        asked=value.crossing.asked,
        number=0 if told is None else told.number,
        is_airborne=told is not None and told.is_airborne,
        content=together(parts[-1].content, [_as_held(each) for each in parts]) if parts else None,
    )


def unanswered(value: ForeignFlight) -> Iterator[Unanswered]:
    """What its filer asks for and nobody has answered, or the filer not confirmed."""
    revisions = {each.revision for each in value.crossing.kept if each.lapses_at_ms is not None}
    if is_waiting(value):
        revisions.add(value.crossing.asked)
    for revision in sorted(revisions):
        yield Unanswered(crossing_id=value.crossing_id, revision=revision)


def _as_held(part: Part) -> Protected:
    return msgspec.structs.replace(part.kept, volume=part.volume)


def together(content: Content, volumes: list[Protected]) -> Content:
    """All that is held for one thing as one, by the rules of its newest; coarser where that is too long."""
    kept = tuple(dict.fromkeys(volumes))
    return msgspec.structs.replace(
        content, box=None, volumes=kept if errands.are_short(kept) else coarser.covered(kept)
    )


def changes_at_ms(value: ForeignFlight, now_ms: int) -> int | None:
    """When, after `now_ms`, the clock next changes what `held_parts` answers; None if it does not."""
    ends = [part.volume.time_end_ms for part in held_parts(value, now_ms)]
    lapses = [each.lapses_at_ms for each in value.crossing.kept if each.lapses_at_ms is not None]
    return min((each for each in (*ends, *lapses) if each > now_ms), default=None)


def owner(value: ForeignFlight) -> str:
    """Whose it is, as far as this authority was told; its own name where it was not."""
    contents = [each.content for each in value.asked]
    if value.told is not None and value.told.content is not None:
        contents.append(value.told.content)
    return next((each.party for each in contents if each.party), value.crossing_id)


def is_waiting(value: ForeignFlight) -> bool:
    """Whether a person is to answer."""
    return value.crossing.state in WAITING


def provisional_until_ms(value: ForeignFlight) -> int | None:
    """When the last acceptance lapses that is not confirmed; None where there is none."""
    lapses = (each.lapses_at_ms for each in value.crossing.kept)
    return max((each for each in lapses if each is not None), default=None)


def is_over(value: ForeignFlight, now_ms: int) -> bool:
    """Whether it holds nothing and waits for nothing, and has not for a while."""
    is_in_the_air = value.told is not None and _ends_by_word(value.told)
    is_held = bool(held_parts(value, now_ms)) or is_in_the_air
    is_awaited = is_waiting(value) or claims.is_open(value.claim, now_ms)
    return not is_held and not is_awaited and value.changed_ms + KEPT_MS <= now_ms


WAITING = frozenset({CrossingState.REQUESTED, CrossingState.REVISED})


def untold(before: ForeignFlight, revision: int) -> ForeignFlight:
    """It without what it was told of a plan that is given back and was not flown."""
    told = before.told
    is_of_it = told is not None and told.ends_by_word and not told.is_airborne and told.revision == revision
    if told is None or not is_of_it or before.kind is not Kind.FLIGHT:
        return before
    return msgspec.structs.replace(
        before, told=msgspec.structs.replace(told, content=None, imposed=(), ends_by_word=False)
    )
