"""The rules of F3548-21 about subscriptions and availability, and what the clock alone changes."""

from datetime import timedelta

import pytest

from mamarr.discovery import Availability
from mamarr.discovery.subscriptions import SubscriptionNotified
from mamarr.engine import discovery_picture, tidying
from mamarr.faults import Reason, Refusal
from tests.airspace.boxes import NOON
from tests.discovery.known import (
    NOON_US,
    A,
    B,
    about,
    delete_subscription,
    drawn,
    put_constraint,
    put_intent,
    put_subscription,
    set_availability,
    uuid,
)
from tests.discovery.test_intents import Door

DAY = 24 * 60


@pytest.fixture
def door() -> Door:
    return Door()


def test_a_subscription_begins_now_and_lasts_a_day_where_nothing_else_is_said(door):
    (written,) = door.takes(put_subscription(40, 1, extent=about(minutes=(None, None))))
    assert written.subscription.extent == about(minutes=(0, DAY))
    door.takes(put_subscription(40, 2, version=drawn(1), extent=about((3,), minutes=(None, 30))))
    assert door.subscription(40).subscription.extent == about((3,), minutes=(0, 30))


@pytest.mark.parametrize("minutes", [(0, DAY + 1), (-6, 10), (-10, -1), (DAY * 2, None)])
@pytest.mark.requirement("astm.f3548.v21.DSS0015")
def test_times_that_do_not_fit_are_refused(door, minutes):
    ask = put_subscription(40, 1, extent=about(minutes=minutes))
    if minutes[1] is None:
        door.takes(ask)  # a day from its start
    else:
        door.refuses(ask, Reason.TIMES_UNFIT)


def test_a_subscription_is_seen_changed_and_deleted_by_its_manager_alone(door):
    door.takes(put_subscription(40, 1))
    door.refuses(put_subscription(40, 2, manager=B, version=drawn(1)), Reason.NOT_YOURS)
    door.refuses(delete_subscription(40, drawn(1), manager=B), Reason.NOT_YOURS)
    assert door.subscription(40, B).reason == Reason.NOT_YOURS
    at = {"now": NOON}
    assert discovery_picture.subscriptions_in(door.projection, about(), viewer=B, **at) == ()
    assert len(discovery_picture.subscriptions_in(door.projection, about(), viewer=A, **at)) == 1


@pytest.mark.requirement("astm.f3548.v21.DSS0210,A2-7-2,5b", "astm.f3548.v21.DSS0210,A2-7-2,5c")
def test_a_subscription_that_was_deleted_is_told_of_nothing(door):
    door.takes(put_subscription(40, 1))
    assert len([each for each in door.takes(put_intent(1, 2)) if isinstance(each, SubscriptionNotified)]) == 1
    door.takes(delete_subscription(40, drawn(1)))
    for events in (door.takes(put_intent(1, 3, ovn=drawn(2))), door.takes(put_constraint(20, 4))):
        assert not any(isinstance(each, SubscriptionNotified) for each in events)


def test_a_wrong_version_is_refused_and_each_write_makes_another(door):
    door.takes(put_subscription(40, 1))
    door.refuses(put_subscription(40, 2), Reason.ID_TAKEN)
    door.refuses(put_subscription(40, 2, version=drawn(9)), Reason.OTHER_VERSION)
    door.refuses(delete_subscription(40, drawn(9)), Reason.OTHER_VERSION)
    door.refuses(put_subscription(41, 2, version=drawn(9)), Reason.NOT_THERE)
    (written,) = door.takes(put_subscription(40, 2, version=drawn(1)))
    assert written.subscription.version == drawn(2)


def test_a_subscription_to_nothing_is_none():
    with pytest.raises(ValueError, match="told"):
        put_subscription(40, 1, notifies_intents=False)


