"""What the log says happened, read again as plain data; at each admission, whether it keeps its distance.

Rests on the words of the log alone (JSON), not on the values and rules that made them: minima, tolerances,
levels and what an emergency needs are said here once more. What is imposed may come near to anything; what is
admitted after it may not. Places are tried (`apart`), so what is found is so, and what is not found may be.
"""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from itertools import pairwise
from struct import iter_unpack
from typing import Any

import msgspec
import numpy as np

from mamarr.simulation.apart import (
    ENDLESS_MS,
    Metres,
    Part,
    along_edges,
    directions,
    from_e7deg,
    near_levels,
    near_times_ms,
    nearer,
    on_earth,
)
from mamarr.simulation.heights import block_mm, over_ellipsoid_mm

Words = dict[str, Any]  # one object of JSON

NM_MM = 1_852_000
FT_1000_MM = 304_800
FL_MM = 30_480
MINUTE_MS = 60_000
ACCURACY_NM = {
    "RNAV_10": 10.0,
    "RNAV_5": 5.0,
    "RNAV_2": 2.0,
    "RNAV_1": 1.0,
    "RNP_4": 4.0,
    "RNP_2": 2.0,
    "RNP_1": 1.0,
    "RNP_0_3": 0.3,
}
LOWEST_MM, HIGHEST_MM = -1_000_000, 100_000_000
BETWEEN = {"lateral_mm": 10 * NM_MM, "vertical_mm": 2 * FT_1000_MM, "time_ms": 5 * MINUTE_MS}
INSIDE = {"lateral_mm": 5 * NM_MM, "vertical_mm": FT_1000_MM, "time_ms": 0}
TERMS: Words = {
    "between_centres": BETWEEN,
    "inside_centre": INSIDE,
    "departure_before_ms": 5 * MINUTE_MS,
    "departure_after_ms": 10 * MINUTE_MS,
    "estimate_before_ms": 3 * MINUTE_MS,
    "estimate_after_ms": 3 * MINUTE_MS,
    "provisional_lapse_ms": 5 * MINUTE_MS,
}
FLIGHT, RESERVATION, CONSTRAINT, IMPOSED = "flight", "reservation", "constraint", "imposed"
EMERGENCY_RADIUS_M, EMERGENCY_LATERAL_M, EMERGENCY_BLOCK_MM = 55_560.0, 18_520.0, 2 * FT_1000_MM
NEEDED = -1  # the leg of what a flight needs besides its plan
EDGE_RAD = 1e-6  # six metres: a place nearer to a share's edge is not judged


class Thing:
    """Something in the sky: whose it is, what it is allowed, where it may be."""

    def __init__(self, kind: str, name: str, party: str, parts: Sequence[Part]) -> None:
        self.kind, self.name, self.party, self.parts = kind, name, party, list(parts)
        self.extra: list[Part] = []  # what an emergency needs besides
        self.plan: Words = {}
        self.centre = ""
        self.lapses_ms: int | None = None
        self.is_airborne = self.is_occupied = self.keeps_clear = self.waits = False
        self.exempt_parties: list[str] = []
        self.exempt_handling: list[str] = []

    def held(self, now_ms: int) -> list[Part]:
        """Where it may be from `now_ms` on, whatever the clock said; nothing when it is over or waits."""
        if self.waits or (self.lapses_ms is not None and self.lapses_ms <= now_ms):
            return []
        if self.is_airborne or self.is_occupied:
            return [_endless(part) if part.end_ms <= now_ms else part for part in self.parts] + self.extra
        if self.kind in (FLIGHT, RESERVATION) and all(part.end_ms <= now_ms for part in self.parts):
            return []
        return self.parts + self.extra

    def handling(self) -> list[str]:
        """Its reasons for special handling."""
        found: list[str] = self.plan.get("handling", [])
        return found


