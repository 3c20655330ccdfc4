from random import Random

import pytest
from geographiclib.geodesic import Geodesic

from mamarr.conflicts import Minima, Several, VolumeIndex, conflict, prepare, volume_index
from mamarr.geometry import footprints
from mamarr.geometry.altitude import Datum
from mamarr.geometry.volumes import Volume
from tests.conflicts.volumes import DEG, HERE, LEVEL_MM, MINUTE_MS, NOON_MS, a_circle, a_volume, scattered
from tests.oracle.lateral import lateral_m

FEET_1000_MM = 304_800
NM_5_MM = 9_260_000
SAFE = Minima(lateral_mm=NM_5_MM, vertical_mm=FEET_1000_MM, time_ms=5 * MINUTE_MS)
NOTHING = Minima()


def meet(one: Volume, other: Volume, minima: Minima = NOTHING) -> bool:
    forth, back = (
        conflict(prepare(one), prepare(other), minima),
        conflict(prepare(other), prepare(one), minima),
    )
    assert forth == back, "a conflict is symmetric"
    return forth


def beside(
    distance_m: float, *, azimuth_deg: float = 90.0, latitude_deg: float = 35.0, longitude_deg: float = 33.0
):
    """A circle of 1 km whose centre lies `distance_m` along the geodesic from another's."""
    found = Geodesic.WGS84.Direct(latitude_deg, longitude_deg, azimuth_deg, distance_m)
    return a_circle(round(found["lat2"] * 1e7), round(found["lon2"] * 1e7))


# --- one pair ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("azimuth_deg", [0, 37, 90, 200])
@pytest.mark.parametrize(
    ("latitude_deg", "longitude_deg"), [(35, 33), (0, 180), (89.99, 10), (-90, 0), (60, -179.95)]
)
def test_the_lateral_minimum_is_met_to_the_centimetre(azimuth_deg, latitude_deg, longitude_deg):
    here = a_volume(a_circle(round(latitude_deg * 1e7), round(longitude_deg * 1e7)))
    place = {"azimuth_deg": azimuth_deg, "latitude_deg": latitude_deg, "longitude_deg": longitude_deg}
    for minimum_m in (100, 9_260, 18_520, 100_000):
        minima = Minima(lateral_mm=minimum_m * 1_000)
        near, far = (beside(2_000 + minimum_m + step_m, **place) for step_m in (-0.02, 0.02))
        assert meet(here, a_volume(near), minima)
        assert not meet(here, a_volume(far), minima)


@pytest.mark.parametrize(
    ("level", "minimum_mm", "meets"),
    [
        (320, 0, False),  # the level above a block fits
        (319, 0, True),
        (300, 0, True),  # the lowest level belongs to the block
        (299, 0, False),
        (330, FEET_1000_MM, False),  # exactly 1000 ft apart is separated
        (329, FEET_1000_MM, True),
        (290, FEET_1000_MM, False),
        (291, FEET_1000_MM, True),
    ],
)
def test_a_single_level_against_a_block(level: int, minimum_mm: int, meets: bool):
    single = a_volume(lower_mm=level * LEVEL_MM, upper_mm=level * LEVEL_MM)
    assert meet(a_volume(), single, Minima(vertical_mm=minimum_mm)) == meets


def test_two_flights_at_one_level_meet_and_at_the_next_thousand_do_not():
    level_330 = a_volume(lower_mm=330 * LEVEL_MM, upper_mm=330 * LEVEL_MM)
    level_340 = a_volume(lower_mm=340 * LEVEL_MM, upper_mm=340 * LEVEL_MM)
    for minima in (NOTHING, SAFE):
        assert meet(level_330, level_330, minima)
        assert not meet(level_330, level_340, minima)


def test_back_to_back_windows_fit_and_a_time_minimum_keeps_them_apart():
    end_ms = NOON_MS + 20 * MINUTE_MS
    after = a_volume(time_start_ms=end_ms, time_end_ms=end_ms + 1)
    assert not meet(a_volume(), after)
    assert meet(a_volume(), after, Minima(time_ms=1))
    later = a_volume(time_start_ms=end_ms + 300_000, time_end_ms=end_ms + 300_001)
    assert not meet(a_volume(), later, Minima(time_ms=300_000))
    assert meet(a_volume(), later, Minima(time_ms=300_001))


