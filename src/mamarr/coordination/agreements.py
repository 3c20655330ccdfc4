"""Agreements: what authorities agreed, as far as admission needs it.

Authorities that are joined by any agreement form one map: one partition of the sky, one set of minima, one
digest. Each node's own people propose it at their own node, from where it says so to the others; it takes
effect when all have said that they have the same. From its proposal on, a node admits alone only what needs
nobody else by what is in force and by what is proposed: so it does not matter who is first (decisions/0031).
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

import msgspec

from mamarr.airspace import Reservation, Share, Terms, declarations, reservations
from mamarr.airspace.commitment import UNSAID, AskedOf
from mamarr.airspace.occupancy import Kind
from mamarr.airspace.shares import SHARES_MAX, ShareDeclared, ShareWithdrawn
from mamarr.airspace.terms import TIME_MAX_MS, TermsSet
from mamarr.conflicts import Minima
from mamarr.faults import Reason, Refusal, limit_reached, present
from mamarr.flights import asking, errands, reserving
from mamarr.flights.admission import VERTICAL_HIGH_MM
from mamarr.flights.crossings import Content
from mamarr.flights.errands import AgreementReady, ErrandKept
from mamarr.flights.flights import CoordinationChanged
from mamarr.flights.holding import Coordination, Flight
from mamarr.geometry import Datum, Volume
from mamarr.geometry.altitude import ellipsoid_band_mm
from mamarr.geometry.units import epoch_ms
from mamarr.geometry.volumes import ALTITUDE_HIGHEST_MM, ALTITUDE_LOWEST_MM
from mamarr.names import FREE_TEXT, OBJECT_ID, PARTY_ID, Author, matched

KEY = "agreement"  # a node is in one map
MEMBERS_MAX = 50  # chosen: as many as a node has neighbours
CONDITIONS_MAX = 500  # chosen: some for each corridor of a large map
CORRIDORS_MAX = 200
PROPOSED_MAX = 5  # chosen: a proposal that was wrong is followed by the next edition, not taken back
HANDED_MAX = 500  # chosen: what one entry says; an edition that touches more is made in steps
READY_MAX = 2 * PROPOSED_MAX  # of each member, the newest
WITHDRAWAL_NOTICE_MS = 30 * 60_000  # chosen: time to tell a crew on the ground, and to file another way
READY_VALID_MS = 14 * 24 * 3_600_000  # chosen: longer than a line is down
EDITION_MAX = 1_000_000

# What it is


class Member(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An authority that agreed. node: id of its node. contact: whom to call, up to 200 characters."""

    party: str
    node: str
    contact: str | None = None

    def __post_init__(self) -> None:
        matched("party", self.party, PARTY_ID)
        matched("node", self.node, PARTY_ID)
        if self.contact is not None:
            matched("contact", self.contact, FREE_TEXT)


