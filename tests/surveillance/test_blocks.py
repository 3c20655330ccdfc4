"""A block says what a cycle saw, and its names do not give the aircraft away."""

import msgspec

from mamarr.geometry import footprints
from mamarr.surveillance import Block, Live, Standing, blocks
from mamarr.surveillance.blocks import DOTS_MAX, HISTORY_MAX, SECRET_BYTES
from tests.surveillance.sightings import ADSB, FL330_MM, NOON_MS, a_flight, a_report
from tests.surveillance.test_conformance import along

SECRET = bytes(range(SECRET_BYTES))


def a_block(live: Live, now_ms: int = NOON_MS, flights=(), *, number: int = 1) -> Block:
    return blocks.block(live.cycle(now_ms, flights), live.tracks(), number=number, secret=SECRET)


def test_a_sighting_says_what_the_source_said_last():
    live = Live((ADSB,))
    live.heard(a_report(track_deg=88.0, vertical_rate_mps=-2.0))
    (seen,) = a_block(live, flights=[a_flight()]).sightings
    assert (seen.source_id, seen.icao_address, seen.callsign) == ("adsb", "4B1815", "AAA1")
    assert (seen.latitude_e7deg, seen.longitude_e7deg) == (340_000_000, 280_000_000)
    assert (seen.altitude_pressure_mm, seen.altitude_wgs84_mm) == (FL330_MM, None)
    assert (seen.ground_speed_mps, seen.track_deg, seen.vertical_rate_mps) == (230.0, 88.0, -2.0)
    assert (seen.claim.standing, seen.claim.flight_ids) == (Standing.CLAIMED, ("F1",))


def test_a_name_stays_the_same_and_depends_on_a_secret():
    live = Live((ADSB,))
    live.heard(a_report())
    first, again = a_block(live), a_block(live, number=2)
    name = first.sightings[0].name
    assert again.sightings[0].name == name
    assert "4B1815" not in name
    assert blocks.name_of("adsb/4B1815", bytes(SECRET_BYTES)) != name


def test_history_is_bounded_and_oldest_first():
    live = Live((ADSB,))
    for number in range(100):
        live.heard(along(number / 100, late_s=0))
    (seen,) = a_block(live, NOON_MS + 1_800_000).sightings
    dots = footprints.unpacked(seen.history)
    assert len(dots) == HISTORY_MAX
    assert [longitude for _, longitude in dots] == sorted(longitude for _, longitude in dots)
    assert dots[-1][1] < seen.longitude_e7deg
    assert DOTS_MAX // 20_000 < HISTORY_MAX


def test_a_block_survives_the_way_through_bytes():
    live = Live((ADSB,))
    live.heard(a_report())
    made = a_block(live)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(made), type=Block) == made
