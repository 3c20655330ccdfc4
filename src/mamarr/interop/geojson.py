"""Airspace as GeoJSON (RFC 7946): a FeatureCollection to values and back.

Each feature says its kind in `properties.kind`: corridor, share, area, constraint or party. The unit is the
last word of a property's name; both those of aviation and SI are read. What the edges of a polygon are, and
where longitude and latitude change places, is in `shapes`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from mamarr.airspace.areas import Area, AreaKind
from mamarr.airspace.constraints import Constraint, SpecialHandling
from mamarr.airspace.corridors import Corridor, CorridorPoint, Direction, NavigationSpecification
from mamarr.airspace.parties import Centre, Frequency, Party
from mamarr.airspace.shares import Share
from mamarr.airspace.windows import Window
from mamarr.faults import WireError
from mamarr.geometry import Footprint, Volume
from mamarr.geometry import Shape as FootprintShape
from mamarr.geometry.altitude import Band
from mamarr.geometry.units import (
    MM_PER_NM,
    epoch_ms,
    m_from_mm,
    mm_from_ft,
    mm_from_m,
    mm_from_nm,
    moment_from_ms,
    ms_from_s,
    nm_from_mm,
    s_from_ms,
)
from mamarr.interop import fields, levels, shapes
from mamarr.interop.forms import FREE_TEXT_FORM, OBJECT_ID_FORM, PARTY_ID_FORM
from mamarr.interop.levels import LevelProperties
from mamarr.interop.readings import (
    BODY_BYTES_MAX,
    RECORDS_MAX,
    Findings,
    Imported,
    Reading,
    Record,
    Value,
)
from mamarr.interop.shapes import Shape
from mamarr.interop.wire import built, decoded
from mamarr.names import FREE_TEXT, OBJECT_ID, PARTY_ID

T = TypeVar("T")

WGS84_NAME = "urn:ogc:def:crs:OGC:1.3:CRS84"  # longitude and latitude on WGS-84: RFC 7946, section 4

# --- what a feature says ----------------------------------------------------------------------------------

ObjectId = Annotated[
    str,
    msgspec.Meta(
        description=OBJECT_ID_FORM,
        extra={"form": OBJECT_ID},
    ),
]
PartyId = Annotated[
    str,
    msgspec.Meta(description=PARTY_ID_FORM, extra={"form": PARTY_ID}),
]
Name = Annotated[
    str,
    msgspec.Meta(
        description=FREE_TEXT_FORM,
        extra={"form": FREE_TEXT},
    ),
]
Moment = Annotated[
    datetime, msgspec.Meta(tz=True, description="RFC 3339 with a zone, such as 2026-05-01T06:00:00Z")
]
MomentPair = Annotated[
    tuple[Moment, Moment],
    msgspec.Meta(description='["2026-05-01T06:00:00Z", "2026-05-01T18:00:00Z"], each with a zone'),
]
Part = Annotated[int, msgspec.Meta(ge=1, le=100, description="1 to 100")]


class FrequencyProperties(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A radio channel. channel_khz: whole kilohertz, 118500 for 118.500 MHz. use: what for."""

    channel_khz: int
    use: Name | None = None


