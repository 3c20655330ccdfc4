"""The rules of F3548-21 about operational intents, each once, through the engine as the door uses it."""

import pytest

from mamarr.discovery import Availability, IntentState
from mamarr.discovery.intents import IntentWritten, NewSubscription
from mamarr.discovery.subscriptions import SubscriptionDeleted, SubscriptionNotified, SubscriptionWritten
from mamarr.engine import Order, discovery_picture
from mamarr.faults import Reason, Refusal
from tests.airspace.boxes import NOON
from tests.discovery.known import (
    DOOR,
    MINUTE_US,
    NOON_US,
    URL,
    A,
    B,
    about,
    delete_intent,
    delete_subscription,
    drawn,
    put_constraint,
    put_intent,
    put_subscription,
    set_availability,
    uuid,
    uuid_7,
)
from tests.engine.orders import Desk

ACTIVATED, NONCONFORMING = IntentState.ACTIVATED, IntentState.NONCONFORMING


class Door:
    """The engine, asked by managers."""

    def __init__(self) -> None:
        self.desk, self.count = Desk(), 0
        self.projection = self.desk.decider.projection

    def ask(self, command, now=NOON):
        self.count += 1
        order = Order(command_id=f"command-{self.count}", author=DOOR, command=command)
        (answer,) = self.desk.ask(order, now=now)
        return answer.outcome

    def refuses(self, command, reason: Reason) -> Refusal:
        outcome = self.ask(command)
        assert isinstance(outcome, Refusal)
        assert outcome.reason == reason
        return outcome

    def takes(self, command):
        outcome = self.ask(command)
        assert not isinstance(outcome, Refusal), outcome
        return outcome

    def subscription(self, number: int, manager: str = A):
        return discovery_picture.subscription(self.projection, uuid(number), viewer=manager, now=NOON)


@pytest.fixture
def door() -> Door:
    return Door()


def new(number: int, **how) -> NewSubscription:
    return NewSubscription(subscription_id=uuid(number), uss_base_url=URL, **how)


def kinds(events) -> list[str]:
    return [type(each).__name__ for each in events]


# --- the key ----------------------------------------------------------------------------------------------


def test_a_key_names_the_intents_of_the_asker_too(door):
    door.takes(put_intent(1, 1))
    assert door.refuses(put_intent(2, 2), Reason.KEY_INCOMPLETE).because == (uuid(1),)
    door.takes(put_intent(2, 2, key=(drawn(1), "of nothing")))


def test_the_intent_that_is_changed_need_not_be_in_the_key(door):
    door.takes(put_intent(1, 1))
    door.takes(put_intent(1, 2, ovn=drawn(1)))


@pytest.mark.requirement("astm.f3548.v21.DSS0210,A2-7-2,2b")
def test_a_change_too_needs_a_key_of_what_is_in_the_way(door):
    door.takes(put_intent(1, 1))
    door.takes(put_intent(2, 2, key=(drawn(1),)))
    change = put_intent(1, 3, ovn=drawn(1))
    assert door.refuses(change, Reason.KEY_INCOMPLETE).because == (uuid(2),)
    door.takes(put_intent(1, 4, ovn=drawn(1), key=(drawn(2),)))


def test_a_stale_ovn_is_none(door):
    door.takes(put_intent(1, 1))
    door.takes(put_intent(1, 2, ovn=drawn(1)))
    door.refuses(put_intent(2, 3, key=(drawn(1),)), Reason.KEY_INCOMPLETE)


@pytest.mark.requirement("astm.f3548.v21.SCD0005", "astm.f3548.v21.SCD0010")
def test_a_uss_that_is_down_gives_way_with_what_it_accepted_and_with_nothing_else(door):
    door.takes(put_intent(1, 1, manager=B))
    door.takes(put_intent(2, 2, manager=B, key=(drawn(1),)))
    activated = put_intent(
        2, 3, manager=B, key=(drawn(1),), ovn=drawn(2), state=ACTIVATED, new_subscription=new(50)
    )
    door.takes(activated)
    door.takes(set_availability(B, Availability.DOWN, 4))
    assert door.refuses(put_intent(3, 5), Reason.KEY_INCOMPLETE).because == (uuid(2),)
    door.takes(put_intent(3, 5, key=(drawn(3),)))


def test_what_is_off_nominal_needs_no_key_and_is_asked_for_in_others(door):
    door.takes(put_intent(1, 1))
    door.takes(put_intent(2, 2, key=(drawn(1),)))
    door.takes(
        put_intent(2, 3, ovn=drawn(2), state=NONCONFORMING, new_subscription=new(50), may_be_off_nominal=True)
    )
    assert uuid(2) in door.refuses(put_intent(3, 4), Reason.KEY_INCOMPLETE).because


def test_constraints_must_be_known_where_the_subscription_asks_for_them(door):
    door.takes(put_constraint(20, 1))
    door.takes(put_intent(1, 2, new_subscription=new(50)))
    found = door.refuses(
        put_intent(2, 3, key=(drawn(2),), new_subscription=new(51, notifies_constraints=True)),
        Reason.KEY_INCOMPLETE,
    )
    seen = discovery_picture.missing(door.projection, found, viewer=A, now=NOON)
    assert [(each.entity_id, each.ovn) for each in seen.constraints] == [(uuid(20), None)]
    assert seen.intents == ()


