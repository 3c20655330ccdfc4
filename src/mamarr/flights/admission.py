"""The rules between kinds: who must stay how far from whom. The one place where they stand.

| asked \\ there | flight | reservation | constraint | imposed |
|---|---|---|---|---|
| flight | the pair's minima | of its own party: none; else the minima, or only the edge if its user keeps clear | may not enter, unless exempt | between centres |
| reservation | as flight and reservation | of its own party: no overlap; else the minima, or only the edge if either user keeps clear | may not overlap, unless exempt | as flight and reservation |
| constraint, imposed | never asked: they are, and block what comes later | | | |

What drones plan (`flights.drones`) binds flights alone, to the edge, and refuses only a flight that is planned and for
which nobody is kept waiting: `heeds_drones`. It is known, not admitted, so nothing it meets is refused for it later.

What is only notified (DUE_REGARD, UNALLOTTED sky, strangers) is never refused and binds only what is admitted;
two that are both only notified are warned of each other and neither is refused.
"""  # noqa: E501  a table is read by its columns

import msgspec

from mamarr.airspace.constraints import SpecialHandling
from mamarr.airspace.occupancy import Group, Kind, Layer, Occupancy
from mamarr.airspace.terms import Terms
from mamarr.conflicts import Minima
from mamarr.geometry import Volume
from mamarr.geometry.altitude import Datum, ellipsoid_band_mm
from mamarr.geometry.units import MM_PER_100_FT

# ICAO Doc 4444, 5.3.2, as DESIGN 5 states it: 1000 ft up to FL290, and between aircraft approved for RVSM
# up to FL410; 2000 ft for every other pair.
VERTICAL_LOW_MM = 10 * MM_PER_100_FT
VERTICAL_HIGH_MM = 20 * MM_PER_100_FT
LOW_TO_MM = 290 * MM_PER_100_FT
RVSM_TO_MM = 410 * MM_PER_100_FT
LOW_TO_HEIGHT_MM = ellipsoid_band_mm(Datum.STD, LOW_TO_MM, LOW_TO_MM)[0]

NOTHING_NEARER = Minima()  # interiors may not overlap; up to the edge is allowed

# An intent's volumes are where its drone is to stay (F3548-21), a flight's have its tolerances. What the
# bridge closes for drones ends at the corridor's edge too: whoever plans first, the same fits beside it.
FROM_DRONES = NOTHING_NEARER

# Whoever flies for these is not kept waiting: not for what its party asked before, and not for drones. STATE
# and HEAD are none of these. Of a state flight alone drones are not told (`engine.bridged`): they would stay.
NEVER_KEPT_WAITING = frozenset(
    {
        SpecialHandling.FFR,
        SpecialHandling.HOSP,
        SpecialHandling.HUM,
        SpecialHandling.MEDEVAC,
        SpecialHandling.SAR,
    }
)


def minima(asked: Occupancy, there: Occupancy, terms: Terms) -> Minima | None:
    """How near the two may come; None when they do not bind each other. Symmetric.

    Never more than `between` answers for their groups: what parties are to each other only takes away.
    """
    first, second = sorted((asked, there), key=lambda each: _ORDER[each.kind])
    match first.kind, second.kind:
        case Kind.FLIGHT, Kind.FLIGHT if _fly_together(first, second):
            return None
        case Kind.FLIGHT, Kind.RESERVATION if first.party == second.party:
            return None
        case Kind.RESERVATION, Kind.RESERVATION if first.party == second.party:
            return NOTHING_NEARER
        case Kind.CONSTRAINT, Kind.CONSTRAINT:
            return None  # closed twice is closed
        case kind, Kind.DRONES if kind is not Kind.FLIGHT:
            return None
        case _, Kind.CONSTRAINT if is_exempt(first, second):
            return None
        case _:
            return between(group(first), group(second), terms)


def between(one: Group, other: Group, terms: Terms) -> Minima:
    """How near volumes of two groups may come, whoever's they are. Symmetric."""
    first, second = sorted((one, other), key=lambda each: _ORDER[each.kind])
    match first.kind, second.kind:
        case _, Kind.CONSTRAINT:
            return NOTHING_NEARER
        case _, Kind.DRONES:
            return FROM_DRONES
        case Kind.FLIGHT, Kind.RESERVATION if second.user_keeps_clear:
            return NOTHING_NEARER
        case Kind.RESERVATION, Kind.RESERVATION if first.user_keeps_clear or second.user_keeps_clear:
            return NOTHING_NEARER
        case Kind.RESERVATION, Kind.IMPOSED if first.user_keeps_clear:
            return NOTHING_NEARER
        case _:
            return _largest(first, second, terms)


