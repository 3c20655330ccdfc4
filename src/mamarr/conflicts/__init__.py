"""Which volumes of sky, and which aircraft in flight, come nearer than their minima."""

from mamarr.conflicts.tactical import detect_tactical, detect_tactical_one, detect_tactical_pairs
from mamarr.conflicts.tactical_probe import probe
from mamarr.conflicts.tactical_search import PAIR
from mamarr.conflicts.volume_index import Minima, Prepared, Several, VolumeIndex, conflict, prepare

__all__ = [
    "PAIR",
    "Minima",
    "Prepared",
    "Several",
    "VolumeIndex",
    "conflict",
    "detect_tactical",
    "detect_tactical_one",
    "detect_tactical_pairs",
    "prepare",
    "probe",
]
