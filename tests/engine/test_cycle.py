"""What the process that watches is told, and what its findings ask of the log."""

from datetime import timedelta

import msgspec
import pytest

from mamarr.engine import cycle
from mamarr.engine.cycle import Following
from mamarr.faults import Refusal
from mamarr.flights.flights import File, ReportAirborne, Withdraw
from mamarr.geometry import Datum
from mamarr.geometry.units import epoch_ms
from mamarr.surveillance import AlertType, alerts
from mamarr.surveillance.alerts import AcknowledgeAlert, ClearAlert, RaiseAlert
from mamarr.surveillance.correlation import EXPECTED_BEFORE_MS
from tests.airspace.boxes import NOON, NORTH, SOUTH
from tests.engine.test_watch import LIVE, a_desk, measured, order
from tests.flights.routes import FL_MM, MINUTE_MS, NM_MM, NOON_MS, a_plan

RAISE = RaiseAlert(kind=AlertType.RAMHD, subject="F1", measured=measured())
CLEAR = ClearAlert(kind=AlertType.RAMHD, subject="F1")


def told(desk, following: Following | None = None, now=NOON):
    following = Following() if following is None else following
    parts = list(following.news(desk.decider.projection, epoch_ms(now)))
    return cycle.News(
        added=tuple(each for part in parts for each in part.added),
        gone=tuple(each for part in parts for each in part.gone),
    )


def following(desk, now=NOON) -> Following:
    made = Following()
    told(desk, made, now)
    return made


def wishes(desk, standing=(), over=(), now=NOON):
    return cycle.wishes(desk.decider.projection, following(desk, now), standing, over)


def asked(desk, *commands, author=LIVE, now=NOON):
    answers = desk.ask(*(order(command, author) for command in commands), now=now)
    assert not any(isinstance(answer.outcome, Refusal) for answer in answers), answers


def test_a_flight_is_looked_for_along_its_legs_at_its_levels_and_times():
    (sought,) = told(a_desk()).added
    assert (sought.flight_id, sought.callsign, sought.icao_address) == ("F1", "EXA101", None)
    first, second = sought.legs
    assert (first.half_width_mm, first.datum, first.lower_mm) == (5 * NM_MM, Datum.STD, 330 * FL_MM)
    assert first.upper_mm - first.lower_mm <= 1
    assert (first.entry_ms, first.exit_ms) == (NOON_MS + 60 * MINUTE_MS, NOON_MS + 70 * MINUTE_MS)
    assert second.exit_ms == NOON_MS + 80 * MINUTE_MS


def test_an_address_is_written_as_receivers_write_it():
    desk = a_desk()
    asked(
        desk, File(flight_id="F2", plan=a_plan(minutes=90, level="F370", icao_address="4b1815")), author=SOUTH
    )
    soon = NOON + timedelta(minutes=40)
    assert [each.icao_address for each in told(desk, now=soon).added] == [None, "4B1815"]


def test_what_is_told_once_is_not_told_again_until_it_changes():
    desk, made = a_desk(), Following()
    assert [each.flight_id for each in told(desk, made).added] == ["F1"]
    assert told(desk, made) == cycle.News()
    asked(desk, ReportAirborne(flight_id="F1", time_ms=NOON_MS + 58 * MINUTE_MS), author=SOUTH,
          now=NOON + timedelta(minutes=58))  # fmt: skip
    (again,) = told(desk, made).added
    assert again.legs[0].entry_ms == NOON_MS + 58 * MINUTE_MS
    assert told(desk).added == (again,)


def test_a_withdrawn_flight_is_no_longer_looked_for():
    desk, made = a_desk(), Following()
    told(desk, made)
    asked(desk, Withdraw(flight_id="F1"), author=SOUTH)
    assert told(desk, made) == cycle.News(gone=("F1",))


def test_a_flight_of_later_is_looked_for_when_it_may_be_aloft():
    desk, made = a_desk(), Following()
    asked(desk, File(flight_id="F2", plan=a_plan(minutes=300)), author=SOUTH)
    assert [each.flight_id for each in told(desk, made).added] == ["F1"]
    entry = NOON + timedelta(minutes=300)
    soon = entry - timedelta(milliseconds=EXPECTED_BEFORE_MS)
    assert [each.flight_id for each in told(desk, made, soon).added] == ["F2"]


