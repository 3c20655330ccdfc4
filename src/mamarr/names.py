"""Names that every package shares: the mode, the author of a decision, the forms of ids."""

import re
from enum import StrEnum

import msgspec

PARTY_ID = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")  # fits a DNS label, so it can never need quoting
COMMAND_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")  # a UUID fits; shorter ones collide by accident
OBJECT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # what a party may call its own objects


class Mode(StrEnum):
    """Which world a log speaks of. One log has one mode; the modes never mix."""

    LIVE = "LIVE"
    EXERCISE = "EXERCISE"
    REPLAY = "REPLAY"


class Author(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who decides or asks: a party at a node, by a named person or by a named rule.

    party: id of the party on whose behalf. node: id of the node that took the command in.
    person: id of the person, where a person asked. rule: name of the rule, where a machine did.
    """

    party: str
    node: str
    person: str | None = None
    rule: str | None = None

    def __post_init__(self) -> None:
        matched("party", self.party, PARTY_ID)


def matched(name: str, value: str, form: re.Pattern[str]) -> str:
    """Answer `value` if it has the `form`; ValueError naming `name` and the form otherwise."""
    if form.fullmatch(value) is None:
        raise ValueError(f"{name} {value[:70]!r} does not have the form {form.pattern}")
    return value
