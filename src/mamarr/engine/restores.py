"""A record that was restored from a backup or a copy: read-only until a person confirms it.

A node that went on writing after its record was set back would tell two histories under one key. Where it has
peers it admits nothing, even confirmed, until each has returned what it has (`coordination.returning`).
"""

from datetime import datetime

import msgspec

from mamarr.coordination.channels import ChannelUnsure
from mamarr.faults import Reason, Refusal
from mamarr.names import Author

# What may be asked


class ConfirmRestore(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="confirm-restore"):
    """Go on with the record as it is. A person of the node's own party asks this."""


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="restore"):
    """What the decision may rest on. why: why the node is read-only, None if it is not. party: the node's.

    peers: the nodes to which there is a line.
    """

    party: str
    why: str | None = None
    peers: tuple[str, ...] = ()


# What may happen


class RestoreConfirmed(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="restore-confirmed"
):
    """The record is taken as it is; what came after it, if anything did, is lost. why: as in the facts."""

    why: str


# What we answer


def decide(
    command: ConfirmRestore, facts: Facts, *, author: Author, now: datetime
) -> tuple[RestoreConfirmed | ChannelUnsure, ...] | Refusal:
    """Answer the confirmation. Never raises; says no prose.

    What came after the record is lost here, not at the peers: until each has said what it has, and returned
    it where that is more than we have, nothing is admitted.
    """
    del command, now
    if author.rule is not None or author.party != facts.party:
        return Refusal(reason=Reason.NOT_YOURS)
    if facts.why is None:
        return Refusal(reason=Reason.NOT_THERE)
    return (RestoreConfirmed(why=facts.why), *(ChannelUnsure(peer=each) for each in facts.peers))
