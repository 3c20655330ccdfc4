"""Values of every kind of airspace, drawn by Hypothesis: every one that a checked file can hold."""

from hypothesis import strategies as st

from mamarr.airspace.areas import Area, AreaKind
from mamarr.airspace.constraints import Constraint, SpecialHandling
from mamarr.airspace.corridors import (
    HALF_WIDTH_MAX_MM,
    Corridor,
    CorridorPoint,
    Direction,
    NavigationSpecification,
)
from mamarr.airspace.parties import Centre, Frequency, Party
from mamarr.airspace.shares import Share
from mamarr.airspace.windows import Window
from mamarr.geometry import Datum, Footprint, Volume, footprints
from mamarr.geometry.altitude import ALTITUDE_HIGHEST_MM, ALTITUDE_LOWEST_MM
from mamarr.geometry.volumes import TIME_LAST_MS
from mamarr.names import FREE_TEXT, OBJECT_ID, PARTY_ID

object_ids = st.from_regex(OBJECT_ID, fullmatch=True).filter(lambda text: text.isascii())
party_ids = st.from_regex(PARTY_ID, fullmatch=True)
texts = st.none() | st.text(min_size=1, max_size=200).filter(
    lambda text: FREE_TEXT.fullmatch(text) is not None
)
points = st.tuples(st.integers(-900_000_000, 900_000_000), st.integers(-1_800_000_000, 1_800_000_000))
datums = st.sampled_from(Datum)


@st.composite
def limits(draw: st.DrawFn, *, least: int = 1) -> tuple[int, int]:
    """Two levels in millimetres, often whole ones, often the ends of all volumes."""
    level = (
        st.integers(ALTITUDE_LOWEST_MM, ALTITUDE_HIGHEST_MM)
        | st.integers(0, 999).map(lambda number: number * 30_480)
        | st.integers(0, 9_999).map(lambda number: number * 10_000)
        | st.sampled_from([ALTITUDE_LOWEST_MM, ALTITUDE_HIGHEST_MM])
    )
    lower, upper = sorted((draw(level), draw(level)))
    return (lower, upper) if upper - lower >= least else (ALTITUDE_LOWEST_MM, ALTITUDE_HIGHEST_MM)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start, end = sorted(draw(st.lists(st.integers(0, TIME_LAST_MS), min_size=2, max_size=2, unique=True)))
    return Window(time_start_ms=start, time_end_ms=end)


@st.composite
def polygons(draw: st.DrawFn) -> Footprint:
    """A quadrangle, either way round, anywhere, the antimeridian too."""
    south = draw(st.integers(-890_000_000, 880_000_000))
    west = draw(st.integers(-1_800_000_000, 1_800_000_000))
    high, wide = draw(st.integers(1_000, 10_000_000)), draw(st.integers(100_000, 10_000_000))
    east = west + wide if west + wide <= 1_800_000_000 else west + wide - 3_600_000_000
    corners = [
        (south, west),
        (south, east),
        (south + high, east),
        (south + high + draw(st.integers(0, 99)), west),
    ]
    return footprints.polygon(corners if draw(st.booleans()) else corners[::-1])


@st.composite
def prints(draw: st.DrawFn) -> Footprint:
    """A footprint of any shape and width."""
    width = draw(st.integers(1_000, 1_000_000_000) | st.integers(1, 500).map(lambda tenths: tenths * 185_200))
    match draw(st.sampled_from(["circle", "path", "polygon", "widened"])):
        case "circle":
            return footprints.circle(draw(points), width)
        case "path":
            return footprints.path(footprints.points(draw(polygons())), width)
        case "polygon":
            return draw(polygons())
        case _:
            return footprints.widened(draw(polygons()), width)


@st.composite
def areas(draw: st.DrawFn) -> Area:
    lower, upper = draw(limits())
    return Area(
        area_id=draw(object_ids),
        kind=draw(st.sampled_from(AreaKind)),
        footprint=draw(prints()),
        datum=draw(datums),
        lower_mm=lower,
        upper_mm=upper,
        name=draw(texts),
    )


@st.composite
def shares(draw: st.DrawFn) -> Share:
    lower, upper = draw(limits())
    return Share(
        share_id=draw(object_ids),
        authority=draw(party_ids),
        footprint=draw(polygons()),
        datum=draw(datums),
        lower_mm=lower,
        upper_mm=upper,
        windows=tuple(draw(st.lists(windows(), max_size=3))),
    )


frequencies = st.lists(
    st.builds(Frequency, channel_khz=st.integers(2_000, 400_000), use=texts), max_size=3
).map(tuple)


@st.composite
def corridors(draw: st.DrawFn) -> Corridor:
    lower, upper = draw(limits())
    line = draw(st.lists(points, min_size=2, max_size=6, unique=True))
    width = st.integers(1_000, HALF_WIDTH_MAX_MM) | st.integers(1, 1_000).map(lambda tenths: tenths * 185_200)
    return Corridor(
        corridor_id=draw(object_ids),
        points=tuple(
            CorridorPoint(
                latitude_e7deg=latitude, longitude_e7deg=longitude, designator=draw(st.none() | object_ids)
            )
            for latitude, longitude in line
        ),
        half_width_mm=draw(width),
        navigation_specification=draw(st.sampled_from(NavigationSpecification)),
        datum=draw(datums),
        lower_mm=lower,
        upper_mm=upper,
        name=draw(texts),
        direction=draw(st.sampled_from(Direction)),
        windows=tuple(draw(st.lists(windows(), max_size=3))),
        longitudinal_minimum_ms=draw(st.integers(0, 7_200_000)),
        lateral_minimum_mm=draw(st.just(0) | width),
        vertical_minimum_mm=draw(st.integers(0, 3_048_000)),
        frequencies=draw(frequencies),
    )


@st.composite
def constraints(draw: st.DrawFn) -> Constraint:
    volumes = []
    for _ in range(draw(st.integers(1, 4))):
        lower, upper = draw(limits(least=0))
        window = draw(windows())
        volumes.append(
            Volume(
                footprint=draw(prints()),
                datum=draw(datums),
                lower_mm=lower,
                upper_mm=upper,
                time_start_ms=window.time_start_ms,
                time_end_ms=window.time_end_ms,
            )
        )
    return Constraint(
        constraint_id=draw(object_ids),
        volumes=tuple(volumes),
        name=draw(texts),
        exempt_parties=tuple(draw(st.lists(party_ids, max_size=3))),
        exempt_handling=tuple(draw(st.lists(st.sampled_from(SpecialHandling), max_size=3))),
    )


centres = st.builds(Centre, centre_id=object_ids, name=texts, frequencies=frequencies)
parties = st.builds(
    Party,
    party_id=party_ids,
    name=texts,
    is_authority=st.booleans(),
    centres=st.lists(centres, max_size=3, unique_by=lambda centre: centre.centre_id).map(tuple),
    serving_centre=st.none() | object_ids,
)


def _kind_and_id(value: object) -> tuple[str, str]:
    return type(value).__name__, next(iter(getattr(value, name) for name in value.__struct_fields__))


collections = st.lists(
    areas() | shares() | corridors() | constraints() | parties, max_size=5, unique_by=_kind_and_id
)
