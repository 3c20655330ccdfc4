"""The bound is held against two witnesses: air columns that are worse than weather, and recorded flights."""

import csv
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.geometry import altitude, volumes
from mamarr.geometry.altitude import ANY_QNH, Band, Datum, FiledLevel, Geoid, LevelKind, Qnh

PAIRS = Path(__file__).parent / "altitude_pairs.csv"
MM_PER_FT = 304.8
LEVEL_MM = 30_480
FL600_MM = 600 * LEVEL_MM

inside = st.integers(altitude.ALTITUDE_LOWEST_MM, altitude.ALTITUDE_HIGHEST_MM)
blocks = st.tuples(inside, inside).map(lambda sides: (min(sides), max(sides)))
pressures = st.integers(altitude.QNH_LOWEST_PA, altitude.QNH_HIGHEST_PA)


def a_qnh(pressure_hpa: float) -> Qnh:
    return Qnh(lowest_pa=round(pressure_hpa * 100), highest_pa=round(pressure_hpa * 100))


# --- flight levels and levels as filed --------------------------------------------------------------------


@given(st.integers(0, 999))
def test_a_flight_level_is_a_plain_integer_and_30480_mm_a_level(hundreds: int):
    level = altitude.flight_level(hundreds)
    assert level == hundreds
    assert altitude.level_mm(level) == hundreds * LEVEL_MM
    assert altitude.filed_mm(altitude.filed_level(f"F{hundreds:03d}")) == altitude.level_mm(level)


def test_a_flight_level_out_of_range_is_refused_here_and_by_the_decoder():
    for hundreds in (-1, 1000):
        with pytest.raises(ValueError, match="flight level"):
            altitude.flight_level(hundreds)
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(str(hundreds), type=altitude.FlightLevel)


@pytest.mark.parametrize(
    ("text", "kind", "number", "length_mm"),
    [
        ("F330", LevelKind.F, 330, 10_058_400),
        ("F000", LevelKind.F, 0, 0),
        ("A045", LevelKind.A, 45, 1_371_600),
        ("S1130", LevelKind.S, 1130, 11_300_000),
        ("M0840", LevelKind.M, 840, 8_400_000),
    ],
)
def test_a_filed_level_is_read_and_written_back(text, kind, number, length_mm):
    level = altitude.filed_level(text)
    assert level == FiledLevel(kind, number)
    assert altitude.filed_mm(level) == length_mm
    assert str(level) == text


@given(st.sampled_from(LevelKind), st.integers(0, 9999))
def test_what_a_filed_level_writes_it_reads(kind: LevelKind, number: int):
    level = FiledLevel(kind, number % 1000 if kind in "FA" else number)
    assert altitude.filed_level(str(level)) == level


@pytest.mark.parametrize(
    "text", ["", "F33", "F3300", "f330", "S113", "M084", "A0450", "VFR", "F330 ", "F-10", "F٣٣٠", "N0480"]
)
def test_what_is_no_level_is_refused_with_what_is_allowed(text: str):
    with pytest.raises(ValueError, match="F or A and three digits"):
        altitude.filed_level(text)


def test_a_filed_level_with_too_many_digits_is_refused():
    for kind, number in ((LevelKind.F, 1000), (LevelKind.A, -1), (LevelKind.S, 10_000), (LevelKind.M, -1)):
        with pytest.raises(ValueError, match="digits"):
            FiledLevel(kind, number)


# --- mean sea level ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pressure_hpa", "standard_height_m"),
    [(1050, -302), (1000, 111), (950, 540), (900, 988)],  # table of ICAO's atmosphere, meteowvl.be
)
def test_the_height_of_a_qnh_is_that_of_the_published_table(pressure_hpa: float, standard_height_m: int):
    band = altitude.from_amsl(0, 0, reference=a_qnh(pressure_hpa))
    assert band.datum is Datum.STD
    assert band.upper_mm - band.lower_mm == 1
    assert band.lower_mm / 1000 == pytest.approx(standard_height_m, abs=0.8)


def test_on_standard_pressure_an_altitude_is_a_pressure_altitude():
    assert altitude.from_amsl(1_371_600, 2_000_000, reference=a_qnh(1013.25)) == Band(
        datum=Datum.STD, lower_mm=1_371_600, upper_mm=2_000_000
    )


