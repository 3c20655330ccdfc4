"""Signing in at the page: name and password, a passkey of a virtual authenticator, the key for acts."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import PATIENCE_MS
from tests.browser.looks import expect
from tests.browser.signing import expect_signed
from tests.node.demo import DemoNode
from tests.node.forked import run as mamarr

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"


def node_of(folder: Path, *people: str) -> DemoNode:
    """A demo node at which each of these has an account."""
    scopes = ["--scope", "mamarr.read", "--scope", "mamarr.reserve", "--scope", "mamarr.administer"]
    for name in people:
        account = ("account", "add", name, "--party", "authority-a", *scopes, "--data", str(folder))
        added = mamarr(*account, typed=PASSWORD)
        assert added.returncode == 0, added.stderr
    return DemoNode(folder, "--no-story")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoNode]:
    node = node_of(tmp_path_factory.mktemp("amal"), "amal", "basma")
    yield node
    node.stop()
    node.kill()


def fill_in(page: Page, name: str = "amal", password: str = PASSWORD) -> None:
    page.locator("#sign-in-name").fill(name)
    page.locator("#sign-in-password").fill(password)
    page.keyboard.press("Enter")


def expect_picture(page: Page) -> None:
    expect(page.locator("#picture-age")).to_contain_text(re.compile("[0-9]"), timeout=PATIENCE_MS)


def with_authenticator(context: BrowserContext, page: Page, *, verifies: bool = True) -> None:
    """Plug a virtual authenticator into the browser; whoever holds it is verified, or is not."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_person_signs_in_with_a_password_and_out_again(node: DemoNode, context: BrowserContext):
    page = context.new_page()
    page.goto(node.origin)
    expect(page.locator("#sign-in-name")).to_be_focused()
    fill_in(page, password="wrong horse battery")
    expect(page.locator("#sign-in-message")).to_contain_text("do not fit")
    fill_in(page)
    expect_picture(page)
    expect(page.locator("#account")).to_contain_text("amal")
    page.locator("#sign-out").click()
    expect(page.locator("#sign-in")).to_be_visible()


def test_the_panel_speaks_the_language_chosen(node: DemoNode, context: BrowserContext):
    page = context.new_page()
    page.goto(node.origin)
    message, before = page.locator("#sign-in-message"), ""
    for language, button in (("ar", "ادخل"), ("fr", "S’identifier"), ("ru", "Войти")):
        page.locator("#language").select_option(language)
        expect(page.locator("#sign-in-submit")).to_have_text(button)
        fill_in(page, name="nobody")
        expect(message).not_to_have_text(before)
        before = message.inner_text()
        assert not re.search("[A-Za-z]{4}", page.locator("#sign-in").inner_text()) or language == "fr"


def test_a_passkey_is_added_and_signs_in(node: DemoNode, context: BrowserContext):
    page = context.new_page()
    with_authenticator(context, page)
    page.goto(node.origin)
    fill_in(page)
    expect_picture(page)
    page.locator("#add-passkey").click()
    expect(page.locator("#account-message")).to_have_text("The passkey was added.")
    page.locator("#sign-out").click()
    page.locator("#sign-in-passkey").click()
    expect_picture(page)
    expect(page.locator("#account")).to_contain_text("amal")


def test_a_passkey_of_somebody_not_verified_is_not_made(node: DemoNode, context: BrowserContext):
    page = context.new_page()
    with_authenticator(context, page, verifies=False)
    page.goto(node.origin)
    fill_in(page)
    expect_picture(page)
    page.locator("#add-passkey").click()
    expect(page.locator("#account-message")).to_have_text("No passkey was used.")