class StandardCondition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an authority accepts at once, by machine, when nothing is in the way.

    authority: who accepts. kinds: what it accepts. lower_mm, upper_mm: the levels that this keeps within,
    above STD, both in it. notice_ms: how long before its first volume begins it is asked for. corridor_ids:
    the flight is on these alone; none: wherever it is.
    """

    condition_id: str
    authority: str
    lower_mm: int
    upper_mm: int
    notice_ms: int = 0
    corridor_ids: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = (Kind.FLIGHT,)

    def __post_init__(self) -> None:
        matched("condition_id", self.condition_id, OBJECT_ID)
        matched("authority", self.authority, PARTY_ID)
        if not ALTITUDE_LOWEST_MM <= self.lower_mm <= self.upper_mm <= ALTITUDE_HIGHEST_MM:
            raise ValueError("floor is above ceiling, or outside -1000 m to 100000 m")
        if not 0 <= self.notice_ms <= 48 * TIME_MAX_MS:
            raise ValueError(f"a notice of {self.notice_ms} ms is not 0 to 48 hours")
        if len(self.corridor_ids) > CORRIDORS_MAX:
            raise ValueError(f"more than {CORRIDORS_MAX} corridors")
        if not self.kinds or not set(self.kinds) <= set(errands.ASKED_KINDS):
            raise ValueError("a standard condition is of flights, of reservations, or of both")


class Agreement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is agreed.

    shares: all of the map's, in the order of their ids. between_centres, inside_centre: as of `Terms`.
    largest: no rule of any kind asks for more, by agreement, corridor, level or kind: so far each authority
    looks beyond its share (decisions/0030). answer_within_ms: how long a request may wait for a person;
    lapse_ms: how long an acceptance waits to be confirmed, longer than that. withdrawal_notice_ms: how long
    before that a filer knows that what was confirmed is withdrawn.
    """

    agreement_id: str
    edition: int
    members: tuple[Member, ...]
    shares: tuple[Share, ...]
    between_centres: Minima
    inside_centre: Minima
    largest: Minima
    answer_within_ms: int
    lapse_ms: int
    standard: tuple[StandardCondition, ...] = ()
    withdrawal_notice_ms: int = WITHDRAWAL_NOTICE_MS

    def __post_init__(self) -> None:
        matched("agreement_id", self.agreement_id, OBJECT_ID)
        if not 1 <= self.edition <= EDITION_MAX:
            raise ValueError(f"edition {self.edition} is not between 1 and {EDITION_MAX}")
        parties = [each.party for each in self.members]
        if not 2 <= len(parties) <= MEMBERS_MAX:
            raise ValueError(f"an agreement has 2 to {MEMBERS_MAX} members, not {len(parties)}")
        if len(set(parties)) < len(parties) or len({each.node for each in self.members}) < len(parties):
            raise ValueError("a member is named twice")
        ids = [each.share_id for each in self.shares]
        if ids != sorted(set(ids)) or not 1 <= len(ids) <= SHARES_MAX:
            raise ValueError(f"shares are 1 to {SHARES_MAX}, in the order of their ids, each once")
        owners = {each.authority for each in self.shares} | {each.authority for each in self.standard}
        if not owners <= set(parties):
            raise ValueError(f"{min(owners - set(parties))} is no member")
        if len(self.standard) > CONDITIONS_MAX:
            raise ValueError(f"more than {CONDITIONS_MAX} standard conditions")
        if not 1 <= self.answer_within_ms < self.lapse_ms <= 24 * TIME_MAX_MS:
            raise ValueError("an answer may not take as long as an acceptance waits, or that is over a day")
        if not 1 <= self.withdrawal_notice_ms <= 24 * TIME_MAX_MS:
            raise ValueError(f"a notice of {self.withdrawal_notice_ms} ms is not 1 ms to 24 hours")
        Terms(between_centres=self.between_centres, inside_centre=self.inside_centre)
        Terms(between_centres=self.largest)
        floor = Minima(vertical_mm=VERTICAL_HIGH_MM)
        for each in (self.between_centres, self.inside_centre, floor):
            if not is_within(each, self.largest):
                raise ValueError("the largest minimum is smaller than another")


