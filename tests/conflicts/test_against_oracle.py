"""The kernels against the oracle that shares none of their algebra (`tests/oracle/lateral.py`)."""

import math

import msgspec
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mamarr.conflicts import Minima, VolumeIndex, conflict, prepare
from mamarr.geometry import footprints
from mamarr.geometry.altitude import Datum
from mamarr.geometry.volumes import Volume
from tests.examples import some
from tests.oracle.lateral import conflict_verdict, lateral_m
from tests.oracle.volumes_strategies import Pair, crowds, volume_pairs

DATUMS = (Datum.WGS84, Datum.STD)
SLOW = settings(
    max_examples=some(60), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

minima = st.builds(
    Minima,
    lateral_mm=st.sampled_from([0, 0, 50_000, 926_000, 9_260_000, 18_520_000, 100_000_000]),
    vertical_mm=st.sampled_from([0, 30_480, 304_800, 609_600]),
    time_ms=st.sampled_from([0, 1, 300_000]),
)


@SLOW
@given(volume_pairs(datums=DATUMS), minima, st.booleans())
def test_a_pair_is_judged_as_the_oracle_judges_it(pair: Pair, other_limits: Minima, is_own: bool):
    own = Minima(lateral_mm=pair.lateral_mm, vertical_mm=pair.vertical_mm, time_ms=pair.time_ms)
    limits = own if is_own else other_limits
    verdict = conflict_verdict(pair.one, pair.other, limits.lateral_mm, limits.vertical_mm, limits.time_ms)
    one, other = prepare(pair.one), prepare(pair.other)
    assert conflict(one, other, limits) == conflict(other, one, limits)
    if verdict is not None:
        assert conflict(one, other, limits) == verdict


@SLOW
@given(volume_pairs())
def test_the_lateral_boundary_is_the_oracles_to_a_centimetre_and_far_away_some_more_on_the_safe_side(
    pair: Pair,
):
    other = msgspec.structs.replace(pair.one, footprint=pair.other.footprint)
    distance_mm = round(lateral_m(pair.one.footprint, other.footprint) * 1_000)
    radii_mm = pair.one.footprint.radius_mm + pair.other.footprint.radius_mm
    if not (distance_mm > 20 and distance_mm + radii_mm < 500_000_000):
        return
    ready = prepare(pair.one), prepare(other)
    # Chords lie up to half a metre under the surface, which is tilted half way to the other: that much short.
    short_mm = math.ceil(500 * (distance_mm + radii_mm) / 6_371_000_000)
    above = Minima(lateral_mm=distance_mm + 10, vertical_mm=1)
    below = Minima(lateral_mm=max(1, distance_mm - 10 - short_mm), vertical_mm=1)
    assert conflict(*ready, above)
    assert not conflict(*ready, below)


@pytest.mark.parametrize(("apart_m", "error_mm"), [(310_000.0, 10), (500_000.0, 10), (1_000_000.0, 50)])
@pytest.mark.parametrize("azimuth_deg", range(0, 180, 30))
@pytest.mark.parametrize("latitude_deg", [0.0, 33.0, 60.0, 89.0])
def test_large_circles_are_as_far_apart_as_the_geodesic_says(
    latitude_deg: float, azimuth_deg: int, apart_m: float, error_mm: int
):
    there = Geodesic.WGS84.Direct(latitude_deg, 20.0, azimuth_deg, apart_m)
    centres = [
        (round(latitude_deg * 1e7), 200_000_000),
        (round(there["lat2"] * 1e7), round(there["lon2"] * 1e7)),
    ]
    (lat1, lon1), (lat2, lon2) = [(lat / 1e7, lon / 1e7) for lat, lon in centres]
    radius_mm = round(apart_m * 400)  # the edges are a fifth of it apart
    gap_mm = round(Geodesic.WGS84.Inverse(lat1, lon1, lat2, lon2)["s12"] * 1_000) - 2 * radius_mm
    one, other = (prepare(a_circle(centre, radius_mm)) for centre in centres)
    assert conflict(one, other, Minima(lateral_mm=gap_mm + error_mm, vertical_mm=1))
    assert not conflict(one, other, Minima(lateral_mm=gap_mm - error_mm, vertical_mm=1))


def a_circle(centre_e7deg: tuple[int, int], radius_mm: int) -> Volume:
    return Volume(
        footprint=footprints.circle(centre_e7deg, radius_mm),
        datum=Datum.WGS84,
        lower_mm=0,
        upper_mm=1,
        time_start_ms=0,
        time_end_ms=1,
    )


@settings(max_examples=some(20), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(crowds(datums=DATUMS), minima)
def test_the_index_finds_what_the_oracle_finds(crowd: list[Volume], limits: Minima):
    index: VolumeIndex[int] = VolumeIndex()
    index.insert_many(enumerate(crowd[1:]))
    found = set(index.conflicts(crowd[0], limits))
    for key, volume in enumerate(crowd[1:]):
        verdict = conflict_verdict(crowd[0], volume, limits.lateral_mm, limits.vertical_mm, limits.time_ms)
        assert verdict in (None, key in found), (key, volume)
