"""What the rules between kinds look at, of each kind of object: its volumes as occupancies."""

from collections.abc import Sequence

import msgspec

from mamarr.airspace import Constraint, Reservation
from mamarr.airspace.occupancy import Kind, Occupancy
from mamarr.coordination import ForeignFlight, crossings
from mamarr.flights import Drones, Flight, Imposed, Plan, Protected, admission, holding
from mamarr.flights.crossings import Content
from mamarr.geometry import Box, Volume
from mamarr.geometry.volumes import TIME_LAST_MS, volumes_of_box


def of_asked(value: Reservation) -> tuple[Occupancy, ...]:
    """A reservation as it is asked for: all of its sky and time."""
    regions = value.regions if value.volume is None else volumes_of_box(value.volume)
    return tuple(
        of_reservation_volume(value, number, region, value.volume) for number, region in enumerate(regions)
    )


def of_reservation(
    value: Reservation, held: Sequence[Volume], box: Box | None = None
) -> tuple[Occupancy, ...]:
    """A reservation as it is, with what is held for it. box: its exact sides, where they matter."""
    return tuple(of_reservation_volume(value, number, volume, box) for number, volume in enumerate(held))


def of_reservation_volume(value: Reservation, number: int, volume: Volume, box: Box | None) -> Occupancy:
    """One volume of a reservation. box: its exact sides, where it is one box."""
    return Occupancy(
        kind=Kind.RESERVATION,
        object_id=value.reservation_id,
        number=number,
        party=value.holder,
        volume=volume,
        user_keeps_clear=value.user_keeps_clear,
        box=box,
    )


def of_plan(
    flight_id: str,
    party: str,
    centre: str,
    plan: Plan,
    kept: Sequence[Protected],
    *,
    is_airborne: bool = False,
) -> tuple[Occupancy, ...]:
    """A flight as it is asked for. is_airborne: it flies already, by another plan."""
    heeds_drones = not is_airborne and admission.NEVER_KEPT_WAITING.isdisjoint(plan.handling)
    return tuple(
        _of_protected(flight_id, party, centre, plan, number, each, each.volume, heeds_drones=heeds_drones)
        for number, each in enumerate(kept)
    )


def of_flight(value: Flight, held: Sequence[Volume]) -> tuple[Occupancy, ...]:
    """A flight as it is, with what is held for it."""
    return tuple(of_flight_volume(value, number, volume) for number, volume in enumerate(held))


def of_flight_volume(value: Flight, number: int, volume: Volume) -> Occupancy:
    """Volume number `number` of what is held for a flight."""
    if number < len(value.volumes):
        kept = value.volumes[number]
        return _of_protected(value.flight_id, value.party, value.centre, value.plan, number, kept, volume)
    asked = holding.plan_asked(value)
    if asked is not None and number < len(value.volumes) + len(asked.volumes):
        kept = asked.volumes[number - len(value.volumes)]
        return _of_protected(value.flight_id, value.party, asked.centre, asked.plan, number, kept, volume)
    return Occupancy(
        kind=Kind.FLIGHT,
        object_id=value.flight_id,
        number=number,
        party=value.party,
        volume=volume,
        is_admitted=False,
        centre=value.centre,
        has_rvsm=value.plan.has_rvsm,
    )


def _of_protected(
    flight_id: str,
    party: str,
    centre: str,
    plan: Plan,
    number: int,
    kept: Protected,
    volume: Volume,
    *,
    heeds_drones: bool = False,
) -> Occupancy:
    companions: tuple[str, ...] = ()
    if plan.joins is not None and kept.leg >= max(1, len(plan.route) - 1) - 1:
        companions += (plan.joins,)
    if plan.splits_from is not None and kept.leg == 0:
        companions += (plan.splits_from,)
    return Occupancy(
        kind=Kind.FLIGHT,
        object_id=flight_id,
        number=number,
        party=party,
        volume=volume,
        is_admitted=kept.is_admitted,
        centre=centre,
        has_rvsm=plan.has_rvsm,
        longitudinal_minimum_ms=kept.longitudinal_minimum_ms,
        lateral_minimum_mm=kept.lateral_minimum_mm,
        vertical_minimum_mm=kept.vertical_minimum_mm,
        handling=plan.handling,
        companions=companions,
        heeds_drones=heeds_drones,
    )


