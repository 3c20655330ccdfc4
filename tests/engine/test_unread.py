"""What is left unread changes nothing of where a log leads."""

from functools import cache
from itertools import chain

import pytest

from mamarr.engine import Projection, replay, resume, unread
from mamarr.engine.nouns import OF_EVENT, key_of
from mamarr.engine.orders import Event, events_in
from mamarr.engine.unread import LAST, Unread
from mamarr.faults import InvariantError, Unavailable
from mamarr.record import Entry, Part, Row
from mamarr.record.entries import entry_from_body
from tests.engine.orders import Desk, release, reserve
from tests.engine.test_golden import ALL, golden
from tests.record.logs import SIGNER

LEFT = ("flights", "reservations")
PARTIES = ("north", "south", "east")
BEGINNINGS, ENDS = 9, 13  # of a long log, chosen: coprime, so that each beginning has other ends


@cache
def entries_of(name: str) -> list[Entry]:
    store, _, _ = golden(name)
    return [entry_from_body(row.sequence, row.body) for row in store.rows()]


def folded(events: list[tuple[Event, ...]]) -> Projection:
    """Where the events of some entries lead."""
    projection = Projection("north")
    for event in chain.from_iterable(events):
        projection.fold(event)
    return projection


@cache
def led_to(name: str) -> list[tuple[object, ...]]:
    """What is told after so many entries of a log, from none of them to all."""
    projection = Projection("north")
    found = [told(projection)]
    for entry in entries_of(name):
        for event in events_in(entry):
            projection.fold(event)
        found.append(told(projection))
    return found


def told(projection: Projection) -> tuple[object, ...]:
    """The state, and what is counted beside it."""
    counts = [(projection.held_count(party), projection.quota(party, 0)) for party in PARTIES]
    return projection.state(), projection.queued(), counts


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("most", [1, 2, unread.UNREAD_MAX])
def test_wherever_a_log_begins_and_ends_it_leads_where_reading_all_of_it_leads(
    name: str, most: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(unread, "UNREAD_MAX", most)
    entries = entries_of(name)
    events = [events_in(entry) for entry in entries]
    expected = led_to(name)
    for begin in range(0, len(entries), max(7, len(entries) // BEGINNINGS)):
        for end in range(begin, len(entries) + 1, max(5, len(entries) // ENDS)):
            projection = folded(events[:begin])
            late = Unread(projection)
            for entry in entries[begin:end]:
                late.take(entry)
            late.read()
            assert told(projection) == expected[end], (begin, end)


def test_what_ends_an_object_is_known_to_end_it():
    ends, others = set(), set()
    for name in ALL:
        projection = Projection("north")
        for entry in entries_of(name):
            for event in events_in(entry):
                projection.fold(event)
                noun = OF_EVENT.get(type(event))
                if noun is not None and noun.table in LEFT:
                    gone = getattr(projection, noun.table).get(key_of(noun, event)) is None
                    (ends if gone else others).add(type(event))
    assert ends == set(LAST)
    assert not others & ends
    assert ends | others == {kind for kind, noun in OF_EVENT.items() if noun.table in LEFT}


def test_what_is_gone_is_not_read(monkeypatch: pytest.MonkeyPatch):
    desk = Desk()
    desk.ask(reserve("R1"))
    desk.ask(release("R1"))
    desk.ask(reserve("R2"))
    monkeypatch.setattr(Projection, "fold", lambda _, event: read.append(event.reservation_id))
    read: list[str] = []
    replay(desk.store.rows(), party="north")
    assert read == ["R2"]


def test_the_end_of_what_nobody_holds_is_a_contradiction():
    desk = Desk()
    desk.ask(reserve("R1"))
    desk.ask(release("R1"))
    gone = entry_from_body(1, desk.store._rows[1].body)
    with pytest.raises(InvariantError, match="nobody holds"):
        Unread(Projection("north")).take(gone)


def test_a_part_that_hides_behind_a_shorter_salt_does_not_start():
    desk = Desk()
    desk.ask(reserve("R1"))
    (row,) = desk.store.rows()
    parts = list(entry_from_body(0, row.body).parts)
    at = next(at for at, part in enumerate(parts) if part.name == "decided")
    salt, content = parts[at].salt, parts[at].content
    assert salt[28:30] == bytes(2)  # read as the length of a name: none
    hidden = Part("", salt[:28], salt[30:] + b"\x00\x07decided" + content)
    assert hidden.hash() == parts[at].hash()
    parts[at] = hidden
    body = Entry(sequence=0, parts=tuple(parts)).body()
    desk.store._rows[0] = Row(0, row.key, row.leaf, body)
    with pytest.raises(Unavailable, match="a salt has 32 bytes"):
        resume(desk.store, SIGNER.verifier, party="north")


def test_a_record_whose_decision_was_sealed_does_not_start():
    desk = Desk()
    desk.ask(reserve("R1"))
    row = desk.store._rows[0]
    sealed = entry_from_body(0, row.body).sealed(frozenset({"decided"}))
    desk.store._rows[0] = Row(0, row.key, row.leaf, sealed.body())
    with pytest.raises(Unavailable, match="entry 0 has lost what it decided"):
        resume(desk.store, SIGNER.verifier, party="north")
