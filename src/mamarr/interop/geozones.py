"""UAS geographical zones (ED-269, ED-318) as closed sky for drones: where, how high, when, what is said.

A zone bounds drones alone: it is told to USSs as a constraint of F3548-21 and never holds a crewed flight.
What a file leaves open is taken on the safe side: a height above ground from the lowest or highest ground
that whoever imports it names, a time of day that depends on the sun as two days, a hole in a polygon as
filled.

Sources: the shapes of `uas_standards.eurocae_ed269` and `eurocae_ed318` of InterUSS (Apache-2.0), and its two
samples of such files, which are in `tests/interop/files`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

import msgspec

from mamarr.discovery.envelopes import us_of
from mamarr.faults import WireError
from mamarr.geometry import footprints
from mamarr.geometry.altitude import GEOID_HIGHEST_MM, GEOID_LOWEST_MM
from mamarr.geometry.units import m_from_mm, mm_from_ft, mm_from_m
from mamarr.interop.readings import BODY_BYTES_MAX, RECORDS_MAX, Finding, Findings, Record
from mamarr.interop.wire import decoded
from mamarr.operations.volumes import RADIUS_MAX_MM, VOLUMES_MAX, Volume

E7_PER_DEG, E9_PER_E7 = 10**7, 100
LOWEST_MM, HIGHEST_MM = -8_000_000, 100_000_000  # altitudes of F3548-21, API 1.0.0
UNLIMITED = 99_999  # what the Swiss sample of ED-318 writes where a zone has no upper end
DAYS_MAX = 400  # chosen: a year and what comes with it
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
ANY_DAY = "ANY"
NOT_CLOSED = ("NO_RESTRICTION", "USPACE")  # a zone of these kinds closes nothing
AUTHORISATION = {"REQ_AUTHORIZATION": "REQ_AUTHORISATION"}  # ED-318 and ED-269 spell it apart
CLOCK = re.compile(
    r"(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.\d{1,6})?)?"
    r"(?P<zone>Z|[+-](?:0\d|1[0-4]):[0-5]\d)?"
)
CLOCK_FORM = "07:30Z, 07:30:00Z or 07:30+02:00"
ENGLISH = "en"


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """The lowest and the highest ground under all zones of a file, millimetres above the WGS-84 ellipsoid."""

    lowest_mm: int
    highest_mm: int

    def __post_init__(self) -> None:
        if not LOWEST_MM <= self.lowest_mm <= self.highest_mm <= HIGHEST_MM:
            raise ValueError("the lowest ground is above the highest, or beyond -8 km to 100 km")


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """The time for which zones are wanted; a permanent one lasts as long. At most DAYS_MAX days."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a time without a zone")
        if not timedelta() < self.end - self.start <= timedelta(days=DAYS_MAX):
            raise ValueError(f"the time ends before it starts, or is longer than {DAYS_MAX} days")


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """One zone. zone_id: country and identifier, unique in the world. volumes: closed for drones.

    geozone: the same in the words of F3548-21, JSON.
    """

    zone_id: str
    name: str
    volumes: tuple[Volume, ...]
    geozone: msgspec.Raw


class Zones(msgspec.Struct, frozen=True, kw_only=True):
    """All that a file said.

    findings: what is wrong in it, at most `FINDINGS_MAX`; more_count: how many more. left_out: zones that
    close nothing, by their kind, and those that are never in force in the time asked for.
    """

    zones: tuple[Zone, ...]
    findings: tuple[Finding, ...] = ()
    more_count: int = 0
    left_out: tuple[tuple[str, int], ...] = ()


# --- what is in the files ---------------------------------------------------------------------------------


class _Daily(msgspec.Struct, frozen=True, kw_only=True):
    day: list[str] | None = None
    startTime: str | None = None  # noqa: N815  as the files have it
    endTime: str | None = None  # noqa: N815
    startEvent: str | None = None  # noqa: N815
    endEvent: str | None = None  # noqa: N815


