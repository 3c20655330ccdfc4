"""What a flight says beyond where and when, at the page, in a real Chromium: shown, kept when revised."""

import re

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.conftest import Visit
from tests.browser.looks import expect
from tests.browser.test_flights import ANSWERED, row
from tests.browser.test_revise import declare, plan_of

pytestmark = pytest.mark.browser


def field(page: Page, name: str) -> Locator:
    return page.locator(f"#flight-{name}")


def fill(page: Page, **texts: str) -> None:
    for name, text in texts.items():
        field(page, name).fill(text)


def submit(page: Page) -> None:
    page.locator("#flight-submit").click()
    page.locator(ANSWERED).first.wait_for()


def test_particulars_are_filed_shown_in_the_row_and_kept_by_a_revision_that_leaves_them(visit: Visit):
    page = visit.page
    declare(page, "PARONE", -30.0)
    page.locator("#flight-more summary").click()
    field(page, "corridor").select_option("PARONE")
    fill(page, identification="LEAD1", level="FL210", aircraft_count="2")
    submit(page)
    expect(row(page, "LEAD1")).to_be_visible()
    leader = row(page, "LEAD1").get_attribute("data-flight")
    assert leader is not None

    fill(page, identification="PART1", level="FL250", level_upper="FL270", aircraft_count="1")
    fill(page, stay_min="15", handling="sar hosp", icao_address="738AB5")
    field(page, "traffic").select_option("OAT")
    field(page, "joins").select_option(leader)
    submit(page)

    mine = row(page, "PART1")
    expect(mine).to_contain_text(re.compile(r"FL250–FL270.*OAT.*SAR.*HOSP", re.S))
    expect(mine).to_contain_text("Holds at NEE for 15 min")
    expect(mine).to_contain_text(f"Joins {leader}")
    filed = plan_of(page, "PART1")
    assert (filed["traffic"], filed["handling"], filed["joins"]) == ("OAT", ["SAR", "HOSP"], leader)
    assert filed["icao_address"] == "738ab5"
    assert [point.get("level_upper") for point in filed["route"]] == ["F270", "F270"]
    assert filed["route"][-1]["stay_s"] == 900

    mine.focus()
    page.keyboard.press("u")
    expect(field(page, "handling")).to_have_value("SAR HOSP")
    expect(field(page, "joins")).to_have_value(leader)
    fill(page, aircraft_type="C130")
    submit(page)
    expect(page.locator("#flight-confirmation")).to_contain_text("PART1 revised")
    assert plan_of(page, "PART1") == {**filed, "aircraft_type": "C130"}
    assert visit.complaints == []


def test_what_cannot_be_read_of_them_is_said_at_its_field(page: Page):
    page.locator("#flight-more summary").click()
    field(page, "corridor").select_option("")
    fill(page, points="-31 -151; -31 -150", level="A045", identification="WRONG1")
    fill(page, handling="HOSP XYZ", icao_address="no", stay_min="-5")
    page.locator("#flight-submit").click()
    expect(page.locator("#flight-qnh_hpa-error")).to_have_text("Needed.")
    expect(page.locator("#flight-handling-error")).to_contain_text("Allowed: ALTRV FFR HEAD HOSP")
    expect(page.locator("#flight-icao_address-error")).to_contain_text("738065")
    expect(page.locator("#flight-stay_min-error")).to_contain_text("15")
    expect(field(page, "qnh_hpa")).to_be_focused()
    page.locator("#language").select_option("ar")
    expect(page.locator("label[for=flight-handling]")).to_contain_text("STS")

    fill(page, handling="", icao_address="", stay_min="", qnh_hpa="300")
    page.locator("#flight-submit").click()
    expect(page.locator("#flight-qnh_hpa-error")).to_contain_text("1084")