class CentreProperties(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A control unit of a party: its id, name and frequencies."""

    id: ObjectId
    name: Name | None = None
    frequencies: tuple[FrequencyProperties, ...] = ()


class CorridorProperties(LevelProperties, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A corridor, on a LineString of 2 to 200 points.

    half_width_nm or half_width_m: to either side of the line, one of them. navigation_specification: such as
    RNAV_5 or RNP_0_3. direction: BOTH, or FORWARD or BACKWARD along the line. windows: [start, end] each;
    none means always. longitudinal_minimum_s, lateral_minimum_nm or _m, vertical_minimum_ft or _m: what is
    asked beyond the terms. designators: one for each point of the line, null where it has none.
    """

    id: ObjectId
    navigation_specification: NavigationSpecification
    name: Name | None = None
    half_width_nm: float | None = None
    half_width_m: float | None = None
    direction: Direction = Direction.BOTH
    windows: tuple[MomentPair, ...] = ()
    longitudinal_minimum_s: float = 0.0
    lateral_minimum_nm: float | None = None
    lateral_minimum_m: float | None = None
    vertical_minimum_ft: float | None = None
    vertical_minimum_m: float | None = None
    frequencies: tuple[FrequencyProperties, ...] = ()
    designators: tuple[ObjectId | None, ...] | None = None


class ShareProperties(LevelProperties, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A share, on a Polygon. authority: id of the party that decides. windows: as of a corridor."""

    id: ObjectId
    authority: PartyId
    windows: tuple[MomentPair, ...] = ()


class _Placed(LevelProperties, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Widths of a footprint.

    radius_nm or radius_m: of the circle about a Point; by how much a Polygon is widened (none: not at all).
    half_width_nm or half_width_m: to either side of a LineString.
    """

    radius_nm: float | None = None
    radius_m: float | None = None
    half_width_nm: float | None = None
    half_width_m: float | None = None


class AreaProperties(_Placed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An area, on a Polygon, on a Point with a radius or on a LineString with a half width.

    kind_of_area: TSA, TRA, CBA, D, R, P, CTR, TMA or OTHER.
    """

    id: ObjectId
    kind_of_area: AreaKind
    name: Name | None = None


class ConstraintProperties(_Placed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A constraint, on the geometries of an area or on a MultiPolygon.

    Each polygon in each window is one volume. windows: at least one. exempt_parties, exempt_handling: whom it
    does not bind. part, parts: a constraint whose volumes differ in place, levels or time is several features
    of one id, each saying which part of how many it is; name and exemptions are the same in all.
    """

    id: ObjectId
    windows: tuple[MomentPair, ...]
    name: Name | None = None
    exempt_parties: tuple[PartyId, ...] = ()
    exempt_handling: tuple[SpecialHandling, ...] = ()
    part: Part = 1
    parts: Part = 1


class PartyProperties(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A party; its geometry is null. serving_centre: the centre that serves its flights."""

    id: PartyId
    name: Name | None = None
    is_authority: bool = False
    centres: tuple[CentreProperties, ...] = ()
    serving_centre: ObjectId | None = None


class _Collection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """RFC 7946 3.3. `name`, `crs` and `bbox` are what programs write beside it; bbox is not looked at."""

    type: Literal["FeatureCollection"]
    features: list[msgspec.Raw]
    name: str | None = None
    crs: Any = None
    bbox: Any = None


class _Feature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """RFC 7946 3.2. id: taken for properties.id, if that is not there."""

    type: Literal["Feature"]
    geometry: msgspec.Raw
    properties: dict[str, msgspec.Raw]
    id: str | int | None = None
    bbox: Any = None


class _Kind(msgspec.Struct, frozen=True):
    properties: type[msgspec.Struct]
    geometries: tuple[str, ...]


_AREAL = ("Polygon", "Point", "LineString")
_KINDS = {
    "corridor": _Kind(CorridorProperties, ("LineString",)),
    "share": _Kind(ShareProperties, ("Polygon",)),
    "area": _Kind(AreaProperties, _AREAL),
    "constraint": _Kind(ConstraintProperties, (*_AREAL, "MultiPolygon")),
    "party": _Kind(PartyProperties, ()),
}


# --- a file to values -------------------------------------------------------------------------------------


def features(body: bytes) -> Reading:
    """The airspace that a FeatureCollection holds, with every wrong feature and property.

    Ids are unique within a kind, save for the parts of a constraint. WireError when the body is no
    FeatureCollection, or is larger than BODY_BYTES_MAX or RECORDS_MAX. Cost: that of `footprints.checked` for
    each polygon, else linear.
    """
    if len(body) > BODY_BYTES_MAX:
        raise WireError(f"{len(body)} bytes", allowed=f"at most {BODY_BYTES_MAX}")
    collection = decoded(_Collection, body)
    if len(collection.features) > RECORDS_MAX:
        raise WireError(
            f"{len(collection.features)} features", at="$.features", allowed=f"at most {RECORDS_MAX}"
        )
    if collection.crs is not None and collection.crs != {"type": "name", "properties": {"name": WGS84_NAME}}:
        raise WireError("another coordinate reference system", at="$.crs", allowed=f"none, or {WGS84_NAME}")
    findings = Findings()
    seen: dict[tuple[str, str], int] = {}
    imported: list[Imported] = []
    parts: dict[str, _Parts] = {}
    for index, raw in enumerate(collection.features):
        record = Record(findings, index)
        found = _feature(raw, record, seen)
        if isinstance(found, _PartOf):
            parts.setdefault(found.constraint.constraint_id, {})[found.part] = (found, record)
        elif found is not None:
            imported.append(Imported(value=found, at=_place(record)))
    imported += _joined(parts)
    return Reading(imported=tuple(imported), findings=tuple(findings.kept), more_count=findings.more_count)


def _place(record: Record) -> str:
    return f'features[{record.index}] "{record.identity}"'


class _PartOf(msgspec.Struct, frozen=True):
    """A constraint as far as one feature says it."""

    constraint: Constraint
    part: int
    parts: int


_Parts = dict[int, tuple[_PartOf, Record]]


def _feature(raw: msgspec.Raw, record: Record, seen: dict[tuple[str, str], int]) -> Value | _PartOf | None:
    try:
        feature = decoded(_Feature, raw)
    except WireError as wrong:
        at = wrong.at.removeprefix("$").removeprefix(".")
        record.wrong(at, wrong.what, wrong.allowed, code=wrong.code)
        return None
    given = dict(feature.properties)
    if isinstance(feature.id, str):
        given.setdefault("id", msgspec.Raw(msgspec.json.encode(feature.id)))
    name = given.pop("kind", msgspec.Raw(b"null"))
    identity = _text(given.get("id"))
    record.identity = identity
    if isinstance(feature.id, str) and feature.id != identity:
        record.wrong("id", "is not the same as properties.id", "one of them, or the same in both")
    kind = _KINDS.get(_text(name) or "")
    if kind is None:
        record.wrong("properties.kind", "is missing or not known", ", ".join(_KINDS))
        return None
    said = fields.read(kind.properties, given, "properties", record)
    shape = shapes.shape(feature.geometry, kind.geometries, record)
    if identity is not None:
        part = said.part if isinstance(said, ConstraintProperties) and said.parts > 1 else 0
        first = seen.setdefault((f"{kind.properties.__name__} {part}", identity), record.index)
        if first != record.index:
            record.wrong("properties.id", f"is that of features[{first}] too", "each id once in a file")
    if said is None:
        _look_at_levels(given, kind.properties, record)
        return None
    return _value(said, shape, record)


def _look_at_levels(given: Mapping[str, msgspec.Raw], kind: type[msgspec.Struct], record: Record) -> None:
    """Say what is wrong with the levels too, when another property broke the whole."""
    if issubclass(kind, LevelProperties):
        names = LevelProperties.__struct_fields__
        told_already = Record(Findings(), record.index)
        said = fields.read(LevelProperties, {n: given[n] for n in names if n in given}, "", told_already)
        if said is not None:
            levels.band(said, record)


def _text(raw: msgspec.Raw | None) -> str | None:
    try:
        return None if raw is None else decoded(str, raw)
    except WireError:  # reported where the property is read
        return None


def _value(said: msgspec.Struct, shape: Shape | None, record: Record) -> Value | _PartOf | None:
    made: Value | _PartOf | None
    try:
        match said:
            case PartyProperties():
                made = _party(said, record)
            case CorridorProperties():
                made = _corridor(said, shape, record)
            case ShareProperties():
                made = _share(said, shape, record)
            case AreaProperties():
                made = _area(said, shape, record)
            case ConstraintProperties():
                made = _constraint(said, shape, record)
            case _:
                made = None
    except WireError as wrong:
        record.wrong(wrong.at, wrong.what)
        return None
    return made if record.is_sound else None


def _party(said: PartyProperties, record: Record) -> Party:
    centres = []
    for index, each in enumerate(said.centres):
        frequencies = _frequencies(each.frequencies, f"properties.centres[{index}].frequencies", record)
        try:
            centres.append(Centre(centre_id=each.id, name=each.name, frequencies=frequencies))
        except ValueError as wrong:
            record.wrong(f"properties.centres[{index}]", str(wrong))
    return built(
        "properties",
        lambda: Party(
            party_id=said.id,
            name=said.name,
            is_authority=said.is_authority,
            centres=tuple(centres),
            serving_centre=said.serving_centre,
        ),
    )


def _corridor(said: CorridorProperties, shape: Shape | None, record: Record) -> Corridor | None:
    band = levels.band(said, record)
    half_width_mm = _length(said, "half_width", record)
    lateral_mm = _length(said, "lateral_minimum", record, default_mm=0)
    vertical_mm = _length(said, "vertical_minimum", record, default_mm=0)
    longitudinal_ms = built(
        "properties.longitudinal_minimum_s", lambda: ms_from_s(said.longitudinal_minimum_s)
    )
    for name, least in (
        ("lateral_minimum", lateral_mm),
        ("vertical_minimum", vertical_mm),
        ("longitudinal_minimum_s", longitudinal_ms),
    ):
        if least is not None and least < 0:
            record.wrong(f"properties.{name}", "is below 0", "0 or more")
    windows = _windows(said.windows, record)
    frequencies = _frequencies(said.frequencies, "properties.frequencies", record)
    points = shape.lines[0] if shape is not None else []
    designators = said.designators if said.designators is not None else (None,) * len(points)
    if shape is not None and len(designators) != len(points):
        what = f"{len(designators)} for {len(points)} points"
        record.wrong("properties.designators", what, "one for each point, null where it has none")
    if shape is None or band is None or half_width_mm is None or not record.is_sound:
        return None
    return built(
        "properties",
        lambda: Corridor(
            corridor_id=said.id,
            points=tuple(
                CorridorPoint(latitude_e7deg=latitude, longitude_e7deg=longitude, designator=designator)
                for (latitude, longitude), designator in zip(points, designators, strict=True)
            ),
            half_width_mm=half_width_mm,
            navigation_specification=said.navigation_specification,
            datum=band.datum,
            lower_mm=band.lower_mm,
            upper_mm=band.upper_mm,
            name=said.name,
            direction=said.direction,
            windows=windows,
            longitudinal_minimum_ms=longitudinal_ms,
            lateral_minimum_mm=lateral_mm or 0,
            vertical_minimum_mm=vertical_mm or 0,
            frequencies=frequencies,
        ),
    )


def _share(said: ShareProperties, shape: Shape | None, record: Record) -> Share | None:
    band = levels.band(said, record)
    windows = _windows(said.windows, record)
    if shape is None or band is None:
        return None
    footprint = shapes.footprint_of(shape.lines[0], shape.name, 0)
    return built(
        "properties",
        lambda: Share(
            share_id=said.id,
            authority=said.authority,
            footprint=footprint,
            datum=band.datum,
            lower_mm=band.lower_mm,
            upper_mm=band.upper_mm,
            windows=windows,
        ),
    )


def _area(said: AreaProperties, shape: Shape | None, record: Record) -> Area | None:
    band = levels.band(said, record)
    found = _footprints(said, shape, record)
    if band is None or not found:
        return None
    return built(
        "properties",
        lambda: Area(
            area_id=said.id,
            kind=said.kind_of_area,
            footprint=found[0],
            datum=band.datum,
            lower_mm=band.lower_mm,
            upper_mm=band.upper_mm,
            name=said.name,
        ),
    )


def _constraint(
    said: ConstraintProperties, shape: Shape | None, record: Record
) -> Constraint | _PartOf | None:
    band = levels.band(said, record)
    windows = _windows(said.windows, record)
    if not said.windows:
        record.wrong("properties.windows", "a constraint has a time", "at least one [start, end]")
    if said.part > said.parts:
        record.wrong("properties.part", f"part {said.part} of {said.parts}", "1 to parts")
    found = _footprints(said, shape, record)
    if band is None or not record.is_sound:
        return None
    made = built(
        "properties",
        lambda: Constraint(
            constraint_id=said.id,
            volumes=tuple(_volume(each, band, window) for each in found for window in windows),
            name=said.name,
            exempt_parties=said.exempt_parties,
            exempt_handling=said.exempt_handling,
        ),
    )
    return made if said.parts == 1 else _PartOf(made, said.part, said.parts)


def _volume(footprint: Footprint, band: Band, window: Window) -> Volume:
    return Volume(
        footprint=footprint,
        datum=band.datum,
        lower_mm=band.lower_mm,
        upper_mm=band.upper_mm,
        time_start_ms=window.time_start_ms,
        time_end_ms=window.time_end_ms,
    )


def _joined(parts: Mapping[str, _Parts]) -> list[Imported]:
    """The constraints that several features say, in the order of their first features."""
    joined = []
    for found in parts.values():
        first, record = next(iter(found.values()))
        same = msgspec.structs.replace(first.constraint, volumes=first.constraint.volumes[:1])
        for other, its_record in found.values():
            if other.parts != first.parts:
                its_record.wrong(
                    "properties.parts", f"{other.parts}, and {first.parts} before", "the same in all"
                )
            elif same != msgspec.structs.replace(other.constraint, volumes=same.volumes):
                its_record.wrong(
                    "properties", "name or exemptions are not those of the parts before", "the same"
                )
        missing = [str(part) for part in range(1, first.parts + 1) if part not in found]
        if missing:
            record.wrong(
                "properties.parts", f"there is no part {', '.join(missing)}", "all parts in one file"
            )
        if not all(each.is_sound for _, each in found.values()):
            continue
        volumes = tuple(volume for part in sorted(found) for volume in found[part][0].constraint.volumes)
        try:
            whole = built("properties", lambda: msgspec.structs.replace(same, volumes=volumes))  # noqa: B023  called at once
        except WireError as wrong:
            record.wrong(wrong.at, wrong.what)
            continue
        joined.append(Imported(value=whole, at=_place(record)))
    return joined


def _windows(said: tuple[tuple[datetime, datetime], ...], record: Record) -> tuple[Window, ...]:
    windows = []
    for index, (start, end) in enumerate(said):
        try:
            windows.append(
                built("", lambda: Window(time_start_ms=epoch_ms(start), time_end_ms=epoch_ms(end)))  # noqa: B023
            )
        except WireError as wrong:
            record.wrong(f"properties.windows[{index}]", wrong.what, "start before end, within 1970 to 2099")
    return tuple(windows)


def _frequencies(said: tuple[FrequencyProperties, ...], at: str, record: Record) -> tuple[Frequency, ...]:
    frequencies = []
    for index, each in enumerate(said):
        try:
            frequencies.append(Frequency(channel_khz=each.channel_khz, use=each.use))
        except ValueError as wrong:
            record.wrong(f"{at}[{index}]", str(wrong))
    return tuple(frequencies)


_UNITS = {"nm": mm_from_nm, "m": mm_from_m, "ft": mm_from_ft}


def _length(said: msgspec.Struct, name: str, record: Record, *, default_mm: int | None = None) -> int | None:
    """The millimetres that `name` says in one unit or another; for none, `default_mm` or a finding."""
    given = {
        unit: getattr(said, f"{name}_{unit}")
        for unit in _UNITS
        if getattr(said, f"{name}_{unit}", None) is not None
    }
    names = " or ".join(f"{name}_{unit}" for unit in _UNITS if hasattr(said, f"{name}_{unit}"))
    if not given and default_mm is not None:
        return default_mm
    if len(given) != 1:
        record.wrong(f"properties.{name}", "is missing" if not given else "is said twice", names)
        return None
    ((unit, number),) = given.items()
    try:
        return _UNITS[unit](number)
    except ValueError as wrong:
        record.wrong(f"properties.{name}_{unit}", str(wrong), names)
        return None


def _footprints(said: _Placed, shape: Shape | None, record: Record) -> list[Footprint]:
    """The footprints of a geometry with the width its type needs, and no other; none when one is wrong."""
    if shape is None:
        return []
    name, other = ("half_width", "radius") if shape.name == "LineString" else ("radius", "half_width")
    if any(getattr(said, f"{other}_{unit}") is not None for unit in ("nm", "m")):
        record.wrong(f"properties.{other}", f"a {shape.name} has none", f"{name}_nm or {name}_m")
    width_mm = _length(said, name, record, default_mm=0 if shape.name.endswith("Polygon") else None)
    if width_mm is None:
        return []
    try:
        return [shapes.footprint_of(points, shape.name, width_mm) for points in shape.lines]
    except ValueError as wrong:
        record.wrong(f"properties.{name}", str(wrong))
        return []


# --- values to a file -------------------------------------------------------------------------------------


def collection(values: Iterable[Value]) -> bytes:
    """The FeatureCollection that says `values`, one feature a line; `features` reads the same values from it.

    Exact: degrees have seven decimals, metres three, and a level is written as filed only where it is a whole
    one. A constraint of several volumes is as many features. A ring has its corners in the value's order,
    which may be clockwise: RFC 7946 3.1.6 would have it turned round, which would be another value.
    """
    lines = [msgspec.json.encode(feature) for value in values for feature in _features(value)]
    return b'{"type":"FeatureCollection","features":[\n' + b",\n".join(lines) + b"\n]}\n"


def _features(value: Value) -> list[dict[str, object]]:
    match value:
        case Party():
            return [_written("party", value.party_id, value.name, None, _party_said(value))]
        case Corridor():
            points = [(point.latitude_e7deg, point.longitude_e7deg) for point in value.points]
            geometry: dict[str, object] = {"type": "LineString", "coordinates": shapes.line(points)}
            return [_written("corridor", value.corridor_id, value.name, geometry, _corridor_said(value))]
        case Share():
            said = {
                "authority": value.authority,
                **levels.properties(value.datum, value.lower_mm, value.upper_mm),
                **_times_said(value.windows),
            }
            return [_written("share", value.share_id, None, shapes.drawn(value.footprint), said)]
        case Area():
            limits = levels.properties(value.datum, value.lower_mm, value.upper_mm)
            said = {"kind_of_area": value.kind, **limits, **_width_said(value.footprint)}
            return [_written("area", value.area_id, value.name, shapes.drawn(value.footprint), said)]
        case Constraint():
            return [_constraint_said(value, part) for part in range(len(value.volumes))]


def _written(
    kind: str, identity: str, name: str | None, geometry: dict[str, object] | None, said: dict[str, object]
) -> dict[str, object]:
    named = {} if name is None else {"name": name}
    properties = {"kind": kind, "id": identity, **named, **said}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _party_said(value: Party) -> dict[str, object]:
    said: dict[str, object] = {"is_authority": value.is_authority}
    if value.centres:
        said["centres"] = [
            {"id": centre.centre_id}
            | ({} if centre.name is None else {"name": centre.name})
            | ({"frequencies": centre.frequencies} if centre.frequencies else {})
            for centre in value.centres
        ]
    if value.serving_centre is not None:
        said["serving_centre"] = value.serving_centre
    return said


def _corridor_said(value: Corridor) -> dict[str, object]:
    said: dict[str, object] = {
        **_length_said("half_width", value.half_width_mm),
        "navigation_specification": value.navigation_specification,
        "direction": value.direction,
        **levels.properties(value.datum, value.lower_mm, value.upper_mm),
        **_times_said(value.windows),
    }
    if value.longitudinal_minimum_ms:
        said["longitudinal_minimum_s"] = s_from_ms(value.longitudinal_minimum_ms)
    if value.lateral_minimum_mm:
        said |= _length_said("lateral_minimum", value.lateral_minimum_mm)
    if value.vertical_minimum_mm:
        said["vertical_minimum_m"] = m_from_mm(value.vertical_minimum_mm)
    if value.frequencies:
        said["frequencies"] = value.frequencies
    designators = [point.designator for point in value.points]
    return said | ({"designators": designators} if any(designators) else {})


def _constraint_said(value: Constraint, part: int) -> dict[str, object]:
    volume = value.volumes[part]
    said: dict[str, object] = {
        **levels.properties(volume.datum, volume.lower_mm, volume.upper_mm),
        **_width_said(volume.footprint),
        **_times_said((Window(time_start_ms=volume.time_start_ms, time_end_ms=volume.time_end_ms),)),
    }
    if value.exempt_parties:
        said["exempt_parties"] = value.exempt_parties
    if value.exempt_handling:
        said["exempt_handling"] = value.exempt_handling
    if len(value.volumes) > 1:
        said |= {"part": part + 1, "parts": len(value.volumes)}
    return _written("constraint", value.constraint_id, value.name, shapes.drawn(volume.footprint), said)


def _width_said(footprint: Footprint) -> dict[str, object]:
    if footprint.shape is FootprintShape.POLYGON and not footprint.radius_mm:
        return {}
    name = "half_width" if footprint.shape is FootprintShape.PATH else "radius"
    return _length_said(name, footprint.radius_mm)


def _length_said(name: str, length_mm: int) -> dict[str, object]:
    """In nautical miles when it is a whole tenth of one, else in metres."""
    if length_mm % (MM_PER_NM // 10) == 0:
        return {f"{name}_nm": nm_from_mm(length_mm)}
    return {f"{name}_m": m_from_mm(length_mm)}


def _times_said(windows: tuple[Window, ...]) -> dict[str, object]:
    if not windows:
        return {}
    return {
        "windows": [
            [moment_from_ms(window.time_start_ms), moment_from_ms(window.time_end_ms)] for window in windows
        ]
    }
