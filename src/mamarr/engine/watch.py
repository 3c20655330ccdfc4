"""What is seen, as one viewer may see it: tracks, alerts, feeds, from the block of the process that watches.

Strangers' tracks, disputed ones and state aircraft that nobody filed for are seen by the node's own party
alone; another party sees the tracks whose claim to one of its own flights stands (THREATS 23). Without a
block, or with an old one, the watch is DOWN: then nobody says that there is no traffic.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.engine import facts
from mamarr.engine.ladders import SaidSeen
from mamarr.engine.projection import Projection
from mamarr.engine.warned import told_of
from mamarr.flights import Flight
from mamarr.geometry import Datum
from mamarr.geometry.units import epoch_ms, moment_from_ms
from mamarr.surveillance import Alert, AlertStatus, Block, FeedNote, FeedState, Sighting, Standing
from mamarr.surveillance.correlation import FRESH_MS, Evidence
from mamarr.surveillance.tracks import source_of

BLOCK_FRESH_MS = 2_500  # chosen: two blocks lost are silence, and three seconds pass before nobody says so
PICTURE_TRACKS_MAX = 2_000  # chosen: more than a map shows legibly
PICTURE_ALERTS_MAX = 500  # chosen: more than anybody reads
STANDS = (Standing.CLAIMED, Standing.CORROBORATED)


class Watching(StrEnum):
    """Whether the process that watches does."""

    RUNNING = "RUNNING"
    DOWN = "DOWN"


class TrackSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A track as one viewer sees it.

    track_id: opaque. label: of the flight that it is, None on a claim that does not stand. altitude_mm above
    datum, None when the source says none. history: packed places, oldest first. icao_address, callsign: what
    the aircraft says of itself; for the node's own party only.
    """

    track_id: str
    label: str | None
    flight_id: str | None
    standing: Standing
    evidence: tuple[Evidence, ...]
    source_id: str
    is_recorded: bool
    is_self_report: bool
    is_implausible: bool
    latitude_e7deg: int
    longitude_e7deg: int
    altitude_mm: int | None
    datum: Datum | None
    ground_speed_mps: float | None
    track_deg: float | None
    vertical_rate_mps: float | None
    age_ms: int
    history: bytes
    icao_address: str | None = None
    callsign: str | None = None


class AlertAction(StrEnum):
    """What a viewer may do with an alert."""

    ACKNOWLEDGE = "ACKNOWLEDGE"


