"""Planted bugs in what few ask for: QNH, areas, splits, shares that change, limits; as those of `mutants`."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from mamarr.airspace import allotment
from mamarr.airspace.occupancy import Group, Kind
from mamarr.conflicts import Minima, volume_index
from mamarr.engine import facts, flight_facts, gate, occupancies
from mamarr.engine.projection import Partition, Projection
from mamarr.flights import admission, plans
from mamarr.flights.plans import Traffic
from mamarr.geometry import Datum, Footprint, Shape, altitude, footprints
from mamarr.geometry.volumes import TIME_LAST_MS

Plant = Callable[[pytest.MonkeyPatch], None]


def an_overrun_names_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(facts, "_touched_by_overrun", lambda *_: ())


def who_asks_in_vain_is_not_limited(patch: pytest.MonkeyPatch) -> None:
    for module in (facts, flight_facts):
        patch.setattr(module, "over_until_ms", lambda *_: None)


def snapshots_forget_who_asked_in_vain(patch: pytest.MonkeyPatch) -> None:
    real = Projection.restore
    patch.setattr(
        Projection,
        "restore",
        lambda self, state: real(self, msgspec.structs.replace(state, attempts=())),
    )


class Everybody(tuple[str, ...]):
    """Holds whatever is asked for."""

    __slots__ = ()

    def __contains__(self, _: object) -> bool:
        return True


def a_split_frees_of_the_whole_party(patch: pytest.MonkeyPatch) -> None:
    real = occupancies._of_protected

    def free(flight_id: str, party: str, centre: str, plan: Any, number: int, kept: Any, volume: Any) -> Any:
        made = real(flight_id, party, centre, plan, number, kept, volume)
        splits = plan.splits_from is not None and kept.leg == 0
        return replace(made, companions=Everybody(made.companions)) if splits else made

    patch.setattr(occupancies, "_of_protected", free)


def an_altitude_is_taken_for_a_flight_level(patch: pytest.MonkeyPatch) -> None:
    def level(lower: Any, upper: Any, *, qnh: Any = None) -> altitude.Band:
        del qnh
        shown = altitude.filed_mm(lower), altitude.filed_mm(upper)
        return altitude.Band(datum=Datum.STD, lower_mm=shown[0], upper_mm=shown[1])

    patch.setattr(plans, "filed_band", level)


def only_the_edge_of_closed_areas_is_looked_at(patch: pytest.MonkeyPatch) -> None:
    real = occupancies.of_constraint

    def edge(footprint: Footprint) -> Footprint:
        if footprint.shape is not Shape.POLYGON:
            return footprint
        corners = footprints.points(footprint)
        return footprints.path([*corners, corners[0]], max(footprint.radius_mm, footprints.RADIUS_MIN_MM))

    def edges(value: Any) -> Any:
        return tuple(
            replace(each, volume=replace(each.volume, footprint=edge(each.volume.footprint)))
            for each in real(value)
        )

    patch.setattr(occupancies, "of_constraint", edges)


def heights_and_pressures_are_compared_as_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(volume_index, "_band_mm", lambda _, lower_mm, upper_mm: (lower_mm, upper_mm))


def operational_traffic_is_not_looked_up(patch: pytest.MonkeyPatch) -> None:
    real = Projection._kept

    def kept(self: Projection, kind: Kind, object_id: str, now_ms: int) -> Any:
        flight = self.flights.get(object_id) if kind is Kind.FLIGHT else None
        is_operational = flight is not None and flight.plan.traffic is Traffic.OAT
        return ((), None) if is_operational else real(self, kind, object_id, now_ms)

    patch.setattr(Projection, "_kept", kept)


def the_time_minimum_is_a_millisecond_short(patch: pytest.MonkeyPatch) -> None:
    real = admission._largest

    def short(one: Group, other: Group, terms: Any) -> Minima:
        asked = real(one, other, terms)
        return replace(asked, time_ms=max(0, asked.time_ms - 1))

    patch.setattr(admission, "_largest", short)


def a_share_that_is_no_more_still_decides(patch: pytest.MonkeyPatch) -> None:
    real = Partition.put
    patch.setattr(
        Partition,
        "put",
        lambda self, share_id, share: None if share is None else real(self, share_id, share),
    )


def a_share_decides_at_all_times(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(allotment, "_windows", lambda _: ((0, TIME_LAST_MS),))


def a_rule_that_may_yet_fail_shows_at_once(patch: pytest.MonkeyPatch) -> None:
    real = gate.extent_of
    module = import_module("mamarr.engine.others")
    patch.setattr(module, "extent_of", lambda *given, **more: real(*given, **{**more, "durable": False}))


OF_ASKING: tuple[Plant, ...] = (
    an_overrun_names_nobody,
    who_asks_in_vain_is_not_limited,
    snapshots_forget_who_asked_in_vain,
    a_split_frees_of_the_whole_party,
    an_altitude_is_taken_for_a_flight_level,
    only_the_edge_of_closed_areas_is_looked_at,
    heights_and_pressures_are_compared_as_one,
    operational_traffic_is_not_looked_up,
    the_time_minimum_is_a_millisecond_short,
    a_share_that_is_no_more_still_decides,
    a_share_decides_at_all_times,
    a_rule_that_may_yet_fail_shows_at_once,
)
