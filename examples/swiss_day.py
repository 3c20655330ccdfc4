"""A day over Switzerland: what would have been warned of, and what then happened.

`python examples/swiss_day.py [PICTURE.svg]`. All traffic above FL302 on 1 August 2018, one place each ten
seconds, recorded by the OpenSky Network and published with the `traffic` library (data/README.md). No two of
it were ever nearer than 5 NM and 900 ft at once: controllers saw to that. So every conflict that is found
here was ahead, and did not come: somebody turned, climbed or levelled off. That is what a detector which
knows no intentions says too much, and the table says how much that is.
"""

import gzip
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from mamarr.conflicts import Recorded, conflicts_over_time, reports, warnings_of

DATA = Path(__file__).parent / "data" / "switzerland.json.gz"
STEP_S = 10.0
HORIZONTAL_M = 5 * 1_852.0
VERTICAL_M = 900 * 0.3048  # levels 1000 ft apart, each reported in steps of 25 ft, and some of it turbulence
LOOKAHEADS_S = (60.0, 120.0, 300.0)
WIDTH, SHOWN_S, DRAWN_MS = 900, 120.0, 60_000
PIXELS_A_DEGREE = WIDTH / 4.6  # of longitude


def recorded() -> Recorded:
    """The day, read without pandas; with it: `reports(frame)` of a DataFrame whose times have a zone."""
    rows: list[dict[str, Any]] = json.loads(gzip.decompress(DATA.read_bytes()))
    columns: dict[str, Any] = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    columns["timestamp"] = columns["timestamp"].astype("datetime64[ms]")
    return reports(columns)


def is_nearer(traffic: Recorded, pair: Any) -> bool:
    """Whether two that lose their separation now are nearer already, not just at the minimum and closing."""
    is_now = traffic.time_ms == pair["time"].astype(np.int64)
    one, other = (
        traffic.altitude_m[is_now & (traffic.name == traffic.names.index(pair[which]))]
        for which in ("one", "other")
    )
    return bool(np.round(abs(one - other), 3) < round(VERTICAL_M, 3))


def picture(traffic: Recorded, pairs: Any) -> str:
    """The tracks of the day, and where one of each pair was when it was first warned of, as SVG."""
    west, north = traffic.longitude_deg.min(), traffic.latitude_deg.max()
    squeeze = np.cos(np.radians(traffic.latitude_deg.mean()))
    x = (traffic.longitude_deg - west) * PIXELS_A_DEGREE
    y = (north - traffic.latitude_deg) * PIXELS_A_DEGREE / squeeze
    height = round(float(y.max())) + 40
    # A minute is enough for the eye.
    drawn = np.flatnonzero(traffic.time_ms % DRAWN_MS == 0)
    changes = (np.diff(traffic.name[drawn]) != 0) | (np.diff(traffic.time_ms[drawn]) > DRAWN_MS)
    edges = np.flatnonzero(changes) + 1
    lines = [
        f'<polyline points="{" ".join(f"{a:.0f},{b:.0f}" for a, b in zip(xs, ys, strict=True))}"/>'
        for xs, ys in zip(np.split(x[drawn], edges), np.split(y[drawn], edges), strict=True)
    ]
    names = np.array(traffic.names)
    dots = []
    for warning in warnings_of(pairs, STEP_S):
        is_it = (names[traffic.name] == warning["one"]) & (
            traffic.time_ms == warning["begins"].astype(np.int64)
        )
        dots += [
            f'<circle cx="{a:.0f}" cy="{b:.0f}" r="4"/>' for a, b in zip(x[is_it], y[is_it], strict=True)
        ]
    told = f"1 August 2018, above FL302: {len(names)} aircraft, {len(dots)} warnings {SHOWN_S:.0f} s ahead"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">\n'
        f"<title>{told}</title>\n"
        f'<rect width="{WIDTH}" height="{height}" fill="#10151c"/>\n'
        '<g fill="none" stroke="#7fb2d9" stroke-opacity="0.18" stroke-width="0.7">\n'
        + "\n".join(lines)
        + "\n"
        '</g>\n<g fill="none" stroke="#ffb000" stroke-width="1.5">\n' + "\n".join(dots) + "\n</g>\n"
        f'<text x="12" y="{height - 14}" fill="#e8edf2" font-size="15">{told}</text>\n</svg>\n'
    )


def main() -> None:
    """Print the table, write the picture."""
    began_s = time.perf_counter()
    traffic = recorded()
    sys.stdout.write(
        f"{len(traffic.names)} aircraft, {len(traffic.time_ms)} places, 5 NM and 900 ft, "
        f"each {STEP_S:.0f} s\n\nlook-ahead  pairs warned of  warnings  of one step  "
        "nearest then predicted  separation then lost\n"
    )
    shown = None
    for lookahead_s in LOOKAHEADS_S:
        pairs = conflicts_over_time(
            traffic,
            STEP_S,
            horizontal_m=HORIZONTAL_M,
            vertical_m=VERTICAL_M,
            lookahead_s=lookahead_s,
            stale_s=0,
        )
        warnings = warnings_of(pairs, STEP_S)
        once = np.count_nonzero(warnings["steps_count"] == 1)
        couples = len({(each["one"], each["other"]) for each in warnings})
        lost = sum(is_nearer(traffic, pair) for pair in pairs[pairs["time_in_s"] == 0])
        sys.stdout.write(
            f"{lookahead_s:>8.0f} s  {couples:>15}  {len(warnings):>8}  {once:>11}  "
            f"{pairs['distance_cpa_m'].min() / 1_852:>19.2f} NM  {lost:>20}\n"
        )
        shown = pairs if lookahead_s == SHOWN_S else shown
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "swiss_day.svg")
    file.write_text(picture(traffic, shown))
    sys.stdout.write(
        f"\n{file}: the tracks, and where each warning began; {time.perf_counter() - began_s:.0f} s\n"
    )


if __name__ == "__main__":
    main()
