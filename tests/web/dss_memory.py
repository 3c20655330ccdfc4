"""A DSS in dicts, by the rules of `discovery` and with no index: for tests of its HTTP interface alone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from mamarr.discovery import (
    ConstraintReference,
    Envelope,
    Intent,
    Subscription,
    UssAvailability,
    availabilities,
    constraint_references,
    intents,
    reports,
    subscriptions,
)
from mamarr.discovery.envelopes import meets, union, us_of
from mamarr.discovery.forms import RULE
from mamarr.discovery.subscriptions import Subscriber
from mamarr.faults import Refusal
from mamarr.names import Author, Mode

AUTHOR = Author(party="dss", node="dss-1", rule=RULE)


class DssInMemory:
    """What `web.dss_calls.DssEngine` is. Its clock is `ahead_s` ahead of the system's."""

    node_id, mode = "dss-1", Mode.EXERCISE

    def __init__(self) -> None:
        self.ahead_s, self.decided, self.read_only = 0.0, 0, False
        self.held_intents: dict[str, Intent] = {}
        self.held_constraints: dict[str, ConstraintReference] = {}
        self.held_subscriptions: dict[str, Subscription] = {}
        self.said: dict[str, UssAvailability] = {}

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead_s)

    def is_read_only(self) -> bool:
        return self.read_only

    def new_version(self) -> str:
        return uuid4().hex

    def new_uuid(self) -> str:
        return str(uuid4())

    async def submit(self, command: Any) -> Any:
        match command:
            case intents.PutIntent() | intents.DeleteIntent():
                noun, facts = intents, self._of_intent(command)
            case constraint_references.PutConstraint() | constraint_references.DeleteConstraint():
                noun, facts = constraint_references, self._of_constraint(command)
            case subscriptions.PutSubscription() | subscriptions.DeleteSubscription():
                noun, facts = subscriptions, self._of_subscription(command)
            case availabilities.SetAvailability():
                noun = availabilities
                facts = availabilities.Facts(party="dss", held=self.said.get(command.uss_id))
            case _:
                noun, facts = reports, reports.Facts(party="dss")
        given: Any = noun.decide(command, facts, author=AUTHOR, now=self.now())
        self.decided += 1
        if not isinstance(given, Refusal):
            for event in given:
                self._apply(event)
        return given

    def intents(self, area: Envelope) -> Sequence[Intent]:
        return [i for i in self._living(self.held_intents, intents) if meets(i.extent, area)]

    def intent(self, entity_id: str) -> Intent | None:
        return intents.living(self.held_intents.get(entity_id), self._now_us())

    def constraints(self, area: Envelope) -> Sequence[ConstraintReference]:
        found = self._living(self.held_constraints, constraint_references)
        return [c for c in found if meets(c.extent, area)]

    def constraint(self, entity_id: str) -> ConstraintReference | None:
        return constraint_references.living(self.held_constraints.get(entity_id), self._now_us())

    def subscriptions(self, area: Envelope, manager: str) -> Sequence[Subscription]:
        found = self._living(self.held_subscriptions, subscriptions)
        return [s for s in found if s.manager == manager and meets(s.extent, area)]

    def subscription(self, subscription_id: str) -> Subscription | None:
        return subscriptions.living(self.held_subscriptions.get(subscription_id), self._now_us())

    def dependent(self, subscription_id: str) -> Sequence[str]:
        found = self._living(self.held_intents, intents)
        return sorted(i.entity_id for i in found if i.subscription_id == subscription_id)

    def availability(self, uss_id: str) -> UssAvailability:
        return self.said.get(uss_id, UssAvailability(uss_id=uss_id))

    def _now_us(self) -> int:
        return us_of(self.now())

    def _living(self, held: dict[str, Any], noun: Any) -> list[Any]:
        return [held[each] for each in sorted(held) if not noun.is_over(held[each], self._now_us())]

    def _notified(self, extents: list[Envelope], flag: str) -> tuple[Subscriber, ...]:
        return tuple(
            Subscriber(
                subscription_id=s.subscription_id,
                uss_base_url=s.uss_base_url,
                notification_index=s.notification_index,
            )
            for s in self._living(self.held_subscriptions, subscriptions)
            if getattr(s, flag) and meets(s.extent, union(extents))
        )

    def _of_intent(self, command: Any) -> Any:
        held = self.held_intents.get(command.entity_id)
        used = None if held is None else self.held_subscriptions.get(held.subscription_id or "")
        users = [i for i in self.held_intents.values() if used and i.subscription_id == used.subscription_id]
        extents = [] if self.intent(command.entity_id) is None else [held.extent]
        named, missing = None, ((), ())
        if isinstance(command, intents.PutIntent):
            extents.append(command.extent)
            wanted = command.subscription_id or getattr(command.new_subscription, "subscription_id", "")
            named = self.held_subscriptions.get(wanted)
            missing = self._missing(command, named)
        return intents.Facts(
            party="dss",
            held=held,
            used=used,
            is_used_alone=len(users) == 1,
            named=named,
            missing_intents=missing[0],
            missing_constraints=missing[1],
            notified=self._notified(extents, "notifies_intents") if extents else (),
        )

    def _missing(self, command: Any, named: Subscription | None) -> Any:
        if not intents.needs_key(command.state):
            return (), ()
        others = [
            intents.Known(entity_id=i.entity_id, ovn=i.ovn)
            for i in self.intents(command.extent)
            if i.entity_id != command.entity_id
            and i.ovn not in command.key
            and intents.counts(i, self.availability(i.manager).availability)
        ]
        asks = command.new_subscription or named
        constraints = [
            intents.Known(entity_id=c.entity_id, ovn=c.ovn)
            for c in self.constraints(command.extent)
            if c.ovn not in command.key and asks is not None and asks.notifies_constraints
        ]
        return tuple(others), tuple(constraints)

    def _of_constraint(self, command: Any) -> Any:
        held = self.held_constraints.get(command.entity_id)
        extents = [] if self.constraint(command.entity_id) is None else [held.extent]
        if isinstance(command, constraint_references.PutConstraint):
            extents.append(command.extent)
        told = self._notified(extents, "notifies_constraints") if extents else ()
        return constraint_references.Facts(party="dss", held=held, notified=told)

    def _of_subscription(self, command: Any) -> Any:
        held = self.held_subscriptions.get(command.subscription_id)
        users = self.dependent(command.subscription_id)
        uncovered: tuple[str, ...] = ()
        if isinstance(command, subscriptions.PutSubscription) and held is not None:
            extent = subscriptions.asked_extent(command, held, self._now_us())
            uncovered = tuple(
                each
                for each in users
                if extent is not None and subscriptions.is_uncovered(extent, self.held_intents[each].extent)
            )
        return subscriptions.Facts(party="dss", held=held, is_used=bool(users), uncovered=uncovered)

    def _apply(self, event: Any) -> None:
        match event:
            case intents.IntentWritten():
                self.held_intents[event.intent.entity_id] = event.intent
            case intents.IntentDeleted():
                del self.held_intents[event.intent.entity_id]
            case constraint_references.ConstraintWritten():
                self.held_constraints[event.constraint.entity_id] = event.constraint
            case constraint_references.ConstraintDeleted():
                del self.held_constraints[event.constraint.entity_id]
            case subscriptions.SubscriptionWritten():
                self.held_subscriptions[event.subscription.subscription_id] = event.subscription
            case subscriptions.SubscriptionDeleted():
                del self.held_subscriptions[event.subscription.subscription_id]
            case subscriptions.SubscriptionNotified():
                held = self.held_subscriptions[event.subscription_id]
                self.held_subscriptions[event.subscription_id] = subscriptions.evolve(held, event)
            case availabilities.AvailabilitySet():
                self.said[event.said.uss_id] = event.said
