"""The form of the log, held by its bytes: what was written once decodes for ever.

`golden/log_1.json` to `log_3.json` were written under rules 1 to 3. `golden/log_4.json` is made by `story`
below. When a later version decides or stores otherwise, the reproduction moves to a new file, and the others
stay under the tests that read them.
"""

import json
from itertools import count
from pathlib import Path

import msgspec
import pytest

from mamarr.airspace.reservations import (
    Accept,
    Activate,
    Deactivate,
    Earmark,
    Expire,
    Movement,
    MovementPoint,
    Pend,
    Release,
    ReportUse,
    Reserve,
)
from mamarr.engine import Decider, Order, Projection, follows, redecided, replay
from mamarr.engine.orders import PERSONS, RULES_VERSION, asked, events_in, read
from mamarr.engine.restores import ConfirmRestore
from mamarr.geometry import Datum, Volume, footprints
from mamarr.names import Author
from mamarr.record import Head, MemoryStore, Row, Verifier, audit
from mamarr.record.entries import entry_from_body
from tests.airspace.boxes import DEG, HOUR_MS, NOON, a_box
from tests.record.logs import NOON_MS, SIGNER, a_log

FOLDER = Path(__file__).parent / "golden"
GOLDEN = FOLDER / "log_4.json"
ALL = ("log_1.json", "log_2.json", "log_3.json", "log_4.json")
OFFICER = Author(party="north", node="node-north", person="officer-7")
PROGRAM = Author(party="south", node="node-north")
RULE = Author(party="north", node="node-north", rule="expire-reservations")
STATUS = (
    Pend(reservation_id="R3"),
    Activate(reservation_id="R3"),
    ReportUse(reservation_id="R3", is_in_use=True),
    Deactivate(reservation_id="R3"),
    Activate(reservation_id="R3"),
)
REGION = Volume(
    footprint=footprints.polygon([(33 * DEG, 32 * DEG), (33 * DEG, 33 * DEG), (34 * DEG, 32 * DEG)]),
    datum=Datum.STD,
    lower_mm=3_048_000,
    upper_mm=6_096_000,
    time_start_ms=NOON_MS,
    time_end_ms=NOON_MS + HOUR_MS,
)
MOVEMENT = Movement(
    points=(
        MovementPoint(latitude_e7deg=40 * DEG, longitude_e7deg=32 * DEG, time_ms=NOON_MS),
        MovementPoint(latitude_e7deg=40 * DEG, longitude_e7deg=325_000_000, time_ms=NOON_MS + HOUR_MS),
    ),
    radius_mm=9_260_000,
    datum=Datum.WGS84,
    lower_mm=3_000_000,
    upper_mm=6_000_000,
)
PLANS = (
    (PROGRAM, Reserve(reservation_id="R4", regions=(REGION,), user_keeps_clear=False, waits=True)),
    (PROGRAM, Reserve(reservation_id="R5", movement=MOVEMENT, provisional=True)),
    (RULE, Earmark(reservation_id="R4")),
)


def story() -> MemoryStore:
    """Reservations held, refused, queued, earmarked, accepted and released; a person erased; a restored
    record confirmed."""
    store = MemoryStore()
    log = a_log(store)
    log.begin(NOON_MS - 1)
    numbers = count(1_000)
    salts = lambda: next(numbers).to_bytes(32, "big")  # noqa: E731
    decider = Decider(Projection("north"), find=store.find_all, salts=salts)
    east = a_box(longitude_west_e7deg=170 * DEG, longitude_east_e7deg=-170 * DEG)
    turns = (
        (
            Order(
                command_id="golden-1",
                author=OFFICER,
                command=Reserve(reservation_id="R1", volume=a_box(), contact="Duty desk, 555-0100"),
            ),
            Order(
                command_id="golden-2", author=PROGRAM, command=Reserve(reservation_id="R2", volume=a_box())
            ),
        ),
        (Order(command_id="golden-3", author=PROGRAM, command=Reserve(reservation_id="R3", volume=east)),),
        tuple(
            Order(command_id=f"golden-{number}", author=author, command=command)
            for number, (author, command) in enumerate(PLANS, start=30)
        ),
        (Order(command_id="golden-4", author=PROGRAM, command=Release(reservation_id="R1")),),
        (Order(command_id="golden-5", author=OFFICER, command=Release(reservation_id="R1")),),
        (
            Order(command_id="golden-40", author=RULE, command=Earmark(reservation_id="R4")),
            Order(command_id="golden-41", author=PROGRAM, command=Accept(reservation_id="R4")),
            Order(command_id="golden-42", author=PROGRAM, command=Pend(reservation_id="R5")),
        ),
        tuple(
            Order(command_id=f"golden-{number}", author=PROGRAM, command=command)
            for number, command in enumerate(STATUS, start=10)
        ),
        (Order(command_id="golden-20", author=RULE, command=Expire(reservation_id="R3")),),
        (Order(command_id="golden-6", author=OFFICER, command=ConfirmRestore()),),
    )
    for number, orders in enumerate(turns):
        if number == len(turns) - 1:
            decider.projection.hold("COPIED")
        for order in orders:
            decider.offer(order)
        batch, _ = decider.next_batch(NOON)
        rows = log.append(batch.drafts)
        decider.committed(batch, [row.leaf for row in rows])
    log.erase(2, frozenset({PERSONS}))
    return store


def told(store: MemoryStore) -> str:
    """The golden file of a store."""
    rows = [
        [row.sequence, None if row.key is None else row.key.hex(), row.leaf.hex(), row.body.hex()]
        for row in store.rows()
    ]
    state = replay(store.rows(), party="north").projection.state()
    told = {
        "key": SIGNER.verifier.text(),
        "rows": rows,
        "heads": [[head.size, head.note] for head in store.heads()],
        "state": json.loads(msgspec.json.encode(state)),
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def golden(name: str) -> tuple[MemoryStore, Verifier, dict[str, object]]:
    kept = json.loads((FOLDER / name).read_text())
    store = MemoryStore()
    for sequence, key, leaf, body in kept["rows"]:
        store._rows.append(
            Row(
                sequence,
                None if key is None else bytes.fromhex(key),
                bytes.fromhex(leaf),
                bytes.fromhex(body),
            )
        )
    store._heads = [Head(size, note) for size, note in kept["heads"]]
    return store, Verifier.from_text(kept["key"]), kept["state"]


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
            assert (bare.order, bare.known, bare.decided.rules) == (*found, RULES_VERSION)
        assert events_in(entry) == (() if said is None else said.decided.events)
    assert any(found is not None for _, found in quickly) == (name == GOLDEN.name)


@pytest.mark.parametrize("name", ALL)
def test_the_golden_log_adds_up_to_the_golden_state(name: str):
    store, _, state = golden(name)
    found = replay(store.rows(), party="north").projection.state()
    assert json.loads(msgspec.json.encode(found)) == state


def test_every_golden_decision_of_these_rules_is_decided_so_again():
    store, _, _ = golden(GOLDEN.name)
    assert list(redecided(store.rows(), party="north")) == []


def test_the_golden_log_is_reproduced_byte_for_byte():
    assert told(story()) == GOLDEN.read_text()
