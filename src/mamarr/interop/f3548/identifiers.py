"""Identifiers of F3548: UUIDs in any of their textual forms, to the one form that is stored and answered."""

import re

from mamarr.faults import WireError
from mamarr.interop.wire import safe

# RFC 9562 section 4, with what programs write beside it: no hyphens, braces, the URN.
UUID = re.compile(
    r"(?:urn:uuid:)?(?P<brace>\{)?"
    r"(?P<a>[0-9a-f]{8})(?P<hyphen>-)?(?P<b>[0-9a-f]{4})(?(hyphen)-)(?P<c>[0-9a-f]{4})(?(hyphen)-)"
    r"(?P<d>[0-9a-f]{4})(?(hyphen)-)(?P<e>[0-9a-f]{12})(?(brace)\})",
    re.IGNORECASE | re.ASCII,
)
UUID_FORM = "a UUID, such as 03e5572a-f733-49af-bc14-8a18bd53ee39"


def read_uuid(at: str, text: str) -> str:
    """The UUID that `text` is, in lower case with hyphens; WireError at `at` when it is none."""
    found = UUID.fullmatch(text)
    if found is None:
        what = f"{safe(text[:70])!r} does not have the right form"
        raise WireError(what, at=at, allowed=UUID_FORM, code="FIELD_FORM")
    return "-".join(found[part] for part in "abcde").lower()
