"""What a viewer may see: the durable state, filtered for one party."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import msgspec

from mamarr.airspace import reservations
from mamarr.airspace.commitment import Commitment
from mamarr.airspace.movements import Movement
from mamarr.airspace.occupancy import Touching
from mamarr.engine import gate, ladders, warned
from mamarr.engine.agreed import LineSeen, SuspensionSeen, lines, suspended
from mamarr.engine.attempted import AttemptsSeen, attempted
from mamarr.engine.ladders import SaidSeen
from mamarr.engine.others import OTHERS_MAX, OtherSeen, imposed, is_whole, knows_contact, others
from mamarr.engine.projection import Projection
from mamarr.engine.requested import REQUESTED_MAX, CrossingSeen, requested
from mamarr.engine.touched import TouchedBy, touched_by
from mamarr.engine.warned import AlertToldSeen
from mamarr.engine.watch import AlertSeen, FeedSeen, TrackSeen, Watching, watch
from mamarr.faults import Refusal
from mamarr.flights import Condition, Flight, answers, flights, holding
from mamarr.flights.answers import AtAuthority
from mamarr.geometry import Box, Volume
from mamarr.geometry.units import epoch_ms, moment_from_ms
from mamarr.surveillance import Block

PICTURE_FLIGHTS_MAX = 2_000  # chosen: more than a list or a map shows legibly
NOTHING_HEARD: Mapping[str, int] = MappingProxyType({})
PICTURE_RESERVATIONS_MAX = 5_000  # chosen: more than a map shows legibly; the picture says when it is cut


class ReservationSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A reservation as one viewer sees it. contact and actions: only of the viewer's own party's.

    volume, regions, movement: its sky, as of `Reservation`. lapses_at: of an earmark. touching: what it came
    too near to when it overran, touched_by: what comes too near to it. coordination, authorities: how far it
    is with other authorities; is_given_up: they did not all confirm it, and it holds nothing. said: how far
    the newest word about it came at each. All of these for its holder and the party of the node only.
    """

    reservation_id: str
    holder: str
    mine: bool
    volume: Box | None
    contact: str | None = None
    status: reservations.Status
    is_overrun: bool
    actions: tuple[reservations.Action, ...]
    regions: tuple[Volume, ...] = ()
    movement: Movement | None = None
    user_keeps_clear: bool = True
    phase: reservations.Phase = reservations.Phase.ALLOCATED
    lapses_at: datetime | None = None
    touching: tuple[Touching, ...] = ()
    touched_by: tuple[TouchedBy, ...] = ()
    coordination: Commitment | None = None
    authorities: tuple[AtAuthority, ...] = ()
    is_given_up: bool = False
    said: tuple[SaidSeen, ...] = ()


class FlightSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A flight as one viewer sees it. actions: what the viewer may do with it now. touched_by: what comes too
    near to it, whatever the flight does about it. authorities: how far it is with each other authority.
    is_given_up: others did not all confirm it, and it holds nothing. said: how far the newest word about it
    came at each."""

    flight: Flight
    mine: bool
    is_overdue: bool
    actions: tuple[flights.Action, ...]
    touched_by: tuple[TouchedBy, ...] = ()
    authorities: tuple[AtAuthority, ...] = ()
    is_given_up: bool = False
    said: tuple[SaidSeen, ...] = ()


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """The sky as one viewer may see it at one moment.

    reservations: what is overrun first, then what something comes too near to, then in the order of ids.
    flights: the viewer's own, and for the party of the node all; what is imposed, overdue or touched first.
    others: what the viewer may see of others besides. imposed: what is not free without anybody's having
    asked for it, the viewer's own too. attempts: who asked often in vain; for the party of the node only.
    crossings: what other authorities ask of this one, and what is held for them; lines: to whom there is a
    line, and whether it is up; alerts_told: what other authorities warn of; suspensions: who has the
    agreement with them suspended; for the party of the node only.
    live: whether somebody watches; when DOWN, tracks are the last ones known, and none means nothing.
    """

    at: datetime
    party: str
    reservations: tuple[ReservationSeen, ...]
    flights: tuple[FlightSeen, ...] = ()
    others: tuple[OtherSeen, ...] = ()
    imposed: tuple[OtherSeen, ...] = ()
    is_cut: bool = False
    live: Watching = Watching.DOWN
    tracks: tuple[TrackSeen, ...] = ()
    alerts: tuple[AlertSeen, ...] = ()
    feeds: tuple[FeedSeen, ...] = ()
    attempts: tuple[AttemptsSeen, ...] = ()
    crossings: tuple[CrossingSeen, ...] = ()
    lines: tuple[LineSeen, ...] = ()
    alerts_told: tuple[AlertToldSeen, ...] = ()
    suspensions: tuple[SuspensionSeen, ...] = ()


def picture(
    projection: Projection,
    *,
    party: str,
    now: datetime,
    block: Block | None = None,
    heard_ms: Mapping[str, int] = NOTHING_HEARD,
) -> Picture:
    """What `party` may see now. Durable decisions only; of those who wait, its own only.

    block: what the process that watches saw last, None when there is none: then live is DOWN. heard_ms: as of
    `agreed.lines`.
    """
    now_ms = epoch_ms(now)
    held = _reservations(projection, party, now_ms)
    seen = tuple(
        _seen(projection, value, near_it, party, now) for value, near_it in held[:PICTURE_RESERVATIONS_MAX]
    )
    flying = _flights(projection, party, now_ms)
    watched = watch(projection, party=party, now=now, block=block)
    besides = others(projection, party=party, now_ms=now_ms)
    unasked = imposed(projection, party=party, now_ms=now_ms)
    asked = requested(projection, viewer=party, now_ms=now_ms)
    crossings = () if isinstance(asked, Refusal) else asked
    warnings = warned.told(projection, viewer=party)
    counts = (
        (len(held), PICTURE_RESERVATIONS_MAX),
        (len(flying), PICTURE_FLIGHTS_MAX),
        (max(len(besides), len(unasked)), OTHERS_MAX),
        (len(crossings), REQUESTED_MAX),
        (len(warnings), warned.ALERTS_TOLD_MAX),
    )
    return Picture(
        at=now,
        party=party,
        reservations=seen,
        flights=tuple(
            _flight_seen(projection, value, near_it, party, now)
            for value, near_it in flying[:PICTURE_FLIGHTS_MAX]
        ),
        others=besides[:OTHERS_MAX],
        imposed=unasked[:OTHERS_MAX],
        is_cut=watched.is_cut or any(count > most for count, most in counts),
        live=watched.live,
        tracks=watched.tracks,
        alerts=watched.alerts,
        feeds=watched.feeds,
        attempts=attempted(projection, viewer=party, now=now),
        crossings=crossings[:REQUESTED_MAX],
        lines=lines(projection, party=party, now_ms=now_ms, heard_ms=heard_ms),
        alerts_told=warnings[: warned.ALERTS_TOLD_MAX],
        suspensions=suspended(projection, party=party),
    )


def _is_told_of(projection: Projection, value: reservations.Reservation, party: str) -> bool:
    """Whether `party` is told why others did not confirm what is over by that."""
    return party in (value.holder, projection.party) and answers.is_given_up(value)


def _near(
    projection: Projection, value: reservations.Reservation, party: str, now_ms: int
) -> tuple[TouchedBy, ...]:
    if party not in (value.holder, projection.party):
        return ()
    return touched_by(projection, value, viewer=party, now_ms=now_ms)


def _reservations(
    projection: Projection, party: str, now_ms: int
) -> list[tuple[reservations.Reservation, tuple[TouchedBy, ...]]]:
    """The reservations that `party` may see whole, with what is too near; what needs attention first."""
    shown = [
        (value, _near(projection, value, party, now_ms))
        for _, value in projection.reservations.durable_items()
        if (not reservations.is_over(value, now_ms) or _is_told_of(projection, value, party))
        and (value.phase != reservations.Phase.IN_QUEUE or value.holder == party)  # it holds nothing
        and is_whole(projection, value, party)
    ]

    def place(each: tuple[reservations.Reservation, tuple[TouchedBy, ...]]) -> tuple[bool, bool, str]:
        value, near_it = each
        return not reservations.is_overrun(value, now_ms), not near_it, value.reservation_id

    shown.sort(key=place)
    return shown


def _flights(projection: Projection, party: str, now_ms: int) -> list[tuple[Flight, tuple[TouchedBy, ...]]]:
    """The flights that `party` may speak for, with what is too near, the ones that need attention first."""
    shown = [
        (value, touched_by(projection, value, viewer=party, now_ms=now_ms))
        for _, value in projection.flights.durable_items()
        if party in (value.party, projection.party)
        and (answers.is_given_up(value) or not holding.is_over(value, now_ms))
    ]
    shown.sort(key=lambda each: (not (each[1] or _needs_attention(each[0], now_ms)), each[0].flight_id))
    return shown


def _needs_attention(value: Flight, now_ms: int) -> bool:
    is_normal = value.condition is Condition.NORMAL and not value.touching
    return not is_normal or holding.is_overdue(value, now_ms) or answers.is_given_up(value)


def _flight_seen(
    projection: Projection, value: Flight, near_it: tuple[TouchedBy, ...], party: str, now: datetime
) -> FlightSeen:
    known = gate.touching(projection, party, value.touching, durable=True)
    at_others = answers.at_authorities(value, names_persons=party == projection.party)
    return FlightSeen(
        flight=value if known == value.touching else msgspec.structs.replace(value, touching=known),
        mine=value.party == party,
        is_overdue=holding.is_overdue(value, epoch_ms(now)),
        actions=flights.actions(value, now),
        touched_by=near_it,
        authorities=at_others,
        is_given_up=answers.is_given_up(value),
        said=ladders.of_shared(projection, value, (each.authority for each in at_others)),
    )


def _seen(
    projection: Projection,
    value: reservations.Reservation,
    near_it: tuple[TouchedBy, ...],
    party: str,
    now: datetime,
) -> ReservationSeen:
    mine, lapses_at_ms = value.holder == party, value.lapses_at_ms
    is_told = party in (value.holder, projection.party)
    at_others = answers.at_authorities(value, names_persons=party == projection.party) if is_told else ()
    return ReservationSeen(
        reservation_id=value.reservation_id,
        holder=value.holder,
        mine=mine,
        volume=value.volume,
        contact=value.contact if knows_contact(projection, value, party) else None,
        status=value.status,
        is_overrun=reservations.is_overrun(value, epoch_ms(now)),
        actions=reservations.actions(value, now) if mine else (),
        regions=value.regions,
        movement=value.movement,
        user_keeps_clear=value.user_keeps_clear,
        phase=value.phase,
        lapses_at=None if lapses_at_ms is None else moment_from_ms(lapses_at_ms),
        touching=gate.touching(projection, party, value.touching, durable=True) if is_told else (),
        touched_by=near_it,
        coordination=value.coordination if is_told else None,
        authorities=at_others,
        said=ladders.of_shared(projection, value, (each.authority for each in at_others)),
        is_given_up=is_told and answers.is_given_up(value),
    )
