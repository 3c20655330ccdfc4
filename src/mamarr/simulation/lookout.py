"""What the watch was told by receivers, and whether the log and the pictures say what follows from it.

Rests on the words of the log (JSON), on the reports as they were said and on what viewers were shown. Where
an aircraft is beside its way is measured by a geodesy of its own (`apart`). So it shares nothing with what
decides whose a track is, whether it deviates and who sees it. Only clear cases are judged: what lies near a
limit, or is disputed, is left to the rules.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np

from mamarr.simulation.apart import Part, beside, distances_m, on_earth
from mamarr.simulation.ledger import Ledger

Words = dict[str, Any]  # one object of JSON
LATERAL, ALONG, LEVEL = "RAMHD", "RAMLD", "CLAM"
OUTSIDE_RATIO, INSIDE_RATIO = 1.25, 0.9  # of the half width: clearly outside, clearly inside
EDGE_RATIO = 0.97  # farther out than this was seen whoever is warned about
OUTSIDE_COUNT, OUTSIDE_MS = 4, 10_000  # reports in a row, and for so long: to be raised by then
GAP_MS = 15_000  # unseen for longer: what was seen before is owed nothing
INSIDE_COUNT, INSIDE_MS = 6, 30_000  # the same, to be cleared by then
LATE_MS, OFF_MM = 180_000, 91_440  # what is allowed along the way and to the levels
SPEED_MAX_MPS = 700.0  # faster than this between two reports a track is in doubt
ON_WAY_RATIO = 0.01  # of a leg: nearer to its end a report is not judged to be on it
FRESH_MS = 2_500  # how old a block may be
ESCALATED_MS = 60_000
PERIODS_MS = {"adsb": 2_000, "radar": 5_000}  # in which each feed says something, as declared
STANDS = ("CLAIMED", "CORROBORATED")
LIVE_RULE, WISHES = "live", ("raise-alert", "clear-alert")


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One report, as it was said to the process that watches."""

    track: str
    source: str
    address: str | None
    callsign: str | None
    place_deg: tuple[float, float]
    level_mm: int
    time_ms: int
    is_self: bool


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """One cycle of a process. knows: how long the log was of which it was told."""

    process: int
    number: int
    now_ms: int
    knows: int
    said: tuple[Said, ...]


class Exchange(msgspec.Struct, kw_only=True):
    """The node heard a cycle at `now_ms`, its log having `size` entries. is_settled: all asked is kept."""

    process: int
    number: int
    size: int
    now_ms: int = 0
    is_settled: bool = False
    has_failed: bool = False


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A picture. block_of: process and cycle, (0, 0) without a block. names: the keys of tracks, by name."""

    party: str
    size: int
    now_ms: int
    told: bytes
    block_of: tuple[int, int]
    names: dict[str, str]


Item = Cycle | Exchange | Shown


class Version:
    """A flight as it was in the log from one entry to another."""

    def __init__(self, name: str, party: str, plan: Words, since: int) -> None:
        self.name, self.party, self.plan, self.since = name, party, plan, since
        self.until: int | None = None
        self.parts: Sequence[Part] = ()
        self.shares: list[str] = []
        self.callsign: str = plan["identification"]
        self.address: str | None = plan["icao_address"].upper() if "icao_address" in plan else None
        self.end_ms: int = plan["route"][-1]["time_ms"] + plan["route"][-1].get("stay_ms", 0)
        self.airborne_since: int | None = None  # the entry, as `since`; None: on the ground
        self.firm_since: int | None = None  # None: provisional

    def is_airborne(self, size: int) -> bool:
        """Whether it is in the air, as the log of `size` entries has it."""
        return self.airborne_since is not None and self.airborne_since < size

    def is_provisional(self, size: int) -> bool:
        """Whether it may lapse, as the log of `size` entries has it."""
        return self.firm_since is None or self.firm_since >= size

    def matches(self, said: Said) -> bool:
        """Whether what was said names this flight, and nothing of it contradicts."""
        if said.address is not None and self.address not in (None, said.address):
            return False
        if said.callsign not in (None, self.callsign):
            return False
        return said.callsign == self.callsign or (said.address is not None and said.address == self.address)


class Beside(msgspec.Struct, frozen=True):
    """A place beside one leg: part of the half width, later than planned, off its levels, part of the leg."""

    ratio: float
    late_ms: float
    off_mm: int
    along_ratio: float


class Must(msgspec.Struct, frozen=True):
    """After a cycle: of which flights an alert must be raised, of which it must be cleared, and which of
    these others saw than the aircraft itself."""

    out: set[Version]
    back: set[Version]
    seen: set[Version]


class Run:
    """How one track keeps to one version of a flight, in one process."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.is_joined = self.is_spoiled = False
        self.outside_ms: list[int] = []
        self.inside_ms: list[int] = []
        self.last: Said | None = None


