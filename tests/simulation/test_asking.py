"""Every command, every field and every code of what is in the sky is asked for and admitted in some world."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect

from mamarr.engine.orders import DECIDED, ORDER, PERSONS, Command
from mamarr.record.entries import entry_from_body
from mamarr.simulation import run

LIVED = 300  # worlds that together ask for everything
LIVED_BY = (
    99,
    77,
    180,
    166,
    183,
    161,
    291,
    178,
    275,
    207,
    211,
    113,
    17,
    5,
    63,
    2,
)  # these did last; others are looked at when they do not
CODED = ("file.plan.", "reserve.", "impose.", "declare-constraint.", "report-condition.")
ELSEWHERE = {  # what no asker of these worlds can say
    "raise-alert",  # of the process that watches
    "acknowledge-alert",
    "escalate-alert",
    "clear-alert",
    "confirm-restore",  # of a record that was set back
    "offer-alternatives",  # of the node, after what it refused
    "open-channel",  # of the worlds of two nodes
    "stop-channel",
    "send-message",
    "take-message",
    "take-receipts",
    "forget-messages",
    "keep-unknown",
    "agree",  # of the worlds that share one sky
    "give-up-asking",
    "stop-asking",
    "take-word",
    "accept-crossing",
    "reject-crossing",
    "counter-crossing",
    "lapse-crossing",
    "expire-crossing",
    "invite-peer",  # of persons who join two nodes
    "add-peer",
    "confirm-peer",
    "revoke-peer",
    "renew-peer",
    "take-next",
    "resume-channel",  # of the worlds in which a node goes on from a backup
    "end-returned",
    "enter-voice",  # of the worlds in which persons telephone
    "countersign-crossing",
    "dispute-crossing",
    "propose-suspension",  # of the worlds whose agreement is suspended
    "approve-suspension",
    "withdraw-acceptance",
    "present-message",  # of the worlds in which somebody looks at what others say
    "acknowledge-message",
    "tell-alert",
    "acknowledge-alert-told",
    "expire-alert-told",
    "plan-operation",  # of the door of our own USS
    "end-operation",
    "confirm-operation",
    "abandon-operation",
    "tell-user",
    "publish-closure",
    "withdraw-closure",
    "confirm-closure",
    "abandon-closure",
    "finish-delivery",
    "note-intent",
    "note-constraint",
    "forget-advisory",
    "put-intent",  # of the doors that others make things known by
    "delete-intent",
    "forget-intent",
    "put-constraint",
    "delete-constraint",
    "forget-constraint",
    "put-subscription",
    "delete-subscription",
    "forget-subscription",
    "set-availability",
    "file-report",
    "put-service-area",
    "delete-service-area",
    "forget-service-area",
    "put-display-subscription",
    "delete-display-subscription",
    "forget-display-subscription",
    "note-drones",  # of the bridge, where it looks at what drones plan
    "forget-drones",
    "hear-drones",
}
NEVER = {
    "report-condition.condition=OVERDUE",  # found by the node, not reported
    "declare-share.share.footprint.radius_mm",  # a share has none
}


def test_everything_that_can_be_asked_for_is_admitted_in_some_world():
    missing = set(everything())
    for seed in (*LIVED_BY, *range(LIVED)):
        missing -= admitted(seed)
        if not missing:
            break
    assert not missing, f"{LIVED} worlds without {sorted(missing)}"


def everything() -> Iterator[str]:
    """Tags of commands, paths of fields, and the codes that may stand in them, as they are stored."""
    for kind in inspect.type_info(Command).types:  # type: ignore[attr-defined]
        if kind.tag not in ELSEWHERE:
            yield kind.tag
            yield from (path for path in said_by(kind, kind.tag) if path not in NEVER)


def said_by(kind: inspect.Type, path: str) -> Iterator[str]:
    match kind:
        case inspect.StructType():
            for field in kind.fields:
                yield (here := f"{path}.{field.encode_name}")
                yield from (each for each in said_by(field.type, here) if each != f"{here}={field.default}")
        case inspect.UnionType():
            for each in kind.types:
                yield from said_by(each, path)
        case inspect.VarTupleType():
            yield from said_by(kind.item_type, path)
        case inspect.EnumType() if path.startswith(CODED):
            yield from (f"{path}={code.value}" for code in kind.cls)


def admitted(seed: int) -> set[str]:
    """What was asked for and not refused, by the record of the world."""
    found: set[str] = set()
    for row in run(seed).store.rows():
        entry = entry_from_body(row.sequence, row.body)
        decided = entry.content(DECIDED)
        if decided is None or "refusal" in msgspec.json.decode(decided):
            continue
        command = msgspec.json.decode(entry.content(ORDER) or b"")["command"]
        tag = command.pop("type")
        found |= {tag, *paths(command, tag)}
        persons = msgspec.json.decode(entry.content(PERSONS) or b"{}")
        found |= {path.replace("order.command", tag) for path in persons}
    return found


def paths(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{path}.{key}"
            yield from paths(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for each in value:
            yield from paths(each, path)
    elif isinstance(value, str):
        yield f"{path}={value}"
