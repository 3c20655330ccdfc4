"""Alerts that other authorities told this one of, about flights of theirs.

The other authority says when one begins and when it is over, as `coordination.telling_alerts` has it; persons
here acknowledge it. What is over but was not seen by anybody stays, as an alert of this node's own does.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from mamarr.coordination.messages import Message, MessageAcknowledged, MessageState, is_climbed, unseen_why
from mamarr.faults import Reason, Refusal, present
from mamarr.flights.errands import AlertTold
from mamarr.geometry.units import epoch_ms
from mamarr.names import AlertType, Author, Personal

ALERTS_TOLD_MAX = 10_000  # chosen: far beyond what anybody reads; bounds what peers can fill
KEPT_MS = 3_600_000  # chosen: an hour after it is over and seen, an older word can no more come

# What it is


class AlertThere(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A warning of another authority's.

    peer, party: the node that told it, and whose that is. object_id, filed_ms: the flight, as it is called
    there. number, raised_ms, is_over, is_self_report, is_recorded: as of `AlertTold`, as told last.
    message_key: of the message that told it last. acknowledged_ms: when a person here acknowledged it, while
    that holds; acknowledged_by: who. changed_ms: when the last of it was decided.
    """

    alert_id: str
    peer: str
    party: str
    object_id: str
    filed_ms: int
    alert: AlertType
    number: int
    raised_ms: int
    message_key: str
    changed_ms: int
    is_over: bool = False
    is_self_report: bool = False
    is_recorded: bool = False
    acknowledged_ms: int | None = None
    acknowledged_by: Personal = None


def key_of(peer: str, object_id: str, filed_ms: int, alert: AlertType) -> str:
    """The name of such an alert here."""
    return f"{peer}/{object_id}/{filed_ms}/{alert}"


def is_shown(value: AlertThere) -> bool:
    """Whether it still matters to anybody: it holds, or nobody has seen it."""
    return not value.is_over or value.acknowledged_ms is None


# What may be asked


class AcknowledgeAlertTold(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="acknowledge-alert-told"
):
    """A person has seen it. number: which word was seen; a later one was not."""

    alert_id: str
    number: int


class ExpireAlertTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="expire-alert-told"):
    """Forget one that is over and seen; asked by a rule of the node."""

    alert_id: str


Command = AcknowledgeAlertTold | ExpireAlertTold


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="told-alert"):
    """What the decision may rest on. party: the node's own. message: that told it last, without its body, if
    it is still kept."""

    party: str
    held: AlertThere | None = None
    message: Message | None = None


# What may happen


class AlertHeard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="alert-heard"):
    """Another authority told of a warning, or that it is over. told: as it is now, but for who saw it."""

    told: AlertThere


class AlertToldAcknowledged(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="alert-told-acknowledged"
):
    """A person of this authority has seen it."""

    alert_id: str
    time_ms: int
    person: Personal = None


class AlertToldExpired(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="alert-told-expired"
):
    """It is forgotten: it was over and seen a while ago."""

    alert_id: str


Event = AlertHeard | AlertToldAcknowledged | AlertToldExpired
Outcome = tuple[Event | MessageAcknowledged, ...] | Refusal


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> Outcome:
    """Answer one command about one of them. Never raises; says no prose."""
    is_by_rule = isinstance(command, ExpireAlertTold)
    if author.party != facts.party or (author.rule is not None) != is_by_rule:
        return Refusal(reason=Reason.NOT_YOURS)
    held, now_ms = facts.held, epoch_ms(now)
    if held is None:
        return Refusal(reason=Reason.NOT_THERE)
    if isinstance(command, ExpireAlertTold):
        if not is_forgettable(held, now_ms):
            return Refusal(reason=Reason.NOT_YET)
        return (AlertToldExpired(alert_id=held.alert_id),)
    if command.number != held.number:
        return Refusal(reason=Reason.WRONG_STATUS)
    if held.acknowledged_ms is not None:
        return ()  # two pages may show the same row
    seen = AlertToldAcknowledged(alert_id=held.alert_id, time_ms=now_ms, person=author.person)
    return (seen, *_with_message(facts.message, author, now_ms))


def _with_message(message: Message | None, author: Author, now_ms: int) -> Iterator[MessageAcknowledged]:
    """The message that told it is acknowledged with it, where its sender may still be told so."""
    if message is None or is_climbed(message, MessageState.ACKNOWLEDGED):
        return
    if unseen_why(message, now_ms) is None:
        yield MessageAcknowledged(message_key=message.message_key, time_ms=now_ms, person=author.person)


def is_forgettable(value: AlertThere, now_ms: int) -> bool:
    """Whether it is over and seen, and has been for a while."""
    return not is_shown(value) and value.changed_ms + KEPT_MS <= now_ms


def told(
    word: AlertTold,
    held: AlertThere | None,
    *,
    peer: str,
    party: str,
    message_key: str,
    count: int,
    now_ms: int,
) -> tuple[AlertHeard, ...]:
    """What follows from a word: nothing, where it is old, or ends what nobody here was told of.

    held: what was told before; count: how many there are; peer, party: who says it.
    """
    if held is None and (word.is_over or count >= ALERTS_TOLD_MAX):
        return ()
    if held is not None and word.number <= held.number:
        return ()
    there = AlertThere(
        alert_id=key_of(peer, word.object_id, word.filed_ms, word.alert),
        peer=peer,
        party=party,
        object_id=word.object_id,
        filed_ms=word.filed_ms,
        alert=word.alert,
        number=word.number,
        raised_ms=word.raised_ms,
        message_key=message_key,
        changed_ms=now_ms,
        is_over=word.is_over,
        is_self_report=word.is_self_report,
        is_recorded=word.is_recorded,
    )
    return (AlertHeard(told=there),)


# How it changes


def evolve(value: AlertThere | None, event: Event) -> AlertThere | None:
    """The alert after `event`; None when it is forgotten. Stops when the two contradict each other."""
    match event:
        case AlertHeard() if event.told.is_over and value is not None:
            # Whoever saw that it began need not see that it is over.
            return msgspec.structs.replace(
                event.told, acknowledged_ms=value.acknowledged_ms, acknowledged_by=value.acknowledged_by
            )
        case AlertHeard():
            return event.told
        case AlertToldAcknowledged():
            return msgspec.structs.replace(
                present(value, "seen while not there"),
                acknowledged_ms=event.time_ms,
                acknowledged_by=event.person,
                changed_ms=event.time_ms,
            )
        case AlertToldExpired():
            present(value, "forgotten while not there")
            return None
