"""Each field of an envelope wrong in turn, signed by the peer: refused, counted or kept, and nothing more."""

import pytest

from mamarr.coordination.channels import KeepUnknown, SendMessage
from mamarr.coordination.messages import UNREADABLE
from mamarr.engine import Order
from mamarr.engine.orders import read
from mamarr.link.envelopes import is_signed
from mamarr.record.entries import entry_from_body
from tests.link.ends import End, joined, pass_ms
from tests.link.wrong import Maker, all_wrong, of_message, of_outside, of_payload

KEPT = ("unknown version", "message not of the form")  # what a peer signed and nobody can act on


def asked(end: End, first: int) -> list[Order]:
    """What was asked of the log since entry `first`."""
    found = (read(entry_from_body(row.sequence, row.body)) for row in end.store.rows(first))
    return [each.order for each in found if each is not None]


@pytest.mark.parametrize("kind", [of_outside, of_payload, of_message])
def test_each_field_that_is_wrong_is_counted_once_and_taken_in_never(kind):
    south, north = joined()[::-1]
    maker = Maker("node-north", "node-south", north.key)
    for wrong in kind(maker):
        before, counted = south.store.size(), dict(south.link.counted)
        south.hears(wrong.raw)
        rose = {what: n - counted.get(what, 0) for what, n in south.link.counted.items()}
        (what,) = [what for what, n in rose.items() if n]
        assert rose[what] == 1, wrong.what
        assert south.took() == [], wrong.what
        assert south.channel.stopped is None, wrong.what
        news = asked(south, before)
        of_peer = [each.command for each in news if isinstance(each.command, KeepUnknown)]
        assert len(of_peer) == (what in KEPT), (wrong.what, what)
        for command in of_peer:
            assert is_signed(command.version, command.signed, north.key.verifier)
        others = [each.command for each in news if not isinstance(each.command, KeepUnknown)]
        assert all(isinstance(each, SendMessage) and each.kind == UNREADABLE for each in others), wrong.what
        pass_ms(120_000, north, south)


def test_what_is_made_wrong_would_be_right_without_that():
    south, north = joined()[::-1]
    maker = Maker("node-north", "node-south", north.key)
    south.hears(maker.raw(has_message=False), maker.raw())
    assert [body for body, _ in south.took()] == ["hello"]
    assert not south.link.counted


def test_there_are_many_for_each_field():
    north = joined()[0]
    made = all_wrong(Maker("node-north", "node-south", north.key))
    assert len({each.what for each in made}) > 800
