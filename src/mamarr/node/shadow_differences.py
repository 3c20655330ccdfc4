"""In what two answers to one request differ, but for what each DSS makes itself, and which rule says why.

The rules are the lines of the tables in docs/dss.md that say where DSSs differ, and four of what the shadow
itself cannot know. What no rule says is unexplained.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from mamarr.faults import WireError
from mamarr.interop.f3548.instants import read_instant
from mamarr.node.shadow_names import PATH, Names

CLOCKS_US = 10_000_000  # chosen: how far two clocks may be apart that each say "now" for a missing time
NO_SUBSCRIPTION = "00000000-0000-4000-8000-000000000000"
MADE = frozenset({"ovn", "version", "subscription_id", "report_id"})  # members that a DSS makes itself
PLACED = frozenset({"message"})  # members in the words of each
KEYS = ("id", "subscription_id", "uss_base_url", "url")  # by which items of a list are found again
LISTED = frozenset({"subscription", "subscriptions"})  # members whose own `id` a DSS may have made


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A status, and the body where it is JSON."""

    status: int
    body: Any = None


class Asked(msgspec.Struct, kw_only=True):
    """One request, with both answers. names: of things. raw_path: as the client wrote it, without a query.

    is_elsewhere: whether the other's answer shows something that was not written through the shadow.
    is_at_once: whether another write was under way. is_lost: whether something before it was not repeated.
    """

    method: str
    raw_path: str
    body: bytes
    theirs: Answer
    ours: Answer
    names: Names
    now_us: int
    is_elsewhere: bool = False
    is_at_once: bool = False
    is_lost: bool = False

    @property
    def kind(self) -> str:
        """The path without names: `/dss/v1/subscriptions/{id}/{version}`."""
        found = PATH.fullmatch(self.raw_path)
        if found is None:
            return "/dss/v1/uss_availability/{id}" if "uss_availability/" in self.raw_path else self.raw_path
        kept = f"{found['api']}/{found['kind']}/" + ("query" if found["name"] == "query" else "{id}")
        return kept if found["version"] is None else kept + "/{version}"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that differs. at: `status`, or the member of the body. rule: why, or unexplained."""

    at: str
    theirs: str
    ours: str
    rule: str = ""


def differences(asked: Asked) -> list[Difference]:
    """All that differs, each with the rule that says why."""
    if asked.theirs.status != asked.ours.status:
        found = [Difference(at="status", theirs=str(asked.theirs.status), ours=str(asked.ours.status))]
        return [msgspec.structs.replace(found[0], rule=rule_of(asked, found[0], None))]
    said = list(_walked(asked, "", asked.theirs.body, asked.ours.body))
    return [msgspec.structs.replace(each, rule=rule_of(asked, each, item)) for each, item in said]


Found = tuple[Difference, Any]  # the difference, and the item of theirs that it is about


def _walked(asked: Asked, at: str, theirs: Any, ours: Any) -> Iterator[Found]:
    name = at.rpartition(".")[2]
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if "value" in theirs and "format" in theirs:
            yield from _instants(asked, at, theirs, ours)
            return
        for member in sorted(theirs.keys() | ours.keys()):
            if member not in PLACED:
                yield from _walked(asked, f"{at}.{member}", theirs.get(member), ours.get(member))
    elif isinstance(theirs, list) or isinstance(ours, list):
        yield from _lists(asked, at, theirs or [], ours or [])
    elif name == "subscription_id" and {theirs, ours} <= {None, NO_SUBSCRIPTION}:
        return
    elif not _is_same(asked, at, theirs, ours):
        yield _said(at, theirs, ours), None


def _is_same(asked: Asked, at: str, theirs: Any, ours: Any) -> bool:
    """Whether two values are equal, or two names of one thing where each DSS names it by itself."""
    *_, holder, name = ("", *at.split("."))
    is_made = name in MADE or (name == "id" and holder.partition("[")[0] in LISTED)
    if not is_made or not isinstance(theirs, str) or not isinstance(ours, str) or " " in theirs + ours:
        return bool(theirs == ours)  # a space: the phrase in the place of an OVN
    return (name == "id" and theirs == ours) or asked.names.are_one(theirs, ours)


def _instants(asked: Asked, at: str, theirs: Any, ours: Any) -> Iterator[Found]:
    """The same instant however it is written; or the "now" of each, which stays a pair from then on."""
    try:
        apart_us = abs(read_instant(at, str(theirs["value"])) - read_instant(at, str(ours.get("value"))))
    except WireError:
        apart_us = CLOCKS_US + 1
    if apart_us == 0:
        return
    text, other = f"time {theirs['value']}", f"time {ours.get('value')}"
    was_said = str(theirs["value"]).encode() in asked.body
    if asked.names.ours(text) == other:
        return
    if apart_us <= CLOCKS_US and not was_said and asked.method == "PUT":
        asked.names.are_one(text, other)
        return
    yield _said(at, theirs["value"], ours.get("value")), apart_us


def _lists(asked: Asked, at: str, theirs: list[Any], ours: list[Any]) -> Iterator[Found]:
    """Two lists, in whatever order: each item beside the one of the same name."""
    there = {_key(asked, each, is_theirs=True): each for each in theirs}
    here = {_key(asked, each, is_theirs=False): each for each in ours}
    for key in sorted(there.keys() | here.keys()):
        if key not in here:
            yield _said(f"{at}[{key[:40]}]", "there", "not there"), there[key]
        elif key not in there:
            yield _said(f"{at}[{key[:40]}]", "not there", "there"), None
        else:
            yield from _walked(asked, f"{at}[{key[:40]}]", there[key], here[key])


def _key(asked: Asked, item: Any, *, is_theirs: bool) -> str:
    named = next((item[each] for each in KEYS if each in item), "") if isinstance(item, dict) else item
    text = str(named)
    return asked.names.ours(text) if is_theirs else text


def _said(at: str, theirs: Any, ours: Any) -> Difference:
    return Difference(at=at.lstrip("."), theirs=str(theirs)[:70], ours=str(ours)[:70])


# --- rules ------------------------------------------------------------------------------------------------

UNEXPLAINED = "unexplained"
Applies = Callable[[Asked, Difference, Any], bool]


def rule_of(asked: Asked, found: Difference, item: Any) -> str:
    """The name of the first rule that says why; UNEXPLAINED."""
    return next((name for name, applies in RULES.items() if applies(asked, found, item)), UNEXPLAINED)


def _statuses(kind: str, method: str, theirs: set[int], ours: set[int]) -> Applies:
    """Of requests to a path that contains `kind`: those statuses there, these here."""
    return lambda asked, found, _: (
        found.at == "status"
        and asked.method == method
        and kind in asked.kind
        and asked.theirs.status in theirs
        and asked.ours.status in ours
    )


def _is_over(asked: Asked, found: Difference, item: Any) -> bool:
    """Of what the other still shows after its end."""
    bodies = asked.theirs.body.values() if isinstance(asked.theirs.body, dict) else ()
    held = item if isinstance(item, dict) else next((each for each in bodies if isinstance(each, dict)), {})
    ends = held.get("time_end")
    try:
        end_us = read_instant("$", ends["value"]) if isinstance(ends, dict) else None
    except (WireError, KeyError, TypeError):
        end_us = None
    is_hidden = found.ours == "not there" or asked.ours.status in (404, 409, 400)
    return is_hidden and end_us is not None and end_us < asked.now_us


def _is_other_id(asked: Asked, found: Difference, _: Any) -> bool:
    parts = PATH.fullmatch(asked.raw_path)
    name = "" if parts is None else parts["name"]
    is_plain = len(name) == 36 and name[14:15] == "4" and name.lower() == name
    return found.at == "status" and asked.theirs.status == 400 and bool(name) and not is_plain


def _is_of_unknown_version(asked: Asked) -> bool:
    """Whether the path is of Remote ID and has a version that no answer had."""
    parts = PATH.fullmatch(asked.raw_path)
    version = None if parts is None or parts["api"] != "/rid/v2/dss" else parts["version"]
    return version is not None and asked.names.path(asked.raw_path).endswith(f"/{version}")


RULES: dict[str, Applies] = {
    # The tables of docs/dss.md, "What it answers" and "Remote ID".
    "MADE_200": _statuses("{id}", "PUT", {201}, {200}),
    "CHANGE_OF_NOTHING_400": _statuses("{version}", "PUT", {404}, {400}),
    "AREA_TOO_LARGE": lambda asked, found, _: (
        found.at == "status" and {asked.theirs.status, asked.ours.status} == {400, 413}
    ),
    "BODY_TOO_LARGE": lambda asked, found, _: found.at == "status" and asked.ours.status == 413,
    "AVAILABILITY_409": _statuses("uss_availability", "PUT", {400, 412}, {409}),
    "ID_IN_ANY_FORM": _is_other_id,
    "WRITTEN_IS_EXPLICIT": lambda _, found, __: found.at.endswith("implicit_subscription"),
    "INSTANT_ROUNDED": lambda _, found, apart_us: (
        found.at.endswith(("time_start", "time_end")) and apart_us == 1
    ),
    "OVER_IS_NOT_FOUND": _is_over,
    "RID_VERSION_FORM": lambda asked, found, _: (
        found.at == "status"
        and _is_of_unknown_version(asked)
        and {asked.theirs.status, asked.ours.status} <= {400, 404, 409}
    ),
    "RID_OWNER_FIRST": _statuses("/rid/", "PUT", {409}, {403}),
    "RID_OWNER_FIRST_TO_DELETE": _statuses("/rid/", "DELETE", {409}, {403}),
    "RID_START_STAYS": _statuses("identification_service_areas/{id}/{version}", "PUT", {400}, {200}),
    "RID_TEN_OTHERS": _statuses("/rid/v2/dss/subscriptions/{id}/{version}", "PUT", {429}, {200}),
    "RID_OF_OTHERS_403": _statuses("/rid/v2/dss/subscriptions/{id}", "GET", {200}, {403}),
    # What the shadow itself cannot know.
    "TOKEN_NOT_TAKEN": lambda asked, found, _: found.at == "status" and asked.ours.status == 401,
    "NOT_THROUGH_HERE": lambda asked, _, __: asked.is_elsewhere,
    "AT_ONCE": lambda asked, _, __: asked.is_at_once,
    "AFTER_A_GAP": lambda asked, _, __: asked.is_lost,
}