_ORDER = {Kind.FLIGHT: 0, Kind.RESERVATION: 1, Kind.IMPOSED: 2, Kind.CONSTRAINT: 3, Kind.DRONES: 4}


def group(value: Occupancy) -> Group:
    """The group of an occupancy."""
    return Group(
        kind=value.kind,
        centre=value.centre,
        layer=layer(value.volume),
        has_rvsm=value.has_rvsm,
        user_keeps_clear=value.user_keeps_clear,
        longitudinal_minimum_ms=value.longitudinal_minimum_ms,
        lateral_minimum_mm=value.lateral_minimum_mm,
        vertical_minimum_mm=value.vertical_minimum_mm,
    )


def refuses(asked: Occupancy, there: Occupancy) -> bool:
    """Whether coming nearer than the minima refuses what is asked, rather than only warning of it."""
    if there.kind is Kind.DRONES:
        return asked.is_admitted and asked.heeds_drones
    return asked.is_admitted or (there.is_admitted and there.kind is not Kind.IMPOSED)


def is_exempt(one: Occupancy, constraint: Occupancy) -> bool:
    """Whether the constraint does not bind `one`."""
    return one.party in constraint.exempt_parties or any(
        reason in constraint.exempt_handling for reason in one.handling
    )


def _largest(one: Group, other: Group, terms: Terms) -> Minima:
    """The largest of what the terms, the corridors and the levels ask of a pair."""
    same_centre = one.centre != "" and one.centre == other.centre
    agreed = terms.inside_centre if same_centre else terms.between_centres
    return Minima(
        lateral_mm=max(agreed.lateral_mm, one.lateral_minimum_mm, other.lateral_minimum_mm),
        vertical_mm=max(
            agreed.vertical_mm,
            one.vertical_minimum_mm,
            other.vertical_minimum_mm,
            vertical_by_level_mm(one, other),
        ),
        time_ms=max(agreed.time_ms, one.longitudinal_minimum_ms, other.longitudinal_minimum_ms),
    )


def vertical_by_level_mm(one: Group, other: Group) -> int:
    """The vertical minimum of a pair by its levels and approvals, in millimetres.

    By the highest level of both blocks, so that it holds wherever in their blocks the two are.
    """
    both_low = one.layer is Layer.LOW and other.layer is Layer.LOW
    both_rvsm = one.has_rvsm and other.has_rvsm and Layer.HIGH not in (one.layer, other.layer)
    return VERTICAL_LOW_MM if both_low or both_rvsm else VERTICAL_HIGH_MM


def layer(volume: Volume) -> Layer:
    """Which layer a volume reaches; of heights above the ellipsoid, the lowest that it surely stays in."""
    upper_mm = volume.upper_mm
    if volume.datum is not Datum.STD:
        # By how much a pressure altitude exceeds the height is by how much that height can fall below it.
        return Layer.LOW if upper_mm <= LOW_TO_HEIGHT_MM else Layer.HIGH
    if upper_mm <= LOW_TO_MM:
        return Layer.LOW
    return Layer.RVSM if upper_mm <= RVSM_TO_MM else Layer.HIGH


def _fly_together(one: Occupancy, other: Occupancy) -> bool:
    """Whether the two see to their own separation: a join or split, or MARSA within one party."""
    if one.party != other.party:
        return False
    if other.object_id in one.companions or one.object_id in other.companions:
        return True
    return SpecialHandling.MARSA in one.handling and SpecialHandling.MARSA in other.handling


class Quota(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one party has standing, as the quotas count it.

    flights_count: live flights. provisional_count, provisional_volume_time_ms: acceptances that wait for
    confirmation or lapsed a short while ago, and the time of sky they hold, summed over their volumes.
    overdue_count: flights that are airborne past their plan's end.
    """

    flights_count: int = 0
    provisional_count: int = 0
    provisional_volume_time_ms: int = 0
    overdue_count: int = 0


def over_quota(quota: Quota, terms: Terms, *, is_provisional: bool) -> str | None:
    """Which limit of the terms is reached."""
    if quota.flights_count >= terms.flights_max:
        return "flights_max"
    if quota.overdue_count > terms.overdue_max:
        return "overdue_max"
    if is_provisional and quota.provisional_count >= terms.provisional_max:
        return "provisional_max"
    is_long = quota.provisional_volume_time_ms >= terms.provisional_volume_time_max_ms
    return "provisional_volume_time_max_ms" if is_provisional and is_long else None
