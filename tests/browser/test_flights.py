"""Filing a flight at the page, in a real Chromium, against a real node: admitted, refused, an alternative."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route

from tests.browser.conftest import Visit, wait_until
from tests.browser.looks import RESETS_MAX, expect
from tests.browser.sky import LAND, RED, declare, pixels_of

pytestmark = pytest.mark.browser


# Each test files at a level, or on a corridor, of its own: the node is one for all.
CORRIDOR, OTHER_CORRIDOR = "AANORTH", "AASOUTH"
ANSWERED = "#flight-confirmation > *, #flight-refusal > *"


@pytest.fixture
def sky(visit: Visit) -> Page:
    """The page with two corridors on it."""
    declare(visit.page)
    expect(visit.page.locator(f"#flight-corridor option[value={CORRIDOR}]")).to_have_count(1)
    return visit.page


def row(page: Page, identification: str) -> Locator:
    named = page.locator("button.name", has_text=identification)  # others may name it as too near
    return page.locator("#flights li").filter(has=named)


def file(page: Page, identification: str, level: str, corridor: str = CORRIDOR) -> None:
    """Fill in the form and send it; the departure stays as the page proposes it."""
    page.locator("#flight-corridor").select_option(corridor)
    page.locator("#flight-level").fill(level)
    page.locator("#flight-identification").fill(identification)
    page.locator("#flight-submit").click()
    page.locator(ANSWERED).first.wait_for()


def test_a_flight_is_filed_by_keyboard_alone_and_admitted_through_both_shares(sky: Page):
    sky.keyboard.press("f")
    expect(sky.locator("#flight-corridor")).to_be_focused()
    sky.keyboard.type(CORRIDOR)
    for _ in range(4):
        sky.keyboard.press("Tab")
    expect(sky.locator("#flight-identification")).to_be_focused()
    sky.keyboard.press("Control+A")
    sky.keyboard.type("KEYS1")
    sky.keyboard.press("Enter")

    expect(sky.locator("#flight-confirmation")).to_contain_text("KEYS1 admitted: coordinated")
    expect(sky.locator("#flight-confirmation .share-id")).to_have_text(["B-SHARE", "A-SHARE"])
    expect(sky.locator("#flight-confirmation .receipt")).not_to_be_empty()
    expect(row(sky, "KEYS1")).to_contain_text(re.compile(r"FL330.*AANORTH.*AAW \d\d:\d\dZ → AAE", re.S))


@pytest.mark.drawn
def test_a_conflicting_flight_is_refused_with_its_cause_in_red_and_an_alternative_is_taken_by_key(
    visit: Visit, sky: Page
):
    file(sky, "FIRST1", "FL270")
    expect(row(sky, "FIRST1")).to_be_visible()
    row(sky, "FIRST1").locator("button.name").click()
    red_before, _ = pixels_of(sky, RED)
    file(sky, "SECOND2", "FL270")

    expect(sky.locator("#flight-refusal")).to_contain_text("CONFLICT")
    expect(sky.locator("#flight-refusal .cause-id")).to_have_text(re.compile("^FIRST1-"))
    expect(row(sky, "FIRST1")).to_have_class(re.compile("is-cause"))
    expect(row(sky, "FIRST1")).to_contain_text("cause")
    wait_until(sky, "document.activeElement.dataset.alternative === '0'")
    red, _ = pixels_of(sky, RED)
    assert red > red_before + 500

    level = sky.locator("[data-kind=LEVEL]")
    expect(level).to_contain_text(re.compile(r"FL2[0-9]0 instead of FL270"))
    offered = level.inner_text().split()[1]
    sky.keyboard.press(level.locator("kbd").inner_text())
    expect(sky.locator("#flight-confirmation")).to_contain_text("SECOND2 admitted")
    expect(row(sky, "SECOND2")).to_contain_text(offered)
    expect(row(sky, "FIRST1")).not_to_have_class(re.compile("is-cause"))
    complaints = [each for each in visit.complaints if "409" not in each]  # the browser's line for a refusal
    assert complaints == []


def test_what_is_known_of_drones_is_said_with_the_answer(sky: Page):
    def known(route: Route) -> None:
        answer = route.fetch(max_retries=RESETS_MAX)
        route.fulfill(response=answer, json=answer.json() | {"drones": "UNKNOWN"})

    sky.route("**/api/flights/*", known)
    file(sky, "NEAR1", "FL245", OTHER_CORRIDOR)
    said = sky.locator("#flight-confirmation [data-drones=UNKNOWN]")
    expect(said).to_have_text("What drones plan there is not known for all of the way and time.")


def test_a_refusal_that_belongs_to_a_field_is_said_there(sky: Page):
    file(sky, "HIGH1", "FL550")
    expect(sky.locator("#flight-refusal")).to_contain_text("LEVEL_OUTSIDE")
    expect(sky.locator("#flight-level")).to_have_attribute("aria-invalid", "true")
    expect(sky.locator("#flight-level")).to_be_focused()
    expect(sky.locator("#flight-level-error")).to_contain_text("level")
    sky.locator("#flight-level").fill("low")
    sky.locator("#flight-submit").click()
    expect(sky.locator("#flight-level-error")).to_contain_text("Write a level such as")


def test_a_flight_is_withdrawn_only_after_a_second_yes_and_an_emergency_is_said_by_one_key(sky: Page):
    file(sky, "GOES1", "FL330", OTHER_CORRIDOR)
    expect(row(sky, "GOES1")).to_be_visible()
    sky.locator("#flight-submit").focus()
    sky.keyboard.press("v")
    expect(sky.locator("#flights li").first).to_be_focused()
    row(sky, "GOES1").focus()
    sky.keyboard.press("x")
    expect(row(sky, "GOES1").get_by_role("button", name="Keep as it is")).to_be_focused()
    sky.keyboard.press("Enter")
    row(sky, "GOES1").focus()
    sky.keyboard.press("e")
    expect(row(sky, "GOES1")).to_contain_text("EMERGENCY")
    expect(row(sky, "GOES1")).to_have_attribute("data-attention", "danger")


@pytest.mark.drawn
def test_arabic_mirrors_the_panels_and_never_the_map(sky: Page):
    file(sky, "RIGHT1", "FL390")
    land, across = pixels_of(sky, LAND)
    assert land > 10_000
    assert abs(across - 0.5) > 0.01  # or a mirrored map would look the same
    sky.locator("#language").select_option("ar")
    panel, canvas = sky.locator(".panel").bounding_box(), sky.locator(".map-canvas").bounding_box()
    assert panel["x"] < canvas["x"]
    expect(sky.locator("#flight-confirmation")).to_contain_text("منسَّقة")
    expect(row(sky, "RIGHT1").locator(".level")).to_have_text("FL390")
    expect(row(sky, "RIGHT1").locator(".ends")).to_have_css("direction", "ltr")
    _, across_arabic = pixels_of(sky, LAND)
    assert across_arabic == pytest.approx(across, abs=0.005)
