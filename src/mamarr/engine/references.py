"""The tables of what others made known, and the indexes that follow them. Written by the projection alone.

Each index is kept twice: once as of now, pending decisions included, for the next decision; once as of what
is durable, for who asks. Cost of a change: twice that of `discovery.relevance`.
"""

from collections import Counter
from heapq import heappop, heappush
from typing import TypeVar

from mamarr.discovery import (
    ConstraintReference,
    DisplaySubscription,
    Intent,
    Report,
    ServiceArea,
    Subscription,
    UssAvailability,
)
from mamarr.discovery.envelopes import Envelope
from mamarr.discovery.relevance import Relevance
from mamarr.engine.tables import Table

V = TypeVar("V", Intent, ConstraintReference, Subscription, ServiceArea, DisplaySubscription)


class Ends:
    """What is over: ids by the instant at which each ends. Cost: of a heap, for a change and for an end."""

    def __init__(self) -> None:
        self._ends_us: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []  # with some that end otherwise by now
        self._over: dict[str, None] = {}

    def put(self, key: str, end_us: int | None) -> None:
        """It ends then; None: never, or it is no more."""
        if end_us is not None and self._ends_us.get(key) == end_us:
            return
        self._over.pop(key, None)
        self._ends_us.pop(key, None)
        if end_us is not None:
            self._ends_us[key] = end_us
            heappush(self._heap, (end_us, key))

    def over(self, now_us: int) -> list[str]:
        """What has ended before `now_us`, which never decreases, and is there still; the first first."""
        while self._heap and self._heap[0][0] < now_us:
            end_us, key = heappop(self._heap)
            if self._ends_us.get(key) == end_us:
                self._over[key] = None
        return list(self._over)


class Indexes:
    """What meets what, and what uses which subscription, as of now or as of what is durable."""

    def __init__(self) -> None:
        self.intents, self.constraints, self.subscriptions = Relevance(), Relevance(), Relevance()
        self.service_areas, self.display_subscriptions = Relevance(), Relevance()
        self.users: dict[str, dict[str, Envelope]] = {}  # by subscription: the intents that use it, and where
        self._uses: dict[str, str] = {}  # by intent: the subscription that it uses

    def intent_is(self, key: str, value: Intent | None) -> None:
        """The intent is this one from now on, or no more."""
        self.intents.put(key, None if value is None else value.extent)
        used = self._uses.pop(key, None)
        if used is not None:
            users = self.users[used]
            del users[key]
            if not users:
                del self.users[used]
        if value is not None and value.subscription_id is not None:
            self.users.setdefault(value.subscription_id, {})[key] = value.extent
            self._uses[key] = value.subscription_id

    def constraint_is(self, key: str, value: ConstraintReference | None) -> None:
        """The constraint reference is this one from now on, or no more."""
        self.constraints.put(key, None if value is None else value.extent)

    def subscription_is(self, key: str, value: Subscription | None) -> None:
        """The subscription is this one from now on, or no more."""
        self.subscriptions.put(key, None if value is None else value.extent)

    def service_area_is(self, key: str, value: ServiceArea | None) -> None:
        """The service area is this one from now on, or no more."""
        self.service_areas.put(key, None if value is None else value.extent)

    def display_subscription_is(self, key: str, value: DisplaySubscription | None) -> None:
        """The display provider's subscription is this one from now on, or no more."""
        self.display_subscriptions.put(key, None if value is None else value.extent)