class Ledger:
    """The sky as the log tells it. `sentences` says what should not be."""

    def __init__(self) -> None:
        self.there: dict[tuple[str, str], Thing] = {}
        self.corridors: dict[str, Words] = {}
        self.parties: dict[str, Words] = {}
        self.shares: dict[str, Words] = {}
        self._declared = {"party": self.parties, "share": self.shares, "corridor": self.corridors}
        self.terms = TERMS
        self.sentences: list[str] = []
        self._report: Words = {}
        self._lines_m: dict[tuple[tuple[float, float], ...], Metres] = {}

    def read(self, decided: bytes, time_ms: int) -> None:
        """Take in what one entry decided."""
        said: Words = msgspec.json.decode(decided)
        for event in said.get("events", ()):
            self._happened(event, time_ms)
        refusal = said.get("refusal", {})
        if refusal.get("reason") == "CONFLICT":
            self._refused(refusal, time_ms)

    def _refused(self, refusal: Words, now_ms: int) -> None:
        """What is named as standing in the way must be there."""
        for name in refusal.get("because", ()):
            if not any(thing.name == name and thing.held(now_ms) for thing in self.there.values()):
                self.sentences.append(f"{name} was named in a refusal and holds nothing")

    def _happened(self, event: Words, now_ms: int) -> None:
        match event["type"]:
            case "party-declared" | "share-declared" | "corridor-declared":
                noun = event["type"].removesuffix("-declared")
                self._declared[noun][event[noun][f"{noun}_id"]] = event[noun]
            case "party-withdrawn" | "share-withdrawn" | "corridor-withdrawn":
                noun = event["type"].removesuffix("-withdrawn")
                del self._declared[noun][event[f"{noun}_id"]]
            case "terms-set":
                self.terms = event["terms"]
            case "constraint-declared" | "constraint-withdrawn":
                self._closed(event)
            case "was-imposed" | "lifted":
                self._imposed(event)
            case "filed" | "revised":
                self._filed(event, now_ms)
            case "reserved" | "queued" | "earmarked" | "allocated":
                self._reserved(event, now_ms)
            case _ if "reservation_id" in event:
                self._used(event, now_ms)
            case _ if "flight_id" in event:
                self._flew(event, now_ms)

    # --- what is closed, imposed and reserved -------------------------------------------------------------

    def _closed(self, event: Words) -> None:
        said = event.get("constraint", event)
        name = said["constraint_id"]
        self.there.pop((CONSTRAINT, name), None)
        if event["type"] == "constraint-declared":
            thing = Thing(CONSTRAINT, name, "", [_region(volume) for volume in said["volumes"]])
            thing.exempt_parties = said.get("exempt_parties", [])
            thing.exempt_handling = said.get("exempt_handling", [])
            self.there[CONSTRAINT, name] = thing

    def _imposed(self, event: Words) -> None:
        said = event.get("imposed", event)
        name = said["imposed_id"]
        self.there.pop((IMPOSED, name), None)
        if event["type"] == "was-imposed":
            parts = [_endless(_region(volume)) for volume in said["volumes"]]
            self.there[IMPOSED, name] = Thing(IMPOSED, name, said["party"], parts)

    def _reserved(self, event: Words, now_ms: int) -> None:
        name = event["reservation_id"]
        kind = event["type"]
        if kind in ("reserved", "queued"):
            self.there[RESERVATION, name] = thing = Thing(RESERVATION, name, event["holder"], self.sky(event))
            thing.keeps_clear, thing.waits = event.get("user_keeps_clear", True), kind == "queued"
        thing = self.there[RESERVATION, name]
        if kind == "earmarked":
            thing.waits, thing.lapses_ms = False, event["lapses_at_ms"]
        elif kind == "allocated":
            thing.lapses_ms = None
        if kind in ("reserved", "earmarked"):
            self._admitted(thing, now_ms)

    def sky(self, event: Words) -> list[Part]:
        """Where a reservation is, as it was asked for."""
        if "movement" in event:
            return self._moved(event["movement"])
        if "volume" in event:
            return [_box(event["volume"])]
        return [_region(volume) for volume in event["regions"]]

    def _moved(self, movement: Words) -> list[Part]:
        points = movement["points"]
        return [
            Part(
                line=self._line([_place(one), _place(other)]),
                reach_m=movement["radius_mm"] / 1000,
                lower_mm=movement["lower_mm"],
                highest_mm=_highest(movement["lower_mm"], movement["upper_mm"]),
                datum=movement["datum"],
                entry_ms=one["time_ms"],
                exit_ms=other["time_ms"],
            )
            for one, other in pairwise(points)
        ]

    def _used(self, event: Words, now_ms: int) -> None:
        key = RESERVATION, event["reservation_id"]
        match event["type"]:
            case "activated":
                self._entered(self.there[key], now_ms)
                self.there[key].is_occupied = True
            case "deactivated":
                self.there[key].is_occupied = False
            case "released" | "expired":
                if self.there.pop(key).is_occupied:
                    self.sentences.append(f"{key[1]} was forgotten while somebody was in it")

    def _entered(self, thing: Thing, now_ms: int) -> None:
        """A reservation is entered: nobody may be there now, whatever was planned."""
        at = {"entry_ms": now_ms, "exit_ms": now_ms + 1}
        inside = Thing(
            RESERVATION,
            thing.name,
            thing.party,
            [msgspec.structs.replace(part, **at) for part in thing.parts],
        )
        inside.keeps_clear = thing.keeps_clear
        for other in self.there.values():
            if other is not thing and (other.kind == IMPOSED or other.is_occupied):
                self.compared(inside, other, now_ms)

    # --- flights ------------------------------------------------------------------------------------------

    def _filed(self, event: Words, now_ms: int) -> None:
        name, plan = event["flight_id"], event["plan"]
        before = self.there.get((FLIGHT, name))
        thing = before or Thing(FLIGHT, name, event["party"], ())
        thing.plan, thing.centre = plan, self._centre(plan, thing.party)
        kind = "estimate" if thing.is_airborne else "departure"
        within = self.terms[f"{kind}_before_ms"], self.terms[f"{kind}_after_ms"]
        thing.parts = marked(self.flown(plan, *within), event)
        if before is None:
            thing.lapses_ms = event.get("lapses_at_ms")
            if event["stage"] == "PROVISIONAL" and thing.lapses_ms is None:
                self.sentences.append(f"{name} is provisional and never lapses")
        elif event["stage"] != "PROVISIONAL":
            thing.lapses_ms = None
        self.there[FLIGHT, name] = thing
        for part in thing.parts:
            if part.is_admitted and not self._is_allotted(part):
                self.sentences.append(f"{name} was admitted where nobody decides")
        if not plan.get("is_due_regard"):
            self._admitted(thing, now_ms)

    def _centre(self, plan: Words, party: str) -> str:
        known = self.parties.get(party, {})  # its declaration may have met a broken disk
        centres = [centre["centre_id"] for centre in known.get("centres", ())]
        found: str = plan.get("serving_centre") or known.get("serving_centre") or (centres or [""])[0]
        return found

    def flown(self, plan: Words, before_ms: int, after_ms: int) -> list[Part]:
        """Where a flight may be, as its plan says: every stay, every leg."""
        formation = plan.get("formation", {"lateral_mm": 0, "vertical_mm": 0})
        route, qnh, found = plan["route"], plan.get("qnh"), []
        for leg, point in enumerate(route):
            left_ms, there = point["time_ms"] + point.get("stay_ms", 0), [_block(point, qnh)]
            shared: Words = {"before_ms": before_ms, "after_ms": after_ms, "leg": leg}
            if point.get("stay_ms", 0):
                reach_mm = point.get("stay_radius_mm", 10 * NM_MM) + formation["lateral_mm"]
                found.append(
                    Part(
                        line=on_earth([_place(point)]),
                        reach_m=reach_mm / 1000,
                        entry_ms=point["time_ms"],
                        exit_ms=left_ms,
                        **_levels(there, formation),
                        **shared,
                    )
                )
            if leg + 1 < len(route):
                corridor = self.corridors.get(point.get("corridor_id", ""), {})
                found.append(
                    Part(
                        line=self._leg(point, route[leg + 1], corridor),
                        reach_m=(_half_width_mm(plan, corridor) + formation["lateral_mm"]) / 1000,
                        entry_ms=left_ms,
                        exit_ms=route[leg + 1]["time_ms"],
                        lateral_mm=corridor.get("lateral_minimum_mm", 0),
                        vertical_mm=corridor.get("vertical_minimum_mm", 0),
                        time_ms=corridor.get("longitudinal_minimum_ms", 0),
                        **_levels([*there, _block(route[leg + 1], qnh)], formation),
                        **shared,
                    )
                )
        return found

    def _leg(self, start: Words, end: Words, corridor: Words) -> Metres:
        places = [_place(point) for point in corridor.get("points", (start, end))]
        first, last = places.index(_place(start)), places.index(_place(end))
        return self._line(places[first : last + 1] if first < last else places[last : first + 1][::-1])

    def _line(self, places_deg: list[tuple[float, float]]) -> Metres:
        """The points of a way, which are remembered: there are few ways in these worlds."""
        key = tuple(places_deg)
        if key not in self._lines_m:
            self._lines_m[key] = on_earth(key)
        return self._lines_m[key]

    def _is_allotted(self, part: Part) -> bool:
        """Whether points on the way lie in a share, by the planes through the share's sides.

        At its lowest and its highest level, at its first and its last moment.
        """
        line = part.line if part.line is not None else np.zeros((1, 3))
        points = np.vstack([line[:-1] + (line[1:] - line[:-1]) * ratio for ratio in (0, 0.5)] + [line[-1:]])
        corners = [_corners_of(share) for share in self.shares.values()]
        inside = [
            (directions(points) @ np.cross(each, np.roll(each, -1, axis=0)).T >= -EDGE_RAD).all(axis=1)
            for each in corners
        ]
        for level_mm in (part.lower_mm, part.highest_mm):
            for moment_ms in (part.start_ms, part.end_ms - 1):
                allotted = np.zeros(len(points), dtype=bool)
                for within, share in zip(inside, self.shares.values(), strict=True):
                    allotted |= within if _holds(share, level_mm, moment_ms) else False
                if not allotted.all():
                    return False
        return True

    def _flew(self, event: Words, now_ms: int) -> None:
        name = event["flight_id"]
        thing = self.there[FLIGHT, name]
        over = not thing.held(now_ms)
        match event["type"]:
            case "confirmed":
                if thing.lapses_ms is not None and thing.lapses_ms <= now_ms:
                    self.sentences.append(f"{name} was confirmed when it had lapsed")
                thing.lapses_ms = None
            case "passed":
                self._passed(thing, event, now_ms)
            case "condition-reported":
                thing.is_airborne, thing.lapses_ms = True, None
                thing.extra = _needed(thing, event, now_ms, self._report)
            case "withdrawn" | "flight-expired" | "ended":
                if event["type"] == "flight-expired" and not over:
                    self.sentences.append(f"{name} was forgotten while it held sky")
                if thing.is_airborne and event["type"] != "ended":
                    self.sentences.append(f"{name} was given back in the air")
                del self.there[FLIGHT, name]

    def reported(self, command: Words) -> None:
        """The command that the next entry decides, where its events do not say what was reported."""
        self._report = command

    def _passed(self, thing: Thing, event: Words, now_ms: int) -> None:
        """From a point on: the same way at estimated times; what was behind is given back."""
        report, first = self._report, event["point"]
        later_ms = report["time_ms"] - thing.plan["route"][first]["time_ms"]
        first = min(first, max(part.leg for part in thing.parts))
        before_ms, after_ms = self.terms["estimate_before_ms"], self.terms["estimate_after_ms"]
        kept = []
        lapsed = not thing.held(now_ms)
        for part in thing.parts:
            if part.leg < first:
                continue
            changed = msgspec.structs.replace(
                part,
                entry_ms=part.entry_ms + later_ms,
                exit_ms=part.exit_ms + later_ms,
                before_ms=before_ms,
                after_ms=after_ms,
            )
            inside = part.start_ms <= changed.start_ms and changed.end_ms <= part.end_ms
            kept.append(
                msgspec.structs.replace(changed, is_admitted=part.is_admitted and inside and not lapsed)
            )
        thing.parts, thing.is_airborne, thing.lapses_ms = kept, True, None
        thing.plan = event["plan"]

    # --- distances ----------------------------------------------------------------------------------------

    def _admitted(self, thing: Thing, now_ms: int) -> None:
        """Say with what there is the thing that was admitted just now comes too near."""
        for other in self.there.values():
            if other is not thing and not _is_exempt(thing, other):
                self.compared(thing, other, now_ms)

    def compared(self, thing: Thing, other: Thing, now_ms: int) -> None:
        """Add a sentence when the thing, which is admitted now, comes too near to the other."""
        for there in other.held(now_ms):
            for part in thing.parts:
                is_free = other.kind == IMPOSED or not there.is_admitted
                if (not part.is_admitted and is_free) or _are_companions(thing, part, other, there):
                    continue
                lateral_mm, vertical_mm, time_ms = self._minima(thing, part, other, there)
                if near_times_ms(part, there) >= time_ms:
                    continue
                if near_levels(part, there)[0] >= max(1, vertical_mm):
                    continue
                if nearer(part, there, lateral_mm / 1000, time_ms):
                    self.sentences.append(
                        f"{thing.kind} {thing.name} was admitted nearer than {lateral_mm} mm, "
                        f"{vertical_mm} mm and {time_ms} ms to {other.kind} {other.name}"
                    )
                    return

    def _minima(self, thing: Thing, part: Part, other: Thing, there: Part) -> tuple[int, int, int]:
        """Lateral, vertical, time: how near the two may come."""
        kinds = {thing.kind, other.kind}
        clear = thing.keeps_clear or other.keeps_clear
        if CONSTRAINT in kinds or clear or (kinds == {RESERVATION} and thing.party == other.party):
            return 0, 0, 0
        inside = thing.centre != "" and thing.centre == other.centre
        agreed = self.terms["inside_centre" if inside else "between_centres"]
        level_mm = near_levels(part, there)[1]
        both = bool(thing.plan.get("has_rvsm") and other.plan.get("has_rvsm"))
        by_level_mm = FT_1000_MM if level_mm <= 290 * FL_MM or (both and level_mm <= 410 * FL_MM) else 0
        return (
            max(agreed["lateral_mm"], part.lateral_mm, there.lateral_mm),
            max(agreed["vertical_mm"], part.vertical_mm, there.vertical_mm, by_level_mm or 2 * FT_1000_MM),
            max(agreed["time_ms"], part.time_ms, there.time_ms),
        )


