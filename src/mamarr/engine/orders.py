"""What goes into an entry: the order, what was known, what was answered, and apart from them the persons."""

from functools import lru_cache
from hashlib import sha256

import msgspec

from mamarr.airspace import areas, attempts, constraints, corridors, parties, reservations, shares, terms
from mamarr.coordination import (
    agreements,
    channels,
    crossings,
    disclosure,
    messages,
    peers,
    suspensions,
    telling_alerts,
    told_alerts,
)
from mamarr.discovery import (
    availabilities,
    constraint_references,
    display_subscriptions,
    intents,
    reports,
    service_areas,
    subscriptions,
)
from mamarr.engine import offers, restores
from mamarr.engine.offers import Alternative
from mamarr.engine.personal import Removed, is_bare, joined, separated
from mamarr.faults import Refusal
from mamarr.flights import drone_watch, drones, errands, flights, imposed
from mamarr.names import COMMAND_ID, Author, matched
from mamarr.operations import advisories, closures, deliveries, operations
from mamarr.record import Entry
from mamarr.surveillance import alerts

RULES_VERSION = 8  # raised with every change of what a `decide` answers; re-deciding compares only its own

Command = (
    reservations.Command
    | flights.Command
    | imposed.Command
    | corridors.Command
    | shares.Command
    | areas.Command
    | constraints.Command
    | parties.Command
    | disclosure.Command
    | terms.Command
    | alerts.Command
    | channels.Command
    | peers.Command
    | messages.Command
    | agreements.Command
    | suspensions.Command
    | crossings.Command
    | told_alerts.Command
    | telling_alerts.Command
    | intents.Command
    | constraint_references.Command
    | subscriptions.Command
    | availabilities.Command
    | reports.Command
    | service_areas.Command
    | display_subscriptions.Command
    | operations.Command
    | closures.Command
    | deliveries.Command
    | advisories.Command
    | drones.Command
    | drone_watch.Command
    | restores.ConfirmRestore
    | offers.Command
)
Event = (
    reservations.Event
    | flights.Event
    | imposed.Event
    | corridors.Event
    | shares.Event
    | areas.Event
    | constraints.Event
    | parties.Event
    | disclosure.Event
    | terms.Event
    | alerts.Event
    | attempts.Event
    | channels.Event
    | peers.Event
    | messages.Event
    | agreements.Event
    | suspensions.Event
    | crossings.Event
    | errands.Event
    | told_alerts.Event
    | telling_alerts.Event
    | intents.Event
    | constraint_references.Event
    | subscriptions.Event
    | availabilities.Event
    | reports.Event
    | service_areas.Event
    | display_subscriptions.Event
    | operations.Event
    | closures.Event
    | deliveries.Event
    | advisories.Event
    | drones.Event
    | drone_watch.Event
    | restores.RestoreConfirmed
    | offers.Event
)
Facts = (
    reservations.Facts
    | flights.Facts
    | imposed.Facts
    | corridors.Facts
    | shares.Facts
    | areas.Facts
    | constraints.Facts
    | parties.Facts
    | disclosure.Facts
    | terms.Facts
    | alerts.Facts
    | channels.Facts
    | peers.Facts
    | messages.Facts
    | agreements.Facts
    | suspensions.Facts
    | crossings.Facts
    | told_alerts.Facts
    | telling_alerts.Facts
    | intents.Facts
    | constraint_references.Facts
    | subscriptions.Facts
    | availabilities.Facts
    | reports.Facts
    | service_areas.Facts
    | display_subscriptions.Facts
    | operations.Facts
    | closures.Facts
    | deliveries.Facts
    | advisories.Facts
    | drones.Facts
    | drone_watch.Facts
    | restores.Facts
    | offers.Facts
)
Outcome = tuple[Event, ...] | Refusal


class ActSignature(msgspec.Struct, frozen=True, kw_only=True):
    """A person's own signature over an act that binds, with the public key that verifies it.

    It is over the command, the node, the mode and the command id, all of which the entry has: so it can be
    verified from the record alone. public_key: Ed25519 32 bytes; ES256 65 bytes, an uncompressed point.
    """

    key_id: str
    algorithm: str
    public_key: bytes
    signature: bytes


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A command with its author and the id under which its answer is remembered.

    signature: of the person, where the act binds.
    """

    command_id: str
    author: Author
    command: Command
    signature: ActSignature | None = None

    def __post_init__(self) -> None:
        matched("command_id", self.command_id, COMMAND_ID)

    def key(self) -> bytes:
        """The 16-byte idempotency key: of the party and the command id, so parties cannot meet."""
        return key_of(self.author.party, self.command_id)


def key_of(party: str, command_id: str) -> bytes:
    """The idempotency key of what a party asks under a command id."""
    return sha256(f"{party}\n{command_id}".encode()).digest()[:16]


class Decided(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was answered, under which rules.

    events: what changed; with a refusal, at most that an attempt is counted. alternatives: offered with a
    refusal, up to rules 5; since then they are an entry of their own (`engine.offers`).
    """

    rules: int
    events: tuple[Event, ...] = ()
    refusal: Refusal | None = None
    alternatives: tuple[Alternative, ...] = ()

    def outcome(self) -> Outcome:
        """The refusal if there was one, else the events."""
        return self.events if self.refusal is None else self.refusal


class _Happened(msgspec.Struct, frozen=True, kw_only=True):
    """What of a `Decided` changes the state: a start reads no more of it."""

    rules: int
    events: tuple[Event, ...] = ()


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """All that one entry says of one decision."""

    order: Order
    known: Facts
    decided: Decided

    def without_persons(self) -> "Decision":
        """The same with every personal text None, as after an erasure."""
        return separated(self)[0]


