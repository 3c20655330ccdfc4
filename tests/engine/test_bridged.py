"""What drones are told of crewed traffic: all of it that matters to them, and nothing about a flight."""

import math
import random
from datetime import timedelta

import pytest

from mamarr.airspace import SpecialHandling, corridors
from mamarr.airspace.areas import Area, AreaKind, DeclareArea
from mamarr.airspace.reservations import Reserve
from mamarr.airspace.windows import Window
from mamarr.engine import bridged
from mamarr.engine.bridged import GRID_MS, PAD_MS, Told, Untold, When
from mamarr.faults import Refusal
from mamarr.flights.flights import ReportAirborne, ReportEnded, Withdraw
from mamarr.flights.plans import Traffic
from mamarr.geometry import Datum, footprints
from tests import geodesics
from tests.airspace.boxes import NOON, SOUTH, a_box
from tests.engine.orders import Desk
from tests.engine.skies import a_desk, an_order, file
from tests.flights.routes import DEG, EAST, MINUTE_MS, NM_MM, NOON_MS, a_corridor, a_plan, declared

HOUR_MS = 60 * MINUTE_MS
PLANNED = {"EAST": When.PLANNED}


def told(desk: Desk, corridors_when=PLANNED, areas=(), minutes: float = 0) -> tuple[Told, ...]:
    return of(desk, corridors_when, areas, minutes)[0]


def of(desk: Desk, corridors_when=PLANNED, areas=(), minutes: float = 0):
    return bridged.told(
        desk.decider.projection,
        corridors_when=corridors_when,
        areas=areas,
        now_ms=NOON_MS + round(minutes * MINUTE_MS),
    )


def filed(desk: Desk, flight_id: str, **changed) -> None:
    (answer,) = desk.ask(file(flight_id, a_plan(**changed)))
    assert not isinstance(answer.outcome, Refusal), answer


def test_a_planned_flight_closes_its_segments_on_a_grid_and_longer_than_it_may_be_there():
    desk = a_desk()
    assert told(desk) == ()
    filed(desk, "F1")
    kept = desk.decider.projection.flights.durable("F1").volumes
    found = told(desk)
    assert {each.piece.name.split(".")[0] for each in found} == {"corridor/EAST/0", "corridor/EAST/1"}
    for each in found:
        segment = int(each.piece.name[len("corridor/EAST/")])
        (window,) = each.windows
        volume = kept[segment].volume
        assert window.time_start_ms <= volume.time_start_ms - PAD_MS
        assert window.time_end_ms >= volume.time_end_ms + PAD_MS
        assert window.time_start_ms % GRID_MS == window.time_end_ms % GRID_MS == 0


def test_two_flights_of_other_names_levels_and_near_times_are_told_alike():
    one, other = a_desk(), a_desk()
    filed(one, "F1", minutes=62, level="F330")
    filed(other, "X9", minutes=63, level="F210", identification="OTHER1")
    assert told(one) == told(other)


def test_what_is_withdrawn_or_has_landed_is_told_no_more_and_what_is_airborne_until_it_reports():
    desk = a_desk()
    filed(desk, "F1")
    filed(desk, "F2", level="F350")
    desk.ask(an_order(Withdraw(flight_id="F1"), SOUTH))
    assert told(desk)
    airborne = an_order(ReportAirborne(flight_id="F2", time_ms=NOON_MS + HOUR_MS), SOUTH)
    (answer,) = desk.ask(airborne, now=NOON + timedelta(hours=1))
    assert not isinstance(answer.outcome, Refusal), answer
    late = told(desk, minutes=600)
    assert late[0].windows[0].time_end_ms >= NOON_MS + 600 * MINUTE_MS
    desk.ask(an_order(ReportEnded(flight_id="F2"), SOUTH), now=NOON + timedelta(hours=2))
    assert told(desk, minutes=121) == ()


@pytest.mark.parametrize(
    "changed", [{"traffic": Traffic.OAT}, {"handling": (SpecialHandling.STATE,)}], ids=["OAT", "STATE"]
)
@pytest.mark.requirement("THREATS 23")
def test_a_state_flight_is_never_told_alone_and_whoever_runs_the_bridge_knows(changed):
    desk = a_desk()
    filed(desk, "F1", **changed)
    assert of(desk) == ((), (Untold(name="EAST", state_flights=1),))
    filed(desk, "F2", minutes=300)
    alone = told(desk)
    desk.ask(an_order(Withdraw(flight_id="F1"), SOUTH))
    assert told(desk) == alone


def test_a_state_flight_beside_another_is_covered_by_what_is_told():
    desk = a_desk()
    filed(desk, "F1", traffic=Traffic.OAT, minutes=70, level="F370")
    filed(desk, "F2")
    found, untold = of(desk)
    assert untold == ()
    kept = desk.decider.projection.flights.durable("F1").volumes[0].volume
    (window,) = found[0].windows
    assert window.time_start_ms <= kept.time_start_ms < kept.time_end_ms <= window.time_end_ms


