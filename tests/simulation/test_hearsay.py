"""The checker of what was told finds a planted name of each kind, and none where it may be known."""

from typing import Any

import msgspec
import pytest

from mamarr.simulation.hearsay import Heard, leaks

Words = dict[str, Any]
FLIGHT_OF_SOUTH: Words = {"type": "filed", "flight_id": "F1", "party": "south", "plan": {}}
AREA_OF_SOUTH: Words = {"type": "reserved", "reservation_id": "R1", "holder": "south"}
IMPOSED_BY_NORTH: Words = {
    "type": "was-imposed",
    "imposed": {"imposed_id": "I1", "party": "north"},
}
PARTIES = tuple(
    {"type": "party-declared", "party": {"party_id": each}} for each in ("north", "south", "relief")
)
THERE = (*PARTIES, FLIGHT_OF_SOUTH, AREA_OF_SOUTH, IMPOSED_BY_NORTH)


def entries(*decided: tuple[Words, ...], command: Words | None = None) -> list[tuple[int, bytes, bytes, int]]:
    order = msgspec.json.encode({"command": command or {}})
    return [(at, order, msgspec.json.encode({"events": events}), 0) for at, events in enumerate(decided)]


def found(log: list[tuple[int, bytes, bytes, int]], told: Any, *, size: int = 1, **heard: Any) -> list[str]:
    values = {"asker": "relief", "what": "an answer", "told": msgspec.json.encode(told), **heard}
    return list(leaks(log, {size: [Heard(**values)]}, node_party="north"))


@pytest.mark.parametrize(
    ("told", "asker", "names"),
    [
        ({"because": ["F1"]}, "relief", ["F1"]),  # of a flight: that it exists, no more
        ({"because": ["F1"]}, "south", []),
        ({"because": ["F1"]}, "north", []),
        ({"because": ["R1"]}, "relief", []),  # of a reservation: who and where
        ({"because": ["I1"]}, "relief", ["I1"]),
        ({"because": ["I1"]}, "north", []),
        ({"note": "near F1."}, "relief", ["F1"]),
        ({"vertices": "xF1/", "level": "F10"}, "relief", []),  # bytes, another number
        ({"others": [{"kind": "FLIGHT", "party": "south"}]}, "relief", ["something of south"]),
        ({"others": [{"kind": "FLIGHT", "party": "south"}]}, "north", []),
        ({"reservations": [{"reservation_id": "R1", "holder": "south"}]}, "relief", []),
        ({"reservations": [{"reservation_id": "R1", "holder": "north"}]}, "relief", ["something of north"]),
        ({"centre": "south-centre"}, "relief", []),
    ],
)
def test_a_name_is_told_only_to_who_may_know_it(told: Words, asker: str, names: list[str]):
    expected = [f"{asker} was told of {name} in an answer" for name in names]
    assert found(entries(THERE), told, asker=asker) == expected


@pytest.mark.parametrize(
    ("extent", "is_told"),
    [("NOTHING", True), ("EXISTENCE", True), ("VOLUME", True), ("IDENTITY", False), ("CONTACT", False)],
)
def test_a_rule_holds_as_it_was_asked_for(extent: str, is_told: bool):
    rule = {"owner": "south", "viewer": "relief", "flights": extent, "reservations": extent}
    other = {"type": "disclosure-set", "rule": {**rule, "flights": "CONTACT", "reservations": "CONTACT"}}
    log = entries((*THERE, other), command={"rule": rule})
    assert bool(found(log, {"because": ["F1"]})) is is_told
    assert bool(found(log, {"because": ["R1"]})) is is_told


def test_an_asker_knows_what_it_named_and_what_its_own_plans_say():
    told = {"because": ["F1"]}
    assert not found(entries(THERE), told, asked=b'{"flight_id":"F1"}')
    own = {"type": "filed", "flight_id": "F2", "party": "relief", "plan": {"joins": "F1"}}
    assert not found(entries((*THERE, own)), told)
    assert found(entries((*THERE, own)), {"because": ["I1"]})


def test_what_a_flight_of_its_own_came_near_to_is_known_where_it_was_then():
    touching = [
        {"kind": "RESERVATION", "object_id": "R1", "party": "south"},
        {"kind": "IMPOSED", "object_id": "I1", "party": "north"},
    ]
    own = {"type": "filed", "flight_id": "F2", "party": "relief", "plan": {}, "touching": touching}
    log = entries((*THERE, own), ({**AREA_OF_SOUTH, "holder": "north"},))
    assert not found(log, {"touching": touching[:1]}, size=2)
    assert found(log, {"touching": touching}, size=2) == [
        "relief was told of I1 in an answer",
        "relief was told of something of north in an answer",
    ]


def test_what_was_told_is_held_against_the_log_of_then():
    moved = {**FLIGHT_OF_SOUTH, "party": "relief"}
    log = entries(THERE, (moved,), (FLIGHT_OF_SOUTH,))
    assert [bool(found(log, {"because": ["F1"]}, size=size)) for size in range(4)] == [
        False,  # nobody has it
        True,
        False,
        True,
    ]
