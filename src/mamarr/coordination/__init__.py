"""Between parties: what one party may learn of another, and what its node must remember of the line to it."""

from mamarr.coordination import channels, disclosure, messages
from mamarr.coordination.channels import Channel
from mamarr.coordination.disclosure import Disclosed, Disclosure, Rule
from mamarr.coordination.messages import Direction, Message, MessageState, Stream

__all__ = [
    "Channel",
    "Direction",
    "Disclosed",
    "Disclosure",
    "Message",
    "MessageState",
    "Rule",
    "Stream",
    "channels",
    "disclosure",
    "messages",
]
