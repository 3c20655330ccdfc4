"""The checker sees a planted conflict of each kind, and none where there is none."""

from typing import Any

import msgspec
import pytest

from mamarr.airspace import Constraint, Terms
from mamarr.airspace.constraints import ConstraintDeclared, ConstraintWithdrawn, SpecialHandling
from mamarr.airspace.corridors import CorridorDeclared, NavigationSpecification
from mamarr.airspace.parties import PartyDeclared
from mamarr.airspace.reservations import Activated, Earmarked, Queued, Released, Reserved
from mamarr.airspace.shares import ShareDeclared, ShareWithdrawn
from mamarr.airspace.terms import TermsSet
from mamarr.airspace.windows import Window
from mamarr.engine.orders import Decided
from mamarr.faults import Reason, Refusal
from mamarr.flights import Condition, Plan, Position, Stage, flights, imposed
from mamarr.flights.plans import Formation
from mamarr.geometry import Datum, Volume, footprints
from mamarr.geometry.altitude import Qnh, filed_level
from mamarr.simulation.ledger import Ledger
from tests.airspace.boxes import a_box
from tests.flights.routes import (
    DEG,
    EAST,
    FL_MM,
    MIDDLE,
    MINUTE_MS,
    NM_MM,
    NOON_MS,
    WEST,
    a_corridor,
    a_party,
    a_plan,
    a_point,
    a_share,
    kept,
)

BEYOND = (35.2, 34.9)
COAST = (34.0, 45.0)  # where no share is


class Sheet:
    """A ledger in which a test writes what happened, minute by minute after noon."""

    def __init__(self, **corridor: Any) -> None:
        self.ledger = Ledger()
        for party in ("north", "south"):
            self.say(0, PartyDeclared(party=a_party(party)))
        self.corridors = (a_corridor(**corridor),)
        self.say(0, CorridorDeclared(corridor=self.corridors[0], segments=()))
        self.say(0, ShareDeclared(share=a_share()))

    def say(self, minutes: float, *events: Any, report: Any = None, refusal: Refusal | None = None) -> None:
        self.ledger.reported(msgspec.to_builtins(report) if report is not None else {})
        decided = Decided(rules=3, events=events, refusal=refusal)
        self.ledger.read(msgspec.json.encode(decided), NOON_MS + round(minutes * MINUTE_MS))

    def file(self, name: str, plan: Plan, *, party: str = "north", minutes: float = 0, **more: Any) -> None:
        values = {
            "flight_id": name,
            "party": party,
            "centre": f"{party}-centre",
            "plan": plan,
            "volumes": kept(plan, *self.corridors),
            "stage": Stage.COORDINATED,
        }
        self.say(minutes, flights.Filed(**{**values, **more}))

    @property
    def found(self) -> list[str]:
        return self.ledger.sentences


def on_from_east(minutes: float, level: str = "F330", **changed: Any) -> Plan:
    """Off corridors, from the end of EAST on, eight minutes."""
    route = (a_point(EAST, minutes, level), a_point(BEYOND, minutes + 8, level))
    return msgspec.structs.replace(a_plan(), route=route, **changed)


def beside(north_deg: float, **changed: Any) -> Plan:
    """From west to east, ten minutes, 2 NM to either side of a parallel."""
    route = (a_point((34 + north_deg, 32.0), 60), a_point((34 + north_deg, 33.0), 70))
    values = {"route": route, "navigation_specification": NavigationSpecification.RNAV_1}
    return msgspec.structs.replace(a_plan(), **{**values, **changed})


def formed(**extent: int) -> dict[str, Any]:
    return {"aircraft_count": 2, "formation": Formation(**extent)}


PLAIN = a_plan(has_rvsm=False)
TEN_NM_DEG = 10 / 60

