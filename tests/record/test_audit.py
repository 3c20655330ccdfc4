from collections.abc import Callable

import msgspec
import pytest

from mamarr.record import Head, MemoryStore, Row, Signer, audit
from mamarr.record.entries import entry_from_body
from tests.record.logs import NOON_MS, SIGNER, a_draft, a_log, filled


class Forged:
    """A store whose every row and head an adversary may have written."""

    def __init__(self, rows: list[Row], heads: list[Head]) -> None:
        self.all_rows, self.all_heads = rows, heads

    def rows(self, start: int = 0, stop: int | None = None):
        return iter(self.all_rows[start:stop])

    def heads(self, start: int = 0):
        return (head for head in self.all_heads if head.size > start)


@pytest.fixture
def forged() -> Forged:
    store = MemoryStore()
    filled(store)
    return Forged(list(store.rows()), list(store.heads()))


def flipped(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


def test_a_whole_log_is_proven_to_its_end(forged: Forged):
    verdict = audit(forged, SIGNER.verifier)
    assert (verdict.finding, verdict.size, verdict.proven_size) == (None, 20, 20)
    assert verdict.last_time_ms == NOON_MS + 19
    assert verdict.witnessed_size is None


def test_an_empty_log_is_fine_and_proves_nothing():
    verdict = audit(MemoryStore(), SIGNER.verifier)
    assert (verdict.finding, verdict.proven_size) == (None, 0)


@pytest.mark.parametrize("at", range(20))
def test_any_flipped_byte_names_its_entry(forged: Forged, at: int):
    row = forged.all_rows[at]
    for place in range(len(row.body)):
        forged.all_rows[at] = msgspec.structs.replace(row, body=flipped(row.body, place))
        finding = audit(forged, SIGNER.verifier).finding
        assert finding is not None, f"byte {place} of entry {at} was flipped unseen"
        assert (finding.first, finding.last) == (at, at)


def test_a_flipped_leaf_names_its_entry(forged: Forged):
    forged.all_rows[7] = msgspec.structs.replace(forged.all_rows[7], leaf=bytes(32))
    assert audit(forged, SIGNER.verifier).finding.first == 7


def test_bytes_and_leaf_changed_together_name_the_commit(forged: Forged):
    from mamarr.record import Part
    from mamarr.record.tree import leaf_hash

    entry = entry_from_body(7, forged.all_rows[7].body)
    other = msgspec.structs.replace(entry, parts=(entry.parts[0], Part("said", bytes(32), b"{}")))
    forged.all_rows[7] = Row(7, forged.all_rows[7].key, leaf_hash(other.leaf()), other.body())
    finding = audit(forged, SIGNER.verifier).finding
    assert (finding.first, finding.last) == (5, 9)


def test_a_removed_entry_is_named(forged: Forged):
    del forged.all_rows[7]
    assert audit(forged, SIGNER.verifier).finding.first == 7


def test_a_removed_and_renumbered_entry_is_named(forged: Forged):
    rows = forged.all_rows
    forged.all_rows = rows[:7] + [msgspec.structs.replace(row, sequence=row.sequence - 1) for row in rows[8:]]
    assert audit(forged, SIGNER.verifier).finding.first == 7


def test_an_inserted_entry_is_named(forged: Forged):
    rows = forged.all_rows
    later = [msgspec.structs.replace(row, sequence=row.sequence + 1) for row in rows[7:]]
    forged.all_rows = [*rows[:7], rows[7], *later]
    assert audit(forged, SIGNER.verifier).finding.first == 8


def test_reordered_entries_are_named(forged: Forged):
    rows = forged.all_rows
    rows[7], rows[8] = (
        msgspec.structs.replace(rows[8], sequence=7),
        msgspec.structs.replace(rows[7], sequence=8),
    )
    assert audit(forged, SIGNER.verifier).finding.first == 7


def test_a_changed_key_column_is_named(forged: Forged):
    forged.all_rows[7] = msgspec.structs.replace(forged.all_rows[7], key=b"x" * 16)
    assert audit(forged, SIGNER.verifier).finding.first == 7


def test_a_cut_tail_is_found_when_a_head_speaks_of_it(forged: Forged):
    del forged.all_rows[15:]
    finding = audit(forged, SIGNER.verifier).finding
    assert (finding.first, finding.last) == (15, 19)


def test_a_tail_cut_with_its_heads_needs_a_checkpoint_from_outside(forged: Forged):
    outside = SIGNER.verifier.open(forged.all_heads[-1].note)
    del forged.all_rows[15:], forged.all_heads[3:]
    alone = audit(forged, SIGNER.verifier)
    assert (alone.finding, alone.proven_size, alone.witnessed_size) == (None, 15, None)
    witnessed = audit(forged, SIGNER.verifier, outside=outside)
    assert (witnessed.finding.first, witnessed.finding.last) == (15, 19)


def test_an_older_checkpoint_from_outside_is_met_on_the_way(forged: Forged):
    outside = SIGNER.verifier.open(forged.all_heads[1].note)
    verdict = audit(forged, SIGNER.verifier, outside=outside)
    assert (verdict.finding, verdict.witnessed_size) == (None, 10)


def test_another_history_does_not_fit_a_checkpoint_from_outside(forged: Forged):
    outside = SIGNER.verifier.open(forged.all_heads[1].note)
    other = MemoryStore()
    log = a_log(other)
    log.append([a_draft(number + 50) for number in range(12)])
    finding = audit(other, SIGNER.verifier, outside=outside).finding
    assert "checkpoint given from outside" in finding.what


def test_entries_without_a_head_are_a_finding(forged: Forged):
    del forged.all_heads[-1]
    finding = audit(forged, SIGNER.verifier).finding
    assert (finding.first, finding.last) == (15, 19)


def test_a_head_taken_from_the_middle_is_a_finding(forged: Forged):
    del forged.all_heads[1]
    assert audit(forged, SIGNER.verifier).finding.first == 10


def resigned(head: Head, signer: Signer) -> Head:
    return Head(head.size, signer.seal(SIGNER.verifier.open(head.note)))


@pytest.mark.parametrize(
    "harm",
    [
        lambda head: resigned(head, Signer(SIGNER.verifier.name, b"\x07" * 32)),
        lambda head: resigned(head, Signer("node-south/EXERCISE", bytes(range(32)))),
        lambda head: Head(head.size, head.note.replace("EXERCISE", "LIVE")),
        lambda head: Head(head.size, "nonsense"),
        lambda head: Head(head.size, ""),
    ],
)
def test_a_foreign_signature_names_the_commit(forged: Forged, harm: Callable[[Head], Head]):
    forged.all_heads[2] = harm(forged.all_heads[2])
    finding = audit(forged, SIGNER.verifier).finding
    assert (finding.first, finding.last) == (10, 14)


def test_a_log_of_another_mode_is_a_finding():
    store = MemoryStore()
    filled(store, signer=Signer("node-north/LIVE", bytes(range(32))))
    assert "belongs to node-north/LIVE" in audit(store, SIGNER.verifier).finding.what


def test_time_that_runs_backwards_is_a_finding():
    store = MemoryStore()
    log = a_log(store)
    log.append([a_draft(1), a_draft(2, time_ms=NOON_MS)])
    assert audit(store, SIGNER.verifier).finding.first == 1


def test_a_further_check_of_each_entry_is_heard(forged: Forged):
    verdict = audit(
        forged, SIGNER.verifier, each=lambda entry: "wrong inside" if entry.sequence == 3 else None
    )
    assert (verdict.finding.first, verdict.finding.what) == (3, "wrong inside")


def test_a_withheld_part_leaves_every_proof_standing(forged: Forged):
    for at, row in enumerate(forged.all_rows):
        withheld = entry_from_body(row.sequence, row.body).sealed(frozenset({"said"}))
        assert withheld.content("said") is None
        forged.all_rows[at] = msgspec.structs.replace(row, body=withheld.body())
    assert audit(forged, SIGNER.verifier).finding is None
