"""Strangers' JSON to values: every way it can be wrong becomes one WireError that says where."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from mamarr.faults import WireError

T = TypeVar("T")

PLACE = re.compile(r"(?P<what>.*) - at `(?P<at>\$(?:\.\w+|\[[0-9]+\]|\[\.\.\.\])*)`", re.DOTALL)
MEMBER = re.compile(r"Object (?:missing required|contains unknown) field `(?P<name>.*)`", re.DOTALL)
STEP = re.compile(r"\.(?P<name>\w+)|\[(?P<item>[0-9]+|\.\.\.)\]")
ECHO_MAX = 200  # characters of a stranger's text that an answer may repeat
ALLOWED_MAX = 400  # characters: the longest list of names that still helps

# Which text of the catalogue says it, by how msgspec begins to say it; the first that fits.
CODES = (
    ("Object missing required field", "FIELD_REQUIRED"),
    ("Object contains unknown field", "FIELD_UNKNOWN"),
    ("Invalid enum value", "FIELD_CHOICE"),
    ("Invalid value", "FIELD_CHOICE"),
    ("Invalid RFC3339", "FIELD_TIME"),
    ("Expected `datetime` with a timezone", "FIELD_TIME"),
    ("Number out of range", "FIELD_RANGE"),
    ("JSON is malformed", "NOT_JSON"),
    ("Input data was truncated", "NOT_JSON"),
)
OF_CONSTRAINT = (
    (" of length ", "FIELD_LENGTH"),
    (" matching regex ", "FIELD_FORM"),
    ("`, got `", "FIELD_TYPE"),
    (" >", "FIELD_RANGE"),
    (" <", "FIELD_RANGE"),
)
TIME_FORM = "RFC 3339 with a zone, such as 2026-05-01T06:00:00Z"


def decoded(kind: type[T], body: bytes) -> T:
    """`body`, JSON, as a `kind`; WireError otherwise."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as wrong:
        raise _located(str(wrong), kind) from wrong
    except UnicodeDecodeError as wrong:
        raise WireError("the body is not in UTF-8", code="NOT_JSON", allowed="JSON in UTF-8") from wrong
    except RecursionError as wrong:
        raise WireError(
            "the JSON is nested too deeply", code="NOT_JSON", allowed="as deep as the message"
        ) from wrong


def built(at: str, build: Callable[[], T], *, allowed: str = "") -> T:
    """What `build` makes; its ValueError becomes a WireError at `at`. allowed: what would have been right."""
    try:
        return build()
    except (ValueError, OverflowError) as wrong:
        raise WireError(safe(str(wrong)), at=at, allowed=allowed) from wrong


def matching(at: str, value: str | None, form: re.Pattern[str], allowed: str) -> None:
    """WireError at `at` unless the text `value`, if there is one, has the `form`; allowed: in words."""
    if value is not None and form.fullmatch(value) is None:
        what = f"{safe(value[:70])!r} does not have the right form"
        raise WireError(what, at=at, allowed=allowed, code="FIELD_FORM")


def _located(message: str, kind: Any) -> WireError:
    found = PLACE.fullmatch(message)
    what, at = (found["what"], found["at"]) if found else (message, "$")
    code = next((code for start, code in CODES if what.startswith(start)), "")
    if not code and what.startswith("Expected"):
        code = next((code for part, code in OF_CONSTRAINT if part in what), "FIELD_TYPE")
    try:
        there = _type_at(_looked_into(kind), at)
    except TypeError:  # a kind that cannot be looked into
        there = inspect.AnyType()
    allowed = "JSON in UTF-8" if code == "NOT_JSON" else allowed_by(there)
    member = MEMBER.fullmatch(what)
    if member is not None:
        at = f"{at}.{member['name']}"
        if code == "FIELD_REQUIRED":
            allowed = allowed_by(_type_at(there, f"$.{member['name']}"))
    return WireError(safe(what), at=safe(at), allowed=allowed[:ALLOWED_MAX], code=code)


@cache
def _looked_into(kind: Any) -> inspect.Type:
    """What msgspec says of a `kind`; it takes milliseconds, and there are as many kinds as messages."""
    return inspect.type_info(kind)


def _type_at(kind: inspect.Type, at: str) -> inspect.Type:
    """The type at the JSON path `at` within `kind`; AnyType where the path leads nowhere."""
    for step in STEP.finditer(at):
        found = tuple(inner for each in _arms(kind) if (inner := _inner(each, step["name"])) is not None)
        kind = inspect.UnionType(found) if found else inspect.AnyType()
    return kind


def _arms(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    if isinstance(kind, inspect.Metadata):
        return _arms(kind.type)
    if isinstance(kind, inspect.UnionType):
        return tuple(arm for each in kind.types for arm in _arms(each))
    return (kind,)


def _inner(kind: inspect.Type, name: str | None) -> inspect.Type | None:
    """The type of the member `name` of an object, or of an item of a list."""
    match kind:
        case inspect.StructType() if name is not None and name == kind.tag_field:
            return inspect.LiteralType((kind.tag,))
        case inspect.StructType() if name is not None:
            return next((field.type for field in kind.fields if field.encode_name == name), None)
        case inspect.DictType() if name is None:
            return kind.value_type
        case inspect.ListType() | inspect.VarTupleType() if name is None:
            return kind.item_type
        case _:
            return None


def allowed_by(kind: inspect.Type) -> str:
    """What may stand where a `kind` is wanted, in words that need no translation where that can be."""
    arms = _arms(kind)
    names = [
        name
        for arm in arms
        if isinstance(arm, inspect.StructType)
        for name in (arm.tag_field, *(field.encode_name for field in arm.fields))
        if name is not None
    ]
    said = [_said(arm) for arm in arms if not isinstance(arm, inspect.StructType)]
    listed = ["{" + ", ".join(dict.fromkeys(names)) + "}"] if names else []
    return " | ".join(dict.fromkeys(each for each in (*listed, *said) if each))


def _said(kind: inspect.Type) -> str:
    match kind:
        case inspect.FloatType() | inspect.IntType():
            name = "number" if isinstance(kind, inspect.FloatType) else "integer"
            return name + _between(kind.ge, kind.le)
        case inspect.StrType():
            form = "" if kind.pattern is None else f" {kind.pattern}"
            return "string" + _between(kind.min_length, kind.max_length, "length ") + form
        case inspect.ListType() | inspect.VarTupleType():
            item = allowed_by(kind.item_type)
            return f"[{item}, …]" + _between(kind.min_length, kind.max_length, "length ")
        case inspect.EnumType():
            return ", ".join(str(each.value) for each in kind.cls)
        case inspect.LiteralType():
            return ", ".join(map(str, kind.values))
        case inspect.DateTimeType():
            return TIME_FORM
        case inspect.BoolType():
            return "true, false"
        case inspect.NoneType():
            return "null"
        case inspect.RawType():
            return "{…}"  # what it may be, whoever reads it says
        case _:
            return ""


def _between(low_end: Any, high_end: Any, what: str = "") -> str:
    if low_end is None and high_end is None:
        return ""
    low, high = ("…" if end is None else f"{end:.12g}" for end in (low_end, high_end))
    return f" {what}{low} to {high}"


def safe(text: str, *, characters_max: int = ECHO_MAX) -> str:
    """At most `characters_max` characters of a stranger's text, with nothing that a screen would obey."""
    return "".join(letter if letter.isprintable() else "�" for letter in text[:characters_max])
