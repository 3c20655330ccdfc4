"""Others' sky and imposed sky at the page: drawn, and said in words, as far as they may be known."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_MS, Visit
from tests.browser.sky import change_picture, declare, pixels_of
from tests.browser.test_flights import CORRIDOR, file, row

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE_MS)

IMPOSED = (255, 210, 63)
WITHOUT_END = "2100-01-01T00:00:00Z"


def seen(kind: str, *, is_placed: bool = True, **more: object) -> dict[str, Any]:
    """Forty kilometres about a place in the Barents Sea, which the demo knows nothing of."""
    region = {
        "circle": {"latitude_deg": 73.0, "longitude_deg": 36.0, "radius_m": 40_000},
        "level_lower": "F250",
        "level_upper": "F350",
        "time_start": "2026-11-22T10:00:00Z",
        "time_end": "2026-11-22T12:00:00Z",
    }
    nothing = {"id": None, "party": None, "contact": None, "why": None, "note": None}
    return {**nothing, "kind": kind, "regions": [region] if is_placed else [], **more}


def show(page: Page, *, others: list[dict[str, Any]], imposed: list[dict[str, Any]]) -> None:
    change_picture(page, lambda picture: {**picture, "others": others, "imposed": imposed})


def test_what_may_be_known_of_others_is_said_in_words_and_no_more(visit: Visit):
    named = seen("FLIGHT", id="SV1-1", party="authority-c", contact="C-CENTRE")
    hidden = seen("FLIGHT", is_placed=False)
    show(visit.page, others=[hidden, seen("RESERVATION"), named], imposed=[])
    rows = visit.page.locator("#sky li")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("existence only")
    expect(rows.nth(0)).to_contain_text("not where, when or whose")
    expect(rows.nth(0).locator("button")).to_have_count(0)
    expect(rows.nth(1)).to_contain_text("name not disclosed")
    expect(rows.nth(1)).to_contain_text("Its party is not disclosed.")
    expect(rows.nth(1)).to_contain_text(re.compile(r"FL250–FL350.*2026-11-22 10:00Z –\s+12:00Z", re.S))
    expect(rows.nth(2)).to_contain_text(re.compile("SV1-1.*authority-c.*C-CENTRE", re.S))
    show(visit.page, others=[], imposed=[])
    expect(visit.page.locator("#sky-empty")).to_contain_text("not the same as no traffic")
    assert visit.complaints == []
    visit.page.unroute_all(behavior="ignoreErrors")


@pytest.mark.drawn
def test_imposed_sky_is_reached_by_keyboard_hatched_on_the_map_and_says_why(page: Page):
    page.locator("#map[data-ready]").wait_for()
    moved = seen("IMPOSED", id="AREA-7", party="authority-a", why="MOVED_AREA", note="12 NM east")
    moved["regions"][0]["time_end"] = WITHOUT_END
    show(page, others=[], imposed=[moved])
    first = page.locator("#sky li").first
    expect(first).to_contain_text(re.compile("AREA-7.*area moved", re.S))
    expect(first).to_contain_text("since 2026-11-22 10:00Z, until it is reported over")
    expect(first).to_contain_text("12 NM east")
    page.keyboard.press("s")
    expect(first).to_be_focused()
    before, _ = pixels_of(page, IMPOSED)
    page.keyboard.press("Enter")
    drawn, across = pixels_of(page, IMPOSED)
    assert drawn > before + 1_000
    assert across == pytest.approx(0.5, abs=0.1)
    page.unroute_all(behavior="ignoreErrors")


def test_the_sky_of_a_flight_in_emergency_is_imposed_and_named_after_it(page: Page):
    declare(page)
    expect(page.locator(f"#flight-corridor option[value={CORRIDOR}]")).to_have_count(1)
    file(page, "NEEDS1", "FL370")
    row(page, "NEEDS1").focus()
    page.keyboard.press("e")
    needed = page.locator("#sky li[data-why=EMERGENCY]").filter(has_text="NEEDS1")
    expect(needed).to_contain_text("until it is reported over")
    expect(needed.locator(".level")).to_have_text(re.compile("–FL390$"))
    row(page, "NEEDS1").focus()
    page.keyboard.press("z")
    row(page, "NEEDS1").locator("button.primary").click()
    expect(needed).to_have_count(0)
