"""Which volumes of sky, and which aircraft in flight, come nearer than their minima."""

from mamarr.conflicts.recorded import (
    PAIR_OVER_TIME,
    WARNING,
    Recorded,
    conflicts_over_time,
    from_traffic,
    reports,
    warnings_of,
)
from mamarr.conflicts.tactical import detect_tactical, detect_tactical_one, detect_tactical_pairs
from mamarr.conflicts.tactical_probe import probe
from mamarr.conflicts.tactical_search import PAIR
from mamarr.conflicts.volume_index import Minima, Prepared, Several, VolumeIndex, conflict, prepare

__all__ = [
    "PAIR",
    "PAIR_OVER_TIME",
    "WARNING",
    "Minima",
    "Prepared",
    "Recorded",
    "Several",
    "VolumeIndex",
    "conflict",
    "conflicts_over_time",
    "detect_tactical",
    "detect_tactical_one",
    "detect_tactical_pairs",
    "from_traffic",
    "prepare",
    "probe",
    "reports",
    "warnings_of",
]