class _Period(msgspec.Struct, frozen=True, kw_only=True):
    permanent: Literal["YES", "NO"] = "NO"
    startDateTime: str | None = None  # noqa: N815
    endDateTime: str | None = None  # noqa: N815
    schedule: list[_Daily] | None = None
    dailyPeriod: list[_Daily] | None = None  # noqa: N815  as files of before the standard have it


class _Projection(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"center_deg": "center", "radius_m": "radius", "coordinates_deg": "coordinates"},
):
    type: Literal["Circle", "Polygon"]
    center_deg: list[float] | None = None
    radius_m: float | None = None
    coordinates_deg: list[list[list[float]]] | None = None


class _Part269(msgspec.Struct, frozen=True, kw_only=True):
    uomDimensions: Literal["M", "FT"]  # noqa: N815
    lowerVerticalReference: Literal["AGL", "AMSL", "WGS84"]  # noqa: N815
    upperVerticalReference: Literal["AGL", "AMSL", "WGS84"]  # noqa: N815
    horizontalProjection: _Projection  # noqa: N815
    lowerLimit: Any = None  # noqa: N815
    upperLimit: Any = None  # noqa: N815


class _Zone269(msgspec.Struct, frozen=True, kw_only=True):
    identifier: str
    country: str
    restriction: Literal["PROHIBITED", "REQ_AUTHORISATION", "CONDITIONAL", "NO_RESTRICTION"]
    geometry: list[_Part269]
    name: str | None = None
    type: str = "COMMON"
    restrictionConditions: str | list[str] | None = None  # noqa: N815
    region: int | None = None
    reason: list[str] | None = None
    otherReasonInfo: str | None = None  # noqa: N815
    message: str | None = None
    applicability: list[_Period] | None = None
    zoneAuthority: list[dict[str, Any]] = []  # noqa: N815


class _File269(msgspec.Struct, frozen=True, kw_only=True):
    features: list[msgspec.Raw] | None = None
    UASZoneList: list[msgspec.Raw] | None = None


class _Layer(msgspec.Struct, frozen=True, kw_only=True):
    uom: Literal["m", "ft"]
    lowerReference: Literal["AGL", "AMSL", "WGS84"]  # noqa: N815
    upperReference: Literal["AGL", "AMSL", "WGS84"]  # noqa: N815
    lower: Any = None
    upper: Any = None


class _Extent(msgspec.Struct, frozen=True, kw_only=True, rename={"radius_m": "radius"}):
    radius_m: float
    subType: Literal["Circle"] = "Circle"  # noqa: N815


class _Geometry318(msgspec.Struct, frozen=True, kw_only=True):
    type: Literal["Polygon", "MultiPolygon", "Point", "GeometryCollection"]
    coordinates: list[Any] | None = None
    extent: _Extent | None = None
    layer: _Layer | None = None
    geometries: "list[_Geometry318] | None" = None


class _Properties318(msgspec.Struct, frozen=True, kw_only=True):
    identifier: str
    country: str
    type: Literal["USPACE", "PROHIBITED", "REQ_AUTHORIZATION", "CONDITIONAL", "NO_RESTRICTION"]
    variant: str = "COMMON"
    name: Any = None
    restrictionConditions: Any = None  # noqa: N815
    region: int | None = None
    reason: list[str] | None = None
    otherReasonInfo: Any = None  # noqa: N815
    message: Any = None
    limitedApplicability: list[_Period] | None = None  # noqa: N815
    zoneAuthority: list[dict[str, Any]] = []  # noqa: N815


class _Feature318(msgspec.Struct, frozen=True, kw_only=True):
    properties: _Properties318
    geometry: _Geometry318


class _File318(msgspec.Struct, frozen=True, kw_only=True):
    type: Literal["FeatureCollection"]
    features: list[msgspec.Raw]


# --- what they say in common ------------------------------------------------------------------------------


class _Limit(msgspec.Struct, frozen=True):
    """An altitude over its reference. altitude_mm: None where there is no end."""

    altitude_mm: int | None
    reference: str


