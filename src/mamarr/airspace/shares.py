"""Shares: which authority decides on entry into which part of the sky, and when.

Shares partition the sky that is shared out: two of different authorities have no point in common, save the
edge, which belongs to the one whose id comes first. What no share covers is UNALLOTTED.
"""

from datetime import datetime

import msgspec

from mamarr.airspace import declarations
from mamarr.airspace.windows import WINDOWS_MAX, Window
from mamarr.faults import BECAUSE_MAX, Reason, Refusal, present
from mamarr.geometry import Datum, Footprint, Shape, footprints
from mamarr.geometry.volumes import ALTITUDE_HIGHEST_MM, ALTITUDE_LOWEST_MM
from mamarr.names import OBJECT_ID, PARTY_ID, Author, matched

SHARES_MAX = 2_000  # chosen: sectors of a continent by level band and time

# What it is


class Share(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of the sky that one authority decides on.

    footprint: a POLYGON without radius. lower_mm, upper_mm: millimetres above `datum`, half-open. windows:
    when it holds; none means always.
    """

    share_id: str
    authority: str
    footprint: Footprint
    datum: Datum
    lower_mm: int
    upper_mm: int
    windows: tuple[Window, ...] = ()

    def __post_init__(self) -> None:
        matched("share_id", self.share_id, OBJECT_ID)
        matched("authority", self.authority, PARTY_ID)
        if self.footprint.shape is not Shape.POLYGON or self.footprint.radius_mm:
            raise ValueError("a share is a polygon without a radius")
        if not ALTITUDE_LOWEST_MM <= self.lower_mm < self.upper_mm <= ALTITUDE_HIGHEST_MM:
            raise ValueError("floor is not below ceiling, or outside -1000 m to 100000 m")
        if len(self.windows) > WINDOWS_MAX:
            raise ValueError(f"more than {WINDOWS_MAX} windows")


def checked(share: Share) -> Share:
    """The same share; ValueError says where its footprint makes no sense (`footprints.checked`)."""
    footprints.checked(share.footprint)
    return share


# What may be asked


class DeclareShare(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="declare-share"):
    """Let this share be; one of the same id is replaced."""

    share: Share


class WithdrawShare(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="withdraw-share"):
    """Let the share of this id be no more."""

    share_id: str

    def __post_init__(self) -> None:
        matched("share_id", self.share_id, OBJECT_ID)


Command = DeclareShare | WithdrawShare


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="share"):
    """What the decision may rest on.

    party: the node's own. held: of this id. count: how many there are. overlapping: shares of other
    authorities, but the one of this id, that have a point in common with the declared one
    (`allotment.overlaps`), at most BECAUSE_MAX, in the order of their ids. is_known_authority: whether its
    authority is a declared party that is one. is_agreed: the shares are agreed with other authorities.
    """

    party: str
    held: Share | None = None
    count: int = 0
    overlapping: tuple[Share, ...] = ()
    is_known_authority: bool = False
    is_agreed: bool = False


# What may happen


class ShareDeclared(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="share-declared"):
    """This part of the sky is its authority's to decide on."""

    share: Share


class ShareWithdrawn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="share-withdrawn"):
    """The share is no more."""

    share_id: str


Event = ShareDeclared | ShareWithdrawn


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event] | Refusal:
    """Answer one command about one share. Never raises; says no prose."""
    del now
    if facts.is_agreed and declarations.is_own(author, facts.party):
        return Refusal(reason=Reason.AGREED)
    if isinstance(command, WithdrawShare):
        name = command.share_id
        refusal = declarations.withdrawing_refused(
            author, party=facts.party, is_held=facts.held is not None, name=name
        )
        return refusal or (ShareWithdrawn(share_id=name),)
    refusal = declarations.declaring_refused(
        author,
        party=facts.party,
        is_new=facts.held is None,
        count=facts.count,
        count_max=SHARES_MAX,
        limit="shares_max",
    )
    if refusal is not None:
        return refusal
    share = command.share
    if not facts.is_known_authority:
        return Refusal(reason=Reason.UNKNOWN_PARTY, because=(share.authority,))
    misshapen = declarations.misshapen(share.share_id, share.footprint)
    if misshapen is not None:
        return misshapen
    if facts.overlapping:
        because = tuple(other.share_id for other in facts.overlapping[:BECAUSE_MAX])
        return Refusal(reason=Reason.VOLUME_HELD, because=because)
    return (ShareDeclared(share=share),)


# How it changes


def evolve(value: Share | None, event: Event) -> Share | None:
    """The share after `event`; None when it is no more. Stops when the two contradict each other."""
    if isinstance(event, ShareDeclared):
        return event.share
    present(value, "withdrawn while not there")
    return None
