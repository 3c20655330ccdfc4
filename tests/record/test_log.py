import pytest

from mamarr.faults import InvariantError, Unavailable
from mamarr.names import Mode
from mamarr.record import Log, MemoryStore, Part, Signer, Verifier, audit, key_of
from mamarr.record.entries import entry_from_body
from mamarr.record.log import InDoubt
from tests.record.logs import NODE, NOON_MS, SIGNER, a_draft, a_log, counting_salts, filled


def test_a_log_begins_with_its_form_and_key():
    store = MemoryStore()
    log = a_log(store)
    log.begin(NOON_MS)
    log.begin(NOON_MS)
    assert store.size() == 1
    assert key_of(store) == SIGNER.verifier
    assert audit(store, key_of(store)).finding is None


def test_a_log_that_began_under_another_key_is_a_finding():
    store, stranger = MemoryStore(), Signer(SIGNER.verifier.name, b"\x07" * 32)
    a_log(store, signer=stranger).begin(NOON_MS)
    forged = audit(store, SIGNER.verifier).finding
    assert "another key" in forged.what


@pytest.mark.parametrize("begun", [False, True])
def test_a_record_that_names_no_key_says_so(begun: bool):
    store = MemoryStore()
    if begun:
        filled(store)
    with pytest.raises(ValueError, match="give the key"):
        key_of(store)


def test_erasing_leaves_every_proof_and_forgets_the_content():
    store = MemoryStore()
    log = filled(store)
    before = list(store.rows())
    log.erase(7, frozenset({"said"}))
    log.erase(7, frozenset({"said"}))
    after = list(store.rows())
    assert [row.leaf for row in after] == [row.leaf for row in before]
    assert entry_from_body(7, after[7].body).content("said") is None
    assert b"number" not in after[7].body
    assert len(after[7].body) < len(before[7].body)
    assert audit(store, SIGNER.verifier).finding is None
    assert audit(store, SIGNER.verifier).proven_size == 20


def test_the_salt_is_erased_with_the_content():
    store = MemoryStore()
    log = filled(store)
    salt = next(
        part.salt for part in entry_from_body(7, list(store.rows())[7].body).parts if part.name == "said"
    )
    log.erase(7, frozenset({"said"}))
    assert salt not in list(store.rows())[7].body


@pytest.mark.parametrize("name", ["frame", "genesis"])
def test_what_the_log_cannot_be_read_without_is_not_erased(name: str):
    store = MemoryStore()
    with pytest.raises(ValueError, match="cannot be erased"):
        filled(store).erase(0, frozenset({name}))


def test_an_entry_that_is_not_there_is_not_erased():
    with pytest.raises(ValueError, match="no entry 20"):
        filled(MemoryStore()).erase(20, frozenset({"said"}))


def test_equal_contents_have_unequal_hashes():
    one, other = Part("said", b"\x01" * 32, b"yes"), Part("said", b"\x02" * 32, b"yes")
    assert one.hash() != other.hash()


def test_a_part_hashes_its_name_apart_from_its_content():
    assert Part("ab", bytes(32), b"c").hash() != Part("a", bytes(32), b"bc").hash()


def test_a_signer_of_another_log_is_a_contradiction():
    with pytest.raises(InvariantError):
        Log(MemoryStore(), SIGNER, node=NODE, mode=Mode.LIVE, salts=counting_salts())


class Silent(MemoryStore):
    """A store that writes and then does not answer; `blind` cannot even tell its size."""

    blind = False

    def append(self, first, rows, head) -> None:
        super().append(first, rows, head)
        raise Unavailable("no answer in time")

    def size(self) -> int:
        if self.blind:
            raise Unavailable("no answer at all")
        return super().size()


def test_an_append_whose_answer_was_lost_is_read_back():
    store = Silent()
    log = a_log(store)
    log.append([a_draft(1)])
    log.append([a_draft(2)])
    assert (log.size, store.size()) == (2, 2)


def test_an_append_that_cannot_be_read_back_is_in_doubt():
    store = Silent()
    log = a_log(store)
    store.blind = True
    with pytest.raises(InDoubt):
        log.append([a_draft(1)])
    assert log.size == 0


def test_a_verifier_is_read_from_its_text():
    assert Verifier.from_text(SIGNER.verifier.text()) == SIGNER.verifier


def test_rows_that_cannot_be_read_back_leave_the_log_in_doubt():
    class Mute(MemoryStore):
        def append(self, first, rows, head):
            super().append(first, rows, head)
            raise Unavailable("no answer in time, though all was written")

        def rows(self, *_):
            raise Unavailable("the disk cannot be read")

    with pytest.raises(InDoubt):
        a_log(Mute()).append([a_draft(1)])