def conflicts(entries: Sequence[tuple[int, bytes, bytes, int]]) -> Iterator[str]:
    """A sentence for all that should not be. entries: number, order, decision, time of each, as stored."""
    ledger = Ledger()
    for _, order, decided, time_ms in entries:
        ledger.reported(msgspec.json.decode(order)["command"])
        ledger.read(decided, time_ms)
    return iter(ledger.sentences)


def _is_exempt(thing: Thing, other: Thing) -> bool:
    """Whether the two kinds do not bind each other at all."""
    kinds = {thing.kind, other.kind}
    if other.kind == CONSTRAINT:
        return thing.party in other.exempt_parties or any(
            reason in other.exempt_handling for reason in thing.handling()
        )
    if kinds == {FLIGHT, RESERVATION}:
        return thing.party == other.party
    if kinds != {FLIGHT} or thing.party != other.party:
        return False
    return "MARSA" in thing.handling() and "MARSA" in other.handling()


def _are_companions(thing: Thing, part: Part, other: Thing, there: Part) -> bool:
    """Whether one joins or leaves the other on these legs."""
    return thing.party == other.party and (
        other.name in _companions(thing, part) or thing.name in _companions(other, there)
    )


def _companions(thing: Thing, part: Part) -> list[str]:
    if not thing.plan or part.leg == NEEDED:
        return []
    last = part.leg >= max(1, len(thing.plan["route"]) - 1) - 1
    joined, left = thing.plan.get("joins"), thing.plan.get("splits_from")
    return ([joined] if joined and last else []) + ([left] if left and part.leg == 0 else [])


