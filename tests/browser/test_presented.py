"""What counts as shown: a row that was in view for a second in a page that had the focus, and no other."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from mamarr.coordination import Message, MessageState
from mamarr.engine.orders import read
from mamarr.flights.errands import AlertTold, FlightState
from mamarr.flights.flights import File
from mamarr.names import AlertType
from mamarr.record.entries import entry_from_body
from mamarr.surveillance.alerts import RaiseAlert
from tests.browser.conftest import PATIENCE_MS, Visit, visited, wait_until
from tests.browser.looks import expect
from tests.browser.neighboured import NeighbouredNode, neighboured
from tests.browser.test_requests import asks, expect_signed, row
from tests.engine.stories_of_neighbours import NORTH, request, wanted
from tests.engine.stories_of_presenting import LIVE
from tests.engine.test_watch import measured
from tests.flights.routes import NOON_MS, a_plan

pytestmark = pytest.mark.browser


PATH = "/api/messages/presented"
A_WHILE_MS = 2_500  # more than a row must be in view
FLOOR, COORDINATION = (f"node-south/INCOMING/{stream}" for stream in ("SAFETY_FLOOR", "COORDINATION"))


@pytest.fixture
def node() -> Iterator[NeighbouredNode]:
    with neighboured() as made:
        made.hears("node-south", "node-east")
        yield made


@pytest.fixture
def visit(node: NeighbouredNode, context: BrowserContext) -> Visit:
    return visited(context, node.url)


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit.page


def message(node: NeighbouredNode, number: int, line: str = COORDINATION) -> Message:
    """A message of south's. number: of those after which all had agreed."""
    value = node.desk.runtime.decider.projection.messages.durable(f"{line}/{number}")
    assert value is not None
    return value


def state(node: NeighbouredNode, number: int, line: str = COORDINATION) -> MessageState:
    return message(node, number, line).state


