"""Everything the engine knows, folded from events. The only writer of the tables and indexes."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
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
    reach,
    reservations,
    terms,
)
from mamarr.airspace.commitment import UNSAID, Suspended
from mamarr.airspace.occupancy import Group, Kind, Occupancy
from mamarr.conflicts import Minima
from mamarr.coordination import (
    Agreement,
    Channel,
    Disclosure,
    ForeignFlight,
    Map,
    Message,
    Peer,
    agreements,
    channels,
    crossings,
    foreign,
    suspensions,
)
from mamarr.coordination.messages import is_owed, is_pending
from mamarr.coordination.suspensions import Suspension
from mamarr.coordination.telling_alerts import AlertTelling
from mamarr.coordination.told_alerts import AlertThere
from mamarr.discovery import (
    ConstraintReference,
    DisplaySubscription,
    Intent,
    Report,
    ServiceArea,
    Subscription,
    UssAvailability,
)
from mamarr.engine import occupancies, offers, restores
from mamarr.engine.nouns import NOUNS, OF_EVENT, key_of
from mamarr.engine.orders import Event
from mamarr.engine.own_operations import Operated
from mamarr.engine.references import References
from mamarr.engine.sky import Kept, Named, Sky
from mamarr.engine.tables import Table
from mamarr.engine.touches import Touches
from mamarr.faults import invariant
from mamarr.flights import Drones, DroneWatch, Flight, Imposed, Stage, admission, drones, errands, holding
from mamarr.flights.admission import Quota
from mamarr.flights.errands import Errand
from mamarr.geometry import Datum, Footprint, Shape, Volume
from mamarr.geometry.volumes import TIME_LAST_MS
from mamarr.operations import Advisory, Closure, Delivery, Operation
from mamarr.surveillance import Alert

MAPS_REMEMBERED_MAX = 4  # chosen: what is in force, what is proposed, and one of each before
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
    agreements: tuple[Map, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    crossings: tuple[ForeignFlight, ...] = ()
    errands: tuple[Errand, ...] = ()
    peers: tuple[Peer, ...] = ()
    alerts_told: tuple[AlertThere, ...] = ()
    alert_tellings: tuple[AlertTelling, ...] = ()
    intents: tuple[Intent, ...] = ()
    constraint_references: tuple[ConstraintReference, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    availabilities: tuple[UssAvailability, ...] = ()
    reports: tuple[Report, ...] = ()
    service_areas: tuple[ServiceArea, ...] = ()
    display_subscriptions: tuple[DisplaySubscription, ...] = ()
    operations: tuple[Operation, ...] = ()
    closures: tuple[Closure, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    advisories: tuple[Advisory, ...] = ()
    drones: tuple[Drones, ...] = ()
    drone_watch: tuple[DroneWatch, ...] = ()


Shared = Flight | Reservation | None


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
        self.drones: Table[str, Drones] = Table(self._drones_changed, self._drones_settled)
        self.corridors: Table[str, DeclaredCorridor] = Table()
        self.shares: Table[str, Share] = Table(self._share_changed)
        self.parties: Table[str, Party] = Table(self._party_changed)
        self.terms: Table[str, Terms] = Table(self._terms_changed)
        self.disclosures, self.suspensions = Table[str, Disclosure](), Table[str, Suspension]()
        self.areas, self.attempts = Table[str, Area](), Table[str, Attempts]()
        self.alerts, self.drone_watch = Table[str, Alert](), Table[str, DroneWatch]()
        self.channels: Table[str, Channel] = Table(self._channel_changed)
        self.peers: Table[str, Peer] = Table()
        self.messages: Table[str, Message] = Table(settled=self._message_settled)
        self.agreements: Table[str, Map] = Table(self._map_changed)
        self.crossings: Table[str, ForeignFlight] = Table(self._crossing_changed, self._crossing_settled)
        self.errands: Table[str, Errand] = Table(self._errand_changed, self._errand_settled)
        self.alerts_told, self.alert_tellings = Table[str, AlertThere](), Table[str, AlertTelling]()
        self.references, self.operated = known, operated = References(), Operated()
        self.intents, self.constraint_references = known.intents, known.constraint_references
        self.subscriptions, self.availabilities = known.subscriptions, known.availabilities
        self.service_areas, self.display_subscriptions = known.service_areas, known.display_subscriptions
        self.reports, self.operations = known.reports, operated.operations
        self.closures, self.deliveries = operated.closures, operated.deliveries
        self.advisories = operated.advisories
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
        self._pending: dict[str, dict[str, Message]] = {}  # by peer and key
        self._saying: dict[str, str] = {}  # by errand: key of the message that does it
        self._said_by: dict[str, str] = {}  # by key of a message: the errand that it does
        self._errands: dict[str, dict[str, Errand]] = {}  # by authority and id, durable ones
        self._errands_count: Counter[str] = Counter()
        self._crossings_count: Counter[str] = Counter()  # by peer
        self._said_as: dict[tuple[Kind, str], str] = {}  # the id of what others call so
        self._behind: dict[str, Channel] = {}  # lines whose peers may know more of us than we do
        self._unconfirmed: dict[str, dict[str, int]] = {}  # by peer: crossing, and when its acceptance lapses
        self._minima: dict[Group, dict[Group, Minima]] = {}  # between groups, by the terms in force
        self._partition = Partition()
        self._proposed: tuple[tuple[Agreement, Partition], ...] = ()
        self._digest: str | None = None
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
        if isinstance(event, offers.AlternativesOffered):
            return  # nothing is held by it
        if isinstance(event, restores.RestoreConfirmed):
            self._custody.put(batch, WHY, None)
            return
        noun = OF_EVENT[type(event)]
        table, key = getattr(self, noun.table), key_of(noun, event)
        table.put(batch, key, noun.module.evolve(table.get(key), event))

    def fold(self, event: Event) -> None:
        """Project `event`, which was read from the log; nothing may be pending."""
        if isinstance(event, offers.AlternativesOffered):
            return
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
            table, place = getattr(self, noun.table), _PLACES.get(noun.table)
            values = getattr(state, noun.table)
            for value in values if place is None else sorted(values, key=place):
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

    def agreement(self) -> Agreement | None:
        """What is agreed with other authorities and in force; None where nothing is."""
        held = self.agreements.get(agreements.KEY)
        return None if held is None else held.in_force

    def agreement_digest(self) -> str | None:
        """The digest of what is in force; worked out once."""
        return self._digest

    def suspended(self) -> Suspended | None:
        """That the agreement in force is suspended, or was; None where it never was."""
        agreement = self.agreement()
        if agreement is None or not len(self.suspensions):
            return None
        values = (value for _, value in self.suspensions.current_items())
        return suspensions.standing(values, (each.party for each in agreement.members))

    def proposed(self) -> tuple[tuple[Agreement, "Partition"], ...]:
        """What is agreed here and not in force yet, with its shares ready to be asked."""
        return self._proposed

    def recovering(self) -> tuple[str, ...]:
        """The nodes that have not returned yet what this one forgot when its record was set back."""
        if not self._behind:
            return ()
        agreement = self.agreement()
        edition = 0 if agreement is None else agreement.edition
        return tuple(
            key for key, each in sorted(self._behind.items()) if channels.is_recovering(each, edition)
        )

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
            overdue_count=sum(each is not None and holding.is_overdue(each, now_ms) for each in airborne),
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

    def said_as(self, kind: Kind, name: str) -> str:
        """The id of what others call so; UNSAID, which nothing is called, where there is none."""
        return self._said_as.get((kind, name), UNSAID)

    def owed(self, peer: str) -> Iterator[Message]:
        """Durable messages of which `peer`, who sent them, is still to be told; the first found first."""
        yield from self._owed.get(peer, {}).values()

    def held_volumes(self, kind: Kind, object_id: str, now_ms: int) -> tuple[Volume, ...]:
        """The sky that is held for an object at `now_ms`."""
        return tuple(volume for volume, _ in self._kept(kind, object_id, now_ms)[0])

    def saying(self, errand_id: str) -> Message | None:
        """The durable message that does an errand; None where none does yet, or it is kept no more."""
        key = self._saying.get(errand_id)
        return None if key is None else self.messages.durable(key)

    def pending(self, peer: str) -> Iterator[Message]:
        """Durable messages of `peer` that are still to be acted on, in the order in which they came."""
        yield from self._pending.get(peer, {}).values()

    def errands_for(self, authority: str) -> Iterator[Errand]:
        """What is durably decided to be said to `authority` and not sent yet."""
        yield from self._errands.get(authority, {}).values()

    def errands_count(self, authority: str) -> int:
        """How much is still to be said to `authority`, pending decisions included."""
        return self._errands_count[authority]

    def crossings_count(self, peer: str) -> int:
        """How many flights of the node `peer` this authority knows."""
        return self._crossings_count[peer]

    def unconfirmed_count(self, peer: str, now_ms: int, *, but: str) -> int:
        """How many acceptances given to `peer` wait to be confirmed; but: not counting that of a crossing."""
        found = self._unconfirmed.get(peer, {})
        return sum(lapses_ms > now_ms for key, lapses_ms in found.items() if key != but)

    def count(self, table: str) -> int:
        """How many values a table has, pending ones included."""
        return len(getattr(self, table))

    # --- what follows the tables --------------------------------------------------------------------------

    def _kept(self, kind: Kind, object_id: str, now_ms: int) -> Kept:
        match kind:
            case Kind.FLIGHT if crossings.is_key(object_id):
                theirs = self.crossings.get(object_id)
                if theirs is None:
                    return (), None
                own = occupancies.of_foreign(theirs, now_ms)
                return _grouped(own), foreign.changes_at_ms(theirs, now_ms)
            case Kind.FLIGHT:
                flight = self.flights.get(object_id)
                if flight is None:
                    return (), None
                own = occupancies.of_flight(flight, holding.held_volumes(flight, now_ms))
                return _grouped(own), holding.changes_at_ms(flight, now_ms)
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
            case Kind.DRONES:
                heard = self.drones.get(object_id)
                if heard is None or drones.end_ms(heard) <= now_ms:
                    return (), None
                return _grouped(occupancies.of_drones(heard)), drones.end_ms(heard)

    def _constraint_changed(self, key: str, _: Constraint | None, after: Constraint | None) -> None:
        self.sky.changed(Kind.CONSTRAINT, key, is_gone=after is None)

    def _imposed_changed(self, key: str, _: Imposed | None, after: Imposed | None) -> None:
        self.sky.changed(Kind.IMPOSED, key, is_gone=after is None)

    def _drones_changed(self, key: str, _: Drones | None, after: Drones | None) -> None:
        self.sky.changed(Kind.DRONES, key, is_gone=after is None)

    def _called(self, kind: Kind, key: str, before: Shared, after: Shared) -> None:
        if before is not None and before.coordination is not None:
            self._said_as.pop((kind, before.coordination.said_as), None)
        if after is not None and after.coordination is not None:
            invariant(after.coordination.said_as != UNSAID, "what others are told of has a name for them")
            self._said_as[kind, after.coordination.said_as] = key

    def _reservation_changed(self, key: str, before: Reservation | None, after: Reservation | None) -> None:
        self.sky.changed(Kind.RESERVATION, key, is_gone=after is None)
        self._called(Kind.RESERVATION, key, before, after)
        for value, more in ((before, -1), (after, 1)):
            if value is not None:
                self._held_count[value.holder] += more
        self._queued.pop(key, None)
        if after is not None and after.phase is reservations.Phase.IN_QUEUE:
            self._queued[key] = after
        if before is not None:
            self._earmarked.get(before.holder, {}).pop(key, None)
        if after is not None and after.phase is reservations.Phase.EARMARKED:
            lapses_at_ms = after.lapses_at_ms  # None while others confirm it
            counted_ms = TIME_LAST_MS if lapses_at_ms is None else lapses_at_ms
            self._earmarked.setdefault(after.holder, {})[key] = counted_ms

    def _flight_changed(self, key: str, before: Flight | None, after: Flight | None) -> None:
        self.sky.changed(Kind.FLIGHT, key, is_gone=after is None)
        self._called(Kind.FLIGHT, key, before, after)
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

    def _drones_settled(self, key: str, value: Drones | None) -> None:
        self.touches.settled(Named(Kind.DRONES, key), () if value is None else value.touching)

    def _message_settled(self, key: str, value: Message | None) -> None:
        peer, _, _ = key.partition("/")
        owed = self._owed.setdefault(peer, {})
        owed.pop(key, None)
        if value is not None and is_owed(value):
            owed[key] = value
        pending = self._pending.setdefault(peer, {})
        pending.pop(key, None)
        if value is not None and is_pending(value):
            pending[key] = value
        if value is not None and value.errand_id is not None:
            self._saying[value.errand_id], self._said_by[key] = key, value.errand_id
        elif value is None and key in self._said_by:
            self._saying.pop(self._said_by.pop(key), None)

    def _crossing_changed(self, key: str, before: ForeignFlight | None, after: ForeignFlight | None) -> None:
        self.sky.changed(Kind.FLIGHT, key, is_gone=after is None)
        for value, more in ((before, -1), (after, 1)):
            if value is not None:
                self._crossings_count[value.peer] += more
        if before is not None:
            self._unconfirmed.get(before.peer, {}).pop(key, None)
        until_ms = None if after is None else crossings.provisional_until_ms(after)
        if after is not None and until_ms is not None:
            self._unconfirmed.setdefault(after.peer, {})[key] = until_ms

    def _crossing_settled(self, key: str, value: ForeignFlight | None) -> None:
        name = Named(crossings.kind_of(key), key)
        self.touches.settled(name, () if value is None else value.touching)

    def _channel_changed(self, key: str, _: Channel | None, after: Channel | None) -> None:
        self._behind.pop(key, None)
        is_whole = after is None or (after.is_open and not after.is_returning and not after.edition)
        if after is not None and not is_whole:
            self._behind[key] = after

    def _errand_changed(self, _: str, before: Errand | None, after: Errand | None) -> None:
        for value, more in ((before, -1), (after, 1)):
            if value is not None:
                self._errands_count[value.authority] += more

    def _errand_settled(self, key: str, value: Errand | None) -> None:
        authority, _, _ = key.partition("/")
        errands = self._errands.setdefault(authority, {})
        errands.pop(key, None)
        if value is not None:
            errands[key] = value

    def _party_changed(self, _: str, before: Party | None, after: Party | None) -> None:
        for value, more in ((before, -1), (after, 1)):
            for centre in () if value is None else value.centres:
                self._centres[centre.centre_id] += more

    def _terms_changed(self, *_: object) -> None:
        self._minima.clear()

    def _map_changed(self, _: str, __: Map | None, after: Map | None) -> None:
        in_force = None if after is None else after.in_force
        self._digest = None if in_force is None else agreements.digest(in_force)
        known = {agreements.digest(each): partition for each, partition in self._proposed}
        proposed = () if after is None else after.proposed
        self._proposed = tuple(
            (each, known.get(agreements.digest(each)) or Partition.of_shares(each.shares))
            for each in proposed
        )

    def _share_changed(self, key: str, _: Share | None, after: Share | None) -> None:
        self._partition.put(key, after)


class Partition:
    """The shares, made ready; and where the lines asked for lead, as corridors are flown again and again.

    Cost of a new line: as of `allotment.crossing`; of one remembered, that of the shares on its way. Where
    none of them has windows, what it leads through is so at all times: a look-up.
    """

    def __init__(self) -> None:
        self._prepared: dict[str, allotment.PreparedShare] = {}
        self._found: _Found | None = None  # None: the shares are others now
        self._inner_mm: tuple[int, int] | None = None  # levels that all shares have; None: to be found

    @classmethod
    def of_shares(cls, shares: Iterable[Share]) -> "Partition":
        """A partition into these."""
        made = cls()
        for each in shares:
            made.put(each.share_id, each)
        return made

    def put(self, share_id: str, share: Share | None) -> None:
        """The share of this id is another one now, or no more."""
        self._found = None
        self._prepared.pop(share_id, None)
        if share is not None:
            self._prepared[share_id] = allotment.prepared(share)
        self._inner_mm = None

    def of(self, volume: Volume) -> allotment.Allotment:
        """Which shares the line of `volume` leads through, or its circle lies in, at its levels and times."""
        footprint = volume.footprint
        flown = (footprint.vertices, footprint.radius_mm if footprint.shape is Shape.CIRCLE else 0)
        at_levels = (*flown, volume.datum, volume.lower_mm, volume.upper_mm)
        timeless = self._remembered().timeless
        found = timeless.get(at_levels)
        if found is None:
            way = self._way(footprint, flown)
            found = self._allotted(way, volume)
            if not any(each.share.windows for each in way.shares):
                if len(timeless) >= WAYS_MAX:
                    timeless.clear()
                timeless[at_levels] = found
        return found

    def _way(self, footprint: Footprint, flown: tuple[bytes, int]) -> allotment.Crossing:
        remembered = self._remembered()
        way = remembered.ways.get(flown)
        if way is None:
            if len(remembered.ways) >= WAYS_MAX:
                remembered.ways.clear()
            line = allotment.held_within(footprint) if flown[1] else footprint.vertices
            way = remembered.ways[flown] = allotment.crossing(line, remembered.shares)
        return way

    def _remembered(self) -> "_Found":
        """What was found for the shares as they are."""
        if self._found is None:
            self._found = _found_for(tuple(self._prepared.values()))
        return self._found

    def _allotted(self, way: allotment.Crossing, volume: Volume) -> allotment.Allotment:
        return allotment.allotted(
            way,
            datum=volume.datum,
            lower_mm=volume.lower_mm,
            upper_mm=volume.upper_mm,
            time_start_ms=volume.time_start_ms,
            time_end_ms=volume.time_end_ms,
        )

    def reached(self, volume: Volume, largest: Minima) -> tuple[str, ...]:
        """The authorities whose acceptance `volume` needs, in the order of their names."""
        key = (*self._place(volume, largest.vertical_mm), largest)
        remembered = self._remembered()
        found = remembered.reached.get(key)
        if found is None:
            found = reach.reached(volume, remembered.shares, largest)
            self._remember(remembered.reached, key, found)
        return found

    def is_allotted(self, volume: Volume) -> bool:
        """Whether all of `volume` lies in shares."""
        key = self._place(volume, 0)
        remembered = self._remembered()
        found = remembered.held.get(key)
        if found is None:
            found = reach.is_allotted(volume, remembered.shares)
            self._remember(remembered.held, key, found)
        return found

    def _place(self, volume: Volume, more_mm: int) -> tuple[Footprint, Datum, int, int]:
        """What of a volume matters to the shares: not its times, nor levels far inside those of all."""
        lower_mm, upper_mm = self._inner()
        is_inside = lower_mm < volume.lower_mm - more_mm and volume.upper_mm + more_mm < upper_mm
        levels = (0, 0) if is_inside and volume.datum is Datum.STD else (volume.lower_mm, volume.upper_mm)
        return volume.footprint, volume.datum, *levels

    def _inner(self) -> tuple[int, int]:
        """The levels above STD that all shares have, at all times; none where one is over another datum."""
        if self._inner_mm is None:
            shares = [each.share for each in self._prepared.values()]
            is_even = bool(shares) and all(each.datum is Datum.STD for each in shares)
            self._inner_mm = (
                (max(each.lower_mm for each in shares), min(each.upper_mm for each in shares))
                if is_even
                else (0, 0)
            )
        return self._inner_mm

    def _remember(self, known: dict[Any, Any], key: Any, found: Any) -> None:
        """Where no share has windows, what is found is so at all times."""
        if any(each.share.windows for each in self._prepared.values()):
            return
        if len(known) >= WAYS_MAX:
            known.clear()
        known[key] = found

    def near(self, share: Share) -> tuple[Share, ...]:
        """The shares that may have a point in common with `share`, in the order of their ids."""
        asked = allotment.prepared(share)
        return tuple(
            other.share for _, other in sorted(self._prepared.items()) if allotment.may_meet(asked, other)
        )


class _Found:
    """What was found for some shares: ways through them, whom volumes reach, what is all theirs."""

    def __init__(self, shares: tuple[allotment.PreparedShare, ...]) -> None:
        self.shares = shares
        self.ways: dict[tuple[bytes, int], allotment.Crossing] = {}
        self.timeless: dict[tuple[bytes, int, Datum, int, int], allotment.Allotment] = {}
        self.reached: dict[tuple[Footprint, Datum, int, int, Minima], tuple[str, ...]] = {}
        self.held: dict[tuple[Footprint, Datum, int, int], bool] = {}


@lru_cache(MAPS_REMEMBERED_MAX)
def _found_for(shares: tuple[allotment.PreparedShare, ...]) -> _Found:
    """What was found for these shares, whichever projection asked: a follower and a replay ask as it did."""
    return _Found(shares)


def _grouped(own: Iterable[Occupancy]) -> tuple[tuple[Volume, Group], ...]:
    """What is held, each with the group that its minima depend on."""
    return tuple((each.volume, admission.group(each)) for each in own)


def _key(item: tuple[str, Any]) -> str:
    return item[0]


# What is acted on, or said, in an order that ids do not have: 10 comes before 9 by its letters.
_PLACES: dict[str, Callable[[Any], Any]] = {
    "messages": lambda value: (value.kept_ms, value.sequence),
    "errands": lambda value: errands.place(value.word),
}
