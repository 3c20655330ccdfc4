"""Advisories: what the user of a flight must know of other intents that it meets (SCD0090, SCD0095)."""

from datetime import datetime

import msgspec

from mamarr.discovery.envelopes import Envelope, us_of
from mamarr.faults import Reason, Refusal, limit_reached, unreachable
from mamarr.names import Author
from mamarr.operations.forms import is_door
from mamarr.operations.planning import Known, KnownConstraint
from mamarr.operations.volumes import Volume, any_meet

ADVISORIES_MAX = 10_000  # chosen: some 300 bytes each; nobody reads more in KEPT_US
KEPT_US = 24 * 3_600 * 1_000_000  # chosen: a day, longer than any flight and any run of a test
RULE = "forget-advisories"  # of the node, which asks for what is old

# What it is


class Advisory(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The operation entity_id meets `others`, at least one; said to its user at observed_us."""

    advisory_id: str
    entity_id: str
    others: tuple[str, ...]
    observed_us: int


# What may be asked


class NoteIntent(msgspec.Struct, frozen=True, kw_only=True, tag="note-intent"):
    """Somebody planned or changed an intent: say so to the users of the operations that it meets.

    extent: of it, as a DSS compares it.
    """

    known: Known
    extent: Envelope


class NoteConstraint(msgspec.Struct, frozen=True, kw_only=True, tag="note-constraint"):
    """Somebody made a constraint, or changed it: say so to the users of the operations that it meets.

    extent: of it, as a DSS compares it.
    """

    constraint: KnownConstraint
    extent: Envelope


class ForgetAdvisory(msgspec.Struct, frozen=True, kw_only=True, tag="forget-advisory"):
    """Forget an advisory that is old; asked by a rule of the node."""

    advisory_id: str


Command = NoteIntent | NoteConstraint | ForgetAdvisory


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="advisory"):
    """What the decision may rest on.

    party: the node's own. own: of our operations what is near to what is noted. given: ids of advisories
    about it that were given. count: how many are kept. observed_us: of the one to be forgotten.
    """

    party: str
    own: tuple[Known, ...] = ()
    given: tuple[str, ...] = ()
    count: int = 0
    observed_us: int | None = None


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


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event, ...] | Refusal:
    """Answer what somebody planned, or whether an advisory may be forgotten."""
    now_us = us_of(now)
    if isinstance(command, ForgetAdvisory):
        return _forgotten(command, facts, author, now_us)
    if not is_door(author, facts.party):
        return Refusal(reason=Reason.NOT_YOURS)
    if facts.count + len(facts.own) > ADVISORIES_MAX:
        return limit_reached("advisories_max")
    other, version, theirs = noted(command)
    touched = dict.fromkeys(
        each.entity_id
        for each in facts.own
        if each.details is not None
        and advisory_id(each.entity_id, other, version) not in facts.given
        and any_meet(each.details.all(), theirs)
    )
    return tuple(given(each, other, version, (other,), now_us) for each in touched)


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
