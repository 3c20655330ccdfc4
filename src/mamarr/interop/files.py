"""A file of airspace, in any format that is read here, to values."""

from mamarr.faults import WireError, unreachable
from mamarr.geometry.altitude import Geoid, Qnh
from mamarr.interop import geojson, openair
from mamarr.interop.formats import Format
from mamarr.interop.readings import Reading


def imported(body: bytes, file_format: Format, *, reference: Qnh | Geoid | None = None) -> Reading:
    """What the file holds, with all that is wrong in it.

    reference: what altitudes above mean sea level in OpenAir text are on; GeoJSON names its own. WireError
    when the body is not of the format at all, or a reference is given for GeoJSON.
    """
    match file_format:
        case Format.GEOJSON:
            if reference is not None:
                raise WireError("GeoJSON names the QNH or the geoid in each feature", allowed="no reference")
            return geojson.features(body)
        case Format.OPENAIR:
            return openair.areas(body, reference=reference)
        case _:
            unreachable(file_format)
