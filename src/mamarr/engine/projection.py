"""Everything the engine knows, folded from events. The only writer of the tables and indexes."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from mamarr.airspace import (
    Area,
    Attempts,
    Constraint,
    DeclaredCorridor,
    Party,
    Reservation,
    Share,
    Terms,
    allotment,
    reservations,
    terms,
)
from mamarr.airspace.occupancy import Group, Kind, Occupancy
from mamarr.conflicts import Minima
from mamarr.coordination import Channel, Disclosure, Message
from mamarr.coordination.messages import is_owed
from mamarr.engine import occupancies, restores
from mamarr.engine.nouns import NOUNS, OF_EVENT, key_of
from mamarr.engine.orders import Event
from mamarr.engine.sky import Kept, Named, Sky
from mamarr.engine.tables import Table
from mamarr.engine.touches import Touches
from mamarr.faults import present
from mamarr.flights import Flight, Imposed, Stage, admission, flights
from mamarr.flights.admission import Quota
from mamarr.geometry import Datum, Footprint, Shape, Volume
from mamarr.surveillance import Alert

WAYS_MAX = 10_000  # chosen: lines remembered, some 2 kB each; when there are more they are forgotten
GROUPS_MAX = 1_000  # chosen: groups whose minima are remembered; when there are more they are forgotten
START = -1  # number of the batch in which what was read from the log is projected: before every pending one
WHY = "why"  # the one key of the table of custody


class State(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The durable state as values, for a snapshot: what `Projection.state` gives and `restore` takes."""

    reservations: tuple[Reservation, ...] = ()
    flights: tuple[Flight, ...] = ()
    imposed: tuple[Imposed, ...] = ()
    corridors: tuple[DeclaredCorridor, ...] = ()
    shares: tuple[Share, ...] = ()
    areas: tuple[Area, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    parties: tuple[Party, ...] = ()
    terms: tuple[Terms, ...] = ()
    disclosures: tuple[Disclosure, ...] = ()
    attempts: tuple[Attempts, ...] = ()
    alerts: tuple[Alert, ...] = ()
    channels: tuple[Channel, ...] = ()
    messages: tuple[Message, ...] = ()


class Projection:
    """The state as tables. Deciders read it through `facts`, viewers through `picture`.

    party: the party whose node this is. read_only_why: why the record must be confirmed before it goes on.
    """

    def __init__(self, party: str, *, read_only_why: str | None = None) -> None:
        self.party = party
        self.sky = Sky(self._kept)
        self.touches = Touches()
        self.reservations: Table[str, Reservation] = Table(
            self._reservation_changed, self._reservation_settled
        )
        self.flights: Table[str, Flight] = Table(self._flight_changed, self._flight_settled)
        self.imposed: Table[str, Imposed] = Table(self._imposed_changed, self._imposed_settled)
        self.constraints: Table[str, Constraint] = Table(self._constraint_changed)
        self.corridors: Table[str, DeclaredCorridor] = Table()
        self.shares: Table[str, Share] = Table(self._share_changed)
        self.areas: Table[str, Area] = Table()
        self.parties: Table[str, Party] = Table(self._party_changed)
        self.terms: Table[str, Terms] = Table(self._terms_changed)
        self.disclosures: Table[str, Disclosure] = Table()
        self.attempts: Table[str, Attempts] = Table()
        self.alerts: Table[str, Alert] = Table()
        self.channels: Table[str, Channel] = Table()
        self.messages: Table[str, Message] = Table(settled=self._message_settled)
        self._custody: Table[str, str] = Table()
        self._all: tuple[Table[str, Any], ...] = (
            *(getattr(self, noun.table) for noun in NOUNS),
            self._custody,
        )
        self._held_count: Counter[str] = Counter()
        self._earmarked: dict[str, dict[str, int]] = {}  # by party: id, and when it lapses
        self._queued: dict[str, Reservation] = {}
        self._flights_count: Counter[str] = Counter()
        self._provisional: dict[str, dict[str, int]] = {}  # by party: id, and time of sky over its volumes
        self._airborne: dict[str, set[str]] = {}
        self._centres: Counter[str] = Counter()
        self._owed: dict[str, dict[str, Message]] = {}  # by peer and key
        self._minima: dict[Group, dict[Group, Minima]] = {}  # between groups, by the terms in force
        self._partition = Partition()
        if read_only_why is not None:
            self.hold(read_only_why)

    @property
    def read_only_why(self) -> str | None:
        """Why the record must be confirmed before it goes on; None when it need not."""
        return self._custody.get(WHY)

    @property
    def is_read_only(self) -> bool:
        """Whether, by what is durable, commands are refused."""
        return any(True for _ in self._custody.durable_items())

    def hold(self, why: str) -> None:
        """From now on the record is read-only until it is confirmed."""
        self._custody.put(START, WHY, why)
        self._custody.settle(START)

    def apply(self, batch: int, event: Event) -> None:
        """Project `event` as part of pending batch number `batch`."""
        if isinstance(event, restores.RestoreConfirmed):
            self._custody.put(batch, WHY, None)
            return
        noun = OF_EVENT[type(event)]
        table, key = getattr(self, noun.table), key_of(noun, event)
        table.put(batch, key, noun.module.evolve(table.get(key), event))

    def fold(self, event: Event) -> None:
        """Project `event`, which was read from the log; nothing may be pending."""
        if isinstance(event, restores.RestoreConfirmed):
            self._custody.fold(WHY, None)
            return
        noun = OF_EVENT[type(event)]
        table, key = getattr(self, noun.table), key_of(noun, event)
        table.fold(key, noun.module.evolve(table.get(key), event))

    def settle(self, batch: int) -> None:
        """Batch number `batch` is durable."""
        for table in self._all:
            table.settle(batch)

    def undo(self, batch: int) -> None:
        """Batch number `batch`, the newest pending one, failed."""
        for table in self._all:
            table.undo(batch)

    def state(self) -> State:
        """What is durable, in the order of ids."""
        durable = {
            noun.table: tuple(
                value for _, value in sorted(getattr(self, noun.table).durable_items(), key=_key)
            )
            for noun in NOUNS
        }
        return State(**durable)

    def restore(self, state: State) -> None:
        """Take `state` as what is durable; only into an empty projection."""
        for noun in NOUNS:
            table = getattr(self, noun.table)
            for value in getattr(state, noun.table):
                table.put(START, key_of(noun, value), value)
            table.settle(START)

    def airspace_revision(self) -> int:
        """Another number, for as long as this process lives, when what is declared is durably another."""
        declared = (self.parties, self.shares, self.corridors, self.areas, self.constraints)
        return sum(table.revision for table in declared)

    # --- what facts and rules ask -------------------------------------------------------------------------

    def terms_in_force(self) -> Terms:
        """The terms set last, or those that hold where nobody set any."""
        return self.terms.get(terms.KEY) or terms.DEFAULT

    def minima_to(self, group: Group) -> Callable[[Group], Minima]:
        """How near `group` may come to another, by the terms in force; worked out once."""
        if len(self._minima) >= GROUPS_MAX:
            self._minima.clear()
        known = self._minima.setdefault(group, {})

        def minima(other: Group) -> Minima:
            found = known.get(other)
            if found is None:
                found = known[other] = admission.between(group, other, self.terms_in_force())
            return found

        return minima

    def partition(self) -> "Partition":
        """The shares, ready to be asked."""
        return self._partition

    def is_centre(self, centre_id: str) -> bool:
        """Whether some party declared the centre."""
        return self._centres[centre_id] > 0

    def quota(self, party: str, now_ms: int) -> Quota:
        """What `party` has standing."""
        provisional = self._provisional.get(party, {})
        airborne = (self.flights.get(each) for each in self._airborne.get(party, ()))
        return Quota(
            flights_count=self._flights_count[party],
            provisional_count=len(provisional),
            provisional_volume_time_ms=sum(provisional.values()),
            overdue_count=sum(each is not None and flights.is_overdue(each, now_ms) for each in airborne),
        )

    def held_count(self, party: str) -> int:
        """How many reservations `party` holds."""
        return self._held_count[party]

    def earmarked_count(self, party: str, now_ms: int) -> int:
        """How many of them are earmarked, or lapsed so short a while ago that they still count."""
        counted_from_ms = now_ms - reservations.RENEWAL_WAIT_MS
        return sum(lapses_at_ms > counted_from_ms for lapses_at_ms in self._earmarked.get(party, {}).values())

    def queued(self) -> list[Reservation]:
        """What waits for its sky, the first come first."""
        return sorted(self._queued.values(), key=reservations.queue_place)

    def last_place_ms(self) -> int:
        """The last place in the queue, as `queue_place` has it; 0 where nobody waits."""
        return max((reservations.queue_place(value)[0] for value in self._queued.values()), default=0)

    def waiting_count(self, party: str) -> int:
        """How many reservations of `party` wait for their sky."""
        return sum(value.holder == party for value in self._queued.values())

    def owed(self, peer: str) -> Iterator[Message]:
        """Durable messages of which `peer`, who sent them, is still to be told; the first found first."""
        yield from self._owed.get(peer, {}).values()

    def count(self, table: str) -> int:
        """How many values a table has, pending ones included."""
        return len(getattr(self, table))

    # --- what follows the tables --------------------------------------------------------------------------

    def _kept(self, kind: Kind, object_id: str, now_ms: int) -> Kept:
        match kind:
            case Kind.FLIGHT:
                flight = self.flights.get(object_id)
                if flight is None:
                    return (), None
                own = occupancies.of_flight(flight, flights.held_volumes(flight, now_ms))
                return _grouped(own), flights.changes_at_ms(flight, now_ms)
            case Kind.RESERVATION:
                held = self.reservations.get(object_id)
                if held is None:
                    return (), None
                own = occupancies.of_reservation(held, reservations.held_volumes(held, now_ms))
                return _grouped(own), reservations.changes_at_ms(held, now_ms)
            case Kind.CONSTRAINT:
                constraint = self.constraints.get(object_id)
                return (() if constraint is None else _grouped(occupancies.of_constraint(constraint))), None
            case Kind.IMPOSED:
                there = self.imposed.get(object_id)
                return (() if there is None else _grouped(occupancies.of_imposed(there))), None

    def _constraint_changed(self, key: str, _: Constraint | None, after: Constraint | None) -> None:
        self.sky.changed(Kind.CONSTRAINT, key, is_gone=after is None)

    def _imposed_changed(self, key: str, _: Imposed | None, after: Imposed | None) -> None:
        self.sky.changed(Kind.IMPOSED, key, is_gone=after is None)

    def _reservation_changed(self, key: str, before: Reservation | None, after: Reservation | None) -> None:
        self.sky.changed(Kind.RESERVATION, key, is_gone=after is None)
        for value, more in ((before, -1), (after, 1)):
            if value is not None:
                self._held_count[value.holder] += more
        self._queued.pop(key, None)
        if after is not None and after.phase is reservations.Phase.IN_QUEUE:
            self._queued[key] = after
        if before is not None:
            self._earmarked.get(before.holder, {}).pop(key, None)
        if after is not None and after.phase is reservations.Phase.EARMARKED:
            lapses_at_ms = present(after.lapses_at_ms, "an earmark says when it lapses")
            self._earmarked.setdefault(after.holder, {})[key] = lapses_at_ms

    def _flight_changed(self, key: str, before: Flight | None, after: Flight | None) -> None:
        self.sky.changed(Kind.FLIGHT, key, is_gone=after is None)
        if before is not None:
            self._flights_count[before.party] -= 1
            self._provisional.get(before.party, {}).pop(key, None)
            self._airborne.get(before.party, set()).discard(key)
        if after is None:
            return
        self._flights_count[after.party] += 1
        if after.stage is Stage.PROVISIONAL:
            length_ms = sum(each.volume.time_end_ms - each.volume.time_start_ms for each in after.volumes)
            self._provisional.setdefault(after.party, {})[key] = length_ms
        if after.is_airborne:
            self._airborne.setdefault(after.party, set()).add(key)

    def _flight_settled(self, key: str, value: Flight | None) -> None:
        self.touches.settled(Named(Kind.FLIGHT, key), () if value is None else value.touching)

    def _reservation_settled(self, key: str, value: Reservation | None) -> None:
        self.touches.settled(Named(Kind.RESERVATION, key), () if value is None else value.touching)

    def _imposed_settled(self, key: str, value: Imposed | None) -> None:
        self.touches.settled(Named(Kind.IMPOSED, key), () if value is None else value.touching)

    def _message_settled(self, key: str, value: Message | None) -> None:
        peer, _, _ = key.partition("/")
        owed = self._owed.setdefault(peer, {})
        owed.pop(key, None)
        if value is not None and is_owed(value):
            owed[key] = value

    def _party_changed(self, _: str, before: Party | None, after: Party | None) -> None:
        for value, more in ((before, -1), (after, 1)):
            for centre in () if value is None else value.centres:
                self._centres[centre.centre_id] += more

    def _terms_changed(self, *_: object) -> None:
        self._minima.clear()

    def _share_changed(self, key: str, _: Share | None, after: Share | None) -> None:
        self._partition.put(key, after)


class Partition:
    """The shares, made ready; and where the lines asked for lead, as corridors are flown again and again.

    Cost of a new line: as of `allotment.crossing`; of one remembered, that of the shares on its way. Where
    none of them has windows, what it leads through is so at all times: a look-up.
    """

    def __init__(self) -> None:
        self._prepared: dict[str, allotment.PreparedShare] = {}
        self._ways: dict[tuple[bytes, int], allotment.Crossing] = {}
        self._timeless: dict[tuple[bytes, int, Datum, int, int], allotment.Allotment] = {}

    def put(self, share_id: str, share: Share | None) -> None:
        """The share of this id is another one now, or no more."""
        self._ways.clear()
        self._timeless.clear()
        self._prepared.pop(share_id, None)
        if share is not None:
            self._prepared[share_id] = allotment.prepared(share)

    def of(self, volume: Volume) -> allotment.Allotment:
        """Which shares the line of `volume` leads through, or its circle lies in, at its levels and times."""
        footprint = volume.footprint
        flown = (footprint.vertices, footprint.radius_mm if footprint.shape is Shape.CIRCLE else 0)
        at_levels = (*flown, volume.datum, volume.lower_mm, volume.upper_mm)
        found = self._timeless.get(at_levels)
        if found is None:
            way = self._way(footprint, flown)
            found = self._allotted(way, volume)
            if not any(each.share.windows for each in way.shares):
                if len(self._timeless) >= WAYS_MAX:
                    self._timeless.clear()
                self._timeless[at_levels] = found
        return found

    def _way(self, footprint: Footprint, flown: tuple[bytes, int]) -> allotment.Crossing:
        way = self._ways.get(flown)
        if way is None:
            if len(self._ways) >= WAYS_MAX:
                self._ways.clear()
            line = allotment.held_within(footprint) if flown[1] else footprint.vertices
            way = self._ways[flown] = allotment.crossing(line, tuple(self._prepared.values()))
        return way

    def _allotted(self, way: allotment.Crossing, volume: Volume) -> allotment.Allotment:
        return allotment.allotted(
            way,
            datum=volume.datum,
            lower_mm=volume.lower_mm,
            upper_mm=volume.upper_mm,
            time_start_ms=volume.time_start_ms,
            time_end_ms=volume.time_end_ms,
        )

    def near(self, share: Share) -> tuple[Share, ...]:
        """The shares that may have a point in common with `share`, in the order of their ids."""
        asked = allotment.prepared(share)
        return tuple(
            other.share for _, other in sorted(self._prepared.items()) if allotment.may_meet(asked, other)
        )


def _grouped(own: Iterable[Occupancy]) -> tuple[tuple[Volume, Group], ...]:
    """What is held, each with the group that its minima depend on."""
    return tuple((each.volume, admission.group(each)) for each in own)


def _key(item: tuple[str, Any]) -> str:
    return item[0]
