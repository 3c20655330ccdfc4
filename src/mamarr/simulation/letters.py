"""What must hold of messages between nodes, judged by the bytes of both records alone.

Nothing here reads a projection, a channel or a link: only what the entries of each log say in JSON.
"""

import base64
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SIGNATURE_BYTES = 64
ACTED = (
    "crossing-request",
    "crossing-confirm",
    "crossing-give-back",
    "crossing-reply",
    "flight-state",
    "agreement-ready",
    "alert-told",
    "suspension-told",
    "crossing-withdrawal",
)
ROWS = ("crossing-requested", "crossing-told")  # what is shown, each of the message that says it
REPORT, UNREADABLE = "report", "unreadable"  # kinds of messages that tell of others, and of which none tells


class Letter(NamedTuple):
    """A message as one record has it: who, where, when by the entry's time, and what it says."""

    sender: str
    receiver: str
    stream: str
    sequence: int
    message_id: str
    kind: str
    body: str | None
    valid_until_ms: int
    state: str
    entered_ms: int


class Act(NamedTuple):
    """A word that was acted on: key of its message, what it said to whoever acted, and when."""

    message_key: str
    word: dict[str, Any]
    entered_ms: int


class Sight(NamedTuple):
    """That a message was seen: key of it, as what, when by the clock of where it was, and when this was
    entered. person: who was shown it or pressed, as the order says; empty where that names nobody."""

    message_key: str
    state: str
    at_ms: int
    entered_ms: int
    person: str = ""


class Journal(NamedTuple):
    """What one log says.

    ended: key of a message, what became of it; forgotten: keys; unknown: versions. kept: of what was kept
    unread, whose it is and its digest; reads: whose, and up to which version it says that it reads. acts:
    what was acted on; lapsed: keys of messages that were too old when they were to be. shown: incoming
    messages that persons here saw; seen: of ours, what the other node said that persons there saw. amiss:
    what contradicts itself already.
    """

    queued: list[Letter]
    taken: list[Letter]
    ended: list[tuple[str, str]]
    forgotten: set[str]
    unknown: set[int]
    kept: list[tuple[str, str | None]]
    reads: list[tuple[str, int]]
    acts: list[Act]
    lapsed: set[str]
    shown: list[Sight]
    seen: list[Sight]
    amiss: list[str]


def journal(node: str, entries: Iterable[tuple[bytes, bytes, bytes, int]]) -> Journal:
    """Read the log of `node`: of each entry the order, what was decided, the persons' part, and when."""
    found = Journal([], [], [], set(), set(), [], [], [], set(), [], [], [])
    heard: dict[str, tuple[str, int]] = {}  # by key of a message: the warning that it told, and its number
    for order, decided, persons, time_ms in entries:
        texts = json.loads(persons or b"{}")
        if b'"message-acted"' in decided:
            command = json.loads(order)["command"]
            found.acts.append(Act(command["message_key"], command["word"], time_ms))
        if b'"message-presented"' in decided or b'"message-acknowledged"' in decided:
            found.shown.extend(_shown(json.loads(order), json.loads(decided), texts, heard, time_ms))
        for at, event in enumerate(json.loads(decided).get("events", ())):
            _read(found, event, texts, f"decided.events.{at}", node, time_ms)
            told = event["told"] if event["type"] in ("alert-heard", "crossing-told") else event
            if event["type"] in (*ROWS, "alert-heard") and told["message_key"] != _about(order):
                found.amiss.append(f"a row is of the message {told['message_key']}, not of {_about(order)}")
            if event["type"] == "alert-heard":
                heard[told["message_key"]] = (told["alert_id"], told["number"])
    return found


def _about(order: bytes) -> str | None:
    """The key of the message that an order acts on."""
    key = json.loads(order)["command"].get("message_key")
    return None if key is None else str(key)


