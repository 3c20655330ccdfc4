"""The formats of a file of airspace, apart from what reads them, which is slow to load."""

from enum import StrEnum

GEOJSON = "application/geo+json"  # RFC 7946, section 12


class Format(StrEnum):
    """How a file says airspace."""

    GEOJSON = "geojson"
    OPENAIR = "openair"


ENDINGS = {
    ".geojson": Format.GEOJSON,
    ".json": Format.GEOJSON,
    ".openair": Format.OPENAIR,
    ".txt": Format.OPENAIR,
    ".air": Format.OPENAIR,
}
