"""Altitudes and their datums: the only place where datums meet.

Three things are called altitude. Height above the WGS-84 ellipsoid (`Datum.WGS84`) is what satellites give.
Pressure altitude (`Datum.STD`) is what altimeters set to 1013.25 hPa show; flight levels are counted in it.
Altitude above mean sea level is either geometric, and then needs its `Geoid`, or shown by an altimeter set
to a `Qnh`, and then needs that. Nothing here guesses: what is not named is a ValueError.
`decisions/0014-altitude-bounds.md` says where the bound between STD and WGS84 comes from.
"""

import re
from decimal import Context, Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Final, NewType

import msgspec

from mamarr.geometry.units import MM_PER_100_FT, hpa_from_pa

ALTITUDE_LOWEST_MM = -1_000_000  # the same ends as of a volume: nothing flies beyond them
ALTITUDE_HIGHEST_MM = 100_000_000
MM_PER_10_M = 10_000
FLIGHT_LEVEL_MAX = 999  # item 15 of a flight plan has three digits


class Datum(StrEnum):
    """What an altitude of a volume is measured from.

    WGS84: the ellipsoid. STD: the pressure surface of 1013.25 hPa; a flight level is 100 ft above it.
    """

    WGS84 = "WGS84"
    STD = "STD"


# --- flight levels ----------------------------------------------------------------------------------------

# Hundreds of feet above the 1013.25 hPa surface. A plain integer to JSON, arrays and comparisons, a type of
# its own to mypy, so that it is not taken for millimetres; `flight_level` and msgspec check its range.
FlightLevel = NewType("FlightLevel", Annotated[int, msgspec.Meta(ge=0, le=FLIGHT_LEVEL_MAX)])


def flight_level(hundreds: int) -> FlightLevel:
    """The flight level of that many hundreds of feet; ValueError outside 0 to FLIGHT_LEVEL_MAX."""
    if not 0 <= hundreds <= FLIGHT_LEVEL_MAX:
        raise ValueError(f"flight level {hundreds} is not between 0 and {FLIGHT_LEVEL_MAX}")
    return FlightLevel(hundreds)


def level_mm(level: FlightLevel) -> int:
    """Pressure altitude of a flight level in millimetres, exact: 30,480 mm a level."""
    return level * MM_PER_100_FT


# --- levels as filed --------------------------------------------------------------------------------------


class LevelKind(StrEnum):
    """How a flight plan counts a level (ICAO Doc 4444, appendix 2, item 15).

    F: flight level, hundreds of feet. S: standard metric level, tens of metres; both above 1013.25 hPa.
    A: altitude, hundreds of feet. M: altitude, tens of metres; both shown by an altimeter set to QNH.
    """

    F = "F"
    A = "A"
    S = "S"
    M = "M"


_DIGITS: Final = {LevelKind.F: 3, LevelKind.A: 3, LevelKind.S: 4, LevelKind.M: 4}
_NUMBER_END: Final = {kind: 10**digits for kind, digits in _DIGITS.items()}
_STEP_MM: Final = {
    LevelKind.F: MM_PER_100_FT,
    LevelKind.A: MM_PER_100_FT,
    LevelKind.S: MM_PER_10_M,
    LevelKind.M: MM_PER_10_M,
}
PRESSURE_KINDS: Final = frozenset({LevelKind.F, LevelKind.S})
_FILED: Final = re.compile(r"[FA][0-9]{3}|[SM][0-9]{4}")


class FiledLevel(msgspec.Struct, frozen=True, gc=False):
    """A level as a flight plan states it: what it counts, and how many.

    number: hundreds of feet for F and A (0 to 999), tens of metres for S and M (0 to 9999). ValueError
    outside that.
    """

    kind: LevelKind
    number: int

    def __post_init__(self) -> None:
        if not 0 <= self.number < _NUMBER_END[self.kind]:
            raise ValueError(f"{self.kind} takes {_DIGITS[self.kind]} digits, not {self.number}")

    def __str__(self) -> str:
        return f"{self.kind}{self.number:0{_DIGITS[self.kind]}d}"


def filed_level(text: str) -> FiledLevel:
    """The level that text such as F330, A045, S1130 or M0840 states.

    ValueError for anything else, with what is allowed; `VFR` is no level and is refused too.
    """
    if not _FILED.fullmatch(text):
        raise ValueError(
            f"{text!r} is no level: write F or A and three digits (hundreds of feet), "
            "or S or M and four digits (tens of metres)"
        )
    return FiledLevel(LevelKind(text[0]), int(text[1:]))


def filed_mm(level: FiledLevel) -> int:
    """Millimetres of a filed level, exact: above 1013.25 hPa for F and S, as QNH shows it for A and M."""
    return level.number * _STEP_MM[level.kind]


# --- mean sea level ---------------------------------------------------------------------------------------

