"""What the web asks of a DSS, of a running engine: what a manager may see, and orders by the node's rule."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from mamarr.discovery import DisplaySubscription, Envelope, ServiceArea, UssAvailability
from mamarr.discovery.forms import RULE
from mamarr.engine import Order, discovery_picture
from mamarr.engine.discovery_picture import ConstraintSeen, IntentSeen, Missing, SubscriptionSeen, Written
from mamarr.engine.projection import Projection
from mamarr.faults import Refusal
from mamarr.names import Author
from mamarr.node.runtime import Runtime
from mamarr.web.dss_calls import DssCommand

VERSION_BYTES = 24  # 192 bits, which nobody guesses; 48 characters, as an OVN has 16 to 128
UUID_BYTES = 16


class DssNode:
    """A `DssEngine` on `runtime`, whose node is the DSS."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.node_id, self.mode = runtime.node_id, runtime.mode
        self._author = Author(party=self._projection.party, node=runtime.node_id, rule=RULE)

    @property
    def _projection(self) -> Projection:
        return self._runtime.decider.projection

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

    async def submit(self, command: DssCommand, viewer: str) -> Written | Refusal:
        """What comes of `command`, once it is durable."""
        order = Order(command_id=self.new_command_id(), author=self._author, command=command)
        outcome = (await self._runtime.submit(order)).outcome
        if isinstance(outcome, Refusal):
            return outcome
        return discovery_picture.written(self._projection, outcome, viewer=viewer, now=self.now())

    def missing(self, refusal: Refusal, viewer: str) -> Missing:
        """What the key lacked, by the refusal that says so."""
        return discovery_picture.missing(self._projection, refusal, viewer=viewer, now=self.now())

    def intents(self, area: Envelope, viewer: str) -> Sequence[IntentSeen]:
        """The operational intents in `area`."""
        return discovery_picture.intents_in(self._projection, area, viewer=viewer, now=self.now())

    def intent(self, entity_id: str, viewer: str) -> IntentSeen | Refusal:
        """One operational intent."""
        return discovery_picture.intent(self._projection, entity_id, viewer=viewer, now=self.now())

    def constraints(self, area: Envelope, viewer: str) -> Sequence[ConstraintSeen]:
        """The constraints in `area`."""
        return discovery_picture.constraints_in(self._projection, area, viewer=viewer, now=self.now())

    def constraint(self, entity_id: str, viewer: str) -> ConstraintSeen | Refusal:
        """One constraint."""
        return discovery_picture.constraint(self._projection, entity_id, viewer=viewer, now=self.now())

    def subscriptions(self, area: Envelope, viewer: str) -> Sequence[SubscriptionSeen]:
        """The viewer's subscriptions in `area`."""
        return discovery_picture.subscriptions_in(self._projection, area, viewer=viewer, now=self.now())

    def subscription(self, subscription_id: str, viewer: str) -> SubscriptionSeen | Refusal:
        """One subscription of the viewer's."""
        return discovery_picture.subscription(
            self._projection, subscription_id, viewer=viewer, now=self.now()
        )

    def availability(self, uss_id: str) -> UssAvailability:
        """Whether a USS answers."""
        return discovery_picture.availability(self._projection, uss_id)

    def service_areas(self, area: Envelope) -> Sequence[ServiceArea]:
        """The identification service areas in `area`."""
        return discovery_picture.service_areas_in(self._projection, area, now=self.now())

    def service_area(self, entity_id: str) -> ServiceArea | Refusal:
        """One identification service area, for a while after its end too."""
        return discovery_picture.service_area(self._projection, entity_id, now=self.now())

    def display_subscriptions(self, area: Envelope, viewer: str) -> Sequence[DisplaySubscription]:
        """The viewer's subscriptions of Remote ID in `area`."""
        return discovery_picture.display_subscriptions_in(
            self._projection, area, viewer=viewer, now=self.now()
        )

    def display_subscription(self, subscription_id: str, viewer: str) -> DisplaySubscription | Refusal:
        """The viewer's subscription of Remote ID of this id."""
        return discovery_picture.display_subscription(
            self._projection, subscription_id, viewer=viewer, now=self.now()
        )
