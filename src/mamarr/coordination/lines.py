"""Lines: what a node remembers of one stream of messages in one direction; six of them are a channel."""

from enum import StrEnum

import msgspec

from mamarr.coordination.messages import STREAMS, Stream

DIGEST_BYTES = 32
COUNT_MAX = 1 << 53  # what every JSON reader keeps exactly


class Stopped(StrEnum):
    """Why nothing is sent or taken in any more.

    TWO_HISTORIES: the peer signed two that contradict each other. SET_BACK: the peer recorded more of ours
    than we know to have sent: ours was set back, or two have our key. CLOSED: a person of ours closed it.
    """

    TWO_HISTORIES = "TWO_HISTORIES"
    SET_BACK = "SET_BACK"
    CLOSED = "CLOSED"


# What a line had that stopped so is never sent again, nor acted on: where it begins anew, all is said again.
OVER = (Stopped.CLOSED, Stopped.SET_BACK)


class StreamHead(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a peer signed of a stream of its own: how many messages it has, and the root over them.

    note: the signed C2SP checkpoint that says so.
    """

    size: int
    root: bytes
    note: str

    def __post_init__(self) -> None:
        counted("size", self.size)
        sized("root", self.root, DIGEST_BYTES)


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One stream in one direction. size: of its tree; the next message has this number.

    peaks: roots of the perfect subtrees of its tree, the largest first, as of RFC 6962. kept_from: messages
    before it were forgotten. acknowledged: of outgoing ones, how many the peer recorded. head: the newest of
    the peer's that its messages agree with; awaited: one for which some of them are still missing; of
    incoming ones.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()
    kept_from: int = 0
    acknowledged: int = 0
    head: StreamHead | None = None
    awaited: StreamHead | None = None


class Unread(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What the peer signed in a form that we could not read, and the record keeps.

    digest: SHA-256 of what the signature is over, by which the peer knows it again. told_at: place in our
    stream COORDINATION of the message that tells of it; None where it is still to be told.
    """

    version: int
    digest: bytes
    told_at: int | None = None

    def is_known_there(self, acknowledged: tuple[int, int, int]) -> bool:
        """Whether the peer has recorded that it was told. acknowledged: of ours, by stream."""
        return self.told_at is not None and self.told_at < acknowledged[STREAMS.index(Stream.COORDINATION)]


NO_LINES = (Line(), Line(), Line())
NONE = (0, 0, 0)


def sized(name: str, value: bytes, size: int) -> None:
    """ValueError unless `value` has `size` bytes. name: of what it is."""
    if len(value) != size:
        raise ValueError(f"{name} has {len(value)} bytes instead of {size}")


def counted(name: str, value: int) -> None:
    """ValueError unless `value` can be a number of things. name: of which."""
    if not 0 <= value <= COUNT_MAX:
        raise ValueError(f"{name} of {value} is not between 0 and {COUNT_MAX}")
