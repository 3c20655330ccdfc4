"""The real-time status of reservations on the page, in a real Chromium; the answers are written here."""

import json
import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Locator, Page, Route

from tests.browser.conftest import LANGUAGES
from tests.browser.looks import RESETS_MAX, expect

pytestmark = pytest.mark.browser


WORDS = {
    "AVBL-1": "available for activation",
    "PEND-1": "activation pending",
    "ACTIVE-1": "active",
    "USED-1": "in use",
    "GONE-1": "inactive",
    "OVER-1": "OVERRUN: not deactivated",
}


def reservation(reservation_id: str, place: int, status: str, *actions: str, **more: object) -> dict:
    """A box near Cyprus, the next one east of the one before."""
    west, south = 30 + 1.6 * (place % 3), 32.5 + 1.3 * (place // 3)
    volume = {
        "latitude_south_deg": south,
        "latitude_north_deg": south + 1,
        "longitude_west_deg": west,
        "longitude_east_deg": west + 1.3,
        "altitude_lower_m": 3000,
        "altitude_upper_m": 6000,
        "time_start": "2026-11-22T10:00:00Z",
        "time_end": "2026-11-22T12:00:00Z",
    }
    held = {"reservation_id": reservation_id, "holder": "SIM-A", "mine": True, "volume": volume}
    held |= {
        "regions": [],
        "movement": None,
        "user_keeps_clear": True,
        "touching": [],
        "touched_by": [],
        "phase": "ALLOCATED",
        "lapses_at": None,
    }
    return {**held, "status": status, "is_overrun": False, "actions": list(actions), **more}


def every_status() -> list[dict]:
    return [
        reservation("AVBL-1", 0, "AVBL_FOR_ACTIVATION", "PEND", "ACTIVATE", "RELEASE"),
        reservation("PEND-1", 1, "PENDING", "ACTIVATE", "RELEASE"),
        reservation("ACTIVE-1", 2, "ACTIVE", "REPORT_IN_USE", "DEACTIVATE"),
        reservation("USED-1", 3, "IN_USE", mine=False, holder="SIM-B"),
        reservation("GONE-1", 4, "INACTIVE", "RELEASE"),
        reservation("OVER-1", 5, "IN_USE", "REPORT_NOT_IN_USE", "DEACTIVATE", is_overrun=True),
    ]


@dataclass
class Written:
    """What the node answers here, and what it was asked."""

    page: Page
    reservations: list[dict] = field(default_factory=every_status)
    read_only: bool = False
    answer: tuple[int, dict] = (200, {"receipt": "cmVjZWlwdA=="})
    asked: list[tuple[str, str, object, str]] = field(default_factory=list)  # method, path, body, key

    def picture(self, route: Route) -> None:
        told = {"reservations": self.reservations, "read_only": self.read_only}
        route.fulfill(
            body=json.dumps({**route.fetch(max_retries=RESETS_MAX).json(), **told}),
            content_type="application/json",
        )

    def order(self, route: Route) -> None:
        request = route.request
        path = request.url.partition("/api/")[2]
        body = None if request.post_data is None else json.loads(request.post_data)
        self.asked.append((request.method, path, body, request.headers["idempotency-key"]))
        status, answer = self.answer
        kind = "application/json" if status == 200 else "application/problem+json"
        route.fulfill(status=status, body=json.dumps(answer), content_type=kind)

    def row(self, reservation_id: str) -> Locator:
        return self.page.locator(f'#list tr[data-reservation="{reservation_id}"]')

    def change(self, reservation_id: str, **changed: object) -> None:
        for each in self.reservations:
            if each["reservation_id"] == reservation_id:
                each.update(changed)

    def refuse(self, reason: str, title: str, *because: str) -> None:
        problem = {"type": "about:blank", "title": title, "status": 409, "reason": reason}
        self.answer = (409, {**problem, "because": list(because)})


@pytest.fixture
def written(page: Page):
    written = Written(page)
    page.route("**/api/picture", written.picture)
    page.route("**/api/reservations/**", written.order)
    expect(written.row("AVBL-1")).to_be_visible()
    yield written
    page.unroute_all(behavior="ignoreErrors")


def offered(row: Locator) -> list[str]:
    return row.locator("[data-action]").evaluate_all("all => all.map(each => each.dataset.action)")


def test_each_row_says_its_status_in_words_and_has_a_shape(written: Written):
    for reservation_id, words in WORDS.items():
        tag = written.row(reservation_id).locator(".status")
        expect(tag).to_have_text(words)
        expect(tag.locator(".status-shape")).to_be_visible()


def test_only_what_is_offered_has_a_button_and_its_name_holds_the_identifier(written: Written):
    for each in written.reservations:
        assert offered(written.row(each["reservation_id"])) == each["actions"]
    for button in written.page.locator("#list [data-action]").all():
        held = button.locator("xpath=ancestor::tr").get_attribute("data-reservation")
        assert held in button.get_attribute("aria-label")
        assert button.inner_text() in button.get_attribute("aria-label")


def test_a_read_only_node_offers_nothing(written: Written):
    written.read_only = True
    expect(written.page.locator("#list [data-action]")).to_have_count(0)
    expect(written.row("ACTIVE-1").locator(".status")).to_have_text("active")


def test_a_status_and_an_action_of_a_newer_node_are_not_taken_for_known_ones(written: Written):
    written.reservations = [reservation("NEW-1", 0, "FROZEN", "THAW", "RELEASE")]
    expect(written.row("NEW-1").locator(".status")).to_have_text("status unknown")
    assert offered(written.row("NEW-1")) == ["RELEASE"]


def test_activate_sends_its_name_and_a_key_and_says_that_it_is_done(written: Written):
    written.page.get_by_role("button", name="Activate AVBL-1").click()
    expect(written.page.locator("#list-message")).to_have_text("AVBL-1 activated.")
    [(method, path, body, key)] = written.asked
    assert (method, path, body) == ("POST", "reservations/AVBL-1/status", {"action": "ACTIVATE"})
    assert re.fullmatch("[0-9a-f-]{36}", key)


def test_the_others_act_at_once(written: Written):
    for name, action in (
        ("Mark pending: AVBL-1", "PEND"),
        ("Report in use: ACTIVE-1", "REPORT_IN_USE"),
        ("Report not in use: OVER-1", "REPORT_NOT_IN_USE"),
    ):
        written.page.get_by_role("button", name=name).click()
        message = written.page.locator("#list-message")
        expect(message).to_contain_text(re.search(r"\w+-1", name).group())
        assert [body for _, _, body, _ in written.asked] == [{"action": action}]
        written.page.keyboard.press("Escape")
        expect(message).to_be_empty()
        written.asked.clear()


def test_a_refusal_names_and_marks_its_cause_until_it_is_put_away(written: Written):
    written.refuse("VOLUME_HELD", "The volume asked for is already held.", "OVER-1")
    written.page.get_by_role("button", name="Activate AVBL-1").click()
    message = written.page.locator("#list-message")
    expect(message).to_contain_text("AVBL-1 · The volume asked for is already held.")
    expect(message).to_contain_text("VOLUME_HELD")
    expect(message.locator(".cause-id")).to_have_text("OVER-1")
    expect(written.row("OVER-1").locator(".tag-cause")).to_have_text("cause")

    written.page.keyboard.press("Escape")
    expect(message).to_be_empty()
    expect(written.page.locator(".tag-cause")).to_have_count(0)


def test_a_refusal_without_a_cause_marks_nothing(written: Written):
    written.refuse("NOT_YET", "It is too early to activate it.")
    written.page.get_by_role("button", name="Activate AVBL-1").click()
    expect(written.page.locator("#list-message")).to_contain_text("It is too early to activate it.")
    expect(written.page.locator(".tag-cause")).to_have_count(0)
    written.page.locator("#list-message .close").click()
    expect(written.page.locator("#list-message")).to_be_empty()
    expect(written.page.locator("#list .list-scroll")).to_be_focused()


def test_deactivate_asks_twice_and_says_that_the_airspace_is_then_clear(written: Written):
    page = written.page
    page.get_by_role("button", name="Deactivate OVER-1").click()
    expect(written.row("OVER-1").locator(".question")).to_contain_text("says that the airspace is clear")
    expect(page.get_by_role("button", name="Keep active")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Deactivate OVER-1")).to_be_focused()
    assert written.asked == []

    page.get_by_role("button", name="Deactivate OVER-1").click()
    page.get_by_role("button", name="Yes, clear: deactivate").click()
    expect(page.locator("#list-message")).to_have_text("OVER-1 deactivated.")
    assert [(path, body) for _, path, body, _ in written.asked] == [
        ("reservations/OVER-1/status", {"action": "DEACTIVATE"})
    ]


def test_a_question_is_withdrawn_when_its_action_is_offered_no_more(written: Written):
    written.page.get_by_role("button", name="Deactivate ACTIVE-1").click()
    expect(written.row("ACTIVE-1").locator(".question")).to_be_visible()
    written.change("ACTIVE-1", status="INACTIVE", actions=[])
    expect(written.row("ACTIVE-1").locator(".question")).to_have_count(0)
    expect(written.row("ACTIVE-1").locator("button.name")).to_be_focused()
    assert written.asked == []


def test_release_is_still_a_deletion_after_a_second_yes(written: Written):
    written.page.get_by_role("button", name="Release GONE-1").click()
    written.page.get_by_role("button", name="Yes, release").click()
    expect(written.page.locator("#list-message")).to_have_text("GONE-1 released.")
    assert [(method, path, body) for method, path, body, _ in written.asked] == [
        ("DELETE", "reservations/GONE-1", None)
    ]


def test_after_silence_the_same_key_is_sent_until_the_action_is_offered_no_more(written: Written):
    page, button = written.page, written.page.get_by_role("button", name="Activate AVBL-1")
    unknown = {"type": "about:blank", "title": "Not recorded.", "status": 503, "reason": "UNAVAILABLE"}
    written.answer = (503, unknown)
    button.click()
    expect(page.locator("#list-message")).to_contain_text("not known whether this was done: Activate")
    page.get_by_role("button", name="Mark pending: AVBL-1").click()
    expect(page.locator("#list-message")).to_contain_text("Mark pending")
    page.get_by_role("button", name="Activate PEND-1").click()
    expect(page.locator("#list-message")).to_contain_text("PEND-1")
    page.get_by_role("button", name="Mark pending: AVBL-1").click()
    expect(page.locator("#list-message")).to_contain_text("Mark pending")
    first, pend, _, again = (key for _, _, _, key in written.asked)
    assert first != pend
    assert pend == again  # what was asked about PEND-1 meanwhile changes nothing

    written.change("AVBL-1", status="PENDING", actions=["ACTIVATE"])
    expect(written.row("AVBL-1").locator(".status")).to_have_text("activation pending")
    written.change("AVBL-1", status="AVBL_FOR_ACTIVATION", actions=["PEND"])
    page.get_by_role("button", name="Mark pending: AVBL-1").click()
    expect(page.locator("#list-message")).to_contain_text("Mark pending")
    assert written.asked[-1][3] != pend


def test_the_keyboard_alone_activates_and_the_focus_stays_in_the_row(written: Written):
    page = written.page
    page.keyboard.press("l")
    for _ in range(3):  # the name, then what is offered, in order
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Activate AVBL-1")).to_be_focused()
    written.change("AVBL-1", holder="SIM-C")  # drawn again, the same buttons
    expect(written.row("AVBL-1")).to_contain_text("SIM-C")
    expect(page.get_by_role("button", name="Activate AVBL-1")).to_be_focused()

    written.change("AVBL-1", status="ACTIVE", actions=["REPORT_IN_USE", "DEACTIVATE"])
    page.keyboard.press("Enter")
    expect(written.row("AVBL-1").locator(".status")).to_have_text("active")
    expect(written.row("AVBL-1").locator("button.name")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Report in use: AVBL-1")).to_be_focused()


def test_in_arabic_the_words_change_and_the_identifier_stays_whole(written: Written):
    page = written.page
    page.locator("#language").select_option("ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(written.row("PEND-1").locator(".status")).to_have_text("بانتظار التفعيل")
    expect(written.row("OVER-1").locator(".status")).to_contain_text("تجاوز الوقت")
    button = written.row("AVBL-1").locator('[data-action="ACTIVATE"]')
    expect(button).to_have_attribute("aria-label", "تفعيل \u2068AVBL-1\u2069")
    button.click()
    expect(page.locator("#list-message")).to_have_text("تم تفعيل \u2068AVBL-1\u2069.")


def test_html_in_what_the_node_answers_is_shown_as_text(written: Written):
    markup = '<img src="x" onerror="document.title=1">'
    written.refuse("WRONG_STATUS", markup, markup)
    written.page.get_by_role("button", name="Activate AVBL-1").click()
    expect(written.page.locator("#list-message")).to_contain_text(markup)
    assert written.page.locator("img").count() == 0


def test_nothing_runs_off_the_side_in_any_language(written: Written):
    page = written.page
    written.refuse("VOLUME_HELD", "Held. " * 12, "OVER-1", "A-RATHER-LONG-IDENTIFIER-OF-A-RESERVATION")
    for language in LANGUAGES:
        page.locator("#language").select_option(language)
        written.row("AVBL-1").locator('[data-action="ACTIVATE"]').click()
        expect(page.locator("#list-message .cause-id")).to_have_count(2)
        written.row("OVER-1").locator('[data-action="DEACTIVATE"]').click()
        expect(page.locator(".question")).to_be_visible()
        for width, height in ((1280, 800), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (language, width)
            inner = page.locator("#list .list-scroll")
            assert inner.evaluate("all => all.scrollWidth - all.clientWidth") <= 0, (language, width)
        page.keyboard.press("Escape")
        expect(page.locator(".question")).to_have_count(0)
        page.keyboard.press("Escape")
        expect(page.locator("#list-message")).to_be_empty()
