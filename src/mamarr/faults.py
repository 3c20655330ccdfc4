"""The four ways in which things go wrong, and no others.

`Refusal` is an answer, `WireError` a stranger's broken bytes, `Unavailable` a silent store, peer or feed,
and `invariant`/`present` stop the process when we contradict ourselves.
"""

from enum import StrEnum
from typing import Never, TypeVar

import msgspec

T = TypeVar("T")

BECAUSE_MAX = 16  # chosen: more causes than a duty officer reads; the record's facts keep their own limit


class Reason(StrEnum):
    """Why the answer is no. A code, never a text: `phrases` says it in four languages."""

    AGREED = "AGREED"
    AGREEMENT_SUSPENDED = "AGREEMENT_SUSPENDED"
    BAD_GEOMETRY = "BAD_GEOMETRY"
    BUSY = "BUSY"
    CLOCK_UNSURE = "CLOCK_UNSURE"
    CONFLICT = "CONFLICT"
    CORRIDOR_CLOSED = "CORRIDOR_CLOSED"
    COMMAND_ID_REUSED = "COMMAND_ID_REUSED"
    DECLINED = "DECLINED"
    DETAILS_UNKNOWN = "DETAILS_UNKNOWN"
    DRONES_PLANNED = "DRONES_PLANNED"
    ID_TAKEN = "ID_TAKEN"
    IN_USE = "IN_USE"
    KEY_INCOMPLETE = "KEY_INCOMPLETE"
    LEVEL_OUTSIDE = "LEVEL_OUTSIDE"
    LIMIT_REACHED = "LIMIT_REACHED"
    NAVIGATION_SPECIFICATION = "NAVIGATION_SPECIFICATION"
    NO_ANSWER = "NO_ANSWER"
    NOTICE_UNFIT = "NOTICE_UNFIT"
    NOT_AVAILABLE = "NOT_AVAILABLE"
    NOT_COVERED = "NOT_COVERED"
    NOT_ON_CORRIDOR = "NOT_ON_CORRIDOR"
    NOT_SAID = "NOT_SAID"
    NOT_THERE = "NOT_THERE"
    NOT_YET = "NOT_YET"
    NOT_YOURS = "NOT_YOURS"
    OTHER_AGREEMENT = "OTHER_AGREEMENT"
    OTHER_AUTHORITY = "OTHER_AUTHORITY"
    OTHER_VERSION = "OTHER_VERSION"
    PERSON_NEEDED = "PERSON_NEEDED"
    READ_ONLY = "READ_ONLY"
    RECOVERING = "RECOVERING"
    SAID_OTHERWISE = "SAID_OTHERWISE"
    SECOND_PERSON_NEEDED = "SECOND_PERSON_NEEDED"
    SUBSCRIPTION_NEEDED = "SUBSCRIPTION_NEEDED"
    SUFFIX_UNFIT = "SUFFIX_UNFIT"
    TIMES_UNFIT = "TIMES_UNFIT"
    TIME_IMPLAUSIBLE = "TIME_IMPLAUSIBLE"
    TIME_PAST = "TIME_PAST"
    TOO_FAR_AHEAD = "TOO_FAR_AHEAD"
    UNALLOTTED = "UNALLOTTED"
    UNAVAILABLE = "UNAVAILABLE"
    UNKNOWN_CENTRE = "UNKNOWN_CENTRE"
    UNKNOWN_CORRIDOR = "UNKNOWN_CORRIDOR"
    UNKNOWN_FORMATION = "UNKNOWN_FORMATION"
    UNKNOWN_PARTY = "UNKNOWN_PARTY"
    UNKNOWN_SUBSCRIPTION = "UNKNOWN_SUBSCRIPTION"
    UNREACHABLE = "UNREACHABLE"
    VOLUME_HELD = "VOLUME_HELD"
    WRONG_DIRECTION = "WRONG_DIRECTION"
    WRONG_STATUS = "WRONG_STATUS"


class Refusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer is no, and why. A value, returned and recorded, never raised.

    because: ids it rests on. limit: which limit is reached, as the terms or its module name it; it is not an
    id and names nobody's. free_at_ms: when the same may be asked again, where the clock alone decides that.
    """

    reason: Reason
    because: tuple[str, ...] = ()
    limit: str | None = None
    free_at_ms: int | None = None


def limit_reached(limit: str, *, free_at_ms: int | None = None) -> Refusal:
    """The refusal that says which limit is reached."""
    return Refusal(reason=Reason.LIMIT_REACHED, limit=limit, free_at_ms=free_at_ms)


class WireError(Exception):
    """Outside bytes break their format.

    at: where, as a JSON path (`$.volume.altitude_lower_m`). what: what is wrong there.
    allowed: what would have been right, or an empty text when `what` says it already. code: under which
    `phrases` says it in four languages; an empty text where only `what` says it.
    """

    def __init__(self, what: str, *, at: str = "$", allowed: str = "", code: str = "") -> None:
        super().__init__(f"{what} - at `{at}`" + (f" (allowed: {allowed})" if allowed else ""))
        self.what, self.at, self.allowed, self.code = what, at, allowed, code


class Unavailable(Exception):  # noqa: N818  the four names are the project's words, not Python's
    """A store, peer or feed is silent. Raised at the edge, retried a bounded number of times."""


class InvariantError(Exception):
    """We contradict ourselves; nothing may catch this. The process stops and the record is whole."""


def invariant(holds: bool, why: str) -> None:
    """Stop with `why` unless `holds`."""
    if not holds:
        raise InvariantError(why)


def present(value: T | None, why: str) -> T:
    """Answer `value`, which cannot be None because of `why`; stop if it is."""
    if value is None:
        raise InvariantError(why)
    return value


def unreachable(value: Never) -> Never:
    """Stop: a case was added and not handled. The type checker sees it first."""
    raise InvariantError(f"unhandled case {value!r}")
