"""Between parties: what one party may learn of another, and what its node must remember of the line to it."""

from mamarr.coordination import agreements, channels, claims, crossings, disclosure, messages, peers
from mamarr.coordination.agreements import Agreement, Map, Member, StandardCondition
from mamarr.coordination.channels import Channel
from mamarr.coordination.crossings import ForeignFlight
from mamarr.coordination.disclosure import Disclosed, Disclosure, Rule
from mamarr.coordination.messages import Direction, Message, MessageState, Stream
from mamarr.coordination.peers import Peer

__all__ = [
    "Agreement",
    "Channel",
    "Direction",
    "Disclosed",
    "Disclosure",
    "ForeignFlight",
    "Map",
    "Member",
    "Message",
    "MessageState",
    "Peer",
    "Rule",
    "StandardCondition",
    "Stream",
    "agreements",
    "channels",
    "claims",
    "crossings",
    "disclosure",
    "messages",
    "peers",
]
