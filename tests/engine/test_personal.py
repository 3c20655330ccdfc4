import msgspec
from hypothesis import given
from hypothesis import strategies as st

from mamarr.airspace import reservations
from mamarr.airspace.reservations import Reserve, Reserved
from mamarr.engine import Order, replay
from mamarr.engine.orders import DECIDED, KNOWN, ORDER, PERSONS, contents, decision, events_in, read
from mamarr.engine.personal import joined, separated
from mamarr.names import Author
from mamarr.record import Entry, Part
from mamarr.record.entries import entry_from_body
from tests.airspace.boxes import a_box
from tests.engine.orders import Desk, release, reserve

names = st.one_of(st.none(), st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20))


def a_decision(person: str | None, asked: str | None, held: tuple[str | None, ...]):
    order = Order(
        command_id="command-1",
        author=Author(party="north", node="node-north", person=person),
        command=Reserve(reservation_id="R1", volume=a_box(), contact=asked),
    )
    known = reservations.Facts(
        overlapping=tuple(
            reservations.Reservation(reservation_id=f"H{at}", holder="south", volume=a_box(), contact=contact)
            for at, contact in enumerate(held)
        )
    )
    reserved = Reserved(reservation_id="R1", holder="north", volume=a_box(), contact=asked)
    return decision(order, known, (reserved,))


@given(names, names, st.lists(names, max_size=4).map(tuple))
def test_what_is_taken_out_can_be_put_back(person, asked, held):
    whole = a_decision(person, asked, held)
    rest, removed = separated(whole)
    assert joined(rest, removed) == whole
    assert sorted(removed.values()) == sorted(
        text for text in (person, asked, asked, *held) if text is not None
    )


@given(names, names, st.lists(names, max_size=4).map(tuple))
def test_no_personal_text_is_outside_its_own_part(person, asked, held):
    marked = [None if text is None else f"person {text}" for text in (person, asked, *held)]
    whole = a_decision(marked[0], marked[1], tuple(marked[2:]))
    for name, content in contents(whole):
        assert name == PERSONS or b"person " not in content


def test_an_entry_without_persons_has_no_part_for_them():
    assert [name for name, _ in contents(a_decision(None, None, ()))] == [ORDER, KNOWN, DECIDED]


@given(names, names, st.lists(names, max_size=3).map(tuple))
def test_an_entry_says_what_was_decided(person, asked, held):
    whole = a_decision(person, asked, held)
    parts = tuple(Part(name, bytes(32), content) for name, content in contents(whole))
    entry = Entry(sequence=0, parts=parts)
    assert read(entry) == whole
    assert events_in(entry) == whole.decided.events
    erased = entry.sealed(frozenset({PERSONS}))
    assert read(erased) == whole.without_persons()
    assert events_in(erased) == whole.without_persons().decided.events


def test_erased_persons_leave_the_rest_of_the_state_and_every_answer():
    desk = Desk()
    order = reserve("R1")
    order = msgspec.structs.replace(
        order, command=msgspec.structs.replace(order.command, contact="Duty desk, 555-0100")
    )
    (first,) = desk.ask(order)
    held = replay(desk.store.rows(), party="north").projection.reservations.get("R1")
    assert held.contact == "Duty desk, 555-0100"
    desk.log.erase(0, frozenset({PERSONS}))
    assert b"555-0100" not in next(desk.store.rows()).body
    erased = replay(desk.store.rows(), party="north").projection.reservations.get("R1")
    assert erased == msgspec.structs.replace(held, contact=None)
    (again,) = desk.ask(order)
    assert again.receipt == first.receipt
    desk.ask(release("R1"))
    entry = entry_from_body(0, next(desk.store.rows()).body)
    assert entry.content(ORDER) is not None
