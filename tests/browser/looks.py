"""`expect` of Playwright for what comes later, at a fraction of its cost.

For each look that finds nothing yet Playwright writes down the whole page as a screen reader has it, in case
it is the last: a quarter of what a page costs here. So what comes later is waited for in ways that do not,
and asserted when it is there.
"""

from collections.abc import Sequence
from re import Pattern
from typing import Any

import playwright.sync_api
from playwright.sync_api import Error, Locator

Text = str | Pattern[str]
# The server may close a kept connection as Playwright asks over it again; a browser then asks once more, and
# so does Playwright where it is told to.
RESETS_MAX = 3
FAILED_MS = 1_000  # for what did not come: it is looked for once more, and the page written down


class Looks:
    """The assertions of a locator."""

    def __init__(self, locator: Locator) -> None:
        self._locator = locator
        self._asserted = playwright.sync_api.expect(locator)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._asserted, name)

    def to_be_visible(self, **options: Any) -> None:
        """Wait for it, then assert it."""
        try:
            self._locator.wait_for(state="visible", **options)
        except Error:
            options["timeout"] = FAILED_MS
        self._asserted.to_be_visible(**options)

    def to_have_text(self, expected: Text | Sequence[Text], **options: Any) -> None:
        """Wait for it, then assert it."""
        self._text("to_have_text", expected, options)

    def to_contain_text(self, expected: Text | Sequence[Text], **options: Any) -> None:
        """Wait for it, then assert it."""
        self._text("to_contain_text", expected, options)

    def _text(self, name: str, expected: Text | Sequence[Text], options: dict[str, Any]) -> None:
        asserted = getattr(self._asserted, name)
        # Texts of several elements, here of one, are looked for without writing anything down.
        if isinstance(expected, str | Pattern):
            try:
                asserted([expected], **options)
            except AssertionError:
                options["timeout"] = FAILED_MS
        asserted(expected, **options)


def expect(actual: Any) -> Any:
    """As Playwright's."""
    return Looks(actual) if isinstance(actual, Locator) else playwright.sync_api.expect(actual)
