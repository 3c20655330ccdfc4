"""Where things are: volumes of sky in whole numbers (1e-7 degree, millimetre, millisecond)."""

from mamarr.geometry.volumes import Box

__all__ = ["Box"]
