"""What nodes that share a sky did together: whether what is in force at two of them comes too near.

Rests on the words of all logs alone, in the order in which they became durable, and on the places that
`ledger` tries. A flight is in force from when its filer's log says that it is COORDINATED until that says
otherwise, a reservation from when it is ALLOCATED until it is given back. Sky that is past by the clock that
is farthest ahead is nobody's any more. Where a log says that the agreement is suspended, nothing comes into
force there that rests on others, and nothing is accepted or confirmed for them.
"""

from typing import Any

import msgspec

from mamarr.simulation.apart import Part
from mamarr.simulation.ledger import FLIGHT, RESERVATION, Ledger, Thing, marked

Words = dict[str, Any]
Key = tuple[str, str]  # the node that filed it, and its id there
DECLARED = ("party-declared", "corridor-declared", "share-declared", "share-withdrawn", "terms-set")


class Joint:
    """The flights and reservations of all nodes that are in force. sentences: what should not be.

    pairs_count: of two nodes, that were compared; mixed_count: those of a reservation with anything.
    liar, lying_party: a node that does not keep to what it says, and whose it is.
    """

    def __init__(self, liar: str = "", lying_party: str = "") -> None:
        self._liar, self._lying_party = liar, lying_party
        self._left_to: dict[Key, frozenset[str]] = {}  # who had to accept each beside its filer
        self._ledgers: dict[str, Ledger] = {}  # by node: what it says of the sky
        self._asked: dict[Key, Thing] = {}
        self.in_force: dict[Key, Thing] = {}
        self._flying: set[Key] = set()
        self._forgotten: dict[Key, Thing] = {}
        self._said_as: dict[Key, str] = {}
        self._suspended: dict[str, set[str]] = {}  # by node: who has the agreement suspended
        self._revisions: dict[Key, int] = {}  # which is in force with others
        self.suspended_count = 0  # how often a node decided or heard so
        self.forgotten: dict[str, Key] = {}  # what a node has in force and does not know: what others call it
        self._is_read_again = False
        self.sentences: list[str] = []
        self.pairs_count = self.mixed_count = 0

    def read(self, node: str, decided: bytes, free_ms: int) -> None:
        """Take in what an entry of `node` decided. free_ms: what ends before is nobody's any more."""
        ledger = self._ledgers.setdefault(node, Ledger())
        said: Words = msgspec.json.decode(decided)
        for event in said.get("events", ()):
            kind = event["type"]
            self._suspension(node, event)
            if "coordination" in event:
                self._coordinated(node, event)
            if kind == "crossing-expired" and event["crossing_id"].startswith(f"{node}/"):
                name = event["crossing_id"].split("/")[-2]  # what was returned is over, as a person says
                self.in_force.pop(self.forgotten.pop(name, ("", "")), None)
            if kind in DECLARED:
                ledger.read(msgspec.json.encode({"events": [event]}), free_ms)
            elif "flight_id" in event:
                self._flight(ledger, (node, event["flight_id"]), event, free_ms)
            elif "reservation_id" in event:
                self._reservation(ledger, (node, f"reservation {event['reservation_id']}"), event, free_ms)

    def _suspension(self, node: str, event: Words) -> None:
        """What suspends the agreement at a node, ends that, or must not happen there meanwhile."""
        by = self._suspended.setdefault(node, set())
        match event["type"]:
            case "agreement-suspended":
                by.add(event["party"])
                self.suspended_count += 1
            case "agreement-resumed":
                by.discard(event["party"])
            case "crossing-confirmed" if by:
                self.sentences.append(f"{node} confirmed {event['crossing_id']} while {by} suspended")
            case "crossing-answered" if by and event["step"] == "ACCEPT":
                self.sentences.append(f"{node} accepted {event['crossing_id']} while {by} suspended")

    def forget(self, node: str) -> None:
        """The node goes on from a backup: what follows is its log again, from its first entry on.

        What it has in force with others stays so, though it may not know that any more: they protect it.
        """
        self._forgotten = {key: value for key, value in self.in_force.items() if key[0] == node}
        for known in (self._asked, self.in_force):
            for key in [each for each in known if each[0] == node]:
                del known[key]
        self._flying = {key for key in self._flying if key[0] != node}
        self._ledgers.pop(node, None)
        self._is_read_again = True

    def remember(self) -> None:
        """That log was read."""
        self._is_read_again = False
        for key, thing in self._forgotten.items():
            there = self.in_force.get(key)
            is_same = there is not None and there.plan == thing.plan  # a reservation has none
            if key not in self._flying and self._left_to.get(key) and not is_same:
                name = key[0], f"{key[1]} as forgotten"
                self.in_force[name], self._left_to[name] = thing, self._left_to[key]
                self.forgotten[self._said_as[key]] = name

    def _coordinated(self, node: str, event: Words) -> None:
        name = event.get("flight_id") or f"reservation {event['reservation_id']}"
        filing = event["coordination"].get("filing", {})
        revision = filing.get("in_force", 0) if filing.get("in_force_with") else 0
        if (node, name) in self._flying and self._revisions.get((node, name)) and not filing.get("in_force"):
            self.sentences.append(f"{name} of {node} flies, and is given back to others")
        by = self._suspended.get(node)
        if by and revision > self._revisions.get((node, name), 0) and not self._is_read_again:
            self.sentences.append(f"{name} of {node} came into force with others while {by} suspended")
        self._revisions[node, name] = revision
        asked = (*filing.get("asked_of", ()), *filing.get("in_force_with", ()))
        self._left_to[node, name] = frozenset(asked)
        self._said_as[node, name] = event["coordination"]["said_as"]

    def _is_a_liars(self, one: Key, other: Key) -> bool:
        """Whether the liar has one of them, or may have been the only one who had to accept both."""
        if self._liar in (one[0], other[0]):
            return True
        return all(self._lying_party in self._left_to.get(each, ()) for each in (one, other))

    def _flight(self, ledger: Ledger, key: Key, event: Words, free_ms: int) -> None:
        match event["type"]:
            case "filed":
                self._asked[key] = self._thing(ledger, key, event["party"], event)
                if event["stage"] == "COORDINATED":
                    self._enter(ledger, key, self._asked[key], free_ms)
            case "revised":
                thing = self._thing(ledger, key, self._asked[key].party, event)
                self._asked[key] = thing
                self.in_force.pop(key, None)
                if event["stage"] == "COORDINATED":
                    self._enter(ledger, key, thing, free_ms)
            case "confirmed":
                self._enter(ledger, key, self._asked[key], free_ms)
            case "coordination-changed":
                if event["stage"] == "COORDINATED" and key not in self.in_force:
                    self._enter(ledger, key, self._asked[key], free_ms)
                elif event["stage"] != "COORDINATED":  # others withdrew what it was in force by
                    self.in_force.pop(key, None)
            case "passed" | "condition-reported":
                self._flying.add(key)  # it is where it is; what comes after is judged node by node
                self.in_force.pop(key, None)
            case "withdrawn" | "ended" | "flight-expired":
                self._revisions.pop(key, None)
                self._asked.pop(key, None)
                self.in_force.pop(key, None)
                self._flying.discard(key)

    def _reservation(self, ledger: Ledger, key: Key, event: Words, free_ms: int) -> None:
        match event["type"]:
            case "reserved" | "queued":
                self._asked[key] = self._sky(ledger, key, event)
                if event["type"] == "reserved":
                    self._enter(ledger, key, self._asked[key], free_ms)
            case "allocated":
                self._enter(ledger, key, self._asked[key], free_ms)
            case "released" | "expired":
                self._asked.pop(key, None)
                self.in_force.pop(key, None)

    def _sky(self, ledger: Ledger, key: Key, event: Words) -> Thing:
        thing = Thing(RESERVATION, "/".join(key), event["holder"], ledger.sky(event))
        thing.keeps_clear = event.get("user_keeps_clear", True)
        return thing

    def _thing(self, ledger: Ledger, key: Key, party: str, event: Words) -> Thing:
        plan = event["plan"]
        thing = Thing(FLIGHT, "/".join(key), party, ())
        thing.plan, thing.centre = plan, event["centre"]
        within = ledger.terms["departure_before_ms"], ledger.terms["departure_after_ms"]
        thing.parts = marked(ledger.flown(plan, *within), event)
        return thing

    def _enter(self, ledger: Ledger, key: Key, thing: Thing, free_ms: int) -> None:
        if key in self._flying:
            return
        self.in_force[key] = thing
        if self._is_read_again:
            return
        for other_key, other in self.in_force.items():
            if other_key[0] != key[0] and not self._is_a_liars(key, other_key):
                self.pairs_count += 1
                self.mixed_count += RESERVATION in (thing.kind, other.kind)
                here, there = _from(thing, free_ms), _from(other, free_ms)
                ledger.sentences.clear()
                ledger.compared(here, there, free_ms)
                self.sentences += ledger.sentences


def _from(thing: Thing, free_ms: int) -> Thing:
    """The same without what is past."""
    later = Thing(thing.kind, thing.name, thing.party, _later(thing.parts, free_ms))
    later.plan, later.centre, later.keeps_clear = thing.plan, thing.centre, thing.keeps_clear
    return later


def _later(parts: list[Part], free_ms: int) -> list[Part]:
    return [each for each in parts if each.end_ms > free_ms]
