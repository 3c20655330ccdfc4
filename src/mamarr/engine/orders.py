"""What goes into an entry: the order, what was known, and what was answered."""

from hashlib import sha256

import msgspec

from mamarr.airspace import reservations
from mamarr.faults import Refusal
from mamarr.names import COMMAND_ID, Author, matched

RULES_VERSION = 1  # raised with every change of what a `decide` answers; re-deciding compares only its own

Command = reservations.Reserve | reservations.Release
Event = reservations.Reserved | reservations.Released
Facts = reservations.Facts
Outcome = tuple[Event, ...] | Refusal


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A command with its author and the id under which its answer is remembered."""

    command_id: str
    author: Author
    command: Command

    def __post_init__(self) -> None:
        matched("command_id", self.command_id, COMMAND_ID)

    def key(self) -> bytes:
        """The 16-byte idempotency key: of the party and the command id, so parties cannot meet."""
        return sha256(f"{self.author.party}\n{self.command_id}".encode()).digest()[:16]


class Decided(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was answered, under which rules."""

    rules: int
    events: tuple[Event, ...] = ()
    refusal: Refusal | None = None

    def outcome(self) -> Outcome:
        """The refusal if there was one, else the events."""
        return self.events if self.refusal is None else self.refusal


def decided(outcome: Outcome) -> Decided:
    """`outcome` in its stored form, under the rules of this version."""
    if isinstance(outcome, Refusal):
        return Decided(rules=RULES_VERSION, refusal=outcome)
    return Decided(rules=RULES_VERSION, events=outcome)


ORDER, FACTS, DECIDED = "order", "facts", "decided"  # names of an entry's parts

encode = msgspec.json.Encoder().encode
decode_order = msgspec.json.Decoder(Order).decode
decode_facts = msgspec.json.Decoder(Facts).decode
decode_decided = msgspec.json.Decoder(Decided).decode
