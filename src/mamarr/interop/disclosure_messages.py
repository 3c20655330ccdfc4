"""The messages about what one party may learn of another: rules, causes, and what is seen of others."""

from collections.abc import Callable, Iterable

import msgspec

from mamarr.airspace.occupancy import Kind, Touching
from mamarr.coordination import Disclosed, Rule, disclosure
from mamarr.engine.gate import Cause
from mamarr.engine.others import Imposition, OtherSeen
from mamarr.engine.touched import TouchedBy
from mamarr.faults import present
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


class DisclosurePairMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided on one owner and one viewer. in_force: None: the defaults hold. proposed: waits for a
    second person. mine: whether the asker proposed it, and so cannot approve it.
    """

    owner: str
    viewer: str
    in_force: DisclosureMessage | None
    proposed: DisclosureMessage | None
    mine: bool


class DisclosuresMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of disclosure, and what holds where there is none."""

    defaults: DisclosureMessage
    pairs: list[DisclosurePairMessage]


class CauseMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the way, as far as the asker may know.

    region: where it is held, and until when. corridor: of the plan, on which it is met. decided_by: the
    authorities that decide there.
    """

    kind: Kind
    id: str | None
    party: str | None
    region: RegionMessage | None
    corridor: str | None
    decided_by: list[str]


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


class TouchingMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a flight or an overrun reservation that nobody could refuse comes too near to."""

    kind: str
    id: str


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


def disclosures_message(
    values: Iterable[disclosure.Disclosure], *, is_mine: Callable[[str], bool]
) -> DisclosuresMessage:
    """The message that says all that is decided. is_mine: whether the asker holds the key of this id."""
    defaults = DisclosureMessage(
        flights=disclosure.DEFAULT_FLIGHTS, reservations=disclosure.DEFAULT_RESERVATIONS
    )
    return DisclosuresMessage(defaults=defaults, pairs=[_pair(value, is_mine) for value in values])


def _pair(value: disclosure.Disclosure, is_mine: Callable[[str], bool]) -> DisclosurePairMessage:
    proposed = value.proposed
    rule = present(value.rule if proposed is None else proposed.rule, "one of them is why it is there")
    return DisclosurePairMessage(
        owner=rule.owner,
        viewer=rule.viewer,
        in_force=None if value.rule is None else _extents(value.rule),
        proposed=None if proposed is None else _extents(proposed.rule),
        mine=proposed is not None and is_mine(proposed.key_id),
    )


def _extents(rule: Rule) -> DisclosureMessage:
    return DisclosureMessage(flights=rule.flights, reservations=rule.reservations)


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
        corridor=value.corridor_id,
        decided_by=list(value.decided_by),
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


def touching_message(value: Touching) -> TouchingMessage:
    """The message that says what something comes too near to."""
    return TouchingMessage(kind=value.kind, id=value.object_id)


def touching_messages(several: Iterable[Touching]) -> list[TouchingMessage]:
    """The same of several, drones left out: `drones` and `touched_by` say those, whoever asks."""
    return [touching_message(each) for each in several if each.kind is not Kind.DRONES]


def touched_by_message(value: TouchedBy) -> TouchedByMessage:
    """The message that says what comes too near."""
    return TouchedByMessage(kind=value.kind, why=value.why, id=value.object_id, party=value.party)
