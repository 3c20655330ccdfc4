"""The messages about what one party may learn of another: rules, causes, and what is seen of others."""

import msgspec

from mamarr.airspace.occupancy import Kind
from mamarr.coordination import Disclosed, Rule, disclosure
from mamarr.engine.gate import Cause
from mamarr.engine.others import Imposition, OtherSeen
from mamarr.engine.touched import TouchedBy
from mamarr.interop import regions
from mamarr.interop.forms import PARTY_ID_FORM
from mamarr.interop.regions import RegionMessage
from mamarr.interop.wire import built, matching
from mamarr.names import PARTY_ID

Act = disclosure.ProposeDisclosure | disclosure.ApproveDisclosure


class DisclosureMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much the viewer may know of the owner's flights and reservations."""

    flights: Disclosed
    reservations: Disclosed


class CauseMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the way, as far as the asker may know. region: where it is held."""

    kind: Kind
    id: str | None
    party: str | None
    region: RegionMessage | None


class OtherMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Something of another party, or sky that nobody asked for, as far as the viewer may know.

    regions: none where the viewer may know only that there is something of this kind; it then stands once for
    all of them. contact: whom to ask; of a flight the centre that serves it. why: of imposed sky, else None.
    """

    kind: Kind
    id: str | None
    party: str | None
    regions: list[RegionMessage]
    contact: str | None = None
    why: Imposition | None = None
    note: str | None = None


class TouchedByMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Something that comes too near to a flight or reservation and was not admitted there.

    It is told whatever the rule of disclosure; id and party where the viewer may know them. kind: None where
    the viewer may not know that it exists. why: of imposed sky, else None.
    """

    kind: Kind | None
    why: Imposition | None
    id: str | None
    party: str | None


def rule(owner: str, viewer: str, message: DisclosureMessage) -> Rule:
    """The rule in a message; WireError when the path names no two parties."""
    matching("path:owner", owner, PARTY_ID, PARTY_ID_FORM)
    matching("path:viewer", viewer, PARTY_ID, PARTY_ID_FORM)
    return built(
        "path:viewer",
        lambda: Rule(owner=owner, viewer=viewer, flights=message.flights, reservations=message.reservations),
    )


def propose(owner: str, viewer: str, message: DisclosureMessage) -> disclosure.ProposeDisclosure:
    """The command that asks a second person to let a rule hold."""
    return disclosure.ProposeDisclosure(rule=rule(owner, viewer, message))


def approve(owner: str, viewer: str, message: DisclosureMessage) -> disclosure.ApproveDisclosure:
    """The command by which a second person lets it hold."""
    return disclosure.ApproveDisclosure(rule=rule(owner, viewer, message))


def cause_message(value: Cause) -> CauseMessage:
    """The message that says a cause."""
    return CauseMessage(
        kind=value.kind,
        id=value.object_id,
        party=value.party,
        region=None if value.volume is None else regions.region_message(value.volume),
    )


def other_message(value: OtherSeen) -> OtherMessage:
    """The message that says what is seen of another party, or of imposed sky."""
    return OtherMessage(
        kind=value.kind,
        id=value.object_id,
        party=value.party,
        regions=[regions.region_message(volume) for volume in value.volumes],
        contact=value.contact,
        why=value.why,
        note=value.note,
    )


def touched_by_message(value: TouchedBy) -> TouchedByMessage:
    """The message that says what comes too near."""
    return TouchedByMessage(kind=value.kind, why=value.why, id=value.object_id, party=value.party)
