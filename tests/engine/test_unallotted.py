"""Where nobody decides: notified, never admitted."""

import pytest

from mamarr.faults import Refusal
from mamarr.flights import Stage
from mamarr.flights.flights import Filed
from tests.engine.skies import a_desk, file
from tests.flights.routes import EAST, MINUTE_MS, WEST, a_plan, a_point

BEYOND = (34.0, 24.0)  # the share begins at 25 degrees east


def filed(*route) -> Filed:
    (answer,) = a_desk().ask(file("F1", a_plan(route=route, corridor=None)))
    assert not isinstance(answer.outcome, Refusal), answer
    (event,) = answer.outcome
    return event


def test_a_leg_with_a_point_beyond_all_shares_is_not_admitted_and_the_others_are():
    event = filed(a_point(BEYOND, 60), a_point(WEST, 120), a_point(EAST, 150))
    assert [each.is_admitted for each in event.volumes] == [False, True]
    assert event.stage is Stage.COORDINATED
    assert event.shares == ("NORTHERN",)


@pytest.mark.parametrize(
    ("longitude_deg", "stage"), [(25.3, Stage.COORDINATED), (25.1, Stage.NOTIFIED), (24.9, Stage.NOTIFIED)]
)
def test_a_stay_is_admitted_when_all_of_its_circle_is_allotted(longitude_deg, stage):
    """Ten nautical miles are 0.2 degrees of longitude there."""
    event = filed(a_point((34.0, longitude_deg), 60, stay_ms=20 * MINUTE_MS))
    assert event.stage is stage


def test_above_the_shares_nobody_decides():
    event = filed(a_point(WEST, 60, "F610"), a_point(EAST, 90, "F610"))
    assert event.stage is Stage.NOTIFIED


def test_two_that_are_only_notified_are_named_to_each_other_and_neither_is_refused():
    desk = a_desk()
    route = (a_point((34.0, 20.0), 60), a_point((34.0, 22.0), 80))
    first, second = desk.ask(
        file("F1", a_plan(route=route, corridor=None)), file("F2", a_plan(route=route, corridor=None))
    )
    assert first.outcome[0].touching == ()
    assert [each.object_id for each in second.outcome[0].touching] == ["F1"]


def test_what_is_notified_is_refused_for_what_is_admitted():
    desk = a_desk()
    inside = (a_point((34.0, 25.0), 60), a_point(WEST, 100))
    across = (a_point((34.0, 24.9), 60), a_point((34.0, 25.2), 64))
    desk.ask(file("F1", a_plan(route=inside, corridor=None)))
    (answer,) = desk.ask(file("F2", a_plan(route=across, corridor=None)))
    assert isinstance(answer.outcome, Refusal)
    assert answer.outcome.because == ("F1",)
