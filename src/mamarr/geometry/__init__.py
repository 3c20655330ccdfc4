"""Where things are: volumes of sky in whole numbers (1e-7 degree, millimetre, millisecond)."""

from mamarr.geometry import altitude, footprints, geodesy, tolerance, units, volumes
from mamarr.geometry.altitude import Datum, FlightLevel
from mamarr.geometry.footprints import Footprint, Shape
from mamarr.geometry.volumes import Box, Volume

__all__ = [
    "Box",
    "Datum",
    "FlightLevel",
    "Footprint",
    "Shape",
    "Volume",
    "altitude",
    "footprints",
    "geodesy",
    "tolerance",
    "units",
    "volumes",
]
