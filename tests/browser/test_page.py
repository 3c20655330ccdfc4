"""What someone at the page sees and can do, in a real Chromium."""

import itertools
import json
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route

from tests.browser.conftest import LANGUAGES, Visit
from tests.browser.looks import RESETS_MAX, expect
from tests.node.demo import DemoNode

pytestmark = pytest.mark.browser


CLOCK = re.compile("^[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")  # Latin digits in every language

PLACES = itertools.count()


def a_box() -> dict[str, str]:
    """A box that no other test asks for: degrees, and metres above the WGS-84 ellipsoid, as typed."""
    west_deg = -60 + 0.5 * next(PLACES)  # in the Atlantic, chosen for the tests
    return {
        "latitude_south_deg": "31.5",
        "latitude_north_deg": "31.75",
        "longitude_west_deg": str(west_deg),
        "longitude_east_deg": str(west_deg + 0.25),
        "altitude_lower_m": "7000",
        "altitude_upper_m": "7300",
    }


def row(page: Page, reservation_id: str) -> Locator:
    return page.locator(f'#list tr[data-reservation="{reservation_id}"]')


def type_over(page: Page, text: str) -> None:
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def ask_for(page: Page, reservation_id: str, box: dict[str, str]) -> None:
    """Fill in the form and send it; the window stays as the page proposes it."""
    for name, value in {"reservation_id": reservation_id, **box}.items():
        page.locator(f"#{name}").fill(value)
    page.locator("#submit").click()


@pytest.mark.drawn
def test_the_page_opens_without_complaint_and_asks_nobody_but_its_node(own_visit: Visit):
    page = own_visit.page
    page.locator("#map[data-ready]").wait_for()
    expect(page.locator("#mode")).to_have_text("EXERCISE")
    expect(page.locator("#advisory")).to_contain_text("not certified")
    expect(page.locator("#clock")).to_have_text(CLOCK)
    expect(page.locator("#no-data")).to_be_hidden()

    assert own_visit.complaints == []
    local = {"localhost", "127.0.0.1", None}  # None: data: and blob:, which never leave the page
    assert {urlsplit(address).hostname for address in own_visit.addresses} <= local

    assert urlsplit(page.url).fragment == ""  # the sign-in code is gone, and the session survives a reload
    page.reload()
    expect(page.locator("#mode")).to_have_text("EXERCISE")


def test_where_the_map_cannot_be_drawn_the_page_says_so_and_the_rest_works(visit: Visit):
    page = visit.page
    expect(page.locator(".map-unavailable")).to_contain_text("cannot be drawn")
    ask_for(page, "UNDRAWN-1", a_box())
    expect(row(page, "UNDRAWN-1")).to_be_attached()
    assert visit.complaints == []
    assert not [each for each in visit.addresses if "maplibre" in each]  # a megabyte for nothing


def test_without_a_session_the_page_says_what_it_needs(context: BrowserContext, demo_node: DemoNode):
    page = context.new_page()
    page.goto(demo_node.origin)
    expect(page.locator("#sentence")).to_contain_text("Sign in, or open the sign-in link")
    expect(page.locator("#map")).to_have_count(0)


MODES = {
    "ar": ("rtl", "تمرين"),
    "fr": ("ltr", "EXERCICE"),
    "ru": ("ltr", "УЧЕНИЯ"),
    "en": ("ltr", "EXERCISE"),
}


def test_a_language_sets_words_and_direction_and_survives_a_reload(page: Page):
    for language, said in MODES.items():
        page.locator("#language").select_option(language)
        expect_spoken(page, language, *said)
        page.reload()
        expect_spoken(page, language, *said)


def expect_spoken(page: Page, language: str, direction: str, mode: str) -> None:
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("html")).to_have_attribute("dir", direction)
    expect(page.locator("#mode")).to_have_text(mode)
    expect(page.locator("#clock")).to_have_text(CLOCK)
    expect(page.locator("#clock")).to_have_css("direction", "ltr")
    expect(page.locator(".map-canvas")).to_have_css("direction", "ltr")


