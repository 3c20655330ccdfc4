"""Who holds which part of the sky. Values by name, functions by their module."""

from mamarr.airspace import (
    allotment,
    areas,
    attempts,
    commitment,
    constraints,
    corridors,
    parties,
    reach,
    reservations,
    shares,
    terms,
    windows,
)
from mamarr.airspace.allotment import Allotment, PreparedShare
from mamarr.airspace.areas import Area, AreaKind
from mamarr.airspace.attempts import Attempts
from mamarr.airspace.constraints import Constraint, SpecialHandling
from mamarr.airspace.corridors import (
    Corridor,
    CorridorPoint,
    DeclaredCorridor,
    Direction,
    NavigationSpecification,
)
from mamarr.airspace.parties import Centre, Frequency, Party
from mamarr.airspace.reservations import Reservation
from mamarr.airspace.shares import Share
from mamarr.airspace.terms import Terms
from mamarr.airspace.windows import Window

__all__ = [
    "Allotment",
    "Area",
    "AreaKind",
    "Attempts",
    "Centre",
    "Constraint",
    "Corridor",
    "CorridorPoint",
    "DeclaredCorridor",
    "Direction",
    "Frequency",
    "NavigationSpecification",
    "Party",
    "PreparedShare",
    "Reservation",
    "Share",
    "SpecialHandling",
    "Terms",
    "Window",
    "allotment",
    "areas",
    "attempts",
    "commitment",
    "constraints",
    "corridors",
    "parties",
    "reach",
    "reservations",
    "shares",
    "terms",
    "windows",
]
