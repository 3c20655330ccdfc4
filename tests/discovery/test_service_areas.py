"""The rules of F3411-22a about identification service areas, each once, through the engine."""

from datetime import timedelta

import pytest

from mamarr.discovery.display_subscriptions import DisplaySubscriptionNotified
from mamarr.discovery.service_areas import KEPT_US, PER_MANAGER_MAX, Facts, decide, found
from mamarr.engine import tidying
from mamarr.faults import Reason, Refusal
from tests.airspace.boxes import NOON
from tests.discovery.identified import delete_area, put_area, put_display
from tests.discovery.known import DOOR, MINUTE_US, NOON_US, A, B, about, drawn, uuid
from tests.discovery.test_intents import Door

DAY = 24 * 60


@pytest.fixture
def door() -> Door:
    return Door()


def told(events) -> dict[str, int]:
    """Who is told, and for the how many-th time."""
    each_of = [each for each in events if isinstance(each, DisplaySubscriptionNotified)]
    return {each.subscription_id: each.notification_index for each in each_of}


def test_an_area_begins_now_where_no_start_is_said_and_keeps_the_one_it_has(door):
    (written,) = door.takes(put_area(1, 1, extent=about(minutes=(None, 30))))
    assert written.area.extent == about(minutes=(0, 30))
    later = NOON + timedelta(minutes=7)
    (written,) = door.ask(put_area(1, 2, version=drawn(1), extent=about((3,), minutes=(None, 60))), later)
    assert written.area.extent == about((3,), minutes=(0, 60))
    (written,) = door.ask(put_area(1, 3, version=drawn(2), extent=about((3,), minutes=(7, None))), later)
    assert written.area.extent == about((3,), minutes=(7, 60))


def test_an_area_may_last_for_days(door):
    door.takes(put_area(1, 1, extent=about(minutes=(0, 30 * DAY))))


def test_a_new_area_has_an_end():
    with pytest.raises(ValueError, match="time of end"):
        put_area(1, 1, extent=about(minutes=(0, None)))
    put_area(1, 1, version=drawn(1), extent=about(minutes=(0, None)))


@pytest.mark.parametrize("minutes", [(-6, 10), (-4, -1)])
def test_times_that_do_not_fit_are_refused(door, minutes):
    door.refuses(put_area(1, 1, extent=about(minutes=minutes)), Reason.TIMES_UNFIT)


def test_a_start_long_ago_may_stay_and_no_other_one_be_asked_for(door):
    door.takes(put_area(1, 1, extent=about(minutes=(0, 90))))
    at = NOON + timedelta(minutes=60)
    answer = door.ask(put_area(1, 2, version=drawn(1), extent=about(minutes=(1, 90))), at)
    assert answer == Refusal(reason=Reason.TIMES_UNFIT, because=(uuid(1),))
    (written,) = door.ask(put_area(1, 2, version=drawn(1), extent=about(minutes=(0, 120))), at)
    assert written.area.version == drawn(2)
    shorter = put_area(1, 3, version=drawn(2), extent=about(minutes=(None, 59)))
    assert door.ask(shorter, at).reason == Reason.TIMES_UNFIT


def test_who_made_an_area_alone_changes_it_and_who_knows_its_version(door):
    door.refuses(put_area(1, 1, version=drawn(9)), Reason.NOT_THERE)
    door.refuses(delete_area(1, drawn(9)), Reason.NOT_THERE)
    door.takes(put_area(1, 1))
    for manager in (A, B):
        door.refuses(put_area(1, 2, manager=manager), Reason.ID_TAKEN)
    door.refuses(put_area(1, 2, manager=B, version=drawn(1)), Reason.NOT_YOURS)
    door.refuses(delete_area(1, drawn(1), manager=B), Reason.NOT_YOURS)
    door.refuses(put_area(1, 2, version=drawn(9)), Reason.OTHER_VERSION)
    door.refuses(delete_area(1, drawn(9)), Reason.OTHER_VERSION)
    (gone,) = door.takes(delete_area(1, drawn(1)))
    assert gone.area.version == drawn(1)
    door.takes(put_area(1, 3, manager=B))


