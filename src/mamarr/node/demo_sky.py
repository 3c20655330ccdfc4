"""What the demo declares and reserves before its story: a file imported as any other, and boxes of sky."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from mamarr.faults import Unavailable
from mamarr.geometry.units import moment_from_ms
from mamarr.node.demo_patience import ANSWERED_S, POLL_S, within
from mamarr.node.demo_person import Program
from mamarr.node.runtime import utc_now

FOLDER = Path(__file__).parent / "demo_data"
AIRSPACE = FOLDER / "eastern_mediterranean.geojson"
SHIP_FROM, SHIP_FOR = timedelta(hours=6), timedelta(hours=12)  # of the coming Friday, UTC
FRIDAY = 4  # as `date.weekday` counts

Say = Callable[[str], None]


def airspace(labels: dict[str, str]) -> dict[str, Any]:
    """The demo's airspace as GeoJSON. labels: what parties are called, by id, where not as in the file."""
    found = collection(AIRSPACE)
    for feature in found["features"]:
        said = feature["properties"]
        said |= {"name": labels[said["id"]]} if said["id"] in labels else {}
    return found


def collection(path: Path) -> dict[str, Any]:
    """An airspace of the demo as GeoJSON."""
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


async def declare(collection: dict[str, Any], at: Program) -> int:
    """Import it at a node, as any airspace is imported; how many features it has. Raises Unavailable."""
    answer = await at.asks("POST", "/api/airspace", collection)
    count = len(collection["features"])
    if answer.status_code != httpx.codes.OK or answer.json()["declared_count"] != count:
        raise Unavailable(f"the demo's airspace was not declared: {answer.text}")
    return count


async def reserve(first: Program, second: Program, say: Say, *, notice: timedelta) -> None:
    """Have two parties ask for boxes of sky, each at the node it has; the second is refused once.

    notice: in how much time they begin: what another authority accepts at once has not begun.
    """
    start = moment_from_ms(int(utc_now().timestamp()) * 1_000) + notice
    asked = f"{second.party} asks for"
    say(f"{first.party} asks for EAST-1: {await _told(first, 'EAST-1', box(32.0, start))}")
    say(f"{asked} COAST-7, which overlaps it: {await _told(second, 'COAST-7', box(32.5, start))}")
    say(f"{asked} COAST-8 beside it: {await _told(second, 'COAST-8', box(33.0, start))}")


async def reserve_ship_area(by: Program, say: Say) -> None:
    """Have a party ask for a circle about a ship."""
    told = await _told(by, "SHIP-1", _ship_area())
    say(f"{by.party} asks for SHIP-1, a fixed ship area from Friday: {told}")


def box(west_deg: float, start: datetime) -> dict[str, Any]:
    """A box for two hours, a degree wide: across the border of the two shares."""
    volume = {
        "latitude_south_deg": 33.5,
        "latitude_north_deg": 34.5,
        "longitude_west_deg": west_deg,
        "longitude_east_deg": west_deg + 1.0,
        "altitude_lower_m": 3_000,
        "altitude_upper_m": 6_000,
        "time_start": start.isoformat(),
        "time_end": (start + timedelta(hours=2)).isoformat(),
    }
    return {"volume": volume, "user_keeps_clear": True}


def _ship_area() -> dict[str, Any]:
    """A circle about a ship, from the surface to FL100, on the coming Friday."""
    start = coming_friday(utc_now()) + SHIP_FROM
    region = {
        "circle": {"latitude_deg": 34.6, "longitude_deg": 34.0, "radius_m": 37_040},
        "level_lower": "F000",
        "level_upper": "F100",
        "time_start": start.isoformat(),
        "time_end": (start + SHIP_FOR).isoformat(),
    }
    return {"regions": [region]}


async def _told(by: Program, name: str, body: dict[str, Any]) -> str:
    """What became of it, once the other authority has answered too, where it was asked."""
    answer = await by.asks("PUT", f"/api/reservations/{name}", body)
    said = answer.json()
    if answer.status_code != httpx.codes.CREATED:
        because = ", ".join(said.get("because", ()))
        return f"[red]refused[/red] ({said['reason']}: {because}): {said['title']}"
    others = ", ".join(said["asked_of"])
    if others:
        await _coordinated(by, name)
    accepted = f", {others} accepted it" if others else ""
    return f"[green]held[/green], receipt {said['receipt'][:16]}…{accepted}"


async def _coordinated(by: Program, name: str) -> None:
    """Wait until all who were asked have confirmed it. Raises Unavailable."""
    async with within(ANSWERED_S, f"{name} of {by.party} was not answered"):
        while not await _is_held(by, name):
            await asyncio.sleep(POLL_S)


async def _is_held(by: Program, name: str) -> bool:
    picture = (await by.asks("GET", "/api/picture")).json()
    held = next((each for each in picture["reservations"] if each["reservation_id"] == name), None)
    if held is None or (held["coordination"] or {}).get("is_given_up"):
        raise Unavailable(f"{name} of {by.party} was not had: {held and held['coordination']}")
    return bool(held["coordination"]["phase"] == "IDLE")


def coming_friday(now: datetime) -> datetime:
    """The beginning of the next Friday, UTC: of today's week, or of the next one on a Friday and after."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=(FRIDAY - now.weekday() - 1) % 7 + 1)


def labels_of(year: int | None) -> dict[str, str]:
    """What the parties are called, by id; nothing for the neutral names. ValueError for a year without."""
    if year is None:
        return {}
    path = FOLDER / f"labels_{year}.json"
    if not path.is_file():
        raise ValueError(f"there are no labels of {year}; there are those of 2015")
    return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
