import pytest

from mamarr.engine import Order
from mamarr.engine.restores import ConfirmRestore, RestoreConfirmed
from mamarr.faults import Reason, Refusal
from mamarr.names import Author
from tests.airspace.boxes import NORTH, SOUTH
from tests.engine.orders import Desk, reserve


def confirm(author: Author, number: int = 1) -> Order:
    return Order(command_id=f"confirmation-{number}", author=author, command=ConfirmRestore())


def test_a_restored_node_decides_and_records_nothing_until_it_is_confirmed():
    desk = Desk()
    desk.decider.projection.hold("SET_BACK")
    (answer,) = desk.ask(reserve("R1"))
    assert (answer.outcome, answer.receipt) == (Refusal(reason=Reason.READ_ONLY), None)
    assert desk.store.size() == 0
    (confirmed,) = desk.ask(confirm(NORTH))
    assert confirmed.outcome == (RestoreConfirmed(why="SET_BACK"),)
    assert not desk.decider.projection.is_read_only
    (answer,) = desk.ask(reserve("R1"))
    assert answer.receipt is not None


def test_it_stays_read_only_until_the_confirmation_is_durable():
    desk = Desk()
    desk.decider.projection.hold("COPIED")
    desk.offer(confirm(NORTH))
    from tests.airspace.boxes import NOON

    desk.decider.next_batch(NOON)
    assert desk.decider.projection.is_read_only
    desk.decider.failed()
    assert desk.decider.projection.read_only_why == "COPIED"


@pytest.mark.parametrize("author", [SOUTH, Author(party="north", node="node-north", rule="timer")])
def test_neither_another_party_nor_a_rule_confirms(author: Author):
    desk = Desk()
    desk.decider.projection.hold("COPIED")
    (answer,) = desk.ask(confirm(author))
    assert answer.outcome == Refusal(reason=Reason.NOT_YOURS)
    assert desk.decider.projection.is_read_only
    assert desk.store.size() == 0


def test_there_is_nothing_to_confirm_on_a_node_that_goes_on():
    desk = Desk()
    (answer,) = desk.ask(confirm(NORTH))
    assert answer.outcome == Refusal(reason=Reason.NOT_THERE)