def test_two_datums_meet_by_the_bands_that_hold_them():
    pressure = a_volume(lower_mm=100 * LEVEL_MM, upper_mm=100 * LEVEL_MM)
    for height_m, meets in (
        (3_048, True),
        (3_048 + 400, True),
        (3_048 - 400, True),
        (9_000, False),
        (0, False),
    ):
        ellipsoid = a_volume(datum=Datum.WGS84, lower_mm=height_m * 1_000, upper_mm=height_m * 1_000)
        assert meet(pressure, ellipsoid) == meets, height_m


def square(south: float, west: float, side: float = 0.1):
    corners = [(south, west), (south, west + side), (south + side, west + side), (south + side, west)]
    return footprints.polygon([(round(lat * 1e7), round(lng * 1e7)) for lat, lng in corners])


@pytest.mark.parametrize(
    ("other", "meets"),
    [
        (square(35, 33), True),  # the same
        (square(35, 33.1), False),  # a shared edge
        (square(35.1, 33.1), False),  # a shared corner
        (square(35.02, 33.02, 0.01), True),  # inside
        (square(34.9, 32.9, 0.4), True),  # around
        (square(35, 33.0999999), False),  # 9 mm of overlap only touch
        (square(35, 33.0999990), True),  # 9 cm do not
        (square(35.05, 32.95, 0.2), True),  # through
    ],
)
def test_polygons_that_share_an_edge_fit_and_those_that_overlap_do_not(other, meets: bool):
    assert meet(a_volume(square(35, 33)), a_volume(other)) == meets


def test_a_triangle_on_three_corners_of_a_square_overlaps_it():
    corners = [(350_000_000, 330_000_000), (350_000_000, 331_000_000), (351_000_000, 330_000_000)]
    assert meet(a_volume(square(35, 33)), a_volume(footprints.polygon(corners)))


def test_a_circle_inside_a_large_polygon_conflicts_though_its_edge_is_far():
    large = a_volume(square(30, 30, 8.0))
    assert meet(large, a_volume(a_circle(34 * DEG, 34 * DEG)))
    assert not meet(large, a_volume(a_circle(40 * DEG, 34 * DEG)))


def test_a_polygon_round_the_pole_holds_it():
    ring = footprints.polygon([(85 * DEG, lng * DEG) for lng in (-180, -90, 0, 90)])
    assert meet(a_volume(ring), a_volume(a_circle(90 * DEG, 0)))
    assert meet(a_volume(ring), a_volume(a_circle(899_000_000, 45 * DEG)))
    assert not meet(a_volume(ring), a_volume(a_circle(80 * DEG, 45 * DEG)))


def test_a_corridor_across_the_antimeridian_meets_what_lies_on_it():
    corridor = footprints.path([(10 * DEG, 1_795_000_000), (10 * DEG, -1_795_000_000)], 9_260_000)
    assert meet(a_volume(corridor), a_volume(a_circle(100_800_000, 180 * DEG)))
    assert not meet(a_volume(corridor), a_volume(a_circle(102_000_000, -180 * DEG)))


def test_a_minimum_is_not_negative():
    with pytest.raises(ValueError, match="not negative"):
        Minima(lateral_mm=-1)


# --- the index --------------------------------------------------------------------------------------------


def naively(live, asked, minima: Minima) -> list[int]:
    ready = prepare(asked)
    return sorted(key for key, volume in live.items() if conflict(ready, prepare(volume), minima))


