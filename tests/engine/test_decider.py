from datetime import timedelta

import msgspec
import pytest

from mamarr.airspace.reservations import Released, Reserved
from mamarr.engine import follows, picture, redecided, replay
from mamarr.engine.decider import BATCH_MAX, INBOX_MAX
from mamarr.engine.orders import DECIDED, KNOWN, ORDER, PERSONS, RULES_VERSION, Decided, asked
from mamarr.faults import Reason, Refusal, Unavailable
from mamarr.geometry.units import epoch_ms
from mamarr.record import Part
from mamarr.record.entries import entry_from_body
from tests.airspace.boxes import DEG, NOON, NORTH, SOUTH, a_box
from tests.engine.orders import Desk, release, reserve


def seen(desk: Desk) -> list[str]:
    return [
        each.reservation_id for each in picture(desk.decider.projection, party="north", now=NOON).reservations
    ]


def test_of_two_who_ask_in_one_batch_the_first_is_admitted():
    desk = Desk()
    first, second = desk.ask(reserve("R1"), reserve("R2", author=SOUTH))
    held = Reserved(reservation_id="R1", holder="north", volume=a_box(), asked_at_ms=epoch_ms(NOON))
    assert first.outcome == (held,)
    assert second.outcome == Refusal(reason=Reason.VOLUME_HELD, because=("R1",))


def test_a_refusal_is_an_entry_with_a_receipt():
    desk = Desk()
    _, refused = desk.ask(reserve("R1"), reserve("R2"))
    assert [row.leaf for row in desk.store.rows()][1] == refused.receipt


def test_nothing_is_seen_before_it_is_durable():
    desk = Desk()
    desk.offer(reserve("R1"))
    batch, _ = desk.decider.next_batch(NOON)
    assert seen(desk) == []
    desk.commit(batch)
    assert seen(desk) == ["R1"]


def test_what_is_released_is_seen_until_the_release_is_durable():
    desk = Desk()
    desk.ask(reserve("R1"))
    desk.offer(release("R1"))
    batch, _ = desk.decider.next_batch(NOON)
    assert seen(desk) == ["R1"]
    desk.commit(batch)
    assert seen(desk) == []


def test_nothing_is_decided_until_what_was_decided_is_durable_or_undone():
    desk = Desk()
    desk.offer(reserve("R1"))
    first, _ = desk.decider.next_batch(NOON)
    waiting = desk.offer(reserve("R2", author=SOUTH))
    assert desk.decider.next_batch(NOON) == (None, [])
    desk.commit(first)
    second, _ = desk.decider.next_batch(NOON)
    assert desk.commit(second)[waiting].outcome == Refusal(reason=Reason.VOLUME_HELD, because=("R1",))


def test_a_failed_batch_is_undone_and_what_waited_is_decided_without_it():
    desk = Desk()
    desk.ask(reserve("R0", longitude_west_e7deg=10 * DEG, longitude_east_e7deg=11 * DEG))
    again = reserve("R1")
    tickets = [desk.offer(again), desk.offer(release("R0")), desk.offer(again)]
    desk.decider.next_batch(NOON)
    waiting = desk.offer(reserve("R2", author=SOUTH))
    answers = desk.decider.failed()
    assert [ticket for ticket, _ in answers] == tickets
    assert {answer.outcome.reason for _, answer in answers} == {Reason.UNAVAILABLE}
    assert {answer.receipt for _, answer in answers} == {None}
    assert seen(desk) == ["R0"]
    batch, _ = desk.decider.next_batch(NOON)
    held = Reserved(reservation_id="R2", holder="south", volume=a_box(), asked_at_ms=epoch_ms(NOON))
    assert desk.commit(batch)[waiting].outcome == (held,)


def test_a_command_that_failed_may_be_sent_again_under_its_id():
    desk = Desk()
    desk.offer(reserve("R1", command_id="command-again"))
    desk.decider.next_batch(NOON)
    desk.decider.failed()
    (answer,) = desk.ask(reserve("R1", command_id="command-again"))
    assert answer.receipt is not None


def test_the_same_command_again_has_the_recorded_answer_and_no_new_entry():
    desk = Desk()
    order = reserve("R1")
    (first,) = desk.ask(order)
    desk.ask(release("R1"))
    (again,) = desk.ask(order, now=NOON + timedelta(days=3))
    assert again == first
    assert desk.store.size() == 2


def test_the_same_command_twice_at_once_is_entered_once():
    desk = Desk()
    order = reserve("R1")
    first, twin = desk.ask(order, order)
    assert first == twin
    assert desk.store.size() == 1


def test_the_same_command_while_the_first_is_pending_gets_its_answer_when_that_is_durable():
    desk = Desk()
    order = reserve("R1")
    first = desk.offer(order)
    batch, _ = desk.decider.next_batch(NOON)
    twin = desk.offer(order)
    answers = desk.commit(batch)
    assert desk.decider.next_batch(NOON) == (None, [(twin, answers[first])])
    assert desk.store.size() == 1


def test_a_used_command_id_with_other_bytes_is_refused_wherever_the_first_is():
    desk = Desk()
    reused = Refusal(reason=Reason.COMMAND_ID_REUSED)
    order, other = reserve("R1", command_id="command-x"), reserve("R2", command_id="command-x")
    first, in_batch = desk.offer(order), desk.offer(other)
    batch, ready = desk.decider.next_batch(NOON)
    assert [(ticket, answer.outcome) for ticket, answer in ready] == [(in_batch, reused)]
    assert desk.commit(batch)[first].receipt is not None
    (durable,) = desk.ask(other)
    assert durable.outcome == reused


