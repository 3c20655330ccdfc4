"""What is declared and imposed, over HTTP: GeoJSON in and out, terms, imposed sky."""

from typing import Any

import httpx
import msgspec
import pytest

from mamarr.airspace import Constraint, Terms
from mamarr.airspace.areas import Area, AreaKind
from mamarr.interop import geojson
from tests.airspace.boxes import NOON
from tests.engine.test_flights import about
from tests.flights.routes import FL_MM, MIDDLE, a_corridor, a_party, a_plan, a_share
from tests.web.node import Desk, at_a_desk
from tests.web.skies import AIRSPACE, CHIEF, FILER, GEOJSON, SKY, declare, file, seen, under_a_sky

CONSTRAINT = Constraint(constraint_id="D1", name="Ship area", volumes=(about(MIDDLE),))
AREA = Area(
    area_id="TRA-1",
    kind=AreaKind.TRA,
    footprint=about((36.0, 30.0)).footprint,
    datum=about(MIDDLE).datum,
    lower_mm=0,
    upper_mm=245 * FL_MM,
)
REGION = {
    "circle": {"latitude_deg": 34.0, "longitude_deg": 33.0, "radius_m": 9260.0},
    "level_lower": "F300",
    "level_upper": "F350",
    "time_start": "2026-11-22T12:00:00Z",
    "time_end": "2026-11-22T15:00:00Z",
}


def of(answer: httpx.Response) -> list[tuple[str, str, str | None]]:
    return [(each["kind"], each["id"], each["reason"]) for each in answer.json()["features"]]


def in_file(body: bytes) -> list[dict[str, Any]]:
    return sorted(msgspec.json.decode(body)["features"], key=str)


async def listed(desk: Desk, client: httpx.AsyncClient, party: str = "south") -> bytes:
    answer = await client.get(AIRSPACE, headers=desk.bearer(party, FILER))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/geo+json")
    return answer.content


def test_a_file_is_declared_feature_by_feature_in_the_order_that_each_needs():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        answer = await declare(desk, client, *reversed((*SKY, AREA, CONSTRAINT)))
        assert answer.status_code == 200
        assert [kind for kind, _, _ in of(answer)] == [
            *["party"] * 3,
            "share",
            *["corridor"] * 2,
            "area",
            "constraint",
        ]
        assert {reason for _, _, reason in of(answer)} == {None}
        assert answer.json()["declared_count"] == desk.decided == 8

    at_a_desk(story, now=NOON)


def test_what_is_exported_is_what_was_declared_and_declares_the_same_elsewhere():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        exported = await listed(desk, client)
        assert in_file(exported) == in_file(geojson.collection((*SKY, AREA, CONSTRAINT)))
        other = Desk(NOON)
        other.runtime.start()
        async with other.client() as beside:
            headers = other.bearer("north", CHIEF) | GEOJSON
            again = await beside.post(AIRSPACE, content=exported, headers=headers)
            assert again.json()["declared_count"] == 8
            assert await listed(other, beside) == exported
        await other.runtime.stop()

    under_a_sky(story, *SKY, AREA, CONSTRAINT)


def test_every_finding_of_a_file_is_named_and_nothing_of_it_is_declared():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        body = msgspec.json.decode(geojson.collection(SKY))
        body["features"][3]["properties"]["authority"] = "<b>"
        body["features"][4]["properties"]["lower"] = "A045"
        body["features"][5]["geometry"]["coordinates"][0] = [200, 34]
        body["features"][5]["properties"]["colour"] = "red"
        headers = desk.bearer("north", CHIEF) | GEOJSON
        answer = await client.post(AIRSPACE, content=msgspec.json.encode(body), headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (400, "BAD_REQUEST")
        assert [error["at"] for error in answer.json()["errors"]] == [
            "$.features[3].properties.authority",
            "$.features[4].properties.qnh_hpa",
            "$.features[5].properties.colour",
            "$.features[5].geometry.coordinates[0][0]",
        ]
        assert all(error["what"] for error in answer.json()["errors"])
        assert desk.decided == 0

    at_a_desk(story, now=NOON)


def test_a_feature_that_is_refused_is_named_and_the_others_are_declared():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        stranger = a_share("EASTERN", "nobody")
        other = a_share("OTHER", "south")
        answer = await declare(desk, client, a_party("north"), a_party("south"), a_share(), other, stranger)
        assert answer.json()["declared_count"] == 3
        became = {each["id"]: (each["reason"], each["because"]) for each in answer.json()["features"]}
        assert became["NORTHERN"] == (None, [])
        assert became["OTHER"] == ("VOLUME_HELD", ["NORTHERN"])
        assert became["EASTERN"][0] == "UNKNOWN_PARTY"
        assert b"OTHER" not in await listed(desk, client)

    at_a_desk(story, now=NOON)


def test_only_the_nodes_own_party_declares_and_every_party_reads():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        body = geojson.collection([a_corridor("NEW")])
        headers = desk.bearer("south", CHIEF) | GEOJSON
        answer = await client.post(AIRSPACE, content=body, headers=headers)
        assert (answer.json()["declared_count"], of(answer)) == (0, [("corridor", "NEW", "NOT_YOURS")])
        foreign = await client.delete(f"{AIRSPACE}/corridor/EAST", headers=headers)
        assert (foreign.status_code, foreign.json()["reason"]) == (403, "NOT_YOURS")
        reader = await client.post(AIRSPACE, content=body, headers=desk.bearer("north", FILER) | GEOJSON)
        assert reader.status_code == 403
        assert await listed(desk, client, "relief") == await listed(desk, client, "north")

    under_a_sky(story)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("corridor", "EAST"),
        ("share", "NORTHERN"),
        ("area", "TRA-1"),
        ("constraint", "D1"),
        ("party", "relief"),
    ],
)
def test_what_is_declared_is_withdrawn_once(kind: str, name: str):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        north = desk.bearer("north", CHIEF)
        assert f'"id":"{name}"'.encode() in await listed(desk, client)
        assert (await client.delete(f"{AIRSPACE}/{kind}/{name}", headers=north)).status_code == 200
        assert f'"id":"{name}"'.encode() not in await listed(desk, client)
        again = await client.delete(f"{AIRSPACE}/{kind}/{name}", headers=north)
        assert (again.status_code, again.json()["reason"]) == (404, "NOT_THERE")

    under_a_sky(story, *SKY, AREA, CONSTRAINT)


