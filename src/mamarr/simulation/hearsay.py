"""What askers were told, word for word: whether it names what they may not know by name.

Rests on the words of the log alone (JSON): who flies and reserves what, which rules were asked for and came
to hold; what holds without a rule is said here once more. So it shares nothing with what decides what may
leave. An asker knows what it named itself, in what it asked or in the plans of its own flights; an
authority is told which flight an alert is about that leads through a share of its own.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

import msgspec

Words = dict[str, Any]  # one object of JSON
FLIGHT, RESERVATION, IMPOSED, CONSTRAINT = "FLIGHT", "RESERVATION", "IMPOSED", "CONSTRAINT"
RULED_BY = {FLIGHT: "flights", RESERVATION: "reservations"}
WITHOUT_RULE = {"flights": "EXISTENCE", "reservations": "IDENTITY"}
TELL_WHO = ("IDENTITY", "CONTACT")
OWNER_IN = {  # the events that say whose something is: its kind, the fields of its id and of its owner
    "filed": (FLIGHT, "flight_id", "party"),
    "reserved": (RESERVATION, "reservation_id", "holder"),
    "queued": (RESERVATION, "reservation_id", "holder"),
    "was-imposed": (IMPOSED, "imposed_id", "party"),
}
TOLD_ANYWAY = ("acknowledged_party", "decided_by", "asked_of")  # of an alert it may see; of published shares
MOVES = ("filed", "revised", "passed", "condition-reported")  # the events that say what a flight came near to


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What one asker was told. what: an answer or a picture. asked: the command, empty for a picture."""

    asker: str
    what: str
    told: bytes
    asked: bytes = b""


class Names:
    """Whose everything is, as the log tells it; what is gone is of its last owner."""

    def __init__(self, node_party: str) -> None:
        self._node_party = node_party
        self._parties: set[str] = set()
        self._owners: dict[tuple[str, str], str] = {}  # by kind and id
        self._rules: dict[tuple[str, str], Words] = {}  # by owner and viewer
        self._plans: dict[str, Words] = {}
        self._touched: dict[str, list[Words]] = {}  # by flight: what it came near to
        self._authorities: dict[str, str] = {}  # by share
        self._through: dict[str, list[str]] = {}  # by flight: shares
        self._alerted: set[str] = set()  # flights of which there was an alert
        self._secret: dict[str, list[str]] = {}  # what was found since the log grew

    def read(self, order: bytes, decided: bytes) -> None:
        """Take in what one entry asked and decided."""
        for event in msgspec.json.decode(decided).get("events", ()):
            self._secret.clear()
            self._happened(event, order)

    def _happened(self, event: Words, order: bytes) -> None:
        kind = event["type"]
        if kind == "party-declared":
            self._parties.add(event["party"]["party_id"])
        elif kind == "disclosure-set":
            rule = msgspec.json.decode(order)["command"]["rule"]  # as it was asked for
            self._rules[rule["owner"], rule["viewer"]] = rule
        elif kind in OWNER_IN:
            noun, name, owner = OWNER_IN[kind]
            said = event.get("imposed", event)
            self._owners[noun, said[name]] = said[owner]
        elif kind == "share-declared":
            self._authorities[event["share"]["share_id"]] = event["share"]["authority"]
        elif kind == "alert-raised":
            self._alerted.add(event["subject"])
        if kind in ("filed", "revised"):
            self._through[event["flight_id"]] = event.get("shares", [])
        if "flight_id" in event and "plan" in event:
            self._plans[event["flight_id"]] = event["plan"]
        if kind in MOVES:
            self._touched[event["flight_id"]] = event.get("touching", [])

    def leaks(self, heard: Heard) -> Iterator[str]:
        """A sentence for each name in what was heard that its asker may not know."""
        viewer = heard.asker
        for name in self._kept_from(viewer):
            if _says(heard.told, name) and not _says(heard.asked, name) and name not in self._said_by(viewer):
                yield f"{viewer} was told of {name} in {heard.what}"
        for party in sorted(self._parties - {viewer}) if viewer != self._node_party else ():
            text = msgspec.json.encode(party)
            if text not in heard.told or text in heard.asked:
                continue
            if any(self._gives_away(party, each, viewer) for each in _objects(heard.told)):
                yield f"{viewer} was told of something of {party} in {heard.what}"

    def _kept_from(self, viewer: str) -> list[str]:
        """The ids that the viewer may not know."""
        if viewer not in self._secret:
            known = {name for (kind, name), owner in self._owners.items() if self._knows(kind, owner, viewer)}
            self._secret[viewer] = sorted({name for _, name in self._owners} - known)
        return self._secret[viewer]

    def _knows(self, kind: str, owner: str, viewer: str) -> bool:
        """Whether the viewer may know who and which."""
        if viewer in (owner, self._node_party):
            return True
        if kind not in RULED_BY:
            return kind == CONSTRAINT
        return self._rules.get((owner, viewer), WITHOUT_RULE)[RULED_BY[kind]] in TELL_WHO

    def _said_by(self, viewer: str) -> set[str]:
        """What the flights of the viewer say of others: whom they join, what they came near to."""
        own = [name for (kind, name), owner in self._owners.items() if kind == FLIGHT and owner == viewer]
        plans = [self._plans[name] for name in own]
        said = {plan.get(field) for plan in plans for field in ("joins", "splits_from")}
        return {*filter(None, said), *(name for name, _ in self._met(viewer)), *self._on_watch_of(viewer)}

    def _on_watch_of(self, viewer: str) -> set[str]:
        """Flights of which the viewer is told that they deviate: they lead through a share of its own."""
        return {
            name
            for name in self._alerted
            if any(self._authorities.get(share) == viewer for share in self._through.get(name, ()))
        }

    def _met(self, viewer: str) -> set[tuple[str, str]]:
        """Ids and owners of what flights of the viewer came near to, where it might know that then."""
        return {
            (each["object_id"], each["party"])
            for name, touched in self._touched.items()
            if self._owners[FLIGHT, name] == viewer
            for each in touched
            if self._knows(each["kind"], each["party"], viewer)
        }

    def _gives_away(self, party: str, said: Words, viewer: str) -> bool:
        """Whether an object names the party without something of it that the viewer may know."""
        found = [each for field, each in said.items() if field not in TOLD_ANYWAY]
        texts = [*found, *chain.from_iterable(each for each in found if isinstance(each, list))]
        if party not in texts:
            return False
        for (kind, name), owner in self._owners.items():
            if owner == party and name in texts and self._knows(kind, owner, viewer):
                return False
        return not any(owner == party and name in texts for name, owner in self._met(viewer))