class Lookout:
    """Reads the log and the journal side by side. `sentences` says what should not be."""

    def __init__(self, entries: Sequence[tuple[int, bytes, bytes, int]], node_party: str) -> None:
        self.sentences: list[str] = []
        self._entries, self._read = entries, 0
        self._node_party = node_party
        self._ledger = Ledger()
        self._authorities: dict[str, str] = {}
        self._versions: dict[str, list[Version]] = defaultdict(list)
        self._alerts: dict[tuple[str, str], Words] = {}
        self._said: dict[str, list[Said]] = defaultdict(list)  # by track, whoever heard it
        self._heard: dict[str, Said] = {}  # by track, of the process that watches now
        self._jumped: set[str] = set()  # tracks in doubt, for all flights and plans that they may be of
        self._runs: dict[tuple[str, str], Run] = {}
        self._joined: set[str] = set()  # flights that were seen on their way, by whichever process
        self._process, self._now_ms = 0, 0
        self._spoken: dict[tuple[int, int], dict[str, int]] = {}  # by cycle: when each feed spoke last
        self._speaks: dict[str, int] = {}
        self._order: dict[int, int] = {}  # of reports, by their identity, in which they were heard
        self._counts: dict[tuple[int, int], int] = {}  # by cycle: how many were heard
        self._of_ms: dict[tuple[int, int], int] = {}
        self._knows: dict[tuple[int, int], int] = {}
        self._must: dict[tuple[int, int], Must] = {}
        self._owed: Exchange | None = None
        self._measured: dict[tuple[int, int], list[Beside]] = {}

    def judge(self, journal: Sequence[Item]) -> None:
        """Walk through all that was said and shown."""
        for item in journal:
            match item:
                case Cycle():
                    self._read_to(item.knows)
                    self._cycle(item)
                case Exchange():
                    self._read_to(item.size)
                    self._exchanged(item)
                case Shown():
                    self._read_to(item.size)
                    self._shown(item)
        self._read_to(1 << 60)

    # --- the log ------------------------------------------------------------------------------------------

    def _read_to(self, size: int) -> None:
        while self._read < len(self._entries) and self._entries[self._read][0] < size:
            sequence, order, decided, time_ms = self._entries[self._read]
            self._read += 1
            asked, said = msgspec.json.decode(order), msgspec.json.decode(decided)
            is_wish = asked["author"].get("rule") == LIVE_RULE and asked["command"]["type"] in WISHES
            if is_wish and "refusal" in said:
                self.sentences.append(f"entry {sequence}: a wish of the watch was refused: {said['refusal']}")
            for event in said.get("events", ()):
                self._happened(event, asked, sequence, time_ms)

    def _happened(self, event: Words, asked: Words, sequence: int, time_ms: int) -> None:
        match event["type"]:
            case "corridor-declared":
                self._ledger.corridors[event["corridor"]["corridor_id"]] = event["corridor"]
            case "share-declared":
                self._authorities[event["share"]["share_id"]] = event["share"]["authority"]
            case "alert-raised" | "alert-acknowledged" | "alert-escalated" | "alert-cleared":
                self._alerted(event, asked, sequence, time_ms)
            case _ if "flight_id" in event:
                self._flew(event, sequence)

    def _flew(self, event: Words, sequence: int) -> None:
        name, kind = event["flight_id"], event["type"]
        before = self._flight(name, sequence)
        if kind == "confirmed" and before is not None:
            before.firm_since = sequence
        if kind == "condition-reported" and before is not None and before.airborne_since is None:
            before.airborne_since = sequence
        if kind in ("filed", "revised", "passed"):
            party = event.get("party") or (before.party if before else "")
            found = Version(name, party, event["plan"], sequence)
            left = {each["leg"] for each in event["volumes"]}  # what it passed, as it reported, is none of it
            found.parts = [part for part in self._ledger.flown(event["plan"], 0, 0) if part.leg in left]
            found.shares = event.get("shares", before.shares if before else [])
            found.airborne_since = before.airborne_since if before else None
            if kind == "passed" and found.airborne_since is None:
                found.airborne_since = sequence
            found.firm_since = None if event.get("stage") == "PROVISIONAL" else sequence
            self._versions[name].append(found)
        if kind in ("filed", "revised", "passed", "withdrawn", "ended", "flight-expired") and before:
            before.until = sequence

    def _flight(self, name: str, size: int) -> Version | None:
        """The flight as the log of `size` entries has it."""
        for version in reversed(self._versions.get(name, ())):
            if version.since < size and (version.until is None or version.until >= size):
                return version
        return None

    def _is_over(self, name: str, size: int, now_ms: int) -> bool:
        """Whether a flight may be no longer looked for: it may have lapsed, or have ended by the clock."""
        flight = self._flight(name, size)
        if flight is None or flight.is_provisional(size):
            return True
        return not flight.is_airborne(size) and now_ms >= flight.end_ms

    # --- alerts, as they are entered ----------------------------------------------------------------------

    def _alerted(self, event: Words, asked: Words, sequence: int, time_ms: int) -> None:
        key, kind = (event["kind"], event["subject"]), event["type"]
        alert = self._alerts.get(key)
        where = f"entry {sequence}: {key[0]} of {key[1]}"
        if kind == "alert-raised":
            self._raised(where, key, event["measured"])
            count = 1 if alert is None else alert["raised_count"] + 1
            self._alerts[key] = {
                "status": "ACTIVE_UNACK",
                "raised_count": count,
                "raised_ms": time_ms,
                "measured": event["measured"],
                "sequence": sequence,
                "order": self._heard_by_now(),
            }
            return
        if alert is None:
            self.sentences.append(f"{where} was never raised")
            return
        if kind == "alert-cleared":
            self._cleared(where, key, alert, sequence, time_ms)
            self._changed(key, "ACTIVE_ACK", "RECTIFIED_UNACK")
        elif kind == "alert-acknowledged":
            author = asked["author"]
            if author.get("rule") or author["party"] not in self._on_watch(key[1], sequence):
                self.sentences.append(f"{where} was acknowledged by {author}")
            self._changed(key, "RECTIFIED_UNACK", "ACTIVE_ACK")
        elif alert["status"] == "ACTIVE_ACK" or time_ms - alert["raised_ms"] < ESCALATED_MS:
            self.sentences.append(f"{where} was escalated, though seen or new")

    def _heard_by_now(self) -> int:
        """How many reports were heard when what is read now was wished: a clock may be set back."""
        at = None if self._owed is None else (self._owed.process, self._owed.number)
        return len(self._order) if at is None else self._counts[at]

    def _changed(self, key: tuple[str, str], ends: str, otherwise: str) -> None:
        if self._alerts[key]["status"] == ends:
            del self._alerts[key]
        else:
            self._alerts[key]["status"] = otherwise

    def _on_watch(self, flight_id: str, size: int) -> set[str]:
        """Whose duty an alert about the flight is."""
        flight = self._flight(flight_id, size)
        shares = flight.shares if flight else []
        return {self._node_party, *(self._authorities[each] for each in shares if each in self._authorities)}

    def _raised(self, where: str, key: tuple[str, str], measured: Words) -> None:
        versions = self._versions.get(key[1], [])
        said = self._said.get(measured["track"], [])
        named = [(each, version) for each in said for version in versions if version.matches(each)]
        if not named:
            self.sentences.append(f"{where} was raised by {measured['track']}, which never was that flight")
        elif not any(self._is_off(key[0], self._beside(version, each)) for each, version in named):
            self.sentences.append(f"{where} was raised, and {measured['track']} was never seen off its way")

    def _is_off(self, kind: str, places: Sequence[Beside]) -> bool:
        """Whether a place is off its way, or nearly."""
        if kind == LATERAL:
            return min(each.ratio for each in places) > EDGE_RATIO
        near = _near(places)
        if kind == LEVEL:
            return any(abs(each.off_mm) > EDGE_RATIO * OFF_MM for each in near)
        return any(abs(each.late_ms) > EDGE_RATIO * LATE_MS for each in near)

    def _cleared(self, where: str, key: tuple[str, str], alert: Words, sequence: int, time_ms: int) -> None:
        """An alert ends when its flight is no more, or is seen to be back; silence ends none."""
        # That it is no more may have been so when it was wished, and not when it was decided.
        sizes = (sequence, sequence if self._owed is None else self._owed.size)
        if any(self._is_over(key[1], size, time_ms) for size in sizes):
            return
        versions = self._versions[key[1]]
        by_radar = not alert["measured"].get("is_self_report", True)
        for said in self._said.values():
            for each in said:
                if self._order[id(each)] < alert["order"] or (by_radar and each.is_self):
                    continue
                for version in versions:
                    if version.matches(each) and self._is_back(key, self._beside(version, each)):
                        return
        self.sentences.append(f"{where} was cleared, and nobody saw it back")

    def _is_back(self, key: tuple[str, str], places: Sequence[Beside]) -> bool:
        """Whether a place is on its way again; who was never seen on it is early for nothing."""
        kind, name = key
        if places[-1].along_ratio >= 1:
            return True
        if kind == LATERAL:
            return min(each.ratio for each in places) <= 1
        near = _near(places)
        if kind == LEVEL:
            return any(abs(each.off_mm) <= OFF_MM for each in near)
        is_joined = name in self._joined
        return any((abs(each.late_ms) if is_joined else each.late_ms) <= LATE_MS for each in near)

    def _beside(self, version: Version, said: Said) -> list[Beside]:
        """Where what was said lies beside each part of the way."""
        key = id(version), id(said)
        if key not in self._measured:
            self._measured[key] = [_measured(part, said) for part in version.parts]
        return self._measured[key]

    # --- what was reported --------------------------------------------------------------------------------

    def _cycle(self, cycle: Cycle) -> None:
        if cycle.process != self._process or cycle.now_ms < self._now_ms:
            # Another process, or its clock was set back: it knows nothing.
            self._heard, self._runs, self._speaks, self._jumped = {}, {}, {}, set()
        self._process, self._now_ms = cycle.process, cycle.now_ms
        at = cycle.process, cycle.number
        self._speaks |= {said.source: cycle.now_ms for said in cycle.said}
        self._spoken[at], self._of_ms[at], self._knows[at] = dict(self._speaks), cycle.now_ms, cycle.knows
        for said in cycle.said:
            self._order[id(said)] = len(self._order)
            self._said[said.track].append(said)
            if _is_too_fast(self._heard.get(said.track), said):
                self._jumped.add(said.track)
            self._heard[said.track] = said
        for said in cycle.said:
            for name in self._versions:
                version = self._flight(name, cycle.knows)
                if version is not None and version.matches(said):
                    self._followed(version, said)
        self._must[at], self._counts[at] = self._owed_at(cycle), len(self._order)

    def _followed(self, version: Version, said: Said) -> None:
        """Take in how a track keeps to a flight."""
        key = said.track, version.name
        run = self._runs.get(key)
        if run is None or run.version is not version:
            run = self._runs[key] = Run(version)
        places = self._beside(version, said)
        nearest = min(places, key=lambda each: each.ratio)
        if run.last is not None and said.time_ms - run.last.time_ms > GAP_MS:
            run.outside_ms, run.inside_ms = [], []
        run.last = said
        run.is_spoiled |= said.track in self._jumped
        is_along = ON_WAY_RATIO < nearest.along_ratio < 1 - ON_WAY_RATIO
        run.is_spoiled |= places[-1].along_ratio >= 1 or not (is_along or nearest.along_ratio <= 0)
        run.is_joined |= is_along and nearest.ratio < INSIDE_RATIO
        if run.is_joined:
            self._joined.add(version.name)
        is_outside = nearest.ratio > OUTSIDE_RATIO and is_along and run.is_joined
        run.outside_ms = [*run.outside_ms, said.time_ms] if is_outside else []
        is_inside = nearest.ratio < INSIDE_RATIO and run.is_joined
        run.inside_ms = [*run.inside_ms, said.time_ms] if is_inside else []

    def _owed_at(self, cycle: Cycle) -> Must:
        out: set[Version] = set()
        back: set[Version] = set()
        for (track, _), run in self._runs.items():
            version = run.version
            runs = [each for (_, name), each in self._runs.items() if name == version.name]
            if not self._is_plain(version, cycle) or any(each.is_spoiled for each in runs):
                continue
            if any(said.track == track for said in cycle.said) and _lasts(
                run.outside_ms, OUTSIDE_COUNT, OUTSIDE_MS
            ):
                out.add(version)
            if all(_lasts(each.inside_ms, INSIDE_COUNT, INSIDE_MS) for each in runs):
                back.add(version)
        others = [said for said in self._heard.values() if not said.is_self]
        seen = {version for version in back if any(version.matches(said) for said in others)}
        return Must(out, back, seen)

    def _is_plain(self, version: Version, cycle: Cycle) -> bool:
        """Whether a flight is one that nothing else is taken for, and that is looked for."""
        if version.is_provisional(cycle.knows) or cycle.now_ms >= version.end_ms:
            return False
        if any(each.until is None or each.until >= cycle.knows for each in self._rivals(version)):
            return False
        touching = [
            said
            for said in self._heard.values()
            if said.callsign == version.callsign or (said.address and said.address == version.address)
        ]
        if any(not version.matches(said) for said in touching):
            return False
        addresses = {said.address for said in touching}
        return len(touching) == 1 or (len(addresses) == 1 and None not in addresses)

    def _rivals(self, version: Version) -> Iterator[Version]:
        """Versions of other flights that say the same address or callsign."""
        for name, versions in self._versions.items():
            for each in versions if name != version.name else ():
                if each.callsign == version.callsign or (each.address and each.address == version.address):
                    yield each

    # --- what the node made of it -------------------------------------------------------------------------

    def _exchanged(self, exchange: Exchange) -> None:
        owed, self._owed = self._owed, exchange
        if owed is None or not owed.is_settled:
            return
        at = owed.process, owed.number
        must = self._must[at]
        for version in must.out | must.back:
            alert = self._alerts.get((LATERAL, version.name))
            is_active = alert is not None and alert["status"] != "RECTIFIED_UNACK"
            if self._flight(version.name, exchange.size) is not version:
                continue
            was_over = self._is_over(version.name, owed.size, owed.now_ms)  # when it was heard
            if version in must.out and not is_active and not was_over:
                self.sentences.append(f"{version.name} was outside for long in cycle {at}: nobody was warned")
            if version in must.back and is_active and alert and self._is_owed(version, alert, at):
                self.sentences.append(f"{version.name} was back for long in cycle {at}: the alert stays")

    def _is_owed(self, version: Version, alert: Words, at: tuple[int, int]) -> bool:
        """Whether the process knew of the alert, and saw the flight in a way that may end it."""
        if alert["sequence"] >= self._knows[at]:
            return False
        by_radar = not alert["measured"].get("is_self_report", True)
        return not by_radar or version in self._must[at].seen

    def _shown(self, shown: Shown) -> None:
        picture = msgspec.json.decode(shown.told)
        where = f"a picture to {shown.party}"
        self._alerts_shown(where, shown, picture["alerts"])
        self._feeds_shown(where, shown, picture)
        for track in picture["tracks"]:
            self._track_shown(where, shown, track)

    def _alerts_shown(self, where: str, shown: Shown, alerts: Sequence[Words]) -> None:
        is_node = shown.party == self._node_party
        said = {(each["alert"]["kind"], each["alert"]["subject"], each["alert"]["status"]) for each in alerts}
        there = {(*key, alert["status"]) for key, alert in self._alerts.items()}
        if said - there or (is_node and there - said):
            self.sentences.append(f"{where} has the alerts {sorted(said)}, the log {sorted(there)}")
        for _, subject, _ in said if not is_node else ():
            flight = self._flight(subject, shown.size)
            is_own = flight is not None and flight.party == shown.party
            if not is_own and shown.party not in self._on_watch(subject, shown.size):
                self.sentences.append(f"{where} has an alert of {subject}")
        for alert in (each["alert"] for each in alerts):
            is_on_watch = shown.party in self._on_watch(alert["subject"], shown.size)
            if alert.get("acknowledged_by") and not is_on_watch:
                self.sentences.append(f"{where} says who acknowledged the alert of {alert['subject']}")
        if any(each["alert"]["measured"]["track"] for each in alerts):
            self.sentences.append(f"{where} has the key of a track")

    def _feeds_shown(self, where: str, shown: Shown, picture: Words) -> None:
        """No data never looks like no traffic."""
        of_ms = self._of_ms.get(shown.block_of)
        is_running = picture["live"] == "RUNNING"
        if is_running and (of_ms is None or abs(shown.now_ms - of_ms) > FRESH_MS):
            self.sentences.append(f"{where} says that somebody watches; the last who did at {of_ms}")
        for feed in picture["feeds"]:
            name, state = feed["feed_id"], feed["state"]
            spoke_ms = self._spoken[shown.block_of].get(name)
            if state == "LIVE" and (
                not is_running or spoke_ms is None or (of_ms or 0) - spoke_ms > 2 * PERIODS_MS[name]
            ):
                self.sentences.append(f"{where} says that {name} speaks; it last did at {spoke_ms}")
            if (state != "LIVE" or not is_running) and feed["tracks_count"] is not None:
                self.sentences.append(f"{where} counts the tracks of {name}, which is {state}")

    def _track_shown(self, where: str, shown: Shown, track: Words) -> None:
        name, key = track["flight_id"], shown.names[track["track_id"]]
        flight = None if name is None else self._flight(name, shown.size)
        if shown.party != self._node_party:
            if flight is None or flight.party != shown.party or track["standing"] not in STANDS:
                self.sentences.append(f"{where} has the track {key} of {name}")
            if track["icao_address"] or track["callsign"]:
                self.sentences.append(f"{where} says who {key} is")
        if track["standing"] in STANDS and not self._is_named(shown, name, key):
            self.sentences.append(f"{where} takes {key} for {name}, which it does not say it is")

    def _is_named(self, shown: Shown, name: str, key: str) -> bool:
        """Whether the track said that it is the flight, as the process or the log knew it."""
        knows = self._knows[shown.block_of]
        versions = [
            each
            for each in self._versions.get(name, ())
            if each.since < shown.size and (each.until is None or each.until >= knows)
        ]
        return any(version.matches(said) for said in self._said.get(key, ()) for version in versions)