def test_a_kind_that_is_none_is_told_which_there_are():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        answer = await client.delete(f"{AIRSPACE}/balloon/B1", headers=desk.bearer("north", CHIEF))
        (error,) = answer.json()["errors"]
        assert (error["at"], error["allowed"]) == ("path:kind", "party, share, corridor, area, constraint")

    under_a_sky(story)


def test_terms_are_read_by_all_set_by_the_node_and_bind_later_flights():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        north, south = desk.bearer("north", CHIEF), desk.bearer("south", CHIEF)
        found = (await client.get("/api/terms", headers=south)).json()
        assert found["between_centres"] == {"lateral_m": 18_520.0, "vertical_m": 609.6, "time_s": 300.0}
        await file(desk, client, "F1", a_plan())
        wide = found | {"between_centres": {"lateral_m": 18_520.0, "vertical_m": 3_048.0, "time_s": 300.0}}
        refused = await client.put("/api/terms", json=wide, headers=south)
        assert (refused.status_code, refused.json()["reason"]) == (403, "NOT_YOURS")
        assert (await client.put("/api/terms", json=wide, headers=north)).status_code == 200
        assert (await client.get("/api/terms", headers=south)).json() == wide
        assert (await file(desk, client, "F2", a_plan(level="F250"), "north")).status_code == 409
        assert list(await seen(desk, client)) == ["F1"]

    under_a_sky(story)


def test_every_number_of_the_terms_is_said_and_none_is_set_back_by_silence():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        north = desk.bearer("north", CHIEF)
        found = (await client.get("/api/terms", headers=north)).json()
        others = {"provisional_volume_time_max_s": 7_200.0, "renewal_wait_s": 60.0, "horizon_s": 86_400.0}
        assert (await client.put("/api/terms", json=found | others, headers=north)).status_code == 200
        for name in others:
            rest = {key: value for key, value in found.items() if key != name}
            answer = await client.put("/api/terms", json=rest, headers=north)
            (error,) = answer.json()["errors"]
            assert (answer.status_code, error["at"], error["code"]) == (400, f"$.{name}", "FIELD_REQUIRED")
        assert (await client.get("/api/terms", headers=north)).json() == found | others
        assert len(found) == len(Terms.__struct_fields__)
        far = await file(desk, client, "F1", a_plan(minutes=25 * 60), "north")
        assert far.json()["reason"] == "TOO_FAR_AHEAD"

    under_a_sky(story)


def test_imposed_sky_blocks_until_it_is_lifted():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        north, x1 = desk.bearer("north", CHIEF), "/api/imposed/X1"
        body = {"kind": "STRANGER", "regions": [REGION], "note": "seen from the coast"}
        south = await client.put(x1, json=body, headers=desk.bearer("south", CHIEF))
        assert (south.status_code, south.json()["reason"]) == (403, "NOT_YOURS")
        assert (await client.put(x1, json=body, headers=north)).status_code == 201
        refused = await file(desk, client, "F1", a_plan(), "north")
        assert (refused.status_code, refused.json()["because"]) == (409, ["X1"])
        assert "CORRIDOR" in [each["kind"] for each in refused.json()["alternatives"]]
        foreign = await file(desk, client, "F1", a_plan(), "south")
        assert (foreign.json()["reason"], foreign.json().get("because")) == ("CONFLICT", None)
        assert (await client.delete(x1, headers=north)).status_code == 200
        assert (await file(desk, client, "F1", a_plan(), "north")).status_code == 201
        again = await client.delete(x1, headers=north)
        assert (again.status_code, again.json()["reason"]) == (404, "NOT_THERE")

    under_a_sky(story)
