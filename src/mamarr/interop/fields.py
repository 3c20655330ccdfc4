"""Members of a JSON object to a struct, with every wrong member named, not the first one only."""

import difflib
from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec

from mamarr.faults import WireError
from mamarr.interop.readings import Record
from mamarr.interop.wire import decoded, safe

S = TypeVar("S", bound=msgspec.Struct)

LIST_MAX = 1_000  # chosen: a year of daily windows and as many again is the longest list of a property
MEMBERS_MAX = 100  # chosen: three times the properties of the richest kind
NAME_COMPARED_MAX = 60  # characters; looking for the nearest name costs their square
NULL = b"null"
PLAIN = {float: "a number", int: "a whole number", str: "a text", bool: "true or false"}


def read(kind: type[S], given: Mapping[str, msgspec.Raw], at: str, record: Record) -> S | None:
    """The struct of a `kind` that the members `given` at the path `at` make; None when one of them is wrong.

    A member that is null is taken as not there: programs write one for every column that some other feature
    has. Unknown members are wrong; the nearest name is said. Findings go to `record`. A text whose `Meta` has
    `extra={"form": pattern}` must match that.
    """
    if len(given) > MEMBERS_MAX:
        record.wrong(at, f"{len(given)} members", f"at most {MEMBERS_MAX}")
        return None
    known = _fields(kind)
    values: dict[str, Any] = {}
    was_sound = True
    for name, raw in given.items():
        if bytes(raw) == NULL:
            continue
        place = f"{at}.{safe(name)}" if at else safe(name)
        if name not in known:
            record.wrong(place, "there is no such name here", _nearest(name, list(known)))
            was_sound = False
            continue
        values[name] = value(known[name].type, raw, place, record)
        was_sound = was_sound and values[name] is not msgspec.UNSET
    for name, field in known.items():
        if field.required and name not in values:
            record.wrong(f"{at}.{name}" if at else name, "is missing", _allowed(field.type))
            was_sound = False
    return kind(**values) if was_sound else None


@cache  # of a few kinds, whose annotations would be read anew for each feature of a file
def _fields(kind: type[msgspec.Struct]) -> Mapping[str, msgspec.structs.FieldInfo]:
    """The fields of a kind, by name."""
    return {field.name: field for field in msgspec.structs.fields(kind)}


def value(kind: Any, raw: msgspec.Raw, at: str, record: Record) -> Any:
    """The value of the type `kind` at the path `at`; `msgspec.UNSET` when it is wrong."""
    bare = _without_none(kind)
    try:
        if get_origin(bare) is tuple and get_args(bare)[-1] is Ellipsis:
            return _values(get_args(bare)[0], decoded(list[msgspec.Raw], raw), at, record)
        if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
            members = decoded(dict[str, msgspec.Raw], raw)
            made = read(bare, members, at, record)
            return msgspec.UNSET if made is None else made
        found = decoded(kind, raw)
    except WireError as wrong:
        record.wrong(at + wrong.at.removeprefix("$"), wrong.what, _allowed(kind), code=wrong.code)
        return msgspec.UNSET
    for extra in (meta.extra for meta in _metas(bare) if meta.extra and isinstance(found, str)):
        if extra["form"].fullmatch(found) is None:
            record.wrong(at, f"{found[:70]!r} does not have the right form", _allowed(kind))
            return msgspec.UNSET
    return found


def _values(kind: Any, raws: list[msgspec.Raw], at: str, record: Record) -> Any:
    if len(raws) > LIST_MAX:
        record.wrong(at, f"{len(raws)} entries", f"at most {LIST_MAX}")
        return msgspec.UNSET
    found = tuple(value(kind, raw, f"{at}[{index}]", record) for index, raw in enumerate(raws))
    return msgspec.UNSET if msgspec.UNSET in found else found


def _nearest(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name[:NAME_COMPARED_MAX], names, n=1)
    return near[0] if near else ", ".join(names)


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (Union, UnionType):
        rest = [arm for arm in get_args(kind) if arm is not type(None)]
        return rest[0] if len(rest) == 1 else kind
    return kind


def _metas(kind: Any) -> list[msgspec.Meta]:
    if get_origin(kind) is not Annotated:
        return []
    return [meta for meta in get_args(kind)[1:] if isinstance(meta, msgspec.Meta)]


def _allowed(kind: Any) -> str:
    bare = _without_none(kind)
    for meta in _metas(bare):
        if meta.description:
            return meta.description
    if isinstance(bare, type) and issubclass(bare, str) and hasattr(bare, "__members__"):
        return ", ".join(bare.__members__)
    if get_args(bare) and all(isinstance(choice, str) for choice in get_args(bare)):
        return ", ".join(get_args(bare))
    return PLAIN.get(bare, "")
