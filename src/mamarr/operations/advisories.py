"""Advisories: what the user of a flight must know: whom it meets (SCD0090, SCD0095), how it is flown."""

from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.discovery.envelopes import Envelope, us_of
from mamarr.discovery.forms import ENTITY_ID
from mamarr.faults import Reason, Refusal, limit_reached, unreachable
from mamarr.names import Author, matched
from mamarr.operations.forms import is_door
from mamarr.operations.planning import Details, Known, KnownConstraint
from mamarr.operations.positions import Position
from mamarr.operations.volumes import Volume, any_meet

ADVISORIES_MAX = 10_000  # chosen: some 300 bytes each; nobody reads more in KEPT_US
KEPT_US = 24 * 3_600 * 1_000_000  # chosen: a day, longer than any flight and any run of a test
RULE = "forget-advisories"  # of the node, which asks for what is old

# What it is


class AdvisoryKind(StrEnum):
    """What the user of a flight is told."""

    MEETS = "MEETS"  # it meets others
    LEFT = "LEFT"  # it is Nonconforming, as this USS found
    GIVEN_UP = "GIVEN_UP"  # it is Contingent, likewise
    RETURNED = "RETURNED"  # it is Activated again
    NOT_RETURNED = (
        "NOT_RETURNED"  # it is back where it is meant to be, and may not be Activated: others are there
    )
    LOST = "LOST"  # no positions of its aircraft come


