"""Correlation: which flight a track says it is. A claim with evidence, never a guess.

An address or a callsign that a flight filed makes a claim; a contradiction between the two, or between two
tracks, makes it DISPUTED, and then the track is nobody's. Place and time are no evidence: an aircraft on the
right line at the right minute is still unknown. What the aircraft says of itself never corroborates itself
(THREATS 8): that takes another kind of source that sees the same aircraft there.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from mamarr.geometry import Datum, Footprint, Shape, footprints
from mamarr.geometry.footprints import VERTEX_BYTES
from mamarr.geometry.volumes import ALTITUDE_HIGHEST_MM, ALTITUDE_LOWEST_MM, TIME_LAST_MS
from mamarr.names import OBJECT_ID, matched
from mamarr.surveillance.tracks import (
    CALLSIGN,
    ICAO_ADDRESS,
    JUMP_SLACK_M,
    Plausibility,
    Track,
    distance_m,
    is_reachable,
    plausibility,
)

EXPECTED_MAX = 20_000  # chosen: as many as tracks
LEGS_MAX = 200  # chosen: as the points of a corridor
EXPECTED_BEFORE_MS = 3_600_000  # chosen: an aircraft on its way to its first leg is known an hour before,
EXPECTED_AFTER_MS = 7_200_000  # chosen: and one that is late for two hours after its last
FRESH_MS = 60_000  # chosen: an older position neither corroborates nor contradicts another track's
EVIDENCE_MAX = 16  # chosen: more names than a duty officer reads

# What it is


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One leg of a filed route, as far as watching it needs.

    vertices: packed as a `Footprint` packs them, densified already; one for a stay. half_width_mm: to either
    side. lower_mm to upper_mm above `datum`: the block of levels, one level when they are equal. entry_ms,
    exit_ms: as filed or estimated. ValueError when something is out of range.
    """

    vertices: bytes
    half_width_mm: int
    datum: Datum
    lower_mm: int
    upper_mm: int
    entry_ms: int
    exit_ms: int

    def __post_init__(self) -> None:
        shape = Shape.CIRCLE if len(self.vertices) == VERTEX_BYTES else Shape.PATH
        Footprint(shape=shape, vertices=self.vertices, radius_mm=self.half_width_mm)
        if not ALTITUDE_LOWEST_MM <= self.lower_mm <= self.upper_mm <= ALTITUDE_HIGHEST_MM:
            raise ValueError("the block of levels is not ascending within -1000 m to 100000 m")
        if not 0 <= self.entry_ms < self.exit_ms <= TIME_LAST_MS:
            raise ValueError("exit is not after entry, or outside the years 1970 to 2099")


def leg(
    points: Sequence[tuple[int, int]],
    *,
    half_width_mm: int,
    datum: Datum,
    lower_mm: int,
    upper_mm: int,
    entry_ms: int,
    exit_ms: int,
) -> Leg:
    """A leg along `points`, (latitude, longitude) in 1e-7 degree, densified already. ValueError as `Leg`."""
    if len(points) == 1:
        line = footprints.circle(points[0], half_width_mm)
    else:
        line = footprints.path(points, half_width_mm)
    return Leg(
        vertices=footprints.checked(line).vertices,
        half_width_mm=half_width_mm,
        datum=datum,
        lower_mm=lower_mm,
        upper_mm=upper_mm,
        entry_ms=entry_ms,
        exit_ms=exit_ms,
    )


