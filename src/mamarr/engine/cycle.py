"""The turn of the process that watches: which flights it looks for, and what its findings ask of the log.

It follows the durable flights and hands back wishes. Nothing is lost when either side restarts: what it has
to know is compared with what it was told, and what it says holds with what the log says holds.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from mamarr.engine.projection import Projection
from mamarr.flights import Flight, holding
from mamarr.geometry import Shape
from mamarr.surveillance import Alert, AlertStatus, Expected, Leg
from mamarr.surveillance.alerts import ALERTS_MAX, ClearAlert, RaiseAlert, alert_key
from mamarr.surveillance.correlation import EXPECTED_MAX, LEGS_MAX, is_expected
from mamarr.surveillance.live import Held

RULE = "live"  # the author of what is asked here
PART_MAX = 500  # chosen: flights looked at, or told, at a stretch; some 2 ms of the event loop
WISHES_MAX = 100  # chosen: of one turn, as much as one group commit carries beside what people ask


def expected(value: Flight) -> Expected:
    """What to look for: the sky kept for a flight, at the times now estimated."""
    return Expected(
        flight_id=value.flight_id,
        callsign=value.plan.identification,
        icao_address=None if value.plan.icao_address is None else value.plan.icao_address.upper(),
        legs=tuple(islice(_legs(value), LEGS_MAX)),
    )


def _legs(value: Flight) -> Iterator[Leg]:
    route = value.plan.route
    for kept in value.volumes:
        volume, start = kept.volume, route[kept.leg]
        is_stay = volume.footprint.shape is Shape.CIRCLE
        leaves_ms = start.time_ms + start.stay_ms
        yield Leg(
            vertices=volume.footprint.vertices,
            half_width_mm=volume.footprint.radius_mm,
            datum=volume.datum,
            lower_mm=volume.lower_mm,
            upper_mm=volume.upper_mm,
            entry_ms=start.time_ms if is_stay else leaves_ms,
            exit_ms=leaves_ms if is_stay else route[kept.leg + 1].time_ms,
        )


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What changed of the flights to look for. A flight that is looked for otherwise is among the added."""

    added: tuple[Expected, ...] = ()
    gone: tuple[str, ...] = ()


class Following:
    """What the process that watches was told; a new one for each process.

    Cost of a turn: one look at each flight; what did not change is not made again.
    """

    def __init__(self) -> None:
        self._told: dict[str, tuple[Flight, Expected]] = {}

    def __contains__(self, flight_id: str) -> bool:
        return flight_id in self._told

    def news(self, projection: Projection, now_ms: int) -> Iterator[News]:
        """What is to be told now, in parts, none of them long; others may be served between two.

        Of more than EXPECTED_MAX flights those are looked for that begin first. A part may be empty.
        """
        wanted: dict[str, tuple[Flight, Expected]] = {}
        for number, (flight_id, value) in enumerate(list(projection.flights.durable_items()), start=1):
            if number % PART_MAX == 0:
                yield News()
            if holding.is_over(value, now_ms):
                continue
            told = self._told.get(flight_id)
            sought = told[1] if told is not None and told[0] is value else expected(value)
            if value.is_airborne or is_expected(sought, now_ms):
                wanted[flight_id] = (value, sought)
        if len(wanted) > EXPECTED_MAX:
            first = sorted(wanted.items(), key=lambda item: item[1][1].legs[0].entry_ms)
            wanted = dict(first[:EXPECTED_MAX])
        before, self._told = self._told, wanted
        added = [
            sought for key, (_, sought) in wanted.items() if key not in before or before[key][1] != sought
        ]
        yield News(gone=tuple(key for key in before if key not in wanted))
        for at in range(0, len(added), PART_MAX):
            yield News(added=tuple(added[at : at + PART_MAX]))


def held(projection: Projection) -> tuple[Held, ...]:
    """The alerts whose condition holds as far as the log knows."""
    return tuple(
        Held(kind=value.kind, subject=value.subject, is_self_report=value.measured.is_self_report)
        for _, value in projection.alerts.durable_items()
        if value.status is not AlertStatus.RECTIFIED_UNACK
    )


def wishes(
    projection: Projection,
    following: Following,
    standing: Sequence[RaiseAlert],
    over: Iterable[ClearAlert],
) -> tuple[RaiseAlert | ClearAlert, ...]:
    """What to ask of the log, at most WISHES_MAX; the rest comes with the next turn.

    standing: what holds as it is seen. over: what is seen not to hold. An alert of a flight that nobody looks
    for any more is over; one that merely is not seen stays, and so does one of a flight that is airborne.
    """
    known = dict(projection.alerts.durable_items())
    asked: list[RaiseAlert | ClearAlert] = [
        *_to_raise(known, following, standing),
        *_to_clear(known, projection, following, over),
    ]
    return tuple(asked[:WISHES_MAX])


def _to_raise(
    known: Mapping[str, Alert], following: Following, standing: Sequence[RaiseAlert]
) -> Iterator[RaiseAlert]:
    room_count = ALERTS_MAX - len(known)
    for wish in standing:
        value = known.get(alert_key(wish.kind, wish.subject))
        if wish.subject not in following or not _may_begin(value, room_count):
            continue
        room_count -= value is None
        yield wish


def _may_begin(value: Alert | None, room_count: int) -> bool:
    return room_count > 0 if value is None else value.status is AlertStatus.RECTIFIED_UNACK


def _to_clear(
    known: Mapping[str, Alert], projection: Projection, following: Following, over: Iterable[ClearAlert]
) -> Iterator[ClearAlert]:
    ended = {alert_key(wish.kind, wish.subject) for wish in over}
    for key, value in known.items():
        is_active = value.status is not AlertStatus.RECTIFIED_UNACK
        if is_active and (key in ended or _is_left(value.subject, projection, following)):
            yield ClearAlert(kind=value.kind, subject=value.subject)


def _is_left(flight_id: str, projection: Projection, following: Following) -> bool:
    """Whether nobody looks for a flight; one that is airborne is looked for from the next news on."""
    flight = projection.flights.durable(flight_id)
    return flight_id not in following and (flight is None or not flight.is_airborne)
