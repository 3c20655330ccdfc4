"""Live: one turn of the watch. Reports go in as they come; a cycle answers what is seen now and what changed.

No clock, no socket: the live process calls `heard` for each report and `cycle` once a second. Changes are
wishes: the decider decides on them. `Cycle.standing` repeats every condition that holds, so that a wish lost
on the way, or a restart of either side, is made good by comparing it with the log.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from mamarr.geometry.units import mm_from_m
from mamarr.names import AlertType
from mamarr.surveillance.alerts import ClearAlert, Measured, RaiseAlert
from mamarr.surveillance.conformance import (
    NO_WATCH,
    WINDOW_COUNT,
    WITHIN_FOR_MS,
    Deviation,
    Phase,
    Route,
    Watch,
    conditions,
    deviations,
    is_deviating,
    is_far_ahead,
    watched,
)
from mamarr.surveillance.correlation import FRESH_MS, Claim, Directory, Expected, Standing, together
from mamarr.surveillance.feeds import Coverage, Feed, Feeds
from mamarr.surveillance.tracks import Outcome, Plausibility, Report, Track, Tracks, age_ms, plausibility

T = TypeVar("T")

DIRECTORY_FOR_MS = 60_000  # chosen: windows of an hour and more need no finer look
AIRBORNE_SPEED_MIN_MPS = 40.0  # chosen: faster is flying, when nothing says on the ground
ALTITUDE_UNKNOWN_MM = -(2**31)  # below every altitude there is

TRACK_ROW = np.dtype(
    [
        ("latitude_e7deg", np.int32),
        ("longitude_e7deg", np.int32),
        ("altitude_pressure_mm", np.int64),
        ("altitude_wgs84_mm", np.int64),
        ("ground_speed_mps", np.float32),
        ("track_deg", np.float32),
        ("vertical_rate_mps", np.float32),
        ("time_ms", np.int64),
        ("age_ms", np.int64),
        ("lateral_m", np.float32),
        ("vertical_mm", np.int64),
        ("is_self_report", np.bool_),
        ("is_recorded", np.bool_),
        ("is_implausible", np.bool_),
    ]
)


class Seen(StrEnum):
    """What was observed of a flight."""

    AIRBORNE = "AIRBORNE"
    JOINED = "JOINED"  # seen on its route for the first time
    ON_LEG = "ON_LEG"  # on another leg than before
    PASSED = "PASSED"  # past the end of its route
    ON_GROUND = "ON_GROUND"  # after it was AIRBORNE


class Observation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something seen of a flight. Without `is_corroborated` it may add protection and never take any away."""

    flight_id: str
    track: str
    seen: Seen
    time_ms: int
    leg_index: int
    is_corroborated: bool
    is_recorded: bool


class ClaimChange(msgspec.Struct, frozen=True, kw_only=True):
    """A track's claim became another. From CLAIMED or CORROBORATED to NONE or DISPUTED it is retracted."""

    before: Claim
    after: Claim


Change = ClaimChange | Observation | RaiseAlert | ClearAlert


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """What one cycle saw. Nothing in it changes later.

    tracks: keys, in the order of the rows. rows: (N,) of TRACK_ROW, read-only; NaN and ALTITUDE_UNKNOWN_MM
    where nothing was said or nothing is compared. callsigns, claims: one for each row. changes: since the
    cycle before, in order. standing: each condition that holds, as it would be raised now. refused_count: of
    reports, by what became of them, since the cycle before.
    """

    now_ms: int
    tracks: tuple[str, ...]
    rows: npt.NDArray[np.void]
    callsigns: tuple[str | None, ...]
    claims: tuple[Claim, ...]
    changes: tuple[Change, ...]
    standing: tuple[RaiseAlert, ...]
    coverage: tuple[Coverage, ...]
    refused_count: dict[Outcome, int]