# two plans, the party of the second (the first is north's), what the corridor asks, whether they conflict
PAIRS: list[tuple[Plan, Plan, str, dict[str, Any], bool]] = [
    (a_plan(), a_plan(), "north", {}, True),
    (a_plan(), a_plan(minutes=75), "north", {}, True),
    (a_plan(), a_plan(minutes=120), "north", {}, False),
    (a_plan(), a_plan(level="F340"), "north", {}, False),
    (a_plan(), a_plan(level="F340"), "south", {}, True),  # 2000 ft between centres
    (a_plan(), a_plan(level="F350"), "south", {}, False),
    (a_plan(), a_plan(level="F340", has_rvsm=False), "north", {}, True),  # 2000 ft without RVSM
    (a_plan(level="F280", has_rvsm=False), a_plan(level="F290", has_rvsm=False), "north", {}, False),
    (a_plan(), a_plan(level="F350"), "north", {"vertical_minimum_mm": 3 * 10 * FL_MM}, True),
    (a_plan(), on_from_east(97), "north", {}, False),
    (a_plan(), on_from_east(97), "south", {}, True),  # within five minutes
    (a_plan(), on_from_east(97), "north", {"longitudinal_minimum_ms": 4 * MINUTE_MS}, True),
    (beside(0), beside(TEN_NM_DEG), "north", {}, False),
    (beside(0), beside(TEN_NM_DEG), "south", {}, True),
    (beside(0), beside(TEN_NM_DEG, **formed(lateral_mm=3 * NM_MM)), "north", {}, True),
    (a_plan(), a_plan(level="F340", **formed(vertical_mm=FL_MM)), "north", {}, True),
    (a_plan(), a_plan(handling=(SpecialHandling.MARSA,)), "north", {}, True),
    (
        a_plan(handling=(SpecialHandling.MARSA,)),
        a_plan(handling=(SpecialHandling.MARSA,)),
        "north",
        {},
        False,
    ),
]


@pytest.mark.parametrize(("one", "other", "party", "corridor", "conflict"), PAIRS)
def test_two_flights_are_told_when_they_come_nearer_than_their_minima(
    one: Plan, other: Plan, party: str, corridor: dict[str, Any], conflict: bool
):
    sheet = Sheet(**corridor)
    sheet.file("F1", one)
    sheet.file("F2", other, party=party)
    assert bool(sheet.found) is conflict, sheet.found


def test_a_stay_is_seen():
    sheet = Sheet()
    stay = msgspec.structs.replace(
        a_plan(), route=(a_point((33.8, 32.5), 62, stay_ms=10 * MINUTE_MS, stay_radius_mm=10 * NM_MM),)
    )
    sheet.file("F1", stay)
    sheet.file("F2", a_plan())
    assert sheet.found


def a_disc(place: tuple[float, float] = MIDDLE, *, start: float = 0, end: float = 120) -> Volume:
    return Volume(
        footprint=footprints.circle((round(place[0] * DEG), round(place[1] * DEG)), 5 * NM_MM),
        datum=Datum.STD,
        lower_mm=300 * FL_MM,
        upper_mm=340 * FL_MM,
        time_start_ms=NOON_MS + round(start * MINUTE_MS),
        time_end_ms=NOON_MS + round(end * MINUTE_MS),
    )


@pytest.mark.parametrize(
    ("changed", "plan", "conflict"),
    [
        ({}, {}, True),
        ({"exempt_parties": ("south",)}, {}, True),
        ({"exempt_parties": ("north",)}, {}, False),
        (
            {"exempt_handling": (SpecialHandling.SAR,)},
            {"handling": (SpecialHandling.SAR,)},
            False,
        ),
        ({}, {"level": "F340"}, False),
    ],
)
def test_closed_sky_is_seen_by_those_it_binds(changed: dict[str, Any], plan: dict[str, Any], conflict: bool):
    sheet = Sheet()
    closed = Constraint(constraint_id="C1", volumes=(a_disc(),), **changed)
    sheet.say(0, ConstraintDeclared(constraint=closed))
    sheet.file("F1", a_plan(**plan))
    assert bool(sheet.found) is conflict
    sheet.say(0, ConstraintWithdrawn(constraint_id="C1"))
    before = len(sheet.found)
    sheet.file("F2", a_plan(minutes=200))
    assert len(sheet.found) == before


