from collections.abc import Callable

import msgspec
import pytest

from mamarr.record import Checkpoint, Entry, Head, MemoryStore, Part, Row, Signer, audit
from mamarr.record.entries import entry_from_body
from mamarr.record.tree import Frontier, leaf_hash
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
    for at, row in list(enumerate(forged.all_rows))[1:]:
        withheld = entry_from_body(row.sequence, row.body).sealed(frozenset({"said"}))
        assert withheld.content("said") is None
        forged.all_rows[at] = msgspec.structs.replace(row, body=withheld.body())
    verdict = audit(forged, SIGNER.verifier)
    assert (verdict.finding, verdict.sealed) == (None, 19)


def body_changed(forged: Forged, change: Callable[[bytes], bytes]) -> str:
    """What an audit says when the stored form of entry 7 is written in another way; all hashes still fit."""
    row = forged.all_rows[7]
    forged.all_rows[7] = msgspec.structs.replace(row, body=change(row.body))
    assert forged.all_rows[7].body != row.body
    finding = audit(forged, SIGNER.verifier).finding
    assert (finding.first, finding.last) == (7, 7)
    return finding.what


def repacked(body: bytes, change: Callable[[list], list]) -> bytes:
    return msgspec.msgpack.encode(change(msgspec.msgpack.decode(body)))


@pytest.mark.parametrize(
    "change",
    [
        lambda body: repacked(body, lambda parts: [[*parts[0], {"hidden": "x" * 5_000}], *parts[1:]]),
        lambda body: b"\xdc\x00\x02" + body[1:],
        lambda body: body[:2] + b"\xcc\x00" + body[3:],
        lambda body: repacked(body, lambda parts: [parts[0], [0, "x" * 70_000, bytes(32), b""]]),
        lambda body: repacked(body, lambda parts: [parts[0], [0, "said", bytes(32), bytes(1 << 21)]]),
        lambda body: repacked(body, lambda parts: [*parts, [1, bytes(31)]]),
        lambda body: repacked(body, lambda parts: parts * 40),
        lambda body: body.replace(b"said", b"sa\xff\xfe"),
        lambda _: b"\x91" * 100_000,
        lambda _: b"",
    ],
)
def test_a_body_of_another_form_names_its_entry_though_hashes_fit(forged: Forged, change):
    assert body_changed(forged, change)


def test_a_log_that_grows_while_it_is_read_is_proven_to_its_new_end():
    store = MemoryStore()
    log = filled(store)
    grown: list[int] = []

    def grow(_) -> None:
        if not grown:
            grown.append(1)
            log.append([a_draft(99)])

    verdict = audit(store, SIGNER.verifier, each=grow)
    assert (verdict.finding, verdict.proven_size) == (None, 21)


def test_a_checkpoint_of_another_log_is_a_finding(forged: Forged):
    other = Checkpoint(origin="node-south/LIVE", size=0, root=bytes(32))
    assert "node-south/LIVE" in audit(forged, SIGNER.verifier, outside=other).finding.what
    empty = Checkpoint(origin=SIGNER.verifier.name, size=0, root=bytes(32))
    assert "another root" in audit(forged, SIGNER.verifier, outside=empty).finding.what


@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_head_where_none_can_stand_is_a_finding(forged: Forged, place: int):
    forged.all_heads.insert(place, Head(3, "nonsense"))
    assert audit(forged, SIGNER.verifier).finding is not None


def test_a_genesis_that_was_taken_away_is_a_finding():
    store = MemoryStore()
    a_log(store).begin(NOON_MS)
    (row,) = store.rows()
    bare = entry_from_body(0, row.body).sealed(frozenset({"genesis"}))
    forged = Forged([msgspec.structs.replace(row, body=bare.body())], list(store.heads()))
    assert "genesis" in audit(forged, SIGNER.verifier).finding.what


@pytest.mark.parametrize("letters", [65, 70_000])
def test_the_name_of_a_part_has_a_limit(letters: int):
    draft = a_draft(1)
    named = tuple(msgspec.structs.replace(part, name="x" * letters) for part in draft.parts[:1])
    with pytest.raises(ValueError, match="more than 64 bytes"):
        a_log(MemoryStore()).append([msgspec.structs.replace(draft, parts=named)])


def test_two_parts_of_one_name_are_never_written():
    draft = a_draft(1)
    with pytest.raises(ValueError, match="two parts are named said"):
        a_log(MemoryStore()).append([msgspec.structs.replace(draft, parts=draft.parts * 2)])


@pytest.mark.parametrize(
    "content",
    [
        b'{"x":' + b"[" * 100_000,
        b'{"sequence":9,"sequence":0,"commit":0,"time_ms":1,"mode":"EXERCISE","node":"node-north"}',
        b'{"sequence":0,"commit":0,"time_ms":1,"mode":"EXERCISE","node":"node-north","z":1}',
        b'{"sequence":0,"commit":0,"time_ms":1' + b"0" * 30 + b',"mode":"EXERCISE","node":"node-north"}',
        b'{"sequence":0,"commit":0,"time_ms":-1,"mode":"EXERCISE","node":"node-north"}',
        b'{"sequence":0,"commit":0,"time_ms":1,"mode":"EXERCISE","node":"node-north","key":"zz"}',
        b"\xff",
    ],
)
def test_a_frame_of_another_form_is_a_finding_even_from_the_owner_of_the_key(content: bytes):
    entry = Entry(sequence=0, parts=(Part("frame", bytes(32), content),))
    leaf, frontier = leaf_hash(entry.leaf()), Frontier()
    frontier.append(leaf)
    checkpoint = Checkpoint(origin=SIGNER.verifier.name, size=1, root=frontier.root())
    forged = Forged([Row(0, None, leaf, entry.body())], [Head(1, SIGNER.seal(checkpoint))])
    assert audit(forged, SIGNER.verifier).finding.first == 0