class _Part(msgspec.Struct, frozen=True):
    """One volume of a zone. corners_deg: longitude and latitude; of a circle its centre."""

    corners_deg: list[list[float]]
    radius_m: float | None
    lower: _Limit
    upper: _Limit
    at: str


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """A zone of either format."""

    identifier: str
    country: str
    restriction: str
    name: str
    parts: list[_Part]
    periods: list[_Period]
    geozone: dict[str, Any]


def zones(
    body: bytes, *, span: Span, ground: Ground | None = None, undulation_mm: int | None = None
) -> Zones:
    """The zones that a file of ED-269 or ED-318 has, with every wrong one.

    span: for which time. ground: without it, a height above ground is a finding, but for 0 as the lower end,
    which is then as low as anything. undulation_mm: of the geoid there above the WGS-84 ellipsoid; without it
    altitudes above mean sea level are widened by the range of geoids. WireError when the body is neither
    format, or larger than BODY_BYTES_MAX or RECORDS_MAX.
    """
    if len(body) > BODY_BYTES_MAX:
        raise WireError(f"{len(body)} bytes", allowed=f"at most {BODY_BYTES_MAX}")
    given, is_318 = _listed(body.removeprefix(b"\xef\xbb\xbf"))
    if len(given) > RECORDS_MAX:
        raise WireError(f"{len(given)} zones", allowed=f"at most {RECORDS_MAX}")
    findings, left_out = Findings(), Counter[str]()
    found: dict[str, Zone] = {}
    for index, raw in enumerate(given):
        record = Record(findings, index)
        said = _said(raw, record, is_318=is_318)
        if said is None:
            continue
        record.identity = zone_id = f"{said.country}/{said.identifier}"
        if zone_id in found:
            record.wrong("identifier", "is there twice", "country and identifier once in a file")
        elif said.restriction in NOT_CLOSED:
            left_out[said.restriction] += 1
        else:
            volumes = _volumes(said, record, span, ground, undulation_mm)
            if volumes:
                geozone = msgspec.Raw(msgspec.json.encode(said.geozone))
                found[zone_id] = Zone(zone_id=zone_id, name=said.name, volumes=volumes, geozone=geozone)
            elif record.is_sound:
                left_out["not in force"] += 1
    return Zones(
        zones=tuple(found.values()),
        findings=tuple(findings.kept),
        more_count=findings.more_count,
        left_out=tuple(sorted(left_out.items())),
    )


def _listed(body: bytes) -> tuple[list[msgspec.Raw], bool]:
    """The zones of a file as they stand, and whether it is ED-318."""
    kind = decoded(dict[str, msgspec.Raw], body)
    if "type" in kind:
        return decoded(_File318, body).features, True
    file = decoded(_File269, body)
    listed = file.features if file.features is not None else file.UASZoneList
    if listed is None:
        raise WireError(
            "these are no UAS zones", allowed="ED-269 (features or UASZoneList) or ED-318 (FeatureCollection)"
        )
    return listed, False


def _said(raw: msgspec.Raw, record: Record, *, is_318: bool) -> _Said | None:
    try:
        if is_318:
            return _said_318(decoded(_Feature318, bytes(raw)))
        return _said_269(decoded(_Zone269, bytes(raw)))
    except WireError as wrong:
        record.wrong(wrong.at.removeprefix("$."), wrong.what, wrong.allowed, code=wrong.code)
        return None