def test_what_is_imposed_binds_what_comes_later_and_only_that():
    sheet = Sheet()
    sheet.file("F1", a_plan())
    there = imposed.Imposed(
        imposed_id="I1",
        party="north",
        kind=imposed.ImposedKind.STRANGER,
        volumes=(a_disc(end=1),),  # a window that has passed frees nothing
    )
    sheet.say(0, imposed.WasImposed(imposed=there))
    assert not sheet.found
    sheet.file("F2", a_plan(minutes=180))
    assert sheet.found == [
        "flight F2 was admitted nearer than 18520000 mm, 609600 mm and 300000 ms to imposed I1"
    ]


@pytest.mark.parametrize(
    ("condition", "level", "conflict"),
    [
        (Condition.EMERGENCY, "F150", True),
        (Condition.DEVIATING, "F150", False),
        (Condition.DEVIATING, "F240", True),
        (Condition.NORMAL, "F240", False),
    ],
)
def test_an_emergency_is_seen_by_what_is_admitted_after_it(condition: Condition, level: str, conflict: bool):
    sheet = Sheet()
    sheet.file("F1", a_plan(level="F250"))
    there = Position(
        latitude_e7deg=round(BEYOND[0] * DEG),
        longitude_e7deg=round(BEYOND[1] * DEG),
        level=filed_level("F250"),
    )
    report = flights.ReportCondition(flight_id="F1", condition=condition, position=there)
    sheet.say(61, flights.ConditionReported(flight_id="F1", condition=condition), report=report)
    sheet.file("F2", on_from_east(300, level), minutes=62)
    assert bool(sheet.found) is conflict


def test_a_flight_in_the_air_is_held_until_it_ends_and_one_on_the_ground_is_not():
    sheet, grounded = Sheet(), Sheet()
    for each in (sheet, grounded):
        each.file("F1", a_plan())
    report = flights.ReportAirborne(flight_id="F1", time_ms=NOON_MS + 60 * MINUTE_MS)
    passed = flights.Passed(flight_id="F1", point=0, plan=a_plan(), volumes=kept(a_plan()))
    sheet.say(60, passed, report=report)
    for each in (sheet, grounded):
        each.file("F2", a_plan(minutes=300), minutes=290)
    assert (bool(sheet.found), bool(grounded.found)) == (True, False)
    ended = Sheet()
    ended.file("F1", a_plan())
    ended.say(60, passed, report=report)
    ended.say(85, flights.Ended(flight_id="F1"))
    ended.file("F2", a_plan(minutes=300), minutes=290)
    assert not ended.found


def test_what_was_reported_moves_what_is_held():
    sheet = Sheet()
    sheet.file("F1", a_plan())
    late = flights.ReportAirborne(flight_id="F1", time_ms=NOON_MS + 160 * MINUTE_MS)
    sheet.say(160, flights.Passed(flight_id="F1", point=0, plan=a_plan(minutes=160), volumes=()), report=late)
    sheet.file("F2", a_plan(), minutes=160)  # where it was to be before
    assert not sheet.found
    sheet.file("F3", a_plan(minutes=165), minutes=160)
    assert sheet.found


def test_a_provisional_acceptance_holds_until_it_lapses_and_cannot_be_confirmed_then():
    provisional = {"stage": Stage.PROVISIONAL, "lapses_at_ms": NOON_MS + 5 * MINUTE_MS}
    sheet, late = Sheet(), Sheet()
    for each, minutes in ((sheet, 4), (late, 5)):
        each.file("F1", a_plan(), **provisional)
        each.file("F2", a_plan(), minutes=minutes)
    assert (bool(sheet.found), late.found) == (True, [])
    late.say(6, flights.Confirmed(flight_id="F1"))
    assert late.found == ["F1 was confirmed when it had lapsed"]


def test_what_is_not_said_to_lapse_and_what_is_given_back_in_the_air_is_told():
    sheet = Sheet()
    sheet.file("F1", a_plan(), stage=Stage.PROVISIONAL)
    assert sheet.found.pop() == "F1 is provisional and never lapses"
    report = flights.ReportAirborne(flight_id="F1", time_ms=NOON_MS + 60 * MINUTE_MS)
    sheet.say(60, flights.Passed(flight_id="F1", point=0, plan=a_plan(), volumes=()), report=report)
    sheet.say(61, flights.Withdrawn(flight_id="F1"))
    assert sheet.found == ["F1 was given back in the air"]