def leaks(
    entries: Sequence[tuple[int, bytes, bytes, int]], heard: Mapping[int, Sequence[Heard]], *, node_party: str
) -> Iterator[str]:
    """A sentence for each name that somebody was told and may not know.

    entries: number, order, decision and time of each, as stored. heard: what was told, by how many entries
    of the log it tells of. node_party: knows who and where everything is.
    """
    names, sizes = Names(node_party), sorted(heard, reverse=True)
    for sequence, order, decided, _ in entries:
        while sizes and sizes[-1] <= sequence:
            yield from _found(names, heard[sizes.pop()])
        names.read(order, decided)
    while sizes:
        yield from _found(names, heard[sizes.pop()])


def _found(names: Names, heard: Sequence[Heard]) -> Iterator[str]:
    for each in heard:
        yield from names.leaks(each)


@cache
def _pattern(name: str) -> tuple[bytes, re.Pattern[bytes]]:
    """The name, and a word that is the name: not a piece of a number or of bytes in base 64."""
    text = name.encode()
    return text, re.compile(rb"(?<![A-Za-z0-9+/])" + re.escape(text) + rb"(?![A-Za-z0-9+/=])")


def _says(text: bytes, name: str) -> bool:
    word, pattern = _pattern(name)
    return word in text and pattern.search(text) is not None


def _objects(text: bytes) -> Iterator[Words]:
    """Every object in a text of JSON, at whatever depth."""
    waiting = [msgspec.json.decode(text)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
        if isinstance(value, dict | list):
            inside = value.values() if isinstance(value, dict) else value
            waiting += [each for each in inside if isinstance(each, dict | list)]
