"""Blocks: what a cycle saw, as one value that never changes: what pictures are drawn from.

The process that watches publishes one each second. It holds everything that is seen; who may see what of it
is decided where pictures are made. A track has an opaque name here beside its key: the key says the address
of the aircraft, which not everybody may know.
"""

from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from mamarr.geometry import footprints
from mamarr.surveillance.correlation import Claim
from mamarr.surveillance.feeds import Coverage
from mamarr.surveillance.live import Cycle
from mamarr.surveillance.tracks import TRACKS_MAX, Plausibility, Track, plausibility

HISTORY_MAX = 30  # chosen: dots behind a track on the map, five minutes in steps of HISTORY_STEP_MS
DOTS_MAX = 60_000  # chosen: of all tracks together, some 500 kB a second; above it tails become shorter
NAME_BYTES = 8  # chosen: two of TRACKS_MAX tracks have one name once in 10^11 blocks
SECRET_BYTES = 32


class Sighting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One track as a cycle saw it: what the source said last, nothing predicted.

    name: opaque, the same from one cycle to the next, and without the address. track: the track's key.
    time_ms: when the position was true. history: earlier places, oldest first, packed as a `Footprint` packs
    its vertices. Altitudes as of `Report`; callsign: the last one said.
    """

    name: str
    track: str
    source_id: str
    latitude_e7deg: int
    longitude_e7deg: int
    time_ms: int
    claim: Claim
    is_self_report: bool
    is_recorded: bool = False
    is_implausible: bool = False
    icao_address: str | None = None
    callsign: str | None = None
    altitude_pressure_mm: int | None = None
    altitude_wgs84_mm: int | None = None
    ground_speed_mps: float | None = None
    track_deg: float | None = None
    vertical_rate_mps: float | None = None
    history: bytes = b""


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """What one cycle saw. number: of the block, growing by one for each of a process that watches.

    sightings: all tracks, at most TRACKS_MAX. coverage: what each feed can answer. refused_count: of reports
    since the block before, by what became of them.
    """

    number: int
    now_ms: int
    sightings: tuple[Sighting, ...]
    coverage: tuple[Coverage, ...]
    refused_count: dict[str, int]


def block(cycle: Cycle, tracks: Sequence[Track], *, number: int, secret: bytes) -> Block:
    """What `cycle` saw. tracks: those it saw, in its order. secret: SECRET_BYTES that names are made with.

    Cost: one look at each track, one hash of its key.
    """
    dots_count = min(HISTORY_MAX, DOTS_MAX // max(1, min(len(tracks), TRACKS_MAX)))
    return Block(
        number=number,
        now_ms=cycle.now_ms,
        sightings=tuple(
            _sighting(track, claim, cycle.now_ms, dots_count, secret)
            for track, claim in zip(tracks, cycle.claims, strict=True)
        ),
        coverage=cycle.coverage,
        refused_count={outcome.value: count for outcome, count in cycle.refused_count.items()},
    )


def name_of(track: str, secret: bytes) -> str:
    """The opaque name of the track with this key. Who has not the secret cannot find the key from it."""
    return blake2b(track.encode(), key=secret, digest_size=NAME_BYTES).hexdigest()


def _sighting(track: Track, claim: Claim, now_ms: int, dots_count: int, secret: bytes) -> Sighting:
    last = track.last
    dots = track.history[-dots_count:] if dots_count else ()
    return Sighting(
        name=name_of(track.key, secret),
        track=track.key,
        source_id=last.source_id,
        latitude_e7deg=last.latitude_e7deg,
        longitude_e7deg=last.longitude_e7deg,
        time_ms=last.time_ms,
        claim=claim,
        is_self_report=last.is_self_report,
        is_recorded=last.is_recorded,
        is_implausible=plausibility(track, now_ms) is Plausibility.IMPLAUSIBLE,
        icao_address=last.icao_address,
        callsign=track.callsign,
        altitude_pressure_mm=last.altitude_pressure_mm,
        altitude_wgs84_mm=last.altitude_wgs84_mm,
        ground_speed_mps=last.ground_speed_mps,
        track_deg=last.track_deg,
        vertical_rate_mps=last.vertical_rate_mps,
        history=footprints.packed([(dot.latitude_e7deg, dot.longitude_e7deg) for dot in dots]),
    )
