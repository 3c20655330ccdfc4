"""Alerts, feeds and tracks at the page, in a real Chromium; what is seen is written here."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.browser.conftest import Visit
from tests.browser.looks import expect
from tests.browser.sky import change_picture

pytestmark = pytest.mark.browser


def alert(flight_id: str, status: str, **more: object) -> dict[str, Any]:
    """Seven nautical miles right of its route, raised three times."""
    written = {
        "alert_id": f"RAMHD.{flight_id}",
        "kind": "RAMHD",
        "flight_id": flight_id,
        "status": status,
        "raised_at": "2026-11-22T10:00:00Z",
        "raised_count": 3,
        "is_escalated": False,
        "acknowledged_by": None,
        "acknowledged_party": None,
        "measured_at": "2026-11-22T10:00:00Z",
        "standing": "CLAIMED",
        "is_self_report": True,
        "is_recorded": True,
        "lateral_m": 12_964.0,
        "longitudinal_m": None,
        "late_s": 0.0,
        "vertical_m": None,
        "latitude_deg": 34.5,
        "longitude_deg": 32.0,
        "track_id": None,
        "actions": ["ACKNOWLEDGE"] if status.endswith("UNACK") else [],
    }
    return {**written, **more}


def feed(feed_id: str, state: str, age_s: float | None, count: int | None) -> dict[str, Any]:
    return {"feed_id": feed_id, "state": state, "age_s": age_s, "tracks_count": count, "is_recorded": False}


def test_an_alert_that_nobody_has_seen_comes_first_and_is_acknowledged_by_one_key(page: Page):
    asked: list[tuple[str, str | None]] = []
    alerts = [alert("SEEN-1", "ACTIVE_ACK"), alert("NEW-1", "ACTIVE_UNACK")]
    change_picture(page, lambda picture: {**picture, "alerts": alerts})

    def acknowledge(route: Route) -> None:
        asked.append((route.request.url, route.request.post_data))
        alerts[1] = alert("NEW-1", "ACTIVE_ACK")
        route.fulfill(body='{"receipt": "AAAA"}', content_type="application/json")

    page.route("**/api/alerts/**", acknowledge)
    first = page.locator("#alerts li").first
    expect(first).to_contain_text("NEW-1")
    expect(first).to_contain_text("NOT ACKNOWLEDGED")
    expect(first).to_contain_text("7.0 NM right of its route")
    expect(first).to_contain_text("RECORDED")
    expect(page.locator("#alerts [role=alert]")).to_contain_text("Off route: NEW-1")
    page.keyboard.press("k")
    expect(page.locator("#alerts")).to_contain_text("alert acknowledged")
    expect(page.locator("#alerts li[data-status=ACTIVE_UNACK]")).to_have_count(0)
    assert len(asked) == 1
    assert asked[0][0].endswith("/api/alerts/RAMHD.NEW-1/acknowledgement")
    assert asked[0][1] == '{"raised_count":3}'
    page.unroute_all(behavior="ignoreErrors")


def test_what_must_be_told_with_a_recording_is_told_with_its_alert_and_feed_and_with_no_other(page: Page):
    alerts = [alert("NOTED-1", "ACTIVE_UNACK", note="DEMO_RECORDING"), alert("OTHER-1", "ACTIVE_ACK")]
    feeds = [{**feed("noted", "SILENT", 95.0, None), "note": "DEMO_RECORDING"}, feed("other", "LIVE", 1.0, 4)]
    change_picture(page, lambda picture: {**picture, "alerts": alerts, "feeds": feeds})
    for language, told in (
        ("en", "recorded 3 Nov 2019; corridor and request invented"),
        ("ar", "3 نوفمبر 2019"),
    ):
        page.locator("#language").select_option(language)
        expect(page.locator("#alerts li[data-alert='RAMHD.NOTED-1']")).to_contain_text(told)
        expect(page.locator("#alerts li[data-alert='RAMHD.OTHER-1']")).not_to_contain_text("2019")
        expect(page.locator("#feeds [data-feed=noted]")).to_contain_text(told)
        expect(page.locator("#feeds [data-feed=other]")).not_to_contain_text("2019")
    page.unroute_all(behavior="ignoreErrors")


def test_a_silent_feed_looks_silent_and_a_watch_that_is_down_is_said_on_top(visit: Visit):
    page = visit.page
    feeds = [feed("radar-1", "SILENT", 95.0, None), feed("adsb-1", "LIVE", 1.0, 4)]
    change_picture(page, lambda picture: {**picture, "feeds": feeds, "live": "DOWN"})
    silent = page.locator("#feeds [data-feed=radar-1]")
    expect(silent).to_contain_text("SILENT")
    expect(silent).to_contain_text("how much traffic it sees is not known")
    expect(page.locator("#feeds [data-feed=adsb-1]")).to_contain_text("tracks: 4")
    expect(page.locator("#live-down")).to_contain_text("NO WATCH")
    page.locator("#language").select_option("ar")
    expect(page.locator("#live-down")).to_contain_text(re.compile("لا مراقبة"))
    assert visit.complaints == []
    page.unroute_all(behavior="ignoreErrors")