def _said_269(zone: _Zone269) -> _Said:
    parts = []
    for number, part in enumerate(zone.geometry):
        at, outline, is_ft = f"geometry[{number}]", part.horizontalProjection, part.uomDimensions == "FT"
        lower = _limit(part.lowerLimit, part.lowerVerticalReference, f"{at}.lowerLimit", is_ft=is_ft)
        upper = _limit(part.upperLimit, part.upperVerticalReference, f"{at}.upperLimit", is_ft=is_ft)
        if outline.type == "Circle":
            # In feet or in metres? What was read does not say: metres are more.
            corners, radius_m = [outline.center_deg or []], outline.radius_m or 0.0
        else:
            corners, radius_m = (outline.coordinates_deg or [[]])[0], None
        parts.append(_Part(corners, radius_m, lower, upper, f"{at}.horizontalProjection"))
    conditions = zone.restrictionConditions
    return _Said(
        identifier=zone.identifier,
        country=zone.country,
        restriction=zone.restriction,
        name=zone.name or zone.identifier,
        parts=parts,
        periods=zone.applicability or [],
        geozone=_geozone(
            zone,
            zone.restriction,
            zone.type,
            conditions=[conditions] if isinstance(conditions, str) else conditions,
        ),
    )


def _said_318(feature: _Feature318) -> _Said:
    zone = feature.properties
    restriction = AUTHORISATION.get(zone.type, zone.type)
    conditions = _text(zone.restrictionConditions)
    return _Said(
        identifier=zone.identifier,
        country=zone.country,
        restriction=restriction,
        name=_text(zone.name) or zone.identifier,
        parts=list(_parts_318(feature.geometry, "geometry")),
        periods=zone.limitedApplicability or [],
        geozone=_geozone(
            zone, restriction, zone.variant, conditions=None if conditions is None else [conditions]
        ),
    )


def _parts_318(geometry: _Geometry318, at: str) -> Iterator[_Part]:
    if geometry.type == "GeometryCollection":
        for number, each in enumerate(geometry.geometries or []):
            yield from _parts_318(each, f"{at}.geometries[{number}]")
        return
    layer = geometry.layer
    if layer is None:
        raise WireError("is missing", at=f"$.{at}.layer", code="FIELD_REQUIRED")
    is_ft = layer.uom == "ft"
    lower = _limit(layer.lower, layer.lowerReference, f"{at}.layer.lower", is_ft=is_ft)
    upper = _limit(layer.upper, layer.upperReference, f"{at}.layer.upper", is_ft=is_ft)
    coordinates: list[Any] = geometry.coordinates or []
    if geometry.type == "Point":
        if geometry.extent is None:
            raise WireError("a point has no extent", at=f"$.{at}.extent", code="FIELD_REQUIRED")
        yield _Part([coordinates], geometry.extent.radius_m, lower, upper, at)
        return
    polygons = [coordinates] if geometry.type == "Polygon" else coordinates
    for polygon in polygons:
        ring = polygon[0] if isinstance(polygon, list) and polygon else []
        yield _Part(ring, None, lower, upper, at)


def _limit(said: Any, reference: str, at: str, *, is_ft: bool) -> _Limit:
    """A limit as a file has it: a number, or one in quotation marks; none, or 99999, is no limit."""
    if said is None:
        return _Limit(None, reference)
    try:
        number = float(said) if isinstance(said, int | float | str) else float("nan")
        altitude_mm = mm_from_ft(number) if is_ft else mm_from_m(number)
    except (ValueError, OverflowError):
        raise WireError(f"{str(said)[:20]!r} is no height", at=f"$.{at}", allowed="a number") from None
    return _Limit(None if number >= UNLIMITED else altitude_mm, reference)


def _text(said: Any) -> str | None:
    """A text that may be there in several languages: the English one, else the first."""
    if not isinstance(said, list):
        return said if isinstance(said, str) else None
    texts = [each for each in said if isinstance(each, dict) and isinstance(each.get("text"), str)]
    english = [each for each in texts if str(each.get("lang", "")).startswith(ENGLISH)]
    return next((str(each["text"]) for each in (*english, *texts)), None)


