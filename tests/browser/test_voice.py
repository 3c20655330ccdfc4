"""Answers by telephone at the page: entered by keyboard, shown as unsigned, signed or disputed later."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from mamarr.airspace.commitment import Reply
from mamarr.airspace.reservations import Reserve
from mamarr.faults import Reason
from mamarr.flights.errands import VoiceClaim
from mamarr.flights.flights import File
from tests.browser.conftest import LANGUAGES, visited
from tests.browser.looks import expect
from tests.browser.neighboured import NeighbouredNode, neighboured
from tests.browser.test_requests import expect_signed, last_of
from tests.engine.stories_of_neighbours import DIGEST, NORTH, beside_the_border, wanted
from tests.flights.routes import NOON_MS, a_plan

pytestmark = pytest.mark.browser


SELIN = "Officer Selin"


@pytest.fixture
def node() -> Iterator[NeighbouredNode]:
    with neighboured() as made:
        yield made


@pytest.fixture
def page(node: NeighbouredNode, context: BrowserContext) -> Page:
    return visited(context, node.url).page


def filed(node: NeighbouredNode) -> None:
    node.do(node.them.does((NORTH, File(flight_id="F1", plan=a_plan(minutes=200)))))


def claims(node: NeighbouredNode, name: str, minutes: int) -> None:
    """South says that an officer of north accepted a flight by telephone."""
    word = VoiceClaim(
        object_id=name,
        filed_ms=NOON_MS,
        revision=1,
        digest=DIGEST,
        content=wanted(a_plan(minutes=minutes, level="F380", identification=name)),
        reply=Reply.ACCEPTED,
        spoken_at_ms=NOON_MS,
        spoken_by="Officer Noor",
        read_back=f"{name}, FL380, as asked for",
    )
    node.do(node.them.does(*node.them.south.says(word)))


def test_an_answer_by_telephone_is_entered_by_keyboard_and_stays_voice_until_it_is_signed(
    node: NeighbouredNode, page: Page
):
    filed(node)
    flight = page.locator('#flights li[data-flight="F1"]')
    ask = flight.get_by_role("button", name="south: answered by telephone…")
    ask.focus()
    page.keyboard.press("Enter")
    form = page.locator("#voice-form")
    expect(page.locator("#voice-answer")).to_be_focused()
    expect(form).to_contain_text("What south answered by telephone about F1")
    expect(form).to_contain_text(re.compile(r"EXA101, FL330, .*, REF [0-9A-F]{6}/1"))
    expect(page.locator("#voice-voice_level")).to_be_hidden()
    page.keyboard.press("Tab")
    page.locator("#voice-spoken_at").fill("soon")
    page.keyboard.press("Enter")
    expect(page.locator("#voice-spoken_at-error")).to_contain_text("Write the time it was said")
    expect(page.locator("#voice-spoken_by-error")).to_contain_text("both names")
    page.locator("#voice-spoken_at").fill(node.desk.runtime.now().strftime("%Y-%m-%d %H:%MZ"))
    page.locator("#voice-spoken_by").fill(SELIN)
    page.keyboard.press("Enter")
    expect(page.locator("#voice-message")).to_contain_text(
        "F1: south accepted by telephone. VOICE, unsigned: it is not coordinated until south countersigns."
    )
    expect(form).to_be_hidden()
    expect(flight.locator(".stage")).to_have_text("by voice, unsigned: not coordinated")
    at = flight.locator(".authorities li")
    expect(at).to_contain_text("☎south: accepted by telephone; nothing shows that it protects this")
    expect(at).to_contain_text(f"VOICE, unsigned, {node.desk.runtime.now():%Y-%m-%d}")
    expect(at).to_contain_text(f"Said by {SELIN}, heard by officer.")
    expect(flight).to_contain_text("In force by voice only: the word of duty officers.")
    expect_signed(node, "enter-voice")
    node.do(node.them.does(*node.them.south.says(node.them.reply("F1", Reply.COUNTERSIGNED))))
    expect(flight.locator(".stage")).to_have_text("coordinated")
    expect(at).to_contain_text("signed since")
    expect(flight.get_by_role("button", name="south: answered by telephone…")).to_have_count(0)


def test_what_was_proposed_by_telephone_and_what_is_disputed_are_shown(node: NeighbouredNode, page: Page):
    filed(node)
    flight = page.locator('#flights li[data-flight="F1"]')
    flight.get_by_role("button", name="south: answered by telephone…").click()
    page.locator("#voice-answer").select_option("COUNTERED")
    page.locator("#voice-spoken_by").fill(SELIN)
    page.get_by_role("button", name="Enter as VOICE, unsigned").click()
    expect(page.locator("#voice-voice_later_min-error")).to_contain_text("a level such as FL350, or both")
    page.locator("#voice-voice_level").fill("fl350")
    page.get_by_role("button", name="Enter as VOICE, unsigned").click()
    expect(flight.locator(".authorities")).to_contain_text("would accept: at FL350")
    expect(flight.locator(".authorities")).to_contain_text("VOICE, unsigned")
    expect_signed(node, "enter-voice")

    node.do(node.them.does((NORTH, File(flight_id="F2", plan=a_plan(minutes=400)))))
    second = page.locator('#flights li[data-flight="F2"]')
    second.get_by_role("button", name="south: answered by telephone…").click()
    page.locator("#voice-spoken_by").fill(SELIN)
    page.keyboard.press("Escape")
    expect(page.locator("#voice-form")).to_be_hidden()
    second.get_by_role("button", name="south: answered by telephone…").click()
    page.locator("#voice-spoken_by").fill(SELIN)
    page.keyboard.press("Enter")
    expect(second.locator(".stage")).to_have_text("by voice, unsigned: not coordinated")
    word = node.them.reply("F2", Reply.DISPUTED, reason=Reason.NOT_SAID)
    node.do(node.them.does(*node.them.south.says(word)))
    expect(second.locator(".stage")).to_have_text("NOT COORDINATED")
    expect(second.locator(".authorities")).to_contain_text("VOICE, DISPUTED")
    expect(second.locator(".authorities")).to_contain_text("nobody there gave this answer")


def test_a_reservation_by_telephone_says_that_it_is_not_entered(node: NeighbouredNode, page: Page):
    node.do(node.them.does((NORTH, Reserve(reservation_id="R9", volume=beside_the_border(200, 260)))))
    row = page.locator('#list tr[data-reservation="R9"]')
    row.get_by_role("button", name="south: answered by telephone…").click()
    expect(page.locator("#voice-form")).to_contain_text(re.compile(r"R9, .*, REF [0-9A-F]{6}/1"))
    page.locator("#voice-spoken_by").fill(SELIN)
    page.keyboard.press("Enter")
    expect(row).to_contain_text("Accepted by voice only: it is kept for its holder, and not entered")
    assert last_of(node, "enter-voice").order.command.object_id == "R9"


def test_what_we_are_said_to_have_answered_is_countersigned_or_disputed_by_keyboard(
    node: NeighbouredNode, page: Page
):
    node.hears("node-south", "node-east")
    claims(node, "EXA301", 1_000)
    claims(node, "EXA302", 1_100)
    voice = page.locator("#voice")
    first = voice.locator("li", has=page.get_by_text("EXA301", exact=True))
    second = voice.locator("li", has=page.get_by_text("EXA302", exact=True))
    expect(voice.locator("[role=alert]")).to_contain_text("to be signed or disputed")
    expect(first).to_contain_text("south says that Officer Noor of ours answered by telephone at")
    expect(first).to_contain_text("Read back: EXA301, FL380, as asked for")
    expect(first).to_contain_text("That is no acceptance.")
    expect(page.locator("#requests-empty")).to_have_text("Nothing waits for an answer.")
    expect(page.locator("#requests-held")).to_be_hidden()
    first.get_by_role("button", name="Countersign").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#voice-message")).to_contain_text("EXA301: countersigned.")
    expect_signed(node, "countersign-crossing")
    expect(page.locator("#requests-held")).to_contain_text("Held for others (1)")
    second.get_by_role("button", name="Dispute").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Not now")).to_be_focused()
    second.get_by_role("button", name="Nobody here said it").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#voice-message")).to_contain_text("EXA302: disputed.")
    expect_signed(node, "dispute-crossing")
    expect(voice.locator("li")).to_have_count(0)


def test_what_is_in_the_way_is_named_when_it_is_countersigned(node: NeighbouredNode, page: Page):
    in_the_way = a_plan(minutes=1_000, level="F380", is_due_regard=True)
    node.do(node.them.does((NORTH, File(flight_id="DUE1", plan=in_the_way))))
    claims(node, "EXA301", 1_000)
    page.get_by_role("button", name="Countersign").click()
    message = page.locator("#voice-message")
    expect(message.locator(".cause-id")).to_have_text("DUE1")
    expect(page.locator("#voice li")).to_have_count(1)


def test_nothing_of_it_runs_off_the_side_in_any_language(node: NeighbouredNode, page: Page):
    filed(node)
    claims(node, "EXA301", 1_000)
    page.set_viewport_size({"width": 360, "height": 800})
    for language in LANGUAGES:
        page.locator("#language").select_option(language)
        page.locator('#flights [data-act="voice"]').click()
        expect(page.locator("#voice-read_back")).to_be_visible()
        expect(page.locator("#voice li")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), language
        page.keyboard.press("Escape")
        expect(page.locator("#voice-form")).to_be_hidden()