class Held(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An alert whose condition holds, as far as the record knows. is_self_report: what it was raised by."""

    kind: AlertType
    subject: str
    is_self_report: bool


class _Flight:
    """What is remembered of a flight that a track claims."""

    def __init__(self, expected: Expected) -> None:
        self.expected = expected
        self.route = Route(expected)
        self.watches: dict[str, Watch] = {}
        self.raised_by: dict[AlertType, dict[str, Report]] = {kind: {} for kind in AlertType}
        self.measured: dict[AlertType, Measured] = {}  # of what this process warned about
        self.is_airborne = False
        self.is_deviating = False  # some condition holds, or may: most flights are not looked at twice


class Live:
    """Tracks, claims and conditions over time. feeds: all that may speak; a report of another is refused."""

    def __init__(self, feeds: tuple[Feed, ...]) -> None:
        self._feeds = Feeds(feeds)
        self._tracks = Tracks()
        self._refused_count: dict[Outcome, int] = {}
        self._flights: dict[str, _Flight] = {}
        self._claims: dict[str, Claim] = {}
        self._expected: Sequence[Expected] = ()
        self._directory = Directory((), 0)
        self._directory_ms = 0

    def heard(self, report: Report) -> Outcome:
        """Take one report in; answers what became of it."""
        if report.source_id not in self._feeds:
            outcome = Outcome.UNKNOWN_FEED
        else:
            self._feeds.heard(report.source_id, report.received_ms)
            outcome = self._tracks.heard(report)
        if outcome is not Outcome.MOVED:
            self._refused_count[outcome] = self._refused_count.get(outcome, 0) + 1
        return outcome

    def alive(self, feed_id: str, received_ms: int) -> None:
        """A feed said that it lives, without a report. ValueError for one not declared."""
        self._feeds.heard(feed_id, received_ms)

    def tracks(self) -> tuple[Track, ...]:
        """Every track, in the order of a cycle's rows."""
        return self._tracks.all()

    def over(self, held: Iterable[Held]) -> tuple[ClearAlert, ...]:
        """Of alerts that are held elsewhere, those whose condition is seen not to hold.

        So a lost wish to end one is made good. What is not watched is not said to be over: silence, a
        dispute or a restart ends nothing, and a self-report ends only what a self-report began (THREATS 8).
        """
        return tuple(ClearAlert(kind=each.kind, subject=each.subject) for each in held if self._is_over(each))

    def _is_over(self, held: Held) -> bool:
        flight = self._flights.get(held.subject)
        if flight is None or flight.raised_by[held.kind]:
            return False
        watches = {
            key: watch
            for key, watch in flight.watches.items()
            if key in self._claims and self._claims[key].flight_id == held.subject
        }
        if not held.is_self_report and all(self._is_self_report(key) for key in watches):
            return False
        is_own = held.kind in flight.measured
        return bool(watches) and all(
            _has_ended(watch, held.kind, is_own=is_own) for watch in watches.values()
        )

    def _is_self_report(self, key: str) -> bool:
        track = self._tracks.get(key)
        return track is None or track.last.is_self_report

    def cycle(self, now_ms: int, expected: Sequence[Expected]) -> Cycle:
        """One turn at `now_ms`. expected: all flights to look for; the same object again costs nothing.

        ValueError as `Directory`. Cost: one look at each track, one at each chord of a claimed route whose
        track has something new.
        """
        changes: list[Change] = []
        gone = {track.key for track in self._tracks.forget(now_ms)}
        for flight in self._flights.values() if gone else ():
            flight.watches = {key: watch for key, watch in flight.watches.items() if key not in gone}
        self._look_for(expected, now_ms, changes)
        tracks = {track.key: track for track in self._tracks.all()}
        claims = self._claimed(tracks, now_ms, changes)
        self._watch(tracks, claims, now_ms, changes)
        standing = self._conditions(tracks, claims, changes)
        refused_count, self._refused_count = self._refused_count, {}
        listed = tuple(tracks.values())
        return Cycle(
            now_ms=now_ms,
            tracks=tuple(tracks),
            rows=self._rows(listed, claims, now_ms),
            callsigns=tuple(track.callsign for track in listed),
            claims=tuple(claims[key] for key in tracks),
            changes=tuple(changes),
            standing=standing,
            coverage=self._feeds.coverage(now_ms, _fresh_count(listed, now_ms)),
            refused_count=refused_count,
        )

    def _look_for(self, expected: Sequence[Expected], now_ms: int, changes: list[Change]) -> None:
        """Take another list of flights in; who is no longer on it is no longer warned about."""
        same = expected is self._expected
        if same and 0 <= now_ms - self._directory_ms < DIRECTORY_FOR_MS:
            return
        self._directory = Directory(expected, now_ms)
        self._expected, self._directory_ms = expected, now_ms
        for flight_id, flight in list(self._flights.items()):
            filed = self._directory.flights.get(flight_id)
            if filed is None:
                kinds = [kind for kind in AlertType if flight.raised_by[kind]]
                changes += [ClearAlert(kind=kind, subject=flight_id) for kind in kinds]
                del self._flights[flight_id]
            elif filed != flight.expected:  # revised: what was seen stays, what it is compared with changes
                flight.expected, flight.route = filed, Route(filed)

    def _claimed(self, tracks: Mapping[str, Track], now_ms: int, changes: list[Change]) -> dict[str, Claim]:
        by_itself = {
            key: self._directory.claim(key, track.last.icao_address, track.callsign)
            for key, track in tracks.items()
        }
        claims = together(by_itself, tracks, now_ms)
        for key, claim in claims.items():
            before = self._claims.get(key)
            if (before or Claim(track=key)) != claim:
                changes.append(ClaimChange(before=before or Claim(track=key), after=claim))
        for key, before in self._claims.items():
            if key not in claims and before.standing is not Standing.NONE:
                changes.append(ClaimChange(before=before, after=Claim(track=key)))
        self._claims = claims
        return claims

    def _watch(
        self, tracks: Mapping[str, Track], claims: Mapping[str, Claim], now_ms: int, changes: list[Change]
    ) -> None:
        """Measure each claimed track that has something new."""
        found: list[tuple[_Flight, Track, Claim]] = []
        for key, claim in claims.items():
            if (flight_id := claim.flight_id) is None:
                continue
            if flight_id not in self._flights:
                self._flights[flight_id] = _Flight(self._directory.flights[flight_id])
            flight = self._flights[flight_id]
            if tracks[key].last.time_ms > flight.watches.get(key, NO_WATCH).time_ms:
                found.append((flight, tracks[key], claim))
        measured = deviations([flight.route for flight, _, _ in found], [track.last for _, track, _ in found])
        for (flight, track, claim), deviation in zip(found, measured, strict=True):
            before = flight.watches.get(track.key, NO_WATCH)
            # A track in doubt may raise an alert and not end one.
            sound = plausibility(track, now_ms) is Plausibility.PLAUSIBLE
            after = watched(before, flight.expected, track.last, deviation, may_end=sound)
            flight.watches[track.key] = after
            flight.is_deviating = flight.is_deviating or is_deviating(after)
            changes += _observed(flight, track.last, claim, before, after)

    def _conditions(
        self, tracks: Mapping[str, Track], claims: Mapping[str, Claim], changes: list[Change]
    ) -> tuple[RaiseAlert, ...]:
        """Which conditions hold; wishes for those that began or ended since the cycle before."""
        standing: list[RaiseAlert] = []
        for flight_id, flight in self._flights.items():
            if not flight.is_deviating:
                continue
            for kind in AlertType:
                was_on = bool(flight.raised_by[kind])
                _raisers(flight, kind, tracks, claims)
                if flight.raised_by[kind]:
                    measured = _measured(flight, kind, claims) or flight.measured[kind]
                    flight.measured[kind] = measured
                    standing.append(RaiseAlert(kind=kind, subject=flight_id, measured=measured))
                    changes += [] if was_on else [standing[-1]]
                elif was_on:
                    changes.append(ClearAlert(kind=kind, subject=flight_id))
            flight.is_deviating = any(flight.raised_by.values())
        return tuple(standing)

    def _rows(
        self, tracks: Sequence[Track], claims: Mapping[str, Claim], now_ms: int
    ) -> npt.NDArray[np.void]:
        rows = np.array([self._row(track, claims[track.key], now_ms) for track in tracks], dtype=TRACK_ROW)
        rows.flags.writeable = False
        return rows

    def _row(self, track: Track, claim: Claim, now_ms: int) -> tuple[float | None, ...]:
        last, deviation = track.last, self._deviation(track, claim)
        return (
            last.latitude_e7deg,
            last.longitude_e7deg,
            _said(last.altitude_pressure_mm, ALTITUDE_UNKNOWN_MM),
            _said(last.altitude_wgs84_mm, ALTITUDE_UNKNOWN_MM),
            _said(last.ground_speed_mps, math.nan),
            _said(last.track_deg, math.nan),
            _said(last.vertical_rate_mps, math.nan),
            last.time_ms,
            age_ms(track, now_ms),
            _said(deviation.lateral_m if deviation else None, math.nan),
            _said(deviation.vertical_mm if deviation else None, ALTITUDE_UNKNOWN_MM),
            last.is_self_report,
            last.is_recorded,
            plausibility(track, now_ms) is Plausibility.IMPLAUSIBLE,
        )

    def _deviation(self, track: Track, claim: Claim) -> Deviation | None:
        flight = self._flights.get(claim.flight_id or "")
        watch = flight.watches.get(track.key) if flight else None
        return watch.deviation if watch and watch.phase is not Phase.PASSED else None


def _has_ended(watch: Watch, kind: AlertType, *, is_own: bool) -> bool:
    """Whether a watch shows that a condition does not hold, by the same patience as ends one.

    is_own: the warning is of this process, which knows whether the aircraft was seen on its route before:
    who was not is early for nothing. Of a warning of before a restart that is not known, so far ahead of the
    plan nothing of it ends.
    """
    if watch.phase is Phase.PASSED:
        return True
    if kind is AlertType.RAMLD and not is_own and is_far_ahead(watch):
        return False
    found = dict(conditions(watch))[kind]
    lasted = found.within_ms is not None and watch.time_ms - found.within_ms >= WITHIN_FOR_MS
    return lasted and not found.is_on and found.within_count >= WINDOW_COUNT


def _raisers(
    flight: _Flight, kind: AlertType, tracks: Mapping[str, Track], claims: Mapping[str, Claim]
) -> None:
    """Bring up to date which tracks say that the condition holds.

    A track that said so takes it back itself. When it is gone or no longer claims the flight, another that
    has watched for long enough may; one that is a self-report only for one that was (THREATS 8).
    """
    raised_by = flight.raised_by[kind]
    flight_id = flight.expected.flight_id
    speaking = {
        key: dict(conditions(watch))[kind]
        for key, watch in flight.watches.items()
        if key in tracks and claims[key].flight_id == flight_id
    }
    for key, found in speaking.items():
        if found.is_on:
            raised_by[key] = tracks[key].last
        else:
            raised_by.pop(key, None)
    sound = [
        tracks[key].last.is_self_report
        for key, found in speaking.items()
        if not found.is_on and found.within_count >= WINDOW_COUNT
    ]
    for key, report in list(raised_by.items()):
        if key not in speaking and (False in sound or (report.is_self_report and sound)):
            del raised_by[key]


def _measured(flight: _Flight, kind: AlertType, claims: Mapping[str, Claim]) -> Measured | None:
    """What the newest track that says so measured; None when none of them is there any more."""
    there = [key for key in flight.raised_by[kind] if key in flight.watches]
    if not there:
        return None
    key = max(there, key=lambda name: flight.watches[name].time_ms)
    report, deviation = flight.raised_by[kind][key], flight.watches[key].deviation
    if deviation is None:
        return None
    ahead_m = deviation.longitudinal_m
    return Measured(
        track=key,
        time_ms=report.time_ms,
        latitude_e7deg=report.latitude_e7deg,
        longitude_e7deg=report.longitude_e7deg,
        standing=claims[key].standing,
        lateral_mm=mm_from_m(deviation.lateral_m),
        late_ms=deviation.late_ms,
        longitudinal_mm=None if ahead_m is None else mm_from_m(ahead_m),
        vertical_mm=deviation.vertical_mm,
        is_self_report=report.is_self_report,
        is_recorded=report.is_recorded,
    )


def _observed(
    flight: _Flight, report: Report, claim: Claim, before: Watch, after: Watch
) -> list[Observation]:
    """What the step from one watch to the next shows."""
    index = after.deviation.leg_index if after.deviation else 0
    seen: list[Seen] = []
    fast = (report.ground_speed_mps or 0.0) >= AIRBORNE_SPEED_MIN_MPS
    if not flight.is_airborne and (report.is_on_ground is False or (report.is_on_ground is None and fast)):
        flight.is_airborne = True
        seen.append(Seen.AIRBORNE)
    elif flight.is_airborne and report.is_on_ground is True:
        flight.is_airborne = False
        seen.append(Seen.ON_GROUND)
    if after.phase is not before.phase:
        seen.append(Seen.JOINED if after.phase is Phase.ON_ROUTE else Seen.PASSED)
    elif after.phase is Phase.ON_ROUTE and before.deviation and before.deviation.leg_index != index:
        seen.append(Seen.ON_LEG)
    return [
        Observation(
            flight_id=flight.expected.flight_id,
            track=claim.track,
            seen=what,
            time_ms=report.time_ms,
            leg_index=index,
            is_corroborated=claim.standing is Standing.CORROBORATED,
            is_recorded=report.is_recorded,
        )
        for what in seen
    ]


def _fresh_count(tracks: Sequence[Track], now_ms: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for track in tracks:
        if age_ms(track, now_ms) <= FRESH_MS:
            found[track.last.source_id] = found.get(track.last.source_id, 0) + 1
    return found


def _said(value: T | None, otherwise: T) -> T:
    return otherwise if value is None else value