def _needed(thing: Thing, event: Words, now_ms: int, report: Words) -> list[Part]:
    """What the condition of a flight needs from now on, without end."""
    position, condition = report.get("position"), event["condition"]
    ground = condition == "EMERGENCY"
    if condition in ("EMERGENCY", "DEVIATING"):
        if position is None:
            return [_wider(part, ground=ground, now_ms=now_ms) for part in thing.parts]
        level_mm, above_mm = block_mm(position["level"], position["level"], position.get("qnh"))
        return [
            Part(
                line=on_earth([_place(position)]),
                reach_m=EMERGENCY_RADIUS_M,
                lower_mm=LOWEST_MM if ground else level_mm - EMERGENCY_BLOCK_MM,
                highest_mm=above_mm + EMERGENCY_BLOCK_MM - 1,
                entry_ms=now_ms,
                exit_ms=ENDLESS_MS,
                is_admitted=False,
                leg=NEEDED,
            )
        ]
    if condition == "COMM_LOST" and position is not None:
        level_mm, above_mm = block_mm(position["level"], position["level"], position.get("qnh"))
        until_ms = now_ms + (7 if report.get("has_surveillance") else 20) * MINUTE_MS
        return [
            msgspec.structs.replace(
                part,
                lower_mm=min(part.lower_mm, level_mm),
                highest_mm=max(part.highest_mm, above_mm) - 1,
                lateral_mm=0,
                vertical_mm=0,
                time_ms=0,
                is_admitted=False,
                leg=NEEDED,
            )
            for part in thing.parts
            if part.start_ms < until_ms and now_ms < part.end_ms
        ]
    return []


