"""What the engine answers and finds, beside a second model: dictionaries, lists and the rules, no index.

The model shares no rule with `mamarr.discovery`: it compares envelopes cell by cell, counts nothing and
remembers nothing but what was said. Both get the same commands at the same times; every answer, what is found
by place, by id and in a key must be the same.
"""

from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mamarr.discovery import Envelope, IntentState
from mamarr.discovery.envelopes import us_of
from mamarr.discovery.intents import NewSubscription
from mamarr.discovery.subscriptions import SubscriptionNotified
from mamarr.engine import Order, discovery_picture, redecided, replay, tidying
from mamarr.faults import Refusal
from tests.airspace.boxes import NOON
from tests.discovery import known
from tests.discovery.known import DOOR, A, B, about, drawn, uuid
from tests.engine.orders import Desk
from tests.examples import some

MANAGERS = (A, B)
NUMBERS = st.integers(1, 4)
SUBSCRIPTIONS = st.integers(40, 42)
PLACES = st.builds(
    lambda first, count, low_m, start, length: about(
        tuple(range(first, first + count)), (low_m, low_m + 50), (start, start + length)
    ),
    st.integers(0, 3),
    st.integers(1, 3),
    st.sampled_from((0, 50, 100)),
    st.sampled_from((-10, 0, 10, 20, 60)),
    st.sampled_from((0, 10, 30, 120)),
)


def touching(one: Envelope, other: Envelope) -> bool:
    def apart(lower: int | None, upper: int | None) -> bool:
        return lower is not None and upper is not None and lower > upper

    return any(cell in other.cells for cell in one.cells) and not (
        apart(one.time_start_us, other.time_end_us)
        or apart(other.time_start_us, one.time_end_us)
        or apart(one.altitude_lower_mm, other.altitude_upper_mm)
        or apart(other.altitude_lower_mm, one.altitude_upper_mm)
    )


def hull(one: Envelope, other: Envelope) -> Envelope:
    return Envelope(
        cells=tuple(sorted({*one.cells, *other.cells})),
        altitude_lower_mm=min(one.altitude_lower_mm, other.altitude_lower_mm),
        altitude_upper_mm=max(one.altitude_upper_mm, other.altitude_upper_mm),
        time_start_us=min(one.time_start_us, other.time_start_us),
        time_end_us=max(one.time_end_us, other.time_end_us),
    )


def holds(one: Envelope, other: Envelope, *, levels: bool) -> bool:
    return (
        hull(one, other) == one
        if levels
        else set(one.cells) >= set(other.cells)
        and (one.time_start_us <= other.time_start_us and other.time_end_us <= one.time_end_us)
    )


