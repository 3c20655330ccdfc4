"""What the node knows of whoever asks, once that is verified."""

from enum import StrEnum

import msgspec


class Scope(StrEnum):
    """What a caller may do."""

    READ = "mamarr.read"
    FILE = "mamarr.file"
    RESERVE = "mamarr.reserve"
    ADMINISTER = "mamarr.administer"
    WATCH = "mamarr.watch"  # acknowledge alerts: the duty officer's
    COORDINATE = "mamarr.coordinate"  # answer what other authorities ask: binds the authority
    PLAN = "mamarr.plan"  # at a USS: plan, fly and end its flights
    CLOSE = "mamarr.close"  # at a USS: close sky for drones, and open it


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, as far as the node verified it. is_person: by a session, not by a token.

    account_epoch: of a person with an account, its epoch when the session was opened; a session of an earlier
    epoch holds no longer.
    """

    party: str
    subject: str
    scopes: frozenset[str]
    is_person: bool = False
    account_epoch: int | None = None


class Why(StrEnum):
    """Why somebody is not let in, or an act not taken. Codes of problem details; `phrases` has the texts."""

    ACCOUNT_CHANGED = "ACCOUNT_CHANGED"
    NOT_SET_UP = "NOT_SET_UP"
    NOT_SIGNED = "NOT_SIGNED"
    NOT_THERE = "NOT_THERE"
    NO_ACCOUNT = "NO_ACCOUNT"
    PASSKEY_REFUSED = "PASSKEY_REFUSED"
    PROVIDER_REFUSED = "PROVIDER_REFUSED"
    SECOND_PERSON = "SECOND_PERSON"
    SESSION_ENDED = "SESSION_ENDED"
    SIGN_IN_REFUSED = "SIGN_IN_REFUSED"
    TOO_MANY_PENDING = "TOO_MANY_PENDING"
    TOO_MANY_TRIES = "TOO_MANY_TRIES"


class Refused(Exception):  # noqa: N818  not a defect: an answer on its way to the asker
    """A sign-in or an act is not taken. wait_s: for TOO_MANY_TRIES, when to come back."""

    def __init__(self, why: Why, *, wait_s: int = 0) -> None:
        super().__init__(why)
        self.why, self.wait_s = why, wait_s
