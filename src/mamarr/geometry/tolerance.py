"""Tolerance volumes: the sky and time that a flight may be found in while it keeps to what it filed."""

from collections.abc import Sequence
from itertools import groupby, pairwise

import msgspec

from mamarr.geometry import footprints, geodesy
from mamarr.geometry.altitude import Datum
from mamarr.geometry.footprints import Footprint
from mamarr.geometry.units import deg_from_e7deg
from mamarr.geometry.volumes import ALTITUDE_HIGHEST_MM, ALTITUDE_LOWEST_MM, TIME_LAST_MS, Volume

# Defaults, changed by agreement; decisions of this project (docs: numbers and datums).
DEPARTURE_BEFORE_MS = 5 * 60_000  # before take-off: up to 5 minutes early,
DEPARTURE_AFTER_MS = 10 * 60_000  # up to 10 late
ESTIMATE_BEFORE_MS = 3 * 60_000  # after take-off an estimate holds within 3 minutes either way
ESTIMATE_AFTER_MS = 3 * 60_000
FORMATION_LATERAL_MM = 926_000  # 0.5 NM about the leader
FORMATION_VERTICAL_MM = 30_480  # 100 ft above and below the leader
STAY_RADIUS_MIN_MM = 1_852_000  # chosen: 1 NM; no aircraft turns in less at cruising speed
SWEPT_MORE_MM = 1_000  # chosen: a densified line is within 2 cm of its geodesic; a metre is sure and no loss
SWEPT_STILL_M = 0.5  # chosen: half of that metre; a shorter way is a circle about its start
SWEPT_VERTICES_MAX = 2_000  # chosen: 20,000 km of way; some 0.1 s of work and 16 kB in the record


def of_leg(
    points: Sequence[tuple[int, int]],
    *,
    half_width_mm: int,
    datum: Datum,
    lower_mm: int,
    upper_mm: int,
    entry_ms: int,
    exit_ms: int,
    before_ms: int = DEPARTURE_BEFORE_MS,
    after_ms: int = DEPARTURE_AFTER_MS,
    formation: bool = False,
) -> Volume:
    """Where and when a flight may be found on one leg: its width, its block of levels, its times.

    points: the leg's line, (latitude, longitude) in 1e-7 degree, densified already; a leg that stays on one
    point is a circle. half_width_mm: the corridor's, off corridors the navigation specification's. lower_mm
    to upper_mm above `datum`: the leg's block of levels, one level when they are equal; a climb or descent
    has all it passes. entry_ms, exit_ms: planned or estimated, milliseconds since 1970-01-01T00:00:00Z.
    before_ms, after_ms: how much earlier than entry and later than exit the flight may be; before take-off
    the DEPARTURE pair (the default, the larger one), after it the ESTIMATE pair, never their sum.
    formation: the line is the leader's; all others are within FORMATION_LATERAL_MM and
    FORMATION_VERTICAL_MM of it, so that the level becomes a block.

    ValueError when exit is before entry, a tolerance is negative, the volume is empty (exit at entry without
    any tolerance) or out of range as of `Footprint`, `footprints.checked` and `Volume`.
    """
    line = [corner for corner, _ in groupby(points)]
    return about(
        _about(line, half_width_mm),
        datum=datum,
        lower_mm=lower_mm,
        upper_mm=upper_mm,
        entry_ms=entry_ms,
        exit_ms=exit_ms,
        before_ms=before_ms,
        after_ms=after_ms,
        lateral_mm=FORMATION_LATERAL_MM if formation else 0,
        vertical_mm=FORMATION_VERTICAL_MM if formation else 0,
    )


def about(
    core: footprints.Footprint,
    *,
    datum: Datum,
    lower_mm: int,
    upper_mm: int,
    entry_ms: int,
    exit_ms: int,
    before_ms: int,
    after_ms: int,
    lateral_mm: int = 0,
    vertical_mm: int = 0,
) -> Volume:
    """As `of_leg`, about a footprint that is known to make sense.

    lateral_mm, vertical_mm: how far from it, and above and below its levels, the others of a formation are.
    ValueError when exit is before entry, a tolerance is negative, or the volume is empty or out of range.
    """
    if exit_ms < entry_ms:
        raise ValueError("the leg is left before it is entered")
    if before_ms < 0 or after_ms < 0:
        raise ValueError("a time tolerance is negative")
    low_mm, high_mm = _block(lower_mm, upper_mm, vertical_mm) if vertical_mm else (lower_mm, upper_mm)
    return Volume(
        footprint=footprints.widened(core, lateral_mm) if lateral_mm else core,
        datum=datum,
        lower_mm=low_mm,
        upper_mm=high_mm,
        time_start_ms=_moment(entry_ms, -before_ms),
        time_end_ms=_moment(exit_ms, after_ms),
    )