@given(st.integers(0, 20_000_000), pressures, pressures, pressures)
def test_a_wider_range_of_qnh_holds_what_a_narrower_one_does(shown_mm: int, one: int, two: int, three: int):
    low, middle, high = sorted((one, two, three))
    narrow = altitude.from_amsl(shown_mm, shown_mm, reference=Qnh(lowest_pa=middle, highest_pa=middle))
    wide = altitude.from_amsl(shown_mm, shown_mm, reference=Qnh(lowest_pa=low, highest_pa=high))
    any_at_all = altitude.from_amsl(shown_mm, shown_mm, reference=ANY_QNH)
    assert any_at_all.lower_mm <= wide.lower_mm <= narrow.lower_mm
    assert narrow.upper_mm <= wide.upper_mm <= any_at_all.upper_mm


@given(st.integers(0, 20_000_000), st.integers(altitude.GEOID_LOWEST_MM, altitude.GEOID_HIGHEST_MM))
def test_an_unknown_undulation_holds_every_known_one(shown_mm: int, undulation_mm: int):
    known = altitude.from_amsl(
        shown_mm, shown_mm + 1, reference=Geoid(name="EGM96", undulation_mm=undulation_mm)
    )
    unknown = altitude.from_amsl(shown_mm, shown_mm + 1, reference=Geoid(name="EGM96"))
    assert known == Band(
        datum=Datum.WGS84, lower_mm=shown_mm + undulation_mm, upper_mm=shown_mm + 1 + undulation_mm
    )
    assert unknown.lower_mm <= known.lower_mm < known.upper_mm <= unknown.upper_mm


def test_an_altitude_above_the_sea_is_refused_when_nothing_is_named():
    with pytest.raises(ValueError, match="QNH or its geoid"):
        altitude.from_amsl(0, 1, reference=None)
    with pytest.raises(ValueError, match="above upper"):
        altitude.from_amsl(1, 0, reference=ANY_QNH)
    with pytest.raises(ValueError, match="without a name"):
        Geoid(name=" ")
    with pytest.raises(ValueError, match="undulation"):
        Geoid(name="EGM96", undulation_mm=90_001)
    for lowest_pa, highest_pa in ((101_000, 100_000), (86_999, 100_000), (100_000, 108_401)):
        with pytest.raises(ValueError, match="QNH"):
            Qnh(lowest_pa=lowest_pa, highest_pa=highest_pa)


def test_a_block_of_flight_levels_needs_no_qnh_and_one_of_altitudes_does():
    levels = [altitude.filed_level(text) for text in ("F100", "S0600", "A045", "M0300")]
    assert altitude.filed_band(levels[0], levels[1]) == Band(
        datum=Datum.STD, lower_mm=3_048_000, upper_mm=6_000_000
    )
    assert altitude.filed_band(levels[0], levels[0]).lower_mm == 3_048_000
    with pytest.raises(ValueError, match="A045 is flown on QNH"):
        altitude.filed_band(levels[2], levels[3])
    shown = altitude.filed_band(levels[2], levels[3], qnh=a_qnh(1000))
    assert shown == Band(datum=Datum.STD, lower_mm=1_371_600 + 110_884, upper_mm=3_000_000 + 110_885)


def test_a_block_over_the_transition_is_refused_without_the_qnh_and_named():
    low, high = altitude.filed_level("A045"), altitude.filed_level("F100")
    with pytest.raises(ValueError, match="A045 to F100 straddles the transition: name the QNH of A045"):
        altitude.filed_band(low, high)
    band = altitude.filed_band(low, high, qnh=a_qnh(1030))
    assert band.upper_mm == 3_048_000
    assert band.lower_mm == pytest.approx(1_371_600 + pressure_altitude_m(1030) * 1000, abs=300)


def test_a_block_upside_down_is_refused_also_when_only_some_qnh_turns_it():
    with pytest.raises(ValueError, match="F110 is above F100"):
        altitude.filed_band(altitude.filed_level("F110"), altitude.filed_level("F100"))
    low, high = altitude.filed_level("A095"), altitude.filed_level("F100")
    assert altitude.filed_band(low, high, qnh=a_qnh(1010)).datum is Datum.STD
    with pytest.raises(ValueError, match="A095 is above F100"):
        altitude.filed_band(low, high, qnh=Qnh(lowest_pa=98_000, highest_pa=101_000))
    with pytest.raises(ValueError, match="F100 is above A100"):
        altitude.filed_band(high, altitude.filed_level("A100"), qnh=a_qnh(1020))


# --- pressure against the ellipsoid -----------------------------------------------------------------------


def test_the_ends_are_those_of_a_volume():
    assert altitude.ALTITUDE_LOWEST_MM == volumes.ALTITUDE_LOWEST_MM
    assert altitude.ALTITUDE_HIGHEST_MM == volumes.ALTITUDE_HIGHEST_MM


