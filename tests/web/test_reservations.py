import base64
from datetime import timedelta

import httpx
import pytest

from mamarr.engine import tidying
from tests.airspace.boxes import NOON
from tests.web.node import NODE, Desk, a_volume, at_a_desk

R1 = "/api/reservations/R1"


def test_a_box_is_reserved_seen_and_given_back():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        north = desk.bearer("north")
        made = await client.put(R1, json={"volume": a_volume()}, headers=north)
        assert made.status_code == 201
        assert base64.b64decode(made.json()["receipt"]) == list(desk.store.rows())[1].leaf
        picture = (await client.get("/api/picture", headers=desk.bearer("south"))).json()
        (seen,) = picture["reservations"]
        assert (seen["reservation_id"], seen["holder"], seen["mine"]) == ("R1", "north", False)
        assert seen["volume"] == a_volume(altitude_lower_m=3000.0, altitude_upper_m=6000.0)
        assert picture["mode"] == "EXERCISE"
        gone = await client.delete(R1, headers=north)
        assert gone.status_code == 200
        assert (await client.get("/api/picture", headers=north)).json()["reservations"] == []

    at_a_desk(story)


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "The sky asked for is held already."),
        ("ar", "الحيّز الجوي المطلوب محجوز بالفعل."),
        ("fr-CH, en;q=0.5", "L’espace demandé est déjà détenu."),
        ("de, ru;q=0.8, en;q=0.7", "Запрошенное пространство уже занято."),
        ("xx;q=ham", "The sky asked for is held already."),
    ],
)
def test_the_second_asker_is_refused_with_the_cause_in_his_language(language: str, title: str):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        await client.put(R1, json={"volume": a_volume()}, headers=desk.bearer("north"))
        headers = desk.bearer("south") | {"accept-language": language}
        refused = await client.put("/api/reservations/R2", json={"volume": a_volume()}, headers=headers)
        assert refused.status_code == 409
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json() == {
            "type": "urn:mamarr:problem:VOLUME_HELD",
            "title": title,
            "status": 409,
            "reason": "VOLUME_HELD",
            "because": ["R1"],
            "causes": [
                {
                    "kind": "RESERVATION",
                    "id": "R1",
                    "party": "north",
                    "region": None,
                    "corridor": None,
                    "decided_by": [],
                }
            ],
        }

    at_a_desk(story)


def test_a_repeated_request_has_the_same_answer_and_one_entry():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        headers = desk.bearer("north") | {"idempotency-key": "one-and-the-same"}
        first = await client.put(R1, json={"volume": a_volume()}, headers=headers)
        again = await client.put(R1, json={"volume": a_volume()}, headers=headers)
        assert (first.status_code, first.json()) == (again.status_code, again.json())
        assert desk.decided == 1
        other = await client.put(R1, json={"volume": a_volume(altitude_upper_m=7000)}, headers=headers)
        assert (other.status_code, other.json()["reason"]) == (422, "COMMAND_ID_REUSED")

    at_a_desk(story)


BAD = [
    ({"latitude_north_deg": 91}, "$.volume.latitude_north_deg", "number -90 to 90"),
    ({"latitude_north_deg": "34"}, "$.volume.latitude_north_deg", "number -90 to 90"),
    ({"latitude_north_deg": 32.0}, "$.volume", "latitude"),
    ({"longitude_east_deg": 32.0}, "$.volume", "longitude"),
    ({"altitude_lower_m": 7000}, "$.volume", "floor is not below ceiling"),
    ({"altitude_upper_m": 1e9}, "$.volume.altitude_upper_m", "number -1000 to 100000"),
    ({"time_end": "2090-11-22T12:00:00Z"}, "$.volume", "end is not after start"),
    ({"time_end": "2090-11-22T14:00:00"}, "$.volume.time_end", "RFC 3339 with a zone"),
    ({"time_end": "9999-12-31T23:59:59Z"}, "$.volume", "1970 to 2099"),
    ({"time_end": "noon"}, "$.volume.time_end", "RFC 3339 with a zone"),
    ({"colour": "red"}, "$.volume.colour", "{latitude_south_deg, latitude_north_deg, "),
]


