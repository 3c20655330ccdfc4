"""What two authorities coordinate, at the page of one: requests to it, its own flights, what is agreed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import BrowserContext, Page

from mamarr.airspace import SpecialHandling
from mamarr.airspace.commitment import Counter, Reply
from mamarr.engine.orders import Decision, read
from mamarr.faults import Reason
from mamarr.flights.errands import AgreementReady
from mamarr.flights.flights import File
from mamarr.geometry.altitude import filed_level
from mamarr.record.entries import entry_from_body
from mamarr.web.access.acts import is_signed, signed_bytes
from tests.browser.conftest import LANGUAGES, visited
from tests.browser.looks import expect
from tests.browser.neighboured import NeighbouredNode, neighboured
from tests.browser.sky import pixels_of
from tests.engine.stories_of_neighbours import DIGEST, NEXT, NORTH, inside, request
from tests.flights.routes import NOON_MS, a_plan
from tests.web.node import NODE
from tests.web.test_coordination import as_json
from tests.web.test_returned import LOST

pytestmark = pytest.mark.browser


ASKED = (247, 168, 255)  # the colour of what is asked, where nothing shines through


@pytest.fixture
def node() -> Iterator[NeighbouredNode]:
    with neighboured() as made:
        yield made


@pytest.fixture
def page(node: NeighbouredNode, context: BrowserContext) -> Page:
    return visited(context, node.url).page


def asks(node: NeighbouredNode, name: str, minutes: int, **changed: object) -> None:
    """South asks for a flight at FL380, which no standard condition of north's allows."""
    plan = a_plan(minutes=minutes, level="F380", identification=name, **changed)
    node.do(node.them.does(*node.them.south.says(request(name, plan))))


def last_of(node: NeighbouredNode, kind: str) -> Decision:
    """The last decision about a command of this type."""
    said = (read(entry_from_body(row.sequence, row.body)) for row in node.desk.store.rows())
    found = [each for each in said if each is not None]
    return [each for each in found if msgspec.to_builtins(each.order.command)["type"] == kind][-1]


def expect_signed(node: NeighbouredNode, kind: str) -> None:
    """The last command of this type carries the signature of the person who gave it."""
    order = last_of(node, kind).order
    kept = order.signature
    assert kept is not None
    message = signed_bytes(
        node_id=NODE,
        mode=node.desk.runtime.mode,
        command_id=order.command_id,
        command=msgspec.to_builtins(order.command),
    )
    assert is_signed(message, kept.signature, algorithm=kept.algorithm, public_key=kept.public_key)


def row(page: Page, name: str):
    return page.locator("#requests .request", has=page.get_by_role("button", name=name, exact=True))


def test_that_nothing_waits_never_looks_well_while_a_line_is_down(node: NeighbouredNode, page: Page):
    empty, lines = page.locator("#requests-empty"), page.locator("#requests-lines li")
    expect(empty).to_contain_text("there is no line to east, south now: what they ask does not reach us")
    expect(empty).to_have_class(re.compile("is-warning"))
    expect(lines.nth(1)).to_have_text("south NOT HEARD yet")
    node.hears("node-south")
    expect(empty).to_contain_text("there is no line to east now")
    expect(lines.nth(1)).to_have_text("south line up")
    node.hears("node-south", "node-east")
    expect(empty).to_have_text("Nothing waits for an answer.")
    expect(empty).not_to_have_class(re.compile("is-warning"))


