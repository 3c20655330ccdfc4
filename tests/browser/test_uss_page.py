"""What the people of a USS see and do at its page, in a real Chromium."""

import itertools
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route

from tests.browser.conftest import Visit, empty, listened, profile
from tests.browser.looks import expect
from tests.browser.sky import RED, pixels_of
from tests.browser.uss_node import PASSWORD, UssNode, uss_node
from tests.node.uss_town import a_volume
from tests.web.dss_desk import an_id

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("MAMARR_PICTURES")  # where `make pictures` keeps them
CLOCK = re.compile("^[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")
# Chromium says so of each answer that is no, and of what a test keeps from it.
REFUSED = re.compile(r"Failed to load resource: (.* status of (400|401|403|404|409)|net::ERR_FAILED)")
PLACES = itertools.count()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UssNode]:
    with uss_node(tmp_path_factory.mktemp("uss")) as node:
        yield node


@pytest.fixture(scope="module")
def cookies(kept: BrowserContext, node: UssNode) -> list[Any]:
    """The session of amal, who may plan and close."""
    signed_in(kept.new_page(), node, "amal")
    cookies = kept.cookies()
    empty(kept)
    return cookies


@pytest.fixture
def visit(context: BrowserContext, cookies: list[Any], node: UssNode) -> Iterator[Visit]:
    context.add_cookies(cookies)
    visit = listened(context)
    visit.page.goto(node.origin)
    expect_picture(visit.page)
    yield visit
    assert [each for each in visit.complaints if REFUSED.match(each) is None] == []


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit.page


def signed_in(page: Page, node: UssNode, name: str) -> None:
    page.goto(node.origin)
    page.locator("#sign-in-name").fill(name)
    page.locator("#sign-in-password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#account")).to_contain_text(name)


def expect_picture(page: Page) -> None:
    expect(page.locator("#picture-age")).to_contain_text(re.compile("[0-9]"))


def a_place() -> tuple[float, dict[str, str]]:
    """So many sides east of the town's place, and a circle there that no other test asks for, as typed."""
    east = 20.0 + 10 * next(PLACES)
    west = 8.5 + east * 0.001
    return east, {
        "latitude_deg": "47.3005",
        "longitude_deg": f"{west + 0.0005:.4f}",
        "radius_m": "40",
        "altitude_lower_m": "120",
        "altitude_upper_m": "180.5",
    }


def a_position(longitude_deg: float) -> dict[str, Any]:
    """Where an aircraft is now, as it stands on the wire."""
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    altitude = {"value": 150, "reference": "W84", "units": "M"}
    accuracy = {"accuracy_h": "HA3m", "accuracy_v": "VA3m"}
    at = {"latitude": 47.3005, "longitude": longitude_deg, "altitude": altitude} | accuracy
    return {"time_measured": {"value": now, "format": "RFC3339"}, "position": at}


def type_over(page: Page, text: str) -> None:
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def typed(page: Page, key: str, circle: dict[str, str]) -> None:
    """Go to a form by its key and fill in the circle, by keyboard alone; the times stay as proposed."""
    page.keyboard.press(key)
    page.keyboard.press("Tab")  # past the choice of a shape, to the button that draws it
    for value in circle.values():
        page.keyboard.press("Tab")
        type_over(page, value)


def filled(page: Page, form: str, values: dict[str, str]) -> None:
    for name, value in values.items():
        page.locator(f"#{form}-{name}").fill(value)


def row(page: Page, where: str, key: str) -> Locator:
    return page.locator(f'#{where} li[data-key^="{key}"]')


def short_id(page: Page, form: str) -> str:
    """What was done, by the first characters of its id."""
    done = page.locator(f"#{form}-confirmation")
    expect(done).to_contain_text(re.compile("^[0-9a-f]{8} is "))
    return done.inner_text()[:8]


def test_who_has_no_right_here_is_told_so_and_a_wrong_password_opens_nothing(
    chromium: Browser, node: UssNode
):
    context = profile(chromium)
    page = context.new_page()
    page.goto(node.origin)
    expect(page.locator("#sign-in-name")).to_be_focused()
    page.locator("#sign-in-name").fill("dana")
    page.locator("#sign-in-password").fill("wrong horse battery")
    page.keyboard.press("Enter")
    expect(page.locator("#sign-in-message")).to_contain_text("do not fit")
    page.locator("#sign-in-password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#no-data")).to_contain_text("Your account has no right to see this.")
    expect(page.locator("#flights li")).to_have_count(0)


