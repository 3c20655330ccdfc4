"""The lower and upper limit of a feature: the forms that users have, to millimetres above one datum.

Nothing is guessed: an altitude in feet says its datum, one above mean sea level its QNH or its geoid.
"""

from typing import Annotated, Literal

import msgspec

from mamarr.geometry.altitude import (
    ALTITUDE_HIGHEST_MM,
    ALTITUDE_LOWEST_MM,
    MM_PER_10_M,
    Band,
    Datum,
    FiledLevel,
    Geoid,
    LevelKind,
    Qnh,
    filed_band,
    filed_level,
    from_amsl,
)
from mamarr.geometry.units import MM_PER_100_FT, m_from_mm, mm_from_ft, mm_from_m, pa_from_hpa
from mamarr.interop.readings import Record

LOWEST = ("GND", "SFC")  # the lowest end of a volume, ALTITUDE_LOWEST_MM: below the ground everywhere
HIGHEST = "UNL"  # the highest end of a volume, ALTITUDE_HIGHEST_MM
ON_QNH = (LevelKind.A, LevelKind.M)
FORMS = "lower and upper as F330, A045, S1130, M0840, GND, UNL; or altitude_…_m, or altitude_…_ft with datum"

LevelText = Annotated[
    str, msgspec.Meta(description="F or A and three digits, S or M and four, GND or SFC (lower), UNL (upper)")
]
Pressure = Annotated[float, msgspec.Meta(description="hectopascals, 870 to 1084, or [lowest, highest]")]


