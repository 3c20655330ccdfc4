"""Alerts between authorities at one node: whom its rules tell, what it shows, and how far its words came."""

from datetime import timedelta
from typing import Any

from mamarr.coordination import MessageState
from mamarr.coordination.messages import PresentMessage
from mamarr.coordination.telling_alerts import TellAlert
from mamarr.coordination.told_alerts import AcknowledgeAlertTold, key_of
from mamarr.engine import Projection, ladders, picture, tidying, warned
from mamarr.faults import Reason, Refusal
from mamarr.flights import Condition, Position
from mamarr.flights.errands import AlertTold
from mamarr.flights.flights import File, ReportAirborne, ReportCondition, Withdraw
from mamarr.geometry.altitude import filed_level
from mamarr.names import AlertType
from mamarr.surveillance.alerts import AcknowledgeAlert, ClearAlert, RaiseAlert
from tests.airspace.boxes import NOON
from tests.engine.neighbouring import Sky
from tests.engine.stories import at, rule
from tests.engine.stories_of_neighbours import DUTY, SOUTH, inside, request, sent
from tests.engine.stories_of_presenting import LIVE
from tests.engine.test_watch import measured
from tests.flights.routes import NOON_MS, a_plan

RAISE = RaiseAlert(kind=AlertType.RAMHD, subject="F1", measured=measured())
CLEAR = ClearAlert(kind=AlertType.RAMHD, subject="F1")


def tidies(sky: Sky) -> list[Any]:
    """What its rules ask about alerts, and what is answered."""
    now = NOON + timedelta(minutes=sky.minutes)
    orders = tidying.orders(sky.projection, node="node-north", now=now, command_id=lambda: "tidy-00001")
    asked = [each.command for each in orders if isinstance(each.command, TellAlert)]
    return sky.ask(*((rule("tell-alerts"), each) for each in asked)) if asked else []


def told(sky: Sky, authority: str = "south") -> list[AlertTold]:
    return [each for each in sky.said(authority) if isinstance(each, AlertTold)]


def warned_of(number: int = 1, **how: bool) -> AlertTold:
    return AlertTold(
        object_id="S1", filed_ms=NOON_MS, alert=AlertType.CLAM, number=number, raised_ms=NOON_MS, **how
    )


def test_an_alert_is_told_to_whom_the_flight_was_asked_of_once_and_that_it_is_over():
    sky = Sky()
    sky.north(File(flight_id="F1", plan=a_plan(minutes=200)))
    sky.north(RAISE, LIVE)
    tidies(sky)
    assert tidies(sky) == []
    (word,) = told(sky)
    assert (word.object_id, word.number, word.is_over) == (sky.called("F1"), at(sky.minutes), False)
    assert told(sky, "east") == []
    sky.north(CLEAR, LIVE)
    tidies(sky)
    assert [(each.number, each.is_over) for each in told(sky)] == [
        (at(sky.minutes), False),
        (at(sky.minutes) + 1, True),
    ]


def test_an_alert_about_what_nobody_else_knows_stays_here():
    sky = Sky()
    sky.north(File(flight_id="F1", plan=inside(200)))
    sky.north(RAISE, LIVE)
    assert tidies(sky) == []
    assert told(sky) == []


def test_who_is_told_of_a_flight_in_the_air_later_learns_of_its_alert_then():
    sky = Sky()
    sky.north(File(flight_id="F1", plan=a_plan(minutes=10)))
    sky.north(RAISE, LIVE)
    tidies(sky)
    assert [len(told(sky, each)) for each in ("south", "east")] == [1, 0]
    sky.minutes = 10
    sky.north(ReportAirborne(flight_id="F1", time_ms=at(10)))
    there = Position(latitude_e7deg=340_000_000, longitude_e7deg=331_000_000, level=filed_level("F390"))
    deviating = ReportCondition(flight_id="F1", condition=Condition.DEVIATING, position=there)
    sky.north(deviating)
    tidies(sky)
    assert [len(told(sky, each)) for each in ("south", "east")] == [1, 1]


