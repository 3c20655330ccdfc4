"""The messages about how the lines to other nodes stand."""

import msgspec

from mamarr.coordination.channels import Stopped
from mamarr.coordination.messages import Stream
from mamarr.coordination.peers import Bond


class LinkStreamMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One stream. waiting_count: of ours, not recorded there. missing_count: of theirs, not come though later
    ones did."""

    stream: Stream
    waiting_count: int
    missing_count: int


class LinkClockMessage(msgspec.Struct, frozen=True, kw_only=True):
    """How far the other node's clock is ahead of ours, and within how much of it the truth is."""

    ahead_ms: float
    error_ms: float


class LinkMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The line to one other node. party: null before it said whose it is.

    connected: whether a connection stands now. fault: why there is none, in English, of the last attempt.
    heard_for_ms: since anything signed came. confirmed_for_ms: since an envelope of ours was sent that the
    other says it heard. clock: null before it was measured. stopped: why nothing is taken in any more;
    stopped_there: the same of ours at the other. counted: what came and was not taken in, by why.
    unread_there: the latest version of envelopes that the other reads, where it could not read one; null: it
    read all.
    """

    node: str
    party: str | None
    bond: Bond
    connected: bool
    fault: str
    heard_for_ms: int | None
    confirmed_for_ms: int | None
    streams: list[LinkStreamMessage]
    clock: LinkClockMessage | None
    stopped: Stopped | None
    stopped_there: bool
    counted: dict[str, int]
    unread_there: int | None


class LinksMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of this node. listening: where others may dial it; empty: nowhere.

    turned_away: connections that were not let in, by why.
    """

    links: list[LinkMessage]
    listening: str
    turned_away: dict[str, int]
