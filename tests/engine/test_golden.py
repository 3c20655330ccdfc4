"""The form of the log, held by its bytes: what was written once decodes for ever.

`golden/log_1.json` to `log_3.json` were written under rules 1 to 3, `log_4.json` and `log_5.json` under
rules 4, `log_6.json` under rules 5, which offered alternatives in the entry that refuses. Those of `STORIES`
hold together all that can be stored. When a later version decides or stores otherwise, the reproduction moves
to a new file, and the others stay under the tests that read them; what was never released and says nothing
that a kept file does not say is made anew in its place. What is new in the types (a command, an event, a
field, a name) goes into a new story and file.
"""

import json
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from mamarr.airspace.commitment import Filing
from mamarr.coordination import Message
from mamarr.coordination.telling_alerts import Called
from mamarr.coordination.told_alerts import AlertThere
from mamarr.engine import Order, follows, redecided, replay
from mamarr.engine.offers import AlternativeKind, AlternativesOffered
from mamarr.engine.orders import (
    RULES_VERSION,
    Command,
    Decided,
    Decision,
    Event,
    Facts,
    asked,
    contents,
    events_in,
    read,
)
from mamarr.faults import Reason
from mamarr.flights.crossings import CrossingState, Step
from mamarr.flights.errands import AlertTold, CrossingWithdrawal
from mamarr.flights.holding import PlanAsked
from mamarr.record import Head, MemoryStore, Row, Verifier, audit
from mamarr.record.entries import entry_from_body
from mamarr.surveillance import AlertStatus
from tests.engine import (
    stories,
    stories_of_closures,
    stories_of_constraints,
    stories_of_discovery,
    stories_of_drones,
    stories_of_flown,
    stories_of_identification,
    stories_of_neighbours,
    stories_of_offers,
    stories_of_operations,
    stories_of_peers,
    stories_of_presenting,
    stories_of_return,
    stories_of_suspension,
    stories_of_the_line,
    stories_of_voice,
)
from tests.record.logs import SIGNER

FOLDER = Path(__file__).parent / "golden"
OF_EARLIER_RULES = ("log_1.json", "log_2.json", "log_3.json", "log_4.json", "log_5.json", "log_6.json")
STORIES = {
    "log_every_kind.json": stories.every_kind,
    "log_7.json": stories_of_the_line.of_the_line,
    "log_8.json": stories_of_neighbours.of_neighbours,
    "log_offers.json": stories_of_offers.of_offers,
    "log_unread.json": stories_of_the_line.of_what_was_unread,
    "log_discovery.json": stories_of_discovery.of_discovery,
    "log_closures.json": stories_of_closures.of_closures,
    "log_drones.json": stories_of_drones.of_drones,
    "log_flown.json": stories_of_flown.of_flown,
    "log_identification.json": stories_of_identification.of_identification,
    "log_constraints.json": stories_of_constraints.of_constraints,
    "log_operations.json": stories_of_operations.of_operations,
    "log_peers.json": stories_of_peers.of_peers,
    "log_presented.json": stories_of_presenting.of_presenting,
    "log_requests.json": stories_of_operations.of_requests,
    "log_return.json": stories_of_return.of_return,
    "log_suspension.json": stories_of_suspension.of_suspension,
    "log_voice.json": stories_of_voice.of_voice,
}
OF_THESE_RULES = tuple(STORIES)
ALL = (*OF_EARLIER_RULES, *OF_THESE_RULES)
NEVER_STORED = (  # said at the door, or to those who may not know more; or what is where nothing is
    Reason.BUSY,
    Reason.COMMAND_ID_REUSED,
    Reason.NOT_AVAILABLE,
    Reason.PERSON_NEEDED,
    Reason.READ_ONLY,
    Reason.UNAVAILABLE,
    AlertStatus.NORMAL,
    CrossingState.NO_CROSSING,  # what is stored was asked for or told of
    Step.CANCEL,  # of what an authority is asked; what is stored is what it answers
    Step.NOTIFY,
    Step.REQUEST,
)
NEVER_FILLED = (
    (Filing, "given_back"),  # becomes errands with the decision that gives back
    (PlanAsked, "stage"),  # a plan that nobody else decides on is in force at once, and never asked for
    (AlertTold, "kind"),  # a warning is about a flight
    (CrossingWithdrawal, "kind"),  # only what was accepted of a flight is withdrawn
    (Called, "full"),  # when ten thousand words wait
    (Message, "presented_to"),  # in the state alone: no decision rests on who it was, or repeats it
    (Message, "acknowledged_by"),
    (AlertThere, "acknowledged_by"),
)


def told(store: MemoryStore) -> dict[str, object]:
    """What the golden file of a store says."""
    rows = [
        [row.sequence, None if row.key is None else row.key.hex(), row.leaf.hex(), row.body.hex()]
        for row in store.rows()
    ]
    state = replay(store.rows(), party="north").projection.state()
    return {
        "key": SIGNER.verifier.text(),
        "rows": rows,
        "heads": [[head.size, head.note] for head in store.heads()],
        "state": json.loads(msgspec.json.encode(state)),
    }


def in_lines(said: dict[str, object]) -> str:
    """The text of a golden file with one entry, one head and one value of the state a line."""

    def text(value: object, depth: int) -> str:
        if depth == 0 or not value or not isinstance(value, dict | list):
            return json.dumps(value, ensure_ascii=False)
        if isinstance(value, list):
            return "[\n" + ",\n".join(text(each, 0) for each in value) + "\n]"
        named = (f"{json.dumps(name)}: {text(each, depth - 1)}" for name, each in value.items())
        return "{\n" + ",\n".join(named) + "\n}"

    return text(said, 3) + "\n"


