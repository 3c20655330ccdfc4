"""Messages about regions and movements: in to values, out again, and every error says where."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.airspace.movements import Movement
from mamarr.airspace.reservations import Reserve
from mamarr.faults import WireError
from mamarr.geometry import Datum, Volume, footprints
from mamarr.interop import api, regions
from mamarr.interop.wire import decoded

NOON, TWO = "2026-11-22T12:00:00Z", "2026-11-22T14:00:00Z"
NOON_MS, TWO_MS = 1_795_348_800_000, 1_795_356_000_000
CORNERS = [(33.0, 32.0), (33.0, 33.0), (34.0, 32.5), (33.5, 32.4)]


def point(latitude_deg: float, longitude_deg: float) -> dict[str, float]:
    return {"latitude_deg": latitude_deg, "longitude_deg": longitude_deg}


POLYGON = {"polygon": [point(*corner) for corner in CORNERS]}
CIRCLE = {"circle": {**point(33.0, 32.0), "radius_m": 9260.0}}
PATH = {"path": {"points": [point(33.0, 32.0), point(33.0, 32.1)], "half_width_m": 5000.0}}
LEVELS = {"level_lower": "F100", "level_upper": "F330"}
ALTITUDES = {"altitude_lower_m": 3000, "altitude_upper_m": 6000}
TIMES = {"time_start": NOON, "time_end": TWO}
MOVEMENT = {
    "points": [{**point(33.0, 32.0), "time": NOON}, {**point(33.0, 32.5), "time": TWO}],
    "radius_m": 9260.0,
    **ALTITUDES,
}


def asked(body: dict[str, object]) -> Reserve:
    return api.reserve("R1", decoded(api.ReserveMessage, json.dumps(body).encode()))


def test_three_shapes_are_read_with_their_limits():
    command = asked(
        {"regions": [POLYGON | LEVELS | TIMES, CIRCLE | ALTITUDES | TIMES, PATH | ALTITUDES | TIMES]}
    )
    polygon, circle, path = command.regions
    assert polygon == Volume(
        footprint=footprints.polygon([(round(north * 1e7), round(east * 1e7)) for north, east in CORNERS]),
        datum=Datum.STD,
        lower_mm=3_048_000,
        upper_mm=10_058_400,
        time_start_ms=NOON_MS,
        time_end_ms=TWO_MS,
    )
    assert circle.footprint == footprints.circle((330_000_000, 320_000_000), 9_260_000)
    assert (circle.datum, circle.lower_mm, circle.upper_mm) == (Datum.WGS84, 3_000_000, 6_000_000)
    assert path.footprint == footprints.path(
        [(330_000_000, 320_000_000), (330_000_000, 321_000_000)], 5_000_000
    )


def test_silence_is_no_promise():
    assert asked({"regions": [CIRCLE | LEVELS | TIMES]}).user_keeps_clear is False
    assert asked({"regions": [CIRCLE | LEVELS | TIMES], "user_keeps_clear": True}).user_keeps_clear is True


def test_a_movement_is_read_and_said_again():
    command = asked({"movement": MOVEMENT, "waits": True, "provisional": True})
    assert isinstance(command.movement, Movement)
    assert (command.waits, command.provisional, command.regions) == (True, True, ())
    assert command.movement.points[1].time_ms == TWO_MS
    said = regions.movement_message(command.movement)
    assert regions.movement(said, at="$") == command.movement


def region(**changed: object) -> dict[str, object]:
    return {"regions": [CIRCLE | LEVELS | TIMES, {**POLYGON, **LEVELS, **TIMES, **changed}]}


def corner(at: int, **changed: object) -> dict[str, object]:
    corners = [point(*corner) for corner in CORNERS]
    corners[at] = {**corners[at], **changed}
    return {"polygon": corners}


@pytest.mark.parametrize(
    ("body", "at", "what"),
    [
        (region(**corner(3, latitude_deg=91)), "$.regions[1].polygon[3].latitude_deg", "<= 90"),
        (region(**corner(0, longitude_deg="32")), "$.regions[1].polygon[0].longitude_deg", "float"),
        (region(**corner(0, height_m=1)), "$.regions[1].polygon[0].height_m", "unknown field"),
        (region(polygon=[point(0, 0)] * 2), "$.regions[1].polygon", ">= 3"),
        (region(polygon=[point(0, 0)] * 3), "$.regions[1].polygon", "vertex 1 repeats"),
        (
            region(polygon=[point(0, 0), point(1, 1), point(0, 1), point(2, 0)]),
            "$.regions[1].polygon",
            "crosses",
        ),
        (region(**CIRCLE), "$.regions[1]", "one shape"),
        (region(polygon=None), "$.regions[1]", "one shape"),
        (
            region(polygon=None, circle={**point(0, 0), "radius_m": 0.5}),
            "$.regions[1].circle.radius_m",
            "radius",
        ),
        (region(polygon=None, circle={**point(0, 0), "radius_m": 1e300}), "$.regions[1].circle.radius_m", ""),
        (region(polygon=None, **CIRCLE, margin_m=1), "$.regions[1].margin_m", "only a polygon"),
        (region(polygon=None, path={**PATH["path"], "half_width_m": 0}), "$.regions[1].path", "radius"),
        (
            region(polygon=None, path={"points": [point(0, 0)] * 2, "half_width_m": 10}),
            "$.regions[1].path",
            "vertex 1 repeats",
        ),
        (region(level_lower="FL33"), "$.regions[1].level_lower", "no level"),
        (region(level_upper="A045"), "$.regions[1].level_upper", "QNH"),
        (region(level_upper="F050"), "$.regions[1].level_upper", "above"),
        (region(level_upper=None), "$.regions[1]", "not one pair"),
        (region(altitude_lower_m=0), "$.regions[1]", "not one pair"),
        (region(time_end=NOON), "$.regions[1]", "end is not after start"),
        (region(time_start="2026-11-22T12:00:00"), "$.regions[1].time_start", "timezone"),
        ({"regions": []}, "$.regions", "no region"),
        ({"regions": [CIRCLE | LEVELS | TIMES] * 201}, "$.regions", "<= 200"),
        ({}, "$", "not one thing"),
        ({"regions": [CIRCLE | LEVELS | TIMES], "movement": MOVEMENT}, "$", "not one thing"),
        ({"movement": {**MOVEMENT, "points": MOVEMENT["points"][:1]}}, "$.movement.points", ">= 2"),
        ({"movement": {**MOVEMENT, "points": MOVEMENT["points"][::-1]}}, "$.movement", "time of point 1"),
        (
            {
                "movement": {
                    **MOVEMENT,
                    "points": [*MOVEMENT["points"], {**point(0, 0), "time": "2200-01-01T00:00:00Z"}],
                }
            },
            "$.movement.points[2]",
            "1970 to 2099",
        ),
        ({"movement": {**MOVEMENT, "radius_m": 0}}, "$.movement", "radius"),
        ({"movement": {**MOVEMENT, "altitude_upper_m": 10}}, "$.movement.altitude_upper_m", "ascending"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(body: dict[str, object], at: str, what: str):
    with pytest.raises(WireError, match="at `") as wrong:
        asked(body)
    assert wrong.value.at == at
    assert what in wrong.value.what


VOLUMES = st.builds(
    lambda shape, band, length_ms: Volume(
        footprint=shape,
        datum=band[0],
        lower_mm=band[1],
        upper_mm=band[2],
        time_start_ms=NOON_MS,
        time_end_ms=NOON_MS + length_ms,
    ),
    st.sampled_from(
        [
            footprints.circle((900_000_000, 0), 1_001),
            footprints.path([(0, 1_799_000_000), (1, -1_799_000_000)], 5_000_001),
            footprints.polygon([(0, 0), (0, 10_000_001), (10_000_003, 0)]),
            footprints.polygon([(0, 0), (0, 10_000_000), (10_000_000, 0)], radius_mm=926_000),
        ]
    ),
    st.tuples(st.just(Datum.WGS84), st.integers(-1_000_000, 0), st.integers(0, 100_000_000))
    | st.tuples(
        st.just(Datum.STD),
        st.sampled_from([0, 304_800, 11_300_000]),
        st.sampled_from([11_300_000, 30_449_520, 12_192_000]),
    ),
    st.integers(1, 10**9),
)


@given(VOLUMES)
def test_what_is_said_of_a_region_is_that_region(volume: Volume):
    assert regions.region(regions.region_message(volume), at="$") == volume


@given(st.integers(0, 30_000_000), st.integers(0, 400_000))
def test_what_is_between_two_levels_is_said_by_the_next_ones_outwards(lower_mm: int, more_mm: int):
    volume = Volume(
        footprint=footprints.circle((0, 0), 1_000),
        datum=Datum.STD,
        lower_mm=lower_mm,
        upper_mm=lower_mm + more_mm,
        time_start_ms=NOON_MS,
        time_end_ms=TWO_MS,
    )
    said = regions.region(regions.region_message(volume), at="$")
    assert lower_mm - 30_480 < said.lower_mm <= lower_mm
    assert volume.upper_mm <= said.upper_mm < volume.upper_mm + 30_480


@pytest.mark.parametrize(("name", "at"), [("-R", "path:reservation_id"), ("R1", "$.contact")])
def test_an_id_or_a_contact_of_another_form_is_said_where_it_stands(name: str, at: str):
    body = {"movement": MOVEMENT, "contact": "desk\n1"}
    with pytest.raises(WireError, match="form") as wrong:
        api.reserve(name, decoded(api.ReserveMessage, json.dumps(body).encode()))
    assert wrong.value.at == at
