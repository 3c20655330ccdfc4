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

    BUSY = "BUSY"
    COMMAND_ID_REUSED = "COMMAND_ID_REUSED"
    ID_TAKEN = "ID_TAKEN"
    LIMIT_REACHED = "LIMIT_REACHED"
    NOT_THERE = "NOT_THERE"
    NOT_YET = "NOT_YET"
    NOT_YOURS = "NOT_YOURS"
    READ_ONLY = "READ_ONLY"
    TIME_PAST = "TIME_PAST"
    UNAVAILABLE = "UNAVAILABLE"
    VOLUME_HELD = "VOLUME_HELD"
    WRONG_STATUS = "WRONG_STATUS"


class Refusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer is no, and why. A value, returned and recorded, never raised."""

    reason: Reason
    because: tuple[str, ...] = ()


class WireError(Exception):
    """Outside bytes break their format.

    at: where, as a JSON path (`$.volume.altitude_lower_m`). what: what is wrong there.
    allowed: what would have been right, or an empty text when `what` says it already.
    """

    def __init__(self, what: str, *, at: str = "$", allowed: str = "") -> None:
        super().__init__(f"{what} - at `{at}`" + (f" (allowed: {allowed})" if allowed else ""))
        self.what, self.at, self.allowed = what, at, allowed


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
