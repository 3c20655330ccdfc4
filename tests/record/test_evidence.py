import base64
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.names import Mode
from mamarr.record import (
    Checkpoint,
    Draft,
    Entry,
    Frame,
    Head,
    MemoryStore,
    Part,
    Row,
    Sealed,
    Signer,
    SqliteStore,
    Verifier,
)
from mamarr.record.entries import frame_part
from mamarr.record.evidence import DOCUMENT_BYTES_MAX, Evidence, evidence, verified
from mamarr.record.tree import leaf_hash
from tests.record.logs import NODE, NOON_MS, SIGNER, a_log, filled

GOLDEN = Path(__file__).parent / "golden" / "evidence_1.json"
GOLDEN_KEY = "node-north/EXERCISE+9dac607f+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
NAMES = ("command", "facts", "events", "person")
EVERYTHING = frozenset({"said", *NAMES})


def content_of(sequence: int, name: str) -> bytes:
    return b"what entry %d says in its %s" % (sequence, name.encode())


def a_store(commits: list[list[list[str]]]) -> MemoryStore:
    """A log whose group commits have entries with parts of these names."""
    store, sequence = MemoryStore(), 0
    log = a_log(store)
    for commit in commits:
        drafts = []
        for names in commit:
            parts = tuple(
                Part(
                    name, (1_000_000 + 100 * sequence + place).to_bytes(32, "big"), content_of(sequence, name)
                )
                for place, name in enumerate(names)
            )
            drafts.append(Draft(time_ms=NOON_MS + sequence, parts=parts))
            sequence += 1
        log.append(drafts)
    return store


def the_golden_evidence() -> Evidence:
    store = a_store([[list(NAMES)] * 3, [list(NAMES)] * 4, [list(NAMES)] * 6])
    return evidence(store, 5, disclose=EVERYTHING - {"facts", "person"})


@pytest.fixture
def given_away() -> Evidence:
    return the_golden_evidence()


def refused(document: bytes) -> bool:
    """Whether a document does not decode or does not verify; both say so with ValueError."""
    try:
        verified(Evidence.decode(document), SIGNER.verifier)
    except ValueError:
        return True
    return False


# --- the golden document ----------------------------------------------------------------------------------


def test_the_golden_document_is_written_byte_for_byte():
    assert the_golden_evidence().encode() == GOLDEN.read_bytes()


def test_the_golden_document_decodes_and_verifies():
    entry = verified(Evidence.decode(GOLDEN.read_bytes()), Verifier.from_text(GOLDEN_KEY))
    assert (entry.sequence, entry.frame().time_ms) == (5, NOON_MS + 5)
    assert [isinstance(part, Sealed) for part in entry.parts] == [False, False, True, False, True]
    assert entry.content("command") == b"what entry 5 says in its command"
    assert entry.content("facts") is None


@pytest.mark.parametrize("bit", [0x01, 0x20, 0x80])
def test_the_golden_document_with_any_byte_changed_is_refused(bit: int):
    document = GOLDEN.read_bytes()
    for place, byte in enumerate(document):
        changed = document[:place] + bytes([byte ^ bit]) + document[place + 1 :]
        assert refused(changed), f"byte {place} was changed unseen"


def test_the_golden_document_with_any_byte_gone_or_twice_is_refused():
    document = GOLDEN.read_bytes()
    for place in range(len(document)):
        assert refused(document[:place])
        assert refused(document[:place] + document[place + 1 :])
        twice = document[:place] + document[place : place + 1] + document[place:]
        assert refused(twice), f"byte {place} was written twice unseen"


# --- what every log promises ------------------------------------------------------------------------------

logs = st.lists(
    st.lists(st.lists(st.sampled_from(NAMES), unique=True), min_size=1, max_size=5), min_size=1, max_size=7
)


@given(st.data(), logs, st.frozensets(st.sampled_from(NAMES)))
def test_any_entry_verifies_with_any_parts_withheld(
    data: st.DataObject, commits: list[list[list[str]]], withhold: frozenset[str]
):
    store = a_store(commits)
    sequence = data.draw(st.integers(0, store.size() - 1))
    document = evidence(store, sequence, disclose=EVERYTHING - withhold).encode()
    entry = verified(Evidence.decode(document), SIGNER.verifier)
    names = [names for commit in commits for names in commit][sequence]
    assert entry.sequence == entry.frame().sequence == sequence
    for name in NAMES:
        readable = name in names and name not in withhold
        assert entry.content(name) == (content_of(sequence, name) if readable else None)


