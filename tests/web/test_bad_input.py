"""Bad input, at every route that changes something: told what, where and what is allowed; nothing happens.

Each case is tried at every route that can take it. What does not decode is not recorded, and logged on one
line at most, whatever it holds.
"""

import logging
import re
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from mamarr import phrases
from mamarr.web.access import passwords
from mamarr.web.app import Route
from tests.flights.routes import SOUTHERN, a_corridor
from tests.web.node import Desk, a_volume, hash_of
from tests.web.skies import CHIEF, a_plan_json, file, under_a_sky
from tests.web.test_airspace import REGION
from tests.web.wrong import (
    AGREEMENT,
    BODIES,
    CHANGING_ROUTES,
    MINIMA,
    MOVEMENT,
    PERSONS,
    POLYGON,
    TERMS,
    WITH_BODY,
    address,
    ask,
    ask_directly,
    changed,
    name_of,
    objects,
    places,
    wrongly_told,
)

ROUTES_WITH_BODY = pytest.mark.parametrize("route", WITH_BODY, ids=name_of)
LINE_MAX = 500
ARABIC = re.compile("[\u0621-\u064a]")
CYRILLIC = re.compile("[\u0430-\u044f]")


@pytest.fixture(scope="module", autouse=True)
def _passwords_are_compared_quickly() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "NOBODYS", hash_of("a password of nobody"))
        yield