def _shown(
    order: dict[str, Any],
    decided: dict[str, Any],
    texts: dict[str, str],
    heard: Mapping[str, tuple[str, int]],
    time_ms: int,
) -> Iterator[Sight]:
    """What a person said that it saw; nobody's name where a rule asked, or of another message than was."""
    command, author = order["command"], order["author"]
    for event in decided.get("events", ()):
        if event["type"] not in ("message-presented", "message-acknowledged"):
            continue
        key = event["message_key"]
        is_of_it = key == command.get("message_key")
        if command["type"] == "acknowledge-alert-told":
            is_of_it = heard.get(key) == (command["alert_id"], command["number"])
        is_so = event["type"] == {
            "present-message": "message-presented",
            "acknowledge-message": "message-acknowledged",
            "acknowledge-alert-told": "message-acknowledged",
        }.get(command["type"])
        named = texts.get("order.author.person", "")
        person = named if is_of_it and is_so and "rule" not in author else ""
        state = "PRESENTED" if event["type"] == "message-presented" else "ACKNOWLEDGED"
        yield Sight(key, state, event["time_ms"], time_ms, person)


def _read(
    found: Journal, event: dict[str, Any], persons: dict[str, str], path: str, node: str, time_ms: int
) -> None:
    match event["type"]:
        case "message-kept":
            said = event["message"]
            is_ours = said["direction"] == "OUTGOING"
            letter = Letter(
                sender=node if is_ours else said["peer"],
                receiver=said["peer"] if is_ours else node,
                stream=said["stream"],
                sequence=said["sequence"],
                message_id=said["message_id"],
                kind=said["kind"],
                body=persons.get(f"{path}.message.body"),
                valid_until_ms=said["valid_until_ms"],
                state=said["state"],
                entered_ms=time_ms,
            )
            (found.queued if is_ours else found.taken).append(letter)
        case "message-ended":
            found.ended.append((event["message_key"], event["state"]))
        case "message-seen":
            found.seen.append(Sight(event["message_key"], event["state"], event["at_ms"], time_ms))
        case "unknown-kept":
            found.unknown.add(event["version"])
            found.kept.append((event["peer"], _digest(event)))
        case "reading-taken":
            found.reads.append((event["peer"], event["reads"]))
        case "message-lapsed":
            found.lapsed.add(event["message_key"])
        case "message-forgotten":
            found.forgotten.add(event["message_key"])


def unproven(
    order: bytes, decided: bytes, signed: bytes | None, keys: Mapping[str, Sequence[bytes]]
) -> str | None:
    """Why an entry about what a peer sent does not prove that it sent it; None where it does.

    signed: the part of the entry with that name. keys: of each peer those that it has had, each 32 bytes.
    """
    command = json.loads(order)["command"]
    if command["type"] not in ("take-message", "take-receipts", "keep-unknown"):
        return None
    if signed is None:
        return f"{command['type']}: what the peer signed is not in the entry"
    version = command.get("version", 1)
    over = b"mamarr envelope " + bytes([version]) + b"\n" + signed[SIGNATURE_BYTES:]
    if not any(_signed_by(key, signed[:SIGNATURE_BYTES], over) for key in keys[command["peer"]]):
        return f"{command['type']}: the peer did not sign what the entry says it signed"
    events = json.loads(decided).get("events", ())
    if command["type"] == "keep-unknown":
        digests = {_digest(each) for each in (command, *events)}
        is_so = digests == {sha256(over).hexdigest()}
        return None if is_so else "keep-unknown: the digest is not that of what the peer signed"
    leaves = [event["message"]["leaf"] for event in events if event["type"] == "message-kept"]
    said = msgspec.msgpack.decode(signed[SIGNATURE_BYTES:]) if leaves else {}
    if leaves and [base64.b64encode(said["leaf"]).decode()] != leaves:
        return "take-message: the peer signed another message than the entry keeps"
    return None


def _signed_by(key: bytes, signature: bytes, over: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, over)
    except InvalidSignature:
        return False
    return True


def _digest(said: Mapping[str, Any]) -> str | None:
    return base64.b64decode(said["digest"]).hex() if "digest" in said else None