class Model:
    """What was said. intents, constraints, subscriptions: fields by id."""

    def __init__(self) -> None:
        self.intents: dict[str, dict[str, Any]] = {}
        self.constraints: dict[str, dict[str, Any]] = {}
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.down: set[str] = set()

    def pass_to(self, now_us: int) -> None:
        """Forget what is over, and what nothing uses any more."""
        for name in [n for n, each in self.intents.items() if each["extent"].time_end_us < now_us]:
            self.leave(self.intents.pop(name)["uses"])
        for kept in (self.constraints, self.subscriptions):
            for name in [n for n, each in kept.items() if each["extent"].time_end_us < now_us]:
                del kept[name]

    def users(self, name: str | None) -> list[str]:
        return sorted(each for each, one in self.intents.items() if name and one["uses"] == name)

    def leave(self, name: str | None) -> None:
        used = self.subscriptions.get(name or "")
        if used and used["implicit"] and not self.users(name):
            del self.subscriptions[name]

    def tell(self, place: Envelope, what: str, *, also: str | None = None) -> dict[str, int]:
        told = {}
        for name, each in self.subscriptions.items():
            if each[what] and (name == also or touching(each["extent"], place)):
                each["index"] += 1
                told[name] = each["index"]
        return told

    def not_theirs(self, kept: dict[str, Any], name: str, manager: str, version: str | None) -> str | None:
        held = kept.get(name)
        if held is None:
            return None if version is None else "NOT_THERE"
        if held["manager"] != manager:
            return "NOT_YOURS"
        if version is None:
            return "ID_TAKEN"
        return None if held["version"] == version else "OTHER_VERSION"

    def put_intent(self, ask: Any, now_us: int) -> str | dict[str, int]:
        named, new = ask.subscription_id, ask.new_subscription
        nominal = ask.state in (IntentState.ACCEPTED, IntentState.ACTIVATED)
        if ask.extent.time_end_us < now_us:
            return "TIME_PAST"
        if ask.ovn is None and ask.state != IntentState.ACCEPTED:
            return "WRONG_STATUS"
        if ask.state != IntentState.ACCEPTED and not (named or new):
            return "SUBSCRIPTION_NEEDED"
        if not nominal and not ask.may_be_off_nominal:
            return "NOT_YOURS"
        wrong = self.not_theirs(self.intents, ask.entity_id, ask.manager, ask.ovn)
        if wrong:
            return wrong
        sub = self.subscriptions.get(named or "")
        if named and sub is None:
            return "UNKNOWN_SUBSCRIPTION"
        if sub and sub["manager"] != ask.manager:
            return "NOT_YOURS"
        if sub and not sub["implicit"] and not holds(sub["extent"], ask.extent, levels=False):
            return "NOT_COVERED"
        asks_constraints = new.notifies_constraints if new else bool(sub and sub["constraints"])
        lacking = [
            name
            for name, each in sorted(self.intents.items())
            if name != ask.entity_id
            and touching(each["extent"], ask.extent)
            and each["version"] not in ask.key
            and not (each["state"] == IntentState.ACCEPTED and each["manager"] in self.down)
        ]
        if asks_constraints:
            lacking += [
                name
                for name, each in sorted(self.constraints.items())
                if touching(each["extent"], ask.extent) and each["version"] not in ask.key
            ]
        if nominal and lacking:
            return "KEY_INCOMPLETE " + " ".join(lacking)
        return self.write_intent(ask, sub)

    def write_intent(self, ask: Any, sub: dict[str, Any] | None) -> dict[str, int]:
        named, new = ask.subscription_id, ask.new_subscription
        before = self.intents.get(ask.entity_id)
        grown = None
        if new:
            named = grown = new.subscription_id
            self.subscriptions[named] = {
                "manager": ask.manager,
                "extent": ask.extent,
                "version": ask.drawn,
                "index": 0,
                "intents": True,
                "constraints": new.notifies_constraints,
                "implicit": True,
            }
        elif sub and sub["implicit"] and not holds(sub["extent"], ask.extent, levels=True):
            sub["extent"], sub["version"], grown = hull(sub["extent"], ask.extent), ask.drawn, named
        place = ask.extent if before is None else hull(ask.extent, before["extent"])
        self.intents[ask.entity_id] = {
            "manager": ask.manager,
            "extent": ask.extent,
            "version": ask.drawn,
            "state": ask.state,
            "uses": named,
            "count": 1 if before is None else before["count"] + 1,
        }
        if before is not None:
            self.leave(before["uses"])
        return self.tell(place, "intents", also=grown)

    def delete(self, kept: dict[str, Any], what: str, ask: Any) -> str | dict[str, int]:
        wrong = self.not_theirs(kept, ask.entity_id, ask.manager, ask.ovn)
        if wrong:
            return wrong
        told = self.tell(kept[ask.entity_id]["extent"], what)
        self.leave(kept.pop(ask.entity_id).get("uses"))
        return told

    def put_constraint(self, ask: Any, now_us: int) -> str | dict[str, int]:
        if ask.extent.time_end_us < now_us:
            return "TIME_PAST"
        wrong = self.not_theirs(self.constraints, ask.entity_id, ask.manager, ask.ovn)
        if wrong:
            return wrong
        before = self.constraints.get(ask.entity_id)
        self.constraints[ask.entity_id] = {
            "manager": ask.manager,
            "extent": ask.extent,
            "version": ask.drawn,
        }
        return self.tell(ask.extent if before is None else hull(ask.extent, before["extent"]), "constraints")

    def put_subscription(self, ask: Any, now_us: int) -> str | dict[str, int]:
        minute_us = 60 * 10**6
        start_us, end_us = ask.extent.time_start_us, ask.extent.time_end_us
        if start_us < now_us - 5 * minute_us or end_us < now_us or end_us - start_us > 24 * 60 * minute_us:
            return "TIMES_UNFIT"
        wrong = self.not_theirs(self.subscriptions, ask.subscription_id, ask.manager, ask.version)
        if wrong:
            return wrong
        users = self.users(ask.subscription_id)
        if not all(holds(ask.extent, self.intents[each]["extent"], levels=True) for each in users):
            return "NOT_COVERED"
        before = self.subscriptions.get(ask.subscription_id, {"index": 0, "implicit": False})
        self.subscriptions[ask.subscription_id] = {
            "manager": ask.manager,
            "extent": ask.extent,
            "version": ask.drawn,
            "index": before["index"],
            "intents": ask.notifies_intents,
            "constraints": ask.notifies_constraints,
            "implicit": False,
        }
        return {}

    def delete_subscription(self, ask: Any) -> str | dict[str, int]:
        wrong = self.not_theirs(self.subscriptions, ask.subscription_id, ask.manager, ask.version)
        if wrong:
            return wrong
        if self.users(ask.subscription_id):
            return "IN_USE"
        del self.subscriptions[ask.subscription_id]
        return {}