def conflicts(
    entries: Sequence[tuple[int, bytes, bytes, int]], journal: Sequence[Item], *, node_party: str
) -> Iterator[str]:
    """A sentence for all that should not be. entries: number, order, decision, time of each, as stored."""
    lookout = Lookout(entries, node_party)
    lookout.judge(journal)
    return iter(lookout.sentences)


def _lasts(times_ms: Sequence[int], count: int, for_ms: int) -> bool:
    return len(times_ms) >= count and times_ms[-1] - times_ms[0] >= for_ms


def _near(places: Sequence[Beside]) -> list[Beside]:
    """The parts within which a place lies, or those that it is least beyond."""
    least = max(1.0, min(each.ratio for each in places)) * 1.05
    return [each for each in places if each.ratio <= least]


def _is_too_fast(before: Said | None, after: Said) -> bool:
    """Whether nothing flies from where one says it is to where the other does."""
    if before is None:
        return False
    places_m = on_earth([before.place_deg, after.place_deg])
    away_m = float(np.linalg.norm(places_m[1] - places_m[0]))
    return away_m > SPEED_MAX_MPS * (after.time_ms - before.time_ms) / 1_000


def _measured(part: Part, said: Said) -> Beside:
    place_m = on_earth([said.place_deg])
    off_mm = said.level_mm - min(part.highest_mm, max(part.lower_mm, said.level_mm))
    if not part.is_way:
        away_m = float(distances_m(place_m, part)[0]) + part.reach_m
        inside_ms = min(part.exit_ms, max(part.entry_ms, said.time_ms))
        return Beside(away_m / part.reach_m, said.time_ms - inside_ms, off_mm, 0.5)
    away_m, along_ratio = beside(place_m[0], part)
    planned_ms = part.entry_ms + min(1.0, max(0.0, along_ratio)) * (part.exit_ms - part.entry_ms)
    return Beside(away_m / part.reach_m, said.time_ms - planned_ms, off_mm, along_ratio)
