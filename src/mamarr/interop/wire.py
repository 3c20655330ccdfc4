"""Strangers' JSON to values: every way it can be wrong becomes one WireError that says where."""

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec

from mamarr.faults import WireError

T = TypeVar("T")

PLACE = re.compile(r"(?P<what>.*) - at `(?P<at>[^`]*)`", re.DOTALL)
ECHO_MAX = 200  # characters of a stranger's text that an answer may repeat


def decoded(kind: type[T], body: bytes) -> T:
    """`body`, JSON, as a `kind`; WireError otherwise."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as wrong:
        raise _located(str(wrong)) from wrong
    except UnicodeDecodeError as wrong:
        raise WireError("the body is not in UTF-8") from wrong
    except RecursionError as wrong:
        raise WireError("the JSON is nested too deeply") from wrong


def built(at: str, build: Callable[[], T]) -> T:
    """What `build` makes; its ValueError becomes a WireError at `at`."""
    try:
        return build()
    except (ValueError, OverflowError) as wrong:
        raise WireError(_safe(str(wrong)), at=at) from wrong


def _located(message: str) -> WireError:
    found = PLACE.fullmatch(message)
    what, at = (found["what"], found["at"]) if found else (message, "$")
    return WireError(_safe(what), at=_safe(at))


def _safe(text: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in text[:ECHO_MAX])