def test_what_a_key_lacks_is_shown_with_the_ovns_of_the_asker_alone(door):
    door.takes(put_intent(1, 1))
    door.takes(put_intent(2, 2, manager=B, key=(drawn(1),)))
    found = door.refuses(put_intent(3, 3), Reason.KEY_INCOMPLETE)
    seen = discovery_picture.missing(door.projection, found, viewer=A, now=NOON)
    assert [each.ovn for each in seen.intents] == [drawn(1), None]


# --- states, scopes, owners -------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [each for each in IntentState if each is not IntentState.ACCEPTED])
def test_an_intent_begins_accepted(door, state):
    ask = put_intent(1, 1, state=state, new_subscription=new(50), may_be_off_nominal=True)
    door.refuses(ask, Reason.WRONG_STATUS)


@pytest.mark.requirement("astm.f3548.v21.SCD0100")
def test_off_nominal_states_need_their_scope(door):
    door.takes(put_intent(1, 1, new_subscription=new(50)))
    ask = put_intent(1, 2, ovn=drawn(1), state=NONCONFORMING, subscription_id=uuid(50))
    door.refuses(ask, Reason.NOT_YOURS)


def test_what_is_not_accepted_needs_a_subscription(door):
    door.takes(put_intent(1, 1))
    door.refuses(put_intent(1, 2, ovn=drawn(1), state=ACTIVATED), Reason.SUBSCRIPTION_NEEDED)


@pytest.mark.requirement("astm.f3548.v21.OPIN0035")
def test_the_manager_is_looked_at_before_the_ovn(door):
    door.takes(put_intent(1, 1))
    door.refuses(put_intent(1, 2, manager=B, ovn=drawn(9)), Reason.NOT_YOURS)
    door.refuses(put_intent(1, 2, ovn=drawn(9)), Reason.OTHER_VERSION)
    door.refuses(put_intent(1, 2), Reason.ID_TAKEN)
    door.refuses(delete_intent(1, drawn(1), manager=B), Reason.NOT_YOURS)
    door.refuses(delete_intent(1, drawn(9)), Reason.OTHER_VERSION)
    door.refuses(put_intent(2, 2, ovn=drawn(9)), Reason.NOT_THERE)


def test_each_write_has_another_ovn_and_the_next_version(door):
    door.takes(put_intent(1, 1))
    (written,) = door.takes(put_intent(1, 2, ovn=drawn(1)))
    assert isinstance(written, IntentWritten)
    assert (written.intent.ovn, written.intent.version) == (drawn(2), 2)


# --- the OVN that is asked for ----------------------------------------------------------------------------


def test_a_fresh_uuid_of_version_7_becomes_part_of_the_ovn(door):
    suffix = uuid_7(NOON_US - 4 * MINUTE_US)
    (written,) = door.takes(put_intent(1, 1, ovn_suffix=suffix))
    assert written.intent.ovn == f"{uuid(1)}_{suffix}"
    again = put_intent(1, 2, ovn=written.intent.ovn, ovn_suffix=suffix)
    door.refuses(again, Reason.SUFFIX_UNFIT)


@pytest.mark.parametrize(
    "suffix",
    [
        "",
        "none",
        uuid(1),
        uuid_7(NOON_US - 6 * MINUTE_US),
        uuid_7(NOON_US + 6 * MINUTE_US),
        " " + uuid_7(NOON_US),
    ],
)
def test_any_other_suffix_is_refused(door, suffix):
    door.refuses(put_intent(1, 1, ovn_suffix=suffix), Reason.SUFFIX_UNFIT)


# --- subscriptions ----------------------------------------------------------------------------------------


@pytest.mark.requirement("astm.f3548.v21.DSS0005,1")
def test_an_implicit_subscription_is_as_large_as_its_intent_and_is_told_of_it(door):
    made, written, told = door.takes(put_intent(1, 1, new_subscription=new(50)))
    assert isinstance(made, SubscriptionWritten)
    assert (made.subscription.extent, made.subscription.is_implicit) == (about(), True)
    assert written.intent.subscription_id == uuid(50)
    assert told == SubscriptionNotified(subscription_id=uuid(50), uss_base_url=URL, notification_index=1)
    assert door.subscription(50).used_by == (uuid(1),)


@pytest.mark.requirement("astm.f3548.v21.DSS0005,1")
def test_an_implicit_subscription_goes_with_the_last_intent_that_uses_it(door):
    door.takes(put_intent(1, 1, new_subscription=new(50)))
    door.takes(put_intent(2, 2, extent=about((5,)), subscription_id=uuid(50)))
    assert "SubscriptionDeleted" not in kinds(door.takes(delete_intent(1, drawn(1))))
    events = door.takes(delete_intent(2, drawn(2)))
    assert kinds(events) == ["IntentDeleted", "SubscriptionNotified", "SubscriptionDeleted"]
    assert door.subscription(50).reason == Reason.NOT_THERE