def of_foreign(value: ForeignFlight, now_ms: int) -> tuple[Occupancy, ...]:
    """A flight or reservation of another authority's centre, with what is held for it."""
    return tuple(
        _of_content(value.crossing_id, number, part.content, part.kept, part.volume)
        for number, part in enumerate(crossings.held_parts(value, now_ms))
    )


def of_content(crossing_id: str, content: Content, imposed: Sequence[Volume] = ()) -> tuple[Occupancy, ...]:
    """What another authority's centre asks for or tells of. imposed: what it needs beside that."""
    kept = (*content.volumes, *(Protected(volume=each, leg=0, is_admitted=False) for each in imposed))
    return tuple(
        _of_content(crossing_id, number, content, each, each.volume) for number, each in enumerate(kept)
    )


def _of_content(
    crossing_id: str, number: int, content: Content, kept: Protected, volume: Volume
) -> Occupancy:
    peer, _, _ = crossing_id.partition("/")
    # Whose it is and who serves it a peer says freely: it counts among what the same peer says, and gives it
    # nothing here that a party or centre of ours has.
    return Occupancy(
        kind=content.kind,
        object_id=crossing_id,
        number=number,
        party=f"{peer}/{content.party}" if content.party else crossing_id,
        volume=volume,
        is_admitted=kept.is_admitted,
        centre=f"{peer}/{content.centre}" if content.centre else "",
        has_rvsm=content.has_rvsm,
        user_keeps_clear=content.user_keeps_clear,
        longitudinal_minimum_ms=kept.longitudinal_minimum_ms,
        lateral_minimum_mm=kept.lateral_minimum_mm,
        vertical_minimum_mm=kept.vertical_minimum_mm,
        handling=content.handling,
        box=_box(content.box, volume),
    )


def _box(box: Box | None, volume: Volume) -> Box | None:
    """The exact sides of what is one box; as long as its volumes last."""
    return None if box is None else msgspec.structs.replace(box, time_end_ms=volume.time_end_ms)


def of_imposed(value: Imposed) -> tuple[Occupancy, ...]:
    """Imposed sky as it is there: without end, as the clock frees nothing."""
    return tuple(
        Occupancy(
            kind=Kind.IMPOSED,
            object_id=value.imposed_id,
            number=number,
            party=value.party,
            volume=msgspec.structs.replace(volume, time_end_ms=TIME_LAST_MS),
            is_admitted=False,
        )
        for number, volume in enumerate(value.volumes)
    )


def of_drones(value: Drones) -> tuple[Occupancy, ...]:
    """What drones plan; it is nobody's that any rule here knows."""
    return tuple(
        Occupancy(
            kind=Kind.DRONES,
            object_id=value.intent_id,
            number=number,
            party="",
            volume=volume,
            is_admitted=False,
        )
        for number, volume in enumerate(value.volumes)
    )


def of_constraint(value: Constraint) -> tuple[Occupancy, ...]:
    """A constraint; it is nobody's, who it binds is what it says."""
    return tuple(
        Occupancy(
            kind=Kind.CONSTRAINT,
            object_id=value.constraint_id,
            number=number,
            party="",
            volume=volume,
            exempt_parties=value.exempt_parties,
            exempt_handling=value.exempt_handling,
        )
        for number, volume in enumerate(value.volumes)
    )


def during(value: Occupancy, start_ms: int, end_ms: int) -> Occupancy:
    """The same sky from one moment to another."""
    times = {"time_start_ms": start_ms, "time_end_ms": end_ms}
    return msgspec.structs.replace(
        value,
        volume=msgspec.structs.replace(value.volume, **times),
        box=None if value.box is None else msgspec.structs.replace(value.box, **times),
    )
