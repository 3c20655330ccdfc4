"""What must be true of reservations, and of who asks in vain, said otherwise than it is decided."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from mamarr.airspace import reservations
from mamarr.airspace.attempts import AttemptCounted
from mamarr.airspace.reservations import (
    OCCUPIED,
    Activated,
    Allocated,
    Deactivated,
    Earmarked,
    Expired,
    OverrunNoted,
    Phase,
    Queued,
    Released,
    Reserved,
)
from mamarr.airspace.terms import GIVEN_UP_MAX, TermsSet, given_up_max
from mamarr.coordination.disclosure import DisclosureSet
from mamarr.engine import Projection
from mamarr.engine.orders import Decision, Event, read
from mamarr.faults import present
from mamarr.flights import Plan
from mamarr.flights.flights import Filed
from mamarr.geometry import Box
from mamarr.geometry.volumes import TIME_LAST_MS
from mamarr.record import Entry, Row
from mamarr.record.entries import entry_from_body
from mamarr.simulation.checks import common_point


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An entry and what it says, read once for all who judge. said: None for one that decides nothing."""

    leaf: bytes
    entry: Entry
    time_ms: int
    said: Decision | None

    @property
    def events(self) -> tuple[Event, ...]:
        """What it changed."""
        return () if self.said is None else self.said.decided.events


def told_by(rows: Sequence[Row]) -> list[Told]:
    """What the entries of a record say."""
    found = []
    for row in rows:
        entry = entry_from_body(row.sequence, row.body)
        found.append(Told(leaf=row.leaf, entry=entry, time_ms=entry.frame().time_ms, said=read(entry)))
    return found


def held_boxes(projection: Projection, now_ms: int) -> list[tuple[str, Box]]:
    """The reserved boxes that are held or occupied at `now_ms`."""
    return [
        (key, value.volume)
        for key, value in projection.reservations.durable_items()
        if value.volume is not None and (value.status in OCCUPIED or is_held(value, now_ms))
    ]


def is_held(value: reservations.Reservation, now_ms: int) -> bool:
    """Whether unoccupied sky is kept for its holder, said in another way than the domain does."""
    ends_ms = reservations.time_end_ms(value)
    match value.phase:
        case Phase.ALLOCATED:
            return ends_ms > now_ms
        case Phase.EARMARKED:
            return min(ends_ms, present(value.lapses_at_ms, "an earmark lapses")) > now_ms
        case Phase.IN_QUEUE:
            return False


def always(box: Box) -> Box:
    """The sky of `box` without its time."""
    return msgspec.structs.replace(box, time_start_ms=0, time_end_ms=1)


def occupied(projection: Projection) -> list[tuple[str, Box]]:
    """What is active or in use, whatever its window: its sky is taken until its user reports it clear."""
    return [
        (key, always(value.volume))
        for key, value in projection.reservations.durable_items()
        if value.status in OCCUPIED and value.volume is not None
    ]


def taken_twice(record: Sequence[Told]) -> Iterator[str]:
    """A sentence for each reserved box admitted into one that was occupied past its window at that moment.

    An earmark is an admission too; its box was said when it was queued.
    """
    inside: dict[str, Box] = {}
    boxes: dict[str, Box | None] = {}
    for told in record:
        time_ms = told.time_ms
        for event in told.events:
            match event:
                case Queued():
                    boxes[event.reservation_id] = event.volume
                case Reserved() | Earmarked():
                    if isinstance(event, Reserved):
                        boxes[event.reservation_id] = event.volume
                    asked = boxes[event.reservation_id]
                    late = [(key, always(box)) for key, box in inside.items() if box.time_end_ms <= time_ms]
                    for key, box in late:
                        if asked is not None and common_point(box, always(asked)) is not None:
                            yield f"{event.reservation_id} was admitted into the overrun {key}"
                case Activated():
                    box_in_use = boxes[event.reservation_id]
                    if box_in_use is not None:
                        inside[event.reservation_id] = box_in_use
                case Deactivated():
                    inside.pop(event.reservation_id, None)


