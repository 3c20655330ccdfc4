import pytest

from mamarr.record import MemoryStore
from mamarr.record.standing import WITNESS_BYTES, Witness, set_back, witness_from
from tests.record.logs import a_draft, a_log, filled

FILE = 42


def witness_of(store: MemoryStore) -> Witness:
    head = list(store.heads())[-1]
    return Witness(note=head.note, size=head.size, file=FILE)


def test_a_record_that_goes_on_is_no_restored_one():
    store = MemoryStore()
    log = filled(store)
    seen = witness_of(store)
    assert set_back(store, seen, FILE) is None
    log.append([a_draft(90)])
    assert set_back(store, seen, FILE) is None, "the witness may lag behind"


def test_a_new_record_is_no_restored_one():
    assert set_back(MemoryStore(), None, FILE) is None


def test_a_record_without_its_witness_may_be_anything():
    store = MemoryStore()
    filled(store)
    assert set_back(store, None, FILE) == "NO_WITNESS"


def test_a_copy_is_another_file():
    store = MemoryStore()
    filled(store)
    assert set_back(store, witness_of(store), FILE + 1) == "COPIED"


def test_an_older_record_than_its_witness_was_set_back():
    newer, older = MemoryStore(), MemoryStore()
    filled(newer, commits=4)
    filled(older, commits=3)
    assert set_back(older, witness_of(newer), FILE) == "SET_BACK"
    assert set_back(MemoryStore(), witness_of(newer), FILE) == "SET_BACK"


def test_a_record_set_back_and_grown_again_has_another_history():
    newer, forked = MemoryStore(), MemoryStore()
    filled(newer, commits=4)
    filled(forked, commits=3)
    log = a_log(forked)
    log.resume(_frontier(forked))
    log.append([a_draft(number) for number in range(50, 55)])
    log.append([a_draft(60)])
    assert set_back(forked, witness_of(newer), FILE) == "OTHER_HISTORY"


def _frontier(store: MemoryStore):
    from mamarr.record.tree import Frontier

    frontier = Frontier()
    for row in store.rows():
        frontier.append(row.leaf)
    return frontier


def test_a_witness_survives_the_way_out_and_back():
    store = MemoryStore()
    filled(store)
    encoded = witness_of(store).encoded()
    assert len(encoded) == WITNESS_BYTES
    assert witness_from(encoded) == witness_of(store)


@pytest.mark.parametrize("torn", [b"", b"{", b" " * WITNESS_BYTES, b"\xff" * 9, b"[]", b'{"note":1}'])
def test_a_torn_witness_is_none(torn: bytes):
    assert witness_from(torn) is None
