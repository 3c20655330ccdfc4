"""What waits for a second person at the page: shown, confirmed with the person's own key, declined."""

import json
import re
from base64 import b64decode
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route

from mamarr.interop.access_messages import bytes_of, canonical
from mamarr.names import Mode
from mamarr.web.access import acts
from tests.browser.conftest import Visit
from tests.browser.looks import RESETS_MAX, expect

pytestmark = pytest.mark.browser


KEY_ID = "AbCdEfGhIjKlMnOpQrStUv"
COMMAND = {
    "type": "key-change",
    "person": "day-shift",
    "key_id": KEY_ID,
    "algorithm": "ES256",
    "public_key": "BA",
}


def waiting(act_id: str, *, mine: bool = False) -> dict[str, Any]:
    return {
        "act_id": act_id,
        "asked_by": "day-shift",
        "mine": mine,
        "asked_at": "2026-11-22T10:00:00Z",
        "until": "2026-11-23T10:00:00Z",
        "command": canonical(COMMAND).decode(),
    }


class Waiting:
    """What the page is told that waits; what it asks for is written down and taken off."""

    def __init__(self, page: Page, *pending: dict[str, Any]) -> None:
        self.pending = list(pending)
        self.asked: list[Request] = []
        self.enrolled: list[dict[str, Any]] = []  # keys that this browser made
        page.route("**/api/person-keys", self.list)
        page.route("**/api/person-keys/**", self.answer)
        page.reload()
        expect(page.locator("#acts li")).to_have_count(len(pending))

    def list(self, route: Route) -> None:
        if route.request.method == "POST":  # the node is not asked: others share it
            self.enrolled.append(route.request.post_data_json)
            route.fulfill(body='{"key_id": "ours"}', content_type="application/json")
            return
        told = route.fetch(max_retries=RESETS_MAX).json()
        body = json.dumps({**told, "pending": self.pending})
        route.fulfill(body=body, content_type="application/json")

    def answer(self, route: Route) -> None:
        self.asked.append(route.request)
        self.pending = []
        route.fulfill(body='{"done": true}', content_type="application/json")


def test_a_key_change_is_confirmed_with_ones_own_signature_after_a_second_yes(visit: Visit):
    page = visit.page
    told = Waiting(page, waiting("act-00001"))
    first = page.locator("#acts li").first
    expect(first).to_contain_text(re.compile("day-shift asks that a new key.*" + KEY_ID, re.S))
    expect(first).to_contain_text("asked 2026-11-22 10:00Z, void after 2026-11-23 10:00Z")
    first.get_by_role("button", name="Confirm").focus()
    page.keyboard.press("Enter")
    expect(first.get_by_role("button", name="Not now")).to_be_focused()
    page.keyboard.press("Escape")
    expect(first.get_by_role("button", name="Confirm")).to_be_focused()
    assert told.asked == []
    page.keyboard.press("Enter")
    first.get_by_role("button", name="Yes, confirm with my key").click()
    expect(page.locator("#acts-message")).to_have_text("Confirmed: what day-shift asked for holds.")
    expect(page.locator("#acts")).to_contain_text("Nothing waits for a second person.")

    (asked,) = told.asked
    assert (asked.method, asked.url.rpartition("/api/")[2]) == ("POST", "person-keys/act-00001/approval")
    key_id, signature = asked.headers["mamarr-act-signature"].split(":")
    session = page.evaluate("fetch('/api/session').then(answer => answer.json())")
    message = acts.signed_bytes(
        node_id=session["node_id"], mode=Mode(session["mode"]), command_id="act-00001", command=COMMAND
    )
    point = bytes_of(told.enrolled[0]["public_key"], at="$")
    assert acts.key_id_of("ES256", point) == key_id
    raw = b64decode(signature)
    assert acts.is_signed(message, raw, algorithm="ES256", public_key=point)
    page.unroute_all(behavior="ignoreErrors")


def test_another_declines_and_whoever_asked_can_only_take_it_back(page: Page):
    told = Waiting(page, waiting("act-00002"), waiting("act-00003", mine=True))
    rows = page.locator("#acts li")
    expect(rows.nth(1)).to_contain_text("another person of your party has to confirm it")
    expect(rows.nth(1).locator("button")).to_have_count(1)
    expect(rows.nth(1).get_by_role("button", name="Take back")).to_be_visible()
    rows.nth(0).get_by_role("button", name="Decline").click()
    rows.nth(0).get_by_role("button", name="Yes, decline").click()
    expect(page.locator("#acts-message")).to_have_text("Declined: nothing was changed.")
    (asked,) = told.asked
    assert (asked.method, asked.url.rpartition("/api/")[2]) == ("DELETE", "person-keys/act-00002")
    page.unroute_all(behavior="ignoreErrors")
