"""Requests for tests of bad input: a right one for every changing route, and every way to make one wrong."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import msgspec

from mamarr.interop import geojson
from mamarr.web.app import ROUTES, Route
from mamarr.web.guard import CHANGING
from tests.airspace.boxes import NOON
from tests.web.node import HOST, Desk, a_volume
from tests.web.skies import CHIEF, SKY, a_plan_json
from tests.web.test_airspace import AREA, CONSTRAINT, REGION

PLAN = a_plan_json(
    qnh_hpa=1013.25,
    serving_centre="south-centre",
    handling=["HOSP"],
    icao_address="4b1a2c",
    aircraft_count=2,
    formation={"lateral_m": 900.0, "vertical_m": 30.0},
)
PLAN["route"][0] |= {"level_upper": "F350", "designator": "ALPHA", "stay_s": 60.0, "stay_radius_m": 9260.0}
MINIMA = {"lateral_m": 18_520.0, "vertical_m": 609.6, "time_s": 300.0}
TERMS = {
    "between_centres": MINIMA,
    "inside_centre": MINIMA,
    "departure_before_s": 300.0,
    "departure_after_s": 600.0,
    "estimate_before_s": 180.0,
    "estimate_after_s": 180.0,
    "provisional_lapse_s": 300.0,
    "provisional_max": 20,
    "provisional_volume_time_max_s": 720_000.0,
    "renewal_wait_s": 600.0,
    "horizon_s": 2_592_000.0,
    "flights_max": 10_000,
    "overdue_max": 10,
    "given_up_max": 100,
}
MOVEMENT = {
    "points": [
        {"latitude_deg": 33.0, "longitude_deg": 32.0, "time": "2026-11-22T13:00:00Z"},
        {"latitude_deg": 33.5, "longitude_deg": 32.0, "time": "2026-11-22T14:00:00Z"},
    ],
    "radius_m": 9_260.0,
    "altitude_lower_m": 0.0,
    "altitude_upper_m": 3_000.0,
}
POLYGON = {
    **{key: value for key, value in REGION.items() if key != "circle"},
    "polygon": [
        {"latitude_deg": 33.0, "longitude_deg": 32.0},
        {"latitude_deg": 33.0, "longitude_deg": 33.0},
        {"latitude_deg": 34.0, "longitude_deg": 32.0},
    ],
    "margin_m": 100.0,
}
PATH = {
    **{key: value for key, value in REGION.items() if key != "circle"},
    "path": {
        "points": [
            {"latitude_deg": 33.0, "longitude_deg": 32.0},
            {"latitude_deg": 33.0, "longitude_deg": 33.0},
        ],
        "half_width_m": 100.0,
    },
}
SHARE = {
    "type": "Feature",
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[25.0, 30.0], [40.0, 30.0], [40.0, 40.0], [25.0, 40.0], [25.0, 30.0]]],
    },
    "properties": {
        "kind": "share",
        "id": "NORTHERN",
        "authority": "north",
        "lower": "F000",
        "upper": "F600",
        "windows": [],
    },
}
AGREEMENT = {
    "agreement_id": "the-map",
    "edition": 1,
    "members": [
        {"party": "north", "node": "node-north", "contact": "Duty desk"},
        {"party": "south", "node": "node-south", "contact": None},
    ],
    "shares": {"type": "FeatureCollection", "features": [SHARE]},
    "between_centres": MINIMA,
    "inside_centre": MINIMA,
    "largest": {"lateral_m": 22_224.0, "vertical_m": 609.6, "time_s": 300.0},
    "answer_within_s": 600.0,
    "lapse_s": 1_200.0,
    "standard": [
        {
            "condition_id": "north-1",
            "authority": "north",
            "level_lower": "F200",
            "level_upper": "F360",
            "notice_s": 600.0,
            "corridors": ["EAST"],
            "kinds": ["FLIGHT"],
        }
    ],
}
SUSPENSION = {"change": "SUSPEND", "reason": "Talks are broken off."}
ANSWERS: list[dict[str, Any]] = [
    {"answer": "ACCEPT", "revision": 1},
    {"answer": "REJECT", "revision": 1},
    {"answer": "COUNTER", "revision": 1, "later_s": 600.0, "level": "F310"},
]
MESSAGE = "node-south/INCOMING/COORDINATION/7"
CLAIM_ANSWERS: list[dict[str, Any]] = [
    {"answer": "COUNTERSIGN", "revision": 1},
    {"answer": "DISPUTE", "revision": 1, "reason": "NOT_SAID"},
]
SPOKEN = {
    "authority": "south",
    "revision": 1,
    "spoken_at": NOON.isoformat(),
    "spoken_by": "Officer of south",
    "entered_by": "Officer of north",
    "read_back": "F1 as filed, accepted",
}
VOICE: list[dict[str, Any]] = [
    {"answer": "ACCEPTED", **SPOKEN},
    {"answer": "COUNTERED", **SPOKEN, "later_s": 600.0, "level": "F310"},
]
KEY = {"credential_id": "AAAA", "client_json": "AAAA"}
REPORTS: list[dict[str, Any]] = [
    {"report": "AIRBORNE", "time": NOON.isoformat()},
    {"report": "PASSING", "point": 1, "time": NOON.isoformat()},
    {
        "report": "CONDITION",
        "condition": "EMERGENCY",
        "position": {"latitude_deg": 34.0, "longitude_deg": 33.0, "level": "A045", "qnh_hpa": 1013.25},
        "has_surveillance": False,
    },
    {"report": "ENDED"},
]
# A right body, or several, for every route that takes one.
BODIES: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("PUT", "/api/flights/{flight_id}"): [{"plan": PLAN, "is_provisional": True, "party": "south"}],
    ("PUT", "/api/flights/{flight_id}/plan"): [{"plan": PLAN}],
    ("POST", "/api/flights/{flight_id}/reports"): REPORTS,
    ("POST", "/api/airspace"): [msgspec.json.decode(geojson.collection((*SKY, AREA, CONSTRAINT)))],
    ("PUT", "/api/terms"): [TERMS],
    ("PUT", "/api/imposed/{imposed_id}"): [{"kind": "OTHER", "regions": [REGION], "note": "a note"}],
    ("PUT", "/api/disclosure/{owner}/{viewer}"): [{"flights": "IDENTITY", "reservations": "NOTHING"}],
    ("POST", "/api/disclosure/{owner}/{viewer}/approval"): [
        {"flights": "IDENTITY", "reservations": "NOTHING"}
    ],
    ("POST", "/api/agreement/proposal"): [AGREEMENT],
    ("POST", "/api/agreement/suspension"): [SUSPENSION],
    ("POST", "/api/agreement/suspension/approval"): [SUSPENSION],
    ("POST", "/api/crossings/{node}/{kind}/{object_id}/{filed}/withdrawal"): [
        {"revision": 1, "from_time": NOON.isoformat()}
    ],
    ("POST", "/api/agreement/reading"): [AGREEMENT],
    ("POST", "/api/crossings/{node}/{kind}/{object_id}/{filed}/answer"): ANSWERS,
    ("POST", "/api/crossings/{node}/{kind}/{object_id}/{filed}/claim"): CLAIM_ANSWERS,
    ("POST", "/api/asked/{kind}/{object_id}/voice"): VOICE,
    ("POST", "/api/sign-in"): [{"name": "officer", "password": "not the right one"}],
    ("POST", "/api/sign-in/passkey/verification"): [{**KEY, "authenticator": "AA", "signature": "AA"}],
    ("POST", "/api/password"): [{"old": "not the right one", "new": "another that is long"}],
    ("POST", "/api/passkeys/registration/verification"): [{**KEY, "attestation": "AA"}],
    ("POST", "/api/person-keys"): [{"algorithm": "Ed25519", "public_key": "AA", "proof": "AA"}],
    ("POST", "/api/alerts/{alert_id}/acknowledgement"): [{"raised_count": 1}],
    ("POST", "/api/messages/presented"): [{"messages": [MESSAGE, "node-south/INCOMING/SAFETY_FLOOR/0"]}],
    ("POST", "/api/messages/acknowledged"): [{"message": MESSAGE}],
    ("POST", "/api/told-alerts/{node}/{object_id}/{filed}/{alert}/acknowledgement"): [{"number": 1}],
    ("POST", "/api/session"): [{"code": "no-such-code"}],
    ("PUT", "/api/reservations/{reservation_id}"): [
        {"volume": a_volume(), "contact": "Duty desk"},
        {"regions": [POLYGON, PATH], "waits": True},
        {"movement": MOVEMENT},
    ],
    ("POST", "/api/reservations/{reservation_id}/status"): [{"action": "PEND"}],
}
NAMES = {
    "kind": "corridor",
    "id": "EAST",
    "owner": "south",
    "viewer": "relief",
    "alert_id": "RAMHD.F1",
    "node": "node-south",
    "alert": "RAMHD",
    "filed": "1795348800000",
}
# What opens the door is read before who asks; what is a person's is refused to a program by its scope's name.
PERSONS = {
    "/api/person-keys/{act_id}",
    "/api/person-keys/{act_id}/approval",
}

TURNS = re.compile("[\x00-\x1f\u202e\u2066\x7f]")  # moves a cursor, or turns the direction of reading

CHANGING_ROUTES = [route for route in ROUTES if route.method in CHANGING]
WITH_BODY = [route for route in CHANGING_ROUTES if (route.method, route.path) in BODIES]


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def address(route: Route, **names: str) -> str:
    """Where the route is, with ids of the right form but for `names`."""
    path = route.path
    while "{" in path:
        name = path.partition("{")[2].partition("}")[0]
        usual = "FLIGHT" if name == "kind" and "{object_id}" in path else NAMES.get(name)
        path = path.replace(f"{{{name}}}", names.get(name) or usual or "F1")
    return path


async def ask(
    desk: Desk, client: httpx.AsyncClient, route: Route, body: bytes | None, **names: str
) -> httpx.Response:
    """Send `body` to the route in the name of north, with every scope."""
    headers = desk.bearer("north", CHIEF) | {"content-type": "application/json"}
    return await client.request(route.method, address(route, **names), content=body, headers=headers)


class Answer(NamedTuple):
    """What is looked at of an answer, named as httpx does."""

    status_code: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        return msgspec.json.decode(self.text)


async def ask_directly(desk: Desk, route: Route, body: bytes) -> Answer:
    """As `ask`, without a client between: of thousands of requests that is half the work."""
    sent = desk.bearer("north", CHIEF) | {"content-type": "application/json", "host": HOST}
    headers = [(name.encode(), value.encode()) for name, value in sent.items()]
    path = address(route)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": route.method,
        "headers": [*headers, (b"content-length", str(len(body)).encode())],
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "server": tuple(HOST.split(":")),
        "client": ("127.0.0.1", 123),
        "root_path": "",
    }
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await desk.app(scope, receive, send)
    answered = {name.decode(): value.decode() for name, value in said[0]["headers"]}
    return Answer(said[0]["status"], answered, b"".join(each.get("body", b"") for each in said).decode())


def wrongly_told(answer: httpx.Response | Answer) -> str:
    """What is wrong with an answer to a wrong request; an empty text when all is right.

    A refusal of any kind is a problem detail (RFC 9457); one of form says where, what, and, where it has a
    code, what is allowed.
    """
    if answer.status_code < 400:
        return ""
    if answer.status_code >= 500:
        return f"status {answer.status_code}"
    if answer.headers["content-type"] != "application/problem+json":
        return f"content type {answer.headers['content-type']}"
    said = answer.json()
    if (
        said["status"] != answer.status_code
        or not said["title"]
        or not said["type"].startswith("urn:mamarr:")
    ):
        return f"no problem detail: {said}"
    if TURNS.search(answer.text):
        return f"an answer that moves a cursor or turns the reading: {answer.text!r}"
    if said["reason"] != "BAD_REQUEST":
        return ""
    if not said.get("errors"):
        return f"no place: {said}"
    for error in said["errors"]:
        if not error["at"].startswith(("$", "path:", "header:")) or not error["what"]:
            return f"no place or no words: {error}"
        if error.get("code") and not error.get("allowed"):
            return f"not what is allowed: {error}"
    return ""


def places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The place of every member and item in a JSON value, but not of the whole."""
    inside: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value[:2]))  # those after it are like them
    for key, each in inside:
        yield (*at, key)
        yield from places(each, (*at, key))


def changed(value: Any, at: tuple[str | int, ...], raw: bytes) -> bytes:
    """`value` as JSON with the bytes `raw` at the place `at`."""
    copy = msgspec.json.decode(msgspec.json.encode(value))
    there = copy
    for key in at[:-1]:
        there = there[key]
    there[at[-1]] = "@@@"
    return msgspec.json.encode(copy).replace(b'"@@@"', raw)


def objects(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The place of every object in a JSON value."""
    if isinstance(value, dict):
        yield at
    for key in [each for each in places(value) if len(each) == 1]:
        yield from objects(value[key[0]], (*at, *key))
