"""What the engine answers about Remote ID, beside a second model: two dictionaries and the rules, no index.

As `test_against_a_second_model`: the model shares no rule with `mamarr.discovery`, both get the same commands
at the same times, and every answer, and what is found by place and by id, must be the same.
"""

from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from mamarr.discovery import Envelope, service_areas
from mamarr.discovery.display_subscriptions import DisplaySubscriptionNotified
from mamarr.discovery.envelopes import us_of
from mamarr.engine import Order, redecided, replay, tidying
from mamarr.faults import Refusal
from tests.airspace.boxes import NOON
from tests.discovery.identified import delete_area, delete_display, put_area, put_display
from tests.discovery.known import DOOR, A, B, about, drawn, uuid
from tests.engine.orders import Desk
from tests.examples import some

MANAGERS = st.sampled_from((A, B))
AREAS, PICKS = st.integers(1, 3), st.integers(0, 4)
MINUTE_US, HOUR_US = 60 * 10**6, 3_600 * 10**6
PLACES = st.builds(
    lambda first, count: tuple(range(first, first + count)), st.integers(0, 2), st.integers(1, 3)
)
STARTS = st.sampled_from((None, None, "same", "same", -6, -3, 0, 10))  # minutes from now; as it is
LENGTHS = st.sampled_from((None, 5, 30, 120, 120, 1_500))  # minutes