@pytest.mark.parametrize(("wrong", "at", "what"), BAD)
def test_bad_input_is_told_what_is_wrong_and_where(wrong: dict[str, object], at: str, what: str):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        answer = await client.put(R1, json={"volume": a_volume(**wrong)}, headers=desk.bearer("north"))
        assert answer.status_code == 400
        (error,) = answer.json()["errors"]
        assert error["at"] == at
        assert what in f"{error['what']} {error.get('allowed')}"
        assert desk.decided == 0

    at_a_desk(story)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1]",
        b"null",
        b"NaN",
        b'"\xff"',
        b"[" * 100_000,
        b'{"volume":' * 90_000,
        b'{"volume":NaN}',
    ],
)
def test_what_is_not_our_json_is_refused(body: bytes):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        answer = await client.put(R1, content=body, headers=desk.bearer("north"))
        assert (answer.status_code, answer.json()["reason"]) == (400, "BAD_REQUEST")
        assert desk.decided == 0

    at_a_desk(story)


def test_a_body_without_end_is_cut_off():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        answer = await client.put(R1, content=b" " * 10_000_000, headers=desk.bearer("north"))
        assert (answer.status_code, answer.json()["reason"]) == (413, "TOO_LARGE")

    at_a_desk(story)


@pytest.mark.parametrize("name", ["<b>", "R%0A1", "R%E2%80%AE1", "-R", "R" * 65, "R%001"])
def test_an_id_of_another_form_is_refused(name: str):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        answer = await client.put(
            f"/api/reservations/{name}", json={"volume": a_volume()}, headers=desk.bearer("north")
        )
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["at"] == "path:reservation_id"
        assert desk.decided == 0

    at_a_desk(story)


@pytest.mark.parametrize("key", ["short", "x" * 65, "with space in it", "<script>alert"])
def test_an_idempotency_key_of_another_form_is_refused(key: str):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        headers = desk.bearer("north") | {"idempotency-key": key}
        answer = await client.put(R1, json={"volume": a_volume()}, headers=headers)
        assert answer.json()["errors"][0]["at"] == "header:Idempotency-Key"

    at_a_desk(story)


def test_the_status_is_announced_reported_and_seen():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        north, south = desk.bearer("north"), desk.bearer("south")
        now = desk.runtime.now()
        window = {"time_start": now.isoformat(), "time_end": (now + timedelta(hours=1)).isoformat()}
        await client.put(R1, json={"volume": a_volume(**window)}, headers=north)
        for action, status, offered in (
            ("PEND", "PENDING", ["ACTIVATE", "DEACTIVATE", "RELEASE"]),
            ("ACTIVATE", "ACTIVE", ["REPORT_IN_USE", "DEACTIVATE"]),
            ("REPORT_IN_USE", "IN_USE", ["REPORT_NOT_IN_USE", "DEACTIVATE"]),
            ("REPORT_NOT_IN_USE", "ACTIVE", ["REPORT_IN_USE", "DEACTIVATE"]),
            ("DEACTIVATE", "INACTIVE", ["PEND", "RELEASE"]),
        ):
            done = await client.post(f"{R1}/status", json={"action": action}, headers=north)
            assert done.status_code == 200, (action, done.text)
            (mine,) = (await client.get("/api/picture", headers=north)).json()["reservations"]
            (others,) = (await client.get("/api/picture", headers=south)).json()["reservations"]
            assert (mine["status"], mine["actions"], mine["is_overrun"]) == (status, offered, False)
            assert (others["status"], others["actions"]) == (status, [])
        refused = await client.post(f"{R1}/status", json={"action": "ACTIVATE"}, headers=north)
        assert (refused.status_code, refused.json()["reason"]) == (409, "WRONG_STATUS")
        foreign = await client.post(f"{R1}/status", json={"action": "PEND"}, headers=south)
        assert (foreign.status_code, foreign.json()["reason"]) == (404, "NOT_THERE")

    at_a_desk(story)


