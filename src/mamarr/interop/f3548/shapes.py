"""Volumes of F3548 to the one envelope that a DSS keeps of each thing: cells, altitudes, times."""

from collections.abc import Sequence
from enum import Enum

from mamarr.discovery import Envelope, envelopes
from mamarr.faults import WireError
from mamarr.geometry import cells
from mamarr.geometry.units import mm_from_m
from mamarr.interop.f3548.instants import read_instant
from mamarr.interop.f3548.requests import VERTICES_MAX, AltitudeMessage, TimeMessage, Volume4DMessage
from mamarr.interop.wire import built

OUTLINE_FORM = "one of outline_circle and outline_polygon"
AREA_FORM = "a simple outline of at most 2500 square kilometres"


class Needed(Enum):
    """Which bounds a volume must have, by their names. No tuples: Python 3.11.2 loses the empty one."""

    NOTHING = ""
    TIMES = "time_start time_end"
    ALL = "time_start time_end altitude_lower altitude_upper"


def read_volume(at: str, message: Volume4DMessage, needed: Needed = Needed.NOTHING) -> Envelope:
    """The envelope of one volume at the place `at`; WireError when it is none."""
    volume = message.volume
    for name in needed.value.split():
        holder, place = (message, at) if name.startswith("time") else (volume, f"{at}.volume")
        if getattr(holder, name) is None:
            raise WireError(f"{name} is missing", at=f"{place}.{name}", code="FIELD_REQUIRED")
    start = _instant(f"{at}.time_start", message.time_start)
    end = _instant(f"{at}.time_end", message.time_end, is_end=True)
    lower, upper = _altitude_mm(volume.altitude_lower), _altitude_mm(volume.altitude_upper)
    if start is not None and end is not None and start > end:
        raise WireError("time_start is after time_end", at=f"{at}.time_end")
    if lower is not None and upper is not None and lower > upper:
        raise WireError("altitude_lower is above altitude_upper", at=f"{at}.volume.altitude_upper")
    touched = _cells(f"{at}.volume", message)
    return built(
        at,
        lambda: Envelope(
            cells=touched,
            altitude_lower_mm=lower,
            altitude_upper_mm=upper,
            time_start_us=start,
            time_end_us=end,
        ),
    )


def read_extents(at: str, messages: Sequence[Volume4DMessage], needed: Needed) -> Envelope:
    """The one envelope of several volumes; WireError when one is none, or they have too many corners.

    It is larger than they are: their cells together, from the lowest to the highest, from the first to the
    last. Who must know of one of them then knows of all.
    """
    polygons = [each.volume.outline_polygon for each in messages]
    count = sum(len(polygon.vertices) for polygon in polygons if polygon is not None)
    if count > VERTICES_MAX:
        raise WireError(f"{count} vertices", at=at, allowed=f"at most {VERTICES_MAX}")
    found = [read_volume(f"{at}[{number}]", each, needed) for number, each in enumerate(messages)]
    return built(at, lambda: envelopes.union(found), allowed=AREA_FORM)


def _instant(at: str, message: TimeMessage | None, *, is_end: bool = False) -> int | None:
    return None if message is None else read_instant(f"{at}.value", message.text, is_end=is_end)


def _altitude_mm(message: AltitudeMessage | None) -> int | None:
    return None if message is None else mm_from_m(message.altitude_m)


def _cells(at: str, message: Volume4DMessage) -> tuple[int, ...]:
    circle, polygon = message.volume.outline_circle, message.volume.outline_polygon
    if circle is not None and polygon is None:
        center, radius_m = circle.center, circle.radius.radius_m
        return built(
            f"{at}.outline_circle",
            lambda: cells.covering_circle(
                latitude_deg=center.lat, longitude_deg=center.lng, radius_m=radius_m
            ),
            allowed=AREA_FORM,
        )
    if polygon is not None and circle is None:
        corners = [(each.lat, each.lng) for each in polygon.vertices]
        return built(f"{at}.outline_polygon", lambda: cells.covering_polygon(corners), allowed=AREA_FORM)
    what = "there is no outline" if circle is None else "there are two outlines"
    raise WireError(what, at=at, allowed=OUTLINE_FORM)