@given(blocks)
def test_heights_above_the_ellipsoid_stay_as_they_are(block: tuple[int, int]):
    assert altitude.ellipsoid_band_mm(Datum.WGS84, *block) == block


@given(blocks, blocks)
def test_a_block_inside_another_stays_inside_it(one: tuple[int, int], other: tuple[int, int]):
    outer = (min(one[0], other[0]), max(one[1], other[1]))
    lower_mm, upper_mm = altitude.ellipsoid_band_mm(Datum.STD, *one)
    outer_lower_mm, outer_upper_mm = altitude.ellipsoid_band_mm(Datum.STD, *outer)
    assert outer_lower_mm <= lower_mm <= one[0]
    assert one[1] <= upper_mm <= outer_upper_mm
    assert all(type(side) is int for side in (lower_mm, upper_mm))


@given(inside, inside)
def test_the_bound_never_shrinks_on_the_way_up(one_mm: int, other_mm: int):
    low, high = (altitude._bound_mm(level_mm) for level_mm in sorted((one_mm, other_mm)))
    assert low[0] <= high[0]
    assert low[1] <= high[1]


@given(st.integers(altitude.ALTITUDE_LOWEST_MM, altitude.ALTITUDE_HIGHEST_MM - 1))
def test_the_bound_is_the_straight_line_between_rows_rounded_outwards(level_mm: int):
    below, above = next(
        (one, two) for one, two in pairwise(altitude._BOUND_MM) if one[0] <= level_mm <= two[0]
    )
    part = (level_mm - below[0]) / (above[0] - below[0])
    for column, bound_mm in zip((1, 2), altitude._bound_mm(level_mm), strict=True):
        exact = below[column] + (above[column] - below[column]) * part
        assert exact - 1e-3 <= bound_mm < exact + 1.001


@pytest.mark.parametrize(("level", "named_ft"), [(100, 1500), (300, 3100), (400, 4000)])
def test_the_bound_is_no_smaller_than_the_design_names(level: int, named_ft: int):
    assert min(altitude._bound_mm(level * LEVEL_MM)) >= named_ft * MM_PER_FT


@given(st.integers(FL600_MM, altitude.ALTITUDE_HIGHEST_MM))
def test_above_fl600_the_bound_grows_by_a_quarter_of_the_height(level_mm: int):
    quarter_mm = (level_mm - FL600_MM) / 4
    below_mm, above_mm = altitude._bound_mm(level_mm)
    assert below_mm == pytest.approx(2_590_800 + quarter_mm, abs=1.5)
    assert above_mm == pytest.approx(1_981_200 + quarter_mm, abs=1.5)


@pytest.mark.parametrize("block", [(-1_000_001, 0), (0, 100_000_001), (1, 0)])
@pytest.mark.parametrize("datum", Datum)
def test_a_block_beyond_the_ends_or_upside_down_is_refused(datum: Datum, block: tuple[int, int]):
    with pytest.raises(ValueError, match="ascending"):
        altitude.ellipsoid_band_mm(datum, *block)
    with pytest.raises(ValueError, match="ascending"):
        Band(datum=datum, lower_mm=block[0], upper_mm=block[1])


# --- first witness: columns of air ------------------------------------------------------------------------

# Temperatures in degrees Fahrenheit at pressure altitudes in feet: corners of the tables of MIL-STD-210A, as
# printed in ASC-TR-93-5002 (Zuppardo, 1993) and typed into OpenMDAO/Aviary, subsystems/atmosphere/data.
# Cold and hot take the extreme of each altitude, which no real column of air has at all altitudes at once.
COLD = [(0, -60), (3311, -15), (10744, -15), (30715, -85), (42377, -85), (50583, -125), (61087, -125)]
HOT = [(0, 103), (10000, 63.9), (20000, 25.5), (30000, -12.3), (39400, -45), (50000, -40.2), (66400, -37)]
POLAR = [(0, -15.7), (3243, -5.8), (9882, -9.4), (30065, -67), (60000, -74.7)]
TROPICAL = [(0, 89.8), (10000, 51), (30000, -26.3), (46530, -88), (53595, -112), (60000, -98)]
STANDARD = [(0, 59), (36089.24, -69.7), (65000, -69.7)]
DEAD_SEA_M, SEA_M = -440.0, 0.0  # the lowest ground of each column: nothing flies below it
COLUMNS = [
    pytest.param(COLD, 914, SEA_M, id="extreme cold over the deepest North Atlantic low (Braer storm, 1993)"),
    pytest.param(POLAR, 900, SEA_M, id="polar air over a deeper low than any read of outside the tropics"),
    pytest.param(TROPICAL, 870, SEA_M, id="tropical air over the eye of typhoon Tip, 1979"),
    pytest.param(COLD, 1083.8, SEA_M, id="extreme cold over the highest pressure (Agata, 1968)"),
    pytest.param(STANDARD, 1083.8, DEAD_SEA_M, id="standard air over the highest pressure"),
    pytest.param(HOT, 1040, DEAD_SEA_M, id="extreme heat over a strong high"),
    pytest.param(TROPICAL, 1030, DEAD_SEA_M, id="tropical air over a strong high"),
]
GEOID_M = (-107.0, 86.0)  # EGM96
SURFACE_GRAVITY_MPS2 = (9.780, 9.832)  # at the equator and at a pole, WGS 84
EARTH_RADIUS_M = (6_378_137.0, 6_356_752.0)


