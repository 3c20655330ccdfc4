"""Text about persons, taken out of a value before it is stored and put back when it is read.

A field annotated `Personal` is such a text. What is taken out goes into a part of its own, which can be
withheld or erased; what is left decodes and replays without it, those fields being None.
"""

from functools import cache
from operator import is_
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from mamarr.faults import invariant
from mamarr.names import Personal

S = TypeVar("S", bound=msgspec.Struct)

Removed = dict[str, str]  # where it stood, as field names and indexes joined by dots; and the text


def separated(value: S) -> tuple[S, Removed]:
    """`value` without its personal texts, and these by where they stood."""
    removed: Removed = {}
    return (value if is_bare(value) else _without(value, "", removed)), removed


def is_bare(value: Any) -> bool:
    """Whether `value` has no personal text: the same as `separated` taking nothing out of it, but quicker."""
    if isinstance(value, tuple):
        return all(map(is_bare, value))
    kind: type = type(value)
    personal, holding = _plan(kind)
    for name in personal:  # loops, as `all` makes a generator each time
        if getattr(value, name) is not None:
            return False
    for name in holding:
        held = getattr(value, name)
        if held and not is_bare(held):  # most are None or an empty tuple
            return False
    return True


def joined(value: S, removed: Removed) -> S:
    """`value` with the texts of `removed` where they stood; the opposite of `separated`."""
    for path, text in removed.items():
        value = _with(value, path.split("."), text)
    return value


def _without(value: Any, path: str, removed: Removed) -> Any:
    if isinstance(value, tuple):
        parts = tuple(_without(each, f"{path}{at}.", removed) for at, each in enumerate(value))
        return value if all(map(is_, parts, value)) else parts
    if not isinstance(value, msgspec.Struct):
        return value
    personal, holding = _plan(type(value))
    changed: dict[str, Any] = {}
    for name in personal:
        text = getattr(value, name)
        if text is not None:
            removed[path + name] = text
            changed[name] = None
    for name in holding:
        before = getattr(value, name)
        after = _without(before, f"{path}{name}.", removed)
        if after is not before:
            changed[name] = after
    return msgspec.structs.replace(value, **changed) if changed else value


def _with(value: Any, path: list[str], text: str) -> Any:
    step, *rest = path
    if isinstance(value, tuple):
        at = int(step)
        return (*value[:at], _with(value[at], rest, text), *value[at + 1 :])
    invariant(isinstance(value, msgspec.Struct), f"nothing personal can stand at {'.'.join(path)}")
    return msgspec.structs.replace(value, **{step: _with(getattr(value, step), rest, text) if rest else text})


@cache
def _plan(kind: type) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The personal fields of a struct, and its fields that may hold structs with such fields."""
    if not issubclass(kind, msgspec.Struct):
        return (), ()
    hints = get_type_hints(kind, include_extras=True)
    fields = [(field, hints[field]) for field in kind.__struct_fields__]
    personal = tuple(name for name, hint in fields if hint == Personal)
    return personal, tuple(name for name, hint in fields if hint != Personal and _holds(hint))


def _holds(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        return _holds(get_args(hint)[0])
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return any(_plan(hint))
    return any(_holds(argument) for argument in get_args(hint))