@pytest.mark.parametrize("how", [{}, {"new_subscription": new(51)}])
def test_an_implicit_subscription_goes_when_its_intent_leaves_it(door, how):
    door.takes(put_intent(1, 1, new_subscription=new(50)))
    events = door.takes(put_intent(1, 2, ovn=drawn(1), **how))
    gone = [each.subscription.subscription_id for each in events if isinstance(each, SubscriptionDeleted)]
    told = [each.subscription_id for each in events if isinstance(each, SubscriptionNotified)]
    assert gone == [uuid(50)]
    assert uuid(50) not in told


def test_an_implicit_subscription_grows_and_an_explicit_one_does_not(door):
    door.takes(put_intent(1, 1, new_subscription=new(50)))
    door.takes(put_intent(1, 2, ovn=drawn(1), extent=about((5,), minutes=(0, 50)), subscription_id=uuid(50)))
    extent = door.subscription(50).subscription.extent
    assert extent == about((0, 1, 5), minutes=(0, 50))
    door.takes(put_subscription(40, 3))
    for beyond in (about((9,)), about(minutes=(0, 61))):
        door.refuses(put_intent(2, 4, extent=beyond, subscription_id=uuid(40)), Reason.NOT_COVERED)
    assert door.subscription(40).subscription.extent == about(minutes=(0, 60))


def test_an_explicit_subscription_covers_in_time_and_cells_whatever_its_levels(door):
    door.takes(put_subscription(40, 1, extent=about(levels_m=(0, 50), minutes=(0, 60))))
    door.takes(put_intent(1, 2, subscription_id=uuid(40)))


def test_subscriptions_of_others_or_of_nobody_are_not_attached(door):
    door.takes(put_subscription(40, 1, manager=B))
    door.refuses(put_intent(1, 2, subscription_id=uuid(40)), Reason.NOT_YOURS)
    door.refuses(put_intent(1, 2, subscription_id=uuid(41)), Reason.UNKNOWN_SUBSCRIPTION)


@pytest.mark.requirement("astm.f3548.v21.DSS0210,A2-7-2,4c")
def test_who_looks_where_it_was_is_told_of_a_move(door):
    door.takes(put_subscription(40, 1, manager=B, extent=about((0,), minutes=(0, 60))))
    door.takes(put_intent(1, 2, extent=about((0,))))
    (_, told) = door.takes(put_intent(1, 3, ovn=drawn(2), extent=about((9,))))
    assert told.notification_index == 2
    assert kinds(door.takes(put_intent(1, 4, ovn=drawn(3), extent=about((9,))))) == ["IntentWritten"]


def test_a_subscription_in_use_is_neither_deleted_nor_made_too_small(door):
    door.takes(put_subscription(40, 1))
    door.takes(put_intent(1, 2, subscription_id=uuid(40)))
    door.refuses(delete_subscription(40, drawn(1)), Reason.IN_USE)
    for small in (about((0,)), about(levels_m=(100, 150)), about(minutes=(0, 20))):
        door.refuses(put_subscription(40, 3, version=drawn(1), extent=small), Reason.NOT_COVERED)
    (written,) = door.takes(put_subscription(40, 3, version=drawn(1)))
    assert written.subscription.notification_index == 1


def test_what_a_failed_batch_wrote_is_found_by_nobody(door):
    door.takes(put_intent(1, 1, extent=about((0,)), new_subscription=new(50)))
    before = door.projection.state()
    order = Order(
        command_id="command-fails", author=DOOR, command=put_intent(1, 2, ovn=drawn(1), extent=about((7,)))
    )
    door.desk.offer(order)
    door.desk.decider.next_batch(NOON)
    assert door.projection.state() == before
    assert [each.version for each in found(door, (0,))] == [1]
    door.desk.decider.failed()
    assert found(door, (7,)) == ()
    door.refuses(put_intent(2, 3, extent=about((0,))), Reason.KEY_INCOMPLETE)
    door.takes(put_intent(2, 3, extent=about((7,))))


def found(door: Door, cells: tuple[int, ...]):
    return discovery_picture.intents_in(door.projection, about(cells), viewer=A, now=NOON)


def test_the_answer_to_a_write_is_made_of_its_events(door):
    at = {"viewer": A, "now": NOON}
    events = door.takes(put_intent(1, 1, new_subscription=new(50)))
    answer = discovery_picture.written(door.projection, events, **at)
    assert (answer.intent.ovn, answer.intent.subscription_id, answer.subscription) == (
        drawn(1),
        uuid(50),
        None,
    )
    assert [(each.subscription_id, each.notification_index) for each in answer.told] == [(uuid(50), 1)]
    gone = discovery_picture.written(door.projection, door.takes(delete_intent(1, drawn(1))), **at)
    assert (gone.intent, [each.notification_index for each in gone.told]) == (answer.intent, [2])
    written = discovery_picture.written(door.projection, door.takes(put_subscription(40, 2)), **at)
    assert (written.intent, written.subscription.subscription.version) == (None, drawn(2))