def _wider(part: Part, *, ground: bool, now_ms: int) -> Part:
    return msgspec.structs.replace(
        part,
        reach_m=part.reach_m + EMERGENCY_LATERAL_M,
        lower_mm=LOWEST_MM if ground else part.lower_mm - EMERGENCY_BLOCK_MM,
        highest_mm=part.highest_mm + EMERGENCY_BLOCK_MM - (1 if part.highest_mm == part.lower_mm else 0),
        entry_ms=min(now_ms, part.start_ms),
        exit_ms=ENDLESS_MS,
        before_ms=0,
        after_ms=0,
        lateral_mm=0,
        vertical_mm=0,
        time_ms=0,
        is_admitted=False,
        leg=NEEDED,
    )


def marked(parts: list[Part], event: Words) -> list[Part]:
    """The parts, those marked that the log says nobody decided on; what the log lacks was to be admitted."""
    free = {
        (volume["leg"], volume["volume"]["footprint"]["shape"] == "CIRCLE")
        for volume in event["volumes"]
        if not volume.get("is_admitted", True)
    }
    return [
        msgspec.structs.replace(
            part, is_admitted=(part.leg, part.line is not None and len(part.line) == 1) not in free
        )
        for part in parts
    ]


def _endless(part: Part) -> Part:
    return msgspec.structs.replace(part, entry_ms=part.start_ms, exit_ms=ENDLESS_MS, before_ms=0, after_ms=0)


