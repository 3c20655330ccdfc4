"""The pictures of the documentation, drawn by the benchmarks as SVG: nothing to install, the same every time.

A benchmark draws when MAMARR_PICTURES names a folder (`make pictures`); what it measured is in the picture.
"""

import itertools
import math
import os
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 84, 168, 46, 58
INK, GRID, PAPER = "#1d2733", "#d9dee4", "#ffffff"
# Told apart by colour, by dashes and by the shape of their marks.
COLOURS = ("#0b6e99", "#c1440e", "#3a7d34", "#6b3fa0", "#8a6d00")
DASHES = ("", "7 4", "2 3", "10 3 2 3", "4 2")
MARKS = ("M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0", "M-4,-4h8v8h-8z", "M0,-5l5,9h-10z", "M0,-5l5,5l-5,5l-5,-5z")

Points = Sequence[tuple[float, float]]


def folder() -> Path | None:
    """Where pictures are to be drawn; None: nowhere."""
    named = os.environ.get("MAMARR_PICTURES")
    return None if not named else Path(named)


def growth(title: str, across: str, up: str, lines: Sequence[tuple[str, Points]]) -> str:
    """Cost against size, both by powers of ten. lines: name, and points of (size, cost) above 0."""
    xs = [x for _, points in lines for x, _ in points]
    ys = [y for _, points in lines for _, y in points]
    low_x, high_x = math.floor(math.log10(min(xs))), math.ceil(math.log10(max(xs)))
    low_y, high_y = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))

    def place(x: float, y: float) -> tuple[float, float]:
        wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return (
            LEFT + wide * (math.log10(x) - low_x) / max(1, high_x - low_x),
            HEIGHT - BOTTOM - high * (math.log10(y) - low_y) / max(1, high_y - low_y),
        )

    parts = []
    for power in range(low_x, high_x + 1):
        x, _ = place(10.0**power, 10.0**low_y)
        parts.append(_line(x, TOP, x, HEIGHT - BOTTOM))
        parts.append(_text(x, HEIGHT - BOTTOM + 18, _power(power), "middle"))
    for power in range(low_y, high_y + 1):
        _, y = place(10.0**low_x, 10.0**power)
        parts.append(_line(LEFT, y, WIDTH - RIGHT, y))
        parts.append(_text(LEFT - 8, y + 4, _power(power), "end"))
    named_at = _apart([place(*points[-1])[1] for _, points in lines])
    for number, (name, points) in enumerate(lines):
        colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        at = [place(*point) for point in points]
        parts.append(_path(at, colour, dash))
        mark = MARKS[number % len(MARKS)]
        parts += [f'<path d="{mark}" transform="translate({x:.1f},{y:.1f})" fill="{colour}"/>' for x, y in at]
        parts.append(_text(at[-1][0] + 10, named_at[number] + 4, name, "start", colour))
    return _picture(title, across, up, parts)


def space_time(
    title: str,
    flights: Sequence[tuple[str, Points]],
    taken: Sequence[tuple[str, float, float, float, float]],
    new: tuple[str, Points],
) -> str:
    """One corridor: minutes across, miles along it up, a line a flight and a box for what is closed.

    flights: name, and points of (minutes, nautical miles). taken: name, then from and until in minutes, from
    and to in miles. new: the flight that takes the gap.
    """
    minutes = [x for _, points in (*flights, new) for x, _ in points] + [
        x for each in taken for x in each[1:3]
    ]
    miles = [y for _, points in (*flights, new) for _, y in points] + [y for each in taken for y in each[3:5]]
    low_x, high_x, high_y = min(minutes), max(minutes), max(miles)

    def place(x: float, y: float) -> tuple[float, float]:
        wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return LEFT + wide * (x - low_x) / (high_x - low_x), HEIGHT - BOTTOM - high * y / high_y

    parts = []
    for tenth in range(0, 11, 2):
        x, y = place(low_x + (high_x - low_x) * tenth / 10, high_y * tenth / 10)
        parts += [_line(x, TOP, x, HEIGHT - BOTTOM), _line(LEFT, y, WIDTH - RIGHT, y)]
        told = f"{low_x + (high_x - low_x) * tenth / 10:.0f}"
        parts.append(_text(x, HEIGHT - BOTTOM + 18, told, "middle"))
        parts.append(_text(LEFT - 8, y + 4, f"{high_y * tenth / 10:.0f}", "end"))
    for name, begins, ends, near, far in taken:
        (x, y), (right, bottom) = place(begins, far), place(ends, near)
        size = f'width="{right - x:.1f}" height="{bottom - y:.1f}"'
        parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{COLOURS[1]}" fill-opacity="0.25"/>')
        parts.append(_text(x + 4, y + 14, name, "start", COLOURS[1]))
    for name, points in flights:
        at = [place(*point) for point in points]
        parts += [_path(at, INK, ""), _text(at[-1][0] + 4, at[-1][1] + 12, name, "start")]
    at = [place(*point) for point in new[1]]
    parts += [
        _path(at, COLOURS[0], "7 4", 3.5),
        _text(at[-1][0] + 4, at[-1][1] - 6, new[0], "start", COLOURS[0]),
    ]
    return _picture(title, "minutes", "nautical miles along the corridor", parts)


def _picture(title: str, across: str, up: str, parts: Sequence[str]) -> str:
    middle_x, middle_y = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    return "\n".join(
        (
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
                'font-family="sans-serif" font-size="12">'
            ),
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
            f'<text x="{LEFT}" y="26" fill="{INK}" font-size="15" font-weight="bold">{escape(title)}</text>',
            *parts,
            _text(middle_x, HEIGHT - 14, across, "middle"),
            (
                f'<text transform="translate(20,{middle_y}) rotate(-90)" text-anchor="middle" fill="{INK}">'
                f"{escape(up)}</text>"
            ),
            "</svg>\n",
        )
    )


def _apart(wanted: Sequence[float], least: float = 15.0) -> list[float]:
    """The places of names, moved so far that none lies on another."""
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    given = list(wanted)
    for before, after in itertools.pairwise(order):
        given[after] = max(given[after], given[before] + least)
    return given


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{GRID}"/>'


def _path(points: Points, colour: str, dash: str, width: float = 2.0) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'


def _text(x: float, y: float, said: str, anchor: str, colour: str = INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(said)}</text>'


def _power(power: int) -> str:
    return f"{10**power:,}" if 0 <= power <= 6 else f"10^{power}" if power > 6 else f"{10.0**power:g}"
