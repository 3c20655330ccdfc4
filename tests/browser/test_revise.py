"""Another plan for a flight at the page, in a real Chromium: what stays, what is refused."""

import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request

from tests.browser.conftest import Visit, wait_until
from tests.browser.looks import RESETS_MAX, expect
from tests.browser.test_flights import ANSWERED, row

pytestmark = pytest.mark.browser


WEST_DEG, EAST_DEG = -152.0, -148.0  # in the South Pacific, chosen for the tests: far from everything else


def declare(page: Page, name: str, latitude_deg: float) -> None:
    """A share of the demo's own authority with one corridor in it, both of them for one test alone."""
    south, north = latitude_deg - 1, latitude_deg + 1
    ring = [[WEST_DEG, south], [EAST_DEG, south], [EAST_DEG, north], [WEST_DEG, north], [WEST_DEG, south]]
    share = {"kind": "share", "id": f"{name}-SHARE", "authority": "authority-a"}
    corridor = {
        "kind": "corridor",
        "id": name,
        "half_width_nm": 5,
        "navigation_specification": "RNAV_5",
        "designators": [f"{name[-2:]}W", f"{name[-2:]}E"],
    }
    line = [[WEST_DEG + 0.5, latitude_deg], [EAST_DEG - 0.5, latitude_deg]]
    features = [
        {"type": "Feature", "geometry": shape, "properties": {**said, "lower": "F100", "upper": "F450"}}
        for shape, said in (
            ({"type": "Polygon", "coordinates": [ring]}, share),
            ({"type": "LineString", "coordinates": line}, corridor),
        )
    ]
    answer = send(page, "POST", "/api/airspace", {"type": "FeatureCollection", "features": features})
    assert all(each["reason"] is None for each in answer["features"]), answer
    expect(page.locator(f"#flight-corridor option[value={name}]")).to_have_count(1)


def send(page: Page, method: str, path: str, body: object) -> dict[str, Any]:
    at = urlsplit(page.url)
    origin = f"{at.scheme}://{at.netloc}"
    headers = {"Origin": origin, "Content-Type": "application/json"}
    answer = page.request.fetch(
        origin + path, method=method, data=json.dumps(body), headers=headers, max_retries=RESETS_MAX
    )
    assert answer.ok, answer.text()
    return answer.json()


def file(page: Page, corridor: str, identification: str, level: str) -> None:
    page.locator("#flight-corridor").select_option(corridor)
    page.locator("#flight-level").fill(level)
    page.locator("#flight-identification").fill(identification)
    page.locator("#flight-submit").click()
    page.locator(ANSWERED).first.wait_for()
    expect(row(page, identification)).to_be_visible()


def plan_of(page: Page, identification: str) -> dict[str, Any]:
    at = urlsplit(page.url)
    flights = page.request.get(f"{at.scheme}://{at.netloc}/api/picture", max_retries=RESETS_MAX).json()[
        "flights"
    ]
    (found,) = (each["plan"] for each in flights if each["plan"]["identification"] == identification)
    return found