class Ready(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A member has what has this digest, and holds to it."""

    party: str
    digest: str


class Map(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What this node has agreed. proposed: here, and not in force yet. ready: what others said they have."""

    in_force: Agreement | None = None
    proposed: tuple[Agreement, ...] = ()
    ready: tuple[Ready, ...] = ()


def entered(value: Map, own: str) -> Agreement | None:
    """The newest proposal that all members have now; None where there is none."""
    said = {(each.party, each.digest) for each in value.ready}
    complete = (
        each
        for each in value.proposed
        if all(one.party == own or (one.party, digest(each)) in said for one in each.members)
    )
    return max(complete, key=_edition, default=None)


def _edition(value: Agreement) -> int:
    return value.edition


def is_within(minima: Minima, largest: Minima) -> bool:
    """Whether `minima` asks for no more than `largest`, in all three."""
    return (
        minima.lateral_mm <= largest.lateral_mm
        and minima.vertical_mm <= largest.vertical_mm
        and minima.time_ms <= largest.time_ms
    )


def digest(value: Agreement) -> str:
    """What all have to have the same: hex of 64 letters, over all of it but whom to call."""
    members = tuple(msgspec.structs.replace(each, contact=None) for each in value.members)
    return sha256(
        b"mamarr agreement 1\n" + _encode(msgspec.structs.replace(value, members=members))
    ).hexdigest()


class Unmet(StrEnum):
    """What of a standard condition does not hold for what is asked."""

    CORRIDOR = "CORRIDOR"
    LEVELS = "LEVELS"
    NOTICE = "NOTICE"


def is_standard(value: Agreement, authority: str, content: Content, now_ms: int) -> bool:
    """Whether `authority` accepts by machine what is asked, when nothing is in the way."""
    return any(
        next(unmet(each, content, now_ms), None) is None
        for each in value.standard
        if each.authority == authority and content.kind in each.kinds
    )


def unmet(condition: StandardCondition, content: Content, now_ms: int) -> Iterator[Unmet]:
    """What of a condition for its kind does not hold for what is asked at `now_ms`."""
    if not _is_on(content, condition.corridor_ids):
        yield Unmet.CORRIDOR
    lower_mm, upper_mm = condition.lower_mm, condition.upper_mm
    if not all(_is_between(kept.volume, lower_mm, upper_mm) for kept in content.volumes):
        yield Unmet.LEVELS
    if now_ms + condition.notice_ms > min(each.volume.time_start_ms for each in content.volumes):
        yield Unmet.NOTICE


def _is_between(volume: Volume, lower_mm: int, upper_mm: int) -> bool:
    """Whether all of it is surely between two levels above STD."""
    if volume.datum is Datum.STD:
        return lower_mm <= volume.lower_mm and volume.upper_mm <= upper_mm
    above_mm = ellipsoid_band_mm(Datum.STD, lower_mm, lower_mm)[1]
    below_mm = ellipsoid_band_mm(Datum.STD, upper_mm, upper_mm)[0]
    held_lower_mm, held_upper_mm = ellipsoid_band_mm(volume.datum, volume.lower_mm, volume.upper_mm)
    return above_mm <= held_lower_mm and held_upper_mm <= below_mm


def _is_on(content: Content, corridor_ids: tuple[str, ...]) -> bool:
    if not corridor_ids:
        return True
    route = () if content.plan is None else content.plan.route[:-1]
    return bool(route) and all(point.corridor_id in corridor_ids for point in route)


# What may be asked


class Agree(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="agree"):
    """Propose this here; it is in force when all members have it."""

    agreement: Agreement


Command = Agree


class HandedOver(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A flight or a reservation of this node, and authorities that were not asked for it and would be by a
    proposal. said_as: what it is called to them, where they never heard of it."""

    flight: Flight | None = None
    to: tuple[AskedOf, ...] = ()
    reservation: Reservation | None = None
    said_as: str = UNSAID


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="agreement"):
    """What the decision may rest on.

    party, node: the node's own. held: what is agreed. shares, terms: those that there are. misshapen: a
    share whose shape makes no sense. overlapping: ids of shares of two authorities that have more than an
    edge in common. unknown: members that are no declared authorities. beyond: corridors that ask for more
    than the largest minimum. reaching: what others are just asked for and would need another's acceptance
    than it has, and what is admitted where nobody would decide; each of the last four at most BECAUSE_MAX.
    handed: what would need another's acceptance, at most HANDED_MAX and one more.
    """

    party: str
    node: str
    held: Map = Map()
    shares: tuple[Share, ...] = ()
    terms: Terms | None = None
    misshapen: Refusal | None = None
    overlapping: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    reaching: tuple[str, ...] = ()
    handed: tuple[HandedOver, ...] = ()


# What may happen


class AgreementProposed(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="agreement-proposed"
):
    """This node has it, and holds to it."""

    agreement: Agreement


class MemberReady(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="member-ready"):
    """Another member has what has this digest, and holds to it."""

    party: str
    digest: str


class AgreementEntered(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="agreement-entered"
):
    """From now on what has this digest is in force here."""

    digest: str


Event = AgreementProposed | MemberReady | AgreementEntered
Happened = (
    Event | ShareDeclared | ShareWithdrawn | TermsSet | ErrandKept | CoordinationChanged | reservations.Event
)
Outcome = tuple[Happened, ...]

# What we answer


def decide(command: Agree, facts: Facts, *, author: Author, now: datetime) -> Outcome | Refusal:
    """Answer one command about the agreement. Never raises; says no prose.

    Who would have to accept a flight by it, and was never asked, is told of it before this node says that it
    has the agreement: so a share changes hands with what is in it.
    """
    refused = _refused(command.agreement, facts, author)
    if refused is not None:
        return refused
    asked, name = command.agreement, digest(command.agreement)
    word = AgreementReady(digest=name)
    others = (each.party for each in asked.members if each.party != facts.party)
    said = errands.kept(errands.errand(each, word, READY_VALID_MS) for each in others)
    handed = tuple(_handed_over(facts.handed, epoch_ms(now)))
    after = evolve(facts.held, AgreementProposed(agreement=asked))
    return (
        AgreementProposed(agreement=asked),
        *handed,
        *said,
        *_entering(after, facts.party, facts.shares, facts.terms),
    )


def _handed_over(handed: tuple[HandedOver, ...], now_ms: int) -> Iterator[Happened]:
    for each in handed:
        if each.reservation is not None:
            yield from reserving.handed_over(each.reservation, each.to, said_as=each.said_as, now_ms=now_ms)
        if each.flight is not None:
            yield from _flight_handed_over(each.flight, each.to, each.said_as, now_ms)


def _flight_handed_over(
    flight: Flight, to: tuple[AskedOf, ...], said_as: str, now_ms: int
) -> Iterator[CoordinationChanged | ErrandKept]:
    for said in asking.handed_over(flight, to, said_as=said_as, now_ms=now_ms):
        if isinstance(said, Coordination):
            yield CoordinationChanged(
                flight_id=flight.flight_id,
                coordination=said,
                stage=flight.stage,
                lapses_at_ms=flight.lapses_at_ms,
            )
        else:
            yield ErrandKept(errand=said)


def _refused(asked: Agreement, facts: Facts, author: Author) -> Refusal | None:
    """Why it cannot be proposed here."""
    if not declarations.is_own(author, facts.party):
        return Refusal(reason=Reason.NOT_YOURS)
    if all((each.party, each.node) != (facts.party, facts.node) for each in asked.members):
        return Refusal(reason=Reason.UNKNOWN_PARTY, because=(facts.party,))
    known = facts.held.in_force
    is_old = known is not None and asked.edition <= known.edition
    if is_old or any(digest(each) == digest(asked) for each in facts.held.proposed):
        return Refusal(reason=Reason.AGREED, because=(asked.agreement_id,))
    if len(facts.held.proposed) >= PROPOSED_MAX:
        return limit_reached("proposed_max")
    if facts.unknown:
        return Refusal(reason=Reason.UNKNOWN_PARTY, because=facts.unknown)
    if facts.misshapen is not None:
        return facts.misshapen
    if facts.overlapping:
        return Refusal(reason=Reason.VOLUME_HELD, because=facts.overlapping)
    if facts.beyond:
        return Refusal(reason=Reason.OTHER_AGREEMENT, because=facts.beyond)
    if len(facts.handed) > HANDED_MAX:
        return limit_reached("handed_max")
    if facts.reaching:
        return Refusal(reason=Reason.OTHER_AUTHORITY, because=facts.reaching)
    return None


def ready(
    value: Map,
    said: Ready,
    *,
    own: str,
    shares: tuple[Share, ...],
    terms: Terms | None,
) -> Outcome:
    """What follows when a member says that it has what has a digest. own: the node's own party."""
    if said in value.ready:
        return ()
    event = MemberReady(party=said.party, digest=said.digest)
    return (event, *_entering(evolve(value, event), own, shares, terms))


def _entering(value: Map, own: str, shares: tuple[Share, ...], terms: Terms | None) -> Outcome:
    """The events by which a proposal takes effect that all members have."""
    agreement = entered(value, own)
    if agreement is None:
        return ()
    minima = msgspec.structs.replace(
        terms or Terms(),
        between_centres=agreement.between_centres,
        inside_centre=agreement.inside_centre,
    )
    return (
        AgreementEntered(digest=digest(agreement)),
        *_of_shares(agreement.shares, shares),
        TermsSet(terms=minima),
    )


def _of_shares(
    asked: tuple[Share, ...], there: tuple[Share, ...]
) -> Iterator[ShareDeclared | ShareWithdrawn]:
    ids = {each.share_id for each in asked}
    yield from (ShareWithdrawn(share_id=each.share_id) for each in there if each.share_id not in ids)
    known = set(there)
    yield from (ShareDeclared(share=each) for each in asked if each not in known)


# How it changes


def evolve(value: Map | None, event: Event) -> Map:
    """What is agreed after `event`. Stops when the two contradict each other."""
    before = value or Map()
    match event:
        case AgreementProposed():
            return msgspec.structs.replace(before, proposed=(*before.proposed, event.agreement))
        case MemberReady():
            said = Ready(party=event.party, digest=event.digest)
            own = tuple(each for each in before.ready if each.party == event.party)[-READY_MAX + 1 :]
            others = tuple(each for each in before.ready if each.party != event.party)
            return msgspec.structs.replace(before, ready=(*others, *own, said))
        case AgreementEntered():
            entering = present(
                next((each for each in before.proposed if digest(each) == event.digest), None),
                "what takes effect was proposed",
            )
            later = tuple(each for each in before.proposed if each.edition > entering.edition)
            return msgspec.structs.replace(before, in_force=entering, proposed=later)


_encode = msgspec.json.Encoder(order="sorted").encode
