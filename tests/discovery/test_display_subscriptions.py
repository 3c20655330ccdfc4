"""The rules of F3411-22a about display providers' subscriptions, each once, through the engine."""

from datetime import timedelta

import pytest

from mamarr.discovery.display_subscriptions import IN_CELL_MAX, PER_MANAGER_MAX, Facts, decide
from mamarr.faults import Reason, Refusal
from tests.airspace.boxes import NOON
from tests.discovery.identified import delete_display, put_area, put_display
from tests.discovery.known import DOOR, A, B, about, drawn, uuid
from tests.discovery.test_intents import Door

DAY = 24 * 60


@pytest.fixture
def door() -> Door:
    return Door()


def test_a_subscription_begins_now_and_lasts_a_day_where_nothing_else_is_said(door):
    (written,) = door.takes(put_display(40, 1, extent=about(minutes=(None, None))))
    assert written.subscription.extent == about(minutes=(0, DAY))
    (written,) = door.takes(put_display(40, 2, version=drawn(1), extent=about((3,), minutes=(None, 30))))
    assert written.subscription.extent == about((3,), minutes=(0, 30))


@pytest.mark.requirement("astm.f3411.v22a.DSS0060")
@pytest.mark.parametrize("minutes", [(0, DAY + 1), (-6, 10), (-10, -1)])
def test_times_that_do_not_fit_are_refused_of_a_new_one_and_of_a_change(door, minutes):
    door.refuses(put_display(40, 1, extent=about(minutes=minutes)), Reason.TIMES_UNFIT)
    door.takes(put_display(40, 1))
    door.refuses(put_display(40, 2, extent=about(minutes=minutes)), Reason.TIMES_UNFIT)
    door.refuses(put_display(40, 2, version=drawn(1), extent=about(minutes=minutes)), Reason.TIMES_UNFIT)


def test_who_made_a_subscription_alone_changes_it_and_who_knows_its_version(door):
    door.refuses(put_display(40, 1, version=drawn(9)), Reason.NOT_THERE)
    door.refuses(delete_display(40, drawn(9)), Reason.NOT_THERE)
    door.takes(put_display(40, 1))
    for manager in (A, B):
        door.refuses(put_display(40, 2, manager=manager), Reason.ID_TAKEN)
    door.refuses(put_display(40, 2, manager=A, version=drawn(1)), Reason.NOT_YOURS)
    door.refuses(delete_display(40, drawn(1), manager=A), Reason.NOT_YOURS)
    door.refuses(put_display(40, 2, version=drawn(9)), Reason.OTHER_VERSION)
    door.refuses(delete_display(40, drawn(9)), Reason.OTHER_VERSION)
    (gone,) = door.takes(delete_display(40, drawn(1)))
    assert gone.subscription.version == drawn(1)


def test_a_change_keeps_how_often_it_was_told(door):
    door.takes(put_display(40, 1))
    door.takes(put_area(1, 2))
    (written,) = door.takes(put_display(40, 3, version=drawn(1)))
    assert (written.subscription.notification_index, written.subscription.version) == (1, drawn(3))


@pytest.mark.requirement("astm.f3411.v22a.DSS0050")
def test_ten_of_one_manager_live_in_a_cell_and_no_more(door):
    for number in range(IN_CELL_MAX):
        door.takes(put_display(40 + number, 1 + number, extent=about((number, 20), minutes=(0, 30))))
    refused = door.refuses(put_display(60, 60, extent=about((20, 21))), Reason.LIMIT_REACHED)
    assert refused.limit == "in_cell_max"
    door.takes(put_display(60, 60, manager=A, extent=about((20,))))  # another's do not count
    door.takes(
        put_display(61, 61, extent=about(tuple(range(10))))
    )  # ten others in all of it, two in each cell
    door.takes(put_display(40, 62, version=drawn(1), extent=about((20,), minutes=(0, 60))))  # nor itself
    later = NOON + timedelta(minutes=31)
    (written,) = door.ask(put_display(62, 63, extent=about((20,), minutes=(31, 60))), later)
    assert written.subscription.subscription_id == uuid(62)  # what is over does not count


def test_a_manager_has_no_more_subscriptions_than_its_limit():
    full = Facts(party="north", count=PER_MANAGER_MAX)
    answer = decide(put_display(40, 1), full, author=DOOR, now=NOON)
    assert answer == Refusal(reason=Reason.LIMIT_REACHED, limit="per_manager_max")


def test_the_id_of_one_that_is_over_is_free(door):
    door.takes(put_display(40, 1, extent=about(minutes=(0, 10))))
    later = NOON + timedelta(minutes=11)
    assert door.ask(delete_display(40, drawn(1)), later).reason == Reason.NOT_THERE
    (written,) = door.ask(put_display(40, 2, manager=A, extent=about(minutes=(11, 20))), later)
    assert written.subscription.manager == A