def wrong(journals: Mapping[str, Journal], *, known: frozenset[str], signed: set[int]) -> Iterator[str]:
    """What does not hold, as sentences; for records between which everything has come.

    known: kinds of messages. signed: versions of envelopes, later than ours, that some peer did sign.
    """
    for node, journal_of in journals.items():
        yield from (f"{node}: {each}" for each in journal_of.amiss)
        if not journal_of.unknown <= signed:
            yield f"{node} kept versions {journal_of.unknown} that nobody signed"
    for sender, here in journals.items():
        for receiver, there in journals.items():
            if sender != receiver:
                queued = [each for each in here.queued if each.receiver == receiver]
                taken = [each for each in there.taken if each.sender == sender]
                yield from _between(queued, taken, known)
                yield from _ended(here, taken, there.lapsed)
                yield from _seen(here, there, taken)
                yield from _acted(there, taken)
                kept = [digest for peer, digest in there.kept if peer == sender]
                reads = [count for peer, count in here.reads if peer == receiver]
                told = [each for each in here.taken if each.sender == receiver and each.kind == UNREADABLE]
                yield from _told(kept, told, reads)


def _between(queued: list[Letter], taken: list[Letter], known: frozenset[str]) -> Iterator[str]:
    for stream in sorted({each.stream for each in (*queued, *taken)}):
        sent = [each for each in queued if each.stream == stream]
        came = [each for each in taken if each.stream == stream]
        if [each.sequence for each in sent] != list(range(len(sent))):
            yield f"{stream}: the places of what was sent are not 0, 1, 2 and so on"
        if [each.message_id for each in came] != [each.message_id for each in sent]:
            yield f"{stream}: what was recorded there is not what was sent here, in its order, once"
        for one, other in zip(sent, came, strict=False):
            yield from _same(one, other, known)


def _same(sent: Letter, came: Letter, known: frozenset[str]) -> Iterator[str]:
    what = f"{sent.stream} {sent.sequence}"
    if (sent.kind, sent.valid_until_ms, sent.sequence) != (came.kind, came.valid_until_ms, came.sequence):
        yield f"{what}: is another there than it was here"
    is_late = came.entered_ms >= sent.valid_until_ms
    if is_late and came.state != "EXPIRED":
        yield f"{what}: was taken in after its validity and is {came.state}"
    if came.state != "EXPIRED" and came.body != sent.body:
        yield f"{what}: another body came"
    if came.state == "EXPIRED" and not is_late and came.body is not None:
        yield f"{what}: is EXPIRED though it came whole and in time"
    if came.state == "RECEIVED" and came.kind not in known:
        yield f"{what}: of a kind that nobody knows there is RECEIVED"
    if came.state == "FAILED" and came.kind in known - {"report"}:
        yield f"{what}: of a known kind FAILED"
    if came.state == "FAILED" and came.kind == "report":
        yield f"{what}: a report found nothing that it tells of"


def _acted(there: Journal, taken: list[Letter]) -> Iterator[str]:
    """Each word that came in time was acted on once, as it was said, and within its validity."""
    of_peer = {_incoming(each): each for each in taken if each.kind in ACTED}
    acts = [each for each in there.acts if each.message_key in of_peer]
    counts = Counter(each.message_key for each in acts)
    for act in acts:
        letter = of_peer[act.message_key]
        if json.loads(letter.body or "{}") != act.word:
            yield f"{act.message_key}: was acted on as something else than it says"
        if letter.state != "RECEIVED" or act.entered_ms >= letter.valid_until_ms:
            yield f"{act.message_key}: was acted on after its validity"
        if counts[act.message_key] > 1:
            yield f"{act.message_key}: was acted on {counts[act.message_key]} times"
    for key, letter in of_peer.items():
        if letter.state == "RECEIVED" and not counts[key] and key not in there.lapsed:
            yield f"{key}: was never acted on"


def _incoming(letter: Letter) -> str:
    return f"{letter.sender}/INCOMING/{letter.stream}/{letter.sequence}"