def decision(
    order: Order,
    known: Facts,
    outcome: Outcome,
    counted: tuple[attempts.Event, ...] = (),
) -> Decision:
    """The decision under the rules of this version."""
    return Decision(order=order, known=known, decided=answered(outcome, counted))


def answered(outcome: Outcome, counted: tuple[attempts.Event, ...] = ()) -> Decided:
    """The answer under the rules of this version. counted: what `engine.counting` says of it."""
    if isinstance(outcome, tuple):
        return Decided(rules=RULES_VERSION, events=(*outcome, *counted))
    return Decided(rules=RULES_VERSION, events=counted, refusal=outcome)


ORDER, KNOWN, DECIDED, PERSONS, SIGNED = "order", "known", "decided", "persons", "signed"  # parts of an entry
PERSONS_KEPT_MAX, PERSONS_KEPT_BYTES_MAX = 64, 256  # chosen: who asked, by name, is shorter
ASKER = frozenset({"order.author.person"})  # where the person who asked stood


def contents(decision: Decision) -> tuple[tuple[str, bytes], ...]:
    """The parts of the entry that says `decision`: name and content, the persons in a part of their own."""
    rest, removed = separated(decision)
    order, signed = _without_signed(rest.order)
    parts = [(ORDER, _encode(order)), (KNOWN, _encode(rest.known)), (DECIDED, _encode(rest.decided))]
    if signed is not None:
        parts.append((SIGNED, signed))
    if removed:
        parts.append((PERSONS, _encode(removed)))
    return tuple(parts)


def _without_signed(order: Order) -> tuple[Order, bytes | None]:
    """The order without what a peer signed, and that: it is kept verbatim, in a part of its own."""
    if not isinstance(order.command, channels.FromPeer):
        return order, None
    bare = msgspec.structs.replace(order.command, signed=b"")
    return msgspec.structs.replace(order, command=bare), order.command.signed


def _read_order(entry: Entry, contents: dict[str, bytes]) -> Order:
    order, signed = _order(_content(entry, contents, ORDER)), contents.get(SIGNED)
    if signed is None or not isinstance(order.command, channels.FromPeer):
        return order
    return msgspec.structs.replace(order, command=msgspec.structs.replace(order.command, signed=signed))


def read(entry: Entry) -> Decision | None:
    """What `entry` says, persons included if they are still there; None for an entry that decides nothing.

    ValueError when a part is lost or does not decode.
    """
    contents = entry.contents()
    if DECIDED not in contents:
        return None
    said = Decision(
        order=_read_order(entry, contents),
        known=_known(_content(entry, contents, KNOWN)),
        decided=_decided(contents[DECIDED]),
    )
    persons = contents.get(PERSONS)
    return said if persons is None else joined(said, _removed(persons))


def asked(entry: Entry) -> tuple[Order, Facts, bytes] | None:
    """What `entry` says was asked, on which facts, and the bytes that say what was decided: quicker than
    reading all of it, and without persons.

    None for an entry of other rules than ours, or one that names more persons than who asked: `read` it.
    ValueError when a part is lost or does not decode.
    """
    contents = entry.contents()
    body, persons = contents.get(DECIDED), contents.get(PERSONS)
    if body is None or not body.startswith(_OUR_RULES):
        return None
    if persons is not None and not _is_of_the_asker_alone(persons):
        return None
    order, known = _read_order(entry, contents), _known(_content(entry, contents, KNOWN))
    return (order, known, body) if is_bare(order) and is_bare(known) else None


def _is_of_the_asker_alone(persons: bytes) -> bool:
    return len(persons) <= PERSONS_KEPT_BYTES_MAX and _names_the_asker_alone(persons)


@lru_cache(PERSONS_KEPT_MAX)  # one person asks often
def _names_the_asker_alone(persons: bytes) -> bool:
    return _removed(persons).keys() <= ASKER


def says(body: bytes, decided: Decided) -> bool:
    """Whether `body` has the very bytes that `contents` writes for `decided`."""
    return body == _encode(decided)


def events_in(entry: Entry) -> tuple[Event, ...]:
    """What `entry` changed, persons included if they are still there; quicker than reading all of it."""
    contents = entry.contents()
    decided = contents.get(DECIDED)
    return () if decided is None else events_of(decided, contents.get(PERSONS))


def events_of(decided: bytes, persons: bytes | None) -> tuple[Event, ...]:
    """What an entry changed whose parts DECIDED and PERSONS have these contents."""
    happened = _happened(decided)
    if persons is None:
        return happened.events
    of_decided = {
        path.removeprefix(f"{DECIDED}."): text
        for path, text in _removed(persons).items()
        if path.startswith(f"{DECIDED}.")
    }
    return joined(happened, of_decided).events if of_decided else happened.events


def _content(entry: Entry, contents: dict[str, bytes], name: str) -> bytes:
    content = contents.get(name)
    if content is None:
        raise ValueError(f"entry {entry.sequence} has lost its part {name}")
    return content


_encode = msgspec.json.Encoder().encode
_OUR_RULES = tuple(_encode(Decided(rules=RULES_VERSION)).replace(b"}", after) for after in (b",", b"}"))
_order = msgspec.json.Decoder(Order).decode
_known = msgspec.json.Decoder(Facts).decode
_decided = msgspec.json.Decoder(Decided).decode
_happened = msgspec.json.Decoder(_Happened).decode
_removed = msgspec.json.Decoder(Removed).decode
