"""Availabilities: whether a USS answers, as arbiters say. An Accepted intent of one that is Down gives way.

Of a USS that nobody spoke of the availability is UNKNOWN, with the version "".
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.discovery.forms import MANAGER, OVN, checked_ids, is_door
from mamarr.faults import Reason, Refusal, limit_reached
from mamarr.names import Author, matched

USS_MAX = 10_000  # chosen: more providers than any country licenses

# What it is


class Availability(StrEnum):
    """Whether a USS answers, in the words of F3548-21."""

    UNKNOWN = "Unknown"
    NORMAL = "Normal"
    DOWN = "Down"


class UssAvailability(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What was said last of the USS uss_id. version: another one with each change."""

    uss_id: str
    availability: Availability = Availability.UNKNOWN
    version: str = ""


# What may be asked


class SetAvailability(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="set-availability"):
    """Say whether a USS answers.

    manager: who asks. old_version: of what is replaced, "" where nobody spoke of it yet. drawn: becomes the
    new version; 16 to 128 letters and digits, never the same twice.
    """

    uss_id: str
    manager: str
    availability: Availability
    drawn: str
    old_version: str = ""

    def __post_init__(self) -> None:
        checked_ids(self.manager)
        matched("uss_id", self.uss_id, MANAGER)
        matched("drawn", self.drawn, OVN)


Command = SetAvailability


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="availability"):
    """What the decision may rest on. party: the node's own. count: of USSs that were spoken of."""

    party: str
    held: UssAvailability | None = None
    count: int = 0


# What may happen


class AvailabilitySet(msgspec.Struct, frozen=True, kw_only=True, tag="availability-set"):
    """What is said of a USS is this from now on."""

    said: UssAvailability


Event = AvailabilitySet

# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event, ...] | Refusal:
    """Answer one command about the availability of one USS.

    In F3548-21's terms: OTHER_VERSION is 409, NOT_YOURS 403, LIMIT_REACHED 429.
    """
    del now
    if not is_door(author, facts.party):
        return Refusal(reason=Reason.NOT_YOURS)
    held = facts.held or UssAvailability(uss_id=command.uss_id)
    if command.old_version != held.version:
        return Refusal(reason=Reason.OTHER_VERSION, because=(command.uss_id,))
    if facts.held is None and facts.count >= USS_MAX:
        return limit_reached("uss_max")
    said = UssAvailability(uss_id=command.uss_id, availability=command.availability, version=command.drawn)
    return (AvailabilitySet(said=said),)


# How it changes


def evolve(value: UssAvailability | None, event: Event) -> UssAvailability:
    """What is said of the USS after `event`."""
    del value
    return event.said