@pytest.mark.requirement("THREATS 13")
def test_when_the_session_ends_the_last_picture_stays_and_the_person_signs_in_beside_it(
    node: DemoNode, context: BrowserContext
):
    page = context.new_page()
    page.goto(node.origin)
    fill_in(page)
    expect_picture(page)
    expect(page.locator('#list tr[data-reservation="EAST-1"]')).to_be_visible()
    context.clear_cookies()
    expect(page.locator("#again #sign-in")).to_be_visible()
    expect(page.locator("#no-data")).to_be_visible()
    expect(page.locator('#list tr[data-reservation="EAST-1"]')).to_be_visible()
    fill_in(page)
    expect(page.locator("#again #sign-in")).to_have_count(0)
    expect(page.locator("#no-data")).to_be_hidden()


def signed_in(page: Page, name: str) -> None:
    """Whoever is signed in leaves, and `name` comes."""
    if page.locator("#sign-out").count():
        page.locator("#sign-out").click()
    expect(page.locator("#sign-in-name")).to_be_focused()
    fill_in(page, name)
    expect_picture(page)


@pytest.mark.requirement("THREATS 2")
def test_two_persons_let_a_rule_of_disclosure_hold_each_with_a_key_of_their_own(
    node: DemoNode, context: BrowserContext
):
    page = context.new_page()
    page.goto(node.origin)
    signed_in(page, "amal")
    page.locator("#disclosure-more summary").click()
    page.locator("#disclosure-owner").select_option("authority-b")
    page.locator("#disclosure-viewer").select_option("authority-b")
    page.locator("#disclosure-submit").click()
    expect(page.locator("#disclosure-viewer-error")).to_have_text("Choose two different parties.")
    page.locator("#disclosure-viewer").select_option("party-c")
    page.locator("#disclosure-flights").select_option("CONTACT")
    page.locator("#disclosure-reservations").select_option("NOTHING")
    page.locator("#disclosure-submit").click()
    expect(page.locator("#disclosure-message")).to_contain_text("Asked.")
    row = page.locator("#disclosure li")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(
        "Waits for a second person: flights – also whom to ask; reservations – nothing"
    )
    expect(row).to_contain_text("another person of your party has to approve it")
    expect(row.get_by_role("button")).to_have_count(0)

    signed_in(page, "basma")
    row.get_by_role("button", name="Approve").focus()
    page.keyboard.press("Enter")
    expect(row.get_by_role("button", name="Not now")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row.get_by_role("button", name="Approve")).to_be_focused()
    page.keyboard.press("Enter")
    row.get_by_role("button", name="Yes, approve with my key").click()
    expect(page.locator("#disclosure-message")).to_have_text("The rule holds.")
    expect(row).to_contain_text("In force: flights – also whom to ask; reservations – nothing")
    page.locator("#language").select_option("ar")
    expect(row).to_contain_text(re.compile("سارٍ: الرحلات.*ومن يُسأل عنها.*لا شيء"))


@pytest.mark.requirement("THREATS 2")
def test_a_restore_is_confirmed_with_a_key_that_never_leaves_the_browser(
    context: BrowserContext, tmp_path: Path
):
    first, copy = tmp_path / "first", tmp_path / "copy"
    first.mkdir()
    node_of(first, "amal").stop()
    shutil.copytree(first, copy)
    restored = DemoNode(copy, "--no-story")
    try:
        page = context.new_page()
        page.goto(restored.origin)
        fill_in(page)
        expect_picture(page)
        page.locator("#restore-ask").click()
        page.locator("#restore-yes").click()
        expect(page.locator("#restore")).to_be_hidden()
        extractable = page.evaluate(
            """async () => {
                const opened = indexedDB.open("mamarr-keys", 1);
                await new Promise((done) => { opened.onsuccess = done; });
                const all = opened.result.transaction("keys").objectStore("keys").getAll();
                await new Promise((done) => { all.onsuccess = done; });
                return all.result.map((key) => key.pair.privateKey.extractable);
            }"""
        )
        assert extractable == [False]
    finally:
        restored.stop()
        restored.kill()
    expect_signed(restored.record, "confirm-restore")