def test_a_flight_is_planned_by_keyboard_refused_for_anothers_and_planned_elsewhere(
    page: Page, node: UssNode
):
    east, circle = a_place()
    other = node.others_flight(a_volume(east=east))
    typed(page, "f", circle)
    page.keyboard.press("Enter")
    refusal = page.locator("#flight-refusal")
    expect(refusal).to_contain_text("CONFLICT")
    expect(refusal).to_contain_text(re.compile(f"{other[:8]} flight of uss-south, planned, 100 – 200 m, 20"))
    cause = row(page, "others", other)
    expect(cause).to_have_class(re.compile("is-cause"))
    expect(cause).to_contain_text("cause")
    expect(cause).to_contain_text(re.compile("Was so [0-9]+ s ago"))
    page.keyboard.press("Escape")
    expect(refusal).to_be_empty()
    expect(cause).not_to_have_class(re.compile("is-cause"))

    filled(page, "flight", {"longitude_deg": f"{8.5 + (east + 4) * 0.001:.4f}"})
    page.locator("#flight-check").click()
    expect(page.locator("#flight-confirmation")).to_contain_text("It would fit now. Nothing is held.")
    page.locator("#flight-submit").click()
    expect(page.locator("#flight-confirmation")).to_contain_text("is planned")
    flight = row(page, "flights", short_id(page, "flight"))
    expect(flight).to_contain_text("planned")
    expect(flight).to_contain_text("120 – 180.5 m · circle, radius 40 m")
    expect(flight).to_contain_text("Nobody was said to be met.")
    expect(flight).to_contain_text("No position: not activated.")


def test_a_flight_is_activated_followed_and_ended_and_no_position_is_said_in_words(page: Page, node: UssNode):
    east, circle = a_place()
    flight = an_id()
    with node.program("uss-north") as program:
        details = {"volumes": [a_volume(east=east)], "off_nominal_volumes": [], "priority": 0}
        planned = program.put(f"/flights/{flight}", json={"state": "Accepted", "details": details})
        assert planned.status_code == 200, planned.text
        shown = row(page, "flights", flight)
        shown.focus()
        shown.locator("[data-act=activate]").press("Enter")
        expect(page.locator("#flights-confirmation")).to_contain_text(f"{flight[:8]} is activated.")
        expect(shown).to_contain_text("NO POSITION: none has come")
        heard = a_position(float(circle["longitude_deg"]))
        taken = program.post(f"/flights/{flight}/positions", json={"positions": [heard]})
        assert taken.status_code == 200, taken.text
    expect(shown).to_contain_text(
        re.compile(r"Inside its volume; last position 47\.3005N 008\.\d+E, 150 m, \d+ s old\.")
    )
    shown.locator("[data-act=end]").click()
    expect(shown.locator("[data-act=keep]")).to_be_focused()  # Enter pressed twice must change nothing
    page.keyboard.press("Enter")
    expect(shown.locator("[data-act=end]")).to_be_focused()
    page.keyboard.press("Enter")
    shown.locator("[data-act=yes]").click()
    expect(page.locator("#flights-confirmation")).to_contain_text(f"{flight[:8]} is ended.")
    expect(shown).to_have_count(0)


def test_what_may_not_be_activated_yet_is_refused_with_a_reason(page: Page):
    _, circle = a_place()
    filled(page, "flight", circle)
    end = page.locator("#flight-time_end").input_value()  # half an hour from now
    filled(page, "flight", {"time_start": end, "time_end": end.replace("Z", ":30Z")})
    page.locator("#flight-submit").click()
    flight = row(page, "flights", short_id(page, "flight"))
    flight.locator("[data-act=activate]").click()
    expect(page.locator("#flights-refusal")).to_contain_text("NOT_YET")


def test_sky_is_closed_by_keyboard_within_its_form_and_opened_again(page: Page, node: UssNode):
    east, circle = a_place()
    flight = an_id()
    with node.program("uss-north") as program:
        details = {"volumes": [a_volume(east=east)], "off_nominal_volumes": [], "priority": 0}
        program.put(f"/flights/{flight}", json={"state": "Accepted", "details": details})
    typed(page, "c", circle)
    for _ in range(3):
        page.keyboard.press("Tab")  # past the times, which stay as proposed
    page.keyboard.type("helicopter of the hospital")
    page.keyboard.press("Enter")
    closed = row(page, "closures", short_id(page, "closure"))
    expect(closed).to_contain_text("CLOSED FOR DRONES")
    expect(closed).to_contain_text("helicopter of the hospital")
    expect(closed).to_contain_text("120 – 180.5 m")
    expect(row(page, "flights", flight)).to_contain_text("sky that we close")  # it was advised
    told = page.locator("#advisories li").first
    expect(told).to_contain_text("It meets others:")
    expect(told).to_contain_text(flight[:8])
    closed.locator("[data-act=open]").click()
    closed.locator("[data-act=yes]").click()
    expect(page.locator("#closures-confirmation")).to_contain_text("is open for drones again")
    expect(closed).to_have_count(0)