def strings(value: object):
    """Every text in a decoded JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


@given(logs, st.frozensets(st.sampled_from(NAMES), min_size=1))
def test_what_is_withheld_is_nowhere_in_the_document(
    commits: list[list[list[str]]], withhold: frozenset[str]
):
    store = a_store(commits)
    for row in store.rows():
        document = evidence(store, row.sequence, disclose=EVERYTHING - withhold).encode()
        texts = list(strings(json.loads(document)))
        everything = [document, *(text.encode() for text in texts)]
        everything += [base64.b64decode(text) for text in texts if len(text) % 4 == 0 and text.isascii()]
        parts = msgspec.msgpack.decode(row.body, type=tuple[Part | Sealed, ...])
        for part in parts:
            if isinstance(part, Part) and part.name in withhold:
                for secret in (part.content, part.salt):
                    forms = (secret, base64.b64encode(secret), secret.hex().encode())
                    assert not any(form in text for form in forms for text in everything)
                assert part.name not in texts


@given(st.data(), logs)
def test_any_byte_changed_anywhere_is_refused(data: st.DataObject, commits: list[list[list[str]]]):
    store = a_store(commits)
    sequence = data.draw(st.integers(0, store.size() - 1))
    document = evidence(store, sequence, disclose=EVERYTHING - {"facts"}).encode()
    place = data.draw(st.integers(0, len(document) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != document[place]))
    assert refused(document[:place] + bytes([other]) + document[place + 1 :])


# --- each thing that must fit -----------------------------------------------------------------------------


def flips(raw: bytes):
    for place, byte in enumerate(raw):
        for bit in (0x01, 0x80):
            yield raw[:place] + bytes([byte ^ bit]) + raw[place + 1 :]


def with_part(whole: Evidence, place: int, part: Part | Sealed) -> Evidence:
    parts = (*whole.entry.parts[:place], part, *whole.entry.parts[place + 1 :])
    return msgspec.structs.replace(whole, entry=Entry(sequence=whole.entry.sequence, parts=parts))


def changed(whole: Evidence):
    """Every evidence with one byte of a part, a hash or the note changed, made without a document."""
    for place, part in enumerate(whole.entry.parts):
        if isinstance(part, Sealed):
            yield from (with_part(whole, place, Sealed(digest)) for digest in flips(part.digest))
            continue
        for salt in flips(part.salt):
            yield with_part(whole, place, Part(part.name, salt, part.content))
        for content in flips(part.content):
            yield with_part(whole, place, Part(part.name, part.salt, content))
        if place > 0:
            for name in flips(part.name.encode()):
                yield with_part(whole, place, Part(name.decode(errors="replace"), part.salt, part.content))
    for place, each in enumerate(whole.proof):
        for other in flips(each):
            proof = (*whole.proof[:place], other, *whole.proof[place + 1 :])
            yield msgspec.structs.replace(whole, proof=proof)
    for note in flips(whole.note.encode()):
        yield msgspec.structs.replace(whole, note=note.decode(errors="replace"))


def test_a_changed_part_hash_or_note_does_not_verify(given_away: Evidence):
    tried = 0
    for other in changed(given_away):
        tried += 1
        with pytest.raises(ValueError, match=r"."):
            verified(other, SIGNER.verifier)
    assert tried > 1_000


@pytest.mark.parametrize("end", ["\r\n", "\n\n", "\u2028", "\x0b\n", " \n", ""])
def test_a_head_with_another_end_does_not_verify(given_away: Evidence, end: str):
    note = given_away.note.removesuffix("\n") + end
    with pytest.raises(ValueError, match=r"."):
        verified(msgspec.structs.replace(given_away, note=note), SIGNER.verifier)


def test_the_signature_of_a_witness_beside_the_log_does_no_harm(given_away: Evidence):
    witness = Signer("witness", b"\x09" * 32)
    line = witness.seal(SIGNER.verifier.open(given_away.note)).rpartition("\n\n")[2]
    signed_by_both = msgspec.structs.replace(given_away, note=given_away.note + line)
    assert verified(signed_by_both, SIGNER.verifier) == given_away.entry


@pytest.mark.parametrize("sequence", [0, 4, 6, 7, 1 << 62])
def test_another_index_does_not_verify(given_away: Evidence, sequence: int):
    moved = msgspec.structs.replace(
        given_away, entry=msgspec.structs.replace(given_away.entry, sequence=sequence)
    )
    with pytest.raises(ValueError, match=r"does not lead|has no leaf|hashes than"):
        verified(moved, SIGNER.verifier)


def test_parts_in_another_order_or_number_do_not_verify(given_away: Evidence):
    frame, *rest = given_away.entry.parts
    for parts in ((frame, *reversed(rest)), (frame, *rest[:-1]), (frame, *rest, rest[-1]), (frame,)):
        other = msgspec.structs.replace(given_away, entry=Entry(sequence=5, parts=parts))
        with pytest.raises(ValueError, match="does not lead"):
            verified(other, SIGNER.verifier)


def test_a_proof_of_another_length_does_not_verify(given_away: Evidence):
    for proof in (given_away.proof[1:], (), (*given_away.proof, bytes(32))):
        with pytest.raises(ValueError, match=r"fewer hashes|more hashes"):
            verified(msgspec.structs.replace(given_away, proof=proof), SIGNER.verifier)


def test_another_key_or_name_does_not_verify(given_away: Evidence):
    for signer in (
        Signer(SIGNER.verifier.name, b"\x07" * 32),
        Signer("node-south/EXERCISE", bytes(range(32))),
    ):
        with pytest.raises(ValueError, match="no signature by"):
            verified(given_away, signer.verifier)


def test_a_head_of_another_size_of_the_same_log_does_not_verify(given_away: Evidence):
    store = a_store([[list(NAMES)] * 3, [list(NAMES)] * 4, [list(NAMES)] * 6])
    for head in list(store.heads())[::2]:
        with pytest.raises(ValueError, match=r"does not lead|has no leaf|hashes than"):
            verified(msgspec.structs.replace(given_away, note=head.note), SIGNER.verifier)


def by_hand(frame: Frame, *, origin: str = SIGNER.verifier.name, content: bytes | None = None) -> Evidence:
    """Evidence signed for a log of one entry, whatever its frame says."""
    part = frame_part(frame, bytes(32))
    if content is not None:
        part = Part(part.name, part.salt, content)
    entry = Entry(sequence=0, parts=(part,))
    checkpoint = Checkpoint(origin=origin, size=1, root=leaf_hash(entry.leaf()))
    return Evidence(entry=entry, proof=(), note=SIGNER.seal(checkpoint))


A_FRAME = Frame(sequence=0, commit=0, time_ms=NOON_MS, mode=Mode.EXERCISE, node=NODE)


@pytest.mark.parametrize(
    ("frame", "others", "says"),
    [
        (msgspec.structs.replace(A_FRAME, sequence=1), {}, "says it is entry 1, not 0"),
        (msgspec.structs.replace(A_FRAME, node="node-south"), {}, "says it is of node-south/EXERCISE"),
        (msgspec.structs.replace(A_FRAME, mode=Mode.LIVE), {}, "says it is of node-north/LIVE"),
        (A_FRAME, {"origin": "node-south/EXERCISE"}, "the head is of node-south/EXERCISE"),
        (A_FRAME, {"content": b"{"}, "the frame does not decode"),
        (A_FRAME, {"content": b"\xff"}, "the frame does not decode"),
        (A_FRAME, {"content": b'{"x":' + b"[" * 100_000}, "the frame does not decode"),
    ],
)
def test_a_signed_entry_whose_frame_does_not_fit_is_refused(frame: Frame, others: dict, says: str):
    assert verified(by_hand(A_FRAME), SIGNER.verifier).frame() == A_FRAME
    with pytest.raises(ValueError, match=says):
        verified(by_hand(frame, **others), SIGNER.verifier)


# --- making it --------------------------------------------------------------------------------------------


def test_the_smallest_head_that_covers_the_entry_is_used():
    store = MemoryStore()
    filled(store)
    heads = {head.size: head.note for head in store.heads()}
    for sequence in range(20):
        assert evidence(store, sequence, disclose=EVERYTHING).note == heads[(sequence // 5 + 1) * 5]


def test_evidence_stays_the_same_when_the_log_grows():
    store = MemoryStore()
    log = filled(store)
    before = evidence(store, 7, disclose=EVERYTHING)
    log.append([Draft(time_ms=NOON_MS + 99, parts=())])
    assert evidence(store, 7, disclose=EVERYTHING) == before


@pytest.mark.parametrize("sequence", [-1, 20, (1 << 63) - 1, 1 << 63, 1 << 70])
def test_an_entry_that_is_not_there_has_no_evidence(sequence: int, tmp_path: Path):
    for store in (MemoryStore(), SqliteStore(tmp_path / "record.sqlite")):
        filled(store)
        with pytest.raises(ValueError, match="no signed head covers"):
            evidence(store, sequence, disclose=EVERYTHING)
        store.close()


def test_the_frame_cannot_be_withheld(given_away: Evidence):
    store = MemoryStore()
    filled(store)
    assert evidence(store, 7, disclose=frozenset()).entry.frame().sequence == 7
    with pytest.raises(ValueError, match="begin with its frame"):
        with_part(given_away, 0, Sealed(given_away.entry.parts[0].hash()))


def test_what_was_erased_in_the_log_stays_away_and_the_rest_verifies():
    store = a_store([[["command", "person"]] * 3])
    log = a_log(store)
    log.erase(1, frozenset({"person"}))
    entry = verified(evidence(store, 1, disclose=EVERYTHING - {"person"}), SIGNER.verifier)
    assert (entry.content("person"), entry.content("command")) == (None, content_of(1, "command"))


class Harmed:
    """A store that answers other rows than it was given."""

    def __init__(self, rows: list[Row], heads: list[Head]) -> None:
        self.all_rows, self.all_heads = rows, heads

    def rows(self, start: int = 0, stop: int | None = None):
        return iter(self.all_rows[start:stop])

    def heads(self, start: int = 0):
        return (head for head in self.all_heads if head.size > start)


def test_a_store_that_contradicts_itself_gives_no_evidence():
    store = MemoryStore()
    filled(store)
    rows, heads = list(store.rows()), list(store.heads())
    with pytest.raises(ValueError, match="speaks of 10 entries, 9 are here"):
        evidence(Harmed(rows[:9], heads), 7, disclose=EVERYTHING)
    rows[7] = msgspec.structs.replace(rows[7], body=rows[8].body)
    with pytest.raises(ValueError, match="not those that were hashed"):
        evidence(Harmed(rows, heads), 7, disclose=EVERYTHING)
    rows[7] = msgspec.structs.replace(rows[7], body=b"")
    with pytest.raises(ValueError, match="does not decode"):
        evidence(Harmed(rows, heads), 7, disclose=EVERYTHING)


def test_evidence_larger_than_is_read_is_not_written(given_away: Evidence):
    large = [Part(f"part {number}", bytes(32), bytes(1 << 20)) for number in range(13)]
    whole = msgspec.structs.replace(
        given_away, entry=Entry(sequence=5, parts=(given_away.entry.parts[0], *large))
    )
    with pytest.raises(ValueError, match="withhold large parts"):
        whole.encode()
    fits = msgspec.structs.replace(whole, entry=whole.entry.sealed(frozenset({"part 0", "part 1"})))
    assert Evidence.decode(fits.encode()) == fits


# --- reading a stranger's bytes ---------------------------------------------------------------------------


def rewritten(document: bytes, old: bytes, new: bytes) -> bytes:
    assert old in document
    return document.replace(old, new, 1)


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda _: b"", "not a document"),
        (lambda _: b"null\n", "not a document"),
        (lambda _: b"[" * 1_000_000, "not a document"),
        (lambda _: b'{"format":' + b"[" * 100_000, "not a document"),
        (lambda _: b" " * (DOCUMENT_BYTES_MAX + 1), "of more than"),
        (lambda whole: rewritten(whole, b"evidence 1", b"evidence 2"), "evidence 2"),
        (lambda whole: rewritten(whole, b'"format":"mamarr evidence 1",', b""), "another form"),
        (lambda whole: rewritten(whole, b'"proof"', b'"more":1,"proof"'), "not a document"),
        (lambda whole: rewritten(whole, b'"sequence"', b'"more":1,"sequence"'), "another form"),
        (lambda whole: rewritten(whole, b'"sequence":5', b'"sequence":4,"sequence":5'), "another form"),
        (lambda whole: rewritten(whole, b'"sequence":5', b'"sequence": 5'), "another form"),
        (lambda whole: rewritten(whole, b'"sequence":5', b'"sequence":5.0'), "not a document"),
        (lambda whole: rewritten(whole, b'"sequence":5', b'"sequence":-5'), "negative"),
        (lambda whole: rewritten(whole, b'"command"', b'"\\u0063ommand"'), "another form"),
        (lambda whole: rewritten(whole, b'"command"', b'"\\ud800"'), "not a document"),
        (lambda whole: rewritten(whole, b'"command"', b'"\xed\xa0\x80"'), "not a document"),
        (lambda whole: rewritten(whole, b'"command"', b'"%s"' % (b"x" * 65_536)), "name of a part"),
        (lambda whole: rewritten(whole, b'=",', b'?",'), "not a document"),
        (lambda whole: rewritten(whole, b'=",', b'",'), "not a document"),
        (lambda whole: rewritten(whole, b"[1,", b"[2,"), "not a document"),
        (lambda whole: rewritten(whole, b"[1,", b"[1,[],"), "not a document"),
        (lambda whole: rewritten(whole, b"[1,", b"[1," + b"[" * 100_000), "not a document"),
        (lambda whole: rewritten(whole, b"]]}", b'],[1,""]]}'), "withheld part is a hash of 32"),
        (lambda whole: rewritten(whole, b'"],', b'","more"],'), "at most length"),
        (lambda whole: rewritten(whole, b'"],', b'",%s],' % (b"[" * 100_000)), "not a document"),
        (lambda whole: rewritten(whole, b'"frame"', b'"fromm"'), "begin with its frame"),
        (lambda whole: whole.rstrip(b"\n"), "another form"),
        (lambda whole: whole + b"\n", "another form"),
        (lambda whole: whole + b"{}", "not a document"),
        (lambda whole: json.dumps(json.loads(whole), indent=1).encode(), "another form"),
    ],
)
def test_a_document_of_another_form_is_refused(harm, says: str):
    with pytest.raises(ValueError, match=says):
        Evidence.decode(harm(GOLDEN.read_bytes()))


FRAME_PART = frame_part(A_FRAME, bytes(32))


@pytest.mark.parametrize(
    ("parts", "proof", "note", "says"),
    [
        ((), (), "", "begin with its frame"),
        ((Sealed(bytes(32)),), (), "", "begin with its frame"),
        ((Part("said", bytes(32), b""), FRAME_PART), (), "", "begin with its frame"),
        ((FRAME_PART, *[Sealed(bytes(32))] * 64), (), "", "more than 64 parts"),
        ((FRAME_PART, Sealed(bytes(31))), (), "", "hash of 32"),
        ((FRAME_PART, Part("said", bytes(33), b"")), (), "", "salt has 32"),
        ((FRAME_PART, Part("x" * 65_536, bytes(32), b"")), (), "", "name of a part"),
        ((FRAME_PART, Part("\ud800", bytes(32), b"")), (), "", "surrogates"),
        ((FRAME_PART, Part("said", bytes(32), bytes((1 << 20) + 1))), (), "", "more than 1048576"),
        ((FRAME_PART,), (bytes(31),), "", "at most 64 hashes of 32"),
        ((FRAME_PART,), (bytes(32),) * 65, "", "at most 64 hashes of 32"),
        ((FRAME_PART,), (), "x" * 65_537, "the note has more than"),
    ],
)
def test_evidence_of_another_size_cannot_be_made(parts: tuple, proof: tuple, note: str, says: str):
    with pytest.raises(ValueError, match=says):
        Evidence(entry=Entry(sequence=0, parts=parts), proof=proof, note=note)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_a_value_error(document: bytes):
    with pytest.raises(ValueError, match="not a document"):
        Evidence.decode(document)
