"""The nouns that are decided on: which module answers which command, and where its values are kept."""

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, NamedTuple, get_args

import msgspec

from mamarr.airspace import areas, attempts, constraints, corridors, parties, shares, terms
from mamarr.coordination import (
    agreements,
    channels,
    crossings,
    disclosure,
    messages,
    peers,
    suspensions,
    telling_alerts,
    told_alerts,
)
from mamarr.discovery import (
    availabilities,
    constraint_references,
    display_subscriptions,
    intents,
    reports,
    service_areas,
    subscriptions,
)
from mamarr.flights import drone_watch, drones, errands, flights, imposed, reserving
from mamarr.operations import advisories, closures, deliveries, operations
from mamarr.surveillance import alerts


class Noun(NamedTuple):
    """One noun. table: of the projection. key: the field that names one. holds: which event field has it.

    named: answers the name instead, where no single field is one. is_asked: whether it has commands; what has
    none changes by what is decided of others.
    """

    table: str
    module: ModuleType
    key: str
    holds: str | None = None
    named: Callable[[Any], str] | None = None
    is_asked: bool = True

    def commands(self) -> tuple[type, ...]:
        """The commands that its module answers."""
        return _members(self.module.Command) if self.is_asked else ()

    def events(self) -> tuple[type, ...]:
        """The events that its module makes."""
        return _members(self.module.Event)


NOUNS = (
    Noun("reservations", reserving, "reservation_id"),
    Noun("flights", flights, "flight_id"),
    Noun("imposed", imposed, "imposed_id", "imposed"),
    Noun("drones", drones, "intent_id", "drones"),
    Noun("drone_watch", drone_watch, drone_watch.KEY, named=lambda _: drone_watch.KEY),
    Noun("corridors", corridors, "corridor_id", "corridor"),
    Noun("shares", shares, "share_id", "share"),
    Noun("areas", areas, "area_id", "area"),
    Noun("constraints", constraints, "constraint_id", "constraint"),
    Noun("parties", parties, "party_id", "party"),
    Noun("terms", terms, terms.KEY),
    Noun("disclosures", disclosure, "pair_id"),
    Noun("attempts", attempts, "party", is_asked=False),
    Noun("channels", channels, "peer"),
    Noun("peers", peers, "peer"),
    Noun("messages", messages, "message_key", "message"),
    Noun("agreements", agreements, "agreement_id", named=lambda _: agreements.KEY),
    Noun("suspensions", suspensions, "party", named=suspensions.key_of),
    Noun("crossings", crossings, "crossing_id"),
    Noun("errands", errands, "errand_id", "errand", is_asked=False),
    Noun("alerts_told", told_alerts, "alert_id", "told"),
    Noun("alert_tellings", telling_alerts, "subject", named=lambda of: getattr(of, "telling", of).key),
    Noun("alerts", alerts, "subject", named=lambda of: alerts.alert_key(of.kind, of.subject)),
    Noun("intents", intents, "entity_id", "intent"),
    Noun("constraint_references", constraint_references, "entity_id", "constraint"),
    Noun("subscriptions", subscriptions, "subscription_id", "subscription"),
    Noun("availabilities", availabilities, "uss_id", "said"),
    Noun("reports", reports, "report_id"),
    Noun("service_areas", service_areas, "entity_id", "area"),
    Noun("display_subscriptions", display_subscriptions, "subscription_id", "subscription"),
    Noun("operations", operations, "entity_id"),
    Noun("closures", closures, "entity_id"),
    Noun("deliveries", deliveries, "delivery_id", "delivery"),
    Noun("advisories", advisories, "advisory_id", "advisory", named=advisories.key_of),
)


def _members(union: Any) -> tuple[type, ...]:
    return get_args(union) or (union,)


def _by_type(kinds: Iterable[tuple[Noun, tuple[type, ...]]]) -> dict[type, Noun]:
    return {kind: noun for noun, types in kinds for kind in types}


OF_COMMAND = _by_type((noun, noun.commands()) for noun in NOUNS)
OF_EVENT = _by_type((noun, noun.events()) for noun in NOUNS)


def key_of(noun: Noun, message: msgspec.Struct) -> str:
    """Which one of the noun's values a command or event is about."""
    if noun.named is not None:
        return noun.named(message)
    if noun.key == terms.KEY:
        return terms.KEY
    bearer = message if hasattr(message, noun.key) else getattr(message, noun.holds or "")
    return str(getattr(bearer, noun.key))