@pytest.mark.parametrize("seed", range(12))
def test_the_index_answers_what_a_look_at_every_volume_answers(seed: int):
    chance = Random(seed)
    index: VolumeIndex[int] = VolumeIndex()
    live: dict[int, Volume] = {}
    hits = 0
    for number in range(400):
        happening = chance.random()
        if happening < 0.55 or not live:
            live[number] = scattered(chance)
            index.insert(number, live[number])
        elif happening < 0.75:
            gone = chance.choice(list(live))
            del live[gone]
            index.remove(gone)
        elif happening < 0.78:
            before_ms = NOON_MS + chance.randrange(0, 400) * MINUTE_MS
            expired = {key for key, volume in live.items() if volume.time_end_ms <= before_ms}
            assert set(index.expire(before_ms)) == expired
            live = {key: volume for key, volume in live.items() if key not in expired}
        else:
            minima = chance.choice((NOTHING, SAFE, Minima(lateral_mm=200_000_000, vertical_mm=1, time_ms=1)))
            asked = scattered(chance)
            expected = naively(live, asked, minima)
            assert sorted(index.conflicts(asked, minima)) == expected
            hits += len(expected)
    assert len(index) == len(live)
    assert hits > 50


def test_many_at_once_are_as_many_one_by_one():
    chance = Random(5)
    volumes = dict(enumerate(scattered(chance) for _ in range(1_500)))
    one_by_one: VolumeIndex[int] = VolumeIndex()
    for key, volume in volumes.items():
        one_by_one.insert(key, volume)
    at_once: VolumeIndex[int] = VolumeIndex()
    at_once.insert_many([(-1, scattered(chance)), (-2, scattered(chance))])
    at_once.remove(-1)
    at_once.remove(-2)
    at_once.insert_many(volumes.items())
    asked = [scattered(chance) for _ in range(60)]
    answers = at_once.conflicts_many(asked, SAFE)
    assert [sorted(one) for one in answers] == [sorted(one_by_one.conflicts(each, SAFE)) for each in asked]
    assert any(answers)
    assert sorted(answers[0]) == naively(volumes, asked[0], SAFE)


def test_several_are_added_whole_or_not_at_all():
    chance = Random(6)
    volumes = [scattered(chance) for _ in range(3)]
    several = Several([prepare(each) for each in volumes])
    index: VolumeIndex[int] = VolumeIndex()
    index.insert_several((0, 1, 2), several)
    for number, volume in enumerate(volumes):
        assert number in index.conflicts(volume, SAFE)
    for keys, why in (((3, 4), "3 volumes and 2 ids"), ((3, 4, 3), "twice"), ((3, 4, 1), "in use")):
        with pytest.raises(ValueError, match=why):
            index.insert_several(keys, several)
        assert len(index) == 3
        assert 3 not in index


def test_an_id_in_use_is_refused_and_what_came_before_it_stays():
    index: VolumeIndex[str] = VolumeIndex()
    index.insert("A", a_volume())
    with pytest.raises(ValueError, match="'A' is in use"):
        index.insert("A", a_volume())
    with pytest.raises(ValueError, match="'A' is in use"):
        index.insert_many([("B", a_volume()), ("A", a_volume()), ("C", a_volume())])
    assert sorted(index.conflicts(a_volume(), NOTHING)) == ["A", "B"]
    assert ("B" in index, "C" in index) == (True, False)


def test_what_is_removed_is_gone_and_its_id_is_free():
    index: VolumeIndex[str] = VolumeIndex()
    index.insert("A", a_volume())
    index.remove("A")
    assert index.conflicts(a_volume(), NOTHING) == []
    with pytest.raises(KeyError):
        index.remove("A")
    index.insert("A", a_volume())
    assert index.conflicts(a_volume(), NOTHING) == ["A"]


def test_room_is_used_again():
    index: VolumeIndex[int] = VolumeIndex()
    for number in range(3_000):
        index.insert(number, a_volume(a_circle(HERE[0] + number % 7, HERE[1])))
        if number >= 10:
            index.remove(number - 10)
    assert len(index) == 10
    assert len(index._meta) < 200
    assert len(index._points) < 2 * volume_index.FIRST_POINTS
    assert len(index._entries) < 2_000
    assert len(index.conflicts(a_volume(), NOTHING)) == 10


