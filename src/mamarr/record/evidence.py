"""Evidence: one entry with its proof against a signed head, for somebody who has nothing else of the log.

Whoever gives it away may withhold parts: their hashes stand in for them and the proof still holds. What is
withheld is neither in the document nor can a guess of it be tested, for its salt is withheld with it; that
there is such a part, and which place it has, is not hidden.

The document is JSON with bytes in base64, in exactly one form: that which `Evidence.encode` writes.

    {"format": "mamarr evidence 1",
     "entry": {"sequence": 7, "parts": [[0, "frame", salt, content], [1, hash], ...]},
     "proof": [hash, ...], "note": "..."}
"""

import msgspec

from mamarr.record.checkpoints import NOTE_BYTES_MAX, Verifier
from mamarr.record.entries import FRAME, Entry, Part, checked, entry_from_body
from mamarr.record.proofs import LEAVES_MAX, PROOF_HASHES_MAX, inclusion_proof, root_from_inclusion
from mamarr.record.stores import Store
from mamarr.record.tree import HASH_BYTES, leaf_hash

DOCUMENT_BYTES_MAX = 16 << 20  # chosen: ten parts of PART_BYTES_MAX in base64; more can be withheld


class Evidence(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="format",
    tag="mamarr evidence 1",
):
    """One entry, provable alone; says nothing until `verified` has checked it.

    entry: with its frame, other parts withheld or whole; its sequence is the index of its leaf. proof: hashes
    from the leaf to the root, the lowest first. note: the signed head whose tree it is proven to be in.

    ValueError when something is of the wrong size; so it can be made of a stranger's bytes.
    """

    entry: Entry
    proof: tuple[bytes, ...]
    note: str

    def __post_init__(self) -> None:
        if self.entry.sequence < 0:
            raise ValueError("no entry has a negative sequence")
        checked(self.entry.parts)
        first = self.entry.parts[0] if self.entry.parts else None
        if not isinstance(first, Part) or first.name != FRAME:
            raise ValueError("the entry does not begin with its frame, which cannot be withheld")
        if len(self.proof) > PROOF_HASHES_MAX or any(len(each) != HASH_BYTES for each in self.proof):
            raise ValueError(f"a proof has at most {PROOF_HASHES_MAX} hashes of {HASH_BYTES} bytes")
        if len(self.note.encode()) > NOTE_BYTES_MAX:
            raise ValueError(f"the note has more than {NOTE_BYTES_MAX} bytes")

    def encode(self) -> bytes:
        """The document, one line of JSON. ValueError when it is larger than `decode` reads."""
        document = _encoder.encode(self) + b"\n"
        if len(document) > DOCUMENT_BYTES_MAX:
            raise ValueError(f"evidence of more than {DOCUMENT_BYTES_MAX} bytes: withhold large parts")
        return document

    @classmethod
    def decode(cls, document: bytes) -> "Evidence":
        """Read what `encode` wrote, byte for byte; ValueError says what is wrong with it.

        What decodes is well formed and nothing more: `verified` says whether it is true.
        """
        if len(document) > DOCUMENT_BYTES_MAX:
            raise ValueError(f"evidence of more than {DOCUMENT_BYTES_MAX} bytes")
        try:
            evidence = _decoder.decode(document)
        except (ValueError, RecursionError) as wrong:
            raise ValueError(f"not a document of evidence: {wrong}") from wrong
        if _encoder.encode(evidence) + b"\n" != document:
            raise ValueError("not a document of evidence: written in another form than the one it has")
        return evidence


def evidence(store: Store, sequence: int, *, disclose: frozenset[str]) -> Evidence:
    """Entry `sequence` of the log in `store`, proven against the smallest signed head that covers it.

    disclose: names of the parts to show beside the frame; all others are reduced to their hashes, so that a
    forgotten name hides and never shows. Reads the leaves below that head: its cost grows with its size.

    ValueError when there is no such entry or the store contradicts itself. Raises Unavailable.
    """
    head = next(store.heads(sequence), None) if 0 <= sequence < LEAVES_MAX else None
    if head is None:
        raise ValueError(f"no signed head covers an entry {sequence}")
    leaves, body = [], b""
    for row in store.rows(0, head.size):
        leaves.append(row.leaf)
        if row.sequence == sequence:
            body = row.body
    if len(leaves) != head.size:
        raise ValueError(f"a signed head speaks of {head.size} entries, {len(leaves)} are here")
    entry = entry_from_body(sequence, body)
    if leaf_hash(entry.leaf()) != leaves[sequence]:
        raise ValueError(f"the bytes of entry {sequence} are not those that were hashed")
    shown = disclose | {FRAME}
    hidden = {part.name for part in entry.parts if isinstance(part, Part)} - shown
    return Evidence(
        entry=entry.sealed(frozenset(hidden)), proof=inclusion_proof(leaves, sequence), note=head.note
    )


def verified(evidence: Evidence, verifier: Verifier) -> Entry:
    """The entry, if `evidence` proves it to be in the log that signs with the key of `verifier`.

    A part that the entry does not show may be withheld or erased; that one cannot be read says nothing about
    what it said. ValueError says what does not fit: the signature, the origin, the proof or the frame.
    """
    entry = evidence.entry
    checkpoint = verifier.open(evidence.note)
    if checkpoint.origin != verifier.name:
        raise ValueError(f"the head is of {checkpoint.origin}, not of {verifier.name}")
    root = root_from_inclusion(leaf_hash(entry.leaf()), entry.sequence, checkpoint.size, evidence.proof)
    if root != checkpoint.root:
        raise ValueError(f"the proof does not lead from entry {entry.sequence} to the root that was signed")
    frame = entry.frame()
    if frame.sequence != entry.sequence:
        raise ValueError(f"the frame says it is entry {frame.sequence}, not {entry.sequence}")
    if f"{frame.node}/{frame.mode}" != verifier.name:
        raise ValueError(f"the frame says it is of {frame.node}/{frame.mode}, not of {verifier.name}")
    return entry


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Evidence)
