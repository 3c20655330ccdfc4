"""Tracks: what a source says of an aircraft, kept as it was said. Nothing is predicted and nothing smoothed.

A track is the last report that can be true beside the ones before it. A report farther away than any aircraft
flies in the time between is marked, not believed: it moves the track only after several such reports agree
with each other, and the track then stays marked for a while. Between reports a track stands still and its
age grows; no position is invented.
"""

import re
from enum import StrEnum

import msgspec

from mamarr.geometry import geodesy
from mamarr.geometry.altitude import ALTITUDE_HIGHEST_MM, ALTITUDE_LOWEST_MM
from mamarr.geometry.footprints import LATITUDE_MAX_E7DEG, LONGITUDE_MAX_E7DEG
from mamarr.geometry.units import deg_from_e7deg
from mamarr.geometry.volumes import TIME_LAST_MS
from mamarr.names import OBJECT_ID, matched

ICAO_ADDRESS = re.compile(r"[0-9A-F]{6}")  # 24 bits, as in item 18 of a flight plan (CODE/)
CALLSIGN = re.compile(r"[A-Z0-9]{2,7}")

TRACKS_MAX = 20_000  # chosen: more than all aircraft aloft at once over the whole world
HISTORY_MAX = 60  # chosen: a tail on the map; ten minutes in steps of HISTORY_STEP_MS
HISTORY_STEP_MS = 10_000  # chosen: closer dots run into each other on a map of a region
FORGOTTEN_AFTER_MS = 1_800_000  # chosen: half an hour; until then a silent track is shown with its age
AHEAD_MAX_MS = 2_000  # chosen: a report from farther in the future has a wrong clock
SPEED_MAX_MPS = 900.0  # chosen: above the top speed of aircraft in service; a satellite's 7,000 is not it
JUMP_SLACK_M = 2_000.0  # chosen: times rounded to a second at SPEED_MAX_MPS, both ways, and a sensor's error
REACQUIRED_COUNT = 10  # chosen: so many reports must agree with each other before a jump is followed,
REACQUIRED_AFTER_MS = 30_000  # chosen: and for so long
SUSPECT_FOR_MS = 300_000  # chosen: so long after the last implausible report a track stays marked
GROUND_SPEED_MAX_MPS = 2_000.0  # chosen: what is faster is a slip of units
VERTICAL_RATE_MAX_MPS = 1_000.0  # chosen, the same
QUALITY_MAX_COUNT = 15  # NIC and NACp are written in four bits


class Quality(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """How good the aircraft says its position is; None where it does not say.

    nic: navigation integrity category. nacp: navigation accuracy category for position. sil: source
    integrity level. ValueError outside 0 to 15.
    """

    nic: int | None = None
    nacp: int | None = None
    sil: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("nic", self.nic), ("nacp", self.nacp), ("sil", self.sil)):
            if value is not None and not 0 <= value <= QUALITY_MAX_COUNT:
                raise ValueError(f"{name} {value} is not 0 to {QUALITY_MAX_COUNT}")


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One report of one source about one aircraft.

    source_id: the feed. icao_address: 24 bits in six capital hexadecimal digits. source_track: the source's
    own name for it, for an aircraft without an address; one of the two is there. time_ms: when the position
    was true; received_ms: when it reached us; both since 1970-01-01T00:00:00Z. altitude_pressure_mm: above
    1013.25 hPa; altitude_wgs84_mm: above the ellipsoid; either may be missing, none is made from the other.
    track_deg: clockwise from true north. is_self_report: the aircraft itself says so (ADS-B). is_recorded:
    not happening now. ValueError when something is out of range.
    """

    source_id: str
    latitude_e7deg: int
    longitude_e7deg: int
    time_ms: int
    received_ms: int
    is_self_report: bool
    is_recorded: bool = False
    icao_address: str | None = None
    source_track: str | None = None
    callsign: str | None = None
    altitude_pressure_mm: int | None = None
    altitude_wgs84_mm: int | None = None
    ground_speed_mps: float | None = None
    track_deg: float | None = None
    vertical_rate_mps: float | None = None
    is_on_ground: bool | None = None
    quality: Quality | None = None

    def __post_init__(self) -> None:
        matched("source_id", self.source_id, OBJECT_ID)
        if self.icao_address is None and self.source_track is None:
            raise ValueError("neither an address nor the source's own name")
        for name, text, form in (
            ("icao_address", self.icao_address, ICAO_ADDRESS),
            ("source_track", self.source_track, OBJECT_ID),
            ("callsign", self.callsign, CALLSIGN),
        ):
            if text is not None:
                matched(name, text, form)
        ranges = (
            ("latitude", self.latitude_e7deg, -LATITUDE_MAX_E7DEG, LATITUDE_MAX_E7DEG),
            ("longitude", self.longitude_e7deg, -LONGITUDE_MAX_E7DEG, LONGITUDE_MAX_E7DEG),
            ("time", self.time_ms, 0, TIME_LAST_MS),
            ("received", self.received_ms, 0, TIME_LAST_MS),
            ("pressure altitude", self.altitude_pressure_mm, ALTITUDE_LOWEST_MM, ALTITUDE_HIGHEST_MM),
            ("WGS-84 altitude", self.altitude_wgs84_mm, ALTITUDE_LOWEST_MM, ALTITUDE_HIGHEST_MM),
            ("ground speed", self.ground_speed_mps, 0, GROUND_SPEED_MAX_MPS),
            ("track", self.track_deg, 0, 360),
            ("vertical rate", self.vertical_rate_mps, -VERTICAL_RATE_MAX_MPS, VERTICAL_RATE_MAX_MPS),
        )
        for name, value, low, high in ranges:
            if value is not None and not low <= value <= high:  # NaN fails too
                raise ValueError(f"{name} {value} is not {low} to {high}")

    @property
    def key(self) -> str:
        """Which track it belongs to: the source and the address, or the source's own name."""
        return f"{self.source_id}/{self.icao_address or '#' + (self.source_track or '')}"