def _holds(share: Words, level_mm: int, moment_ms: int) -> bool:
    """Whether the share has the pressure altitude, wherever its surface is, at that moment."""
    lowest_mm, highest_mm = level_mm, level_mm
    if share["datum"] != "STD":
        lowest_mm, highest_mm = over_ellipsoid_mm(level_mm, level_mm)
    windows = share.get("windows", ())
    is_open = any(window["time_start_ms"] <= moment_ms < window["time_end_ms"] for window in windows)
    return share["lower_mm"] <= lowest_mm and highest_mm < share["upper_mm"] and (is_open or not windows)


def _region(volume: Words) -> Part:
    """A circle of sky, what lies about a line, or the area inside of one."""
    footprint = volume["footprint"]
    corners = _corners_deg(footprint)
    is_area = footprint["shape"] == "POLYGON"
    return Part(
        line=along_edges([*corners, corners[0]] if is_area else corners),
        is_area=is_area,
        reach_m=footprint.get("radius_mm", 0) / 1000,
        datum=volume["datum"],
        lower_mm=volume["lower_mm"],
        highest_mm=_highest(volume["lower_mm"], volume["upper_mm"]),
        entry_ms=volume["time_start_ms"],
        exit_ms=volume["time_end_ms"],
    )


def _corners_deg(footprint: Words) -> list[tuple[float, float]]:
    return [from_e7deg(*corner) for corner in iter_unpack("<2i", b64decode(footprint["vertices"]))]