def test_an_airborne_flight_is_looked_for_until_its_end_is_reported():
    desk = a_desk()
    asked(desk, ReportAirborne(flight_id="F1", time_ms=NOON_MS + 58 * MINUTE_MS), author=SOUTH,
          now=NOON + timedelta(minutes=58))  # fmt: skip
    assert [each.flight_id for each in told(desk, now=NOON + timedelta(hours=20)).added] == ["F1"]


def test_many_flights_are_told_in_parts_with_pauses(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cycle, "PART_MAX", 1)
    desk = a_desk()
    asked(desk, File(flight_id="F2", plan=a_plan(minutes=30, level="F350")), author=SOUTH)
    parts = list(Following().news(desk.decider.projection, NOON_MS))
    assert [len(part.added) for part in parts] == [0, 0, 0, 1, 1]


def test_more_than_can_be_looked_for_are_cut_to_the_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cycle, "EXPECTED_MAX", 1)
    desk, made = a_desk(), Following()
    asked(desk, File(flight_id="F2", plan=a_plan(minutes=30, level="F350")), author=SOUTH)
    assert [each.flight_id for each in told(desk, made).added] == ["F2"]


# --- wishes -----------------------------------------------------------------------------------------------


def test_what_holds_and_is_not_in_the_log_is_raised_and_only_once():
    desk = a_desk()
    assert wishes(desk, [RAISE]) == (RAISE,)
    asked(desk, RAISE)
    assert wishes(desk, [RAISE]) == ()
    asked(desk, AcknowledgeAlert(kind=AlertType.RAMHD, subject="F1", raised_count=1), author=NORTH)
    assert wishes(desk, [RAISE]) == ()


def test_what_is_over_is_cleared_and_may_begin_again():
    desk = a_desk()
    asked(desk, RAISE)
    assert wishes(desk, (), [CLEAR]) == (CLEAR,)
    asked(desk, CLEAR)
    assert wishes(desk, (), [CLEAR]) == ()
    assert wishes(desk, [RAISE]) == (RAISE,)


def test_what_is_merely_not_seen_stays():
    desk = a_desk()
    asked(desk, RAISE)
    assert wishes(desk) == ()


def test_an_alert_of_a_flight_that_is_no_more_ends():
    desk = a_desk()
    asked(desk, RAISE)
    asked(desk, Withdraw(flight_id="F1"), author=SOUTH)
    assert wishes(desk, [RAISE]) == (CLEAR,)


def test_an_alert_of_a_flight_reported_airborne_since_it_was_last_looked_for_does_not_end():
    desk, late = a_desk(), NOON + timedelta(hours=3)
    asked(desk, RAISE)
    made = following(desk, late)
    assert "F1" not in made
    assert cycle.wishes(desk.decider.projection, made, [], []) == (CLEAR,)
    asked(desk, ReportAirborne(flight_id="F1", time_ms=NOON_MS + 170 * MINUTE_MS), author=SOUTH, now=late)
    assert cycle.wishes(desk.decider.projection, made, [], []) == ()


def test_what_has_no_room_is_not_asked_for_each_second(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cycle, "ALERTS_MAX", 1)
    desk = a_desk()
    clam = msgspec.structs.replace(RAISE, kind=AlertType.CLAM)
    assert wishes(desk, [RAISE, clam]) == (RAISE,)
    asked(desk, RAISE)
    assert wishes(desk, [RAISE, clam]) == ()


def test_the_log_says_which_alerts_hold():
    desk = a_desk()
    asked(desk, RAISE, msgspec.structs.replace(RAISE, kind=AlertType.CLAM))
    asked(desk, ClearAlert(kind=AlertType.CLAM, subject="F1"))
    (held,) = cycle.held(desk.decider.projection)
    assert (held.kind, held.subject, held.is_self_report) == (AlertType.RAMHD, "F1", True)


def test_every_wish_is_taken_by_the_alert_it_is_about():
    desk = a_desk()
    for wish in (RAISE, CLEAR, RAISE):
        for found in wishes(desk, [wish] if wish is RAISE else [], [wish] if wish is CLEAR else []):
            asked(desk, found)
    value = desk.decider.projection.alerts.get(alerts.alert_key(AlertType.RAMHD, "F1"))
    assert value.raised_count == 2