def test_a_request_is_looked_at_and_accepted_by_keyboard_with_the_persons_signature(
    node: NeighbouredNode, page: Page
):
    node.hears("node-south", "node-east")
    asks(node, "EXA301", 1_000)
    first = row(page, "EXA301")
    expect(first).to_contain_text("In our share: 34.0N 032.0E 04:40Z → 34.0N 033.0E 04:50Z")
    expect(first).to_contain_text("Not accepted by machine: north-1 (other levels)")
    expect(first).to_contain_text(re.compile(r"Answer within 00:09:\d\d\. Asked 00:00:\d\d ago\."))
    expect(first).to_contain_text("asked by south")
    expect(page.locator("#requests [role=alert]")).to_contain_text("EXA301: asked by south")
    page.keyboard.press("q")
    expect(first).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator("#requests-message")).to_contain_text(
        "EXA301 accepted. Its sky is held now; that lapses"
    )
    expect(page.locator("#requests .request")).to_have_count(0)
    page.locator("#requests-held summary").click()
    held = page.locator("#requests-held li")
    expect(held).to_contain_text("accepted, not confirmed")
    expect(held).to_contain_text(re.compile(r"Lapses in 00:19:\d\d unless confirmed"))
    expect_signed(node, "accept-crossing")
    (said,) = [each for each in node.them.errands if getattr(each, "object_id", "") == "EXA301"]
    assert said.reply is Reply.ACCEPTED


