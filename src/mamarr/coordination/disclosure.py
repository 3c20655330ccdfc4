"""Disclosure: what one party may learn of another's flights and reservations.

A rule binds one owner and one viewer. It is proposed by one person of the node's party and approved by
another, who signs with another key (THREATS 2). Without a rule the defaults hold.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.airspace.occupancy import Kind
from mamarr.faults import Reason, Refusal, limit_reached, present
from mamarr.names import PARTY_ID, Author, matched

RULES_MAX = 10_000  # chosen: each of a hundred parties about each other

# What it is


class Disclosed(StrEnum):
    """How much may be known; each includes those before it."""

    NOTHING = "NOTHING"
    EXISTENCE = "EXISTENCE"
    VOLUME = "VOLUME"
    IDENTITY = "IDENTITY"
    CONTACT = "CONTACT"


_ORDER = {extent: place for place, extent in enumerate(Disclosed)}


def reaches(extent: Disclosed, wanted: Disclosed) -> bool:
    """Whether who may know `extent` may know `wanted`."""
    return _ORDER[extent] >= _ORDER[wanted]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What `viewer` may know of the flights and reservations of `owner`."""

    owner: str
    viewer: str
    flights: Disclosed
    reservations: Disclosed

    def __post_init__(self) -> None:
        matched("owner", self.owner, PARTY_ID)
        matched("viewer", self.viewer, PARTY_ID)
        if self.owner == self.viewer:
            raise ValueError("a party may know all of its own: no rule is about itself")


# Chosen: that there is a flight, so that a refusal can say so; of reservations what is published everywhere.
DEFAULT_FLIGHTS, DEFAULT_RESERVATIONS = Disclosed.EXISTENCE, Disclosed.IDENTITY


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that waits for a second person. key_id: of the key that the first signed with."""

    rule: Rule
    key_id: str


class Disclosure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is decided about one owner and one viewer. rule: in force. proposed: waits for approval."""

    pair_id: str
    rule: Rule | None = None
    proposed: Proposal | None = None


def pair_of(owner: str, viewer: str) -> str:
    """The id of what is decided about the two."""
    return f"{owner}.{viewer}"  # neither has a dot


Rules = Callable[[str], Disclosure | None]


def of(rules: Rules, kind: Kind, *, owner: str, viewer: str, node_party: str) -> Disclosed:
    """What `viewer` may know of an object of `owner`.

    rules: what is decided about a pair. A party knows all of its own; the node's own party who and where
    everything is that its node decides on. Constraints are published. Of imposed sky others know that it is
    there: whose it is nobody says on a guess. Of what drones plan, likewise.
    """
    if viewer == owner or kind is Kind.CONSTRAINT:
        return Disclosed.CONTACT
    if kind in (Kind.IMPOSED, Kind.DRONES):
        return Disclosed.IDENTITY if viewer == node_party else Disclosed.EXISTENCE
    decided = rules(pair_of(owner, viewer))
    rule = None if decided is None else decided.rule
    if kind is Kind.FLIGHT:
        extent = DEFAULT_FLIGHTS if rule is None else rule.flights
    else:
        extent = DEFAULT_RESERVATIONS if rule is None else rule.reservations
    decides = viewer == node_party and not reaches(extent, Disclosed.IDENTITY)
    return Disclosed.IDENTITY if decides else extent


def conceals(decided: Iterable[Disclosure], *, viewer: str, node_party: str) -> bool:
    """Whether something in the sky may be there that `viewer` may not know to exist."""
    return viewer != node_party and any(
        each.rule is not None
        and each.rule.viewer == viewer
        and Disclosed.NOTHING in (each.rule.flights, each.rule.reservations)
        for each in decided
    )


# What may be asked


class ProposeDisclosure(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="propose-disclosure"
):
    """Ask a second person to let `rule` hold."""

    rule: Rule

    @property
    def pair_id(self) -> str:
        """The id of what it is about."""
        return pair_of(self.rule.owner, self.rule.viewer)


class ApproveDisclosure(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="approve-disclosure"
):
    """Let the proposed rule hold, which is named whole: nothing else can be approved by it."""

    rule: Rule

    @property
    def pair_id(self) -> str:
        """The id of what it is about."""
        return pair_of(self.rule.owner, self.rule.viewer)


Command = ProposeDisclosure | ApproveDisclosure


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="disclosure"):
    """What the decision may rest on. party: the node's own. held: what is decided about the pair. count: how
    many pairs there are. key_id: of the key that the asker signed with, None without a signature."""

    party: str
    held: Disclosure | None = None
    count: int = 0
    key_id: str | None = None


# What may happen


class DisclosureProposed(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="disclosure-proposed"
):
    """The rule waits for a second person."""

    pair_id: str
    proposal: Proposal


class DisclosureSet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="disclosure-set"):
    """The rule holds."""

    pair_id: str
    rule: Rule


Event = DisclosureProposed | DisclosureSet


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event, ...] | Refusal:
    """Answer one command about a rule. Never raises; says no prose."""
    del now
    if author.party != facts.party or author.rule is not None or facts.key_id is None:
        return Refusal(reason=Reason.NOT_YOURS)
    proposed = None if facts.held is None else facts.held.proposed
    match command:
        case ProposeDisclosure() if facts.held is None and facts.count >= RULES_MAX:
            return limit_reached("disclosure_rules_max")
        case ProposeDisclosure():
            proposal = Proposal(rule=command.rule, key_id=facts.key_id)
            return (DisclosureProposed(pair_id=command.pair_id, proposal=proposal),)
        case ApproveDisclosure() if proposed is None or proposed.rule != command.rule:
            return Refusal(reason=Reason.NOT_THERE, because=(command.pair_id,))
        case ApproveDisclosure() if proposed.key_id == facts.key_id:
            return Refusal(reason=Reason.SECOND_PERSON_NEEDED, because=(command.pair_id,))
        case ApproveDisclosure():
            return (DisclosureSet(pair_id=command.pair_id, rule=command.rule),)


# How it changes


def evolve(value: Disclosure | None, event: Event) -> Disclosure:
    """What is decided about the pair after `event`. Stops when the two contradict each other."""
    if isinstance(event, DisclosureProposed):
        before = value or Disclosure(pair_id=event.pair_id)
        return msgspec.structs.replace(before, proposed=event.proposal)
    before = present(value, "approved without having been proposed")
    return msgspec.structs.replace(before, rule=event.rule, proposed=None)
