"""Others' sky and imposed sky at the page: drawn, and said in words, as far as they may be known."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit
from tests.browser.looks import expect
from tests.browser.sky import change_picture, declare, pixels_of
from tests.browser.test_flights import CORRIDOR, file, row

pytestmark = pytest.mark.browser


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


TOUCHES = {"kind": "FLIGHT", "why": "DUE_REGARD", "id": None, "party": None}
NAMED = {"kind": "IMPOSED", "why": "STRANGER", "id": "AREA-9", "party": "authority-a"}
NOT_TO_BE_KNOWN = {"kind": None, "why": None, "id": None, "party": None}


def test_what_comes_too_near_is_said_in_words_on_the_row_and_read_out_and_goes_again(page: Page):
    declare(page)
    expect(page.locator(f"#flight-corridor option[value={CORRIDOR}]")).to_have_count(1)
    file(page, "TOUCH1", "FL250")
    expect(row(page, "TOUCH1")).to_have_attribute("data-attention", "none")
    found = [TOUCHES, NAMED, NOT_TO_BE_KNOWN]

    def touched(picture: dict[str, Any]) -> dict[str, Any]:
        flights = [
            {**each, "touched_by": found if each["plan"]["identification"] == "TOUCH1" else []}
            for each in picture["flights"]
        ]
        return {**picture, "flights": flights}

    change_picture(page, touched)
    lines = row(page, "TOUCH1").locator("[data-touched]")
    expect(lines).to_have_text(
        [
            "Another flight comes too near: due regard",
            "Imposed sky comes too near: not identified AREA-9 authority-a",
            "Something comes too near. Your party may not know what it is",
        ]
    )
    expect(row(page, "TOUCH1")).to_have_attribute("data-attention", "warning")
    spoken = page.locator("#flights [role=alert]")
    expect(spoken).to_contain_text("TOUCH1: Another flight comes too near: due regard")
    expect(spoken).not_to_contain_text("authority-a")  # the row says it: what is read out is short
    page.locator("#language").select_option("fr")
    expect(lines.first).to_have_text("Un autre vol passe trop près : due regard")
    page.unroute_all(behavior="ignoreErrors")
    expect(lines).to_have_count(0)
    expect(row(page, "TOUCH1")).to_have_attribute("data-attention", "none")


def a_reservation(reservation_id: str, **more: object) -> dict[str, Any]:
    held = {
        "reservation_id": reservation_id,
        "holder": "authority-a",
        "mine": True,
        "volume": None,
        "contact": None,
        "status": "AVBL_FOR_ACTIVATION",
        "is_overrun": False,
        "actions": [],
        "regions": seen("RESERVATION")["regions"],
        "movement": None,
        "user_keeps_clear": True,
        "phase": "ALLOCATED",
        "lapses_at": None,
        "touching": [],
        "touched_by": [],
    }
    return held | more


def show_reservations(page: Page, *held: dict[str, Any]) -> None:
    change_picture(page, lambda picture: {**picture, "reservations": list(held)})


def test_a_reservation_that_something_comes_too_near_to_says_so_too(page: Page):
    show_reservations(page, a_reservation("NEAR-1", touched_by=[NAMED]))
    near = page.locator("#list tr[data-reservation=NEAR-1]")
    expect(near).to_have_attribute("data-attention", "warning")
    expect(near.locator("[data-touched=STRANGER]")).to_have_text(
        "Imposed sky comes too near: not identified AREA-9 authority-a"
    )
    expect(page.locator("#list [role=alert]")).to_contain_text("NEAR-1: Imposed sky comes too near")
    page.unroute_all(behavior="ignoreErrors")


OVERRUN = {"kind": "RESERVATION", "why": "OVERRUN", "id": "LATE-1", "party": "authority-b"}


def test_what_overruns_names_what_it_touches_and_what_is_touched_names_it(page: Page):
    late = a_reservation(
        "LATE-1", status="IN_USE", is_overrun=True, touching=[{"kind": "RESERVATION", "id": "NEAR-1"}]
    )
    show_reservations(page, late, a_reservation("NEAR-1", touched_by=[OVERRUN]))
    rows = page.locator("#list tr[data-reservation]")
    for language, touches, touched in (
        ("en", "Comes too near to: NEAR-1", "A reservation comes too near: OVERRUN LATE-1 authority-b"),
        ("ar", "تقترب أكثر مما يجب من:", "تجاوز الوقت"),
    ):
        page.locator("#language").select_option(language)
        expect(rows.nth(0).locator(".is-warning")).to_contain_text(touches)
        expect(rows.nth(1).locator(".is-warning")).to_contain_text(touched)
        for number in (0, 1):
            expect(rows.nth(number)).to_have_attribute("data-attention", "warning")
    page.unroute_all(behavior="ignoreErrors")