@pytest.fixture(autouse=True)
def _log_lines_are_safe(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test sends: no line of the log has a control character in it, or is long."""
    caplog.set_level(logging.DEBUG, "mamarr")
    yield
    for record in caplog.records:
        if record.name == "mamarr":
            assert record.getMessage().isprintable(), record.getMessage()
            assert len(record.getMessage()) < LINE_MAX
            assert record.levelno < logging.WARNING, "a stranger's mistake is no trouble of ours"


def test_there_is_a_right_body_for_every_route_that_takes_one():
    with_message = {(each.method, each.path) for each in CHANGING_ROUTES if each.takes is not None}
    assert set(BODIES) == with_message | {("POST", "/api/airspace")}


@ROUTES_WITH_BODY
def test_a_right_body_is_read(route: Route):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        for body in BODIES[route.method, route.path]:
            answer = await ask(desk, client, route, msgspec.json.encode(body))
            assert answer.status_code < 500, answer.text
            if answer.status_code == 400:  # by its form right, and yet no key
                assert route.path.startswith(("/api/sign-in", "/api/passkeys", "/api/person-keys"))

    under_a_sky(story)


NOT_JSON = [
    b"",
    b" ",
    b"{",
    b"}",
    b"NaN",
    b"Infinity",
    b"-",
    b"\x00",
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b'"\xff"',
    b"{}{}",
    b"<b>hello</b>",
    b"name=value",
    b"[" * 100_000,
    b'{"plan":' * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    b'{"type":"FeatureCollection","features":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
]
OTHER_JSON = [b"null", b"true", b"0", b'"text"', b"[]", b"[1]", b"{}", b"1" * 100_000, b'{"\\u0000":1}']
ODD_NAMES = [
    '{"\u202eplan":1}'.encode(),
    b'{"<script>alert(1)</script>":1}',
    b'{"a\\nb":1}',
    b'{"a`b - at `c":1}',
    b'{"' + b"x" * 100_000 + b'":1}',
]


@ROUTES_WITH_BODY
def test_what_is_not_the_message_is_refused_and_not_recorded(route: Route, caplog: pytest.LogCaptureFixture):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        size = desk.store.size()
        for body in (*NOT_JSON, *OTHER_JSON, *ODD_NAMES):
            caplog.clear()
            answer = await ask(desk, client, route, body)
            assert answer.status_code == 400, (body[:40], answer.text)
            assert not wrongly_told(answer), body[:40]
            assert [record.name for record in caplog.records].count("mamarr") == 1
            assert len(answer.content) < 4_000
        assert desk.store.size() == size

    under_a_sky(story)


@ROUTES_WITH_BODY
def test_a_body_of_ten_megabytes_is_cut_off(route: Route):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        size = desk.store.size()
        for body in (b" " * 10_000_000, b'{"a":"' + b"x" * 10_000_000 + b'"}'):
            answer = await ask(desk, client, route, body)
            assert (answer.status_code, answer.json()["reason"]) == (413, "TOO_LARGE")
            assert not wrongly_told(answer)
        assert desk.store.size() == size

    under_a_sky(story)


@ROUTES_WITH_BODY
def test_a_field_that_nobody_knows_is_named_wherever_it_is(route: Route):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        size, wrong = desk.store.size(), []
        for body in BODIES[route.method, route.path]:
            for at in objects(body):
                sent = changed({"whole": body}, ("whole", *at, "colour"), b'"red"')
                sent = sent.removeprefix(b'{"whole":').removesuffix(b"}")
                answer = await ask(desk, client, route, sent)
                found = [each["at"] for each in answer.json().get("errors", [])]
                if answer.status_code != 400 or not any(each.endswith(".colour") for each in found):
                    wrong.append((at, answer.status_code, found))
                if complaint := wrongly_told(answer):
                    wrong.append((at, complaint))
        assert not wrong
        assert desk.store.size() == size

    under_a_sky(story)


ODD_VALUES = [
    b"null",
    b"true",
    b"{}",
    b"[]",
    b'[{"a":1}]',
    b'""',
    b'"\\u0000"',
    b'"a\\nb"',
    '"\u202eabc"'.encode(),
    b'"<img src=x onerror=alert(1)>"',
    b'"' + b"x" * 10_000 + b'"',
    b"-1",
    b"0",
    b"1e308",
    b"-1e308",
    b"5e-324",
    b"1e400",
    b"9223372036854775808",
    b"1" * 400,
    b"NaN",
    b"Infinity",
    b'"9999-12-31T23:59:59Z"',
    b'"0001-01-01T00:00:00Z"',
    b'"2026-11-22T12:00:00"',
    b'"2026-11-22T12:00:00+23:59"',
]


@pytest.mark.slow
@ROUTES_WITH_BODY
def test_an_odd_value_anywhere_is_answered_and_never_breaks_the_node(route: Route):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        wrong = []
        for body in BODIES[route.method, route.path]:
            for at in places(body):
                for value in ODD_VALUES:
                    size = desk.store.size()
                    answer = await ask_directly(desk, route, changed(body, at, value))
                    if complaint := wrongly_told(answer):
                        wrong.append((at, value[:30], complaint))
                    if answer.status_code == 400 and desk.store.size() != size:
                        wrong.append((at, value[:30], "recorded"))
        assert not wrong, wrong[:20]

    under_a_sky(story)


IDS = [
    "%0A",
    "a%0Ab",
    "a%0D%0Ab",
    "%00",
    "%E2%80%AE",
    "%3Cb%3E",
    "-R",
    "R" * 65,
    "%FF",
    "a%20b",
    "'",
    "%F0%9F%9B%A9",
]
WITH_NAMES = [route for route in CHANGING_ROUTES if "{" in route.path and route.path not in PERSONS]


@pytest.mark.parametrize("route", WITH_NAMES, ids=name_of)
def test_an_id_of_another_form_is_named(route: Route):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        body = msgspec.json.encode(BODIES.get((route.method, route.path), [None])[0])
        size = desk.store.size()
        for name in [each.partition("}")[0] for each in route.path.split("{")[1:]]:
            for odd in IDS:
                answer = await ask(desk, client, route, body, **{name: odd})
                assert answer.status_code == 400, (name, odd, answer.text)
                assert not wrongly_told(answer)
                (error,) = answer.json()["errors"]
                assert error["at"] == f"path:{name}"
        assert desk.store.size() == size

    under_a_sky(story)


@pytest.mark.parametrize("route", CHANGING_ROUTES, ids=name_of)
def test_an_address_beside_the_route_is_a_problem_detail_too(route: Route):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        size = desk.store.size()
        for path in (address(route) + "/more", address(route) + "%2F..%2F..%2Fhealth"):
            answer = await client.request(route.method, path, headers=desk.bearer("north", CHIEF))
            assert answer.status_code in (400, 404, 405), (path, answer.status_code)
            assert not wrongly_told(answer), path
        other = await client.request("PATCH", address(route), headers=desk.bearer("north", CHIEF))
        assert (other.status_code, other.json()["reason"]) == (405, "METHOD_NOT_ALLOWED")
        assert desk.store.size() == size

    under_a_sky(story)


def with_region(**given: Any) -> dict[str, Any]:
    return {"regions": [REGION, {**POLYGON, **given}]}


def corners(*given: tuple[float, float]) -> list[dict[str, float]]:
    return [{"latitude_deg": latitude, "longitude_deg": longitude} for latitude, longitude in given]


def with_plan(**given: Any) -> dict[str, Any]:
    return {"plan": a_plan_json(**given)}


def with_point(number: int, **given: Any) -> dict[str, Any]:
    plan = a_plan_json()
    plan["route"][number] |= given
    return {"plan": plan}


def a_feature(**given: Any) -> dict[str, Any]:
    """A corridor as a file of its own, properties changed; `coordinates` and `geometry` too."""
    (feature,) = [
        each for each in BODIES["POST", "/api/airspace"][0]["features"] if each["properties"]["id"] == "EAST"
    ]
    made = msgspec.json.decode(msgspec.json.encode(feature))
    if "coordinates" in given:
        made["geometry"]["coordinates"] = given.pop("coordinates")
    made["geometry"] = given.pop("geometry", made["geometry"])
    made["properties"] |= given
    return {"type": "FeatureCollection", "features": [made]}


def with_member(**given: Any) -> dict[str, Any]:
    """The agreement with its second member changed."""
    first, second = AGREEMENT["members"]
    return {**AGREEMENT, "members": [first, {**second, **given}]}


def with_condition(**given: Any) -> dict[str, Any]:
    (condition,) = AGREEMENT["standard"]
    return {**AGREEMENT, "standard": [{**condition, **given}]}


def an_area(ring: list[list[float]]) -> dict[str, Any]:
    properties = {"kind": "area", "id": "A1", "kind_of_area": "TRA", "lower": "F100", "upper": "F200"}
    polygon = {"type": "Polygon", "coordinates": [ring]}
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "geometry": polygon, "properties": properties}],
    }


R, F, A, X, T = (
    ("PUT", "/api/reservations/{reservation_id}"),
    ("PUT", "/api/flights/{flight_id}"),
    ("POST", "/api/airspace"),
    ("PUT", "/api/imposed/{imposed_id}"),
    ("PUT", "/api/terms"),
)
P = ("POST", "/api/flights/{flight_id}/reports")
G = ("POST", "/api/agreement/reading")
C = ("POST", "/api/crossings/{node}/{kind}/{object_id}/{filed}/answer")
LOW = "2026-11-22T11:00:00Z"
FEATURE = "$.features[0]"
BOW = ((33.0, 32.0), (34.0, 33.5), (33.0, 33.0), (34.0, 32.0))
# route, body, where, and a part of what is said or allowed there
TOLD: list[tuple[tuple[str, str], dict[str, Any], str, str]] = [
    (R, {"volume": a_volume(latitude_north_deg=91)}, "$.volume.latitude_north_deg", "number -90 to 90"),
    (F, with_point(1, latitude_deg=-90.1), "$.plan.route[1].latitude_deg", "number -90 to 90"),
    (F, with_point(1, longitude_deg=180.5), "$.plan.route[1].longitude_deg", "number -180 to 180"),
    (A, a_feature(coordinates=[[32, 34], [33, 91]]), f"{FEATURE}.geometry.coordinates[1][1]", "-90 to 90"),
    (X, {"kind": "OTHER", "regions": [{**REGION, "circle": {**REGION["circle"], "latitude_deg": 91}}]},
     "$.regions[0].circle.latitude_deg", "number -90 to 90"),
    (P, {"report": "CONDITION", "condition": "EMERGENCY",
         "position": {"latitude_deg": 91, "longitude_deg": 0, "level": "F100"}},
     "$.position.latitude_deg", "number -90 to 90"),
    (R, with_region(polygon=corners(*BOW)), "$.regions[1].polygon", "cross"),
    (A, an_area([[32, 33], [33, 34], [33, 33], [32, 34], [32, 33]]),
     f"{FEATURE}.geometry.coordinates[0]", "cross"),
    (R, with_region(polygon=corners((33, 32), (33, 32), (34, 32))), "$.regions[1].polygon", "1"),
    (R, with_region(polygon=corners((33, 32), (34, 32))), "$.regions[1].polygon", "length 3 to "),
    (R, with_region(polygon=corners((33, 32), (34, 32), (33.5, 32))), "$.regions[1].polygon", ""),
    (A, an_area([[32, 33], [33, 34], [32, 33]]), f"{FEATURE}.geometry.coordinates[0]", "positions"),
    (R, {"volume": a_volume(altitude_lower_m=7000)}, "$.volume", "floor is not below ceiling"),
    (R, with_region(level_lower="F400"), "$.regions[1].level_upper", "F400"),
    (F, with_point(0, level_upper="F100"), "$.plan.route[0].level_upper", "above"),
    (A, a_feature(lower="F400", upper="F100"), f"{FEATURE}.properties.lower", "F400"),
    (R, with_region(altitude_upper_m=3000), "$.regions[1]", "altitude_lower_m and altitude_upper_m, or"),
    (R, with_region(level_lower="A030", level_upper="A045"), "$.regions[1].level_upper", "QNH"),
    (A, a_feature(altitude_lower_m=300, lower=None), f"{FEATURE}.properties.lower", "one way"),
    (A, a_feature(lower="A045", upper="F350"), f"{FEATURE}.properties.qnh_hpa", "straddles the transition"),
    (F, with_point(0, level="A045"), "$.plan.route[0].level", "QNH"),
    (R, {"volume": a_volume(time_end=LOW)}, "$.volume", "end is not after start"),
    (R, with_region(time_end=LOW), "$.regions[1]", ""),
    (R, {"movement": {**MOVEMENT, "points": MOVEMENT["points"][::-1]}}, "$.movement", "time of point 1"),
    (F, with_point(1, time=LOW), "$.plan", "point 1 is reached before point 0 is left"),
    (A, a_feature(windows=[["2026-11-22T12:00:00Z", LOW]]), f"{FEATURE}.properties.windows[0]", ""),
    (R, {"volume": a_volume(time_end="2026-11-22T14:00:00")}, "$.volume.time_end", "with a zone"),
    (F, with_point(1, time="2026-11-22T13:00:00"), "$.plan.route[1].time", "with a zone"),
    (P, {"report": "AIRBORNE", "time": "noon"}, "$.time", "with a zone"),
    (R, {"volume": a_volume(time_end="9999-12-31T23:59:59Z")}, "$.volume", "1970 to 2099"),
    (F, with_point(2, time="9999-12-31T23:59:59Z"), "$.plan.route[2]", "1970 to 2099"),
    (R, with_region(time_end="9999-12-31T23:59:59Z"), "$.regions[1]", "1970 to 2099"),
    (R, with_region(polygon=corners(*BOW) * 5_000), "$.regions[1].polygon", "length 3 to "),
    (A, an_area([[32, 33]] * 100_000), f"{FEATURE}.geometry.coordinates[0]", "100000 positions"),
    (F, with_plan(route=a_plan_json()["route"] * 40), "$.plan.route", "length 1 to 100"),
    (F, with_plan(identification="EXA\n01"), "$.plan.identification", "2 to 7 of A-Z and 0-9"),
    (F, with_plan(identification="<b>"), "$.plan.identification", "2 to 7 of A-Z and 0-9"),
    (F, with_plan(aircraft_type="\u202eA320"), "$.plan.aircraft_type", "2 to 4 of A-Z and 0-9"),
    (F, with_plan(icao_address="4B1A2C"), "$.plan.icao_address", "6 of 0-9 and a-f"),
    (F, with_plan(serving_centre="<b>"), "$.plan.serving_centre", "letters, digits"),
    (F, with_plan(joins="a b"), "$.plan.joins", "letters, digits"),
    (F, with_point(0, designator="\u202e"), "$.plan.route[0].designator", "letters, digits"),
    (F, with_point(0, corridor="EAST\n"), "$.plan.route[0].corridor", "letters, digits"),
    (F, with_point(0, level="F33"), "$.plan.route[0].level", "length 4 to 5"),
    (F, with_point(0, level="X330"), "$.plan.route[0].level", "F or A and three digits"),
    (F, with_plan(traffic="FAT"), "$.plan.traffic", "GAT, OAT"),
    (F, with_plan(handling=["NOPE"]), "$.plan.handling[0]", "MEDEVAC"),
    (F, with_plan(aircraft_count=10**30), "$.plan.aircraft_count", "integer 1 to 99"),
    (F, with_plan(aircraft_count=2), "$.plan", "formation"),
    (F, {**with_plan(), "party": "<b>"}, "$.party", "2 to 32 of a-z"),
    (R, {"volume": a_volume(), "contact": "a\u202eb"}, "$.contact", "no control characters"),
    (R, {"volume": a_volume(), "contact": ""}, "$.contact", "length 1 to 200"),
    (X, {"kind": "OTHER", "regions": [REGION], "note": "a\nb"}, "$.note", "no control characters"),
    (X, {"kind": "UFO", "regions": [REGION]}, "$.kind", "STRANGER, MOVED_AREA, OTHER"),
    (X, {"kind": "OTHER", "regions": []}, "$.regions", "length 1 to 100"),
    (A, a_feature(name="a\u202eb"), f"{FEATURE}.properties.name", "no control characters"),
    (A, a_feature(id="a b"), f"{FEATURE}.properties.id", "letters, digits"),
    (A, a_feature(kind="balloon"), f"{FEATURE}.properties.kind", "corridor, share, area, constraint, party"),
    (T, {**TERMS, "flights_max": -1}, "$.flights_max", "integer 0 to 100000"),
    (T, {**TERMS, "flights_max": 1.5}, "$.flights_max", "integer 0 to 100000"),
    (T, {**TERMS, "inside_centre": {**MINIMA, "lateral_m": 1e308}},
     "$.inside_centre.lateral_m", "0 to 185200"),
    (T, {key: each for key, each in TERMS.items() if key != "overdue_max"}, "$.overdue_max", "integer 0 to"),
    (G, {**AGREEMENT, "edition": 0}, "$.edition", "integer 1 to 1000000"),
    (G, {**AGREEMENT, "members": AGREEMENT["members"][:1]}, "$.members", "length 2 to 50"),
    (G, with_member(party="<b>"), "$.members[1].party", "2 to 32 of a-z"),
    (G, with_member(contact="a\u202eb"), "$.members[1].contact", "no control characters"),
    (G, with_member(node="node-north"), "$", "a member is named twice"),
    (G, with_condition(level_lower="A045"), "$.standard[0].level_upper", "straddles the transition"),
    (G, with_condition(level_lower="F400"), "$.standard[0].level_upper", "F400"),
    (G, with_condition(authority="west"), "$", "west is no member"),
    (G, with_condition(corridors=["a b"]), "$.standard[0].corridors[0]", "letters, digits"),
    (G, {**AGREEMENT, "lapse_s": 600.0}, "$", "may not take as long"),
    (G, {**AGREEMENT, "largest": {**MINIMA, "lateral_m": 1.0}}, "$", "smaller than another"),
    (G, {**AGREEMENT, "shares": {"type": "Feature"}}, "$.shares.type", "FeatureCollection"),
    (G, {**AGREEMENT, "shares": a_feature()}, "$.shares.features[0].properties.kind", "a share of the map"),
    (G, {**AGREEMENT, "shares": {"type": "FeatureCollection", "features": []}}, "$", "1 to 2000"),
    (C, {"answer": "MAYBE", "revision": 1}, "$.answer", "ACCEPT | REJECT | COUNTER"),
    (C, {"answer": "ACCEPT", "revision": 0}, "$.revision", "integer 1 to 1000"),
    (C, {"answer": "ACCEPT"}, "$.revision", "integer 1 to 1000"),
    (C, {"answer": "COUNTER", "revision": 1}, "$", "later or at another level"),
    (C, {"answer": "COUNTER", "revision": 1, "level": "X330"}, "$.level", "F or A and three digits"),
    (C, {"answer": "COUNTER", "revision": 1, "later_s": -1}, "$.later_s", "number 0 to 86400"),
    (P, {"report": "LOST"}, "$.report", "AIRBORNE | PASSING | CONDITION | ENDED"),
    (P, {"report": "CONDITION", "condition": "OVERDUE"}, "$", "found by the node"),
    (P, {"report": "PASSING", "point": -1, "time": LOW}, "$.point", "integer 0 to 99"),
]  # fmt: skip


@pytest.mark.parametrize(("where", "body", "at", "said"), TOLD, ids=lambda each: str(each)[:60])
def test_what_is_wrong_is_told_where_and_what_is_allowed(where, body: dict[str, Any], at: str, said: str):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        (route,) = [each for each in WITH_BODY if (each.method, each.path) == where]
        size = desk.store.size()
        answer = await ask(desk, client, route, msgspec.json.encode(body))
        assert answer.status_code == 400, answer.text
        assert not wrongly_told(answer)
        (error,) = answer.json()["errors"]
        assert error["at"] == at, error
        assert said in f"{error['what']} {error.get('allowed', '')}"
        assert desk.store.size() == size

    under_a_sky(story)


def test_where_there_is_a_code_the_words_are_in_the_askers_language():
    wrong = {
        "FIELD_REQUIRED": {},
        "FIELD_UNKNOWN": {**with_plan(), "colour": 1},
        "FIELD_RANGE": with_plan(aircraft_count=100),
        "FIELD_LENGTH": with_point(0, level="F3"),
        "FIELD_CHOICE": with_plan(traffic="FAT"),
        "FIELD_TYPE": with_plan(has_rvsm=1),
        "FIELD_TIME": with_point(0, time="noon"),
        "FIELD_FORM": with_plan(identification="-"),
    }

    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        for language in phrases.LANGUAGES:
            client.headers["accept-language"] = language
            for code, body in wrong.items():
                answer = await client.put("/api/flights/F1", json=body, headers=desk.bearer("north", CHIEF))
                (error,) = answer.json()["errors"]
                assert (error["code"], error["what"]) == (code, phrases.text(code, language))

    under_a_sky(story)


def test_every_mistake_is_told_in_the_askers_language():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        for where, body, at, _ in TOLD:
            (route,) = [each for each in WITH_BODY if (each.method, each.path) == where]
            told = {}
            for language in phrases.LANGUAGES:
                client.headers["accept-language"] = language
                answer = await ask(desk, client, route, msgspec.json.encode(body))
                assert not wrongly_told(answer)
                (told[language],) = answer.json()["errors"]
            assert {error["at"] for error in told.values()} == {at}
            assert len({error["what"] for error in told.values()}) == 4, told
            assert ARABIC.search(told["ar"]["what"]), told["ar"]
            assert CYRILLIC.search(told["ru"]["what"]), told["ru"]
            if any(sentence in told["en"].get("allowed", "") for sentence in (" or ", " to ", " first")):
                assert len({error["allowed"] for error in told.values()}) == 4, told

    under_a_sky(story)


# Of a level and of a ring: what is wrong, with the same values in each language.
IN_WORDS = {
    "en": ("'X330' is no level: write F or A and ", "the edge from vertex 0 crosses the edge from vertex 2"),
    "ar": ("القيمة 'X330' ليست مستوى: اكتب F أو A", "الضلع من الرأس 0 يقطع الضلع من الرأس 2"),
    "fr": (
        "'X330' n’est pas un niveau : écrivez F ou A",
        "le côté partant du sommet 0 coupe celui partant du sommet 2",
    ),
    "ru": (
        "'X330' — не эшелон и не высота: напишите F или A",
        "сторона от вершины 0 пересекает сторону от вершины 2",
    ),
}
LEVELS_ALLOWED = {
    "en": "F or A and three digits, S or M and four",
    "ar": "F أو A وثلاثة أرقام، أو S أو M وأربعة",
    "fr": "F ou A et trois chiffres, S ou M et quatre",
    "ru": "F или A и три цифры, S или M и четыре",
}


@pytest.mark.parametrize("language", phrases.LANGUAGES)
def test_a_message_and_a_file_are_told_with_the_same_values_in_each_language(language: str):
    level, crossing = IN_WORDS[language]

    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        headers = desk.bearer("north", CHIEF) | {"accept-language": language}
        answer = await client.put("/api/flights/F1", json=with_point(0, level="X330"), headers=headers)
        (error,) = answer.json()["errors"]
        assert (error["at"], error["allowed"]) == ("$.plan.route[0].level", LEVELS_ALLOWED[language])
        assert error["what"].startswith(level)
        ring = [[longitude, latitude] for latitude, longitude in (*BOW, BOW[0])]
        answer = await client.post("/api/airspace", json=an_area(ring), headers=headers)
        assert answer.json()["errors"][0]["what"] == crossing

    under_a_sky(story)


OF_THE_READER = [
    (a_feature(half_width_nm="wide"), ".properties.half_width_nm", "FIELD_TYPE", "Expected `float | null`"),
    (a_feature(geometry={"type": "Arc"}), ".geometry.type", "FIELD_CHOICE", "Invalid enum value"),
    ({"type": "FeatureCollection", "features": [{}]}, ".type", "FIELD_REQUIRED", "Object missing required"),
]


@pytest.mark.parametrize(("body", "at", "code", "in_english"), OF_THE_READER, ids=lambda each: str(each)[:30])
def test_what_a_file_has_of_another_type_is_told_in_the_askers_language(
    body: dict[str, Any], at: str, code: str, in_english: str
):
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        for language in phrases.LANGUAGES:
            headers = desk.bearer("north", CHIEF) | {"accept-language": language}
            answer = await client.post("/api/airspace", json=body, headers=headers)
            error = answer.json()["errors"][0]
            assert error["at"] == FEATURE + at
            if language == "en":
                assert error["what"].startswith(in_english)
            else:
                assert error["what"] == phrases.text(code, language)

    under_a_sky(story)


def test_a_text_so_long_that_our_words_are_cut_off_is_told_in_the_askers_language():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        headers = desk.bearer("north", CHIEF) | {"accept-language": "fr"}
        body = a_feature(lower="x" * 10_000)
        (error,) = (await client.post("/api/airspace", json=body, headers=headers)).json()["errors"]
        assert error["what"] == phrases.text("FIELD_FORM", "fr")
        assert "ou altitude_…_ft avec datum" in error["allowed"]

    under_a_sky(story)


def test_more_findings_than_are_told_are_counted_in_the_askers_language():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        headers = desk.bearer("north", CHIEF) | {"accept-language": "fr"}
        body = {"type": "FeatureCollection", "features": [{}] * 203}
        answer = await client.post("/api/airspace", json=body, headers=headers)
        assert answer.json()["errors"][-1]["what"] == "3 autres erreurs"

    under_a_sky(story)


def test_what_decodes_and_is_refused_is_recorded_once():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        size = desk.store.size()
        unknown = await file(desk, client, "F1", with_point(0, corridor="NOWHERE")["plan"])
        assert (unknown.status_code, unknown.json()["reason"]) == (409, "UNKNOWN_CORRIDOR")
        assert desk.store.size() == size + 1
        client.headers["idempotency-key"] = "one-and-the-same"
        first = await file(desk, client, "F2", a_plan_json())
        assert (first.status_code, desk.store.size()) == (201, size + 2)
        other = await file(desk, client, "F2", a_plan_json(aircraft_type="B738"))
        assert (other.status_code, other.json()["reason"]) == (422, "COMMAND_ID_REUSED")
        assert not wrongly_told(other)
        again = await file(desk, client, "F2", a_plan_json())
        assert again.json() == first.json()
        assert desk.store.size() <= size + 3

    under_a_sky(story)


def test_markup_in_a_free_text_comes_back_as_text():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        markup = "<script>alert(1)</script>"
        body = {"volume": a_volume(), "contact": markup}
        made = await client.put("/api/reservations/R1", json=body, headers=desk.bearer("north", CHIEF))
        assert made.status_code == 201
        corridor = a_corridor("MARKUP", by=SOUTHERN, name=markup)
        assert corridor.name == markup
        seen = await client.get("/api/picture", headers=desk.bearer("north", CHIEF))
        assert seen.headers["content-type"] == "application/json"
        assert seen.headers["x-content-type-options"] == "nosniff"
        assert seen.json()["reservations"][0]["contact"] == markup

    under_a_sky(story)
