"""Names that every package shares: the mode, the author of a decision, warnings, the forms of ids."""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

import msgspec

PARTY_ID = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")  # fits a DNS label, so it can never need quoting
COMMAND_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")  # a UUID fits; shorter ones collide by accident
OBJECT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # what a party may call its own objects

IDS_KEPT_MAX = 4096  # chosen: of each form, 64 characters or less; some hundred corridors are in use

# Letters of any script, no control characters and none that turn the direction of what follows (THREATS 16).
FREE_TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]{1,200}")

# The same, of several sentences: what was read back over a telephone.
LONG_TEXT = re.compile(FREE_TEXT.pattern.replace("{1,200}", "{1,1000}"))

# Text about a person. It is stored in a part of its own, so that it can be withheld and erased while every
# proof stands; whoever holds such a value must do without it then.
Personal = Annotated[str | None, msgspec.Meta(extra={"personal": True})]


class Mode(StrEnum):
    """Which world a log speaks of. One log has one mode; the modes never mix."""

    LIVE = "LIVE"
    EXERCISE = "EXERCISE"
    REPLAY = "REPLAY"


class AlertType(StrEnum):
    """The warnings about a flight, by their ASTERIX category 004 names (I004/000)."""

    RAMHD = "RAMHD"  # across the route: beyond its half width
    RAMLD = "RAMLD"  # along the route: too early or too late
    CLAM = "CLAM"  # out of the block of levels


class Author(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who decides or asks: a party at a node, by a named person or by a named rule.

    party: id of the party on whose behalf. node: id of the node that took the command in.
    person: id of the person, where a person asked. rule: name of the rule, where a machine did.
    """

    party: str
    node: str
    person: Personal = None
    rule: str | None = None

    def __post_init__(self) -> None:
        party_id("party", self.party)


def matched(name: str, value: str, form: re.Pattern[str]) -> str:
    """Answer `value` if it has the `form`; ValueError naming `name` and the form otherwise."""
    if form.fullmatch(value) is None:
        raise ValueError(f"{name} {value[:70]!r} does not have the form {form.pattern}")
    return value


@lru_cache(IDS_KEPT_MAX)
def object_id(name: str, value: str) -> str:
    """As `matched` by OBJECT_ID, for ids that many values share: corridors, centres. Remembers them."""
    return matched(name, value, OBJECT_ID)


@lru_cache(IDS_KEPT_MAX)
def party_id(name: str, value: str) -> str:
    """As `matched` by PARTY_ID. Remembers them."""
    return matched(name, value, PARTY_ID)