def source_of(key: str) -> str:
    """The source that says the track with this key; no source's name has a stroke in it."""
    return key.partition("/")[0]


class Outcome(StrEnum):
    """What became of a report."""

    MOVED = "MOVED"  # the track is where it says
    IMPLAUSIBLE = "IMPLAUSIBLE"  # kept beside the track, which did not move
    REACQUIRED = "REACQUIRED"  # enough implausible ones agreed: the track jumped, and is marked
    DUPLICATE = "DUPLICATE"
    OUT_OF_ORDER = "OUT_OF_ORDER"  # older than what the track has
    FUTURE = "FUTURE"  # its clock is ahead of when it came
    TOO_OLD = "TOO_OLD"  # would be forgotten at once
    NO_ROOM = "NO_ROOM"  # TRACKS_MAX: shown as a limit reached, never dropped without a word
    UNKNOWN_FEED = "UNKNOWN_FEED"


class Plausibility(StrEnum):
    """Whether a track's reports can be true beside each other."""

    PLAUSIBLE = "PLAUSIBLE"
    IMPLAUSIBLE = "IMPLAUSIBLE"


class Dot(msgspec.Struct, frozen=True, gc=False):
    """Where a track was."""

    time_ms: int
    latitude_e7deg: int
    longitude_e7deg: int


