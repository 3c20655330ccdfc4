"""Made-up traffic for the tests of `detect_tactical`: SI units, from a seed. None of it was flown."""

import math
import random
from typing import Any

import numpy as np

from mamarr.conflicts import detect_tactical

FOOT_M, KNOT_MPS, MILE_M = 0.3048, 1852.0 / 3600.0, 1852.0
EN_ROUTE = {"horizontal_m": 5 * MILE_M, "vertical_m": 1_000 * FOOT_M, "lookahead_s": 300.0}
NAMES = ("latitude_deg", "longitude_deg", "altitude_m", "ground_speed_mps", "track_deg", "vertical_rate_mps")
PLACES = {  # latitude and longitude round which a crowd flies
    "plain": (47.0, 8.0),
    "equator": (0.0, 10.0),
    "antimeridian": (-20.0, 180.0),
    "north pole": (90.0, 0.0),
    "south pole": (-89.7, 77.0),
}


def crowd(chance: random.Random, count: int, place: str, spread_m: float = 120_000.0) -> dict[str, Any]:
    """`count` aircraft within some `spread_m` of a place, from hovering to 700 m/s, many on whole levels."""
    latitude, longitude = PLACES[place]
    rows = []
    for _ in range(count):
        away_deg = math.degrees(spread_m * math.sqrt(chance.random()) / 6_371_000.0)
        towards = chance.uniform(0.0, 2.0 * math.pi)
        north = latitude + away_deg * math.cos(towards)
        east = longitude + away_deg * math.sin(towards) / max(0.01, math.cos(math.radians(latitude)))
        if abs(north) > 90.0:  # over the pole and down the other side
            north, east = math.copysign(180.0, north) - north, east + 180.0
        is_level = chance.random() < 0.6
        rows.append(
            (
                north,
                (east + 180.0) % 360.0 - 180.0,
                chance.randrange(10, 41) * 1_000 * FOOT_M if is_level else chance.uniform(3_000.0, 12_000.0),
                chance.choice([0.0, chance.uniform(0, 80), chance.uniform(190, 260), chance.uniform(0, 700)]),
                chance.uniform(0.0, 360.0),
                0.0 if is_level else chance.uniform(-12.0, 20.0),
            )
        )
    return dict(zip(NAMES, np.array(rows).T, strict=True))


def detected(sky: dict[str, Any], **changed: Any) -> Any:
    """What `detect_tactical` answers of a sky, with en-route minima where none are given."""
    return detect_tactical(**{**EN_ROUTE, **sky, **changed})


def pair_set(answer: Any) -> set[tuple[int, int]]:
    """The pairs of an answer."""
    return set(zip(answer["i"].tolist(), answer["j"].tolist(), strict=True))


def two(first: tuple[float, ...], second: tuple[float, ...]) -> dict[str, Any]:
    """A sky of two aircraft, each in the order of NAMES."""
    return dict(zip(NAMES, np.array([first, second], dtype=float).T, strict=True))