def test_what_is_left_is_found_after_cells_were_emptied_and_slots_became_more():
    chance = Random(5)
    volumes = [scattered(chance) for _ in range(2_000)]
    index: VolumeIndex[int] = VolumeIndex()
    index.insert_many(enumerate(volumes[:500]))
    for number in range(0, 500, 2):
        index.remove(number)
    slots = len(index._heads)
    index.insert_many(enumerate(volumes[500:], start=500))
    assert len(index._heads) > slots
    left = [number for number in range(len(volumes)) if number in index]
    assert len(left) == 1_750
    assert all(number in index.conflicts(volumes[number], NOTHING) for number in left)
    assert not any(number in index.conflicts(volumes[number], NOTHING) for number in range(0, 500, 2))


def test_many_asked_at_once_are_answered_as_one_by_one():
    chance = Random(6)
    volumes = [scattered(chance) for _ in range(600)]
    index: VolumeIndex[int] = VolumeIndex()
    index.insert_many(enumerate(volumes[:400]))
    one_by_one = [index.conflicts(asked, SAFE) for asked in volumes[400:]]
    assert any(one_by_one)
    assert index.conflicts_many(volumes[400:], SAFE) == one_by_one
    assert index.conflicts_many([], SAFE) == []


def test_levels_that_are_as_far_apart_as_the_minimum_do_not_conflict_and_nearer_ones_do():
    index: VolumeIndex[str] = VolumeIndex()
    index.insert("A", a_volume(datum=Datum.STD, lower_mm=0, upper_mm=0))
    for height_mm, found in ((FEET_1000_MM - 1, ["A"]), (FEET_1000_MM, []), (FEET_1000_MM + 1, [])):
        asked = a_volume(datum=Datum.STD, lower_mm=height_mm, upper_mm=height_mm)
        assert index.conflicts(asked, SAFE) == found
    index.insert("B", a_volume(datum=Datum.WGS84, lower_mm=0, upper_mm=0))
    far = a_volume(datum=Datum.STD, lower_mm=FEET_1000_MM + 1, upper_mm=FEET_1000_MM + 1)
    assert index.conflicts(far, SAFE) == ["B"]  # whose pressure altitude nobody knows


def test_a_query_larger_than_its_cells_looks_at_every_volume():
    index: VolumeIndex[str] = VolumeIndex()
    index.insert("near", a_volume())
    index.insert("far", a_volume(a_circle(-60 * DEG, -100 * DEG)))
    wide = a_volume(footprints.circle((0, 0), 10_000_000), time_end_ms=NOON_MS + 400 * 24 * 60 * MINUTE_MS)
    assert sorted(index.conflicts(wide, Minima(lateral_mm=12_000_000_000))) == ["far", "near"]


def test_more_hits_than_anybody_can_act_on_are_an_error_not_a_part(monkeypatch):
    monkeypatch.setattr(volume_index, "HITS_MAX", 600)
    index: VolumeIndex[int] = VolumeIndex()
    index.insert_many((number, a_volume()) for number in range(600))
    assert len(index.conflicts(a_volume(), NOTHING)) == 600
    index.insert(600, a_volume())
    with pytest.raises(ValueError, match="more than 600"):
        index.conflicts(a_volume(), NOTHING)


def test_the_index_has_a_limit(monkeypatch):
    monkeypatch.setattr(volume_index, "VOLUMES_MAX", 2)
    index: VolumeIndex[int] = VolumeIndex()
    index.insert_many([(1, a_volume()), (2, a_volume())])
    with pytest.raises(ValueError, match="limit"):
        index.insert(3, a_volume())
    with pytest.raises(ValueError, match="limit"):
        index.insert_several((3,), Several([prepare(a_volume())]))


@pytest.mark.parametrize(
    "bent",
    [
        [(35, 33), (35.3, 33.5), (35, 34)],  # with a corner
        [(35, 33), (34.9, 33.4), (35.3, 33.5), (34.9, 33.6), (35, 34)],  # away and towards
        [(34.25, 19.0), (34.25, 48.0)],  # a great circle: it rises by nearly a degree half way
    ],
)
def test_a_line_that_bends_towards_another_is_as_near_as_where_it_bends(bent):
    straight = a_path([(35.5, 33.25), (35.5, 33.75)])
    one = a_path(bent)
    apart_mm = round(lateral_m(one, straight) * 1_000)
    assert 15_000_000 < apart_mm < 45_000_000
    for turned in (one, a_path(bent[::-1])):
        near, far = (Minima(lateral_mm=apart_mm + more_mm, vertical_mm=1) for more_mm in (10, -10))
        assert meet(a_volume(turned), a_volume(straight), near)
        assert not meet(a_volume(turned), a_volume(straight), far)


