"""The stories of `golden/log_7.json` and `log_unread.json`: what a node records of its lines to others, from
fixed salts.

North has a channel to south's node, and some to others that end badly.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from hashlib import sha256
from itertools import count

from mamarr.coordination import Direction, MessageState, Stream
from mamarr.coordination.channels import (
    ForgetMessages,
    KeepUnknown,
    OpenChannel,
    Reported,
    SendMessage,
    StopChannel,
    Stopped,
    StreamHead,
    TakeMessage,
    TakeReceipts,
)
from mamarr.coordination.messages import REPORT, TELLING, UNREADABLE, key_of
from mamarr.engine import Decider, Order, Projection, streams
from mamarr.engine.orders import PERSONS, Command
from mamarr.engine.streams import Header
from mamarr.names import Author
from mamarr.record import Checkpoint, Log, MemoryStore, Signer
from mamarr.record.tree import Frontier
from tests.airspace.boxes import NOON
from tests.record.logs import NOON_MS, a_log

PEER = "node-south"
MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
OURS = Author(party="north", node="node-north", rule="link")
THEIRS = Author(party="south", node="node-north", rule="link")
KEY = Signer(f"{PEER}/EXERCISE/node-north", bytes(range(1, 33)))

Asked = tuple[Author, Command]
Turn = tuple[int, tuple[Asked, ...]]


def salt(word: str) -> bytes:
    """32 bytes that stand for random ones."""
    return sha256(word.encode()).digest()


class Peer:
    """What the other node sends, in its streams. peer: its name here."""

    def __init__(self, peer: str = PEER) -> None:
        self.peer = peer
        self._trees = {stream: Frontier() for stream in Stream}

    def message(
        self,
        stream: Stream,
        text: str | None,
        *,
        kind: str = "text",
        acknowledged: tuple[int, int, int] = (0, 0, 0),
        valid_ms: int = DAY_MS,
        ahead: int = 0,
        reported: Reported | None = None,
        root: bytes | None = None,
        reads: int | None = None,
    ) -> TakeMessage:
        """The next message of a stream. text: None where it is left out; ahead: what its head is ahead by."""
        tree = self._trees[stream]
        sequence, word = tree.size, f"{self.peer} {stream} {tree.size}"
        body_salt = salt(f"body of {word}").hex()
        header = Header(
            message_id=f"from-south-{stream.lower()}-{sequence}",
            stream=stream,
            sequence=sequence,
            kind=kind,
            queued_ms=NOON_MS,
            valid_until_ms=NOON_MS + valid_ms,
        )
        digest = streams.body_digest(text or "nothing", body_salt)
        tree.append(streams.leaf(header, salt(word), digest))
        size, said = tree.size + ahead, root or (tree.root() if ahead == 0 else salt("a root to come"))
        note = KEY.seal(Checkpoint(origin=f"{KEY.verifier.name}/{stream}", size=size, root=said))
        return TakeMessage(
            peer=self.peer,
            stream=stream,
            sequence=sequence,
            message_id=header.message_id,
            kind=kind,
            queued_ms=header.queued_ms,
            valid_until_ms=header.valid_until_ms,
            header_salt=salt(word),
            body_digest=digest,
            head=StreamHead(size=size, root=said, note=note),
            acknowledged=acknowledged,
            signed=salt(f"signature of {word}") * 2 + b"what is signed",
            body=text,
            body_salt=None if text is None else body_salt,
            is_left_out=text is None,
            is_known=kind in ("text", *TELLING),
            reported=reported,
            reads=reads,
        )


def ours(
    stream: Stream, number: int, text: str, *, peer: str = PEER, answers: str | None = None
) -> SendMessage:
    """A message of north's."""
    word = f"{peer} {stream} {number}"
    return streams.message(
        peer=peer,
        stream=stream,
        message_id=f"from-north-{number:04}",
        kind="text" if answers is None else REPORT,
        body=text,
        valid_until_ms=NOON_MS + 10 * DAY_MS,
        salts=(salt(f"header of {word}"), salt(f"text of {word}")),
        answers=answers,
    )


def opened(peer: str, party: str = "south") -> Asked:
    """A channel is opened."""
    return OURS, OpenChannel(peer=peer, party=party, key=KEY.verifier.text())


