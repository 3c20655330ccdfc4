"""The messages about what persons saw of what other authorities say."""

import re
from typing import Annotated

import msgspec

from mamarr.coordination.messages import AcknowledgeMessage, PresentMessage
from mamarr.engine import Answer
from mamarr.faults import Reason, Refusal, WireError
from mamarr.interop.forms import receipt_text
from mamarr.interop.wire import safe

ROWS_MAX = 100  # chosen: more rows than a screen shows at once
MESSAGE_KEY = re.compile(
    r"[a-z][a-z0-9-]{0,30}[a-z0-9]/INCOMING/(SAFETY_FLOOR|COORDINATION|BULK)/(0|[1-9][0-9]{0,15})"
)
MESSAGE_KEY_FORM = "the key of a message, as the picture gave it"
KEY_LETTERS_MAX = 80

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=KEY_LETTERS_MAX)]


class PresentedMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows that were in view for a second, in a page that had the focus. messages: their keys."""

    messages: Annotated[list[Key], msgspec.Meta(min_length=1, max_length=ROWS_MAX)]


class AcknowledgedMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person has seen what another authority says. message: its key."""

    message: Key


class SightMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one row. receipt: of the entry that says so; reason: why it is not PRESENTED."""

    message: str
    receipt: str | None
    reason: Reason | None


class SightsMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What came of each row, in the order asked."""

    messages: list[SightMessage]


def present(message: PresentedMessage) -> list[PresentMessage]:
    """The commands in a message, one for each row; WireError where a key is none."""
    return [
        PresentMessage(message_key=_key(f"$.messages[{at}]", key)) for at, key in enumerate(message.messages)
    ]


def acknowledge(message: AcknowledgedMessage) -> AcknowledgeMessage:
    """The command in a message; WireError where its key is none."""
    return AcknowledgeMessage(message_key=_key("$.message", message.message))


def _key(at: str, text: str) -> str:
    if MESSAGE_KEY.fullmatch(text) is None:
        what = f"{safe(text)!r} does not have the right form"
        raise WireError(what, at=at, allowed=MESSAGE_KEY_FORM, code="FIELD_FORM")
    return text


def sights(keys: list[str], answers: list[Answer]) -> SightsMessage:
    """The message that says what came of each."""
    return SightsMessage(messages=[_sight(key, each) for key, each in zip(keys, answers, strict=True)])


def _sight(key: str, given: Answer) -> SightMessage:
    why = given.outcome.reason if isinstance(given.outcome, Refusal) else None
    receipt = None if given.receipt is None else receipt_text(given.receipt)
    return SightMessage(message=key, receipt=receipt, reason=why)
