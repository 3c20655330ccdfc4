"""The guide through the demo's story, in a real Chromium; the story is written here."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.browser.looks import expect

pytestmark = pytest.mark.browser


KEYS = ("JOINED", "AT_ONCE", "ASKED", "REFUSED", "LEFT_CORRIDOR", "FLIPPED_BYTE", "YOUR_TURN")
SIGNED = [
    {
        "said": said,
        "node": f"node-{at}",
        "key_id": f"{at}0c0ffee",
        "sequence": 7,
        "record": "other",
        "entry": 42,
    }
    for said, at in (("REQUEST", "a"), ("ANSWER", "b"))
]


class Story:
    """A story that is told as the test says, and what the page asked of it."""

    def __init__(self, page: Page) -> None:
        self.current: int | None = 1
        self.is_paused = False
        self.asked: list[str] = []
        self.looks_count = 0
        page.route("**/openapi.json", self.describe)
        page.route("**/api/demo**", self.answer)
        page.route("**/api/demo/**", self.answer)

    def describe(self, route: Route) -> None:
        route.fulfill(body=json.dumps({"paths": {"/api/demo": {}}}), content_type="application/json")

    def answer(self, route: Route) -> None:
        self.looks_count += route.request.method == "GET"
        if route.request.method == "POST":
            self.asked.append(route.request.url.partition("/api/demo")[2])
            if self.asked[-1] in {"/pause", "/go-on"}:  # a step that is told to be shown halts nothing
                self.is_paused = self.asked[-1] == "/pause"
        route.fulfill(body=json.dumps(self.message()), content_type="application/json")

    def message(self) -> dict[str, Any]:
        steps = [self.step(number, key) for number, key in enumerate(KEYS, start=1)]
        return {"current": self.current, "steps": steps, "is_paused": self.is_paused}

    def step(self, number: int, key: str) -> dict[str, Any]:
        current = self.current or 0
        state = "DONE" if number < current else "RUNNING" if number == current else "WAITING"
        nothing = (
            "began_at",
            "flight_id",
            "receipt",
            "refusal",
            "taken",
            "alert_id",
            "finding",
            "speed_ratio",
            "view",
            "crossing_id",
            "progress",
        )
        step = {"number": number, "key": key, "state": state, "is_shown": False, "finding_entry": None}
        return {
            **dict.fromkeys(nothing),
            "digest": "0123456789ab",
            "signed": SIGNED if key == "ASKED" else [],
            **step,
        }


def test_the_guide_says_what_is_shown_replays_a_step_and_ends_at_the_form(page: Page):
    story = Story(page)
    page.reload()
    guide = page.locator("#guide")
    expect(guide.locator("#guide-sentence")).to_contain_text(
        "one agreement, which both proposed, digest 0123 4567 89ab"
    )
    expect(guide.locator("[aria-current=step]")).to_contain_text("1. Two nodes")
    expect(guide.locator("[data-step]")).to_have_count(7)
    with page.expect_request("**/api/demo/steps/1/shown"):
        pass

    story.current = 3
    signed = guide.locator("#guide-signed li")
    expect(signed).to_have_count(2)
    expect(signed.first).to_contain_text(
        "signed by node-a · key a0c0ffee · message 7, entry 42 in the record of"
    )
    story.current = 4
    expect(signed).to_have_count(0)
    expect(guide.locator("#guide-sentence")).to_contain_text("In red: what was asked for")
    page.locator("#language").select_option("ar")
    expect(guide.locator("#guide-sentence")).to_contain_text("بالأحمر")
    page.locator("#language").select_option("en")
    with page.expect_request("**/api/demo/steps/1/replay"):
        guide.locator("[data-step='1']").click()
    expect(guide.locator("[data-step='1']")).to_be_focused()

    pause = guide.locator("#guide-pause")
    pause.click()
    expect(pause).to_have_text("Go on")
    pause.click()
    expect(pause).to_have_text("Pause")
    assert [asked for asked in story.asked if asked in {"/pause", "/go-on"}] == ["/pause", "/go-on"]

    story.current = 7
    expect(guide.locator("#guide-file")).to_be_visible()
    guide.locator("#guide-file").click()
    expect(page.locator("#flight-corridor")).to_be_focused()
    page.unroute_all(behavior="ignoreErrors")


def test_a_node_that_does_not_say_at_first_whether_it_has_a_story_is_asked_again(page: Page):
    Story(page)
    page.route("**/openapi.json", lambda route: route.abort(), times=1)
    page.reload()
    expect(page.locator("#guide-sentence")).to_contain_text(
        "one agreement, which both proposed, digest 0123 4567 89ab"
    )
    page.unroute_all(behavior="ignoreErrors")


def test_a_page_that_nobody_looks_at_does_not_open_the_story(page: Page):
    story = Story(page)
    page.add_init_script(
        "Object.defineProperty(document, 'visibilityState', { value: 'hidden', writable: true })"
    )
    page.reload()
    for _ in range(3):
        page.wait_for_event("response", lambda response: "/api/picture" in response.url)
    assert story.looks_count == 0
    page.evaluate("document.visibilityState = 'visible'")
    expect(page.locator("#guide-sentence")).to_contain_text(
        "one agreement, which both proposed, digest 0123 4567 89ab"
    )
    assert story.looks_count > 0
    page.unroute_all(behavior="ignoreErrors")