def _box(box: Words) -> Part:
    south_deg, west_deg = from_e7deg(box["latitude_south_e7deg"], box["longitude_west_e7deg"])
    north_deg, east_deg = from_e7deg(box["latitude_north_e7deg"], box["longitude_east_e7deg"])
    return Part(
        line=None,
        reach_m=0.0,
        sides_deg=(south_deg, north_deg, west_deg, east_deg if east_deg > west_deg else east_deg + 360),
        datum="WGS84",
        lower_mm=box["altitude_lower_mm"],
        highest_mm=_highest(box["altitude_lower_mm"], box["altitude_upper_mm"]),
        entry_ms=box["time_start_ms"],
        exit_ms=box["time_end_ms"],
    )


def _highest(lower_mm: int, upper_mm: int) -> int:
    """The highest level inside: the upper one is outside, unless it is the only one."""
    return max(lower_mm, upper_mm - 1)


def _block(point: Words, qnh: Words | None) -> tuple[int, int]:
    return block_mm(point["level"], point.get("level_upper") or point["level"], qnh)


def _levels(blocks: list[tuple[int, int]], formation: Words) -> Words:
    lower_mm, upper_mm = min(block[0] for block in blocks), max(block[1] for block in blocks)
    lower_mm, upper_mm = lower_mm - formation["vertical_mm"], upper_mm + formation["vertical_mm"]
    return {"lower_mm": lower_mm, "highest_mm": _highest(lower_mm, upper_mm)}


def _half_width_mm(plan: Words, corridor: Words) -> float:
    if corridor:
        return float(corridor["half_width_mm"])
    return 2 * ACCURACY_NM[plan.get("navigation_specification", "RNAV_5")] * NM_MM


def _place(point: Words) -> tuple[float, float]:
    return from_e7deg(point["latitude_e7deg"], point["longitude_e7deg"])


def _corners_of(share: Words) -> Metres:
    """The corners of a share as directions of latitude and longitude, so that they go round to the left."""
    places = np.radians(_corners_deg(share["footprint"]))
    across = np.cos(places[:, 0])
    return np.column_stack(
        (across * np.cos(places[:, 1]), across * np.sin(places[:, 1]), np.sin(places[:, 0]))
    )