class Expected(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A flight that surveillance is to look for. ValueError when a name or the number of legs is wrong."""

    flight_id: str
    legs: tuple[Leg, ...]
    callsign: str | None = None
    icao_address: str | None = None

    def __post_init__(self) -> None:
        matched("flight_id", self.flight_id, OBJECT_ID)
        if self.callsign is not None:
            matched("callsign", self.callsign, CALLSIGN)
        if self.icao_address is not None:
            matched("icao_address", self.icao_address, ICAO_ADDRESS)
        if not 1 <= len(self.legs) <= LEGS_MAX:
            raise ValueError(f"a flight has 1 to {LEGS_MAX} legs, not {len(self.legs)}")


class Standing(StrEnum):
    """How well a claim stands."""

    NONE = "NONE"
    CLAIMED = "CLAIMED"
    CORROBORATED = "CORROBORATED"
    DISPUTED = "DISPUTED"


class Evidence(StrEnum):
    """What a claim, or its dispute, rests on."""

    ADDRESS = "ADDRESS"  # the flight filed this address
    CALLSIGN = "CALLSIGN"  # the flight filed this callsign
    INDEPENDENT = "INDEPENDENT"  # another kind of source sees the aircraft there
    OTHER_ADDRESS = "OTHER_ADDRESS"  # the flight filed another address
    OTHER_CALLSIGN = "OTHER_CALLSIGN"  # the flight filed another callsign
    OTHER_FLIGHT = "OTHER_FLIGHT"  # address of one flight, callsign of another; or two filed the same
    OTHER_TRACK = "OTHER_TRACK"  # another track claims the flight too, and both cannot be it


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a track says about whose it is.

    flight_ids: of NONE none, of CLAIMED and CORROBORATED the one, of DISPUTED all it might be, in order.
    evidence: what it rests on. tracks: the others that corroborate or dispute it.
    """

    track: str
    standing: Standing = Standing.NONE
    flight_ids: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    tracks: tuple[str, ...] = ()

    @property
    def flight_id(self) -> str | None:
        """The one flight that it is, if nothing contradicts."""
        stands = self.standing in (Standing.CLAIMED, Standing.CORROBORATED)
        return self.flight_ids[0] if stands else None


class Directory:
    """The flights that may be aloft at a time, by address and by callsign.

    Made anew when the flights change, or a minute has passed; making costs one look at each flight.
    ValueError for more than EXPECTED_MAX flights, or one id twice.
    """

    def __init__(self, expected: Iterable[Expected], now_ms: int) -> None:
        self.flights: dict[str, Expected] = {}
        self._by_address: dict[str, list[str]] = defaultdict(list)
        self._by_callsign: dict[str, list[str]] = defaultdict(list)
        for number, flight in enumerate(expected):
            if number >= EXPECTED_MAX:
                raise ValueError(f"more than {EXPECTED_MAX} flights are expected")
            if flight.flight_id in self.flights:
                raise ValueError(f"flight {flight.flight_id!r} is expected twice")
            self.flights[flight.flight_id] = flight
            if not is_expected(flight, now_ms):
                continue
            if flight.icao_address is not None:
                self._by_address[flight.icao_address].append(flight.flight_id)
            if flight.callsign is not None:
                self._by_callsign[flight.callsign].append(flight.flight_id)

    def claim(self, track: str, icao_address: str | None, callsign: str | None) -> Claim:
        """What a track with this address and callsign claims by itself, other tracks apart."""
        by_address = self._by_address.get(icao_address or "", [])
        by_callsign = self._by_callsign.get(callsign or "", [])
        both = [name for name in by_address if name in by_callsign]
        found = both or sorted({*by_address, *by_callsign})
        if not found:
            return Claim(track=track)
        evidence = [Evidence.ADDRESS] if by_address else []
        evidence += [Evidence.CALLSIGN] if by_callsign else []
        if len(found) > 1:
            evidence.append(Evidence.OTHER_FLIGHT)
            return _disputed(track, found, evidence)
        flight = self.flights[found[0]]
        if icao_address is not None and flight.icao_address not in (None, icao_address):
            return _disputed(track, found, [*evidence, Evidence.OTHER_ADDRESS])
        if callsign is not None and flight.callsign not in (None, callsign):
            return _disputed(track, found, [*evidence, Evidence.OTHER_CALLSIGN])
        return Claim(
            track=track, standing=Standing.CLAIMED, flight_ids=tuple(found), evidence=tuple(evidence)
        )


def is_expected(flight: Expected, now_ms: int) -> bool:
    """Whether a flight may be aloft now: from EXPECTED_BEFORE_MS before it to EXPECTED_AFTER_MS after it."""
    first_ms, last_ms = flight.legs[0].entry_ms, flight.legs[-1].exit_ms
    return first_ms - EXPECTED_BEFORE_MS <= now_ms <= last_ms + EXPECTED_AFTER_MS


def together(claims: Mapping[str, Claim], tracks: Mapping[str, Track], now_ms: int) -> dict[str, Claim]:
    """The claims by track, after those that name the same flight were held against each other.

    claims: by track, as `Directory.claim` gives them. tracks: by key. Two tracks of one flight are one
    aircraft only when they have the same address and each can be where the other is; otherwise both are
    DISPUTED. A plausible one that is no self-report corroborates the others near it.
    Cost: one look at each claim, and a pair of looks at each two that name the same flight.
    """
    found = dict(claims)
    of_flight: dict[str, list[str]] = defaultdict(list)
    for name, claim in claims.items():
        if claim.standing is not Standing.NONE:
            for flight_id in claim.flight_ids:
                of_flight[flight_id].append(name)
    for names in of_flight.values():
        if len(names) > 1:
            for name in names:
                found[name] = _beside(found[name], tracks, [n for n in names if n != name], now_ms)
    return found


def _beside(claim: Claim, tracks: Mapping[str, Track], others: Sequence[str], now_ms: int) -> Claim:
    own = tracks[claim.track]
    against = tuple(name for name in others if not _is_one_aircraft(own, tracks[name], now_ms))
    if against:
        evidence = (*claim.evidence, Evidence.OTHER_TRACK)
        return msgspec.structs.replace(
            claim,
            standing=Standing.DISPUTED,
            evidence=tuple(dict.fromkeys(evidence)),
            tracks=tuple(sorted({*claim.tracks, *against})[:EVIDENCE_MAX]),
        )
    witnesses = tuple(name for name in others if _corroborates(own, tracks[name], now_ms))
    if claim.standing is not Standing.CLAIMED or not witnesses:
        return claim
    return msgspec.structs.replace(
        claim,
        standing=Standing.CORROBORATED,
        evidence=(*claim.evidence, Evidence.INDEPENDENT),
        tracks=tuple(sorted(witnesses)[:EVIDENCE_MAX]),
    )


def _is_one_aircraft(one: Track, other: Track, now_ms: int) -> bool:
    """Whether nothing speaks against two tracks being one aircraft."""
    address = one.last.icao_address
    if address is None or address != other.last.icao_address:
        return False
    if not (_is_fresh(one, now_ms) and _is_fresh(other, now_ms)):
        return True  # an old position contradicts nothing
    return is_reachable(one.last, other.last)


def _corroborates(own: Track, other: Track, now_ms: int) -> bool:
    """Whether `other` is independent evidence: of another source, no self-report, fresh, plausible, near.

    Near: within the slack of JUMP_SLACK_M and what the faster of the two flies between their times.
    """
    if other.last.is_self_report or own.last.source_id == other.last.source_id:
        return False
    if not (_is_fresh(own, now_ms) and _is_fresh(other, now_ms)):
        return False
    if Plausibility.IMPLAUSIBLE in (plausibility(own, now_ms), plausibility(other, now_ms)):
        return False
    speed_mps = max(own.last.ground_speed_mps or 0.0, other.last.ground_speed_mps or 0.0)
    flown_m = speed_mps * abs(own.last.time_ms - other.last.time_ms) / 1_000
    return distance_m(own.last, other.last) <= JUMP_SLACK_M + flown_m


def _is_fresh(track: Track, now_ms: int) -> bool:
    return now_ms - track.last.time_ms <= FRESH_MS


def _disputed(track: str, flight_ids: Sequence[str], evidence: Sequence[Evidence]) -> Claim:
    return Claim(
        track=track,
        standing=Standing.DISPUTED,
        flight_ids=tuple(flight_ids[:EVIDENCE_MAX]),
        evidence=tuple(evidence),
    )