def a_path(points_deg):
    return footprints.path([(round(lat * DEG), round(lng * DEG)) for lat, lng in points_deg], 1_000)


def test_a_neighbour_is_found_wherever_on_earth_and_whatever_its_size():
    chance = Random(1)
    for number in range(1_500):
        latitude_deg, longitude_deg = chance.uniform(-90, 90), chance.uniform(-180, 180)
        radius_mm = round(10 ** chance.uniform(3.1, 8.3))
        apart_m = radius_mm / 1_000 * chance.uniform(0, 1.9) + chance.uniform(0, 9_000)
        there = Geodesic.WGS84.Direct(latitude_deg, longitude_deg, chance.uniform(0, 360), apart_m)
        here = footprints.circle((round(latitude_deg * 1e7), round(longitude_deg * 1e7)), radius_mm)
        beyond = footprints.circle((round(there["lat2"] * 1e7), round(there["lon2"] * 1e7)), radius_mm)
        index: VolumeIndex[int] = VolumeIndex()
        index.insert(number, a_volume(here))
        assert index.conflicts(a_volume(beyond), SAFE) == [number]


def test_a_meeting_in_time_is_found_whenever_it_is_and_however_long():
    chance = Random(2)
    for number in range(1_500):
        start_ms = NOON_MS + chance.randrange(0, 40 * 24 * 60 * MINUTE_MS)
        length_ms = round(10 ** chance.uniform(0, 10.5))
        stored = a_volume(time_start_ms=start_ms, time_end_ms=start_ms + length_ms)
        index: VolumeIndex[int] = VolumeIndex()
        index.insert(number, stored)
        for at_ms in (start_ms, start_ms + length_ms - 1, start_ms + chance.randrange(length_ms)):
            asked = a_volume(time_start_ms=at_ms, time_end_ms=at_ms + 1)
            assert index.conflicts(asked, NOTHING) == [number]
        for at_ms in (start_ms - 1, start_ms + length_ms):
            asked = a_volume(time_start_ms=at_ms, time_end_ms=at_ms + 1)
            assert index.conflicts(asked, NOTHING) == []
            assert index.conflicts(asked, Minima(time_ms=1)) == [number]
        for at_ms in (start_ms - 300_000, start_ms + length_ms + 299_999):
            asked = a_volume(time_start_ms=at_ms, time_end_ms=at_ms + 1)
            assert index.conflicts(asked, Minima(time_ms=299_999)) == []
            assert index.conflicts(asked, Minima(time_ms=300_000)) == [number]


@pytest.mark.parametrize("year_ms", [0, NOON_MS, 2_200_000_000_000, 4_102_444_800_000 - MINUTE_MS])
def test_a_volume_of_any_year_is_found_also_one_without_end(year_ms: int):
    index: VolumeIndex[str] = VolumeIndex()
    index.insert("minute", a_volume(time_start_ms=year_ms, time_end_ms=year_ms + MINUTE_MS))
    index.insert("endless", a_volume(time_start_ms=year_ms, time_end_ms=4_102_444_800_000))
    asked = a_volume(time_start_ms=year_ms, time_end_ms=year_ms + MINUTE_MS)
    assert sorted(index.conflicts(asked, Minima())) == ["endless", "minute"]


@pytest.mark.parametrize("seed", range(20))
def test_whether_one_of_them_is_near_is_answered_as_for_any_two(seed: int):
    chance = Random(seed)
    there, asked = scattered(chance), scattered(chance)
    minima = Minima(lateral_mm=20_000_000, vertical_mm=LEVEL_MM * 10, time_ms=MINUTE_MS)
    index: VolumeIndex[str] = VolumeIndex()
    index.insert("there", there)
    assert index.nearer("there", asked, minima) == conflict(prepare(there), prepare(asked), minima)
