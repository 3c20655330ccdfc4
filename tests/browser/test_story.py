"""What a visitor of the demo sees without touching anything: the story, from a real node, in a real Chromium.

It also makes README's picture and recording: `make pictures` keeps them.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import visited
from tests.browser.recording import HEIGHT_PX, WIDTH_PX, Recording
from tests.browser.signing import expect_signed
from tests.browser.sky import RED, pixels_of
from tests.node.demo import DemoNode

pytestmark = pytest.mark.browser

STEP_MS = 60_000  # patience with one step: the recorded aircraft takes 13 s, on a quiet machine
STORY_S = 60.0  # from the opening of the page to "now you"
RECORDING_S = 20.0 if "MAMARR_PICTURES" in os.environ else 2.0  # to join it takes longer than it is long
NOTE = "recorded 3 Nov 2019; corridor and request invented; the aircraft did nothing wrong"
# `mamarr` whose story goes on at once while there is no page.
HASTY = """
from mamarr.node import cli, demo_story
demo_story.OPENED_S, demo_story.SHOWN_S, demo_story.DWELL_S = 0.0, 3.0, 0.0
cli.main()
"""
PICTURES = os.environ.get("MAMARR_PICTURES")  # where `make pictures` keeps them

# What is told, as it changes: the number of the step and its sentence.
LISTEN = """() => {
    window.told = [];
    const note = () => {
        const step = document.querySelector("#guide [aria-current=step]")?.dataset.step;
        const sentence = document.querySelector("#guide-sentence")?.textContent;
        const last = window.told.at(-1);
        if (step && (step !== last?.[0] || sentence !== last?.[1])) window.told.push([step, sentence]);
    };
    const options = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver(note).observe(document.getElementById("guide"), options);
    note();
}"""


@pytest.fixture
def telling_node(tmp_path: Path) -> Iterator[DemoNode]:
    node = DemoNode(tmp_path)
    yield node
    node.stop()
    node.kill()


@pytest.fixture
def told_node(tmp_path: Path) -> Iterator[DemoNode]:
    """A node that has told its story, with no page."""
    node = DemoNode(tmp_path, python=("-c", HASTY))
    try:
        bearer = {"authorization": f"Bearer {(tmp_path / 'authority-a.token').read_text()}"}
        last_s = monotonic() + 2 * STORY_S
        with httpx.Client(base_url=node.origin, trust_env=False, headers=bearer) as client:
            while any(step["state"] != "DONE" for step in client.get("/api/demo").json()["steps"]):
                assert monotonic() < last_s, "it was not told without a page"
                sleep(1.0)
        yield node
    finally:
        node.stop()
        node.kill()


# How much of the page lies beyond the window, beside what its own parts scroll.
BEYOND_THE_WINDOW_PX = "document.scrollingElement.scrollHeight - window.innerHeight"


def expect_told(page: Page, sentence: str) -> None:
    expect(page.locator("#guide-sentence")).to_contain_text(re.compile(sentence), timeout=STEP_MS)
    assert page.evaluate(BEYOND_THE_WINDOW_PX) == 0, "the page scrolls as a whole, away from what it tells"


@pytest.mark.drawn
def test_the_story_is_told_in_its_order_to_someone_who_touches_nothing(
    context: BrowserContext, telling_node: DemoNode, tmp_path: Path
):
    opened_s = monotonic()
    visit = visited(context, telling_node.url)
    page = visit.page
    page.evaluate(LISTEN)
    frames = tmp_path / "frames"
    frames.mkdir()
    recording = Recording(page, frames)

    expect_told(page, "^A flight is filed along a corridor and admitted")
    first = page.locator("#flights li[data-flight='CHARLIE-1']")
    expect(first).to_contain_text("coordinated")

    expect_told(page, "it is refused. In red: what stands in its way")
    expect(first).to_have_class(re.compile("is-cause"))
    expect_told(page, "One of the alternatives, .+, was filed and admitted")
    expect(page.locator("#flights li[data-flight='CHARLIE-2']")).to_contain_text("coordinated")

    expect_told(page, "A real aircraft leaves its corridor .* the aircraft did nothing wrong")
    alert = page.locator("#alerts li[data-alert='RAMHD.RECORDED-1']")
    expect(alert).to_contain_text("NOT ACKNOWLEDGED", timeout=STEP_MS)
    expect(alert).to_contain_text(re.compile("[0-9.]+ NM left of its route"))
    expect(alert).to_contain_text("RECORDED · only the aircraft itself says so")

    expect_told(page, r"One byte was changed in a copy of the record, and the audit found it at entry \d+")
    expect_told(page, "Now you: pick a corridor and file a flight")
    assert monotonic() - opened_s < STORY_S
    recording.stop()
    told = page.evaluate("window.told")
    assert [int(step) for step, _ in told] == sorted(int(step) for step, _ in told), told
    assert {step for step, _ in told} == {"1", "2", "3", "4", "5"}

    expect(alert).to_contain_text(NOTE)  # not only while it is told
    page.locator("#guide-file").click()
    expect(page.locator("#flight-corridor")).to_be_focused()
    page.locator("#flight-corridor").select_option("SOUTH-1")
    page.locator("#flight-submit").click()
    expect(page.locator("#flight-confirmation")).to_contain_text("admitted")

    page.keyboard.press("Escape")
    page.locator("#alerts .rows").focus()
    page.keyboard.press("k")
    expect(page.locator("#alerts")).to_contain_text("alert acknowledged")
    expect_signed(telling_node.record, "acknowledge-alert")

    page.locator("[data-step='2']").click()  # told again, it stays for as long as one looks
    expect(page.locator("[data-step='2']")).to_have_attribute("aria-current", "step")
    expect_told(page, "One of the alternatives, .+, was filed and admitted")
    red, _ = pixels_of(page, RED)
    assert red > 500
    page.screenshot(path=tmp_path / "page.png")
    assert visit.complaints == []

    recording.join(tmp_path / "demo.webp", RECORDING_S)
    if PICTURES is not None:
        for name in ("page.png", "demo.webp"):
            shutil.copyfile(tmp_path / name, Path(PICTURES) / name)
        print(f"the story took {recording.length_s:.0f} s; {WIDTH_PX} by {HEIGHT_PX} in {PICTURES}")


def test_who_opens_the_page_late_is_told_the_story_from_its_first_step(
    context: BrowserContext, told_node: DemoNode
):
    page = visited(context, told_node.url).page
    page.evaluate(LISTEN)
    expect_told(page, "Now you: pick a corridor and file a flight")
    told = page.evaluate("window.told")
    assert list(dict.fromkeys(step for step, _ in told)) == ["1", "2", "3", "4", "5"], told
    sentences = " ".join(sentence for _, sentence in told)
    for shown in (
        "it is refused. In red",
        "A real aircraft leaves its corridor",
        "the audit found it at entry",
    ):
        assert shown in sentences
    expect(page.locator("#alerts li[data-alert='RAMHD.RECORDED-1']")).to_contain_text("NOT ACKNOWLEDGED")