class Advisory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What the user of the operation entity_id was told at observed_us.

    others: whom it meets, at least one where it is that; whom it must not meet where it may not return.
    """

    advisory_id: str
    entity_id: str
    others: tuple[str, ...]
    observed_us: int
    kind: AdvisoryKind = AdvisoryKind.MEETS


# What may be asked


class NoteIntent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="note-intent"):
    """Somebody planned or changed an intent: say so to the users of the operations that it meets.

    extent: of it, as a DSS compares it. before: what it was, where the users of what that met know of it: it
    is said anew where an aircraft off its plan may be, again and again.
    """

    known: Known
    extent: Envelope
    before: Details | None = None


class NoteConstraint(msgspec.Struct, frozen=True, kw_only=True, tag="note-constraint"):
    """Somebody made a constraint, or changed it: say so to the users of the operations that it meets.

    extent: of it, as a DSS compares it.
    """

    constraint: KnownConstraint
    extent: Envelope


class TellUser(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="tell-user"):
    """Tell the user of a flight what this USS found, once for each position.

    position: by which it was found. others: ids of those it is because of.
    """

    entity_id: str
    kind: AdvisoryKind
    position: Position
    others: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        matched("entity_id", self.entity_id, ENTITY_ID)


class ForgetAdvisory(msgspec.Struct, frozen=True, kw_only=True, tag="forget-advisory"):
    """Forget an advisory that is old; asked by a rule of the node."""

    advisory_id: str


Command = NoteIntent | NoteConstraint | TellUser | ForgetAdvisory


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="advisory"):
    """What the decision may rest on.

    party: the node's own. own: of our operations what is near to what is noted. given: ids of advisories
    about it that were given. count: how many are kept. observed_us: of the one to be forgotten. is_there:
    whether there is the flight whose user is to be told.
    """

    party: str
    own: tuple[Known, ...] = ()
    given: tuple[str, ...] = ()
    count: int = 0
    observed_us: int | None = None
    is_there: bool = False


# What may happen


class AdvisoryGiven(msgspec.Struct, frozen=True, kw_only=True, tag="advisory-given"):
    """The user of an operation is told that it meets others."""

    advisory: Advisory


class AdvisoryForgotten(msgspec.Struct, frozen=True, kw_only=True, tag="advisory-forgotten"):
    """The advisory is old, and no more."""

    advisory_id: str


Event = AdvisoryGiven | AdvisoryForgotten


def advisory_id(entity_id: str, other: str, version: int) -> str:
    """What an advisory is called: of our operation, about a version of an intent, its own too."""
    return f"{entity_id}.{other}.{version}"


def told_id(command: TellUser) -> str:
    """What the advisory is called of which a user is told."""
    return _said_id(command.entity_id, command.kind, command.position.time_us)


def _said_id(entity_id: str, kind: AdvisoryKind, number: int) -> str:
    return f"{entity_id}.{kind.lower().replace('_', '-')}.{number}"


def noted(command: NoteIntent | NoteConstraint) -> tuple[str, int, tuple[Volume, ...]]:
    """The id, the version and the volumes of what is noted."""
    if isinstance(command, NoteConstraint):
        constraint = command.constraint
        return constraint.constraint_id, constraint.version, constraint.volumes
    known = command.known
    return known.entity_id, known.version, () if known.details is None else known.details.all()


def key_of(message: object) -> str:
    """What a command, an event or a value is about: an advisory, or what is noted."""
    if isinstance(message, NoteIntent | NoteConstraint):
        return noted(message)[0]
    if isinstance(message, TellUser):
        return told_id(message)
    return str(getattr(getattr(message, "advisory", message), "advisory_id"))  # noqa: B009  of several types


def given(entity_id: str, other: str, version: int, others: tuple[str, ...], now_us: int) -> AdvisoryGiven:
    """That the user of an operation is told that it meets `others` since a version of the intent `other`."""
    return AdvisoryGiven(
        advisory=Advisory(
            advisory_id=advisory_id(entity_id, other, version),
            entity_id=entity_id,
            others=others,
            observed_us=now_us,
        )
    )


def finding(
    entity_id: str, kind: AdvisoryKind, number: int, others: tuple[str, ...], now_us: int
) -> AdvisoryGiven:
    """That the user of a flight is told of it. number: of which version, or at which microsecond, it is."""
    return AdvisoryGiven(
        advisory=Advisory(
            advisory_id=_said_id(entity_id, kind, number),
            entity_id=entity_id,
            others=others,
            observed_us=now_us,
            kind=kind,
        )
    )


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event, ...] | Refusal:
    """Answer what somebody planned, or whether an advisory may be forgotten."""
    now_us = us_of(now)
    if isinstance(command, ForgetAdvisory):
        return _forgotten(command, facts, author, now_us)
    if not is_door(author, facts.party):
        return Refusal(reason=Reason.NOT_YOURS)
    if isinstance(command, TellUser):
        return _told(command, facts, now_us)
    if facts.count + len(facts.own) > ADVISORIES_MAX:
        return limit_reached("advisories_max")
    other, version, theirs = noted(command)
    known_of = () if isinstance(command, NoteConstraint) or command.before is None else command.before.all()
    touched = dict.fromkeys(
        each.entity_id
        for each in facts.own
        if each.details is not None
        and advisory_id(each.entity_id, other, version) not in facts.given
        and any_meet(each.details.all(), theirs)
        and not any_meet(each.details.all(), known_of)
    )
    return tuple(given(each, other, version, (other,), now_us) for each in touched)


def _told(command: TellUser, facts: Facts, now_us: int) -> tuple[Event, ...] | Refusal:
    if not facts.is_there:
        return Refusal(reason=Reason.NOT_THERE, because=(command.entity_id,))
    if facts.count >= ADVISORIES_MAX:
        return limit_reached("advisories_max")
    if facts.given:
        return ()
    number = command.position.time_us
    return (finding(command.entity_id, command.kind, number, command.others, now_us),)


def _forgotten(
    command: ForgetAdvisory, facts: Facts, author: Author, now_us: int
) -> tuple[Event, ...] | Refusal:
    if author.rule is None or author.party != facts.party:
        return Refusal(reason=Reason.NOT_YOURS)
    if facts.observed_us is None:
        return Refusal(reason=Reason.NOT_THERE)
    if now_us - facts.observed_us < KEPT_US:
        return Refusal(reason=Reason.NOT_YET)
    return (AdvisoryForgotten(advisory_id=command.advisory_id),)


# How it changes


def evolve(value: Advisory | None, event: Event) -> Advisory | None:
    """The advisory after `event`."""
    del value
    match event:
        case AdvisoryGiven():
            return event.advisory
        case AdvisoryForgotten():
            return None
        case _:
            unreachable(event)