def becomes(
    node: NeighbouredNode, page: Page, wanted_state: MessageState, number: int, line: str = COORDINATION
) -> None:
    """Wait until a message is PRESENTED, or ACKNOWLEDGED."""
    for _ in range(PATIENCE_MS // 100):
        if state(node, number, line) is wanted_state:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{number} is {state(node, number, line)}")


def posted(visit: Visit) -> int:
    return sum(PATH in each for each in visit.addresses)


def focus(page: Page, is_there: bool) -> None:
    """The page has the focus, or another window has; the browser of the tests gives it to every page."""
    page.evaluate(f"document.hasFocus = () => {'true' if is_there else 'false'}")
    if not is_there:
        page.evaluate("window.dispatchEvent(new Event('blur'))")


def test_a_row_in_view_for_a_second_is_presented_once_to_the_person_who_is_signed_in(
    node: NeighbouredNode, visit: Visit
):
    asks(node, "EXA301", 1_000)
    expect(row(visit.page, "EXA301")).to_be_visible()
    becomes(node, visit.page, MessageState.PRESENTED, 0)
    expect(visit.page.locator("[data-message]")).to_have_count(0)
    visit.page.wait_for_timeout(A_WHILE_MS)
    assert posted(visit) == 1
    said = (read(entry_from_body(each.sequence, each.body)) for each in node.desk.store.rows())
    asked = [
        each.order for each in said if each is not None and "Present" in type(each.order.command).__name__
    ]
    assert [(each.author.person, each.author.rule) for each in asked] == [("officer", None)]
    assert visit.complaints == []


def test_a_page_without_the_focus_and_one_under_a_dialog_show_nobody_anything(
    node: NeighbouredNode, visit: Visit
):
    page = visit.page
    focus(page, False)
    asks(node, "EXA301", 1_000)
    expect(row(page, "EXA301")).to_be_visible()
    page.wait_for_timeout(A_WHILE_MS)
    assert (state(node, 0), posted(visit)) == (MessageState.RECEIVED, 0)
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_have_count(1)
    focus(page, True)
    page.wait_for_timeout(A_WHILE_MS)
    assert (state(node, 0), posted(visit)) == (MessageState.RECEIVED, 0)
    page.keyboard.press("Escape")
    becomes(node, page, MessageState.PRESENTED, 0)


def test_what_is_out_of_view_is_presented_when_somebody_scrolls_there(node: NeighbouredNode, visit: Visit):
    page, count = visit.page, 8
    for number in range(count):
        asks(node, f"EXA3{number:02}", 1_000 + 60 * number)
    last = page.locator("#requests .request").last
    expect(page.locator("#requests .request")).to_have_count(count)
    name = last.locator("button.name").inner_text()
    number = int(name.removeprefix("EXA3"))
    page.wait_for_timeout(A_WHILE_MS)
    assert state(node, number) is MessageState.RECEIVED
    assert any(state(node, each) is MessageState.PRESENTED for each in range(count))
    last.scroll_into_view_if_needed()
    becomes(node, page, MessageState.PRESENTED, number)


def test_what_is_folded_away_is_not_presented(node: NeighbouredNode, visit: Visit):
    page = visit.page
    content = wanted(a_plan(minutes=1_000, level="F380"))
    word = FlightState(object_id="S1", filed_ms=NOON_MS, number=1, is_airborne=True, content=content)
    node.do(node.them.does(*node.them.south.says(word)))
    expect(page.locator("#requests-held li")).to_have_count(1)
    page.wait_for_timeout(A_WHILE_MS)
    assert state(node, 1, FLOOR) is MessageState.RECEIVED
    page.locator("#requests-held summary").click()
    page.locator("#requests-held li").scroll_into_view_if_needed()
    becomes(node, page, MessageState.PRESENTED, 1, FLOOR)


def test_an_alert_of_another_authority_is_shown_beside_our_own_and_acknowledged_by_the_same_key(
    node: NeighbouredNode, visit: Visit
):
    page, them = visit.page, node.them
    plan = a_plan(minutes=1_000, level="F380", identification="EXA401")
    told = AlertTold(
        object_id="S1",
        filed_ms=NOON_MS,
        alert=AlertType.CLAM,
        number=1,
        raised_ms=NOON_MS,
        is_recorded=True,
    )
    node.do(them.does(*them.south.says(request("S1", plan)), *them.south.says(told)))
    alert = page.locator("#alerts li")
    expect(alert).to_contain_text("Off its levels CLAM")
    expect(alert).to_contain_text("EXA401")
    expect(alert).to_contain_text("told by south")
    expect(alert).to_contain_text("RECORDED")
    expect(alert).to_contain_text("NOT ACKNOWLEDGED")
    expect(page.locator("#alerts [role=alert]")).to_have_text("Off its levels: EXA401, told by south")
    becomes(node, page, MessageState.PRESENTED, 1, FLOOR)
    for language, words in (
        ("fr", "signalée par south"),
        ("ar", "أبلغت عنه"),
        ("ru", "сообщает south"),
    ):
        page.locator("#language").select_option(language)
        expect(alert).to_contain_text(words)
    page.locator("#language").select_option("en")
    page.keyboard.press("w")
    expect(alert).to_be_focused()
    page.keyboard.press("k")
    expect(alert).to_contain_text("acknowledged by officer")
    expect(alert.get_by_role("button", name="Acknowledge")).to_have_count(0)
    assert state(node, 1, FLOOR) is MessageState.ACKNOWLEDGED
    expect_signed(node, "acknowledge-alert-told")
    over = AlertTold(
        object_id="S1", filed_ms=NOON_MS, alert=AlertType.CLAM, number=2, raised_ms=NOON_MS, is_over=True
    )
    node.do(them.does(*them.south.says(over)))
    expect(page.locator("#alerts li")).to_have_count(0)
    assert visit.complaints == []


def test_a_person_says_by_key_that_a_request_was_seen_and_it_still_waits(node: NeighbouredNode, page: Page):
    asks(node, "EXA301", 1_000)
    first = row(page, "EXA301")
    expect(first).to_be_visible()
    page.keyboard.press("q")
    expect(first).to_be_focused()
    page.keyboard.press("y")
    expect(page.locator("#requests-message")).to_have_text(
        "EXA301: south is told that it was seen. It still waits for an answer."
    )
    assert state(node, 0) is MessageState.ACKNOWLEDGED
    expect_signed(node, "acknowledge-message")
    expect(first.get_by_role("button", name="Seen: EXA301")).to_have_count(0)
    expect(first.get_by_role("button", name="Accept: EXA301")).to_be_visible()


def test_the_row_of_an_own_flight_and_of_its_alert_say_how_far_what_was_told_came(
    node: NeighbouredNode, page: Page
):
    them = node.them
    node.do(them.does((NORTH, File(flight_id="F1", plan=a_plan(minutes=200)))))
    said = page.locator('#flights li[data-flight="F1"] .said')
    expect(page.locator('#flights li[data-flight="F1"] .authorities')).to_contain_text("asked, no answer yet")
    expect(said).to_have_count(0)
    node.do(them.sends_all())
    expect(said).to_have_text(re.compile(r"^sent 12:0\d:\d\dZ, NOT RECEIVED yet$"))
    node.do(them.does(them.receives()))
    expect(said).to_have_text("received")
    sent = [each for each in messages_to_south(node) if each.kind == "crossing-request"]
    seen = them.saw(sent[0].sequence, MessageState.PRESENTED, NOON_MS + 184_000)
    node.do(them.does(seen))
    expect(said).to_have_text("presented 12:03:04Z")
    seen = them.saw(sent[0].sequence, MessageState.ACKNOWLEDGED, NOON_MS + 190_000)
    node.do(them.does(seen))
    expect(said).to_have_text("acknowledged 12:03:10Z")

    begun = RaiseAlert(kind=AlertType.RAMHD, subject="F1", measured=measured())
    node.do(them.does((LIVE, begun)))
    node.do(them.tidies())
    node.do(them.sends_all())
    told = page.locator("#alerts li .authorities li")
    expect(told).to_have_text(re.compile(r"^south: sent 12:0\d:\d\dZ, NOT RECEIVED yet$"))
    node.do(them.does(them.receives()))
    expect(told).to_have_text("south: received")


def messages_to_south(node: NeighbouredNode) -> list[Message]:
    found = node.desk.runtime.decider.projection.messages.durable_items()
    return [each for key, each in found if key.startswith("node-south/OUTGOING/")]


def test_after_silence_it_is_said_again_and_after_a_refusal_not(node: NeighbouredNode, visit: Visit):
    page, answers = visit.page, [503, 403]
    page.route(f"**{PATH}", lambda route: route.fulfill(status=answers.pop(0), body="{}"))
    asks(node, "EXA301", 1_000)
    wait_until(page, "document.querySelector('[data-message]') !== null")
    for _ in range(PATIENCE_MS // 100):
        if not answers:
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(A_WHILE_MS)
    assert (answers, posted(visit)) == ([], 2)
    page.unroute_all(behavior="ignoreErrors")
