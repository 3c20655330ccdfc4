"""What the web asks of a DSS, of a running engine: its durable tables, and orders by the node's own rule."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from mamarr.discovery import (
    ConstraintReference,
    Envelope,
    Intent,
    Subscription,
    UssAvailability,
    constraint_references,
    envelopes,
    intents,
    subscriptions,
)
from mamarr.discovery.envelopes import us_of
from mamarr.discovery.forms import RULE
from mamarr.engine import Order
from mamarr.engine.discovery_picture import availability
from mamarr.faults import Refusal
from mamarr.names import Author
from mamarr.node.runtime import Runtime
from mamarr.web.dss_calls import DssCommand, DssEvent

VERSION_BYTES = 24  # 192 bits, which nobody guesses; 48 characters, as an OVN has 16 to 128
UUID_BYTES = 16


class DssNode:
    """A `DssEngine` on `runtime`, whose node is the DSS."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.node_id, self.mode = runtime.node_id, runtime.mode
        party = runtime.decider.projection.party
        self._author = Author(party=party, node=runtime.node_id, rule=RULE)

    def now(self) -> datetime:
        """The time, UTC."""
        return self._runtime.now()

    def is_read_only(self) -> bool:
        """Whether writes are refused for now."""
        return self._runtime.is_read_only()

    def new_command_id(self) -> str:
        """The id of a command that nobody gave yet."""
        return self._runtime.new_command_id()

    def new_version(self) -> str:
        """An OVN, or the version of a subscription or availability, that nobody can guess and nobody has."""
        return secrets.token_hex(VERSION_BYTES)

    def new_uuid(self) -> str:
        """A UUID that nobody has."""
        return str(UUID(bytes=secrets.token_bytes(UUID_BYTES), version=4))

    async def submit(self, command: DssCommand) -> tuple[DssEvent, ...] | Refusal:
        """What comes of `command`, once it is durable."""
        order = Order(command_id=self.new_command_id(), author=self._author, command=command)
        outcome: tuple[DssEvent, ...] | Refusal = (await self._runtime.submit(order)).outcome  # type: ignore[assignment]
        return outcome

    def intents(self, area: Envelope) -> Sequence[Intent]:
        """The operational intents in `area`."""
        durable = self._runtime.decider.projection.references.durable
        return [durable.intent[each] for each in durable.intents.meeting(area, now_us=self._now_us())]

    def intent(self, entity_id: str) -> Intent | None:
        """One operational intent."""
        durable = self._runtime.decider.projection.references.durable
        return intents.living(durable.intent.get(entity_id), self._now_us())

    def constraints(self, area: Envelope) -> Sequence[ConstraintReference]:
        """The constraints in `area`."""
        durable = self._runtime.decider.projection.references.durable
        return [durable.constraint[each] for each in durable.constraints.meeting(area, now_us=self._now_us())]

    def constraint(self, entity_id: str) -> ConstraintReference | None:
        """One constraint."""
        durable = self._runtime.decider.projection.references.durable
        return constraint_references.living(durable.constraint.get(entity_id), self._now_us())

    def subscriptions(self, area: Envelope, manager: str) -> Sequence[Subscription]:
        """The subscriptions of `manager` in `area`."""
        durable = self._runtime.decider.projection.references.durable
        met = durable.subscriptions.meeting(area, now_us=self._now_us())
        return [each for each in map(durable.subscription.__getitem__, met) if each.manager == manager]

    def subscription(self, subscription_id: str) -> Subscription | None:
        """One subscription, whose ever it is."""
        durable = self._runtime.decider.projection.references.durable
        return subscriptions.living(durable.subscription.get(subscription_id), self._now_us())

    def dependent(self, subscription_id: str) -> Sequence[str]:
        """The ids of the operational intents that use a subscription."""
        users = self._runtime.decider.projection.references.durable.users.get(subscription_id, {})
        now_us = self._now_us()
        return sorted(each for each, extent in users.items() if not envelopes.is_past(extent, now_us))

    def availability(self, uss_id: str) -> UssAvailability:
        """Whether a USS answers."""
        return availability(self._runtime.decider.projection, uss_id)

    def _now_us(self) -> int:
        return us_of(self.now())