def test_what_is_over_is_found_by_nobody_is_told_nothing_and_its_id_is_free(door):
    door.takes(put_subscription(40, 1, extent=about(minutes=(0, 10)), notifies_constraints=True))
    door.takes(put_intent(1, 2, extent=about(minutes=(0, 10)), subscription_id=uuid(40)))
    door.takes(put_constraint(20, 3, extent=about(minutes=(0, 10))))
    at_end, later = NOON + timedelta(minutes=10), NOON + timedelta(minutes=10, milliseconds=1)
    asked, seen = about(minutes=(0, 60)), discovery_picture
    for now, count in ((at_end, 1), (later, 0)):
        how = {"viewer": A, "now": now}
        assert len(seen.intents_in(door.projection, asked, **how)) == count
        assert len(seen.constraints_in(door.projection, asked, **how)) == count
        assert len(seen.subscriptions_in(door.projection, asked, **how)) == count
        found = (
            seen.intent(door.projection, uuid(1), **how),
            seen.constraint(door.projection, uuid(20), **how),
            seen.subscription(door.projection, uuid(40), **how),
        )
        assert [isinstance(each, Refusal) for each in found] == [count == 0] * 3
    (written,) = door.ask(put_intent(2, 4, extent=asked), later)  # no key is asked for, nobody told
    assert written.intent.version == 1
    (again,) = door.ask(put_intent(1, 5, extent=about((7,), minutes=(11, 20))), later)
    assert again.intent.version == 1
    (fresh,) = door.ask(put_subscription(40, 6, extent=about(minutes=(11, 20))), later)
    assert fresh.subscription.notification_index == 0


def test_what_is_over_is_forgotten_by_the_rule_and_what_was_made_longer_is_not(door):
    door.takes(put_subscription(40, 1, extent=about(minutes=(0, 10))))
    door.takes(put_intent(1, 2, extent=about(minutes=(0, 10))))
    door.takes(put_intent(2, 3, extent=about((5,), minutes=(0, 10))))
    door.takes(put_intent(2, 4, ovn=drawn(3), extent=about((5,), minutes=(0, 60))))
    numbers = iter(range(100))
    orders = tidying.orders(
        door.projection,
        node="node-north",
        now=NOON + timedelta(minutes=11),
        command_id=lambda: f"tidying-{next(numbers)}",
    )
    assert {type(each.command).__name__ for each in orders} == {"ForgetIntent", "ForgetSubscription"}
    door.desk.ask(*orders, now=NOON + timedelta(minutes=11))
    state = door.projection.state()
    assert [each.entity_id for each in state.intents] == [uuid(2)]
    assert state.subscriptions == ()


def test_availability_is_written_by_who_knows_the_version_before(door):
    assert discovery_picture.availability(door.projection, B).version == ""
    door.refuses(set_availability(B, Availability.DOWN, 1, drawn(9)), Reason.OTHER_VERSION)
    door.takes(set_availability(B, Availability.DOWN, 1))
    door.refuses(set_availability(B, Availability.NORMAL, 2), Reason.OTHER_VERSION)
    found = discovery_picture.availability(door.projection, B)
    assert (found.availability, found.version) == (Availability.DOWN, drawn(1))


def test_any_printable_manager_is_one_and_a_party_of_the_same_name_is_none(door):
    strange = "CN=Überflug №1, O=\U0001f681 ÷ north"
    door.takes(put_intent(1, 1, manager=strange))
    door.refuses(put_intent(1, 2, manager="north", ovn=drawn(1)), Reason.NOT_YOURS)
    with pytest.raises(ValueError, match="manager"):
        put_intent(1, 1, manager="x" * 129)


def test_an_instant_comes_back_as_it_was_sent(door):
    extent = about(minutes=(0, 30))
    odd = type(extent)(
        cells=extent.cells,
        altitude_lower_mm=0,
        altitude_upper_mm=1,
        time_start_us=NOON_US + 1,
        time_end_us=NOON_US + 7_654_321,
    )
    door.takes(put_intent(1, 1, extent=odd))
    seen = discovery_picture.intent(door.projection, uuid(1), viewer=A, now=NOON)
    assert (seen.time_start_us, seen.time_end_us) == (NOON_US + 1, NOON_US + 7_654_321)
