"""Texts that persons hand to each other: whole or refused, and for one node alone."""

import base64
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.coordination import peers
from mamarr.faults import WireError
from mamarr.link.certificates import certificate, link_name
from mamarr.link.invitations import BEGINS, Kind, Said, answer_of, read, to_sign, written
from mamarr.names import Mode
from mamarr.record import Signer

MODE, KEY, OTHER = Mode.EXERCISE, bytes(range(32)), bytes(32)
SECRET = b"s" * 32
INVITATION = Said(
    kind=Kind.INVITATION,
    mode=MODE,
    node="north-1",
    party="north",
    certificate=certificate(link_name("north-1", MODE), KEY),
    url="https://node.north.example:8843",
    receiver="south-1",
    secret=SECRET,
    valid_until_ms=1_800_000_000_000,
)


def signed(said: Said, *keys: bytes) -> str:
    return written(said, *(Signer("x", key).sign(to_sign(said)) for key in keys or (KEY,)))


TEXT = signed(INVITATION)


def wrong(text: str, *, node: str = "south-1", mode: Mode = MODE) -> str:
    with pytest.raises(WireError) as caught:
        read(text, node=node, mode=mode)
    return caught.value.what


def test_what_is_written_is_read_with_its_lines_broken_anywhere():
    assert read(TEXT, node="south-1", mode=MODE).said == INVITATION
    folded = (
        "  " + "\r\n> ".replace("> ", "").join(TEXT[at : at + 70] for at in range(0, len(TEXT), 70)) + "\n"
    )
    assert read(folded, node="south-1", mode=MODE).said == INVITATION


def test_the_form_is_for_ever():
    assert (
        sha256(TEXT.encode()).hexdigest()
        == "162c005d68cde3f834c83f2bb68138cdb5ad5414d130f7ee2756f2ed0cac9e3a"
    )


def test_a_text_for_another_node_or_mode_is_refused():
    assert wrong(TEXT, node="east-1") == "it is for another node: for south-1, this is east-1"
    assert wrong(TEXT, mode=Mode.LIVE) == "it is of a node in EXERCISE, this node is in LIVE"
    own = signed(msgspec.structs.replace(INVITATION, receiver="north-1"))
    for text in (own, TEXT):
        said = wrong(text, node="north-1")
        assert said == "it is this node's own: a person of the other node adds it"


def test_a_text_that_the_key_in_its_certificate_did_not_sign_is_refused():
    assert wrong(signed(INVITATION, OTHER)).startswith("not signed by the key in its certificate")
    forged = msgspec.structs.replace(INVITATION, url="https://elsewhere.example")
    assert wrong(written(forged, Signer("x", KEY).sign(to_sign(INVITATION)))).startswith("not signed")
    assert wrong(written(INVITATION)) == "not signed as it should be"


def test_a_certificate_of_another_node_is_refused():
    assert "of another form or name" in wrong(signed(msgspec.structs.replace(INVITATION, node="north-2")))


@pytest.mark.parametrize(
    "change", [{"node": "North 1"}, {"party": "<b>"}, {"party": "x" * 40}, {"node": "\x1b[2J"}]
)
def test_names_that_are_none_are_refused(change: dict[str, str]):
    assert wrong(signed(msgspec.structs.replace(INVITATION, **change))).startswith("no ")


@pytest.mark.parametrize(
    "change",
    [
        {"secret": b""},
        {"secret": b"x" * 31},
        {"about": b"a" * 32},
        {"proof": b"p" * 32},
        {"before": b"b" * 32},
    ],
)
def test_a_field_that_is_missing_or_out_of_place_is_refused(change: dict[str, bytes]):
    with pytest.raises(ValueError, match="is missing, or where it does not belong"):
        msgspec.structs.replace(INVITATION, **change)


def test_an_answer_is_proven_to_the_invitation_it_answers():
    own = Said(
        kind=Kind.ANSWER,
        mode=MODE,
        node="south-1",
        party="south",
        certificate=certificate(link_name("south-1", MODE), OTHER),
        receiver="north-1",
        about=sha256(SECRET).digest(),
        proof=bytes(32),
    )
    answer = answer_of(INVITATION, own)
    found = read(signed(answer, OTHER), node="north-1", mode=MODE).said
    expected = peers.proof(
        SECRET, inviter="north-1", invited="south-1", card=found.card_for("north-1", found.about)
    )
    assert found.proof == expected


def test_a_longer_text_than_any_is_refused_unread():
    assert wrong(BEGINS + "A" * 5_000).startswith("no text of this version")


def test_another_form_of_the_same_is_refused():
    raw = base64.urlsafe_b64decode(TEXT.removeprefix(BEGINS) + "==")
    said = wrong(BEGINS + base64.urlsafe_b64encode(raw + b"\0").decode())
    assert said.startswith("the text is damaged or cut short")


@given(
    st.text(max_size=300)
    | st.binary(max_size=600).map(lambda raw: BEGINS + base64.urlsafe_b64encode(raw).decode())
)
def test_any_other_text_is_refused(text: str):
    wrong(text)


@given(st.integers(len(BEGINS), len(TEXT) - 1), st.sampled_from("ABCDEFGHabcdefgh0123-_ \n="))
def test_a_letter_that_is_changed_is_noticed(at: int, to: str):
    changed = TEXT[:at] + to + TEXT[at + 1 :]
    if changed != TEXT:
        wrong(changed)
