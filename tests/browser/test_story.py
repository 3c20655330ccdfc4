"""What a visitor of the demo sees without touching anything: the story, from two nodes, in a real Chromium.

It also makes README's picture and recording: `make pictures` keeps them.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import httpx
import playwright.sync_api
import pytest
from playwright.sync_api import BrowserContext, Frame, Page

from tests.browser.conftest import Visit, listened
from tests.browser.looks import expect
from tests.browser.recording import HEIGHT_PX, WIDTH_PX, Recording
from tests.browser.signing import expect_signed
from tests.browser.sky import RED, pixels_of
from tests.node.demo import DemoNode

pytestmark = pytest.mark.browser

STEP_MS = 90_000  # patience with one step: the recorded aircraft takes 13 s, on a quiet machine
STORY_S = 60.0  # from the first step to "now you"
RECORDING_S = 20.0 if "MAMARR_PICTURES" in os.environ else 2.0  # to join it takes longer than it is long
NOTE = "recorded 3 Nov 2019; corridor and request invented; the aircraft did nothing wrong"
# `mamarr` whose story goes on at once without a page, waits for one as ever, and dwells on little.
HASTY = """
from mamarr.node import cli, demo_acts, demo_story
patient = demo_story.SHOWN_S, demo_acts.PRESENTED_S
opened = demo_story.DemoStory.opened
def open_patiently(story):
    demo_story.SHOWN_S, demo_acts.PRESENTED_S = patient
    opened(story)
demo_story.DemoStory.opened = open_patiently
demo_story.OPENED_S, demo_story.DWELL_S, demo_acts.WAITS_S = 0.0, 0.5, 0.5
demo_story.SHOWN_S, demo_acts.PRESENTED_S = 0.1, 1.0
cli.main()
"""
PICTURES = os.environ.get("MAMARR_PICTURES")  # where `make pictures` keeps them

# What is told and what the lists of each view had, as it changes: a busy machine may look when that is over.
LISTEN = """
window.told = []; // numbers of steps, their sentences, and when
window.rows = []; // whose, how it is marked, and what it says
const note = () => {
    window.is_due = false;
    const step = document.querySelector("#guide [aria-current=step]")?.dataset.step;
    const sentence = document.querySelector("#guide-sentence")?.textContent;
    const last = window.told.at(-1);
    const is_new = step !== last?.[0] || sentence !== last?.[1];
    if (step && is_new) window.told.push([step, sentence, performance.now()]);
    for (const row of document.querySelectorAll("#flights li, #requests li, #alerts li, #guide-signed li")) {
        const { flight, crossing, held, alert, said } = row.dataset;
        const text = `${flight ?? crossing ?? held ?? alert ?? said} ${row.className} ${row.textContent}`;
        if (!window.rows.includes(text)) window.rows.push(text);
    }
};
const noteSoon = () => {
    if (!window.is_due) setTimeout(note, 50);
    window.is_due = true;
};
const all = { subtree: true, childList: true, characterData: true, attributes: true };
new MutationObserver(noteSoon).observe(document, all);
"""


@pytest.fixture
def telling_node(tmp_path: Path) -> Iterator[DemoNode]:
    node = DemoNode(tmp_path)
    yield node
    node.stop()
    node.kill()


@pytest.fixture
def told_node(tmp_path: Path) -> Iterator[DemoNode]:
    """A node that has told its story, with no page."""
    node = DemoNode(tmp_path, script=HASTY)
    try:
        bearer = {"authorization": f"Bearer {(tmp_path / 'authority-a.token').read_text()}"}
        last_s = monotonic() + 2 * STORY_S
        with httpx.Client(base_url=node.origin, trust_env=False, verify=False, headers=bearer) as client:
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
    """It was told, or is within a step's time."""
    until(
        page, lambda: any(re.search(sentence, each) for _, each, _ in page.evaluate("window.told")), sentence
    )
    assert page.evaluate(BEYOND_THE_WINDOW_PX) == 0, "the page scrolls as a whole, away from what it tells"


def expect_row(view: Page | Frame, row: str) -> None:
    """A list of the view had a row with this, or has it within a step's time."""
    form = re.compile(row, re.DOTALL)
    until(view, lambda: any(map(form.search, view.evaluate("window.rows"))), row)