class Track(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one source says of one aircraft.

    last: the newest believed report. history: earlier places, oldest first, at most HISTORY_MAX. callsign:
    the last one said. doubted: the newest report that was not believed; doubted_first_ms, doubted_count:
    since when, and how many in a row agree with each other. doubted_ms: when one was last not believed.
    jumps_count: how often doubted reports were followed in the end.
    """

    key: str
    last: Report
    history: tuple[Dot, ...] = ()
    callsign: str | None = None
    doubted: Report | None = None
    doubted_first_ms: int = 0
    doubted_count: int = 0
    doubted_ms: int | None = None
    jumps_count: int = 0


def age_ms(track: Track, now_ms: int) -> int:
    """How old the position is, in milliseconds; 0 when its time is not over yet."""
    return max(0, now_ms - track.last.time_ms)


def plausibility(track: Track, now_ms: int) -> Plausibility:
    """IMPLAUSIBLE while a report was not believed in the last SUSPECT_FOR_MS."""
    if track.doubted_ms is not None and now_ms - track.doubted_ms < SUSPECT_FOR_MS:
        return Plausibility.IMPLAUSIBLE
    return Plausibility.PLAUSIBLE


def is_reachable(before: Report, after: Report) -> bool:
    """Whether an aircraft can be where both say: at most SPEED_MAX_MPS over the time between, and a slack.

    The distance is the WGS-84 geodesic's; a nearby pair is let through by a bound that is never shorter.
    """
    allowed_m = JUMP_SLACK_M + SPEED_MAX_MPS * abs(after.time_ms - before.time_ms) / 1_000
    # One 1e-7 degree is at most 11.17 mm along a meridian (at the poles) and 11.14 mm along the equator.
    turned = abs(after.longitude_e7deg - before.longitude_e7deg)
    if 0.0112 * (abs(after.latitude_e7deg - before.latitude_e7deg) + turned) <= allowed_m:
        return True
    return distance_m(before, after) <= allowed_m


def distance_m(one: Report, other: Report) -> float:
    """How far two reports are apart along the WGS-84 ellipsoid, in metres, levels apart."""
    return geodesy.distance_m(
        deg_from_e7deg(one.latitude_e7deg),
        deg_from_e7deg(one.longitude_e7deg),
        deg_from_e7deg(other.latitude_e7deg),
        deg_from_e7deg(other.longitude_e7deg),
    )


def followed(track: Track | None, report: Report) -> tuple[Track, Outcome]:
    """The track after `report`, and what became of it. Answers the same track when nothing changed."""
    if track is None:
        return Track(key=report.key, last=report, callsign=report.callsign), Outcome.MOVED
    if report.time_ms == track.last.time_ms or _is_same(track.doubted, report):
        return track, Outcome.DUPLICATE
    if report.time_ms < track.last.time_ms:
        return track, Outcome.OUT_OF_ORDER
    if is_reachable(track.last, report):
        moved = _moved(track, report)
        return msgspec.structs.replace(moved, doubted=None, doubted_count=0), Outcome.MOVED
    return _doubted(track, report)


def _is_same(doubted: Report | None, report: Report) -> bool:
    return doubted is not None and doubted.time_ms == report.time_ms


def _moved(track: Track, report: Report) -> Track:
    last, history = track.last, track.history
    if not history or last.time_ms - history[-1].time_ms >= HISTORY_STEP_MS:
        dot = Dot(last.time_ms, last.latitude_e7deg, last.longitude_e7deg)
        history = (*history[-(HISTORY_MAX - 1) :], dot)
    callsign = track.callsign if report.callsign is None else report.callsign
    return msgspec.structs.replace(track, last=report, history=history, callsign=callsign)


def _doubted(track: Track, report: Report) -> tuple[Track, Outcome]:
    before = track.doubted
    agrees = before is not None and report.time_ms > before.time_ms and is_reachable(before, report)
    count = track.doubted_count + 1 if agrees else 1
    first_ms = track.doubted_first_ms if agrees else report.time_ms
    if count >= REACQUIRED_COUNT and report.time_ms - first_ms >= REACQUIRED_AFTER_MS:
        moved = _moved(track, report)
        reacquired = msgspec.structs.replace(
            moved,
            doubted=None,
            doubted_count=0,
            doubted_ms=report.time_ms,
            jumps_count=track.jumps_count + 1,
        )
        return reacquired, Outcome.REACQUIRED
    doubted = msgspec.structs.replace(
        track, doubted=report, doubted_first_ms=first_ms, doubted_count=count, doubted_ms=report.time_ms
    )
    return doubted, Outcome.IMPLAUSIBLE


class Tracks:
    """All tracks, by key: at most TRACKS_MAX. It has no clock; `forget` is told the time."""

    def __init__(self) -> None:
        self._by_key: dict[str, Track] = {}

    def heard(self, report: Report) -> Outcome:
        """Take one report in and say what became of it. Cost: constant."""
        if report.time_ms > report.received_ms + AHEAD_MAX_MS:
            return Outcome.FUTURE
        before = self._by_key.get(report.key)
        if before is None and report.received_ms - report.time_ms > FORGOTTEN_AFTER_MS:
            return Outcome.TOO_OLD
        if before is None and len(self._by_key) >= TRACKS_MAX:
            return Outcome.NO_ROOM
        self._by_key[report.key], outcome = followed(before, report)
        return outcome

    def forget(self, now_ms: int) -> tuple[Track, ...]:
        """Drop the tracks not heard of for FORGOTTEN_AFTER_MS and answer them. Cost: one look at each."""
        gone = tuple(t for t in self._by_key.values() if now_ms - _heard_ms(t) > FORGOTTEN_AFTER_MS)
        for track in gone:
            del self._by_key[track.key]
        return gone

    def all(self) -> tuple[Track, ...]:
        """Every track, in the order in which they were first heard."""
        return tuple(self._by_key.values())

    def get(self, key: str) -> Track | None:
        """The track of that key, if there is one."""
        return self._by_key.get(key)

    def __len__(self) -> int:
        return len(self._by_key)


def _heard_ms(track: Track) -> int:
    """When it was last heard of, believed or not: what is doubted is not forgotten while it speaks."""
    return max(track.last.time_ms, track.doubted_ms or 0)
