"""A real Chromium on the page of a demo node, and what it asked for and complained about meanwhile."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.browser.node import demo_node, own_node
from tests.node.demo import DemoNode

__all__ = ["demo_node", "own_node"]

# Debian's, the first that is there; without them, the one Playwright installed. The shell shows pages as the
# other does and has no window around them that nobody sees: a start costs a third, a page two thirds.
CHROMIUMS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    # A page of its own for each test, in one process that has compiled the script: a start costs a third.
    "--process-per-site",
)
# Without a graphics card the map is drawn in software, which takes longer than most tests. So only those that
# are marked `drawn` have one; for the others the page says that it cannot be drawn, and all else is there.
# Only the map is WebGL: a page around it that is put together so too costs twice as much.
DRAWING_FLAGS = ("--enable-unsafe-swiftshader",)
NOT_DRAWING_FLAGS = ("--disable-3d-apis", "--disable-software-rasterizer")
VIEWPORT: ViewportSize = {"width": 1280, "height": 800}
# Drawing takes as long as there are pixels. README's pictures are larger; narrower, the page is another.
DRAWN_VIEWPORT: ViewportSize = VIEWPORT if "MAMARR_PICTURES" in os.environ else {"width": 960, "height": 600}
LANGUAGES = ("en", "ar", "fr", "ru")
PATIENCE_MS = 20_000  # two shared cores draw WebGL in software

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Visit:
    """One page and what happened on it."""

    page: Page
    complaints: list[str] = field(default_factory=list)  # console errors and uncaught exceptions
    addresses: list[str] = field(default_factory=list)  # of every request


# Not for the session: Playwright keeps an event loop running in this thread, and no other test could run one.
@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A browser that cannot draw the map."""
    yield from launched(playwright, NOT_DRAWING_FLAGS)


@pytest.fixture(scope="package")
def drawing_chromium(playwright: Playwright) -> Iterator[Browser]:
    """A browser that draws it."""
    for browser in launched(playwright, DRAWING_FLAGS):
        keep_process(browser.new_page())
        yield browser


def launched(playwright: Playwright, flags: tuple[str, ...]) -> Iterator[Browser]:
    path = next(filter(Path.exists, CHROMIUMS), None)
    browser = playwright.chromium.launch(executable_path=path, args=[*CHROMIUM_FLAGS, *flags])
    yield browser
    browser.close()


def keep_process(page: Page) -> None:
    """Let a page that asks nobody keep the process of all pages of this machine alive."""
    page.route("**", lambda route: route.fulfill(body=""))
    page.goto("http://localhost/")


@pytest.fixture(scope="package")
def kept(chromium: Browser) -> Iterator[BrowserContext]:
    """The profile that tests without a drawn map use one after another, each finding it empty."""
    context = profile(chromium)
    keep_process(context.new_page())
    yield context
    context.close()


@pytest.fixture(scope="package")
def signed_in(kept: BrowserContext, demo_node: DemoNode) -> list[Any]:
    """The cookies of the session that the node's sign-in link opens, which works once."""
    visited(kept, demo_node.url)
    cookies = kept.cookies()
    empty(kept)
    return cookies


@pytest.fixture
def context(request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A profile without cookies or memory, of someone who reads English."""
    if request.node.get_closest_marker("drawn") is not None:
        context = profile(request.getfixturevalue("drawing_chromium"), DRAWN_VIEWPORT)
        yield context
        context.close()
    else:
        context = request.getfixturevalue("kept")
        yield context
        empty(context)


def profile(browser: Browser, viewport: ViewportSize = VIEWPORT) -> BrowserContext:
    context = browser.new_context(locale="en-GB", viewport=viewport)
    context.set_default_timeout(PATIENCE_MS)
    return context


def empty(context: BrowserContext) -> None:
    """Close all pages but the first, and forget what they have stored."""
    first, *others = context.pages
    storage = context.new_cdp_session(first)
    for page in others:
        scheme, host, *_ = urlsplit(page.url)
        page.close()
        storage.send("Storage.clearDataForOrigin", {"origin": f"{scheme}://{host}", "storageTypes": "all"})
    storage.detach()
    context.clear_cookies()


@pytest.fixture
def visit(signed_in: list[Any], context: BrowserContext, demo_node: DemoNode) -> Visit:
    """The page of the node that all share, signed in, with the first picture on it."""
    context.add_cookies(signed_in)
    return visited(context, demo_node.origin)


@pytest.fixture
def own_visit(context: BrowserContext, own_node: DemoNode) -> Visit:
    """The page of a node of its own, opened by its sign-in link."""
    return visited(context, own_node.url)


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit.page


def wait_until(page: Page, expression: str) -> None:
    """Wait until `expression` is true; asked from here, as the page's policy evaluates no text."""
    last_s = monotonic() + PATIENCE_MS / 1_000
    while not page.evaluate(expression):
        assert monotonic() < last_s, f"not true in {PATIENCE_MS} ms: {expression}"
        page.wait_for_timeout(100)


def visited(context: BrowserContext, url: str) -> Visit:
    """The page at the address, listened to, once the first picture is on it."""
    visit = listened(context)
    visit.page.goto(url)
    expect(visit.page.locator("#picture-age")).to_contain_text(re.compile("[0-9]"), timeout=PATIENCE_MS)
    return visit


def listened(context: BrowserContext) -> Visit:
    """A new page, and what happens on it from now on."""
    visit = Visit(context.new_page())

    def hear_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            visit.complaints.append(message.text)

    def hear_exception(error: Error) -> None:
        visit.complaints.append(str(error))

    visit.page.on("console", hear_console)
    visit.page.on("pageerror", hear_exception)
    context.on("request", lambda request: visit.addresses.append(request.url))
    return visit
