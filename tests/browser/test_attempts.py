"""Who asked often in vain, at the page of the party of the node; and what whoever asked too often reads."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.browser.looks import expect
from tests.browser.sky import change_picture, declare
from tests.browser.test_flights import CORRIDOR, file

pytestmark = pytest.mark.browser


OFTEN = {
    "party": "authority-b",
    "count": 60,
    "count_max": 100,
    "since": "2026-11-22T10:15:00Z",
    "free_at": None,
}
TOO_OFTEN = OFTEN | {"party": "relief", "count": 104, "free_at": "2026-11-22T11:20:00Z"}
REFUSED = {
    "type": "urn:mamarr:problem:LIMIT_REACHED",
    "title": "the words of the node",
    "status": 429,
    "reason": "LIMIT_REACHED",
    "limit": "given_up_max",
    "free_at": "2026-11-22T11:20:00Z",
}


def show(page: Page, *attempts: dict[str, Any]) -> None:
    change_picture(page, lambda picture: {**picture, "attempts": list(attempts)})


@pytest.mark.requirement("THREATS 6")
def test_who_asked_often_in_vain_is_one_quiet_line_by_keyboard_read_out_and_gone_with_the_hour(page: Page):
    listed, rows = page.locator("#attempts"), page.locator("#attempts li")
    expect(listed).to_be_hidden()
    show(page, OFTEN)
    expect(rows).to_have_text(
        "authority-b asked and gave up 60 times since 10:15Z; 100 within an hour are allowed."
    )
    expect(page.locator("[role=status]", has_text="authority-b asked and gave up 60 times")).to_have_count(1)
    show(page, TOO_OFTEN, OFTEN)
    expect(rows.nth(0)).to_contain_text(
        "It may ask again from 11:20Z on; its reports are taken all the while."
    )
    rows.nth(0).focus()
    page.keyboard.press("Tab")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("g")
    expect(rows.nth(0)).to_contain_text("طلب وتخلى")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("g")
    expect(rows.nth(0)).to_contain_text("a demandé et rendu 104 fois depuis 10:15Z")
    page.keyboard.press("g")
    expect(rows.nth(0)).to_contain_text("Запрашивать снова можно с 11:20Z")
    page.keyboard.press("g")
    show(page)
    expect(listed).to_be_hidden()
    page.unroute_all(behavior="ignoreErrors")


@pytest.mark.requirement("THREATS 6")
def test_who_asked_too_often_reads_what_counts_and_until_when_in_the_language_spoken(page: Page):
    declare(page)
    expect(page.locator(f"#flight-corridor option[value={CORRIDOR}]")).to_have_count(1)

    keys: list[str | None] = []

    def refuse(route: Route) -> None:
        keys.append(route.request.header_value("idempotency-key"))
        route.fulfill(status=429, body=json.dumps(REFUSED), content_type="application/problem+json")

    page.route("**/api/flights/*", refuse)
    file(page, "OFTEN1", "FL330")
    refusal = page.locator("#flight-refusal")
    expect(refusal).to_contain_text("gave up again unused")
    expect(refusal).to_contain_text("It may ask again from 11:20Z on.")
    expect(refusal.locator(".limit")).to_have_text("given_up_max")
    expect(refusal).not_to_contain_text("No answer")  # it is decided: asked later, it is asked anew
    file(page, "OFTEN1", "FL330")
    expect(refusal).to_contain_text("It may ask again from 11:20Z on.")
    assert len(set(keys)) == 2
    page.locator("#language").select_option("ar")
    expect(refusal).to_contain_text("11:20Z")
    expect(refusal).to_contain_text("طلب طرفكم خلال الساعة")
    page.locator("#language").select_option("en")
    page.unroute_all(behavior="ignoreErrors")