def golden(name: str) -> tuple[MemoryStore, Verifier, dict[str, object]]:
    rows, heads, key, state = _kept(name)
    store = MemoryStore()
    store._rows, store._heads = list(rows), list(heads)
    return store, Verifier.from_text(key), state


@cache
def _kept(name: str) -> tuple[list[Row], list[Head], str, dict[str, object]]:
    """What a golden file says: rows, heads, the key of the node and the state."""
    kept = json.loads((FOLDER / name).read_text())
    rows = [
        Row(sequence, None if key is None else bytes.fromhex(key), bytes.fromhex(leaf), bytes.fromhex(body))
        for sequence, key, leaf, body in kept["rows"]
    ]
    return rows, [Head(size, note) for size, note in kept["heads"]], kept["key"], kept["state"]


@pytest.mark.parametrize("name", ALL)
def test_the_golden_log_is_proven_and_its_decisions_follow(name: str):
    store, verifier, _ = golden(name)
    verdict = audit(store, verifier, each=follows)
    assert (verdict.finding, verdict.proven_size) == (None, len(list(store.rows())))


@pytest.mark.parametrize("name", ALL)
def test_what_is_read_quickly_of_the_golden_log_is_what_is_read_of_it(name: str):
    store, _, _ = golden(name)
    entries = [entry_from_body(row.sequence, row.body) for row in store.rows()]
    quickly = [(entry, asked(entry)) for entry in entries]
    for entry, found in quickly:
        said = read(entry)
        if found is not None:
            bare = said.without_persons()
            assert (bare.order, bare.known, bare.decided.rules) == (*found[:2], RULES_VERSION)
        assert events_in(entry) == (() if said is None else said.decided.events)
    assert any(found is not None for _, found in quickly) == (name in OF_THESE_RULES)


@pytest.mark.parametrize("name", ALL)
def test_the_golden_log_adds_up_to_the_golden_state(name: str):
    store, _, state = golden(name)
    found = replay(store.rows(), party="north").projection.state()
    assert json.loads(msgspec.json.encode(found)) == state


@pytest.mark.parametrize("name", OF_THESE_RULES)
def test_every_golden_decision_of_these_rules_is_decided_so_again(name: str):
    store, _, _ = golden(name)
    assert list(redecided(store.rows(), party="north")) == []


@pytest.mark.parametrize(("name", "story"), STORIES.items())
def test_the_golden_logs_of_every_kind_are_reproduced_byte_for_byte(name: str, story):
    assert in_lines(told(story())) == (FOLDER / name).read_text()


# --- what the golden logs hold ----------------------------------------------------------------------------


@cache
def decisions(name: str) -> tuple[Decision, ...]:
    """Every decision that a golden log has."""
    store, _, _ = golden(name)
    entries = (entry_from_body(row.sequence, row.body) for row in store.rows())
    return tuple(said for entry in entries if (said := read(entry)) is not None)


def structs(hint: Any) -> set[type]:
    """Every type with fields, and every type of names, that a value of this annotation can hold."""
    found: set[type] = set()
    waiting = [hint]
    while waiting:
        each = waiting.pop()
        if not isinstance(each, type) or not issubclass(each, msgspec.Struct | Enum):
            waiting += get_args(each)
        elif each not in found:
            found.add(each)
            waiting += get_type_hints(each).values() if issubclass(each, msgspec.Struct) else ()
    return found


@cache
def fields(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(kind)


def said_by(value: object) -> Iterator[object]:
    """Every (type, field) in `value` that is not as where nothing is said, and every (type, name)."""
    if isinstance(value, tuple):
        for each in value:
            yield from said_by(each)
    elif isinstance(value, Enum):
        yield type(value), value
    elif isinstance(value, msgspec.Struct):
        for field in fields(type(value)):
            inside = getattr(value, field.name)
            if field.required or inside != field.default:
                yield type(value), field.name
            yield from said_by(inside)


@pytest.mark.parametrize("name", ALL)
def test_every_golden_entry_is_written_again_byte_for_byte(name: str):
    store, _, _ = golden(name)
    for row in store.rows():
        entry = entry_from_body(row.sequence, row.body)
        said = read(entry)
        for part, content in () if said is None else contents(said):
            assert entry.content(part) == content, f"{part} of entry {row.sequence}"


def test_every_command_and_every_event_is_in_a_golden_log():
    kinds = {*get_args(Command), *get_args(Event), *get_args(Facts)}
    found = set[type]()
    for said in (each for name in ALL for each in decisions(name)):
        found |= {type(said.order.command), type(said.known), *map(type, said.decided.events)}
    assert sorted(map(str, kinds - found)) == []


def test_every_stored_field_and_name_is_in_a_golden_log():
    expected = set[object]()  # pairs: members of two types of names may be equal
    for each in structs(Order | Facts | Decided):
        if issubclass(each, Enum):
            expected |= {(each, member) for member in each}
        else:
            expected |= {(each, field.name) for field in fields(each)}
    expected -= {(type(each), each) for each in NEVER_STORED} | set(NEVER_FILLED)
    found = {thing for name in ALL for said in decisions(name) for thing in said_by(said)}
    assert sorted(map(str, expected - found)) == []


def test_a_refusal_with_other_plans_of_each_kind_is_in_the_golden_log():
    of_earlier_rules = [each for said in decisions("log_6.json") for each in said.decided.alternatives]
    events = (event for said in decisions("log_every_kind.json") for event in said.decided.events)
    of_these = [
        each for event in events if isinstance(event, AlternativesOffered) for each in event.alternatives
    ]
    for offered in (of_earlier_rules, of_these):
        assert {each.kind for each in offered} == set(AlternativeKind)
        assert {each.holds for each in offered} == {True, False}
