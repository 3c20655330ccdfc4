"""How the lines of a node stand, for persons of its own party."""

import msgspec

from mamarr.coordination.peers import Bond
from mamarr.link.links import Standing


class PeerStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One peer. party: None before it said whose it is. standing: of its link; None where no channel is open.

    is_connected: whether a connection stands now. fault: why there is none, as the last attempt ended; an
    empty text where nothing went wrong.
    """

    peer: str
    party: str | None
    bond: Bond
    is_connected: bool
    fault: str
    standing: Standing | None


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """All of them. listening: the address at which peers may dial us; empty where they may not.

    turned_away: connections of strangers and of peers that came too often, by why.
    """

    peers: tuple[PeerStanding, ...] = ()
    listening: str = ""
    turned_away: dict[str, int] = {}