def test_a_flight_that_is_withdrawn_takes_its_alerts_back_though_one_stands():
    sky = Sky()
    sky.north(File(flight_id="F1", plan=a_plan(minutes=200)))
    sky.north(RAISE, LIVE)
    tidies(sky)
    sky.north(Withdraw(flight_id="F1"))
    tidies(sky)
    assert told(sky)[-1].is_over
    tidies(sky)
    assert list(sky.projection.alert_tellings.durable_items()) == []


def test_an_alert_about_a_flight_that_is_filed_anew_is_told_in_three_looks():
    sky = Sky()
    sky.north(File(flight_id="F1", plan=a_plan(minutes=200)))
    sky.north(RAISE, LIVE)
    tidies(sky)
    (before,) = told(sky)
    sky.north(Withdraw(flight_id="F1"))
    sky.north(CLEAR, LIVE)
    sky.north(File(flight_id="F1", plan=a_plan(minutes=200)))
    sky.north(RAISE, LIVE)
    for _ in range(3):
        tidies(sky)
    assert [(each.object_id, each.is_over) for each in told(sky)] == [
        (before.object_id, False),
        (before.object_id, True),
        (sky.called("F1"), False),
    ]
    assert sky.called("F1") != before.object_id


def test_what_others_warn_of_is_shown_until_it_is_over_and_seen():
    sky = Sky()
    sky.hear(sky.south, request("S1", a_plan(minutes=1_000)))
    sky.hear(sky.south, warned_of())
    (seen,) = warned.told(sky.projection, viewer="north")
    assert (seen.party, seen.identification, seen.message) == ("south", "EXA101", MessageState.RECEIVED)
    assert warned.told(sky.projection, viewer="south") == ()
    shown = picture(sky.projection, party="north", now=NOON)
    assert shown.alerts_told == (seen,)
    name = key_of("node-south", "S1", NOON_MS, AlertType.CLAM)
    sky.hear(sky.south, warned_of(2, is_over=True))
    acknowledge = AcknowledgeAlertTold(alert_id=name, number=2)
    assert sky.north(acknowledge, SOUTH) == Refusal(reason=Reason.NOT_YOURS)
    sky.north(acknowledge, DUTY)
    assert warned.told(sky.projection, viewer="north") == ()


def test_how_far_a_word_came_is_known_after_a_start_from_a_snapshot():
    sky = Sky()
    sky.north(File(flight_id="F1", plan=a_plan(minutes=200)))
    (errand,) = [each for each in sky.projection.errands_for("south") if sky.called("F1") in each.errand_id]
    assert ladders.said(sky.projection, "south", errand.errand_id) is None
    sky.ask(sent(errand.errand_id, errand.word, 1))
    restored = Projection("north")
    restored.restore(sky.projection.state())
    for projection in (sky.projection, restored):
        said = ladders.said(projection, "south", errand.errand_id)
        assert said is not None
        assert (said.state, said.authority) == (MessageState.SENT, "south")


def test_the_alert_of_a_flight_that_was_seen_here_is_told_all_the_same():
    sky = Sky()
    sky.north(File(flight_id="F1", plan=a_plan(minutes=200)))
    sky.north(RAISE, LIVE)
    sky.north(AcknowledgeAlert(kind=AlertType.RAMHD, subject="F1", raised_count=1), DUTY)
    tidies(sky)
    assert len(told(sky)) == 1


def test_a_row_that_waits_is_of_the_request_and_one_that_is_told_of_what_was_told():
    sky = Sky()
    sky.hear(sky.south, request("S1", a_plan(minutes=1_000, level="F380")))
    (row,) = picture(sky.projection, party="north", now=NOON).crossings
    assert row.message_key is not None
    assert row.message is MessageState.RECEIVED
    (presented,) = sky.ask((DUTY, PresentMessage(message_key=row.message_key)))
    assert len(presented) == 1
    (row,) = picture(sky.projection, party="north", now=NOON).crossings
    assert row.message is MessageState.PRESENTED