def _ended(here: Journal, taken: list[Letter], lapsed: set[str]) -> Iterator[str]:
    """What the sender was told became of its messages is what became of them, and it was told of each.

    Not of one that it had forgotten before, nor by a report that came too late.
    """
    if not taken:
        return
    of_peer = f"{taken[0].receiver}/OUTGOING/"
    told = [each for each in here.ended if each[0].startswith(of_peer)]
    became = {
        f"{of_peer}{each.stream}/{each.sequence}": each.state
        for each in taken
        if each.state in ("EXPIRED", "FAILED") and each.kind not in (REPORT, UNREADABLE)
    }
    became |= {
        f"{of_peer}{each.stream}/{each.sequence}": "EXPIRED" for each in taken if _incoming(each) in lapsed
    }
    if len({key for key, _ in told}) != len(told):
        yield "the sender was told twice what became of a message"
    for key, state in told:
        if became.get(key) != state:
            yield f"the sender was told that {key} is {state}, and it is {became.get(key)}"
    is_one_late = any(each.kind == "report" and each.state == "EXPIRED" for each in here.taken)
    untold = became.keys() - {key for key, _ in told} - here.forgotten
    if untold and not is_one_late:
        yield f"the sender was never told what became of {sorted(untold)}"


SIGHTS = ("PRESENTED", "ACKNOWLEDGED")


def _seen(here: Journal, there: Journal, taken: list[Letter]) -> Iterator[str]:
    """What a sender knows that persons saw, a person there did see before, of that very message, in time;
    and it was told of each. Not of one that it had forgotten, nor by a report that came too late."""
    if not taken:
        return
    receiver, sender = taken[0].receiver, taken[0].sender
    shown = [each for each in there.shown if each.message_key.startswith(f"{sender}/INCOMING/")]
    yield from _looked_at(shown, {_incoming(each): each for each in taken}, there.lapsed)
    became = dict[str, str]()
    said = set[tuple[str, str, int]]()
    for sight in shown:
        key = sight.message_key.replace(f"{sender}/INCOMING/", f"{receiver}/OUTGOING/")
        said.add((key, sight.state, sight.at_ms))
        became[key] = sight.state
    known = dict[str, str]()
    for sight in here.seen:
        if sight.message_key.startswith(f"{receiver}/OUTGOING/"):
            if (sight.message_key, sight.state, sight.at_ms) not in said:
                yield f"the sender knows that {sight.message_key} is {sight.state}, and nobody saw it so"
            yield from _climbs(known, sight)
    is_one_late = any(each.kind == REPORT and each.state == "EXPIRED" for each in here.taken)
    untold = {key for key, state in became.items() if known.get(key) != state} - here.forgotten
    if untold and not is_one_late:
        yield f"the sender was never told that these were seen: {sorted(untold)}"


def _looked_at(shown: list[Sight], letters: Mapping[str, Letter], lapsed: set[str]) -> Iterator[str]:
    """A person saw it, it was there to be seen, and its sender could still rely on it."""
    known = dict[str, str]()
    for sight in shown:
        letter = letters.get(sight.message_key)
        what = f"{sight.message_key} is {sight.state}"
        if not sight.person:
            yield f"{what}, and no person said so of it"
        if letter is None or letter.state != "RECEIVED" or sight.message_key in lapsed:
            yield f"{what}, and is not RECEIVED there"
        elif letter.kind in (REPORT, UNREADABLE):
            yield f"{what}, and is shown to nobody"
        elif sight.entered_ms >= letter.valid_until_ms:
            yield f"{what} after its validity"
        yield from _climbs(known, sight)


def _climbs(known: dict[str, str], sight: Sight) -> Iterator[str]:
    """Whether more is said of a message than before. known: what was, by key."""
    before = known.get(sight.message_key)
    if before is not None and SIGHTS.index(before) >= SIGHTS.index(sight.state):
        yield f"{sight.message_key} is {sight.state} after it was {before}"
    known[sight.message_key] = sight.state


def _told(kept: list[str | None], told: list[Letter], reads: list[int]) -> Iterator[str]:
    """Who signed what was kept unread there was told of each once here; unless that came too late.

    reads: up to which version the other reads, as this log took it in, each time that it was told.
    """
    said = [json.loads(each.body) for each in told if each.body is not None]
    there, here = Counter(kept), Counter(each["digest"] for each in said)
    if here - there:
        yield f"told of what was not kept unread, or more than once: {sorted(here - there)}"
    if (there - here).total() > sum(each.body is None for each in told):
        yield f"never told that it could not be read: {sorted(map(str, there - here))}"
    believed = [json.loads(each.body or "{}")["reads"] for each in told if each.state == "RECEIVED"]
    if reads != believed:
        yield f"was told that versions up to {believed} are read, and took in {reads}"
