"""The kernels against the oracle that shares none of their algebra (`tests/oracle/lateral.py`)."""

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mamarr.conflicts import Minima, VolumeIndex, conflict, prepare
from mamarr.geometry.altitude import Datum
from mamarr.geometry.volumes import Volume
from tests.oracle.lateral import conflict_verdict, lateral_m
from tests.oracle.volumes_strategies import Pair, crowds, volume_pairs

DATUMS = (Datum.WGS84, Datum.STD)
SLOW = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

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
def test_the_lateral_boundary_lies_within_a_centimetre_of_the_oracles(pair: Pair):
    other = msgspec.structs.replace(pair.one, footprint=pair.other.footprint)
    distance_mm = round(lateral_m(pair.one.footprint, other.footprint) * 1_000)
    if not 20 < distance_mm < 150_000_000:
        return
    ready = prepare(pair.one), prepare(other)
    above = Minima(lateral_mm=distance_mm + 10, vertical_mm=1)
    below = Minima(lateral_mm=distance_mm - 10, vertical_mm=1)
    assert conflict(*ready, above)
    assert not conflict(*ready, below)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(crowds(datums=DATUMS), minima)
def test_the_index_finds_what_the_oracle_finds(crowd: list[Volume], limits: Minima):
    index: VolumeIndex[int] = VolumeIndex()
    index.insert_many(enumerate(crowd[1:]))
    found = set(index.conflicts(crowd[0], limits))
    for key, volume in enumerate(crowd[1:]):
        verdict = conflict_verdict(crowd[0], volume, limits.lateral_mm, limits.vertical_mm, limits.time_ms)
        assert verdict in (None, key in found), (key, volume)