class Model:
    """areas, displays: fields by id, with what is over as long as an id finds it."""

    def __init__(self) -> None:
        self.areas: dict[str, dict[str, Any]] = {}
        self.displays: dict[str, dict[str, Any]] = {}

    def pass_to(self, now_us: int) -> None:
        for name in [n for n, each in self.areas.items() if each["end"] + HOUR_US // 2 < now_us]:
            del self.areas[name]
        for name in [n for n, each in self.displays.items() if each["end"] < now_us]:
            del self.displays[name]

    def tell(self, cells: set[int]) -> dict[str, int]:
        told = {}
        for name, each in self.displays.items():
            if each["cells"] & cells:
                each["index"] += 1
                told[name] = each["index"]
        return told

    def may(self, held: dict[str, Any] | None, manager: str, version: str) -> str | None:
        if held is None:
            return "NOT_THERE"
        if held["manager"] != manager:
            return "NOT_YOURS"
        return None if held["version"] == version else "OTHER_VERSION"

    def times(self, ask: Any, held: dict[str, Any] | None, now_us: int) -> tuple[int, int | None]:
        start_us, end_us = ask.extent.time_start_us, ask.extent.time_end_us
        if start_us is None:
            start_us = held["start"] if held else now_us
        return start_us, end_us if end_us is not None or not held else held["end"]

    def put(self, kept: dict[str, Any], name: str, ask: Any, now_us: int) -> str | dict[str, int]:
        there, of_areas = kept.get(name), kept is self.areas
        wrong = None if ask.version is None else self.may(there, ask.manager, ask.version)
        if wrong:
            return wrong
        held = there if ask.version is not None else None
        start_us, end_us = self.times(ask, held, now_us)
        end_us = start_us + 24 * HOUR_US if end_us is None else end_us
        is_kept = of_areas and held is not None and ask.extent.time_start_us == held["start"]
        is_old = ask.extent.time_start_us is not None and start_us < now_us - 5 * MINUTE_US and not is_kept
        is_long = not of_areas and end_us - start_us > 24 * HOUR_US
        if is_old or is_long or end_us < start_us or end_us < now_us:
            return "TIMES_UNFIT"
        if there is not None and held is None:
            return "ID_TAKEN"
        cells = set(ask.extent.cells)
        if not of_areas:
            for cell in cells:
                others = [n for n, e in kept.items() if e["manager"] == ask.manager and cell in e["cells"]]
                if len(set(others) - {name}) >= 10:
                    return "LIMIT_REACHED"
        kept[name] = {
            "manager": ask.manager,
            "version": ask.drawn,
            "cells": cells,
            "start": start_us,
            "end": end_us,
            "index": there["index"] if there else 0,
        }
        return self.tell(cells | (there["cells"] if there else set())) if of_areas else {}

    def delete(self, kept: dict[str, Any], name: str, ask: Any) -> str | dict[str, int]:
        wrong = self.may(kept.get(name), ask.manager, ask.version)
        if wrong:
            return wrong
        cells = kept.pop(name)["cells"]
        return self.tell(cells) if kept is self.areas else {}


class Beside(RuleBasedStateMachine):
    """The engine and the model, asked the same."""

    @initialize()
    def begin(self) -> None:
        self.desk, self.model = Desk(), Model()
        self.now, self.number = NOON, 0
        for first, cells in ((40, (0, 1)), (41, (2, 3))):  # so that somebody is told from the start
            self.put_displays(first, 1, cells, None, None, 0, A)
        self.put_displays(42, 9, (1, 2), None, 120, 0, B)

    def ask(self, command: Any, answer: str | dict[str, int]) -> None:
        self.number += 1
        (given,) = self.desk.ask(
            Order(command_id=f"command-{self.number}", author=DOOR, command=command), now=self.now
        )
        if isinstance(given.outcome, Refusal):
            assert str(given.outcome.reason) == answer
            return
        told = [each for each in given.outcome if isinstance(each, DisplaySubscriptionNotified)]
        assert {each.subscription_id: each.notification_index for each in told} == answer

    def next_drawn(self) -> str:
        self.number += 1
        return drawn(self.number)

    def version(self, kept: dict[str, Any], name: str, pick: int) -> str | None:
        """Mostly the right one."""
        right = kept[name]["version"] if name in kept else None
        return (right, right, right, None, drawn(0))[pick]

    def extent(self, cells: tuple[int, ...], start: Any, length: int | None, held: Any = None) -> Envelope:
        """Where and when; at one level of two, which makes no difference."""
        elapsed = int((self.now - NOON).total_seconds()) // 60
        if start == "same":
            begins = None if held is None else (held["start"] - us_of(NOON)) // MINUTE_US
        else:
            begins = None if start is None else elapsed + start
        ends = None if length is None else (elapsed if begins is None else begins) + length
        return about(cells, ((0, 50), (100, 150))[self.number % 2], (begins, ends))

    def whose(self, kept: dict[str, Any], name: str, pick: int, manager: str) -> str:
        """Mostly who wrote it."""
        return kept[name]["manager"] if name in kept and pick != 3 else manager

    @rule(number=AREAS, cells=PLACES, start=STARTS, length=LENGTHS, pick=PICKS, manager=MANAGERS)
    def put_area(self, number, cells, start, length, pick, manager) -> None:
        kept, name = self.model.areas, uuid(number)
        version, manager = self.version(kept, name, pick), self.whose(kept, name, pick, manager)
        if version is None and length is None:
            length = 30  # a new one has an end
        new, extent = self.next_drawn(), self.extent(cells, start, length, kept.get(name))
        command = put_area(number, 0, manager=manager, extent=extent, version=version, drawn=new)
        self.ask(command, self.model.put(kept, name, command, us_of(self.now)))

    @rule(number=AREAS, pick=PICKS, manager=MANAGERS)
    def delete_area(self, number, pick, manager) -> None:
        kept, name = self.model.areas, uuid(number)
        version = self.version(kept, name, pick) or drawn(0)
        command = delete_area(number, version, manager=self.whose(kept, name, pick, manager))
        self.ask(command, self.model.delete(kept, name, command))

    @rule(
        first=st.integers(40, 52),
        count=st.sampled_from((1, 1, 1, 2, 12)),
        cells=PLACES,
        start=STARTS,
        length=LENGTHS,
        pick=PICKS,
        manager=MANAGERS,
    )
    def put_displays(self, first, count, cells, start, length, pick, manager) -> None:
        kept = self.model.displays
        for number in range(first, first + count):
            name = uuid(number)
            by, new = self.whose(kept, name, pick, manager), self.next_drawn()
            version, extent = (
                self.version(kept, name, pick),
                self.extent(cells, start, length, kept.get(name)),
            )
            command = put_display(number, 0, manager=by, extent=extent, version=version, drawn=new)
            self.ask(command, self.model.put(kept, name, command, us_of(self.now)))

    @rule(number=st.integers(40, 52), pick=PICKS, manager=MANAGERS)
    def delete_display(self, number, pick, manager) -> None:
        kept, name = self.model.displays, uuid(number)
        version = self.version(kept, name, pick) or drawn(0)
        command = delete_display(number, version, manager=self.whose(kept, name, pick, manager))
        self.ask(command, self.model.delete(kept, name, command))

    @rule(minutes=st.sampled_from((1, 5, 15, 45)), tidies=st.booleans())
    def wait(self, minutes, tidies) -> None:
        """Time passes, and the node's own rules ask, or have not yet."""
        self.now += timedelta(minutes=minutes)
        self.model.pass_to(us_of(self.now))
        orders = tidying.orders(
            self.desk.decider.projection, node="node-north", now=self.now, command_id=self.next_drawn
        )
        if orders and tidies:
            assert not [each for each in self.desk.ask(*orders, now=self.now) if not each.receipt]

    @rule(cells=PLACES, start=STARTS, length=LENGTHS)
    def look(self, cells, start, length) -> None:
        """What is found by place and by id."""
        durable, now_us = self.desk.decider.projection.references.durable, us_of(self.now)
        extent = self.extent(cells, start, length)
        asked = Envelope(
            cells=extent.cells, time_start_us=extent.time_start_us, time_end_us=extent.time_end_us
        )
        met = {
            name
            for name, each in self.model.areas.items()
            if each["cells"] & set(extent.cells)
            and each["end"] >= max(now_us, extent.time_start_us or 0)
            and (extent.time_end_us is None or each["start"] <= extent.time_end_us)
        }
        assert set(durable.service_areas.meeting(asked, now_us=now_us)) == met
        held = {n for n, each in durable.service_area.items() if service_areas.found(each, now_us)}
        assert held == set(self.model.areas)
        there = durable.display_subscriptions.meeting(Envelope(cells=extent.cells), now_us=now_us)
        assert {name: durable.display_subscription[name].notification_index for name in there} == {
            name: each["index"]
            for name, each in self.model.displays.items()
            if each["cells"] & set(extent.cells)
        }

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            rows = list(self.desk.store.rows())
            assert replay(rows, party="north").projection.state() == self.desk.decider.projection.state()
            assert list(redecided(rows, party="north")) == []


TestBeside = Beside.TestCase
TestBeside.settings = settings(max_examples=some(30), stateful_step_count=30, deadline=None)