def test_each_field_says_what_it_wants_and_the_servers_words_stand_at_their_field(page: Page):
    _, circle = a_place()
    for form, say in (("flight", "priority"), ("closure", "type")):
        filled(page, form, circle | {"latitude_deg": "47,3", "time_start": "noon", "altitude_lower_m": ""})
        page.locator(f"#{form}-submit").click()
        error = {
            name: page.locator(f"#{form}-{name}-error")
            for name in ("latitude_deg", "time_start", "altitude_lower_m", "altitude_upper_m", say)
        }
        expect(error["latitude_deg"]).to_contain_text("Write a number such as 47.3712")
        expect(error["time_start"]).to_contain_text("Write a time such as")
        expect(error["altitude_lower_m"]).to_have_text("Needed.")
        expect(error["altitude_upper_m"]).to_be_empty()
        expect(page.locator(f"#{form}-latitude_deg")).to_be_focused()
        start = page.locator(f"#{form}-time_end").input_value()
        filled(page, form, circle | {"time_start": start, "latitude_deg": "91"})
        page.locator(f"#{form}-submit").click()
        expect(error["latitude_deg"]).to_contain_text("-90 to 90")
        filled(page, form, {"latitude_deg": "47.3", "altitude_lower_m": "300"})
        page.locator(f"#{form}-submit").click()
        expect(
            error["altitude_upper_m"].or_(error["altitude_lower_m"]).filter(has_text="above")
        ).to_have_count(1)
        page.locator(f"#{form}-shape").select_option("polygon")
        filled(page, form, {"altitude_lower_m": "100", "corners": "47.3 8.5\n47.31 8.5"})
        page.locator(f"#{form}-submit").click()
        expect(page.locator(f"#{form}-corners-error")).to_contain_text("Write three corners or more")
        filled(page, form, {"corners": "47.3 8.5\n47.3 8.5\n47.3 8.5"})
        page.locator(f"#{form}-submit").click()
        expect(page.locator(f"#{form}-corners-error")).not_to_be_empty()


def test_who_may_only_plan_sees_what_is_closed_and_cannot_close(context: BrowserContext, node: UssNode):
    page = context.new_page()
    signed_in(page, node, "basma")
    expect_picture(page)
    expect(page.locator("#flight-form")).to_be_visible()
    expect(page.locator("#closures")).to_be_visible()
    expect(page.locator("#closure-form")).to_be_hidden()


LANGUAGES = {
    "fr": ("ltr", "EXERCICE", "Nos vols"),
    "ru": ("ltr", "УЧЕНИЯ", "Наши полёты"),
    "ar": ("rtl", "تمرين", "رحلاتنا"),
}


# Where two pieces of the row's text are drawn, from the left.
LEFT_OF = """(row, texts) => texts.map(text => {
    const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const at = walker.currentNode.data.indexOf(text);
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(walker.currentNode, at);
        range.setEnd(walker.currentNode, at + text.length);
        return range.getBoundingClientRect().left;
    }
    throw new Error(text);
})"""


def test_in_arabic_altitudes_times_and_places_still_read_from_left_to_right(page: Page, node: UssNode):
    east, _ = a_place()
    volume, flight = a_volume(east=east), an_id()
    with node.program("uss-north") as program:
        details = {"volumes": [volume], "off_nominal_volumes": [], "priority": 0}
        program.put(f"/flights/{flight}", json={"state": "Accepted", "details": details})
    page.locator("#language").select_option("ar")
    shown = row(page, "flights", flight)
    expect(shown).to_contain_text("مخطَّطة")
    start, end = (volume[each]["value"][11:19] + "Z" for each in ("time_start", "time_end"))
    for first, second in (("100", "200"), (start, end), ("47.30N", "47.301N")):
        left, right = shown.evaluate(LEFT_OF, [first, second])
        assert left < right, (first, second)


def test_a_language_is_taken_without_a_reload_and_remembered(page: Page):
    loads: list[int] = []
    page.on("load", lambda _: loads.append(1))
    for language, said in LANGUAGES.items():
        page.locator("#language").select_option(language)
        expect_spoken(page, *said)
    assert loads == []
    page.reload()
    expect_spoken(page, *said)
    page.keyboard.press("g")  # the next one, by its key
    expect(page.locator("html")).to_have_attribute("lang", "fr")


