"""An agreement is suspended at the page by two persons; what was confirmed is withdrawn by name."""

import re
from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from playwright.sync_api import BrowserContext, Page

from mamarr.airspace.commitment import Reply
from mamarr.flights.flights import File
from tests.browser.conftest import visited
from tests.browser.looks import expect
from tests.browser.neighboured import NeighbouredNode, neighboured
from tests.engine.stories_of_neighbours import NORTH, confirm, request
from tests.engine.stories_of_suspension import tells, withdraws
from tests.flights.routes import a_plan

pytestmark = pytest.mark.browser

WHY = "Talks are broken off."


@pytest.fixture
def node() -> Iterator[NeighbouredNode]:
    with neighboured() as made:
        yield made


def second_page(node: NeighbouredNode, context: BrowserContext) -> Page:
    """Where another person of the same party has signed in, with a browser of their own."""
    other = node.desk.add("second")
    code = node.desk.sessions.code(other.caller(), node.desk.runtime.now())
    assert context.browser is not None
    return visited(context.browser.new_context(), f"{node.origin}/#code={code}").page


@pytest.mark.requirement("THREATS 2")
def test_two_persons_suspend_by_keyboard_withdraw_and_resume(node: NeighbouredNode, context: BrowserContext):
    node.hears("node-south", "node-east")
    first = visited(context, node.url).page
    node.do(
        node.them.does(
            *node.them.south.says(request("S1", a_plan(minutes=1_000, identification="EXA301"))),
            *node.them.south.says(confirm("S1")),
        )
    )
    first.locator("#suspension-more summary").focus()
    first.keyboard.press("Enter")
    first.locator("#suspension-submit").focus()
    first.keyboard.press("Enter")
    expect(first.locator("#suspension-reason-error")).to_have_text("Say why, in up to 200 characters.")
    expect(first.locator("#suspension-reason")).to_be_focused()
    first.keyboard.type(WHY)
    first.keyboard.press("Enter")
    expect(first.locator("#suspension-message")).to_contain_text("Asked.")
    expect(first.locator("#suspension-asked")).to_contain_text("another person of your party has to approve")
    expect(first.locator("#suspension-asked button")).to_have_count(0)

    second = second_page(node, context)
    asked = second.locator("#suspension-asked")
    expect(asked).to_contain_text(f"Why: {WHY}")
    asked.get_by_role("button", name="Approve").focus()
    second.keyboard.press("Enter")
    expect(asked.get_by_role("button", name="Not now")).to_be_focused()
    second.keyboard.press("Escape")
    expect(asked.get_by_role("button", name="Approve")).to_be_focused()
    second.keyboard.press("Enter")
    asked.get_by_role("button", name="Yes, approve with my key").click()
    expect(second.locator("#suspension-message")).to_have_text("The agreement is suspended.")

    banner = first.locator("#requests-suspended li")
    expect(banner).to_contain_text("SUSPENDED by north since")
    expect(banner).to_contain_text("new crossings are rejected; what is confirmed and what flies is honoured")
    first.locator("#requests-held summary").click()
    held = first.locator("#requests-held li")
    held.get_by_role("button", name="Withdraw with notice: EXA301").focus()
    first.keyboard.press("Enter")
    expect(first.locator("#requests-notice_min")).to_be_focused()
    first.locator("#requests-notice_min").fill("10")
    first.keyboard.press("Enter")
    expect(first.locator("#requests-message")).to_contain_text("withdrawn with notice: 30 minutes to 7 days")
    first.keyboard.press("Enter")  # on the button again
    first.locator("#requests-notice_min").fill("45")
    first.keyboard.press("Enter")
    expect(held).to_contain_text(re.compile("Withdrawn from .* held until south gives it back"))
    expect(held.get_by_role("button", name="Withdraw")).to_have_count(0)

    first.locator("#language").select_option("ar")
    expect(banner).to_contain_text("تُرفض العبورات الجديدة")


def test_that_another_suspended_is_shown_presented_and_marks_what_it_withdraws(
    node: NeighbouredNode, context: BrowserContext
):
    node.hears("node-south", "node-east")
    page = visited(context, node.url).page
    node.do(node.them.does((NORTH, File(flight_id="F7", plan=a_plan(minutes=200)))))
    for said in (Reply.ACCEPTED, Reply.CONFIRMED):
        node.do(node.them.does(*node.them.south.says(node.them.reply("F7", said))))
    node.do(node.them.does(*node.them.south.says(tells(1, is_suspended=True, minutes=0))))
    banner = page.locator('#requests-suspended [data-suspended="south"]')
    expect(banner).to_contain_text("SUSPENDED by south since")
    known = node.desk.runtime.decider.projection.flights.get("F7").coordination
    word = replace(withdraws(known.said_as, 0, 60), filed_ms=known.filed_ms)
    node.do(node.them.does(*node.them.south.says(word)))
    line = page.locator('#flights [data-flight="F7"] [data-authority="south"]')
    expect(line).to_contain_text("withdraws this from")
    node.passes(61)
    node.do(node.them.tidies())
    expect(line).to_contain_text("rejected: The agreement is suspended")
