"""What could be asked in place of a refused plan, as an entry of its own after the one that refuses.

The node's own rule asks for it, when the refusal is durable and before anything else is decided then. So a
batch takes no longer for what it refuses, and what is offered rests on nothing that may be undone alone. It
changes no state.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.faults import Reason, Refusal
from mamarr.flights import Plan, flights
from mamarr.names import Author

RULE = "offer-alternatives"


class AlternativeKind(StrEnum):
    """What is other than asked."""

    LATER = "LATER"
    LEVEL = "LEVEL"
    CORRIDOR = "CORRIDOR"


class Alternative(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A plan that could be filed in place of the refused one.

    holds: filed next, it would be admitted. Else it may be refused in its turn: by the authorities
    `asked_of`, whose acceptance it needs too; or, where there are none, for what the asker may not know of.
    """

    kind: AlternativeKind
    plan: Plan
    holds: bool = True
    asked_of: tuple[str, ...] = ()


# What may be asked


class OfferAlternatives(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="offer-alternatives"
):
    """Find what could be asked in place of `asked`, which was refused for what is in its way.

    refused: the idempotency key of the entry that refuses it, in hex. party: who asked.
    """

    refused: str
    party: str
    asked: flights.File | flights.Revise


Command = OfferAlternatives


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="offers"):
    """What the decision rests on. party: the node's. found, only_known: as of the event."""

    party: str
    found: tuple[Alternative, ...] = ()
    only_known: bool = False


# What may happen


class AlternativesOffered(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="alternatives-offered"
):
    """These were found, or none, by the rules that refused. refused: as of the command.

    only_known: tried in the sky that the asker may know of alone, whatever else is there.
    """

    refused: str
    alternatives: tuple[Alternative, ...] = ()
    only_known: bool = False


Event = AlternativesOffered


# What we answer


def decide(
    command: OfferAlternatives, facts: Facts, *, author: Author, now: datetime
) -> tuple[AlternativesOffered, ...] | Refusal:
    """Answer the rule. Never raises; says no prose."""
    del now
    if author.rule != RULE or author.party != facts.party:
        return Refusal(reason=Reason.NOT_YOURS)
    return (
        AlternativesOffered(refused=command.refused, alternatives=facts.found, only_known=facts.only_known),
    )