def until(view: Page | Frame, holds: Callable[[], bool], what: str) -> None:
    last_s = monotonic() + STEP_MS / 1_000
    while not holds():
        assert monotonic() < last_s, f"{what}: {view.evaluate('[window.told, window.rows]')}"
        view.wait_for_timeout(200)


def both(context: BrowserContext, node: DemoNode) -> tuple[Visit, Frame, Frame]:
    """The page with both views, and each of the views."""
    context.add_init_script(LISTEN)
    visit = listened(context)
    visit.page.goto(node.url)
    views = []
    for origin in (node.origin, node.origin_b):
        frame = visit.page.locator(f"iframe[src^='{origin}/']").element_handle().content_frame()
        assert frame is not None
        expect(frame.locator(".banner")).to_be_attached(timeout=STEP_MS)
        frame.evaluate(f"() => {{{LISTEN}}}")
        views.append(frame)
    return visit, *views


def expect_undisclosed(view: Frame) -> None:
    """Nothing that it ever had says whose the flights are that it holds sky for."""
    text = view.locator("body").inner_text() + "".join(view.evaluate("window.rows"))
    for word in ("party-c", "CHARLIE", "CHA101", "CHA202"):
        assert word not in text


def expect_two_nodes(page: Page, view_a: Frame, view_b: Frame) -> None:
    """Two nodes, one agreement; a flight that is accepted at once, and one that a person answers."""
    expect_told(page, "two nodes, no common database: one agreement, which both proposed, digest [0-9a-f ]+")
    for view, authority in ((view_a, "Authority A"), (view_b, "Authority B")):
        expect(view.locator("#authority")).to_have_text(authority)
        for decides in ("Authority A decides", "Authority B decides"):
            expect(view.locator(".legend")).to_contain_text(decides)
        expect(view.locator("#requests-lines")).to_contain_text("line up")

    expect_told(page, "B’s node accepts at once, by a standard condition")
    expect_row(view_a, "^CHARLIE-1 .*coordinated.*party-c.*authority-b: confirmed")
    expect_row(view_b, "^authority-a-.*accepted and confirmed.*FL310")

    expect_told(page, "REQUESTED: in B’s view it waits for a person")
    expect_row(view_b, "^authority-a-.*asked for.*FL370.*does not tell us whose it is")
    expect_row(view_a, "^CHARLIE-2 .*asked of others.*authority-b: asked, no answer yet")
    expect_told(page, "A person of B ACCEPTED it: COORDINATED at A")
    expect_row(view_a, "^CHARLIE-2 .*coordinated.*authority-b: confirmed")
    place = r"message \d+, entry \d+ in the record of"
    for said, by, of in (("REQUEST", "a", "b"), ("ANSWER", "b", "a")):
        signed = rf"is signed by authority-{by}-\w+ · key [0-9a-f]{{8}} · {place} authority-{of}-"
        expect_row(page, f"^{said} .*{signed}")


def expect_refused(page: Page, view_a: Frame, view_b: Frame) -> None:
    """What would come too near to a flight of the other node is refused, and something else taken."""
    expect_told(page, "would come too near to C’s first one: B’s node refuses it by itself")
    expect_row(view_a, "^CHARLIE-1 .*is-cause")
    expect_told(page, "One of the alternatives, .+, was filed: both nodes have admitted it")
    expect_row(view_b, "^BRAVO-1 .*authority-a: confirmed")


def expect_told_to_the_other(page: Page, view_a: Frame, view_b: Frame) -> None:
    """The alert climbs at the other authority, where the focus comes for it."""
    for told in ("B is told: SENT.", "SENT, RECEIVED by its node", "SENT, RECEIVED, PRESENTED"):
        expect_told(page, told)
    expect_row(view_a, "^RAMHD.RECORDED-1 .*authority-b: presented")
    assert view_b.evaluate("document.hasFocus()")
    shown = playwright.sync_api.expect(view_b.locator("#alerts li"))  # looked for once: it may end soon after
    shown.to_contain_text("authority-a")


def keep(recording: Recording, folder: Path) -> None:
    """Join the recording, and put it and the picture where `make pictures` keeps them, if it asks."""
    recording.join(folder / "demo.webp", RECORDING_S)
    if PICTURES is not None:
        for name in ("page.png", "demo.webp"):
            shutil.copyfile(folder / name, Path(PICTURES) / name)
        print(f"the story took {recording.length_s:.0f} s; {WIDTH_PX} by {HEIGHT_PX} in {PICTURES}")