def swept(
    points: Sequence[tuple[int, int, int]],
    *,
    radius_mm: int,
    datum: Datum,
    lower_mm: int,
    upper_mm: int,
) -> tuple[Volume, ...]:
    """What a circle passes over that moves along geodesics from point to point, each at a constant speed.

    points: latitude and longitude in 1e-7 degree and the moment in milliseconds since 1970-01-01T00:00:00Z,
    two or more, moments ascending. radius_mm: of the circle. lower_mm, upper_mm: millimetres above `datum`.
    Answers one volume for each two points that follow each other, for the time between the two moments: the
    densified line with the radius and SWEPT_MORE_MM about it, or a circle where the place stays the same. At
    every moment but the last (volumes are half-open) the circle lies in the volume of that moment.

    ValueError when a value is out of range as of `Footprint`, `footprints.checked` and `Volume`, the moments
    do not ascend, or the lines have more than SWEPT_VERTICES_MAX vertices. Cost: grows with the vertices.
    """
    if len(points) < 2:
        raise ValueError("a movement has two points or more")
    made: list[Volume] = []
    vertices = 0
    for (*start, start_ms), (*end, end_ms) in pairwise(points):
        line = list(geodesy.densified([(start[0], start[1]), (end[0], end[1])]))
        if len(line) == 2 and _length_m(line) < SWEPT_STILL_M:
            line = line[:1]
        vertices += len(line)
        if vertices > SWEPT_VERTICES_MAX:
            raise ValueError(f"the way is too long: more than {SWEPT_VERTICES_MAX} points, one each 10 km")
        made.append(
            Volume(
                footprint=_about(line, radius_mm + SWEPT_MORE_MM),
                datum=datum,
                lower_mm=lower_mm,
                upper_mm=upper_mm,
                time_start_ms=start_ms,
                time_end_ms=end_ms,
            )
        )
    return tuple(made)


def _length_m(line: Sequence[tuple[int, int]]) -> float:
    ends_deg = [deg_from_e7deg(angle) for corner in (line[0], line[-1]) for angle in corner]
    return geodesy.distance_m(*ends_deg)


def _about(line: Sequence[tuple[int, int]], radius_mm: int) -> Footprint:
    """All within the radius of a line; a line of one point is a circle."""
    if len(line) == 1:
        return footprints.circle(line[0], radius_mm)
    return footprints.checked(footprints.path(line, radius_mm))


def widened(volume: Volume, *, lateral_mm: int, vertical_mm: int, time_ms: int) -> Volume:
    """The volume, larger by `lateral_mm` all round, `vertical_mm` both ways and `time_ms` both ways.

    Half of an odd minimum is rounded up by the caller. The result is half-open as every volume: its upper
    level and its end do not belong to it, so who needs a closed one (a reach of half the largest minimum)
    asks for one millimetre and one millisecond more.

    Altitude and time are cut at the ends of the range of a `Volume`: no other volume lies beyond them.
    ValueError when a length is negative or the footprint becomes wider than `Footprint` allows.
    """
    if vertical_mm < 0 or time_ms < 0:
        raise ValueError("a volume cannot be widened by less than nothing")
    low_mm, high_mm = _block(volume.lower_mm, volume.upper_mm, vertical_mm)
    return msgspec.structs.replace(
        volume,
        footprint=footprints.widened(volume.footprint, lateral_mm),
        lower_mm=low_mm,
        upper_mm=high_mm,
        time_start_ms=_moment(volume.time_start_ms, -time_ms),
        time_end_ms=_moment(volume.time_end_ms, time_ms),
    )


def _block(lower_mm: int, upper_mm: int, more_mm: int) -> tuple[int, int]:
    """The levels `more_mm` below and above; what is out of range already stays so and is refused later."""
    return (
        min(lower_mm, max(lower_mm - more_mm, ALTITUDE_LOWEST_MM)),
        max(upper_mm, min(upper_mm + more_mm, ALTITUDE_HIGHEST_MM)),
    )


def _moment(time_ms: int, more_ms: int) -> int:
    """The moment `more_ms` later, cut at the ends of the years; one out of them already is refused later."""
    later_ms = time_ms + more_ms
    return min(time_ms, max(later_ms, 0)) if more_ms < 0 else max(time_ms, min(later_ms, TIME_LAST_MS))