def _geozone(
    zone: _Zone269 | _Properties318, restriction: str, variant: str, *, conditions: list[str] | None
) -> dict[str, Any]:
    """A zone in the words of F3548-21 (`GeoZone` of its API 1.0.0), without what the file does not say."""
    authorities = [
        {
            ours: text
            for theirs, ours in (
                ("name", "name"),
                ("service", "service"),
                ("contactName", "contact_name"),
                ("siteURL", "site_url"),
                ("email", "email"),
                ("phone", "phone"),
                ("purpose", "purpose"),
                ("intervalBefore", "interval_before"),
            )
            if (text := _text(each.get(theirs))) is not None
        }
        for each in zone.zoneAuthority
    ]
    said = {
        "identifier": zone.identifier,
        "country": zone.country,
        "zone_authority": authorities,
        "name": _text(zone.name),
        "type": variant,
        "restriction": restriction,
        "restriction_conditions": conditions,
        "region": zone.region,
        "reason": zone.reason,
        "other_reason_info": _text(zone.otherReasonInfo),
        "message": _text(zone.message),
    }
    return {name: value for name, value in said.items() if value is not None}


# --- where, how high, when --------------------------------------------------------------------------------


def _volumes(
    said: _Said, record: Record, span: Span, ground: Ground | None, undulation_mm: int | None
) -> tuple[Volume, ...]:
    windows = _windows(said.periods, span, record)
    shapes = [_shape(part, record, ground, undulation_mm) for part in said.parts]
    if not said.parts:
        record.wrong("geometry", "there is no volume", "at least one")
    if len(windows) * len(shapes) > VOLUMES_MAX:
        what = f"{len(shapes)} volumes in {len(windows)} windows"
        record.wrong("geometry", what, f"at most {VOLUMES_MAX} together: ask for a shorter time")
    if not record.is_sound:
        return ()
    return tuple(
        Volume(
            corners=corners,
            radius_mm=radius_mm,
            altitude_lower_mm=lower_mm,
            altitude_upper_mm=upper_mm,
            time_start_us=us_of(start),
            time_end_us=us_of(end),
        )
        for start, end in windows
        for corners, radius_mm, lower_mm, upper_mm in filter(None, shapes)
    )


def _shape(
    part: _Part, record: Record, ground: Ground | None, undulation_mm: int | None
) -> tuple[tuple[tuple[int, int], ...], int, int, int] | None:
    lower_mm = _altitude_mm(part.lower, record, part.at, ground, undulation_mm, is_upper=False)
    upper_mm = _altitude_mm(part.upper, record, part.at, ground, undulation_mm, is_upper=True)
    corners = _corners(part, record)
    if lower_mm is None or upper_mm is None or corners is None:
        return None
    if lower_mm > upper_mm:
        record.wrong(part.at, "the lower limit is above the upper one", "the lower one first")
        return None
    radius_mm = 0 if part.radius_m is None else mm_from_m(part.radius_m)
    return tuple((lat * E9_PER_E7, lng * E9_PER_E7) for lat, lng in corners), radius_mm, lower_mm, upper_mm


def _corners(part: _Part, record: Record) -> list[tuple[int, int]] | None:
    """Corners as latitude and longitude in 1e-7 degree, the first not repeated; None when they are wrong."""
    try:
        corners = [(round(each[1] * E7_PER_DEG), round(each[0] * E7_PER_DEG)) for each in part.corners_deg]
        if part.radius_m is not None:
            if not 0 < part.radius_m <= RADIUS_MAX_MM / 1_000:
                raise ValueError(f"the radius is not above 0 and at most {RADIUS_MAX_MM // 1_000} m")
            footprints.checked(footprints.circle(corners[0], mm_from_m(part.radius_m)))
            return corners
        if len(corners) > 1 and corners[0] == corners[-1]:
            corners.pop()
        footprints.checked(footprints.polygon(corners))
    except (IndexError, TypeError, OverflowError):
        record.wrong(part.at, "is no list of positions", "[longitude, latitude] each")
        return None
    except ValueError as wrong:
        record.wrong(part.at, str(wrong), "corners in order, of an outline that does not meet itself")
        return None
    return corners


