"""Volumes for tests of the index: about Cyprus, noon, FL300 to FL320 as metres of pressure altitude."""

from random import Random

from mamarr.geometry import footprints
from mamarr.geometry.altitude import Datum
from mamarr.geometry.footprints import Footprint
from mamarr.geometry.volumes import Volume

NOON_MS = 1_795_348_800_000
MINUTE_MS = 60_000
LEVEL_MM = 30_480  # a flight level: 100 ft
DEG = 10_000_000
HERE = (35 * DEG, 33 * DEG)
PLACES = (HERE, (0, 180 * DEG), (90 * DEG, 0), (-90 * DEG, 0), (0, 0), (60 * DEG, -180 * DEG))


def a_circle(
    latitude_e7deg: int = HERE[0], longitude_e7deg: int = HERE[1], radius_mm: int = 1_000_000
) -> Footprint:
    return footprints.circle((latitude_e7deg, longitude_e7deg), radius_mm)


def a_volume(footprint: Footprint | None = None, **changed: object) -> Volume:
    numbers: dict[str, object] = {
        "footprint": footprint or a_circle(),
        "datum": Datum.STD,
        "lower_mm": 300 * LEVEL_MM,
        "upper_mm": 320 * LEVEL_MM,
        "time_start_ms": NOON_MS,
        "time_end_ms": NOON_MS + 20 * MINUTE_MS,
    }
    return Volume(**{**numbers, **changed})


def scattered(chance: Random) -> Volume:
    """A volume of any shape near one of a few places, so that many meet; some large, some long."""
    place = chance.choice(PLACES[:3] if chance.random() < 0.9 else PLACES)
    spread = chance.choice((20_000, 2_000_000))

    def near() -> tuple[int, int]:
        latitude = place[0] + chance.randrange(-spread, spread + 1)
        longitude = place[1] + chance.randrange(-spread, spread + 1)
        if abs(latitude) > 90 * DEG:  # over the pole and down the other side
            latitude = (180 * DEG if latitude > 0 else -180 * DEG) - latitude
            longitude += 180 * DEG
        return latitude, (longitude + 180 * DEG) % (360 * DEG) - 180 * DEG

    size = chance.choice((100_000, 3_000_000, 60_000_000))
    match chance.randrange(3):
        case 0:
            footprint = footprints.circle(near(), size)
        case 1:
            footprint = footprints.path([near() for _ in range(chance.choice((2, 3, 5)))], size)
        case _:
            south, west = near()
            south = max(-89 * DEG, min(south, 88 * DEG))
            side = chance.choice((5_000, 500_000, 9_000_000))
            east = (west + side + 180 * DEG) % (360 * DEG) - 180 * DEG
            footprint = footprints.polygon(
                [(south, west), (south, east), (south + side, east), (south + side // 2, west)]
            )
    floor = chance.randrange(0, 40) * LEVEL_MM
    start_ms = NOON_MS + chance.randrange(0, 300) * MINUTE_MS
    return Volume(
        footprint=footprint,
        datum=chance.choice(list(Datum)),
        lower_mm=floor,
        upper_mm=floor + chance.choice((0, 10, 100)) * LEVEL_MM,
        time_start_ms=start_ms,
        time_end_ms=start_ms + chance.choice((1, 30, 600, 60 * 24 * 30)) * MINUTE_MS,
    )