def expect_spoken(page: Page, direction: str, mode: str, title: str) -> None:
    expect(page.locator("html")).to_have_attribute("dir", direction)
    expect(page.locator("#mode")).to_have_text(mode)
    expect(page.locator("#flights-title")).to_contain_text(title)
    expect(page.locator("#clock")).to_have_text(CLOCK)
    for never_mirrored in ("#clock", ".map-canvas", "#flight-time_start"):
        expect(page.locator(never_mirrored)).to_have_css("direction", "ltr")


def test_a_silent_server_looks_silent_and_never_empty(page: Page, node: UssNode):
    east, _ = a_place()
    flight = an_id()
    with node.program("uss-north") as program:
        details = {"volumes": [a_volume(east=east)], "off_nominal_volumes": [], "priority": 0}
        program.put(f"/flights/{flight}", json={"state": "Accepted", "details": details})
    expect(row(page, "flights", flight)).to_be_attached()
    expect(page.locator("#others")).to_contain_text("Not all there is")

    def silence(route: Route) -> None:
        route.abort()

    page.route("**/api/picture", silence)
    expect(page.locator("#no-data")).to_contain_text("NO DATA since")
    expect(page.locator("#no-data")).to_contain_text("not the same as no traffic")
    expect(page.locator("html")).to_have_class(re.compile("has-old-picture"))
    for where in ("flights", "others", "closures", "others_constraints", "advisories"):
        expect(page.locator(f"#{where} .list-old")).to_contain_text("no longer current")
    expect(row(page, "flights", flight)).to_be_attached()
    page.unroute("**/api/picture")
    expect(page.locator("#no-data")).to_be_hidden()


def test_on_a_narrow_screen_nothing_lies_beside_it_and_all_has_names(page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    for language in ("ru", "ar"):
        page.locator("#language").select_option(language)
        width = page.evaluate("[document.scrollingElement.scrollWidth, window.innerWidth]")
        assert width[0] <= width[1], (language, width)
    unnamed = """[...document.querySelectorAll("button, input, select, textarea")].filter(each =>
        each.offsetParent !== null && !each.labels?.length && !each.textContent.trim() && !each.ariaLabel)
        .map(each => each.outerHTML)"""
    assert page.evaluate(unnamed) == []


@pytest.mark.drawn
def test_a_circle_is_drawn_on_the_map_and_what_refuses_it_is_marked_there(visit: Visit, node: UssNode):
    page, (east, circle) = visit.page, a_place()
    circle |= {"latitude_deg": "47.3028", "radius_m": "130", "type": "helicopter of the hospital"}
    with node.program("uss-north") as program:
        for off, state in ((0.0, "Accepted"), (3.0, "Activated")):
            details = {"volumes": [a_volume(east=east + off)], "off_nominal_volumes": [], "priority": 0}
            flight = an_id()
            program.put(f"/flights/{flight}", json={"state": state, "details": details})
        moved = {"speed": 4.0, "units_speed": "MetersPerSecond", "track": 30.0}
        where = f"/flights/{flight}/positions"
        heard = {"positions": [a_position(8.5 + (east + 3.5) * 0.001) | {"velocity": moved}]}
        assert program.post(where, json=heard).status_code == 200
    other = node.others_flight(a_volume(east=east + 1.5))
    page.locator("#map[data-ready]").wait_for()
    page.keyboard.press("f")
    filled(page, "flight", {"altitude_lower_m": "100", "altitude_upper_m": "150"})
    page.locator("#flight-pick").click()
    box = page.locator(".map-canvas").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(*middle)
    expect(page.locator("#flight-latitude_deg")).to_have_value(re.compile(r"^-?\d+\.\d+$"))
    page.mouse.click(middle[0] + 60, middle[1])
    expect(page.locator("#flight-radius_m")).to_have_value(re.compile(r"^\d+$"))
    expect(page.locator("#flight-pick")).to_have_attribute("aria-pressed", "false")

    centre = {"latitude_deg": "47.3005", "longitude_deg": f"{8.5 + (east + 2) * 0.001:.4f}", "radius_m": "60"}
    filled(page, "flight", centre)
    before, _ = pixels_of(page, RED)
    filled(page, "closure", circle)
    page.locator("#closure-submit").click()
    expect(page.locator("#closure-confirmation")).to_contain_text("is closed for drones")
    page.locator("#flight-submit").click()
    expect(page.locator("#flight-refusal")).to_contain_text(other[:8])
    expect(row(page, "others", other)).to_have_class(re.compile("is-cause"))
    assert pixels_of(page, RED)[0] > before + 200
    if PICTURES is not None:
        page.wait_for_timeout(1_000)
        page.screenshot(path=Path(PICTURES) / "uss-page.png")
    local = {"localhost", "127.0.0.1"}
    assert all(
        address.split("/")[2].split(":")[0] in local for address in visit.addresses if "://" in address[:8]
    )