def _altitude_mm(
    limit: _Limit,
    record: Record,
    at: str,
    ground: Ground | None,
    undulation_mm: int | None,
    *,
    is_upper: bool,
) -> int | None:
    """Millimetres above the WGS-84 ellipsoid, on the safe side; None when it cannot be told."""
    said_mm = limit.altitude_mm
    is_from_ground = not is_upper and limit.reference == "AGL" and not said_mm
    if said_mm is None or is_from_ground:
        return HIGHEST_MM if is_upper else LOWEST_MM
    if limit.reference == "AGL":
        if ground is None:
            height_m = m_from_mm(said_mm)
            what = f"{height_m:g} m above ground"
            record.wrong(at, what, "say how high the lowest and the highest ground is")
            return None
        said_mm += ground.highest_mm if is_upper else ground.lowest_mm
    elif limit.reference == "AMSL":
        widest_mm = GEOID_HIGHEST_MM if is_upper else GEOID_LOWEST_MM
        said_mm += widest_mm if undulation_mm is None else undulation_mm
    return max(LOWEST_MM, min(HIGHEST_MM, said_mm))


Window = tuple[datetime, datetime]


def _windows(periods: list[_Period], span: Span, record: Record) -> list[Window]:
    """When a zone is in force within `span`, in order, none touching the next. No periods: always."""
    found: list[Window] = []
    for number, period in enumerate(periods or [_Period(permanent="YES")]):
        try:
            start, end = _moment(period.startDateTime, span.start), _moment(period.endDateTime, span.end)
            if period.permanent == "YES":
                start, end = span.start, span.end
            start, end = max(start, span.start), min(end, span.end)
            daily = [each for each in (period.schedule or period.dailyPeriod or []) if _says(each)]
            found += _daily(daily, start, end) if daily else [(start, end)]
        except ValueError as wrong:
            record.wrong(f"applicability[{number}]", str(wrong), f"RFC 3339 with a zone; {CLOCK_FORM}")
    return _joined([each for each in found if each[0] < each[1]])


def _says(daily: _Daily) -> bool:
    return any((daily.day, daily.startTime, daily.endTime, daily.startEvent, daily.endEvent))


def _daily(schedule: list[_Daily], start: datetime, end: datetime) -> list[Window]:
    """The hours of a schedule from `start` to `end`. Where the sun says when, the day and those beside it."""
    found = []
    first = start.date() - timedelta(days=2)
    for each in schedule:
        named = each.day or [ANY_DAY]
        for name in named:
            if name not in (*DAYS, ANY_DAY):
                raise ValueError(f"{name[:20]!r} is no day: {', '.join((*DAYS, ANY_DAY))}")
        opens, closes = _clock(each.startTime, time(0, tzinfo=UTC)), _clock(each.endTime, time(0, tzinfo=UTC))
        by_sun = each.startEvent is not None or each.endEvent is not None
        for number in range((end.date() - first).days + 2):
            day = first + timedelta(days=number)
            if ANY_DAY not in named and DAYS[day.weekday()] not in named:
                continue
            from_, to = datetime.combine(day, opens), datetime.combine(day, closes)
            if to <= from_:  # over midnight; equal: the whole day
                to += timedelta(days=1)
            if by_sun:
                from_ = datetime.combine(day, time(12, tzinfo=UTC)) - timedelta(days=1)
                to = from_ + timedelta(days=2)
            found.append((max(from_, start), min(to, end)))
    return found


def _clock(said: str | None, default: time) -> time:
    if said is None:
        return default
    found = CLOCK.fullmatch(said)
    if found is None:
        raise ValueError(f"{said[:20]!r} is no time of day")
    zone = found["zone"] or "Z"
    return time.fromisoformat(f"{found['hour']}:{found['minute']}:{found['second'] or '00'}{zone}")


def _moment(said: str | None, default: datetime) -> datetime:
    if said is None:
        return default
    moment = datetime.fromisoformat(said)
    if moment.tzinfo is None:
        raise ValueError(f"{said[:40]!r} has no zone")
    return moment


def _joined(windows: list[Window]) -> list[Window]:
    joined: list[Window] = []
    for start, end in sorted(windows):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