def test_a_flight_is_revised_by_keyboard_alone_and_keeps_what_was_not_changed(visit: Visit):
    page = visit.page
    declare(page, "REVONE", -40.0)
    file(page, "REVONE", "REV1", "FL330")
    before = plan_of(page, "REV1")
    asked: list[Request] = []
    page.on("request", lambda each: asked.append(each) if each.url.endswith("/plan") else None)
    row(page, "REV1").focus()
    page.keyboard.press("u")
    expect(page.locator("#flight-form-title")).to_have_text("Revise REV1")
    expect(page.locator("#flight-revised")).to_contain_text("stays in force until the revision is accepted")
    expect(page.locator("#flight-level")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("350")
    page.keyboard.press("Enter")

    expect(page.locator("#flight-confirmation")).to_contain_text("REV1 revised: coordinated.")
    expect(page.locator("#flight-form-title")).to_have_text("File a flight")
    expect(row(page, "REV1")).to_contain_text("FL350")
    (request,) = asked
    assert (request.method, bool(request.headers["idempotency-key"])) == ("PUT", True)
    route = [{**point, "level": "F350"} for point in before["route"]]
    assert plan_of(page, "REV1") == {**before, "route": route}

    page.set_viewport_size({"width": 390, "height": 844})  # the banner stays, the page scrolls under it
    wait_until(
        page,
        """document.documentElement.style.getPropertyValue("--banner-height")
            === `${document.querySelector("header").offsetHeight}px`""",
    )  # the browser tells of a new height when it has drawn it
    row(page, "REV1").focus()
    page.keyboard.press("u")
    wait_until(
        page,
        """document.querySelector("#flight-form-title").getBoundingClientRect().top
            >= document.querySelector("header").getBoundingClientRect().bottom""",
    )
    assert visit.complaints == []


def test_a_refused_revision_says_why_and_leaves_the_plan_in_force_and_escape_gives_it_up(page: Page):
    declare(page, "REVTWO", -44.0)
    file(page, "REVTWO", "REV2", "FL370")
    file(page, "REVTWO", "REV3", "FL390")
    page.locator("#flight-identification").fill("TYPED1")
    row(page, "REV3").locator("[data-act=REVISE]").click()
    expect(page.locator("#flight-identification")).to_have_value("REV3")
    page.locator("#flight-level").fill("FL370")
    page.keyboard.press("Enter")

    refusal = page.locator("#flight-refusal")
    expect(refusal).to_contain_text("CONFLICT")
    expect(refusal.locator(".cause-id")).to_have_text(re.compile("^REV2-"))
    expect(refusal).to_contain_text("The plan in force stays as it was.")
    expect(refusal.locator("[data-alternative]").first).to_be_focused()
    expect(row(page, "REV2")).to_have_class(re.compile("is-cause"))
    page.keyboard.press("Escape")
    expect(row(page, "REV3")).to_be_focused()
    expect(page.locator("#flight-form-title")).to_have_text("File a flight")
    expect(page.locator("#flight-identification")).to_have_value("TYPED1")
    expect(page.locator("#flight-revised")).to_be_hidden()
    expect(row(page, "REV3")).to_contain_text("FL390")
    assert plan_of(page, "REV3")["route"][0]["level"] == "F390"


def test_an_alternative_to_a_refused_revision_is_taken_as_a_revision(page: Page):
    declare(page, "REVTRE", -48.0)
    file(page, "REVTRE", "REV4", "FL310")
    file(page, "REVTRE", "REV5", "FL350")
    row(page, "REV5").focus()
    page.keyboard.press("u")
    page.locator("#flight-level").fill("FL310")
    page.keyboard.press("Enter")
    later = page.locator("#flight-refusal [data-kind=LATER]")
    expect(later).to_be_visible()
    later.click()
    expect(page.locator("#flight-confirmation")).to_contain_text("REV5 revised")
    expect(row(page, "REV5")).to_have_count(1)
    expect(row(page, "REV5")).to_contain_text("FL310")


def test_what_the_form_has_no_field_for_stays_when_only_the_time_is_revised(page: Page):
    declare(page, "REVFOR", -52.0)
    start = datetime.fromisoformat(page.locator("#flight-time_departure").input_value())
    place = {"latitude_deg": -52.0, "level": "F290"}
    route = [
        {**place, "longitude_deg": -151.5, "time": start.isoformat(), "corridor": "REVFOR"},
        {**place, "longitude_deg": -148.5, "time": (start + timedelta(minutes=15)).isoformat()}
        | {"stay_s": 600.0, "stay_radius_m": 20_000.0, "level_upper": "F310"},
        {**place, "longitude_deg": -149.5, "time": (start + timedelta(minutes=40)).isoformat()},
    ]
    plan = {"identification": "REV6", "aircraft_type": "C295", "route": route, "handling": ["SAR"]}
    send(page, "PUT", "/api/flights/REV6", {"plan": plan})
    expect(row(page, "REV6")).to_be_visible()
    before = plan_of(page, "REV6")
    row(page, "REV6").focus()
    page.keyboard.press("u")
    expect(page.locator("#flight-level")).to_have_value("FL290")
    later = (start + timedelta(minutes=30)).strftime("%Y-%m-%d %H:%MZ")
    page.locator("#flight-time_departure").fill(later)
    page.keyboard.press("Enter")
    expect(page.locator("#flight-confirmation")).to_contain_text("REV6 revised")
    after = plan_of(page, "REV6")
    shifted = [
        {**point, "time": (datetime.fromisoformat(point["time"]) + timedelta(minutes=30)).isoformat()}
        for point in before["route"]
    ]
    for point in after["route"]:
        point["time"] = datetime.fromisoformat(point["time"]).isoformat()
    assert after == {**before, "route": shifted}
