"""The forms of numbers, times and receipts that the messages share."""

from base64 import b64encode
from datetime import datetime
from typing import Annotated

import msgspec

from mamarr.faults import WireError
from mamarr.interop.wire import matching
from mamarr.names import FREE_TEXT, OBJECT_ID

Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Altitude = Annotated[float, msgspec.Meta(ge=-1_000, le=100_000)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]

OBJECT_ID_FORM = "1 to 64 of letters, digits, '.', '_', '-'; a letter or digit first"
PARTY_ID_FORM = "2 to 32 of a-z, 0-9, '-'; a letter first, no '-' last"
FREE_TEXT_FORM = "1 to 200 characters, no control characters and none that turn the direction of reading"
FILED_MS_FORM = "1 to 16 digits, milliseconds since 1970"
MOMENT_MS_MAX = 1 << 53
LONG_TEXT_FORM = "1 to 1000 characters, no control characters and none that turn the direction of reading"
COMMAND_ID_FORM = "8 to 64 of letters, digits, '.', '_', '-'"


def an_id(at: str, value: str | None) -> None:
    """WireError at `at` unless `value`, if there is one, may be the id of an object."""
    matching(at, value, OBJECT_ID, OBJECT_ID_FORM)


def a_text(at: str, value: str | None) -> None:
    """WireError at `at` unless `value`, if there is one, may be a free text."""
    matching(at, value, FREE_TEXT, FREE_TEXT_FORM)


def a_moment_ms(at: str, text: str) -> int:
    """The milliseconds since 1970 that a part of a path says; WireError at `at` when it says none."""
    if text.isascii() and text.isdigit() and len(text) <= 16 and int(text) < MOMENT_MS_MAX:
        return int(text)
    raise WireError("this is no moment in milliseconds", at=at, allowed=FILED_MS_FORM, code="FIELD_FORM")


def receipt_text(receipt: bytes) -> str:
    """A receipt, the leaf hash of an entry, as text."""
    return b64encode(receipt).decode()