class DurableIndexes(Indexes):
    """The same of what is durable; and when each is over.

    intent, constraint and so on: the values by id, without the journal that a table looks through.
    """

    def __init__(self) -> None:
        super().__init__()
        self.intent: dict[str, Intent] = {}
        self.constraint: dict[str, ConstraintReference] = {}
        self.subscription: dict[str, Subscription] = {}
        self.service_area: dict[str, ServiceArea] = {}
        self.display_subscription: dict[str, DisplaySubscription] = {}
        self.intents_ends, self.constraints_ends, self.subscriptions_ends = Ends(), Ends(), Ends()
        self.service_areas_ends, self.display_subscriptions_ends = Ends(), Ends()

    def intent_is(self, key: str, value: Intent | None) -> None:
        """The intent is this one from now on, or no more."""
        super().intent_is(key, value)
        _kept(self.intent, self.intents_ends, key, value)

    def constraint_is(self, key: str, value: ConstraintReference | None) -> None:
        """The constraint reference is this one from now on, or no more."""
        super().constraint_is(key, value)
        _kept(self.constraint, self.constraints_ends, key, value)

    def subscription_is(self, key: str, value: Subscription | None) -> None:
        """The subscription is this one from now on, or no more."""
        super().subscription_is(key, value)
        _kept(self.subscription, self.subscriptions_ends, key, value)

    def service_area_is(self, key: str, value: ServiceArea | None) -> None:
        """The service area is this one from now on, or no more."""
        super().service_area_is(key, value)
        _kept(self.service_area, self.service_areas_ends, key, value)

    def display_subscription_is(self, key: str, value: DisplaySubscription | None) -> None:
        """The display provider's subscription is this one from now on, or no more."""
        super().display_subscription_is(key, value)
        _kept(self.display_subscription, self.display_subscriptions_ends, key, value)


class References:
    """The tables, as of `engine.tables`, with their indexes. current, durable: of the two."""

    def __init__(self) -> None:
        self.current, self.durable = Indexes(), DurableIndexes()
        self.intents: Table[str, Intent] = Table(self._intent_changed, self.durable.intent_is)
        self.constraint_references: Table[str, ConstraintReference] = Table(
            self._constraint_changed, self.durable.constraint_is
        )
        self.subscriptions: Table[str, Subscription] = Table(
            self._subscription_changed, self.durable.subscription_is
        )
        self.availabilities: Table[str, UssAvailability] = Table()
        self.reports: Table[str, Report] = Table()
        self.service_areas: Table[str, ServiceArea] = Table(
            self._service_area_changed, self.durable.service_area_is
        )
        self.display_subscriptions: Table[str, DisplaySubscription] = Table(
            self._display_subscription_changed, self.durable.display_subscription_is
        )
        self.intents_count: Counter[str] = Counter()  # by manager
        self.constraints_count: Counter[str] = Counter()
        self.explicit_count: Counter[str] = Counter()  # subscriptions that are not implicit
        self.service_areas_count: Counter[str] = Counter()
        self.display_subscriptions_count: Counter[str] = Counter()

    def _intent_changed(self, key: str, before: Intent | None, after: Intent | None) -> None:
        _counted(self.intents_count, before, after)
        self.current.intent_is(key, after)

    def _constraint_changed(
        self, key: str, before: ConstraintReference | None, after: ConstraintReference | None
    ) -> None:
        _counted(self.constraints_count, before, after)
        self.current.constraint_is(key, after)

    def _subscription_changed(
        self, key: str, before: Subscription | None, after: Subscription | None
    ) -> None:
        if (
            before is not None
            and after is not None
            and before.extent is after.extent
            and before.is_implicit is after.is_implicit
            and before.manager == after.manager
        ):
            return  # it was told, as by every write where it looks: nothing that is kept here changes
        _counted(
            self.explicit_count,
            None if before is None or before.is_implicit else before,
            None if after is None or after.is_implicit else after,
        )
        self.current.subscription_is(key, after)

    def _service_area_changed(self, key: str, before: ServiceArea | None, after: ServiceArea | None) -> None:
        _counted(self.service_areas_count, before, after)
        self.current.service_area_is(key, after)

    def _display_subscription_changed(
        self, key: str, before: DisplaySubscription | None, after: DisplaySubscription | None
    ) -> None:
        _counted(self.display_subscriptions_count, before, after)
        self.current.display_subscription_is(key, after)


Managed = Intent | ConstraintReference | Subscription | ServiceArea | DisplaySubscription


def _counted(count: Counter[str], before: Managed | None, after: Managed | None) -> None:
    """Count one fewer for the manager before, one more for the one after; who has nothing is forgotten."""
    if after is not None:
        count[after.manager] += 1
    if before is not None:
        count[before.manager] -= 1
        if not count[before.manager]:
            del count[before.manager]


def _kept(values: dict[str, V], ends: Ends, key: str, value: V | None) -> None:
    if value is None:
        values.pop(key, None)
        ends.put(key, None)
    else:
        values[key] = value
        ends.put(key, value.extent.time_end_us)