def test_an_always_corridor_says_the_same_whoever_flies_and_moves_on_at_midnight():
    desk, always = a_desk(), {"EAST": When.ALWAYS}
    empty = told(desk, always)
    filed(desk, "F1", traffic=Traffic.OAT)
    assert told(desk, always) == empty == told(desk, always, minutes=11 * 60 + 59)
    assert empty[0].windows == (
        Window(time_start_ms=NOON_MS - 12 * HOUR_MS, time_end_ms=NOON_MS + 36 * HOUR_MS),
    )
    assert told(desk, always, minutes=12 * 60) != empty


def test_an_always_corridor_is_told_in_its_own_windows():
    desk = a_desk()
    windows = (Window(time_start_ms=NOON_MS, time_end_ms=NOON_MS + HOUR_MS),)
    desk.ask(an_order(corridors.DeclareCorridor(corridor=a_corridor(windows=windows))))
    assert {each.windows for each in told(desk, {"EAST": When.ALWAYS})} == {windows}


def test_what_is_not_named_is_not_told_and_what_is_named_in_vain_is_said():
    desk = a_desk()
    filed(desk, "F1")
    assert of(desk, {}) == ((), ())
    assert of(desk, {"WEST": When.ALWAYS}, ["NOWHERE"]) == (
        (),
        (
            Untold(name="WEST", why="there is no such corridor"),
            Untold(name="NOWHERE", why="there is no such area"),
        ),
    )


@pytest.mark.requirement("THREATS 24")
def test_a_reservation_is_never_told():
    desk = a_desk()
    before = told(desk, {"EAST": When.ALWAYS})
    (answer,) = desk.ask(an_order(Reserve(reservation_id="SHIP", volume=a_box()), SOUTH))
    assert not isinstance(answer.outcome, Refusal)
    assert told(desk, {"EAST": When.ALWAYS}, ["SHIP"]) == before


def test_an_area_is_told_as_it_is_with_heights_on_the_safe_side():
    desk = a_desk()
    centre = (round(EAST[0] * DEG), round(EAST[1] * DEG))
    area = Area(
        area_id="RANGE",
        kind=AreaKind.TRA,
        footprint=footprints.circle(centre, 3 * NM_MM),
        datum=Datum.STD,
        lower_mm=0,
        upper_mm=1_000_000,
    )
    desk.ask(an_order(DeclareArea(area=area)))
    (found,) = told(desk, {}, ["RANGE"])
    assert (found.piece.corners, found.piece.radius_mm) == ((centre,), 3 * NM_MM)
    assert found.piece.lower_mm < -700_000
    assert found.piece.upper_mm > 1_700_000


def is_inside(latitude_deg: float, longitude_deg: float, corners) -> bool:
    """By how the bearings to the corners turn about the place: all the way round, or not."""
    place = latitude_deg, longitude_deg
    bearings = [geodesics.azimuth_deg(place, (each[0] / DEG, each[1] / DEG)) for each in corners]
    turned = sum(
        (after - before + 180.0) % 360.0 - 180.0
        for before, after in zip(bearings, [*bearings[1:], bearings[0]], strict=True)
    )
    return abs(turned) > 180.0


@pytest.mark.parametrize("half_width_nm", [0.5, 5, 10])
def test_the_pieces_of_a_segment_hold_all_within_its_half_width(half_width_nm: float):
    corridor = declared(a_corridor(half_width_mm=round(half_width_nm * NM_MM)))
    dice = random.Random(7)
    for packed, parts in zip(corridor.segments, bridged.pieces_of(corridor), strict=True):
        line = footprints.unpacked(packed)
        for _ in range(40):
            at = dice.randrange(len(line) - 1)
            one, other = line[at], line[at + 1]
            share = dice.random()
            place = [one[axis] + share * (other[axis] - one[axis]) for axis in (0, 1)]
            away_m = half_width_nm * 1_852 * math.sqrt(dice.random())
            end = geodesics.moved((place[0] / DEG, place[1] / DEG), dice.uniform(0, 360), away_m)
            assert any(is_inside(*end, each.corners) for each in parts)


def test_a_piece_is_not_larger_than_a_dss_takes_and_a_corridor_too_wide_says_so():
    for width_nm in (0.5, 5, 10):
        corridor = declared(a_corridor(half_width_mm=round(width_nm * NM_MM)))
        for parts in bridged.pieces_of(corridor):
            for piece in parts:
                latitudes_deg, longitudes_deg = (
                    [angle_e7deg / DEG for angle_e7deg in each] for each in zip(*piece.corners, strict=True)
                )
                area_m2, _ = geodesics.WGS84.polygon_area_perimeter(longitudes_deg, latitudes_deg)
                assert abs(area_m2) < 2_010 * 1e6
    desk = a_desk()
    desk.ask(an_order(corridors.DeclareCorridor(corridor=a_corridor(half_width_mm=30 * NM_MM))))
    (untold,) = of(desk, {"EAST": When.ALWAYS})[1]
    assert "km wide" in untold.why
