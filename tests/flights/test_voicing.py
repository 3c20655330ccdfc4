from typing import Any

import pytest

from mamarr.airspace.commitment import (
    Counter,
    Filing,
    Phase,
    Reply,
    heard,
    is_by_voice,
    spoken,
    to_confirm,
    until,
)
from mamarr.airspace.occupancy import Kind
from mamarr.faults import Reason
from mamarr.flights.voicing import EnterVoice
from tests.flights.routes import NOON_MS

SAID: dict[str, Any] = {
    "kind": Kind.FLIGHT,
    "object_id": "F1",
    "revision": 1,
    "authority": "south",
    "reply": Reply.ACCEPTED,
    "spoken_at_ms": NOON_MS,
}
ASKING = Filing(phase=Phase.ASKING, last=1, asked_of=("east", "south"))


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": Kind.CONSTRAINT},
        {"object_id": ""},
        {"authority": "South"},
        {"reply": Reply.CONFIRMED},
        {"reply": Reply.COUNTERED},
        {"counter": Counter(later_ms=1)},
        {"spoken_by": ""},
        {"entered_by": "two\nlines"},
        {"read_back": "r" * 1_001},
    ],
)
def test_what_nobody_can_have_said_is_a_value_error(changed: dict[str, Any]):
    with pytest.raises(ValueError, match=r"."):
        EnterVoice(**SAID | changed)


def test_what_was_said_by_telephone_counts_where_all_must_accept_and_never_where_all_must_confirm():
    one = spoken(ASKING, "south", 1, Reply.ACCEPTED)
    assert (one.phase, one.by_voice, is_by_voice(one)) == (Phase.ASKING, ("south",), False)
    all_said = heard(one, "east", 1, Reply.ACCEPTED)
    assert (all_said.phase, to_confirm(one, all_said)) == (Phase.CONFIRMING, ("east",))
    assert until(one, all_said, 5, 9) == 9
    done = heard(all_said, "east", 1, Reply.CONFIRMED)
    assert (is_by_voice(done), done.in_force, until(all_said, done, 9, 12)) == (True, 0, None)
    signed = heard(done, "south", 1, Reply.COUNTERSIGNED)
    assert (signed.phase, signed.in_force, signed.in_force_with) == (Phase.IDLE, 1, ("east", "south"))
    assert signed.by_voice == ()


def test_who_answers_by_its_node_after_all_is_asked_to_confirm():
    both = spoken(spoken(ASKING, "south", 1, Reply.ACCEPTED), "east", 1, Reply.ACCEPTED)
    assert (is_by_voice(both), to_confirm(ASKING, both)) == (True, ())
    answered = heard(both, "east", 1, Reply.ACCEPTED)
    assert (answered.by_voice, to_confirm(both, answered)) == (("south",), ("east",))
    assert until(both, answered, None, 9) == 9


def test_silence_takes_nothing_back_and_a_word_does():
    said = spoken(ASKING, "south", 1, Reply.ACCEPTED)
    assert heard(said, "south", 1, Reply.REJECTED, reason=Reason.NO_ANSWER) == said
    for reply in (Reply.REJECTED, Reply.COUNTERED, Reply.DISPUTED):
        ended = heard(said, "south", 1, reply, reason=Reason.DECLINED)
        assert (ended.phase, ended.given_back) == (Phase.IDLE, (("east", 1), ("south", 1)))
    assert spoken(said, "south", 1, Reply.REJECTED).phase is Phase.IDLE
    assert spoken(said, "south", 2, Reply.REJECTED) == said
    assert spoken(said, "west", 1, Reply.ACCEPTED) == said