QNH_LOWEST_PA = 87_000  # lowest sea-level pressure measured: typhoon Tip, 870 hPa, 12 October 1979
QNH_HIGHEST_PA = 108_400  # highest below 750 m: Agata, 1083.8 hPa, 31 December 1968 (wmo.asu.edu)
GEOID_LOWEST_MM = -110_000  # chosen: EGM96 lies -107 to +86 m from the ellipsoid; 3 m more for the difference
GEOID_HIGHEST_MM = 90_000  # between geoid models and between a model and a country's own sea level


class Qnh(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Sea-level pressure that altimeters are set to, over all the place and time meant.

    lowest_pa, highest_pa: pascals, equal where there is one value. ValueError when lowest is above highest
    or either is outside QNH_LOWEST_PA to QNH_HIGHEST_PA.
    """

    lowest_pa: int
    highest_pa: int

    def __post_init__(self) -> None:
        if not QNH_LOWEST_PA <= self.lowest_pa <= self.highest_pa <= QNH_HIGHEST_PA:
            raise ValueError(
                f"QNH {hpa_from_pa(self.lowest_pa)} to {hpa_from_pa(self.highest_pa)} hPa is not "
                f"ascending within {hpa_from_pa(QNH_LOWEST_PA)} to {hpa_from_pa(QNH_HIGHEST_PA)} hPa"
            )


ANY_QNH = Qnh(lowest_pa=QNH_LOWEST_PA, highest_pa=QNH_HIGHEST_PA)  # the bound, for who says so


class Geoid(msgspec.Struct, frozen=True, kw_only=True):
    """The surface that a geometric altitude above mean sea level is counted from.

    name: of the model or national datum, such as EGM96. undulation_mm: its height above the WGS-84
    ellipsoid there, None when unknown. ValueError without a name, or outside GEOID_LOWEST_MM to
    GEOID_HIGHEST_MM.
    """

    name: str
    undulation_mm: int | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a geoid without a name")
        if self.undulation_mm is not None and not GEOID_LOWEST_MM <= self.undulation_mm <= GEOID_HIGHEST_MM:
            raise ValueError(f"undulation {self.undulation_mm} mm is outside -110 m to 90 m")


class Band(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All altitudes from `lower_mm` to `upper_mm`, millimetres above `datum`; equal for a single level.

    ValueError when upper is below lower, or either is outside ALTITUDE_LOWEST_MM to ALTITUDE_HIGHEST_MM.
    """

    datum: Datum
    lower_mm: int
    upper_mm: int

    def __post_init__(self) -> None:
        _checked(self.lower_mm, self.upper_mm)


def from_amsl(lower_mm: int, upper_mm: int, *, reference: Qnh | Geoid | None) -> Band:
    """What lies between two altitudes above mean sea level, on a datum of ours, never too narrow.

    lower_mm, upper_mm: millimetres. reference: the Qnh, when altimeters show the altitude: answers STD, which
    is exact, to the millimetre outwards, for one QNH; `ANY_QNH` is the bound when it is not known. The Geoid,
    when the altitude is geometric (surveyed, or from satellites): answers WGS84, exact with its undulation,
    else widened by the range of geoids. An altimeter's altitude must not be given a geoid: in cold or warm
    air it is wrong by more than 1,000 ft at 10,000 ft.

    ValueError when the reference is None, lower is above upper, or the answer is beyond a volume's ends.

    Source: QNH is what makes an altimeter, which shows the height in the standard atmosphere above the
    pressure set, show the elevation on the ground; pressure altitude is therefore the altitude plus the
    standard height of the QNH (`_standard_height_mm`).
    """
    if lower_mm > upper_mm:
        raise ValueError(f"lower {lower_mm} mm is above upper {upper_mm} mm")
    match reference:
        case Qnh(lowest_pa=lowest_pa, highest_pa=highest_pa):
            below_mm = _standard_height_mm(highest_pa, "ROUND_FLOOR")
            above_mm = _standard_height_mm(lowest_pa, "ROUND_CEILING")
            return Band(datum=Datum.STD, lower_mm=lower_mm + below_mm, upper_mm=upper_mm + above_mm)
        case Geoid(undulation_mm=None):
            return Band(
                datum=Datum.WGS84, lower_mm=lower_mm + GEOID_LOWEST_MM, upper_mm=upper_mm + GEOID_HIGHEST_MM
            )
        case Geoid(undulation_mm=int(undulation_mm)):
            return Band(
                datum=Datum.WGS84, lower_mm=lower_mm + undulation_mm, upper_mm=upper_mm + undulation_mm
            )
        case _:
            raise ValueError("an altitude above mean sea level needs its QNH or its geoid named")


def filed_band(lower: FiledLevel, upper: FiledLevel, *, qnh: Qnh | None = None) -> Band:
    """The block from one filed level to another, as pressure altitude; both the same for a single level.

    qnh: what A and M are flown on; not looked at for F and S. ValueError when one of the levels is A or M and
    qnh is None (the message names the level and, when the other is F or S, that the block straddles the
    transition), or when the lower level is or may be above the upper.
    """
    bare = [level for level in (lower, upper) if level.kind not in PRESSURE_KINDS]
    if bare and qnh is None:
        if len(bare) == 1:
            raise ValueError(f"block {lower} to {upper} straddles the transition: name the QNH of {bare[0]}")
        raise ValueError(f"{bare[0]} is flown on QNH: name it")
    low, high = _level_band(lower, qnh), _level_band(upper, qnh)
    if low.upper_mm > high.upper_mm or low.lower_mm > high.lower_mm:
        raise ValueError(f"{lower} is above {upper}")
    return Band(datum=Datum.STD, lower_mm=low.lower_mm, upper_mm=high.upper_mm)


def _level_band(level: FiledLevel, qnh: Qnh | None) -> Band:
    shown_mm = filed_mm(level)
    if level.kind in PRESSURE_KINDS:
        return Band(datum=Datum.STD, lower_mm=shown_mm, upper_mm=shown_mm)
    return from_amsl(shown_mm, shown_mm, reference=qnh)


# Troposphere of the standard atmosphere: 288.15 K at 1013.25 hPa, 6.5 K less each kilometre; layer table at
# www.av8n.com/physics/altimetry.htm. The exponent is R L / g with R = 287.05287 J/(kg K), g = 9.80665 m/s2.
# Decimals: ln and exp are rounded correctly, so that every machine answers the same millimetre.
_STANDARD_PRESSURE_PA: Final = Decimal(101_325)
_STANDARD_SCALE_MM: Final = Decimal("288.15") / Decimal("0.0065") * 1000
_STANDARD_EXPONENT: Final = Decimal("287.05287") * Decimal("0.0065") / Decimal("9.80665")
QNHS_REMEMBERED_MAX = 1_024  # chosen: a day's over a continent; a plan asks for its own at every level


@lru_cache(maxsize=QNHS_REMEMBERED_MAX)
def _standard_height_mm(pressure_pa: int, rounding: str) -> int:
    context = Context(prec=28)
    ratio = context.ln(context.divide(Decimal(pressure_pa), _STANDARD_PRESSURE_PA))
    power = context.exp(context.multiply(ratio, _STANDARD_EXPONENT))
    height_mm = context.multiply(_STANDARD_SCALE_MM, context.subtract(Decimal(1), power))
    return int(height_mm.to_integral_value(rounding))


# --- between pressure and the ellipsoid -------------------------------------------------------------------

# Pressure altitude; how far below it, and above it, the ellipsoidal height of that pressure may be. Straight
# between the rows, all in millimetres. decisions/0014-altitude-bounds.md derives the rows to FL600; beyond,
# both widen by a quarter of the height above FL600 (chosen: no measurement was read there).
_BOUND_MM: Final = (
    (ALTITUDE_LOWEST_MM, 1_524_000, 701_040),  # 5,000 ft below, 2,300 ft above
    (100 * MM_PER_100_FT, 1_524_000, 701_040),  # FL100: the same
    (200 * MM_PER_100_FT, 1_584_960, 944_880),  # FL200: 5,200 ft below, 3,100 ft above
    (600 * MM_PER_100_FT, 2_590_800, 1_981_200),  # FL600: 8,500 ft below, 6,500 ft above
    (ALTITUDE_HIGHEST_MM, 23_018_800, 22_409_200),
)


def ellipsoid_band_mm(datum: Datum, lower_mm: int, upper_mm: int) -> tuple[int, int]:
    """Heights above the WGS-84 ellipsoid that altitudes `lower_mm` to `upper_mm` over `datum` may have.

    All in millimetres. WGS84: the same. STD: widened by the stated bound, rounded outwards and kept within
    ALTITUDE_LOWEST_MM to ALTITUDE_HIGHEST_MM, beyond which no volume lies; both ends rise with the altitude,
    so a block inside another stays inside. It holds for the pressure surface; what an altimeter errs or a
    pilot deviates is not in it. ValueError when upper is below lower or either is beyond those ends.

    Source: decisions/0014-altitude-bounds.md.
    """
    _checked(lower_mm, upper_mm)
    if datum is Datum.WGS84:
        return lower_mm, upper_mm
    below_mm, _ = _bound_mm(lower_mm)
    _, above_mm = _bound_mm(upper_mm)
    return max(ALTITUDE_LOWEST_MM, lower_mm - below_mm), min(ALTITUDE_HIGHEST_MM, upper_mm + above_mm)


def _bound_mm(pressure_altitude_mm: int) -> tuple[int, int]:
    row = next(number for number, knot in enumerate(_BOUND_MM) if number and pressure_altitude_mm <= knot[0])
    (start_mm, *starts_mm), (end_mm, *ends_mm) = _BOUND_MM[row - 1], _BOUND_MM[row]
    part, whole = pressure_altitude_mm - start_mm, end_mm - start_mm
    below_mm, above_mm = (
        first - (first - last) * part // whole for first, last in zip(starts_mm, ends_mm, strict=True)
    )
    return below_mm, above_mm


def _checked(lower_mm: int, upper_mm: int) -> None:
    if not ALTITUDE_LOWEST_MM <= lower_mm <= upper_mm <= ALTITUDE_HIGHEST_MM:
        raise ValueError(f"{lower_mm} to {upper_mm} mm is not ascending within -1000 m to 100000 m")
