"""What is agreed with other authorities, who has it, and how the line to each of them is.

For the node's own party alone: whom to call, and which levels an authority accepts by machine, are its
members' affair.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.coordination import Agreement, Channel, Map, MessageState, agreements
from mamarr.coordination.channels import Stopped
from mamarr.coordination.suspensions import Proposal, Suspension
from mamarr.engine.projection import Projection
from mamarr.faults import Reason, Refusal
from mamarr.geometry.units import moment_from_ms

SILENT_AFTER_MS = 15_000  # chosen: a line that is up carries something at least every 5 s; three are missing


class AgreementSeen(msgspec.Struct, frozen=True, kw_only=True):
    """An edition, and which members have it, as far as this node was told; its own party is one of them."""

    agreement: Agreement
    digest: str
    ready: tuple[str, ...]


class SuspensionSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A member that has the agreement suspended. since: when that was in force here; decided_at: when it was
    decided, by its own clock. message_key, message: of what told it, where that is still kept."""

    party: str
    since: datetime
    decided_at: datetime
    reason: str
    message_key: str | None = None
    message: MessageState | None = None


class AgreedSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What stands. proposed: here and not in force yet, the oldest edition first. suspensions: of what is in
    force; asked: what of them waits for a second person here."""

    in_force: AgreementSeen | None
    proposed: tuple[AgreementSeen, ...]
    suspensions: tuple[SuspensionSeen, ...] = ()
    asked: Proposal | None = None


class LineState(StrEnum):
    """How the line to another authority is.

    NONE: there is no channel to its node. STOPPED: nothing is sent or taken in any more. RETURNING: our
    record was restored, and it has not said all yet that it has of ours. SILENT: nothing of it was heard for
    a while, or ever. UP: it was heard just now.
    """

    NONE = "NONE"
    STOPPED = "STOPPED"
    RETURNING = "RETURNING"
    SILENT = "SILENT"
    UP = "UP"


class LineSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The line to the node of another authority. stopped: why. heard_at: when anything it signed came last.

    contact: whom to call, as the agreement says.
    """

    node: str
    party: str
    state: LineState
    stopped: Stopped | None = None
    heard_at: datetime | None = None
    contact: str | None = None


def agreed(projection: Projection, *, viewer: str) -> AgreedSeen | Refusal:
    """What is durably agreed here; only the node's own party may know."""
    if viewer != projection.party:
        return Refusal(reason=Reason.NOT_YOURS)
    held = projection.agreements.durable(agreements.KEY) or Map()
    own = projection.suspensions.durable(projection.party)
    return AgreedSeen(
        in_force=None if held.in_force is None else _in_force(held.in_force),
        proposed=tuple(_seen(each, held, projection.party) for each in held.proposed),
        suspensions=suspended(projection, party=viewer),
        asked=None if own is None else own.proposed,
    )


def suspended(projection: Projection, *, party: str) -> tuple[SuspensionSeen, ...]:
    """Who durably has the agreement in force suspended, by their names; for the node's own party alone."""
    held = projection.agreements.durable(agreements.KEY) or Map()
    if party != projection.party or held.in_force is None:
        return ()
    members = {each.party for each in held.in_force.members}
    found = sorted(projection.suspensions.durable_items(), key=lambda item: item[0])
    return tuple(
        _suspension(projection, value) for key, value in found if value.is_suspended and key in members
    )


def _suspension(projection: Projection, value: Suspension) -> SuspensionSeen:
    key = value.message_key
    message = None if key is None else projection.messages.durable(key)
    return SuspensionSeen(
        party=value.party,
        since=moment_from_ms(value.suspended_ms),
        decided_at=moment_from_ms(value.decided_ms),
        reason=value.reason,
        message_key=None if message is None else key,
        message=None if message is None else message.state,
    )


def _in_force(value: Agreement) -> AgreementSeen:
    """What is in force all members have: that is why it is."""
    parties = tuple(each.party for each in value.members)
    return AgreementSeen(agreement=value, digest=agreements.digest(value), ready=parties)


def _seen(value: Agreement, held: Map, own: str) -> AgreementSeen:
    digest = agreements.digest(value)
    said = {each.party for each in held.ready if each.digest == digest} | {own}
    ready = tuple(each.party for each in value.members if each.party in said)
    return AgreementSeen(agreement=value, digest=digest, ready=ready)


def lines(
    projection: Projection, *, party: str, now_ms: int, heard_ms: Mapping[str, int]
) -> tuple[LineSeen, ...]:
    """The lines to those this node has a channel to, or agreed with, in the order of their nodes.

    heard_ms: by node, when anything that it signed came last; none: never since this process began. Nothing
    for another party than the node's own.
    """
    if party != projection.party:
        return ()
    channels = dict(projection.channels.durable_items())
    members = {node: (whose, contact) for node, whose, contact in _members(projection)}
    return tuple(
        _line(node, members.get(node), channels.get(node), heard_ms.get(node), now_ms)
        for node in sorted(channels.keys() | members.keys())
    )


def _members(projection: Projection) -> Iterator[tuple[str, str, str | None]]:
    """Node, party and contact of the others of what is in force, else of what is proposed."""
    held = projection.agreements.durable(agreements.KEY) or Map()
    known = (held.in_force,) if held.in_force is not None else held.proposed
    for value in known:
        for each in value.members:
            if each.party != projection.party:
                yield each.node, each.party, each.contact


def _line(
    node: str,
    member: tuple[str, str | None] | None,
    channel: Channel | None,
    heard_ms: int | None,
    now_ms: int,
) -> LineSeen:
    party, contact = member or ("", None)
    state = LineState.NONE
    if channel is not None:
        party = channel.party
        is_heard = heard_ms is not None and now_ms - heard_ms <= SILENT_AFTER_MS
        state = LineState.UP if is_heard else LineState.SILENT
        state = LineState.RETURNING if channel.is_unsure or channel.is_returning else state
        state = state if channel.stopped is None else LineState.STOPPED
    return LineSeen(
        node=node,
        party=party,
        state=state,
        stopped=None if channel is None else channel.stopped,
        heard_at=None if heard_ms is None else moment_from_ms(heard_ms),
        contact=contact,
    )
