import pytest

from mamarr.record import Checkpoint, Signer, Verifier

# The worked example of the Go module golang.org/x/mod, package sumdb/note (BSD-3-Clause): an implementation
# that shares nothing with ours.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
SIGNER = Signer("node-north/EXERCISE", bytes(range(32)))
CHECKPOINT = Checkpoint(origin="node-north/EXERCISE", size=7, root=b"\x05" * 32)


def test_a_note_that_another_implementation_signed_is_read():
    text = Verifier.from_text(GO_KEY).text_of(GO_NOTE)
    assert text.startswith("If you think")
    assert text.endswith("problem is.\n")


def test_a_key_is_written_as_other_implementations_write_it():
    assert Verifier.from_text(GO_KEY).text() == GO_KEY


def test_what_is_sealed_opens():
    assert SIGNER.verifier.open(SIGNER.seal(CHECKPOINT)) == CHECKPOINT


def test_the_note_is_the_golden_one():
    assert SIGNER.seal(CHECKPOINT) == (
        "node-north/EXERCISE\n7\nBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU=\n\n— node-north/EXERCISE "
        "naxgf9Q0n3S1g8oUhswhcgs3Mjkopu1Lrd9Mlic7T7HUJ1vb8qh9vLVS6zbJ9EM3xgCei79pO4n3mNXo4fQaxuqOXQA=\n"
    )


def test_a_signature_of_a_stranger_beside_ours_is_ignored():
    stranger = Signer("witness", b"\x09" * 32)
    line = stranger.seal(CHECKPOINT).rpartition("\n\n")[2]
    assert SIGNER.verifier.open(SIGNER.seal(CHECKPOINT) + line) == CHECKPOINT


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda note: note.replace("\n7\n", "\n8\n"), "does not fit"),
        (lambda note: note.replace("EXERCISE\n7", "LIVE\n7"), "does not fit"),
        (lambda note: note[:-6] + "AAAA=\n", "base64|does not fit"),
        (lambda note: note.replace("\n\n—", "\n—"), "not a signed note|begin"),
        (lambda note: note.rstrip("\n"), "not a signed note"),
        (lambda note: note.replace("— node-north/EXERCISE", "— node-south/EXERCISE"), "no signature"),
        (lambda note: note + note.rpartition("\n\n")[2] * 16, "more than 16"),
        (lambda _: "", "not a signed note"),
        (lambda _: "\n\n", "not a signed note"),
        (lambda note: note + "— \n", "without a base64"),
    ],
)
def test_a_note_that_was_changed_is_not_opened(harm, says: str):
    with pytest.raises(ValueError, match=says):
        SIGNER.verifier.open(harm(SIGNER.seal(CHECKPOINT)))


@pytest.mark.parametrize("size", ["07", "-1", "+7", "7 ", "9" * 20, ""])
def test_a_size_of_another_form_is_none(size: str):
    note = SIGNER.seal(Checkpoint(origin=CHECKPOINT.origin, size=size, root=CHECKPOINT.root))
    with pytest.raises(ValueError, match="not a checkpoint"):
        SIGNER.verifier.open(note)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "name",
        "name+00000000",
        GO_KEY.replace("c74f20a3", "c74f20a4"),
        GO_KEY.replace("ARpc", "Apc"),
        GO_KEY[:-4],
        GO_KEY.replace("+AR", "+Ag"),
    ],
)
def test_a_text_that_is_no_key_is_refused(wrong: str):
    with pytest.raises(ValueError, match=r"verifier|key id|name\+id"):
        Verifier.from_text(wrong)