def kelvin_at(profile: list[tuple[float, float]], level_ft: float) -> float:
    inner = next(((a, b) for a, b in pairwise(profile) if level_ft <= b[0]), None)
    (low_ft, low_f), (high_ft, high_f) = inner or (profile[-1], profile[-1])
    share = (level_ft - low_ft) / (high_ft - low_ft) if high_ft > low_ft else 0.0
    fahrenheit = low_f + (high_f - low_f) * min(1.0, max(0.0, share))
    return (fahrenheit + 459.67) / 1.8


def pressure_altitude_m(pressure_hpa: float) -> float:
    """By the older two-term form of the same atmosphere, in feet, as US weather offices print it."""
    return (1 - (pressure_hpa / 1013.25) ** 0.190284) * 145_366.45 * 0.3048


@pytest.mark.parametrize(("profile", "sea_level_hpa", "ground_m"), COLUMNS)
def test_the_bound_holds_in_air_columns_worse_than_weather(profile, sea_level_hpa, ground_m):
    """Warm air stretches a step of pressure altitude, cold air shrinks it, by T over standard T."""
    step_m = 5.0
    level_m, height_m = pressure_altitude_m(sea_level_hpa), 0.0
    stretch = kelvin_at(profile, level_m / 0.3048) / 288.15
    level_m, height_m = level_m + ground_m / stretch, ground_m
    checked = 0
    while level_m <= FL600_MM / 1000:
        level_mm = max(altitude.ALTITUDE_LOWEST_MM, round(level_m * 1000))
        lower_mm, upper_mm = altitude.ellipsoid_band_mm(Datum.STD, level_mm, level_mm)
        for gravity_mps2, radius_m in zip(SURFACE_GRAVITY_MPS2, EARTH_RADIUS_M, strict=True):
            scaled_m = height_m * 9.80665 / gravity_mps2
            geometric_m = radius_m * scaled_m / (radius_m - scaled_m)
            for undulation_m in GEOID_M:
                assert lower_mm <= (geometric_m + undulation_m) * 1000 <= upper_mm
                checked += 1
        standard_k = max(216.65, 288.15 - 0.0065 * level_m)
        height_m += step_m * kelvin_at(profile, level_m / 0.3048) / standard_k
        level_m += step_m
    assert checked > 10_000


# --- second witness: recorded flights ---------------------------------------------------------------------


def recorded() -> list[dict[str, str]]:
    with PAIRS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_recorded_flight_lies_inside_the_bound():
    """Also when the GNSS altitude sent was above a geoid and not, as the standard says, the ellipsoid."""
    rows = recorded()
    assert len(rows) > 1000
    for row in rows:
        level_mm = round(int(row["pressure_altitude_ft"]) * MM_PER_FT)
        gnss_mm = round(int(row["gnss_altitude_ft"]) * MM_PER_FT)
        lower_mm, upper_mm = altitude.ellipsoid_band_mm(Datum.STD, level_mm, level_mm)
        assert lower_mm <= gnss_mm + altitude.GEOID_LOWEST_MM
        assert gnss_mm + altitude.GEOID_HIGHEST_MM <= upper_mm


def test_the_recorded_flights_reach_from_the_ground_to_cruise_and_both_sides_of_zero():
    differences_ft = [
        (int(row["pressure_altitude_ft"]), int(row["gnss_altitude_ft"]) - int(row["pressure_altitude_ft"]))
        for row in recorded()
    ]
    assert min(differences_ft)[0] < 0 < 36_000 < max(differences_ft)[0]
    assert min(gap for _, gap in differences_ft) < -600
    assert max(gap for _, gap in differences_ft) > 1_500