def test_rejecting_needs_a_second_yes_and_another_is_proposed_by_mouse(node: NeighbouredNode, page: Page):
    asks(node, "EXA301", 1_000)
    asks(node, "EXA302", 1_060)
    row(page, "EXA301").focus()
    page.keyboard.press("x")
    expect(page.get_by_role("button", name="Not now")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#requests-question")).to_have_count(0)
    held = node.desk.runtime.decider.projection.crossings.get(f"node-south/EXA301/{NOON_MS}")
    assert held.crossing.state == "REQUESTED"
    page.keyboard.press("x")
    page.get_by_role("button", name="Yes, reject").click()
    expect(page.locator("#requests-message")).to_have_text("EXA301 rejected.")
    expect_signed(node, "reject-crossing")

    row(page, "EXA302").get_by_role("button", name="Propose another: EXA302").click()
    page.get_by_role("button", name="Propose this").click()
    expect(page.locator("#requests-later_min-error")).to_contain_text("a level such as FL350, or both")
    page.locator("#requests-level").fill("X99")
    page.get_by_role("button", name="Propose this").click()
    expect(page.locator("#requests-level-error")).to_contain_text("a level such as FL350")
    page.locator("#requests-level").fill("fl350")
    page.locator("#requests-later_min").fill("30")
    page.get_by_role("button", name="Propose this").click()
    expect(page.locator("#requests-message")).to_contain_text("EXA302: another is proposed. Nothing is held")
    expect_signed(node, "counter-crossing")
    counter = last_of(node, "counter-crossing").order.command.counter
    assert counter == Counter(later_ms=1_800_000, level=filed_level("F350"))


def test_what_is_urgent_comes_first_then_the_newest_and_what_is_in_the_way_is_named(
    node: NeighbouredNode, page: Page
):
    asks(node, "EXA301", 1_000)
    node.passes(1)
    asks(node, "EXA302", 1_060)
    asks(node, "MED303", 1_120, handling=(SpecialHandling.HOSP,))
    names = page.locator("#requests .request button.name")
    expect(names).to_have_text(["MED303", "EXA302", "EXA301"])
    expect(row(page, "MED303")).to_contain_text("URGENT")
    node.passes(7.5)
    expect(names).to_have_text(["EXA301", "MED303", "EXA302"])  # by the time that is left
    in_the_way = a_plan(minutes=1_000, level="F380", is_due_regard=True)
    node.do(node.them.does((NORTH, File(flight_id="DUE1", plan=in_the_way))))
    page.keyboard.press("q")
    page.keyboard.press("a")
    message = page.locator("#requests-message")
    expect(message).to_contain_text("too near to something that is held already")
    expect(message.locator(".cause-id")).to_have_text("DUE1")
    node.passes(2)
    page.keyboard.press("q")
    page.keyboard.press("a")
    expect(message).to_contain_text("The time asked for is already over.")


def test_a_flight_says_how_far_it_is_with_each_authority_and_is_coordinated_when_all_have_confirmed(
    node: NeighbouredNode, page: Page
):
    them = node.them
    node.do(them.does((NORTH, File(flight_id="F1", plan=a_plan(minutes=200, level="F380")))))

    def hears(who, said: Reply) -> None:
        node.do(them.does(*who.says(them.reply("F1", said))))

    flight = page.locator('#flights li[data-flight="F1"]')
    stage, at = flight.locator(".stage"), flight.locator(".authorities li")
    expect(stage).to_have_text("asked of others: not coordinated")
    expect(at).to_have_text(["…east: asked, no answer yet", "…south: asked, no answer yet"])
    hears(them.south, Reply.ACCEPTED)
    expect(at.nth(1)).to_have_text("✓south: accepted, not confirmed yet")
    hears(them.east, Reply.ACCEPTED)
    expect(stage).to_have_text("accepted by all, not confirmed: not coordinated")
    hears(them.east, Reply.CONFIRMED)
    expect(at).to_have_text(["✓✓east: confirmed", "✓south: accepted, not confirmed yet"])
    expect(stage).to_have_text("accepted by all, not confirmed: not coordinated")
    hears(them.south, Reply.CONFIRMED)
    expect(stage).to_have_text("coordinated")
    expect(at).to_have_text(["✓✓east: confirmed", "✓✓south: confirmed"])
    assert "cleared" not in page.locator("main").inner_text().lower()


def test_what_was_not_accepted_says_why_and_what_would_be_in_every_language(
    node: NeighbouredNode, page: Page
):
    them = node.them
    for name, minutes in (("F1", 200), ("F2", 300)):
        plan = a_plan(minutes=minutes, identification=f"EXA{name}")
        node.do(them.does((NORTH, File(flight_id=name, plan=plan))))
        word = them.reply(name, Reply.REJECTED, reason=Reason.DECLINED)
        if name == "F2":
            counter = Counter(later_ms=1_800_000, level=filed_level("F350"))
            word = them.reply(name, Reply.COUNTERED, counter=counter)
        node.do(them.does(*them.south.says(word)))
    first, second = (page.locator(f'#flights li[data-flight="{name}"]') for name in ("F1", "F2"))
    expect(first.locator(".stage")).to_have_text("NOT COORDINATED")
    expect(first.locator(".authorities")).to_have_text("✕south: rejected: The other authority declined.")
    expect(second.locator(".authorities")).to_have_text("⇄south: would accept: 30 min later, at FL350")
    page.locator("#language").select_option("ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(first.locator(".stage")).to_have_text("غير منسَّق")
    expect(first.locator(".authorities")).to_contain_text("رفضت السلطة الأخرى")
    page.locator("#language").select_option("fr")
    expect(second.locator(".authorities")).to_contain_text("accepterait : 30 min plus tard, à FL350")
    page.locator("#language").select_option("ru")
    expect(first.locator(".stage")).to_have_text("НЕ СОГЛАСОВАНО")
    page.locator("#language").select_option("en")
    first.get_by_role("button", name="Withdraw").click()
    first.get_by_role("button", name="Withdraw", exact=True).click()
    expect(first).to_have_count(0)


def test_the_form_says_who_is_asked_and_that_it_is_not_coordinated_yet(node: NeighbouredNode, page: Page):
    expect(page.locator("#flight-corridor option[value=EAST]")).to_have_count(1)
    page.locator("#flight-corridor").select_option("EAST")
    page.locator("#flight-time_departure").fill("2026-11-22 16:00Z")
    page.locator("#flight-identification").fill("EXA777")
    page.locator("#flight-submit").click()
    done = page.locator("#flight-confirmation")
    expect(done).to_contain_text("EXA777: asked of south. It is not coordinated until all have confirmed it.")
    expect(done).not_to_contain_text("admitted")


@pytest.mark.requirement("THREATS 2")
def test_an_edition_is_read_back_signed_and_in_force_when_all_have_it(
    node: NeighbouredNode, page: Page, tmp_path: Path
):
    panel = page.locator("#agreement")
    in_force = panel.locator("li[data-edition='1']")
    expect(in_force).to_contain_text("the-map, edition 1")
    short = " ".join(DIGEST[at : at + 4] for at in (0, 4, 8))
    expect(in_force).to_contain_text(f"Digest, the same at all members: {short}")
    expect(in_force).to_contain_text("SOUTHERN (south)")
    panel.locator("#agreement-more summary").click()
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(as_json(NEXT) | {"edition": 0}))
    page.locator("#agreement-file").set_input_files(wrong)
    expect(page.locator("#agreement-message")).to_contain_text("$.edition")
    right = tmp_path / "next.json"
    right.write_text(json.dumps(as_json(NEXT)))
    page.locator("#agreement-file").set_input_files(right)
    asked = page.locator("#agreement-read")
    expect(asked).to_contain_text("the-map, edition 2")
    expect(asked.get_by_role("button", name="Not now")).to_be_focused()
    page.keyboard.press("Escape")
    expect(asked).to_be_empty()
    page.locator("#agreement-file").set_input_files(right)
    asked.get_by_role("button", name="Yes, propose with my key").click()
    expect(page.locator("#agreement-message")).to_have_text(
        "Proposed. It is in force when all members have proposed the same."
    )
    expect_signed(node, "agree")
    proposed = panel.locator("li[data-edition='2']")
    expect(proposed).to_contain_text("proposed here, not in force")
    expect(proposed.locator("[data-member=south]")).to_contain_text("did not say that it has it")
    digest = page.evaluate("fetch('/api/agreement').then(answer => answer.json())")["proposed"][0]["digest"]
    ready = AgreementReady(digest=digest)
    node.do(node.them.does(*node.them.south.says(ready), *node.them.east.says(ready)))
    expect(proposed).to_contain_text("in force")
    expect(in_force).to_have_count(0)


def test_a_user_that_is_no_authority_sees_neither_requests_nor_what_is_agreed(
    node: NeighbouredNode, context: BrowserContext
):
    asks(node, "EXA301", 1_000)
    relief = node.desk.add("pilot", party="relief")
    code = node.desk.sessions.code(relief.caller(), node.desk.runtime.now())
    page = visited(context, f"{node.origin}/#code={code}").page
    expect(page.locator("#flights-empty")).to_have_text("No flights in this picture.")
    expect(page.locator("#requests")).to_be_hidden()
    expect(page.locator("#agreement")).to_be_hidden()
    assert "EXA301" not in page.content()


def test_nothing_of_it_runs_off_the_side_in_any_language(node: NeighbouredNode, page: Page):
    asks(node, "EXA301", 1_000)
    node.do(node.them.does((NORTH, File(flight_id="F5", plan=inside(600)))))
    page.set_viewport_size({"width": 360, "height": 800})
    for language in LANGUAGES:
        page.locator("#language").select_option(language)
        row(page, "EXA301").focus()
        page.keyboard.press("c")
        expect(page.locator("#requests-level")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), language
        page.keyboard.press("Escape")
        expect(page.locator("#requests-level")).to_have_count(0)


@pytest.mark.drawn
def test_what_is_asked_is_drawn_when_its_row_is_chosen(node: NeighbouredNode, page: Page):
    page.locator("#map[data-ready]").wait_for()
    asks(node, "EXA301", 1_000)
    expect(row(page, "EXA301")).to_be_visible()
    assert pixels_of(page, ASKED)[0] == 0
    page.keyboard.press("q")
    page.keyboard.press("Enter")  # and shown
    page.wait_for_timeout(500)
    assert pixels_of(page, ASKED)[0] > 20


def test_what_others_returned_after_a_restore_is_ended_by_a_person_who_says_so_twice(
    node: NeighbouredNode, page: Page
):
    node.do(node.them.does(*node.them.south.says(LOST)))
    returned = page.locator("#requests-returned")
    expect(returned).to_contain_text("Returned to us after our record was restored (1)")
    expect(returned).to_contain_text("Returned by south.")
    expect(returned.get_by_role("button", name="EXA101", exact=True)).to_be_visible()
    expect(page.locator("#requests-held")).to_be_hidden()
    returned.get_by_role("button", name="It is over").click()
    expect(returned.locator("[data-act=keep]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(returned.locator("[data-act=OVER]")).to_be_focused()
    returned.get_by_role("button", name="It is over").click()
    returned.get_by_role("button", name="Yes, it is over").click()
    expect(page.locator("#requests-message")).to_contain_text("held no more")
    expect(returned).to_be_hidden()
    expect_signed(node, "end-returned")