def test_what_overruns_and_nobody_reports_marks_what_was_accepted_before_and_says_so_itself():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        north, south = desk.bearer("north"), desk.bearer("south")
        end = NOON + timedelta(hours=1)
        first = {"time_start": NOON.isoformat(), "time_end": end.isoformat()}
        after = {"time_start": end.isoformat(), "time_end": (end + timedelta(hours=1)).isoformat()}
        for address, window, headers in ((R1, first, north), (R1.replace("1", "2"), after, south)):
            body = {"volume": a_volume(**window), "user_keeps_clear": True}
            assert (await client.put(address, json=body, headers=headers)).status_code == 201
        for action in ("PEND", "ACTIVATE"):
            done = await client.post(f"{R1}/status", json={"action": action}, headers=north)
            assert done.status_code == 200
        desk.at(end)
        runtime = desk.runtime
        asked = tidying.orders(
            runtime.decider.projection, node=NODE, now=end, command_id=runtime.new_command_id
        )
        for order in asked:
            await runtime.submit(order)
        for party, touching in (("north", [{"kind": "RESERVATION", "id": "R2"}]), ("south", [])):
            headers = desk.bearer(party)  # the first ones have run out
            late, next_one = (await client.get("/api/picture", headers=headers)).json()["reservations"]
            assert (late["reservation_id"], late["is_overrun"]) == ("R1", True)
            assert (late["touching"], next_one["touching"]) == (touching, [])
            marked = {"kind": "RESERVATION", "why": "OVERRUN", "id": "R1", "party": "north"}
            assert next_one["touched_by"] == [marked]

    at_a_desk(story, now=NOON)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"action":"FIRE"}', b'{"action":"EXPIRE"}', b'{"action":null}']
)
def test_an_action_that_is_none_is_refused(body: bytes):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        answer = await client.post(f"{R1}/status", content=body, headers=desk.bearer("north"))
        assert (answer.status_code, answer.json()["reason"]) == (400, "BAD_REQUEST")
        assert desk.decided == 0

    at_a_desk(story)


def test_a_contact_is_shown_to_its_own_party_only():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        body = {"volume": a_volume(), "contact": "Duty desk, 555-0100"}
        await client.put(R1, json=body, headers=desk.bearer("north"))
        for party, contact in (("north", "Duty desk, 555-0100"), ("south", None)):
            answer = await client.get("/api/picture", headers=desk.bearer(party))
            assert answer.json()["reservations"][0]["contact"] == contact
            assert ("555-0100" in answer.text) == (contact is not None)
        bad = await client.put(R1, json={**body, "contact": "a\u202eb"}, headers=desk.bearer("north"))
        assert bad.json()["errors"][0]["at"] == "$.contact"

    at_a_desk(story)


def test_a_region_is_earmarked_accepted_and_seen_over_http():
    region = {
        "polygon": [
            {"latitude_deg": 33.0, "longitude_deg": 32.0},
            {"latitude_deg": 33.0, "longitude_deg": 33.0},
            {"latitude_deg": 34.0, "longitude_deg": 32.0},
        ],
        "level_lower": "F100",
        "level_upper": "F330",
        "time_start": "2090-11-22T12:00:00Z",
        "time_end": "2090-11-22T14:00:00Z",
    }

    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        north = desk.bearer("north")
        made = await client.put(R1, json={"regions": [region], "provisional": True}, headers=north)
        assert made.status_code == 201
        (seen,) = (await client.get("/api/picture", headers=north)).json()["reservations"]
        assert (seen["volume"], seen["regions"], seen["phase"]) == (None, [region], "EARMARKED")
        assert (seen["actions"], seen["user_keeps_clear"]) == (["ACCEPT", "RELEASE"], False)
        assert seen["lapses_at"] is not None
        taken = await client.post(f"{R1}/status", json={"action": "ACCEPT"}, headers=north)
        assert taken.status_code == 200
        (seen,) = (await client.get("/api/picture", headers=desk.bearer("south"))).json()["reservations"]
        assert (seen["phase"], seen["lapses_at"], seen["actions"]) == ("ALLOCATED", None, [])

    at_a_desk(story)


def test_a_shape_that_cannot_be_swept_is_a_refusal():
    def there(longitude_deg: float, hour: int) -> dict[str, object]:
        return {"latitude_deg": 0, "longitude_deg": longitude_deg, "time": f"2090-11-22T{hour}:00:00Z"}

    moved = {
        "points": [there(0, 12), there(170, 14)],
        "radius_m": 5000,
        "altitude_lower_m": 0,
        "altitude_upper_m": 1000,
    }

    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        answer = await client.put(R1, json={"movement": moved}, headers=desk.bearer("north"))
        assert (answer.status_code, answer.json()["reason"]) == (422, "BAD_GEOMETRY")

    at_a_desk(story)
