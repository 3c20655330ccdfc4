"""A small sky at a node: declared over HTTP as GeoJSON, with plans as JSON. The clock stands at noon."""

from typing import Any

import httpx
import msgspec

from mamarr.flights import Plan
from mamarr.interop import geojson
from mamarr.interop.flight_messages import plan_message
from mamarr.web.access import Scope
from tests.airspace.boxes import NOON
from tests.flights.routes import SOUTHERN, a_corridor, a_party, a_plan, a_share
from tests.web.node import Desk, Story, at_a_desk

FILER = (Scope.READ, Scope.FILE)
CHIEF = tuple(Scope)
AIRSPACE = "/api/airspace"
GEOJSON = {"content-type": "application/geo+json"}
SKY = (
    a_party("north"),
    a_party("south"),
    a_party("relief", is_authority=False, centres=(), serving_centre="north-centre"),
    a_share(),
    a_corridor(),
    a_corridor("SOUTH", by=SOUTHERN),
)


def under_a_sky(story: Story, *values: Any) -> None:
    """Run `story` at a node of north that has declared `values`, or else SKY."""

    async def run(desk: Desk, client: httpx.AsyncClient) -> None:
        declared = await declare(desk, client, *(values or SKY))
        assert declared.json()["declared_count"] == len(values or SKY), declared.text
        await story(desk, client)

    at_a_desk(run, now=NOON)


async def declare(desk: Desk, client: httpx.AsyncClient, *values: Any) -> httpx.Response:
    """Declare `values` in the name of north."""
    body = geojson.collection(values)
    return await client.post(AIRSPACE, content=body, headers=desk.bearer("north", CHIEF) | GEOJSON)


def as_json(plan: Plan) -> dict[str, Any]:
    """The plan as a program sends it."""
    return msgspec.json.decode(msgspec.json.encode(plan_message(plan)))


def a_plan_json(**changed: Any) -> dict[str, Any]:
    """`a_plan` as a program sends it, with fields of the message changed."""
    return as_json(a_plan()) | changed


async def file(
    desk: Desk,
    client: httpx.AsyncClient,
    flight_id: str,
    plan: Plan | dict[str, Any],
    party: str = "south",
    *,
    whose: str | None = None,
    **changed: Any,
) -> httpx.Response:
    """File a flight in the name of `party`, or by it for another."""
    body = {"plan": plan if isinstance(plan, dict) else as_json(plan), "party": whose, **changed}
    return await client.put(f"/api/flights/{flight_id}", json=body, headers=desk.bearer(party, FILER))


async def seen(desk: Desk, client: httpx.AsyncClient, party: str = "south") -> dict[str, dict[str, Any]]:
    """The flights in the picture of `party`, by id."""
    answer = await client.get("/api/picture", headers=desk.bearer(party, FILER))
    return {flight["flight_id"]: flight for flight in answer.json()["flights"]}
