"""Whether two outlines on the ground meet, ends included, with corners finer than those of a `Footprint`.

For operational intents of F3548-21, which must be told apart to a centimetre: the 1e-7 degree of a footprint
is one already. What is compared is the same as in a `VolumeIndex`: chords of great circles on the ellipsoid.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mamarr.conflicts import kernels

E9_OF_E7_RATIO = 100.0  # the kernels take 1e-7 degree, with fractions too
NEAR_MM = 1  # what is nearer meets: F3548-21 counts what only touches, and rounding is less than that
REMEMBERED_MAX = 4_096  # chosen: the outlines of what is planned about a town; some 1 kB each
REMEMBERED_CORNERS_MAX = 128  # chosen: larger ones are rare and not worth the room


class Outline:
    """A circle or a polygon made ready for comparing."""

    __slots__ = ("meta", "place", "points")

    def __init__(
        self,
        points: npt.NDArray[np.float64],
        meta: npt.NDArray[np.int64],
        place: npt.NDArray[np.float64],
    ) -> None:
        self.points, self.meta, self.place = points, meta, place


def outline(corners_e9deg: tuple[tuple[int, int], ...], radius_mm: int) -> Outline:
    """The circle about the only corner, or the polygon with these corners, the first not repeated.

    corners_e9deg: latitude and longitude in 1e-9 degree. radius_mm: of a circle, along the ellipsoid.
    """
    made = _outline if len(corners_e9deg) <= REMEMBERED_CORNERS_MAX else _outline.__wrapped__
    return made(corners_e9deg, radius_mm)


@lru_cache(REMEMBERED_MAX)
def _outline(corners_e9deg: tuple[tuple[int, int], ...], radius_mm: int) -> Outline:
    shape = kernels.CIRCLE if len(corners_e9deg) == 1 else kernels.POLYGON
    corners_e7deg = np.array(corners_e9deg, np.float64) / E9_OF_E7_RATIO
    points, place, _ = kernels.laid(corners_e7deg, shape)
    meta = np.zeros(kernels.META_COLUMNS, np.int64)
    meta[kernels.RADIUS], meta[kernels.KIND] = radius_mm, shape
    return Outline(points, meta, place)


def meet(one: Outline, other: Outline) -> bool:
    """Whether they have a point in common, or come nearer than NEAR_MM to each other. Symmetric."""
    return bool(
        kernels.lateral_conflict(
            one.points, one.meta, one.place, other.points, other.meta, other.place, NEAR_MM
        )
    )


def holds(shape: Outline, corner_e9deg: tuple[int, int]) -> bool:
    """Whether a point lies in an outline, or comes nearer than NEAR_MM to it.

    Points of aircraft are not remembered: each is another one.
    """
    return meet(shape, _outline.__wrapped__((corner_e9deg,), 0))
