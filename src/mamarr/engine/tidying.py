"""What the node itself asks, by named rules, so that nothing lives for ever and nobody waits unseen.

Each rule looks at every value of its table: cost in proportion to what is held, at every turn. What others
made known is many, and is looked at when it ends.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice, product
from typing import TypeVar

from mamarr.airspace import reservations
from mamarr.airspace.reservations import Earmark, Expire, NoteOverrun, StopAsking
from mamarr.coordination import Direction, Stream, crossings, telling_alerts, told_alerts
from mamarr.coordination.channels import FORGOTTEN_AT_ONCE_MAX, OVER, ForgetMessages
from mamarr.coordination.crossings import ExpireCrossing, LapseCrossing
from mamarr.coordination.messages import is_undone, key_of
from mamarr.coordination.telling_alerts import TellAlert
from mamarr.coordination.told_alerts import ExpireAlertTold
from mamarr.discovery import service_areas
from mamarr.discovery.constraint_references import ForgetConstraint
from mamarr.discovery.display_subscriptions import ForgetDisplaySubscription
from mamarr.discovery.intents import ForgetIntent
from mamarr.discovery.service_areas import ForgetServiceArea
from mamarr.discovery.subscriptions import ForgetSubscription
from mamarr.engine import facts as facts_of
from mamarr.engine import neighbours
from mamarr.engine.orders import Command, Order
from mamarr.engine.projection import Projection
from mamarr.engine.tables import Table
from mamarr.faults import Refusal
from mamarr.flights import Condition, drone_watch, drones, flights, holding, reserving
from mamarr.flights import crossings as commitments
from mamarr.flights.drones import ForgetDrones
from mamarr.flights.flights import ExpireFlight, GiveUpAsking, NoteOverdue
from mamarr.geometry.units import epoch_ms, moment_from_ms
from mamarr.names import Author
from mamarr.operations import advisories
from mamarr.operations.advisories import ForgetAdvisory
from mamarr.surveillance import AlertStatus
from mamarr.surveillance.alerts import ESCALATED_AFTER_MS, EscalateAlert

V = TypeVar("V")
US_PER_MS = 1_000
EARMARK, TELL_ALERTS = "earmark-queued", "tell-alerts"

MESSAGES_KEPT_MS = 7 * 24 * 3_600_000  # chosen: as long, another in the same place shows two histories
KEPT_MS = 3_600_000  # chosen: an hour past its window a reservation can still be asked about
AT_ONCE_MAX = 100  # chosen: as much as one group commit carries beside what people ask


def orders(
    projection: Projection,
    *,
    node: str,
    now: datetime,
    command_id: Callable[[], str],
    only: str | None = None,
) -> tuple[Order, ...]:
    """What the rules, or `only` one of them, ask now; at most AT_ONCE_MAX each. None while the record is
    read-only."""
    if projection.is_read_only:
        return ()
    now_ms = epoch_ms(now)
    return tuple(
        Order(
            command_id=command_id(),
            author=Author(party=projection.party, node=node, rule=rule),
            command=command,
        )
        for rule, found in RULES.items()
        if only in (None, rule)
        for command in islice(found(projection, now_ms), AT_ONCE_MAX)
    )


def _passed_reservations(projection: Projection, now_ms: int) -> Iterator[Command]:
    """Forget what passed unoccupied more than KEPT_MS ago."""
    for key, value in _durable(projection.reservations):
        if reservations.is_over(value, now_ms - KEPT_MS):
            yield Expire(reservation_id=key)


def _queued_reservations(projection: Projection, now_ms: int) -> Iterator[Command]:
    """What waits and is free: after a start; else the decider was first."""
    del now_ms
    if projection.recovering():
        return
    yield from earmarks(projection, projection.sky.now_ms)  # of no time that the decider has not come to


def earmarks(projection: Projection, now_ms: int) -> Iterator[Command]:
    """An earmark for each that waits and whose sky is free, the first come first.

    Each is tried when it is asked for, on what the ones before it left. Cost: of a decision for each that
    waits; nothing where nobody waits.
    """
    rule = Author(party=projection.party, node="", rule=EARMARK)
    for value in projection.queued():
        command = Earmark(reservation_id=value.reservation_id)
        known = facts_of.for_reservation(projection, command, rule, now_ms)
        answer = reserving.decide(command, known, author=rule, now=moment_from_ms(now_ms))
        if not isinstance(answer, Refusal):  # a refusal each time would only fill the record
            yield command


def _overdue_flights(projection: Projection, now_ms: int) -> Iterator[Command]:
    """Say of a flight that it should have ended."""
    for key, value in _durable(projection.flights):
        if value.condition is Condition.NORMAL and holding.is_overdue(value, now_ms):
            yield NoteOverdue(flight_id=key)


def _overrun_reservations(projection: Projection, now_ms: int) -> Iterator[Command]:
    """Say of a reservation that somebody is in it past its end, and whom that touches."""
    for key, value in _durable(projection.reservations):
        if reservations.is_overrun(value, now_ms) and not value.is_overrun_noted:
            yield NoteOverrun(reservation_id=key)


def _passed_flights(projection: Projection, now_ms: int) -> Iterator[Command]:
    """Forget what has held nothing for a while."""
    terms = projection.terms_in_force()
    for key, value in _durable(projection.flights):
        is_over = holding.is_over(value, now_ms) and not holding.is_coordinated(value)
        if is_over and flights.forgotten_at_ms(value, terms) <= now_ms:
            yield ExpireFlight(flight_id=key)


def _given_up_asking(projection: Projection, now_ms: int) -> Iterator[Command]:
    """Ask other authorities no longer that did not answer in time, or for what was asked before the agreement
    was suspended; give back what did not fly in its time, or what an authority withdrew with notice."""
    agreed = neighbours.agreed_if_suspended(projection)
    for key, value in _durable(projection.flights):
        if holding.is_done_with(value, now_ms, agreed):
            yield GiveUpAsking(flight_id=key)
    for name, held in _durable(projection.reservations):
        if reservations.is_done_with(held, now_ms, agreed):
            yield StopAsking(reservation_id=name)


def _unanswered_crossings(projection: Projection, now_ms: int) -> Iterator[Command]:
    """Decline what nobody answered in time: silence is never consent. And what is asked for while the
    agreement is suspended."""
    known = projection.suspended()
    is_stopped = known is not None and bool(known.by)
    for key, value in _durable(projection.crossings):
        is_late = (value.answer_by_ms or 0) <= now_ms
        is_theirs = is_stopped and not commitments.is_claimed(value.crossing)
        if crossings.is_waiting(value) and (is_late or is_theirs):
            yield LapseCrossing(crossing_id=key, revision=value.crossing.asked)


def _passed_crossings(projection: Projection, now_ms: int) -> Iterator[Command]:
    """Forget crossings that have held nothing for a while."""
    for key, value in _durable(projection.crossings):
        if crossings.is_over(value, now_ms):
            yield ExpireCrossing(crossing_id=key)


def unseen_alerts(projection: Projection, now_ms: int) -> Iterator[Command]:
    """Say of an alert that nobody has acknowledged it for too long."""
    for _, value in _durable(projection.alerts):
        is_seen = value.status is AlertStatus.ACTIVE_ACK or value.is_escalated
        if not is_seen and now_ms - value.raised_ms >= ESCALATED_AFTER_MS:
            yield EscalateAlert(kind=value.kind, subject=value.subject)


def untold_alerts(projection: Projection, now_ms: int) -> Iterator[Command]:
    """Tell other authorities of an alert, or that it is over: whoever may hold sky for its flight."""
    wanted = {
        key: TellAlert(alert=each.kind, subject=each.subject) for key, each in _durable(projection.alerts)
    }
    for key, told in _durable(projection.alert_tellings):
        wanted.setdefault(key, TellAlert(alert=told.alert, subject=told.subject))
    rule = Author(party=projection.party, node="", rule=TELL_ALERTS)
    for command in wanted.values():
        known = neighbours.for_telling(projection, command, rule, now_ms)
        answer = telling_alerts.decide(command, known, author=rule, now=moment_from_ms(now_ms))
        if not isinstance(answer, Refusal):  # a refusal each time would only fill the record
            yield command


def _passed_alerts(projection: Projection, now_ms: int) -> Iterator[Command]:
    """Forget what other authorities told of that is over and seen."""
    for key, value in _durable(projection.alerts_told):
        if told_alerts.is_forgettable(value, now_ms):
            yield ExpireAlertTold(alert_id=key)


def _passed_messages(projection: Projection, now_ms: int) -> Iterator[Command]:
    """Forget messages that are recorded where they were sent to, of which nobody is to be told, and old; and
    all of a line that is over."""
    for _, channel in _durable(projection.channels):
        for direction, stream in product(Direction, Stream):
            line = channel.line(direction, stream)
            if channel.stopped in OVER:
                for through in range(line.kept_from, line.size, FORGOTTEN_AT_ONCE_MAX):
                    last = min(line.size, through + FORGOTTEN_AT_ONCE_MAX)
                    yield ForgetMessages(peer=channel.peer, direction=direction, stream=stream, through=last)
                continue
            over = line.acknowledged if direction is Direction.OUTGOING else line.size
            through = line.kept_from
            while through < min(over, line.kept_from + FORGOTTEN_AT_ONCE_MAX):
                key = key_of(channel.peer, direction, stream, through)
                value = projection.messages.durable(key)
                if value is None or is_undone(value) or now_ms - value.kept_ms < MESSAGES_KEPT_MS:
                    break
                through += 1
            if through > line.kept_from:
                yield ForgetMessages(peer=channel.peer, direction=direction, stream=stream, through=through)


def _passed_references(projection: Projection, now_ms: int) -> Iterator[Command]:
    """Forget what others made known and whose time is over. Cost: of what is."""
    durable, now_us = projection.references.durable, now_ms * US_PER_MS
    yield from (ForgetIntent(entity_id=each) for each in durable.intents_ends.over(now_us))
    yield from (ForgetConstraint(entity_id=each) for each in durable.constraints_ends.over(now_us))
    yield from (ForgetSubscription(subscription_id=each) for each in durable.subscriptions_ends.over(now_us))
    gone = durable.service_areas_ends.over(now_us - service_areas.KEPT_US)
    yield from (ForgetServiceArea(entity_id=each) for each in gone)
    over = durable.display_subscriptions_ends.over(now_us)
    yield from (ForgetDisplaySubscription(subscription_id=each) for each in over)


def _passed_drones(projection: Projection, now_ms: int) -> Iterator[Command]:
    """Forget what drones planned and is over, and all of it where nobody has looked for long."""
    watch = projection.drone_watch.durable(drone_watch.KEY)
    is_left = watch is None or watch.until_ms + drone_watch.LEFT_MS <= now_ms
    for key, value in _durable(projection.drones):
        if is_left or drones.end_ms(value) <= now_ms:
            yield ForgetDrones(intent_id=key)


def _passed_advisories(projection: Projection, now_ms: int) -> Iterator[Command]:
    """Forget what users were told long ago."""
    for key, value in _durable(projection.advisories):
        if now_ms * US_PER_MS - value.observed_us >= advisories.KEPT_US:
            yield ForgetAdvisory(advisory_id=key)


def _durable(table: Table[str, V]) -> list[tuple[str, V]]:
    return sorted(table.durable_items(), key=lambda item: item[0])


RULES: dict[str, Callable[[Projection, int], Iterator[Command]]] = {
    "expire-reservations": _passed_reservations,
    EARMARK: _queued_reservations,
    "note-overdue": _overdue_flights,
    "note-overrun": _overrun_reservations,
    "expire-flights": _passed_flights,
    "escalate-alerts": unseen_alerts,
    "forget-messages": _passed_messages,
    "give-up-asking": _given_up_asking,
    "decline-unanswered": _unanswered_crossings,
    "expire-crossings": _passed_crossings,
    TELL_ALERTS: untold_alerts,
    "expire-told-alerts": _passed_alerts,
    "forget-references": _passed_references,
    advisories.RULE: _passed_advisories,
    drones.FORGOTTEN: _passed_drones,
}