class GeoidProperties(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a geometric altitude above mean sea level is counted from.

    name: of the geoid model or national datum, such as EGM96. undulation_m: its height above the WGS-84
    ellipsoid at the place, metres; without it the band is widened by all that geoids may differ.
    """

    name: str
    undulation_m: float | None = None


class LevelProperties(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The vertical limits of a feature. Each end is said once, both in the same way.

    lower, upper: as filed: F330 and S1130 above 1013.25 hPa; A045 and M0840 on QNH, which `qnh_hpa` names.
    GND or SFC is the lowest end of a volume, 1,000 m below the datum; UNL the highest, 100 km above it. They
    go with any form of the other end. altitude_lower_m, altitude_upper_m: metres above `datum`, which is
    WGS84 unless it says else. altitude_lower_ft, altitude_upper_ft: feet above `datum`, which must be said.
    datum: WGS84, the ellipsoid; STD, pressure altitude; AMSL, above mean sea level: then `qnh_hpa`, if an
    altimeter shows it, or `geoid`, if it is geometric. qnh_hpa: one value, or the lowest and the highest.
    """

    lower: LevelText | None = None
    upper: LevelText | None = None
    altitude_lower_m: float | None = None
    altitude_upper_m: float | None = None
    altitude_lower_ft: float | None = None
    altitude_upper_ft: float | None = None
    datum: Literal["WGS84", "STD", "AMSL"] | None = None
    qnh_hpa: Pressure | tuple[Pressure, Pressure] | None = None
    geoid: GeoidProperties | None = None


class _Wrong(Exception):  # noqa: N818  never leaves this module
    def __init__(self, field: str, what: str, allowed: str = "") -> None:
        super().__init__(what)
        self.field, self.what, self.allowed = field, what, allowed


def band(given: LevelProperties, record: Record) -> Band | None:
    """The limits of a feature on one datum; None when they are wrong, with the finding in `record`."""
    try:
        return _band(given)
    except _Wrong as wrong:
        record.wrong(f"properties.{wrong.field}", wrong.what, wrong.allowed)
        return None


def properties(datum: Datum, lower_mm: int, upper_mm: int) -> dict[str, object]:
    """The properties that say these limits and are read as the same millimetres.

    Filed levels where both ends are whole ones, else metres with three decimals and the datum.
    """
    if lower_mm == ALTITUDE_LOWEST_MM or upper_mm == ALTITUDE_HIGHEST_MM:
        said: dict[str, object] = {}
        rest = {"lower": lower_mm, "upper": upper_mm}
        if lower_mm == ALTITUDE_LOWEST_MM:
            said["lower"] = LOWEST[0]
            del rest["lower"]
        if upper_mm == ALTITUDE_HIGHEST_MM:
            said["upper"] = HIGHEST
            del rest["upper"]
        if not rest:
            return said | {"datum": datum}
    else:
        said, rest = {}, {"lower": lower_mm, "upper": upper_mm}
    filed = {end: _filed_text(level_mm) for end, level_mm in rest.items()}
    if datum is Datum.STD and all(filed.values()):
        return said | filed
    return (
        said | {f"altitude_{end}_m": m_from_mm(level_mm) for end, level_mm in rest.items()} | {"datum": datum}
    )


def _filed_text(level_mm: int) -> str | None:
    for kind, step_mm in ((LevelKind.F, MM_PER_100_FT), (LevelKind.S, MM_PER_10_M)):
        number, rest_mm = divmod(level_mm, step_mm)
        if not rest_mm and 0 <= number < (1_000 if kind is LevelKind.F else 10_000):
            return str(FiledLevel(kind, number))
    return None


def _band(given: LevelProperties) -> Band:
    lower, upper = _end(given, "lower"), _end(given, "upper")
    said = [end for end in (lower, upper) if end is not None]
    if any(isinstance(end, FiledLevel) for end in said):
        inner = _filed(given, [end for end in said if isinstance(end, FiledLevel)], len(said))
    else:
        inner = _counted(given, [end for end in said if isinstance(end, int)])
    try:
        return Band(
            datum=inner.datum,
            lower_mm=ALTITUDE_LOWEST_MM if lower is None else inner.lower_mm,
            upper_mm=ALTITUDE_HIGHEST_MM if upper is None else inner.upper_mm,
        )
    except ValueError as wrong:
        raise _Wrong("lower", str(wrong)) from wrong


def _end(given: LevelProperties, end: Literal["lower", "upper"]) -> FiledLevel | int | None:
    """One end: as filed, or in millimetres above the datum; None for the end of all volumes."""
    text: str | None = getattr(given, end)
    altitude_m: float | None = getattr(given, f"altitude_{end}_m")
    altitude_ft: float | None = getattr(given, f"altitude_{end}_ft")
    count = sum(form is not None for form in (text, altitude_m, altitude_ft))
    if count != 1:
        raise _Wrong(
            end, f"there is no {end} limit" if not count else f"the {end} limit is said twice", FORMS
        )
    try:
        if altitude_m is not None:
            return mm_from_m(altitude_m)
        if altitude_ft is not None:
            return mm_from_ft(altitude_ft)
        if (text in LOWEST and end == "lower") or (text == HIGHEST and end == "upper"):
            return None
        return filed_level(text or "")
    except ValueError as wrong:
        raise _Wrong(end, str(wrong), FORMS) from wrong


def _filed(given: LevelProperties, levels: list[FiledLevel], ends_count: int) -> Band:
    """The block of filed levels, of which there may be one; ends_count: how many ends are no GND or UNL."""
    if len(levels) != ends_count:
        raise _Wrong(
            "lower", "one limit is a level as filed, the other an altitude: write both in one way", FORMS
        )
    if given.datum is not None:
        raise _Wrong(
            "datum", "a level as filed says its datum itself", "no datum with lower and upper as filed"
        )
    on_qnh = any(level.kind in ON_QNH for level in levels)
    if given.geoid is not None:
        raise _Wrong("geoid", "no level as filed is counted from a geoid", "qnh_hpa, for A and M")
    if given.qnh_hpa is not None and not on_qnh:
        raise _Wrong("qnh_hpa", "levels F and S are on 1013.25 hPa", "no qnh_hpa, or levels A or M")
    qnh = _qnh(given)
    try:
        return filed_band(levels[0], levels[-1], qnh=qnh)
    except ValueError as wrong:
        raise _Wrong("qnh_hpa" if qnh is None and on_qnh else "lower", str(wrong)) from wrong


def _counted(given: LevelProperties, ends_mm: list[int]) -> Band:
    """The block of altitudes above `datum`, of which there may be one, or none."""
    has_feet = given.altitude_lower_ft is not None or given.altitude_upper_ft is not None
    if has_feet and given.datum is None:
        raise _Wrong("datum", "an altitude in feet has no datum", "WGS84, STD, AMSL")
    above_sea = given.datum == "AMSL"
    if not above_sea and (given.qnh_hpa is not None or given.geoid is not None):
        field = "geoid" if given.qnh_hpa is None else "qnh_hpa"
        raise _Wrong(field, "is for altitudes above mean sea level only", "datum AMSL, or none of it")
    datum = Datum(given.datum) if given.datum is not None and not above_sea else Datum.WGS84
    if not ends_mm and not above_sea:
        return Band(datum=datum, lower_mm=0, upper_mm=0)  # both ends are those of all volumes
    try:
        if above_sea:
            return from_amsl(ends_mm[0], ends_mm[-1], reference=_reference(given)) if ends_mm else _no_sea()
        return Band(datum=datum, lower_mm=ends_mm[0], upper_mm=ends_mm[-1])
    except ValueError as wrong:
        raise _Wrong("lower", str(wrong)) from wrong


def _no_sea() -> Band:
    raise _Wrong("datum", "GND to UNL has nothing above mean sea level", "WGS84, STD")


def _reference(given: LevelProperties) -> Qnh | Geoid:
    if given.qnh_hpa is not None and given.geoid is not None:
        raise _Wrong("geoid", "an altitude is on a QNH or above a geoid, not both", "qnh_hpa or geoid")
    if given.geoid is None:
        qnh = _qnh(given)
        if qnh is None:
            raise _Wrong(
                "datum", "AMSL needs to know from which sea", "qnh_hpa, or geoid {name, undulation_m}"
            )
        return qnh
    undulation_m = given.geoid.undulation_m
    try:
        return Geoid(
            name=given.geoid.name, undulation_mm=None if undulation_m is None else mm_from_m(undulation_m)
        )
    except ValueError as wrong:
        raise _Wrong("geoid", str(wrong)) from wrong


def _qnh(given: LevelProperties) -> Qnh | None:
    if given.qnh_hpa is None:
        return None
    pair_hpa = given.qnh_hpa if isinstance(given.qnh_hpa, tuple) else (given.qnh_hpa, given.qnh_hpa)
    try:
        return Qnh(lowest_pa=pa_from_hpa(pair_hpa[0]), highest_pa=pa_from_hpa(pair_hpa[1]))
    except ValueError as wrong:
        raise _Wrong("qnh_hpa", str(wrong)) from wrong