def test_a_reservation_is_filed_by_keyboard_alone_and_appears_in_the_list(page: Page):
    page.keyboard.press("n")
    expect(page.locator("#reservation_id")).to_be_focused()
    type_over(page, "KEYS-1")
    for value in a_box().values():
        page.keyboard.press("Tab")
        type_over(page, value)
    page.keyboard.press("Enter")

    expect(page.locator("#confirmation")).to_contain_text("KEYS-1 reserved")
    expect(page.locator("#confirmation .receipt")).not_to_be_empty()
    expect(row(page, "KEYS-1")).to_contain_text("31.50N – 31.75N")
    expect(row(page, "KEYS-1")).to_contain_text("7000–7300 m")


def test_typing_over_a_proposal_that_is_renewed_at_that_moment_replaces_it(page: Page):
    field = page.locator("#reservation_id")
    page.evaluate("document.getElementById('reservation_id').value = 'A-OLD'")  # as if minutes had passed
    page.locator("#list .list-scroll").focus()
    field.evaluate("input => { input.select(); input.focus(); }")
    page.keyboard.type("MINE-1")
    expect(field).to_have_value("MINE-1")


def test_an_overlapping_request_is_refused_and_its_cause_named_and_marked(page: Page):
    box = a_box()
    ask_for(page, "FIRST-1", box)
    expect(row(page, "FIRST-1")).to_be_visible()
    ask_for(page, "SECOND-1", box)

    expect(page.locator("#refusal")).to_contain_text("VOLUME_HELD")
    expect(page.locator("#refusal .cause-id")).to_have_text("FIRST-1")
    expect(row(page, "FIRST-1")).to_contain_text("cause")
    expect(row(page, "SECOND-1")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#refusal")).to_be_empty()
    expect(row(page, "FIRST-1")).not_to_contain_text("cause")


def test_a_reservation_is_released_only_after_a_second_yes(page: Page):
    ask_for(page, "GONE-1", a_box())
    page.get_by_role("button", name="Release GONE-1").click()
    expect(page.get_by_role("button", name="Keep")).to_be_focused()
    expect(row(page, "GONE-1")).to_be_visible()
    page.get_by_role("button", name="Yes, release").click()
    expect(row(page, "GONE-1")).to_have_count(0)
    expect(page.locator("#list-message")).to_contain_text("GONE-1 released")


def test_what_cannot_be_read_is_said_at_its_field_and_not_sent(visit: Visit):
    page = visit.page
    ask_for(page, "COMMA-1", {**a_box(), "altitude_lower_m": "7,000"})
    expect(page.locator("#altitude_lower_m")).to_be_focused()
    expect(page.locator("#altitude_lower_m")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#altitude_lower_m-error")).to_contain_text("Write a number")
    assert not [address for address in visit.addresses if "COMMA-1" in address]


def test_what_the_node_finds_wrong_is_said_at_the_field_it_names(page: Page):
    ask_for(page, "UPSIDE-1", {**a_box(), "latitude_south_deg": "91"})
    expect(page.locator("#refusal")).to_contain_text("Refused")
    expect(page.locator("#latitude_south_deg")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#latitude_south_deg-error")).not_to_be_empty()


def test_a_request_sent_again_after_silence_carries_the_same_key(page: Page):
    keys: list[str] = []

    def lose_the_first(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/api/reservations/*", lose_the_first)
    ask_for(page, "AGAIN-1", a_box())
    expect(page.locator("#refusal")).to_contain_text("not known whether AGAIN-1 was reserved")
    page.locator("#submit").click()
    expect(row(page, "AGAIN-1")).to_be_visible()
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_when_the_node_stops_the_page_says_no_data_and_keeps_the_old_picture_marked_as_old(
    own_visit: Visit, own_node: DemoNode
):
    page = own_visit.page
    ask_for(page, "STAYS-1", a_box())
    expect(row(page, "STAYS-1")).to_be_visible()
    own_node.stop()

    expect(page.locator("#no-data")).to_be_visible()
    said = r"NO DATA since \d\d:\d\d:\d\dZ — this is not the same as no traffic"
    expect(page.locator("#no-data")).to_contain_text(re.compile(said))
    expect(page.locator(".map-veil")).to_be_visible()
    expect(page.locator("#list-old")).to_contain_text("no longer current")
    expect(row(page, "STAYS-1")).to_be_visible()


def test_a_picture_that_stands_still_is_no_data(page: Page):
    expect(row(page, "EAST-1")).to_be_attached()
    kept: list[str] = []

    def still(route: Route) -> None:
        if not kept:
            kept.append(route.fetch(max_retries=RESETS_MAX).text())
        route.fulfill(body=kept[0], content_type="application/json")

    page.route("**/api/picture", still)
    expect(page.locator("#no-data")).to_contain_text("NO DATA")
    expect(page.locator("#no-data")).to_contain_text("stands still")


def test_a_picture_of_another_mode_is_not_shown(page: Page):
    def mislead(route: Route) -> None:
        picture = route.fetch(max_retries=RESETS_MAX).json()
        route.fulfill(body=json.dumps({**picture, "mode": "LIVE"}), content_type="application/json")

    page.route("**/api/picture", mislead)
    expect(page.locator("#no-data")).to_contain_text("Another node, party or mode answers")
    expect(page.locator("#mode")).to_have_text("EXERCISE")
    page.unroute_all(behavior="ignoreErrors")


def test_html_in_an_identifier_is_refused_or_shown_as_text(page: Page):
    ask_for(page, '<img src=x onerror="document.title=1">', a_box())
    page.locator("#refusal > *, #confirmation > *").first.wait_for()
    assert page.locator("img").count() == 0
    assert page.title() != "1"


def test_html_from_the_node_is_shown_as_text(page: Page):
    markup = '<img src="x" onerror="document.title=1">'

    def inject(route: Route) -> None:
        picture = route.fetch(max_retries=RESETS_MAX).json()
        volume = {name: float(value) for name, value in a_box().items()}
        times = {"time_start": "2026-11-22T10:00:00Z", "time_end": "2026-11-22T12:00:00Z"}
        strange = {**picture["reservations"][0], "reservation_id": markup, "holder": markup, "mine": False}
        strange |= {"volume": {**volume, **times}, "actions": []}
        route.fulfill(
            body=json.dumps({**picture, "reservations": [strange]}), content_type="application/json"
        )

    page.route("**/api/picture", inject)
    expect(page.locator("#list")).to_contain_text(markup)
    assert page.locator("img").count() == 0
    assert page.title() != "1"
    page.unroute_all(behavior="ignoreErrors")


def test_single_keys_do_nothing_while_someone_types_and_can_be_switched_off(page: Page):
    page.locator("#reservation_id").fill("")
    page.keyboard.type("ng?lm")
    expect(page.locator("#reservation_id")).to_have_value("ng?lm")
    expect(page.locator("#help")).to_be_hidden()

    page.locator("#help-button").click()
    expect(page.locator("#help-data")).to_contain_text("ELY1747, 3 Nov 2019, from xoolive/traffic (MIT")
    page.locator("#single-keys").uncheck()
    page.keyboard.press("Escape")
    page.locator("#list .list-scroll").focus()
    page.keyboard.press("g")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#help")).to_be_hidden()


@pytest.mark.drawn
def test_the_keys_go_where_the_help_says(page: Page):
    page.locator("#map[data-ready]").wait_for()
    page.keyboard.press("m")
    expect(page.locator("canvas.maplibregl-canvas")).to_be_focused()
    page.keyboard.press("l")
    expect(page.locator("#list .list-scroll")).to_be_focused()
    page.keyboard.press("g")
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_nothing_runs_off_the_side_in_any_language(page: Page):
    for language in LANGUAGES:
        page.locator("#language").select_option(language)
        ask_for(page, f"WIDE-{language.upper()}", a_box())
        expect(row(page, f"WIDE-{language.upper()}")).to_be_attached()
        for width, height in ((1280, 800), (640, 400), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (language, width)