def turns() -> Iterator[Turn]:
    """The whole story, a group commit each."""
    south, floor, coordination, bulk = Peer(), *Stream
    others = (opened("node-relief", "relief"), opened("node-other", "other"), opened("node-mirror", "mirror"))
    yield 1, (opened(PEER), *others)
    yield (
        2,
        tuple(
            (OURS, ours(stream, at, f"we say {at}")) for at, stream in enumerate((*Stream, *Stream, floor))
        ),
    )
    ended = Reported(stream=coordination, sequence=1, message_id="from-north-0004", state=MessageState.FAILED)
    first = south.message(floor, "they say", acknowledged=(1, 0, 0))
    yield (
        3,
        (
            (THEIRS, first),
            (THEIRS, south.message(coordination, "ahead", ahead=2)),
            (THEIRS, south.message(coordination, "a report", kind=REPORT, reported=ended)),
            (THEIRS, south.message(bulk, "of a kind to come", kind="of-tomorrow")),
            (THEIRS, south.message(bulk, None)),
            (THEIRS, TakeReceipts(peer=PEER, acknowledged=(3, 1, 1), signed=b"they signed")),
            (THEIRS, KeepUnknown(peer=PEER, version=7, signed=b"they signed of version 7")),
        ),
    )
    owed = key_of(PEER, Direction.INCOMING, bulk, 0)
    forget = ForgetMessages(peer=PEER, direction=Direction.INCOMING, stream=bulk, through=1)
    yield 4, ((OURS, forget), (OURS, ours(bulk, 7, "it FAILED", answers=owed)))
    yield (
        5,
        (
            (OURS, forget),
            (OURS, ForgetMessages(peer=PEER, direction=Direction.OUTGOING, stream=floor, through=2)),
            (THEIRS, first),
            (OURS, ours(bulk, 9, "it FAILED, again", answers=key_of(PEER, Direction.INCOMING, bulk, 1))),
            (OURS, ours(floor, 10, "we say more")),
        ),
    )
    late = key_of(PEER, Direction.INCOMING, bulk, 1)
    yield 6, ((OURS, ours(bulk, 11, "it EXPIRED, again", answers=late)),)
    bad = Peer("node-relief")
    yield (
        6,
        (
            (
                Author(party="relief", node="node-north", rule="link"),
                bad.message(floor, "a", root=salt("else")),
            ),
            (OURS, StopChannel(peer="node-other", why=Stopped.CLOSED)),
            (OURS, StopChannel(peer="node-mirror", why=Stopped.SET_BACK, signed=b"they signed")),
            (OURS, ours(floor, 8, "too late", peer="node-other")),
        ),
    )
    yield 8, ((THEIRS, TakeReceipts(peer=PEER, acknowledged=(9, 1, 1), signed=b"of what we never sent")),)


def turns_unread() -> Iterator[Turn]:
    """What neither can read of the other's is kept, and each is told."""
    south, coordination = Peer(), Stream.COORDINATION
    yield 1, (opened(PEER),)

    def keep(word: str) -> Asked:
        return THEIRS, KeepUnknown(peer=PEER, version=7, signed=word.encode(), digest=salt(word))

    def tell(word: str) -> Asked:
        salts = (salt(f"header of {word}"), salt(f"text of {word}"))
        return OURS, streams.message(
            peer=PEER,
            stream=coordination,
            message_id=f"unreadable-{word}",
            kind=UNREADABLE,
            body=f'{{"version":7,"digest":"{salt(word).hex()}","reads":1}}',
            valid_until_ms=NOON_MS + 10 * DAY_MS,
            salts=salts,
            tells=salt(word),
        )

    yield 2, (keep("first"), keep("second"), keep("first"))
    yield 3, (tell("first"), tell("first"), tell("third"))
    yield 4, (keep("first"), tell("second"))
    said = '{"version":2,"digest":"' + salt("ours").hex() + '","reads":1}'
    yield (
        5,
        (
            (THEIRS, south.message(coordination, said, kind=UNREADABLE, reads=1, acknowledged=(0, 2, 0))),
            (THEIRS, south.message(coordination, said, kind=UNREADABLE, reads=1, valid_ms=MINUTE_MS)),
        ),
    )


def of_the_line() -> MemoryStore:
    """The log of the whole story; the persons of one entry are erased."""
    store, log = told_of(turns())
    erased = next(row.sequence for row in store.rows() if b"we say 2" in row.body)
    log.erase(erased, frozenset({PERSONS}))
    return store


def of_what_was_unread() -> MemoryStore:
    """The log of what neither could read of the other's."""
    store, _ = told_of(turns_unread())
    return store


def told_of(story: Iterable[Turn]) -> tuple[MemoryStore, Log]:
    """The log of a story."""
    store = MemoryStore()
    log = a_log(store)
    log.begin(NOON_MS - 1)
    salts, numbers = count(1_000), count(1)
    decider = Decider(Projection("north"), find=store.find_all, salts=lambda: next(salts).to_bytes(32, "big"))
    for minutes, asked in story:
        for author, command in asked:
            decider.offer(Order(command_id=f"golden-{next(numbers)}", author=author, command=command))
        batch, _ = decider.next_batch(NOON + timedelta(minutes=minutes))
        rows = log.append(batch.drafts)
        decider.committed(batch, [row.leaf for row in rows])
    return store, log