@pytest.mark.drawn
def test_the_story_is_told_in_its_order_to_someone_who_touches_nothing(
    context: BrowserContext, telling_node: DemoNode, tmp_path: Path
):
    visit, view_a, view_b = both(context, telling_node)
    page = visit.page
    frames = tmp_path / "frames"
    frames.mkdir()
    recording = Recording(page, frames)

    if PICTURES is not None:
        expect(page.locator("#guide-signed li")).to_have_count(2, timeout=STEP_MS)
        page.wait_for_timeout(1_000)  # until a picture has come to both
        page.screenshot(path=tmp_path / "page.png")
    expect_two_nodes(page, view_a, view_b)
    if PICTURES is None:
        recording.stop()  # each frame is read back and packed: a sixth of the CPU of this test
    expect_refused(page, view_a, view_b)

    expect_told(page, "A real aircraft leaves its corridor .* the aircraft did nothing wrong")
    alert = view_a.locator("#alerts li[data-alert='RAMHD.RECORDED-1']")
    expect(alert).to_contain_text("NOT ACKNOWLEDGED", timeout=STEP_MS)
    expect(alert).to_contain_text(re.compile("[0-9.]+ NM left of its route"))
    expect(alert).to_contain_text("RECORDED · only the aircraft itself says so")
    expect_told_to_the_other(page, view_a, view_b)

    expect_told(page, r"One byte was changed in a copy of the record, and the audit found it at entry \d+")
    expect_told(page, "Now you: pick a corridor and file a flight")
    expect_undisclosed(view_b)
    if PICTURES is not None:
        recording.stop()
    told = page.evaluate("window.told")
    steps = [int(step) for step, _, _ in told]
    assert (sorted(steps), set(steps)) == (steps, set(range(1, 8))), told
    assert (told[-1][2] - told[0][2]) / 1_000 < STORY_S

    expect(alert).to_contain_text(NOTE)  # not only while it is told
    page.locator("#guide-file").click()
    expect(view_a.locator("#flight-corridor")).to_be_focused()
    view_a.locator("#flight-corridor").select_option("NORTH-1")
    view_a.locator("#flight-submit").press("Enter")  # a row of an alert may move the button under a mouse
    expect(view_a.locator("#flight-confirmation")).to_contain_text("admitted")

    page.keyboard.press("Escape")
    view_a.locator("#alerts .rows").focus()
    page.keyboard.press("k")
    expect(view_a.locator("#alerts")).to_contain_text("alert acknowledged")
    expect_signed(telling_node.record, "acknowledge-alert")
    expect_signed(telling_node.record_b, "accept-crossing")
    for record in (telling_node.record, telling_node.record_b):
        expect_signed(record, "agree")

    page.locator("[data-step='4']").click()  # told again, it stays for as long as one looks
    expect(page.locator("[data-step='4']")).to_have_attribute("aria-current", "step")
    expect(page.locator("#guide-sentence")).to_contain_text("was filed", timeout=STEP_MS)
    red, _ = pixels_of(view_b, RED)
    assert red > 40
    assert visit.complaints == []

    keep(recording, tmp_path)


def test_who_opens_the_page_late_is_told_the_story_from_its_first_step(
    context: BrowserContext, told_node: DemoNode
):
    visit, view_a, view_b = both(context, told_node)
    page = visit.page
    expect_told(page, "Now you: pick a corridor and file a flight")
    told = page.evaluate("window.told")
    assert list(dict.fromkeys(step for step, _, _ in told)) == ["1", "2", "3", "4", "5", "6", "7"], told
    sentences = " ".join(sentence for _, sentence, _ in told)
    assert "did not succeed" not in sentences
    for shown in (
        "A person of B ACCEPTED it",
        "B’s node refuses it by itself",
        "A real aircraft leaves its corridor",
        "SENT, RECEIVED, PRESENTED",
        "the audit found it at entry",
    ):
        assert shown in sentences
    expect(view_a.locator("#alerts li[data-alert='RAMHD.RECORDED-1']")).to_contain_text("NOT ACKNOWLEDGED")

    told_node.kill_other()  # each view says what it is without the other
    expect(view_a.locator("#requests-lines li")).to_have_attribute("data-state", "SILENT")
    expect(view_a.locator("#requests-empty")).to_contain_text("authority-b")
    expect(view_b.locator("#no-data")).to_be_visible()
