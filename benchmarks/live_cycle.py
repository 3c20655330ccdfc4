"""A cycle of the watch over 1,000 tracks that are claimed, moving and compared with routes of three legs.

Run alone: python -m benchmarks.live_cycle
"""

import random
import struct
import time

from benchmarks.measuring import best_of, calibration_s, progress, report
from mamarr.geometry import Datum, geodesy
from mamarr.surveillance import Expected, Feed, Live, Report, correlation

TRACKS_COUNT = 1_000
LEG_MS = 400_000
START_MS = 1_800_000_000_000
LEVEL_MM = 10_058_400  # FL330


def flight(number: int, dice: random.Random) -> Expected:
    """One flight eastward over the eastern Mediterranean: three legs of one degree of longitude."""
    latitude_deg, longitude_deg = dice.uniform(30, 38), dice.uniform(20, 34)
    corners = [(round(latitude_deg * 1e7), round((longitude_deg + leg) * 1e7)) for leg in range(4)]
    legs = tuple(
        correlation.leg(
            geodesy.densified(corners[leg : leg + 2]),
            half_width_mm=9_260_000,
            datum=Datum.STD,
            lower_mm=LEVEL_MM,
            upper_mm=LEVEL_MM,
            entry_ms=START_MS + leg * LEG_MS,
            exit_ms=START_MS + (leg + 1) * LEG_MS,
        )
        for leg in range(3)
    )
    return Expected(
        flight_id=f"F{number}", callsign=f"A{number:04d}", icao_address=f"{number + 1:06X}", legs=legs
    )


def sighting(expected: Expected, second: int) -> Report:
    """Where the flight is that many seconds after its start, on its line."""
    latitude_e7deg, longitude_e7deg = struct.unpack_from("<2i", expected.legs[0].vertices)
    time_ms = START_MS + second * 1_000
    return Report(
        source_id="adsb",
        icao_address=expected.icao_address,
        callsign=expected.callsign,
        latitude_e7deg=latitude_e7deg,
        longitude_e7deg=longitude_e7deg + 25_000 * second,
        time_ms=time_ms,
        received_ms=time_ms,
        altitude_pressure_mm=LEVEL_MM,
        ground_speed_mps=230.0,
        is_self_report=True,
    )


def watch(duration_s: int) -> None:
    """Run a cycle each second for `duration_s`, all tracks with news: a load beside another measurement."""
    dice = random.Random(1)
    expected = [flight(number, dice) for number in range(TRACKS_COUNT)]
    live = Live((Feed(feed_id="adsb", period_ms=1_000),))
    begun_s = time.monotonic()
    for second in range(duration_s):
        for each in expected:
            live.heard(sighting(each, second % 400))
        live.cycle(START_MS + second * 1_000, expected)
        time.sleep(max(0.0, begun_s + second + 1 - time.monotonic()))


def main() -> None:
    """Measure a cycle with news of all, one with none, and taking the reports in."""
    dice = random.Random(1)
    flights = [flight(number, dice) for number in range(TRACKS_COUNT)]
    live = Live((Feed(feed_id="adsb", period_ms=1_000),))
    progress("the first cycle prepares the routes")
    best: dict[str, float] = {}
    for second in range(8):
        heard = [sighting(each, second) for each in flights]
        now_ms = START_MS + second * 1_000
        steps = {
            "reports taken in": lambda heard=heard: [live.heard(each) for each in heard],
            "cycle, all have news": lambda now_ms=now_ms: live.cycle(now_ms, flights),
            "cycle, none has": lambda now_ms=now_ms: live.cycle(now_ms + 500, flights),
        }
        for name, step in steps.items():
            taken_s = best_of(step, repeats=1)[0]
            best[name] = taken_s if second < 3 else min(best[name], taken_s)
    rows = [{"what": name, "cpu_ms": taken_s * 1_000} for name, taken_s in best.items()]
    report("live_cycle", rows, tracks_count=TRACKS_COUNT, calibration_s=calibration_s())


if __name__ == "__main__":
    main()
