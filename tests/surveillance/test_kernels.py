"""Where a point lies beside a line, against geodesics of geographiclib."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mamarr.geometry import geodesy
from mamarr.surveillance.kernels import ALONG, ENDED, LATERAL, beside_many, line_of
from tests.examples import some
from tests.geodesics import Line, apart_m


def looked(corners_deg, point_deg) -> tuple[float, float, float]:
    """LATERAL, ALONG and ENDED of a point beside the geodesics through corners, all in degrees."""
    corners = geodesy.densified([(round(lat * 1e7), round(lon * 1e7)) for lat, lon in corners_deg])
    line = line_of(np.array(corners, np.int32))
    spans = np.array([[0, len(line)]], np.int64)
    point = np.array([[round(angle * 1e7) for angle in point_deg]], np.int32)
    return tuple(beside_many(line, spans, np.zeros(1, np.int64), point)[0])


def oracle_m(corners_deg, point_deg) -> float:
    """The distance to the geodesics by ternary search on each, metres."""
    best = np.inf
    for start, end in itertools.pairwise(corners_deg):
        line = Line(start, end)

        def away_m(along_m, line=line):
            return apart_m(line.at(along_m).place, point_deg)

        low, high = 0.0, line.length_m
        for _ in range(100):
            third = (high - low) / 3
            if away_m(low + third) < away_m(high - third):
                high -= third
            else:
                low += third
        best = min(best, away_m(low), away_m(0.0), away_m(line.length_m))
    return best


@settings(max_examples=some(30), deadline=None)
@given(
    st.floats(-85, 85),
    st.sampled_from([0.0, 90.0, 179.9, -179.95]),
    st.floats(0, 360),
    st.floats(20_000, 600_000),
    st.floats(-0.2, 1.2),
    st.floats(-150_000, 150_000),
)
def test_the_distance_is_that_of_the_geodesic_and_right_is_positive(
    lat, lon, azimuth, length_m, share, off_m
):
    start = (lat, lon)
    end = geodesy.destination(lat, lon, azimuth, length_m)
    line = Line(start, end)
    foot, flies_deg = line.at(line.length_m * share)
    point = geodesy.destination(*foot, flies_deg + (90 if off_m >= 0 else -90), abs(off_m))
    lateral_m, along_m, ended = looked((start, end), point)

    allowed_m = 0.05 + 2e-6 * abs(
        lateral_m
    )  # 2 cm of densified lines, 2 cm of rounding, the arc beyond 100 km
    assert abs(lateral_m) == pytest.approx(oracle_m((start, end), point), abs=allowed_m)
    if 0.01 < share < 0.99:
        assert ended == 0
        assert along_m == pytest.approx(line.length_m * share, rel=2e-3, abs=200)
        if abs(off_m) > 1:
            assert (lateral_m > 0) == (off_m > 0)
    elif share > 1.01:
        assert ended == 1
        assert along_m == pytest.approx(line.length_m, rel=1e-5)
    elif share < -0.01:
        assert ended == -1
        assert along_m == 0


@pytest.mark.parametrize(
    ("point", "right"),
    [
        ((34.0, 28.6), True),  # outside a hairpin to the left, beyond its corner
        ((34.01, 28.6), True),
        ((33.9, 28.2), True),
        ((34.05, 28.1), False),  # between its two arms
        ((34.2, 28.3), True),
    ],
)
def test_outside_a_sharp_turn_is_the_side_away_from_it(point, right):
    hairpin = ((34.0, 28.0), (34.0, 28.5), (34.1, 28.0))
    lateral_m, _, _ = looked(hairpin, point)
    assert (lateral_m > 0) == right
    assert abs(lateral_m) == pytest.approx(oracle_m(hairpin, point), abs=0.05)


def test_many_points_are_each_beside_a_line_of_their_own():
    lines = [line_of(np.array([[0, 0], [0, lon]], np.int32)) for lon in (1_000_000, 2_000_000)]
    counts = np.array([len(line) for line in lines], np.int64)
    spans = np.stack((np.cumsum(counts) - counts, counts), axis=1)
    points = np.array([[0, 1_500_000], [0, 1_500_000], [-100_000, 500_000]], np.int32)

    found = beside_many(np.concatenate(lines), spans, np.array([0, 1, 0], np.int64), points)
    assert found[:, ENDED].tolist() == [1, 0, 0]
    assert found[0, LATERAL] == pytest.approx(5_565.97, abs=0.01)  # a twentieth of a degree of the equator
    assert abs(found[1, LATERAL]) < 0.01
    assert found[2, LATERAL] == pytest.approx(1_105.74, abs=0.01)  # south of an eastward line is right of it
    assert found[2, ALONG] == pytest.approx(5_565.97, abs=0.01)