def test_an_admitted_leg_lies_in_shares():
    sheet = Sheet()
    plan = msgspec.structs.replace(a_plan(), route=(a_point(EAST, 60), a_point(COAST, 120)))
    sheet.file("F1", plan)
    assert sheet.found == ["F1 was admitted where nobody decides"]


def test_two_that_were_only_notified_are_free_of_each_other_and_an_admitted_one_of_neither():
    free = tuple(msgspec.structs.replace(each, is_admitted=False) for each in kept(a_plan()))
    sheet = Sheet()
    for name in ("F1", "F2"):
        sheet.file(name, a_plan(), volumes=free, stage=Stage.NOTIFIED)
    assert not sheet.found
    sheet.file("F3", a_plan(), party="south")
    assert len(sheet.found) == 2


def in_the_box(**changed: Any) -> dict[str, Any]:
    box = a_box(
        latitude_south_e7deg=round(33.9 * DEG),
        latitude_north_e7deg=round(34.1 * DEG),
        longitude_west_e7deg=round(32.4 * DEG),
        longitude_east_e7deg=round(32.6 * DEG),
        altitude_lower_mm=320 * FL_MM,
        altitude_upper_mm=340 * FL_MM,
    )
    return {"reservation_id": "R1", "holder": "south", "volume": box, **changed}


def test_a_reservation_is_seen_by_flights_of_others_and_sees_them():
    before, after, own, waits = Sheet(), Sheet(), Sheet(), Sheet()
    before.say(0, Reserved(**in_the_box()))
    before.file("F1", a_plan())
    after.file("F1", a_plan())
    after.say(0, Reserved(**in_the_box()))
    own.say(0, Reserved(**in_the_box(holder="north")))
    own.file("F1", a_plan())
    waits.say(0, Queued(**in_the_box(queued_at_ms=NOON_MS)))
    waits.file("F1", a_plan())
    assert [bool(each.found) for each in (before, after, own, waits)] == [True, True, False, False]
    waits.say(1, Earmarked(reservation_id="R1", lapses_at_ms=NOON_MS + 16 * MINUTE_MS))
    assert waits.found


def test_who_keeps_clear_of_an_edge_is_passed_up_to_it():
    clear, not_clear = Sheet(), Sheet()
    clear.say(0, Reserved(**in_the_box()))
    not_clear.say(0, Reserved(**in_the_box(user_keeps_clear=False)))
    for each in (clear, not_clear):
        each.file("F1", beside(0.2))
    assert (clear.found, bool(not_clear.found)) == ([], True)


def test_who_is_in_a_reservation_keeps_it_beyond_its_window():
    sheet = Sheet()
    sheet.say(0, Reserved(**in_the_box()))
    sheet.say(1, Activated(reservation_id="R1"))
    sheet.file("F1", a_plan(minutes=300), minutes=290)
    assert sheet.found
    sheet.say(291, Released(reservation_id="R1"))
    assert sheet.found[-1] == "R1 was forgotten while somebody was in it"


def test_terms_hold_from_when_they_are_set():
    sheet = Sheet()
    sheet.file("F1", a_plan())
    wider = msgspec.structs.replace(Terms(), departure_after_ms=0, departure_before_ms=0)
    sheet.say(0, TermsSet(terms=wider))
    sheet.file("F2", a_plan(minutes=75))  # F1 may be ten minutes late as filed
    assert sheet.found


def test_a_refusal_names_what_is_there():
    sheet = Sheet()
    refusal = Refusal(reason=Reason.CONFLICT, because=("F1",))
    sheet.file("F1", a_plan())
    sheet.say(1, refusal=refusal)
    assert not sheet.found
    sheet.say(300, refusal=refusal)
    assert sheet.found == ["F1 was named in a refusal and holds nothing"]


LOW = Qnh(lowest_pa=94_500, highest_pa=94_500)  # 1,920 ft above the flight level of the same number


