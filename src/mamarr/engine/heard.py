"""What of drones' plans is noted: as our USS says them, never less of the sky or of the time than that.

An intent is exact to a tenth of a millimetre and closed on every side; what is noted of it is in the engine's
own whole numbers, a little wider. What has no shape here, or too many corners, is noted as a circle about it.
"""

from collections.abc import Iterable, Mapping, Sequence

from mamarr.discovery import IntentState
from mamarr.engine.projection import Projection
from mamarr.flights import DroneState, drone_watch
from mamarr.flights.drone_watch import VALID_MS, HearDrones
from mamarr.flights.drones import DRONES_MAX, VERTICES_MAX, ForgetDrones, NoteDrones
from mamarr.geometry import Datum, Footprint, Volume, footprints, geodesy
from mamarr.geometry.footprints import CIRCLE_RADIUS_MAX_MM, RADIUS_MIN_MM
from mamarr.geometry.units import MM_PER_M, deg_from_e7deg
from mamarr.geometry.volumes import ALTITUDE_HIGHEST_MM, ALTITUDE_LOWEST_MM, TIME_LAST_MS
from mamarr.operations import Volume as Exact
from mamarr.operations.volumes import vertices_count

E9_PER_E7 = 100
US_PER_MS = 1_000
WIDER_MM = 20  # corners move by at most 8 mm on rounding to 1e-7 degree; the rest is spare
CIRCLE_WIDER_RATIO = (
    1.001  # chosen: edges are great circles on the ellipsoid's latitudes, distances are geodesics
)
RENEWED_MS = VALID_MS // 3  # chosen: what counts less long is said again
SILENT_RENEWED_MS = drone_watch.LEFT_MS // 2  # chosen: that it is silent is said twice a day

STATES = {
    IntentState.ACCEPTED: DroneState.ACCEPTED,
    IntentState.ACTIVATED: DroneState.ACTIVATED,
    IntentState.NONCONFORMING: DroneState.NONCONFORMING,
    IntentState.CONTINGENT: DroneState.CONTINGENT,
}


def noted(intent_id: str, state: IntentState, several: Sequence[Exact]) -> NoteDrones | None:
    """An intent as it is noted; None when none of its time is in the years that can be."""
    are_circles = vertices_count(several) > VERTICES_MAX
    found = (_noted(each, is_circle=are_circles) for each in several)
    volumes = tuple(each for each in found if each is not None)
    return NoteDrones(intent_id=intent_id, state=STATES[state], volumes=volumes) if volumes else None


def _noted(exact: Exact, *, is_circle: bool) -> Volume | None:
    start_ms = max(0, exact.time_start_us // US_PER_MS)
    end_ms = min(TIME_LAST_MS, exact.time_end_us // US_PER_MS + 1)
    if start_ms >= end_ms:
        return None  # it is over since long, or not in this century
    return Volume(
        footprint=_footprint(exact, is_circle=is_circle),
        datum=Datum.WGS84,
        lower_mm=_height(exact.altitude_lower_mm - 1),
        upper_mm=_height(exact.altitude_upper_mm + 1),
        time_start_ms=start_ms,
        time_end_ms=end_ms,
    )


def _height(altitude_mm: int) -> int:
    return min(max(altitude_mm, ALTITUDE_LOWEST_MM), ALTITUDE_HIGHEST_MM)


def _footprint(exact: Exact, *, is_circle: bool) -> Footprint:
    corners = [(round(lat / E9_PER_E7), round(lng / E9_PER_E7)) for lat, lng in exact.corners]
    if exact.radius_mm:
        return footprints.circle(corners[0], max(exact.radius_mm + WIDER_MM, RADIUS_MIN_MM))
    different = [each for number, each in enumerate(corners) if each != corners[number - 1]]
    if is_circle:
        return _about(corners)
    try:
        return footprints.checked(footprints.polygon(different, radius_mm=WIDER_MM))
    except ValueError:  # it crosses itself, or is a line
        return _about(corners)


def _about(corners: Sequence[tuple[int, int]]) -> Footprint:
    """A circle that holds a polygon: as far about its first corner as the farthest other."""
    first, *others = [(deg_from_e7deg(lat), deg_from_e7deg(lng)) for lat, lng in corners]
    radius_m = max(geodesy.distance_m(*first, *each) for each in others)
    radius_mm = round(radius_m * CIRCLE_WIDER_RATIO * MM_PER_M) + RADIUS_MIN_MM
    return footprints.circle(corners[0], min(radius_mm, CIRCLE_RADIUS_MAX_MM))


def changes(
    projection: Projection, found: Mapping[str, NoteDrones], *, unknown: Iterable[str], is_whole: bool
) -> tuple[tuple[NoteDrones | ForgetDrones, ...], tuple[str, ...]]:
    """What is to be forgotten and noted, of what is durable; and the ids of what is too much to be known.

    found: by id. unknown: ids of which nobody said anything; they stay as they were. is_whole: whether
    all was asked and answered; else nothing is forgotten.
    """
    held = dict(projection.drones.durable_items())
    gone = sorted(held.keys() - found.keys() - set(unknown)) if is_whole else []
    new = [each for each in sorted(found) if each not in held]
    room = max(0, DRONES_MAX - len(held) + len(gone))
    changed = [
        each
        for each in sorted(found.keys() & held.keys())
        if (held[each].state, held[each].volumes) != (found[each].state, found[each].volumes)
    ]
    noted_now = [found[each] for each in (*changed, *new[:room])]
    return (*(ForgetDrones(intent_id=each) for each in gone), *noted_now), tuple(new[room:])


def hearing(projection: Projection, whole: Iterable[str], now_ms: int) -> HearDrones | None:
    """What is to be noted of how well it is known; None where the record says it already."""
    heard = tuple(sorted(whole))
    watch = projection.drone_watch.durable(drone_watch.KEY)
    if watch is not None and watch.whole == heard:
        left_ms = watch.until_ms - now_ms
        if left_ms > (RENEWED_MS if heard else -SILENT_RENEWED_MS):
            return None
    return HearDrones(whole=heard)


def is_over(note: NoteDrones, now_ms: int) -> bool:
    """Whether all of its time is past."""
    return all(each.time_end_ms <= now_ms for each in note.volumes)
