"""The chapter about drones on its page, in a real Chromium: told to who touches nothing, and said in words.

It also makes the picture of docs/drones.md: `make pictures` keeps it.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.browser.conftest import PATIENCE_MS, listened
from tests.browser.looks import expect
from tests.browser.sky import pixels_of
from tests.node.drones import Drones

pytestmark = pytest.mark.browser

STORY_S = 90.0  # patience: some 20 s on a quiet machine
PICTURES = os.environ.get("MAMARR_PICTURES")  # where `make pictures` keeps them
CLOSED, INTENT = (255, 159, 67), (44, 111, 93)  # colours on the map
LABELS = {
    "en": "24 May 2019: helicopter recorded, drones fictitious",
    "ar": "24 مايو 2019: المروحية مسجَّلة، والمسيّرات خيالية",
    "fr": "24 mai 2019 : hélicoptère enregistré, drones fictifs",
    "ru": "24 мая 2019 г.: вертолёт — запись, дроны вымышлены",
}
CLEAR = "No drone’s flight meets what is closed."
OPENED = "the DSS has no constraint any more"

# How each operator stood, and what was told, as it changes: a busy machine may look when that is over.
LISTEN = """
window.answers = { 1: [], 2: [] };
window.told = [];
const note = () => {
    for (const row of document.querySelectorAll("#drones li")) {
        const seen = window.answers[row.dataset.operator];
        const now = `${row.dataset.answer} ${row.querySelector(".drone-answer").textContent}`;
        if (seen.at(-1) !== now) seen.push(now);
    }
    const step = document.querySelector("#guide [aria-current=step]")?.dataset.step;
    const sentence = document.querySelector("#guide-sentence")?.textContent;
    const last = window.told.at(-1);
    if (step && (step !== last?.[0] || sentence !== last?.[1])) window.told.push([step, sentence]);
};
const all = { subtree: true, childList: true, characterData: true, attributes: true };
new MutationObserver(note).observe(document, all);
"""


@pytest.fixture
def chapter(tmp_path: Path) -> Iterator[Drones]:
    node = Drones(tmp_path, waits_s=0.2 if PICTURES is None else 5.0)
    yield node
    node.stop()
    node.kill()


def until_told(page: Page, sentence: str) -> None:
    last_s = monotonic() + STORY_S
    while not any(sentence in said for _, said in page.evaluate("window.told")):
        assert monotonic() < last_s, f"{sentence}: {page.evaluate('[window.told, window.answers]')}"
        page.wait_for_timeout(100)


def without_repeats(answers: list[str]) -> list[str]:
    """What is on the page: told is one word, whether the USS or the user has it."""
    return list(dict.fromkeys(each.partition(" ")[2] for each in answers))


@pytest.mark.drawn
def test_operators_are_told_and_acknowledge_on_the_page_before_the_helicopter_flies(
    context: BrowserContext, chapter: Drones, tmp_path: Path
):
    context.add_init_script(LISTEN)
    visit = listened(context)
    page = visit.page
    page.goto(chapter.url)
    expect(page.locator("#drones-label")).to_have_text(LABELS["en"], timeout=PATIENCE_MS)
    if PICTURES is not None:
        until_told(page, "Acknowledged: 1 of 2.")
        page.wait_for_timeout(2_500)  # until it is drawn
        page.screenshot(path=tmp_path / "drones.png")
        shutil.copyfile(tmp_path / "drones.png", Path(PICTURES) / "drones.png")
    until_told(page, "Acknowledged: 2 of 2.")
    expect(page.locator("#drones-closed")).to_contain_text("pieces: 3")
    closed, _ = pixels_of(page, CLOSED)
    intent, _ = pixels_of(page, INTENT)
    assert closed > 300
    assert intent > 30
    until_told(page, CLEAR)
    expect(page.locator("#flights")).to_contain_text("airborne")
    until_told(page, OPENED)
    expect(page.locator("#drones-closed")).to_have_text("Nothing is closed for drones.")

    told, answers = page.evaluate("[window.told, window.answers]")
    assert list(dict.fromkeys(step for step, _ in told)) == ["1", "2", "3", "4", "5", "6"], told
    for number, end in (("1", "✓ acknowledged: flight ended"), ("2", "✓ acknowledged: flight moved")):
        said = [each for each in without_repeats(answers[number]) if "not taken" not in each]
        assert said == ["· nothing told", "▲ told, not acknowledged", end]
    at = {sentence: index for index, (_, sentence) in enumerate(told)}
    acknowledged = next(index for said, index in at.items() if "Acknowledged: 2 of 2." in said)
    assert acknowledged < next(index for said, index in at.items() if "helicopter flies" in said)

    for code, label in LABELS.items():
        page.locator("#language").select_option(code)
        expect(page.locator("#drones-label")).to_have_text(label)
        expect(page.locator("html")).to_have_attribute("dir", "rtl" if code == "ar" else "ltr")
    page.locator("#guide-close").click()
    expect(page.locator("#drones-label")).to_be_visible()
    assert visit.complaints == []


def a_sky(**changed: Any) -> dict[str, Any]:
    moment, later = "2026-11-29T13:00:00Z", "2026-11-29T13:45:00Z"
    corners = [
        {"latitude_deg": 47.36 + up, "longitude_deg": 8.5 + right}
        for up, right in ((0, 0), (0, 0.1), (0.1, 0))
    ]
    region = {"polygon": corners, "altitude_lower_m": 450.0, "altitude_upper_m": 570.0}
    region |= {"time_start": moment, "time_end": later}
    intent = {"intent_id": "1", "state": "Accepted", "version": 1, "is_in_way": True, "regions": [region]}
    operator = {
        "manager": "m",
        "is_heard": True,
        "answer": "ADVISED",
        "intents": [intent],
        "unknown_count": 0,
    }
    operator |= {"told_at": moment, "taken_at": moment, "advised_at": moment, "answered_at": None}
    silent = operator | {"number": 2, "is_heard": False, "intents": [], "unknown_count": 1, "answer": "TOLD"}
    closed = [{"constraint_id": "1", "version": 1, "regions": [region]}]
    sky = {"heard_at": moment, "is_heard": True, "closed": closed, "unknown_count": 0}
    return sky | {"operators": [operator | {"number": 1}, silent]} | changed


class Told:
    """A chapter whose sky is as the test says."""

    def __init__(self, page: Page) -> None:
        self.sky = a_sky()
        page.route("**/openapi.json", self.describe)
        page.route("**/api/demo/**", self.answer)

    def describe(self, route: Route) -> None:
        route.fulfill(body=json.dumps({"paths": {"/api/demo/drones": {}}}), content_type="application/json")

    def answer(self, route: Route) -> None:
        step = {"number": 1, "key": "DRONES_PLANNED", "state": "DONE", "is_shown": True}
        said = {"current": 1, "steps": [step], "sky": self.sky, "is_paused": False}
        route.fulfill(body=json.dumps(said), content_type="application/json")


def test_what_is_not_heard_is_said_and_rows_are_had_by_keys(page: Page):
    told = Told(page)
    page.reload()
    rows = page.locator("#drones li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("told, not acknowledged")
    expect(rows.first).to_contain_text("intent accepted · 450–570 m WGS-84 · meets what is closed")
    expect(rows.first).to_contain_text("told 13:00:00Z · its USS took it 13:00:00Z · user told 13:00:00Z")
    expect(rows.last).to_contain_text("told, not taken yet")
    expect(rows.last).to_contain_text("Its USS does not answer. What is here was so before.")
    expect(rows.last).to_contain_text("1: flights that the DSS has of it, and nobody says where they are")
    expect(rows.last).not_to_contain_text("No flight is planned.")
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.last).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    expect(rows.first.locator("button")).to_be_focused()

    told.sky = a_sky(is_heard=False, closed=[], operators=[])
    expect(page.locator("#drones-unheard")).to_contain_text(
        "The DSS does not answer. Nothing is known of drones since 13:00:00Z"
    )
    expect(page.locator("#drones-closed")).not_to_contain_text("Nothing is closed")
    told.sky = a_sky(closed=[], unknown_count=2)
    expect(page.locator("#drones-closed")).to_contain_text(
        "2: pieces that the DSS has closed, and nobody says where they are"
    )
    page.unroute_all(behavior="ignoreErrors")