def test_whoever_looks_where_an_area_was_or_will_be_is_told_once(door):
    door.takes(put_display(40, 1, extent=about((0, 1), minutes=(0, 60))))
    door.takes(put_display(41, 2, manager=A, extent=about((3,), minutes=(0, 60))))
    door.takes(put_display(42, 3, extent=about((7,), minutes=(0, 60))))
    assert told(door.takes(put_area(1, 4, extent=about((0, 1))))) == {uuid(40): 1}
    assert told(door.takes(put_area(1, 5, version=drawn(4), extent=about((1, 3))))) == {
        uuid(40): 2,
        uuid(41): 1,
    }
    assert told(door.takes(delete_area(1, drawn(5)))) == {uuid(40): 3, uuid(41): 2}


def test_who_is_told_is_a_matter_of_place_alone(door):
    door.takes(put_display(40, 1, extent=about((0,), (0, 10), (30, 60))))
    high_and_before = put_area(1, 2, extent=about((0,), (500, 600), (0, 10)))
    assert told(door.takes(high_and_before)) == {uuid(40): 1}


def test_a_subscription_that_is_over_is_told_nothing(door):
    door.takes(put_display(40, 1, extent=about(minutes=(0, 10))))
    at_end, later = NOON + timedelta(minutes=10), NOON + timedelta(minutes=10, milliseconds=1)
    extent = about(minutes=(None, 30))
    assert told(door.ask(put_area(1, 2, extent=extent), at_end)) == {uuid(40): 1}
    assert told(door.ask(put_area(2, 3, extent=extent), later)) == {}


def test_an_area_that_is_over_is_found_by_its_id_for_a_while_and_by_its_place_no_more(door):
    door.takes(put_area(1, 1, extent=about(minutes=(0, 10))))
    durable = door.projection.references.durable
    end_us = NOON_US + 10 * MINUTE_US
    for now_us, by_place, by_id in (
        (end_us, True, True),
        (end_us + 1, False, True),
        (end_us + KEPT_US, False, True),
        (end_us + KEPT_US + 1, False, False),
    ):
        assert bool(durable.service_areas.meeting(about(minutes=(None, None)), now_us=now_us)) is by_place
        assert (found(durable.service_area.get(uuid(1)), now_us) is not None) is by_id
    over = NOON + timedelta(minutes=11)
    assert door.ask(put_area(1, 2, extent=about(minutes=(11, 20))), over).reason == Reason.ID_TAKEN
    (again,) = door.ask(put_area(1, 2, version=drawn(1), extent=about(minutes=(11, 20))), over)
    assert again.area.extent == about(minutes=(11, 20))


def test_an_area_is_forgotten_by_the_rule_when_its_id_finds_it_no_more(door):
    door.takes(put_area(1, 1, extent=about(minutes=(0, 10))))
    door.takes(put_display(40, 2, extent=about(minutes=(0, 10))))
    numbers = iter(range(100))

    def forgotten(minutes: float) -> set[str]:
        at = NOON + timedelta(minutes=minutes)
        orders = tidying.orders(
            door.projection, node="node-north", now=at, command_id=lambda: f"tidying-{next(numbers)}"
        )
        answers = door.desk.ask(*orders, now=at) if orders else ()
        assert not [each for each in answers if isinstance(each.outcome, Refusal)]
        return {type(each.command).__name__ for each in orders}

    assert forgotten(9) == set()
    assert forgotten(11) == {"ForgetDisplaySubscription"}
    assert forgotten(39) == set()
    assert forgotten(41) == {"ForgetServiceArea"}
    assert (door.projection.state().service_areas, door.projection.state().display_subscriptions) == ((), ())


def test_a_manager_has_no_more_areas_than_its_limit():
    ask = put_area(1, 1)
    full = Facts(party="north", count=PER_MANAGER_MAX)
    answer = decide(ask, full, author=DOOR, now=NOON)
    assert answer == Refusal(reason=Reason.LIMIT_REACHED, limit="per_manager_max")
