"""What a USS asks of a DSS of ASTM F3411-22a, read strictly: to values, or WireError that says where."""

import re
from collections.abc import Mapping

from mamarr.discovery import Envelope
from mamarr.discovery.display_subscriptions import DeleteDisplaySubscription, PutDisplaySubscription
from mamarr.discovery.service_areas import DeleteServiceArea, PutServiceArea
from mamarr.faults import WireError
from mamarr.geometry import cells
from mamarr.geometry.cells import TooLargeError
from mamarr.interop.f3411.requests import PutDisplaySubscriptionMessage, PutServiceAreaMessage
from mamarr.interop.f3548.instants import read_instant
from mamarr.interop.f3548.reading import Drawn, entity_id, read_url, subscription_id
from mamarr.interop.f3548.requests import VERTICES_MAX, Volume4DMessage
from mamarr.interop.f3548.shapes import AREA_FORM, read_volume
from mamarr.interop.wire import built, decoded, matching

# A version of ours is hexadecimal; the public suite wants 409 for one that could be, 400 for one that cannot.
VERSION = re.compile(r"[0-9a-f]{10,128}")
VERSION_FORM = "the version that was answered last"
NUMBER = r"[ ]*([+-]?[0-9]{1,3}(?:\.[0-9]{0,30})?(?:[eE][+-]?[0-9]{1,2})?)[ ]*"
POINT = re.compile(f"{NUMBER},{NUMBER}(?:,|$)")
END = "time_end"
POLYGON_FORM = "lat0,lng0,lat1,lng1,lat2,lng2…: three corners or more, in degrees, the first not repeated"


class AreaTooLargeError(WireError):
    """The area of a search is larger than what is answered."""


def searched(queries: Mapping[str, str], *, has_times: bool) -> Envelope:
    """The area of a search, and its times where it may have them, which may be open.

    AreaTooLargeError when it is too large; WireError when it is none.
    """
    corners_deg = _corners(queries.get("area", ""))
    try:
        touched = built("query:area", lambda: cells.covering_polygon(corners_deg), allowed=AREA_FORM)
    except WireError as wrong:
        if isinstance(wrong.__cause__, TooLargeError):
            raise AreaTooLargeError(wrong.what, at=wrong.at, allowed=wrong.allowed) from wrong
        raise
    times = {name: queries.get(name) if has_times else None for name in ("earliest_time", "latest_time")}
    start, end = (
        None if text is None else read_instant(f"query:{name}", text, is_end=name == "latest_time")
        for name, text in times.items()
    )
    return built("query:latest_time", lambda: Envelope(cells=touched, time_start_us=start, time_end_us=end))


def _corners(text: str) -> list[tuple[float, float]]:
    """The corners_deg that a text such as `lat0,lng0,lat1,lng1,lat2,lng2` says."""
    wrong = WireError("this is no polygon", at="query:area", allowed=POLYGON_FORM, code="FIELD_FORM")
    corners_deg: list[tuple[float, float]] = []
    at = 0
    while at < len(text):
        found = POINT.match(text, at)
        if found is None or len(corners_deg) == VERTICES_MAX:
            raise wrong
        corners_deg.append((float(found[1]), float(found[2])))
        at = found.end()
    if len(corners_deg) < 3 or text.endswith(",") or corners_deg[0] == corners_deg[-1]:
        raise wrong
    return corners_deg


def service_area(
    at_id: str, version: str | None, body: bytes, drawn: Drawn, *, allows_http: bool
) -> PutServiceArea:
    """A service area to be created (version None) or changed."""
    message = decoded(PutServiceAreaMessage, body)
    found, extent = entity_id(at_id), _extent(message.extents)
    if version is None and extent.time_end_us is None:
        raise WireError(f"{END} is missing", at=f"$.extents.{END}", code="FIELD_REQUIRED")
    url = read_url("$.uss_base_url", message.uss_base_url, allows_http=allows_http)
    matching("path:version", version, VERSION, VERSION_FORM)
    return built(
        "$",
        lambda: PutServiceArea(
            entity_id=found,
            manager=drawn.manager,
            uss_base_url=url,
            extent=extent,
            drawn=drawn.version,
            version=version,
        ),
    )


def service_area_removal(at_id: str, version: str, manager: str) -> DeleteServiceArea:
    """A service area to be removed."""
    matching("path:version", version, VERSION, VERSION_FORM)
    return DeleteServiceArea(entity_id=entity_id(at_id), manager=manager, version=version)


def display_subscription(
    at_id: str, version: str | None, body: bytes, drawn: Drawn, *, allows_http: bool
) -> PutDisplaySubscription:
    """A display provider's subscription to be created (version None) or changed."""
    message = decoded(PutDisplaySubscriptionMessage, body)
    found, extent = subscription_id(at_id), _extent(message.extents)
    url = read_url("$.uss_base_url", message.uss_base_url, allows_http=allows_http)
    matching("path:version", version, VERSION, VERSION_FORM)
    return built(
        "$",
        lambda: PutDisplaySubscription(
            subscription_id=found,
            manager=drawn.manager,
            uss_base_url=url,
            extent=extent,
            drawn=drawn.version,
            version=version,
        ),
    )


def display_subscription_removal(at_id: str, version: str, manager: str) -> DeleteDisplaySubscription:
    """A display provider's subscription to be removed."""
    matching("path:version", version, VERSION, VERSION_FORM)
    found = subscription_id(at_id)
    return DeleteDisplaySubscription(subscription_id=found, manager=manager, version=version)


def _extent(message: Volume4DMessage) -> Envelope:
    """The envelope of a volume. F3411-22a: the last corner of a polygon is not the first."""
    polygon = message.volume.outline_polygon
    if polygon is not None and polygon.vertices[0] == polygon.vertices[-1]:
        raise WireError(
            "the first corner is repeated at the end",
            at="$.extents.volume.outline_polygon.vertices",
            code="FIELD_FORM",
        )
    return read_volume("$.extents", message)
