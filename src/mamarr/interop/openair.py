"""Areas from OpenAir text: the records of 1998 and those that SeeYou added (version 2).

A record starts with AC and has a class or a type, a floor, a ceiling and an outline. What an area has no
place for (labels, frequencies, activation times) is counted in `Reading.left_out`; what cannot be read right
(an airway, terrain, a height above ground) is a finding. The text says no id: an area gets that of AI, else
one made of its name, numbered where it is not the first of it.

Edges between points are great circles, as everywhere here; OpenAir does not say what they are. Arcs become
corners (`arcs.ARC_BOUND_M`), bearings are true. A whole circle (DC) stays a circle.

Sources: the header of WinPilot's sample (version 1.0, 15 October 1999); Naviter, Extended OpenAir file format
specification, 2.1.0, 2025-10-07.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from fractions import Fraction

import msgspec

from mamarr.airspace.areas import Area, AreaKind
from mamarr.faults import WireError
from mamarr.geometry import Footprint, footprints
from mamarr.geometry.altitude import (
    ALTITUDE_HIGHEST_MM,
    ALTITUDE_LOWEST_MM,
    Band,
    Datum,
    Geoid,
    Qnh,
    flight_level,
    from_amsl,
    level_mm,
)
from mamarr.geometry.footprints import LATITUDE_MAX_E7DEG, LONGITUDE_MAX_E7DEG, VERTICES_MAX
from mamarr.geometry.units import E7_PER_DEG, M_PER_NM, MM_PER_M, mm_from_ft, mm_from_m, mm_from_nm
from mamarr.interop.arcs import TURN_DEG, arc, bearing_and_distance
from mamarr.interop.readings import BODY_BYTES_MAX, RECORDS_MAX, Findings, Imported, Reading, Record

ARC_CORNERS_MAX = 200_000  # of all arcs of a file; chosen: 20 s, and a thousand whole circles as arcs
RADII_DIFFER_MAX_RATIO = 0.2  # chosen: WinPilot's own sample has ends of one arc 12 % apart from its centre
ID_LENGTH_MAX = 56  # leaves room for a number in the 64 of an id
END_OF_LINE = re.compile(r"\r\n|\n|\r")

KINDS = {
    "R": AreaKind.R,
    "Q": AreaKind.D,  # a danger area; AC D is airspace of class D
    "P": AreaKind.P,
    "CTR": AreaKind.CTR,
}
TYPES = KINDS | {kind.value: kind for kind in (AreaKind.TMA, AreaKind.TSA, AreaKind.TRA, AreaKind.CBA)}
NO_PLACE = ("AT", "AF", "AG", "AX", "AA", "SP", "SB")  # what an area of ours does not hold
NOT_SAID = "NONE"

_NUMBER = r"\d{1,6}(?:\.\d{1,9})?"
_SEXAGESIMAL = r"(\d{1,3}):(\d{1,2}(?:\.\d{1,9})?)(?::(\d{1,2}(?:\.\d{1,9})?))?"
_COORDINATE = rf"{_SEXAGESIMAL}\s*([NS])[\s,]*{_SEXAGESIMAL}\s*([EW])"
_REMARK = r"(?:\s+[A-Z]\w*)?"  # WinPilot's sample numbers its corners behind them
POINT = re.compile(_COORDINATE + _REMARK)
TWO_POINTS = re.compile(rf"{_COORDINATE}\s*,\s*{_COORDINATE}")
COMMAND = re.compile(r"([A-Z]{1,2})(?:\s+(.*))?", re.DOTALL)
VARIABLE = re.compile(r"([A-Z])\s*=\s*(.*)", re.DOTALL)
LEVEL = re.compile(r"FL\s*(\d{1,3})")
ALTITUDE = re.compile(rf"({_NUMBER})\s*(FT|F|M)?\s*(AMSL|MSL|ALT|STD|AGL|GND|SFC|ASFC)?(?:\s*\([^()]*\))?")
GROUND = re.compile(r"GND|SFC|0+(?:\s*(?:FT|F|M))?(?:\s*(?:AGL|GND|SFC|ASFC))?")
UNLIMITED = re.compile(r"(?:UNL|UNLIM|UNLTD|UNLIMITED)(?:\s*\([^()]*\))?")
LIMITS_ALLOWED = "FL95, 2500ft AMSL, 800m AMSL, 5000ft STD, GND (AL), UNL (AH)"
POINT_ALLOWED = "39:35:00 N 118:59:20 W or 39:35.0 N 118:59.3 W"

Point = tuple[int, int]  # latitude and longitude in 1e-7 degree
Reference = Qnh | Geoid | None


def areas(body: bytes, *, reference: Reference = None) -> Reading:
    """The areas that OpenAir text holds, with every wrong line.

    body: UTF-8, or else Latin-1; lines end in LF, CR LF or CR. reference: what altitudes above mean sea level
    are on; without it each of them is a finding. With a Qnh they are on STD, beside flight levels; with a
    Geoid on WGS84. WireError when the body has no AC record, or is larger than BODY_BYTES_MAX, RECORDS_MAX or
    ARC_CORNERS_MAX. Cost: about 0.1 ms a corner of an arc, and `footprints.checked` for each polygon.
    """
    if len(body) > BODY_BYTES_MAX:
        raise WireError(f"{len(body)} bytes", allowed=f"at most {BODY_BYTES_MAX}")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("latin-1")
    reader = _Reader(reference)
    for number, line in enumerate(END_OF_LINE.split(text), start=1):
        bare = line.partition("*")[0].strip()
        if bare:
            reader.take(bare, number)
    reader.close()
    if reader.records_count == 0:
        raise WireError("there is no AC record: this is no OpenAir text", at="line 1", allowed="AC R")
    return Reading(
        imported=tuple(reader.imported),
        findings=tuple(reader.findings.kept),
        more_count=reader.findings.more_count,
        left_out=tuple(sorted(reader.left_out.items())),
    )


class _Draft:
    """One record while it is read."""

    def __init__(self, record: Record, line: int) -> None:
        self.record, self.line = record, line
        self.said: dict[str, tuple[str, int]] = {}
        self.corners: list[Point] = []
        self.lines: list[int] = []  # of each corner
        self.circle: Footprint | None = None
        self.circle_line = line

    def wrong(self, command: str, line: int, what: str, allowed: str = "") -> None:
        self.record.wrong(command, what, allowed, line=line)


class _Reader:
    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.findings, self.left_out = Findings(), Counter[str]()
        self.imported: list[Imported] = []
        self.ids: dict[str, int] = {}
        self.records_count = 0
        self.arc_corners_count = 0
        self.draft: _Draft | None = None
        self.is_terrain = False
        self.centre: Point | None = None  # stays from record to record, as WinPilot's sample needs
        self.is_clockwise = True
        self.drawing: dict[str, Callable[[_Draft, str, int], None]] = {
            "DP": self._point,
            "DA": self._arc_between_bearings,
            "DB": self._arc_between_points,
            "DC": self._circle,
        }

    def take(self, bare: str, line: int) -> None:
        """Read one line without its comment."""
        found = COMMAND.fullmatch(bare.upper()) or COMMAND.match(bare.upper()[:2])
        command = found[1] if found else bare[:2]
        text = bare[len(command) :].strip()
        if command == "AC":
            self._start(text, line)
        elif command in ("TO", "TC"):
            self.close()
            self._new_record(line).wrong(command, line, "terrain is not imported")
            self.draft, self.is_terrain = None, True
        elif command == "V" and not self.is_terrain:
            self._variable(text, line)
        elif self.draft is not None:
            self._inside(self.draft, command, text, line)
        elif not self.is_terrain:
            Record(self.findings, 0).wrong(command, "stands before the first AC", line=line)

    def close(self) -> None:
        """End the record that is open, if one is."""
        draft, self.draft = self.draft, None
        if draft is None:
            return
        area = self._area(draft)
        if area is not None and draft.record.is_sound:
            named = "" if draft.record.identity is None else f' "{draft.record.identity}"'
            self.imported.append(
                Imported(value=area, at=f"line {draft.line}, record {draft.record.index}{named}")
            )

    def _new_record(self, line: int) -> _Draft:
        if self.records_count >= RECORDS_MAX:
            raise WireError("too many records", at=f"line {line}", allowed=f"at most {RECORDS_MAX}")
        self.draft = _Draft(Record(self.findings, self.records_count), line)
        self.records_count += 1
        return self.draft

    def _start(self, text: str, line: int) -> None:
        self.close()
        draft = self._new_record(line)
        self.is_terrain, self.is_clockwise = False, True
        draft.said["AC"] = (text.upper(), line)
        if not text:
            draft.wrong("AC", line, "there is no class", "A to G, R, Q, P, CTR, UNC and others")

    def _inside(self, draft: _Draft, command: str, text: str, line: int) -> None:
        if command in self.drawing:
            try:
                self.drawing[command](draft, text, line)
            except ValueError as wrong:
                draft.wrong(command, line, str(wrong))
        elif command in ("AN", "AI", "AY", "AH", "AL"):
            if command in draft.said:
                draft.wrong(
                    command, line, f"is said already in line {draft.said[command][1]}", "once in a record"
                )
            draft.said[command] = (text, line)
            if command == "AN":
                draft.record.identity = text
        elif command in NO_PLACE:
            self.left_out[command] += 1
        elif command == "DY":
            if command not in draft.said:
                draft.wrong(
                    command, line, "an airway is not imported", "DP corners, or a corridor in GeoJSON"
                )
            draft.said[command] = (text, line)
        else:
            draft.wrong(command, line, "is no command that is known")

    def _variable(self, text: str, line: int) -> None:
        found = VARIABLE.fullmatch(text)
        name, value = (found[1], found[2].strip()) if found else ("", "")
        record = self.draft.record if self.draft is not None else Record(self.findings, 0)
        match name:
            case "X":
                self.centre = None  # should the new one be wrong, the old one must not be drawn about
                try:
                    self.centre = _one_point(value)
                except ValueError as wrong:
                    record.wrong("V X", str(wrong), POINT_ALLOWED, line=line)
            case "D" if value[:1] in ("+", "-"):
                self.is_clockwise = value[0] == "+"
            case "W":
                record.wrong("V W", "the width of an airway is not imported", line=line)
            case "Z":
                self.left_out["V Z"] += 1
            case _:
                record.wrong("V", "is no variable that is known", "X=…, D=+, D=-", line=line)

    # --- outline ---

    def _add(self, draft: _Draft, points: list[Point], line: int) -> None:
        for point in points:
            if not draft.corners or draft.corners[-1] != point:
                draft.corners.append(point)
                draft.lines.append(line)
        if len(draft.corners) > VERTICES_MAX + 1:
            draft.corners, draft.lines = draft.corners[:1], draft.lines[:1]
            raise ValueError(f"more than {VERTICES_MAX} corners")

    def _add_arc(self, draft: _Draft, points: list[Point], line: int) -> None:
        self.arc_corners_count += len(points)
        if self.arc_corners_count > ARC_CORNERS_MAX:
            allowed = f"at most {ARC_CORNERS_MAX}"
            raise WireError("too many corners of arcs in the file", at=f"line {line}", allowed=allowed)
        self._add(draft, points, line)

    def _about(self) -> Point:
        if self.centre is None:
            raise ValueError("there is no centre: V X=… must stand before it")
        return self.centre

    def _point(self, draft: _Draft, text: str, line: int) -> None:
        self._add(draft, [_one_point(text)], line)

    def _circle(self, draft: _Draft, text: str, line: int) -> None:
        (radius_nm,) = _numbers(text, 1)
        if draft.circle is not None:
            raise ValueError(f"a second circle in one record, after that of line {draft.circle_line}")
        draft.circle_line = line
        draft.circle = footprints.circle(self._about(), mm_from_nm(radius_nm))

    def _arc_between_bearings(self, draft: _Draft, text: str, line: int) -> None:
        radius_nm, start_deg, end_deg = _numbers(text, 3)
        if max(start_deg, end_deg) > TURN_DEG:
            raise ValueError("a bearing is 0 to 360 degrees")
        if start_deg == end_deg:
            raise ValueError("an arc from a bearing to itself: write DC for a circle")
        radius_m = mm_from_nm(radius_nm) / MM_PER_M
        sweep_deg = self._sweep_deg(start_deg, end_deg)
        self._add_arc(draft, arc(self._about(), radius_m, radius_m, start_deg, sweep_deg), line)

    def _arc_between_points(self, draft: _Draft, text: str, line: int) -> None:
        start, end = _two_points(text)
        start_deg, start_m = bearing_and_distance(self._about(), start)
        end_deg, end_m = bearing_and_distance(self._about(), end)
        if abs(start_m - end_m) > RADII_DIFFER_MAX_RATIO * max(start_m, end_m):
            nm = [f"{radius_m / M_PER_NM:.2f} NM" for radius_m in (start_m, end_m)]
            raise ValueError(f"the ends are {nm[0]} and {nm[1]} from the centre: this is no arc")
        between = arc(self._about(), start_m, end_m, start_deg, self._sweep_deg(start_deg, end_deg))[1:-1]
        self._add_arc(draft, [start, *between, end], line)

    def _sweep_deg(self, start_deg: float, end_deg: float) -> float:
        """From the one bearing to the other, in the direction set; a whole turn from 0 to 360."""
        turned_deg = (
            end_deg - start_deg if self.is_clockwise else start_deg - end_deg
        ) % TURN_DEG or TURN_DEG
        return turned_deg if self.is_clockwise else -turned_deg

    # --- the whole ---

    def _area(self, draft: _Draft) -> Area | None:
        band = _band(draft, self.reference)
        footprint = _footprint(draft)
        if band is None or footprint is None or not draft.record.is_sound:
            return None
        name, line = draft.said.get("AN", ("", draft.line))
        try:
            return Area(
                area_id=self._id(draft),
                kind=_kind(draft),
                footprint=footprint,
                datum=band.datum,
                lower_mm=band.lower_mm,
                upper_mm=band.upper_mm,
                name=name or None,
            )
        except ValueError as wrong:
            draft.wrong("AN" if "name" in str(wrong)[:4] else "AL", line, str(wrong))
            return None

    def _id(self, draft: _Draft) -> str:
        text = draft.said.get("AI", ("", 0))[0] or draft.said.get("AN", ("", 0))[0]
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
        base = re.sub(r"[^A-Za-z0-9._-]+", "-", plain)[:ID_LENGTH_MAX].strip("-._") or f"line-{draft.line}"
        wanted, number = base, 1
        while wanted in self.ids:
            number = self.ids[base] = self.ids[base] + 1
            wanted = f"{base}-{number}"
        self.ids[wanted] = 1
        return wanted


def _kind(draft: _Draft) -> AreaKind:
    said = draft.said.get("AY", ("", 0))[0].upper()
    if said not in ("", NOT_SAID):
        return TYPES.get(said, AreaKind.OTHER)
    return KINDS.get(draft.said["AC"][0], AreaKind.OTHER)


def _footprint(draft: _Draft) -> Footprint | None:
    """The outline, if it is sound; a finding that names the lines of the corners, if not."""
    corners, lines = draft.corners, draft.lines
    if draft.circle is not None:
        if corners:
            draft.wrong("DC", draft.circle_line, "a circle and other edges in one record", "one of them")
            return None
        return draft.circle
    if not draft.record.is_sound:
        return None  # corners may be missing because of what is told already
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners, lines = corners[:-1], lines[:-1]
    try:
        return footprints.checked(footprints.polygon(corners))
    except ValueError as wrong:
        what = re.sub(r"vertex (\d+)", lambda found: f"the corner of line {lines[int(found[1])]}", str(wrong))
        draft.wrong("DP", draft.line, what, "an outline that neither crosses nor touches itself")
        return None


# --- limits -----------------------------------------------------------------------------------------------


def _band(draft: _Draft, reference: Reference) -> Band | None:
    """Floor and ceiling on one datum; None, with findings, when one is wrong."""
    missing = [command for command in ("AL", "AH") if command not in draft.said]
    for command in missing:
        draft.wrong(command, draft.line, "is missing", LIMITS_ALLOWED)
    if missing:
        return None
    limits: dict[str, _Limit | None] = {}
    for command in ("AL", "AH"):
        text, line = draft.said[command]
        try:
            limits[command] = _limit(text.upper(), reference, is_upper=command == "AH")
        except ValueError as wrong:
            draft.wrong(command, line, str(wrong), LIMITS_ALLOWED)
    if len(limits) < 2:
        return None
    try:
        return _joined(limits["AL"], limits["AH"], reference)
    except ValueError as wrong:
        draft.wrong("AL", draft.said["AL"][1], str(wrong))
        return None


class _Limit(msgspec.Struct, frozen=True):
    """An altitude in millimetres, above mean sea level or else above 1013.25 hPa."""

    altitude_mm: int
    is_above_sea: bool


def _limit(text: str, reference: Reference, *, is_upper: bool) -> _Limit | None:
    """What AL or AH says, in capitals; None for the end of all volumes. ValueError when it is no limit."""
    if GROUND.fullmatch(text):
        if is_upper:
            raise ValueError("the ground is no ceiling")
        return None
    if UNLIMITED.fullmatch(text):
        if not is_upper:
            raise ValueError("a floor is not unlimited")
        return None
    found = LEVEL.fullmatch(text)
    if found:
        return _Limit(level_mm(flight_level(int(found[1]))), is_above_sea=False)
    found = ALTITUDE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is no limit")
    if found[3] in ("AGL", "GND", "SFC", "ASFC"):
        raise ValueError("a height above the ground needs terrain, which is not known here")
    if found[3] != "STD" and reference is None:
        raise ValueError("above mean sea level: say on which QNH, or above which geoid, the file is")
    number = float(found[1])
    altitude_mm = mm_from_m(number) if found[2] == "M" else mm_from_ft(number)
    return _Limit(altitude_mm, is_above_sea=found[3] != "STD")


def _joined(lower: _Limit | None, upper: _Limit | None, reference: Reference) -> Band:
    said = [limit for limit in (lower, upper) if limit is not None]
    if isinstance(reference, Geoid) and len({limit.is_above_sea for limit in said}) == 2:
        raise ValueError("one limit is above the geoid, the other a pressure altitude: say the QNH instead")
    low, high = (None if limit is None else _placed(limit, reference) for limit in (lower, upper))
    datum = next((band.datum for band in (low, high) if band is not None), Datum.WGS84)
    return Band(
        datum=datum,
        lower_mm=ALTITUDE_LOWEST_MM if low is None else low.lower_mm,
        upper_mm=ALTITUDE_HIGHEST_MM if high is None else high.upper_mm,
    )


def _placed(limit: _Limit, reference: Reference) -> Band:
    if limit.is_above_sea:
        return from_amsl(limit.altitude_mm, limit.altitude_mm, reference=reference)
    return Band(datum=Datum.STD, lower_mm=limit.altitude_mm, upper_mm=limit.altitude_mm)


# --- numbers and points -----------------------------------------------------------------------------------


def _numbers(text: str, count: int) -> list[float]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != count or not all(re.fullmatch(_NUMBER, part) for part in parts):
        raise ValueError(f"{text[:40]!r} is not {count} numbers with commas between, none below 0")
    return [float(part) for part in parts]


def _one_point(text: str) -> Point:
    found = POINT.fullmatch(text.upper())
    if found is None:
        raise ValueError(f"{text[:40]!r} is no point such as {POINT_ALLOWED}")
    return _point(found.groups())


def _two_points(text: str) -> tuple[Point, Point]:
    found = TWO_POINTS.fullmatch(text.upper())
    if found is None:
        raise ValueError(f"{text[:80]!r} is not two points with a comma between, such as {POINT_ALLOWED}")
    groups = found.groups()
    return _point(groups[:8]), _point(groups[8:])


def _point(groups: tuple[str | None, ...]) -> Point:
    latitude_e7deg = _angle_e7deg(groups[:3], is_negative=groups[3] == "S")
    longitude_e7deg = _angle_e7deg(groups[4:7], is_negative=groups[7] == "W")
    if abs(latitude_e7deg) > LATITUDE_MAX_E7DEG:
        raise ValueError("latitude is beyond 90 degrees")
    if abs(longitude_e7deg) > LONGITUDE_MAX_E7DEG:
        raise ValueError("longitude is beyond 180 degrees")
    return latitude_e7deg, longitude_e7deg


def _angle_e7deg(groups: tuple[str | None, ...], *, is_negative: bool) -> int:
    """Degrees, minutes and, unless the minutes have a fraction, seconds; nearest 1e-7 degree."""
    degrees, minutes, seconds = (Fraction(group or "0") for group in groups)
    if minutes >= 60 or seconds >= 60:
        raise ValueError("minutes and seconds are below 60")
    if groups[2] is not None and minutes.denominator != 1:
        raise ValueError("minutes have a fraction, or seconds follow them, not both")
    whole_e7deg = round((degrees + minutes / 60 + seconds / 3600) * E7_PER_DEG)
    return -whole_e7deg if is_negative else whole_e7deg
