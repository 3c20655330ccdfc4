"""Which volumes of sky come nearer than their minima. Knows arrays, volumes and opaque ids, no aviation."""

from mamarr.conflicts.volume_index import Minima, Prepared, Several, VolumeIndex, conflict, prepare

__all__ = ["Minima", "Prepared", "Several", "VolumeIndex", "conflict", "prepare"]