class Beside(RuleBasedStateMachine):
    """The engine and the model, asked the same."""

    @initialize()
    def begin(self) -> None:
        self.desk, self.model = Desk(), Model()
        self.now, self.number, self.versions = NOON, 0, {}

    def ask(self, command: Any, answer: str | dict[str, int]) -> None:
        self.number += 1
        order = Order(command_id=f"command-{self.number}", author=DOOR, command=command)
        (given,) = self.desk.ask(order, now=self.now)
        outcome = given.outcome
        if isinstance(outcome, Refusal):
            is_key = outcome.reason == "KEY_INCOMPLETE"
            found = " ".join((outcome.reason, *outcome.because)) if is_key else str(outcome.reason)
        else:
            told = [each for each in outcome if isinstance(each, SubscriptionNotified)]
            found = {each.subscription_id: each.notification_index for each in told}
            assert len(found) == len(told)
        assert found == answer

    def next_drawn(self) -> str:
        self.number += 1
        return drawn(self.number)

    def version(self, kept: dict[str, Any], name: str, pick: int) -> str | None:
        """Mostly the right one."""
        right = kept[name]["version"] if name in kept else None
        return (right, right, right, None, drawn(0))[pick]

    @rule(
        number=NUMBERS,
        manager=st.sampled_from(MANAGERS),
        extent=PLACES,
        state=st.sampled_from(IntentState),
        knows=st.booleans(),
        pick=st.integers(0, 4),
        uses=st.sampled_from(("", "", "own", "named", "new")),
        sub=SUBSCRIPTIONS,
        flag=st.booleans(),
    )
    def put_intent(self, number, manager, extent, state, knows, pick, uses, sub, flag) -> None:
        name = uuid(number)
        held = self.model.intents.get(name)
        if held and pick < 4:
            manager = held["manager"]
        self.number += 1
        implicit = [n for n, each in sorted(self.model.subscriptions.items()) if each["implicit"]]
        own = implicit[number % len(implicit)] if implicit else None
        named = {"own": own, "named": uuid(sub)}.get(uses)
        new = NewSubscription(
            subscription_id=uuid(1_000 + self.number), uss_base_url=known.URL, notifies_constraints=flag
        )
        all_known = (*self.model.intents.values(), *self.model.constraints.values())
        command = known.put_intent(
            number,
            0,
            manager=manager,
            extent=extent,
            state=state,
            drawn=self.next_drawn(),
            ovn=self.version(self.model.intents, name, pick),
            key=tuple(each["version"] for each in all_known) if knows else (),
            subscription_id=named,
            new_subscription=new if uses == "new" else None,
            may_be_off_nominal=flag or knows,
        )
        self.ask(command, self.model.put_intent(command, us_of(self.now)))

    @rule(number=NUMBERS, pick=st.integers(0, 4))
    def delete_intent(self, number, pick) -> None:
        held = self.model.intents.get(uuid(number))
        version = self.version(self.model.intents, uuid(number), pick) or drawn(0)
        manager = held["manager"] if held else A
        command = known.delete_intent(number, version, manager=manager)
        self.ask(command, self.model.delete(self.model.intents, "intents", command))

    @rule(number=NUMBERS, extent=PLACES, pick=st.integers(0, 4), manager=st.sampled_from(MANAGERS))
    def put_constraint(self, number, extent, pick, manager) -> None:
        version = self.version(self.model.constraints, uuid(number), pick)
        command = known.put_constraint(
            number, 0, manager=manager, extent=extent, ovn=version, drawn=self.next_drawn()
        )
        self.ask(command, self.model.put_constraint(command, us_of(self.now)))

    @rule(number=NUMBERS, pick=st.integers(0, 4), manager=st.sampled_from(MANAGERS))
    def delete_constraint(self, number, pick, manager) -> None:
        version = self.version(self.model.constraints, uuid(number), pick) or drawn(0)
        command = known.delete_constraint(number, version, manager=manager)
        self.ask(command, self.model.delete(self.model.constraints, "constraints", command))

    @rule(
        number=SUBSCRIPTIONS,
        extent=PLACES,
        pick=st.integers(0, 4),
        manager=st.sampled_from(MANAGERS),
        flags=st.sampled_from(((True, False), (False, True), (True, True))),
    )
    def put_subscription(self, number, extent, pick, manager, flags) -> None:
        version = self.version(self.model.subscriptions, uuid(number), pick)
        command = known.put_subscription(
            number,
            0,
            manager=manager,
            extent=extent,
            version=version,
            drawn=self.next_drawn(),
            notifies_intents=flags[0],
            notifies_constraints=flags[1],
        )
        self.ask(command, self.model.put_subscription(command, us_of(self.now)))

    @rule(number=SUBSCRIPTIONS, pick=st.integers(0, 4), manager=st.sampled_from(MANAGERS))
    def delete_subscription(self, number, pick, manager) -> None:
        version = self.version(self.model.subscriptions, uuid(number), pick) or drawn(0)
        command = known.delete_subscription(number, version, manager=manager)
        self.ask(command, self.model.delete_subscription(command))

    @rule(manager=st.sampled_from(MANAGERS), is_down=st.booleans())
    def arbitrate(self, manager, is_down) -> None:
        old = self.versions.get(manager, "")
        self.versions[manager] = new = self.next_drawn()
        command = known.set_availability(manager, "Down" if is_down else "Normal", 0, old)
        self.ask(type(command)(**{**_fields(command), "drawn": new}), {})
        (self.model.down.add if is_down else self.model.down.discard)(manager)

    @rule(minutes=st.sampled_from((1, 5, 15, 45)))
    def wait(self, minutes) -> None:
        """Time passes, and the node's own rules ask."""
        self.now += timedelta(minutes=minutes)
        self.model.pass_to(us_of(self.now))
        orders = tidying.orders(
            self.desk.decider.projection, node="node-north", now=self.now, command_id=self.next_drawn
        )
        if orders:
            assert not [each for each in self.desk.ask(*orders, now=self.now) if not each.receipt]

    @rule(extent=PLACES, viewer=st.sampled_from(MANAGERS))
    def look(self, extent, viewer) -> None:
        """What is found by place."""
        at, projection = {"viewer": viewer, "now": self.now}, self.desk.decider.projection
        found = {
            each.entity_id: (each.ovn, each.version, each.subscription_id, each.state)
            for each in discovery_picture.intents_in(projection, extent, **at)
        }
        assert found == {
            name: (
                each["version"] if each["manager"] == viewer else None,
                each["count"],
                each["uses"],
                each["state"],
            )
            for name, each in self.model.intents.items()
            if touching(each["extent"], extent)
        }
        constraints = discovery_picture.constraints_in(projection, extent, **at)
        assert {each.entity_id for each in constraints} == {
            name for name, each in self.model.constraints.items() if touching(each["extent"], extent)
        }
        subscriptions = discovery_picture.subscriptions_in(projection, extent, **at)
        assert {each.subscription.subscription_id for each in subscriptions} == {
            name
            for name, each in self.model.subscriptions.items()
            if each["manager"] == viewer and touching(each["extent"], extent)
        }

    @invariant()
    def what_is_there_is_the_same(self) -> None:
        if not hasattr(self, "desk"):
            return
        projection = self.desk.decider.projection
        for name, each in self.model.subscriptions.items():
            seen = discovery_picture.subscription(projection, name, viewer=each["manager"], now=self.now)
            held = seen.subscription
            assert (held.notification_index, held.version, held.extent, held.is_implicit) == (
                each["index"],
                each["version"],
                each["extent"],
                each["implicit"],
            )
            assert list(seen.used_by) == self.model.users(name)
        state = projection.state()
        assert {each.entity_id for each in state.intents} == set(self.model.intents)
        assert {each.entity_id for each in state.constraint_references} == set(self.model.constraints)
        assert {each.subscription_id for each in state.subscriptions} == set(self.model.subscriptions)

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            rows = list(self.desk.store.rows())
            assert replay(rows, party="north").projection.state() == self.desk.decider.projection.state()
            assert list(redecided(rows, party="north")) == []


def _fields(command: Any) -> dict[str, Any]:
    return {name: getattr(command, name) for name in command.__struct_fields__}


TestBeside = Beside.TestCase
TestBeside.settings = settings(max_examples=some(60), stateful_step_count=30, deadline=None)