class AlertSeen(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as one viewer sees it.

    track_id: of the track that raised it; None where the viewer may not see that. is_placed: whether the
    viewer may know where it was; if not, the place is 0 and 0. The key of the track is in it for nobody.
    note: what must be told with what the feed says that it was raised by. told: how far it came at each
    authority that it was told to; for the node's own party only.
    """

    alert: Alert
    raised_at: datetime
    track_id: str | None
    is_placed: bool
    actions: tuple[AlertAction, ...]
    note: FeedNote | None = None
    told: tuple[SaidSeen, ...] = ()


class FeedSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as one viewer sees it. tracks_count: of those that the viewer may see; None: nobody knows."""

    feed_id: str
    state: FeedState
    age_ms: int | None
    tracks_count: int | None
    is_recorded: bool
    note: FeedNote | None = None


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """What is seen of what flies. is_cut: more is seen than is here."""

    live: Watching
    tracks: tuple[TrackSeen, ...] = ()
    alerts: tuple[AlertSeen, ...] = ()
    feeds: tuple[FeedSeen, ...] = ()
    is_cut: bool = False


def watch(projection: Projection, *, party: str, now: datetime, block: Block | None) -> Watch:
    """What `party` may see at `now`. block: the newest, None when nothing watches.

    Cost: one look at each track, flight and alert.
    """
    now_ms = epoch_ms(now)
    # A block of later than now was made before the clock was set back: nobody knows how old it is.
    down = block is None or abs(now_ms - block.now_ms) > BLOCK_FRESH_MS
    live = Watching.DOWN if down else Watching.RUNNING
    sightings = () if block is None else block.sightings
    raised = [value for _, value in projection.alerts.durable_items()]
    # Most pictures of a quiet node end here: the flights need not be looked at.
    flights = dict(projection.flights.durable_items()) if sightings or raised else {}
    found = (_track(projection, each, flights, party, now_ms) for each in sightings)
    tracks = [each for each in found if each is not None]
    alerts = _alerts(projection, raised, flights, block, party)
    return Watch(
        live=live,
        tracks=tuple(tracks[:PICTURE_TRACKS_MAX]),
        alerts=alerts[:PICTURE_ALERTS_MAX],
        feeds=() if block is None else tuple(_feeds(block, tracks, now_ms, down=down)),
        is_cut=len(tracks) > PICTURE_TRACKS_MAX or len(alerts) > PICTURE_ALERTS_MAX,
    )


def _track(
    projection: Projection, sighting: Sighting, flights: Mapping[str, Flight], party: str, now_ms: int
) -> TrackSeen | None:
    """The track, if `party` may see it."""
    flight = flights.get(sighting.claim.flight_id or "")
    is_node = party == projection.party
    if not is_node and (flight is None or flight.party != party):
        return None
    pressure_mm, ellipsoid_mm = sighting.altitude_pressure_mm, sighting.altitude_wgs84_mm
    altitude_mm = ellipsoid_mm if pressure_mm is None else pressure_mm
    datum = None if altitude_mm is None else Datum.WGS84 if pressure_mm is None else Datum.STD
    # A claim on a flight that is no more here stands for nothing.
    standing = sighting.claim.standing
    if flight is None and standing is not Standing.DISPUTED:
        standing = Standing.NONE
    return TrackSeen(
        track_id=sighting.name,
        label=None if flight is None else flight.plan.identification,
        flight_id=None if flight is None else flight.flight_id,
        standing=standing,
        evidence=sighting.claim.evidence if standing is not Standing.NONE else (),
        source_id=sighting.source_id,
        is_recorded=sighting.is_recorded,
        is_self_report=sighting.is_self_report,
        is_implausible=sighting.is_implausible,
        latitude_e7deg=sighting.latitude_e7deg,
        longitude_e7deg=sighting.longitude_e7deg,
        altitude_mm=altitude_mm,
        datum=datum,
        ground_speed_mps=sighting.ground_speed_mps,
        track_deg=sighting.track_deg,
        vertical_rate_mps=sighting.vertical_rate_mps,
        age_ms=max(0, now_ms - sighting.time_ms),
        history=sighting.history,
        icao_address=sighting.icao_address if is_node else None,
        callsign=sighting.callsign if is_node else None,
    )


def _alerts(
    projection: Projection,
    raised: Sequence[Alert],
    flights: Mapping[str, Flight],
    block: Block | None,
    party: str,
) -> tuple[AlertSeen, ...]:
    """The alerts that `party` may know of: what nobody has seen first, then the newest."""
    shares = dict(projection.shares.durable_items()) if raised else {}
    names = {} if block is None else {each.track: each.name for each in block.sightings}
    notes = {} if block is None else {each.feed_id: each.note for each in block.coverage}
    shown = []
    for value in raised:
        flight = flights.get(value.subject)
        is_own = flight is not None and flight.party == party
        is_on_watch = party in facts.concerned(projection.party, flight, shares.get)
        if is_own or is_on_watch:
            # Where it was, is told as tracks are: to the node, and of an own flight on a claim that stood.
            is_placed = party == projection.party or (is_own and value.measured.standing in STANDS)
            alert = _alert(value, names, is_on_watch=is_on_watch, is_placed=is_placed)
            note = notes.get(source_of(value.measured.track))
            told = told_of(projection, value, viewer=party)
            shown.append(msgspec.structs.replace(alert, note=note, told=told))
    shown.sort(key=_place)
    return tuple(shown)


def _alert(value: Alert, names: Mapping[str, str], *, is_on_watch: bool, is_placed: bool) -> AlertSeen:
    can_acknowledge = is_on_watch and value.status is not AlertStatus.ACTIVE_ACK
    # The track's key has the address in it; whoever may know the place knows the track by its opaque name.
    hidden: dict[str, str | int] = {"track": ""}
    if not is_placed:
        hidden |= {"latitude_e7deg": 0, "longitude_e7deg": 0}
    return AlertSeen(
        alert=msgspec.structs.replace(
            value,
            measured=msgspec.structs.replace(value.measured, **hidden),
            acknowledged_by=value.acknowledged_by if is_on_watch else None,
        ),
        raised_at=moment_from_ms(value.raised_ms),
        track_id=names.get(value.measured.track) if is_placed else None,
        is_placed=is_placed,
        actions=(AlertAction.ACKNOWLEDGE,) if can_acknowledge else (),
    )


def _place(seen: AlertSeen) -> tuple[int, int, str, str]:
    """Where an alert stands in the list, the same for two that began together in any order."""
    value = seen.alert
    return _urgency(value), -value.raised_ms, value.subject, value.kind


def _urgency(value: Alert) -> int:
    if value.status is AlertStatus.ACTIVE_ACK:
        return 3
    if value.is_escalated:
        return 0
    return 1 if value.status is AlertStatus.ACTIVE_UNACK else 2


def _feeds(block: Block, tracks: Sequence[TrackSeen], now_ms: int, *, down: bool) -> Iterator[FeedSeen]:
    """What each feed can answer to this viewer; of one that nobody listens to, nothing."""
    since_ms = max(0, now_ms - block.now_ms)
    for each in block.coverage:
        fresh = [t for t in tracks if t.source_id == each.feed_id and t.age_ms <= FRESH_MS]
        knows = not down and each.tracks_count is not None
        yield FeedSeen(
            feed_id=each.feed_id,
            state=FeedState.UNKNOWN if down else each.state,
            age_ms=None if each.age_ms is None else each.age_ms + since_ms,
            tracks_count=len(fresh) if knows else None,
            is_recorded=each.is_recorded,
            note=each.note,
        )