def test_two_parties_may_use_the_same_command_id():
    desk = Desk()
    first, second = desk.ask(
        reserve("R1", author=NORTH, command_id="command-y"),
        reserve("R2", author=SOUTH, command_id="command-y"),
    )
    assert first.receipt is not None
    assert second.outcome == Refusal(reason=Reason.VOLUME_HELD, because=("R1",))


def test_the_inbox_has_a_limit_and_says_so():
    desk = Desk()
    for number in range(INBOX_MAX):
        desk.offer(release(f"R{number}"))
    assert desk.decider.offer(release("R")) == Refusal(reason=Reason.BUSY)
    batch, _ = desk.decider.next_batch(NOON)
    assert len(batch.drafts) == BATCH_MAX


def test_entry_times_never_decrease():
    desk = Desk()
    desk.ask(release("R1"))
    desk.ask(release("R2"), now=NOON - timedelta(hours=1))
    time_ms = replay(desk.store.rows(), party="north").time_ms
    times = [entry_time(row) for row in desk.store.rows()]
    assert times == sorted(times)
    assert time_ms == times[-1]


def entry_time(row) -> int:
    return entry_from_body(row.sequence, row.body).frame().time_ms


@pytest.mark.parametrize(
    "persons", [None, '{"order.author.person":"p"}', '{"known.overlapping.0.contact":"p"}', "["]
)
def test_a_decision_that_was_changed_does_not_follow_from_its_facts(persons: str | None):
    desk = Desk()
    desk.ask(reserve("R1"), reserve("R2", author=SOUTH))
    rows = list(desk.store.rows())
    assert list(redecided(rows, party="north")) == []
    entry = entry_from_body(1, rows[1].body)
    assert follows(entry) is None
    admitted = (Reserved(reservation_id="R2", holder="south", volume=a_box()),)
    changed = msgspec.json.encode(Decided(rules=RULES_VERSION, events=admitted))
    parts = tuple(Part(DECIDED, part.salt, changed) if part.name == DECIDED else part for part in entry.parts)
    named = () if persons is None else (Part(PERSONS, bytes(32), persons.encode()),)
    forged = msgspec.structs.replace(entry, parts=(*parts, *named))
    assert follows(forged) is not None
    if persons is None:
        rows[1] = msgspec.structs.replace(rows[1], body=forged.body())
        found = list(redecided(rows, party="north"))
        assert [(each.sequence, "follow" in each.what) for each in found] == [(1, True)]


@pytest.mark.parametrize(
    ("persons", "follows_still"),
    [('{"order.author.person":"p"}', True), ('{"order.command.reservation_id":"R9"}', False)],
)
def test_a_part_for_persons_that_says_another_order_is_a_finding(persons: str, follows_still: bool):
    desk = Desk()
    desk.ask(reserve("R1"))
    (row,) = desk.store.rows()
    entry = entry_from_body(0, row.body)
    named = msgspec.structs.replace(entry, parts=(*entry.parts, Part(PERSONS, bytes(32), persons.encode())))
    assert (follows(named) is None) == follows_still
    assert (asked(named) is not None) == follows_still


@pytest.mark.parametrize("name", [ORDER, KNOWN, DECIDED])
def test_a_part_that_goes_in_and_in_is_a_finding_and_does_not_stop_who_audits(name: str):
    desk = Desk()
    desk.ask(reserve("R1"))
    entry = entry_from_body(0, next(desk.store.rows()).body)
    content = entry.content(name)
    assert content is not None
    deep = content[:-1] + b',"of_tomorrow":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    parts = tuple(Part(name, part.salt, deep) if part.name == name else part for part in entry.parts)
    found = follows(msgspec.structs.replace(entry, parts=parts))
    assert found is not None
    assert "recursion" in found


def test_an_order_that_still_names_its_person_is_not_read_quickly():
    desk = Desk()
    desk.ask(reserve("R1"))
    entry = entry_from_body(0, next(desk.store.rows()).body)
    order, *_ = asked(entry)
    named = msgspec.structs.replace(order, author=msgspec.structs.replace(order.author, person="p"))
    content = msgspec.json.encode(named)
    parts = tuple(Part(ORDER, part.salt, content) if part.name == ORDER else part for part in entry.parts)
    whole = msgspec.structs.replace(entry, parts=parts)
    assert asked(whole) is None
    assert follows(whole) is None


def test_a_release_of_what_was_released_in_the_same_batch_finds_nothing():
    desk = Desk()
    desk.ask(reserve("R1"))
    first, second = desk.ask(release("R1"), release("R1"))
    assert first.outcome == (Released(reservation_id="R1"),)
    assert second.outcome == Refusal(reason=Reason.NOT_THERE, because=("R1",))


def test_an_order_whose_id_cannot_be_looked_up_is_answered_unavailable_and_harms_no_other():
    desk = Desk()
    order, blind = reserve("R1"), reserve("R2", author=SOUTH)
    find = desk.decider._find

    def silent(keys):
        if blind.key() in keys:
            raise Unavailable("the disk cannot be read")
        return find(keys)

    desk.decider._find = silent
    first, second, third = desk.offer(order), desk.offer(blind), desk.offer(release("R0"))
    batch, ready = desk.decider.next_batch(NOON)
    assert [(ticket, answer.outcome) for ticket, answer in ready] == [
        (second, Refusal(reason=Reason.UNAVAILABLE))
    ]
    assert batch.tickets == (first, third)
    desk.commit(batch)
    desk.decider._find = find
    (again,) = desk.ask(blind)
    assert again.outcome == Refusal(reason=Reason.VOLUME_HELD, because=("R1",))
    assert [row.key for row in desk.store.rows() if row.key == blind.key()] == [blind.key()]