@pytest.mark.parametrize(
    ("altitude", "qnh", "level", "conflict"),
    [
        ("A280", LOW, "F300", True),
        ("A280", LOW, "F280", False),
        ("A280", Qnh(lowest_pa=101_325, highest_pa=101_325), "F300", False),
        ("M0850", LOW, "F300", True),  # F279 and as much more
        ("A300", Qnh(lowest_pa=94_500, highest_pa=101_325), "F310", True),  # anywhere between the two
    ],
)
def test_an_altitude_lies_where_its_qnh_puts_it(altitude: str, qnh: Qnh, level: str, conflict: bool):
    sheet = Sheet()
    sheet.file("F1", a_plan(level=altitude, qnh=qnh))
    sheet.file("F2", a_plan(level=level))
    assert bool(sheet.found) is conflict


def an_area(*corners_deg: tuple[float, float], datum: Datum = Datum.STD) -> Volume:
    corners = [(round(north_deg * DEG), round(east_deg * DEG)) for north_deg, east_deg in corners_deg]
    return msgspec.structs.replace(a_disc(), footprint=footprints.polygon(corners), datum=datum)


WIDE = ((32.0, 30.0), (32.0, 36.0), (36.0, 36.0), (36.0, 30.0))
BESIDE = ((35.0, 30.0), (35.0, 36.0), (36.0, 36.0), (36.0, 30.0))


@pytest.mark.parametrize(
    ("volume", "level", "conflict"),
    [
        (an_area(*WIDE), "F330", True),
        (an_area(*WIDE[::-1]), "F330", True),
        (an_area(*BESIDE), "F330", False),
        (an_area(*WIDE), "F350", False),
        (an_area(*WIDE, datum=Datum.WGS84), "F350", True),  # whose pressure surface may be that low
        (an_area(*WIDE, datum=Datum.WGS84), "F410", False),
    ],
)
def test_closed_areas_are_entered_inside_too_and_where_their_heights_may_be(
    volume: Volume, level: str, conflict: bool
):
    sheet = Sheet(upper_mm=450 * FL_MM)
    sheet.say(0, ConstraintDeclared(constraint=Constraint(constraint_id="C1", volumes=(volume,))))
    sheet.file("F1", a_plan(level=level))
    assert bool(sheet.found) is conflict


def test_who_leaves_a_formation_is_free_of_it_and_of_nobody_else_on_its_first_leg_alone():
    away = (a_point(WEST, 60), a_point((33.0, 32.0), 66), a_point((32.0, 32.0), 72))
    plan = msgspec.structs.replace(a_plan(), route=away, splits_from="LEADER")
    free, other, back = Sheet(), Sheet(), Sheet()
    for sheet in (free, other, back):
        sheet.file("LEADER", a_plan(**formed()))
    free.file("F1", plan)
    assert free.found == []
    other.file("F2", a_plan(level="F350"))
    other.file("F1", msgspec.structs.replace(plan, route=(a_point(WEST, 60, "F350"), *away[1:])))
    assert other.found
    returned = (*away[:2], a_point(WEST, 72))
    back.file("F1", msgspec.structs.replace(plan, route=returned))
    assert back.found


@pytest.mark.parametrize(
    ("changed", "admitted"),
    [
        ({}, True),
        ({"upper_mm": 330 * FL_MM}, False),
        ({"lower_mm": 331 * FL_MM}, False),
        ({"datum": Datum.WGS84}, True),
        ({"datum": Datum.WGS84, "upper_mm": 360 * FL_MM}, False),  # the surface may lie above
        ({"windows": (Window(time_start_ms=NOON_MS, time_end_ms=NOON_MS + 90 * MINUTE_MS),)}, True),
        ({"windows": (Window(time_start_ms=NOON_MS, time_end_ms=NOON_MS + 75 * MINUTE_MS),)}, False),
    ],
)
def test_a_share_decides_at_its_levels_and_times(changed: dict[str, Any], admitted: bool):
    sheet = Sheet()
    sheet.say(0, ShareDeclared(share=a_share(**changed)))
    sheet.file("F1", a_plan())
    assert (sheet.found == []) is admitted


def test_what_is_withdrawn_decides_no_more():
    sheet = Sheet()
    sheet.say(0, ShareWithdrawn(share_id="NORTHERN"))
    sheet.file("F1", a_plan())
    assert set(sheet.found) == {"F1 was admitted where nobody decides"}
