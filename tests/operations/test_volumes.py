"""When two volumes of operational intents meet: to the millimetre, ends included."""

import pytest

from mamarr.operations import Volume
from mamarr.operations.volumes import any_meet, meets
from tests.operations.planned import LATITUDE_E9DEG, LONGITUDE_E9DEG, SIDE_E9DEG, bounds, circle, square

CENTIMETRE_E9DEG = 90  # of latitude: 1.0 cm


def triangle(tip_e9deg: int, up: int) -> Volume:
    """A triangle with its tip so far north of the place, which widens northward (1) or southward (-1)."""
    tip = LATITUDE_E9DEG + tip_e9deg
    far = tip + up * 420_000
    corners = ((tip, LONGITUDE_E9DEG), (far, LONGITUDE_E9DEG - 300_000), (far, LONGITUDE_E9DEG + 300_000))
    return Volume(corners=corners, **bounds((100, 200), (0, 30)))


@pytest.mark.requirement("astm.f3548.v21.GEN0500")
@pytest.mark.parametrize(("tip_e9deg", "is_met"), [(100, True), (-100, False), (CENTIMETRE_E9DEG, True)])
def test_tips_that_overlap_by_a_centimetre_meet_and_a_centimetre_apart_they_do_not(tip_e9deg, is_met):
    assert meets(triangle(0, 1), triangle(tip_e9deg, -1)) is is_met
    assert meets(triangle(tip_e9deg, -1), triangle(0, 1)) is is_met


@pytest.mark.parametrize(
    ("other", "is_met"),
    [
        (square(east=1), True),  # a side in common
        (square(east=1, north=1), True),  # a corner in common
        (square(east=1.001), False),  # 7.5 cm apart
        (square(levels_m=(200, 300)), True),  # a level in common
        (square(levels_m=(200.001, 300)), False),
        (square(minutes=(30, 40)), True),  # an instant in common
        (square(minutes=(30.001, 40)), False),
        (circle(20, east=0.5, north=0.5), True),  # inside
        (circle(1_000, east=3, north=3), True),  # around
        (square(minutes=(-9, -1)), False),
    ],
)
def test_what_only_touches_meets(other, is_met):
    assert meets(square(), other) is is_met
    assert meets(other, square()) is is_met


def test_a_circle_reaches_as_far_as_its_radius_says():
    # A degree of latitude at 47.3 degrees is 111,172.5 m (NGA.STND.0036's series): a side is 111.17 m.
    south_of_square = -1.0
    assert not meets(square(), circle(111.16, north=south_of_square))
    assert meets(square(), circle(111.19, north=south_of_square))


def test_one_of_many_is_enough():
    assert any_meet((square(east=5), square()), (square(east=9), square()))
    assert not any_meet((square(east=5),), (square(east=9), square()))
    assert not any_meet((), (square(),))


@pytest.mark.parametrize(
    "wrong",
    [
        {"corners": ()},
        {"corners": ((0, 0), (0, SIDE_E9DEG))},
        {"corners": ((0, 0),)},  # a circle without a radius
        {"radius_mm": 5},  # a polygon with one
        {"corners": ((91 * 10**9, 0),), "radius_mm": 5},
        {"corners": ((0, 181 * 10**9),), "radius_mm": 5},
        {"altitude_lower_mm": 300_000},
        {"altitude_upper_mm": 10**9},
        {"time_end_us": 0},
        {"time_end_us": 1 << 60},
    ],
)
def test_what_is_no_volume_is_refused(wrong):
    usual = {each: getattr(square(), each) for each in square().__struct_fields__}
    with pytest.raises(ValueError, match=r"\w"):
        Volume(**{**usual, **wrong})


def test_an_outline_of_many_corners_meets_as_one_of_few():
    def ring(count: int) -> tuple[tuple[int, int], ...]:
        """So many corners on the sides of a square."""
        step = SIDE_E9DEG * 4 // count
        along = [step * each for each in range(count)]
        side = SIDE_E9DEG
        corners = [
            (0, at) if at < side else
            (at - side, side) if at < 2 * side else
            (side, 3 * side - at) if at < 3 * side else
            (4 * side - at, 0)
            for at in along
        ]  # fmt: skip
        return tuple((LATITUDE_E9DEG + north, LONGITUDE_E9DEG + east) for north, east in corners)

    many = Volume(corners=ring(400), **bounds((100, 200), (0, 30)))
    assert meets(many, square(east=0.5))
    assert not meets(many, square(east=1.001))