def accepted_late(record: Sequence[Told]) -> Iterator[str]:
    """A sentence for each earmark that was accepted when it had lapsed."""
    lapses: dict[str, int] = {}
    for told in record:
        for event in told.events:
            match event:
                case Earmarked():
                    lapses[event.reservation_id] = event.lapses_at_ms
                case Allocated() if told.time_ms >= lapses[event.reservation_id]:
                    yield f"{event.reservation_id} was accepted after its earmark had lapsed"


def ruled_since(record: Sequence[Told]) -> dict[str, set[bytes]]:
    """For each viewer: the entries, by leaf, after which a rule of disclosure about it came to hold."""
    found: dict[str, set[bytes]] = {}
    leaves: set[bytes] = set()
    for told in record:
        for event in told.events:
            if isinstance(event, DisclosureSet):
                found[event.rule.viewer] = set(leaves)
        leaves.add(told.leaf)
    return found


def overruns_untold(record: Sequence[Told]) -> Iterator[str]:
    """A sentence for each overrun noted wrongly: too early, twice, or without a held box that it meets.

    Boxes alone are looked at, and the minima are not: whoever is named beyond these may be too near.
    """
    boxes: dict[str, Box | None] = {}
    held, inside, noted = set[str](), set[str](), set[str]()
    for told in record:
        time_ms = told.time_ms
        for event in told.events:
            match event:
                case Reserved() | Queued():
                    boxes[event.reservation_id] = event.volume
                    held |= {event.reservation_id} if isinstance(event, Reserved) else set()
                case Allocated():
                    held.add(event.reservation_id)
                case Released() | Expired():
                    held.discard(event.reservation_id)
                    noted.discard(event.reservation_id)
                case Activated():
                    inside.add(event.reservation_id)
                case Deactivated():
                    inside.discard(event.reservation_id)
                case OverrunNoted(reservation_id=name):
                    if name in noted or name not in inside:
                        yield f"{name} was noted as overrun twice, or with nobody in it"
                    noted.add(name)
                    named = {each.object_id for each in event.touching}
                    there = {key: boxes[key] for key in held - named - {name}}
                    yield from _untold(name, boxes[name], there, inside, time_ms)


def _untold(
    name: str, box: Box | None, there: dict[str, Box | None], inside: set[str], time_ms: int
) -> Iterator[str]:
    if box is None:
        return
    if box.time_end_ms > time_ms:
        yield f"{name} was noted as overrun before its end"
    late = msgspec.structs.replace(box, time_end_ms=TIME_LAST_MS)
    for key, other in there.items():
        if other is None or (other.time_end_ms <= time_ms and key not in inside):
            continue
        ends_ms = other.time_end_ms if other.time_end_ms > time_ms else TIME_LAST_MS
        if common_point(late, msgspec.structs.replace(other, time_end_ms=ends_ms)) is not None:
            yield f"the overrun {name} meets {key} and does not name it"


URGENT = {"FFR", "HOSP", "HUM", "MEDEVAC", "SAR"}


def admitted_over_the_limit(record: Sequence[Told], *, node_party: str) -> Iterator[str]:
    """A sentence for each admission of a party that had asked in vain too often within the hour.

    Flights in the air are not looked at, nor those that are never limited.
    """
    counted: dict[str, list[int]] = defaultdict(list)  # by party: the minutes of its attempts
    count_max = GIVEN_UP_MAX
    for told in record:
        said, minute = told.said, told.time_ms // 60_000
        if said is None:
            continue
        author = said.order.author
        lately = sum(told.time_ms - each * 60_000 < 3_600_000 for each in counted[author.party])
        for event in said.decided.events:
            match event:
                case TermsSet():
                    count_max = given_up_max(event.terms)
                case AttemptCounted():
                    counted[event.party].append(minute)
                case Reserved() | Queued() | Filed() if author.party != node_party and lately > count_max:
                    if not isinstance(event, Filed) or not _is_urgent(event.plan):
                        sequence = told.entry.sequence
                        yield f"entry {sequence}: {author.party} asked in vain {lately} times: admitted"


def _is_urgent(plan: Plan) -> bool:
    return plan.is_due_regard or bool(URGENT.intersection(plan.handling))
