"""What occupies the sky, of whatever kind, as the rules between kinds look at it.

The rules themselves are in one place, `flights.admission`.
"""

from enum import StrEnum

import msgspec

from mamarr.airspace.constraints import SpecialHandling
from mamarr.conflicts import Minima
from mamarr.geometry import Box, Volume


class Kind(StrEnum):
    """What occupies the sky."""

    FLIGHT = "FLIGHT"
    RESERVATION = "RESERVATION"
    CONSTRAINT = "CONSTRAINT"
    IMPOSED = "IMPOSED"
    DRONES = "DRONES"


class Layer(StrEnum):
    """Which levels a volume reaches, as the vertical minimum asks: to FL290, to FL410, above."""

    LOW = "LOW"
    RVSM = "RVSM"
    HIGH = "HIGH"


class Group(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """All of an occupancy that its minima to any other depend on, parties apart.

    So volumes of one group can lie in one index: what is asked for has the same minima to each of them.
    """

    kind: Kind
    centre: str
    layer: Layer
    has_rvsm: bool
    user_keeps_clear: bool
    longitudinal_minimum_ms: int
    lateral_minimum_mm: int
    vertical_minimum_mm: int


class Occupancy(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One volume of an object, with all that the rules between kinds look at.

    object_id, number: which volume of which object. party: whose it is. is_admitted: False for what flies
    anyway and was only notified. centre: which centre serves it, "" if none is known. has_rvsm: approved for
    reduced vertical separation. user_keeps_clear: a reservation whose user stays clear of the edge by the
    whole minimum. …_minimum_…: what its corridor asks beyond the terms. companions: flights that it joins or
    splits from. box: the exact sides, where the volume is a reserved box. heeds_drones: a flight that is only
    planned, and must not be where drones plan to be.
    """

    kind: Kind
    object_id: str
    number: int
    party: str
    volume: Volume
    is_admitted: bool = True
    centre: str = ""
    has_rvsm: bool = False
    user_keeps_clear: bool = False
    longitudinal_minimum_ms: int = 0
    lateral_minimum_mm: int = 0
    vertical_minimum_mm: int = 0
    handling: tuple[SpecialHandling, ...] = ()
    exempt_parties: tuple[str, ...] = ()
    exempt_handling: tuple[SpecialHandling, ...] = ()
    companions: tuple[str, ...] = ()
    box: Box | None = None
    heeds_drones: bool = False


class Touching(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What something that was not asked for comes nearer to than the minima. party: whose it is."""

    kind: Kind
    object_id: str
    party: str


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fact of a decision: what stands nearer than its minima to what was asked for.

    kind, object_id, number, party, volume: what stands there. own_number: which volume asked for it is near
    to. minima: those of this pair.
    """

    kind: Kind
    object_id: str
    number: int
    party: str
    volume: Volume
    own_number: int
    minima: Minima
