"""A node that lies to the others: it accepts what it refused, confirms what it does not hold, and keeps back.

What it says it signs, so it stays provable; that it is not true nobody can see at once. So what two others
have in force that only the liar had to keep apart is not theirs to keep apart; all else is.
"""

from hashlib import sha256

import msgspec

from mamarr.airspace.commitment import Reply
from mamarr.coordination import Channel, channels
from mamarr.flights.errands import CrossingReply, Errand, FlightState
from mamarr.link import Link

WITHHELD_OF_256 = 40  # chosen: one word in six is never said
UNTRUE = {
    Reply.REJECTED: Reply.ACCEPTED,
    Reply.COUNTERED: Reply.ACCEPTED,
    Reply.NOT_HELD: Reply.CONFIRMED,
    Reply.DISPUTED: Reply.COUNTERSIGNED,
}


class LyingLink(Link):
    """The liar's side of a line. What it records of what it says is what it says."""

    def _errands(self, channel: Channel) -> list[channels.SendMessage]:
        return [each for each in super()._errands(channel) if not is_withheld(each.errand_id or "")]

    def _saying(self, errand: Errand) -> channels.SendMessage:
        word = errand.word
        if isinstance(word, CrossingReply) and word.reply in UNTRUE:
            word = msgspec.structs.replace(word, reply=UNTRUE[word.reply], reason=None, counter=None)
        elif isinstance(word, FlightState) and word.is_airborne:
            word = msgspec.structs.replace(word, content=None, imposed=(), is_airborne=False, is_over=True)
        return super()._saying(msgspec.structs.replace(errand, word=word))


def is_withheld(errand_id: str) -> bool:
    """Whether the liar never says this; the same each time that it is asked."""
    return sha256(errand_id.encode()).digest()[0] < WITHHELD_OF_256
