"""The messages of what authorities coordinate: what they agree, and what they ask each other for a flight."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, get_args

import msgspec

from mamarr.airspace import Share
from mamarr.airspace.commitment import Counter, Reply
from mamarr.airspace.occupancy import Kind
from mamarr.coordination import (
    Agreement,
    Member,
    MessageState,
    StandardCondition,
    agreements,
    claims,
    crossings,
)
from mamarr.coordination.agreements import (
    CONDITIONS_MAX,
    CORRIDORS_MAX,
    EDITION_MAX,
    MEMBERS_MAX,
    WITHDRAWAL_NOTICE_MS,
    Agree,
    Unmet,
)
from mamarr.coordination.channels import Stopped
from mamarr.coordination.claims import Claim, ClaimState, CountersignCrossing, DisputeCrossing
from mamarr.engine.agreed import AgreedSeen, AgreementSeen, LineSeen, LineState
from mamarr.engine.requested import CrossingSeen
from mamarr.faults import Reason, WireError
from mamarr.flights import Condition
from mamarr.flights.crossings import CrossingState
from mamarr.flights.voicing import EnterVoice
from mamarr.geometry.altitude import FiledLevel, filed_band, filed_level
from mamarr.geometry.units import epoch_ms, moment_from_ms, ms_from_s, s_from_ms
from mamarr.interop import geojson, regions
from mamarr.interop.access_messages import canonical
from mamarr.interop.airspace_messages import MinimaMessage, minima, minima_message
from mamarr.interop.flight_messages import (
    CounterMessage,
    LevelText,
    PlanMessage,
    counter_message,
    plan_message,
)
from mamarr.interop.forms import (
    FREE_TEXT_FORM,
    LONG_TEXT_FORM,
    OBJECT_ID_FORM,
    PARTY_ID_FORM,
    Moment,
    a_moment_ms,
    a_text,
    an_id,
)
from mamarr.interop.readings import Reading
from mamarr.interop.regions import RegionMessage
from mamarr.interop.suspension_messages import (
    ChangeAskedMessage,
    Revision,
    SuspensionMessage,
    asked_message,
    suspension_message,
)
from mamarr.interop.wire import built, matching
from mamarr.names import FREE_TEXT, LONG_TEXT, OBJECT_ID, PARTY_ID

Day = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
TwoDays = Annotated[float, msgspec.Meta(ge=0, le=172_800)]
AskedKind = Literal["FLIGHT", "RESERVATION"]


class MemberMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An authority that agrees, and the id of its node. contact: whom to call; not part of what is agreed."""

    party: str
    node: str
    contact: str | None = None


class StandardConditionMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an authority accepts at once, by machine, when nothing is in the way.

    level_lower, level_upper: it keeps within them, both included; flight levels or metric levels. notice_s:
    how long before its first volume begins it is asked for. corridors: a flight is on these alone; none:
    wherever it is. kinds: of flights, of reservations, or of both.
    """

    condition_id: str
    authority: str
    level_lower: LevelText
    level_upper: LevelText
    notice_s: TwoDays = 0.0
    corridors: Annotated[list[str], msgspec.Meta(max_length=CORRIDORS_MAX)] = []
    kinds: Annotated[tuple[AskedKind, ...], msgspec.Meta(min_length=1, max_length=2)] = ("FLIGHT",)


class AgreementMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What authorities agree on: one edition, the same at each of them.

    shares: a GeoJSON FeatureCollection of features of kind share, all of the map's, as `GET /api/airspace`
    has them. largest: no rule of any kind asks for more. answer_within_s: how long a request may wait for a
    person; lapse_s: how long an acceptance waits to be confirmed, longer than that. withdrawal_notice_s: how
    long before that a filer knows that what was confirmed is withdrawn.
    """

    agreement_id: str
    edition: Annotated[int, msgspec.Meta(ge=1, le=EDITION_MAX)]
    members: Annotated[list[MemberMessage], msgspec.Meta(min_length=2, max_length=MEMBERS_MAX)]
    shares: msgspec.Raw
    between_centres: MinimaMessage
    inside_centre: MinimaMessage
    largest: MinimaMessage
    answer_within_s: Day
    lapse_s: Day
    standard: Annotated[list[StandardConditionMessage], msgspec.Meta(max_length=CONDITIONS_MAX)] = []
    withdrawal_notice_s: Day = s_from_ms(WITHDRAWAL_NOTICE_MS)


class EditionMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An edition and its digest. ready: the members that have it, as far as this node was told."""

    agreement: AgreementMessage
    digest: str
    ready: list[str]


class AgreedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What is agreed with other authorities. proposed: here, and in force when all members have it.

    suspensions: who has what is in force suspended. asked: what waits here for a second person to suspend it
    or to resume it; null where nothing does.
    """

    in_force: EditionMessage | None
    proposed: list[EditionMessage]
    suspensions: list[SuspensionMessage]
    asked: ChangeAskedMessage | None


class AgreementReadMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What an agreement is, once read: to be compared and signed before it is proposed. Nothing was changed.

    digest: what all members have to have the same. command: a JSON text, what the person signs.
    """

    agreement: AgreementMessage
    digest: str
    command: str


class AcceptAnswer(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="ACCEPT", tag_field="answer"
):
    """Accept what the revision asks for; it lapses unless all others accept too and it is confirmed."""

    revision: Revision


class RejectAnswer(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="REJECT", tag_field="answer"
):
    """Decline what the revision asks for; what was accepted before it stays."""

    revision: Revision


class CounterAnswer(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="COUNTER", tag_field="answer"
):
    """Say what would be accepted instead: later, at another level, or both. Nothing is accepted by it."""

    revision: Revision
    later_s: Day = 0.0
    level: LevelText | None = None


class OverAnswer(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="OVER", tag_field="answer"
):
    """What others returned after this node's record was restored is over, or has been filed again."""


AnswerMessage = AcceptAnswer | RejectAnswer | CounterAnswer | OverAnswer


class VoiceAnswerMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What another authority answered by telephone to what it is asked for: nobody signed that.

    revision: the newest, as the picture has it. spoken_at: when it was said. spoken_by: who said it, there.
    entered_by: who heard it, here. read_back: what was read back of it. later_s, level: of COUNTERED alone.
    """

    authority: str
    revision: Revision
    answer: Literal["ACCEPTED", "COUNTERED", "REJECTED"]
    spoken_at: Moment
    spoken_by: str
    entered_by: str
    read_back: str
    later_s: Day = 0.0
    level: LevelText | None = None


class CountersignAnswer(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="COUNTERSIGN",
    tag_field="answer",
):
    """Sign that this authority gave the answer by telephone. What it accepted is confirmed by that."""

    revision: Revision


class DisputeAnswer(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="DISPUTE", tag_field="answer"
):
    """Say that this authority did not give the answer: NOT_SAID at all, or SAID_OTHERWISE."""

    revision: Revision
    reason: Literal["NOT_SAID", "SAID_OTHERWISE"]


ClaimAnswerMessage = CountersignAnswer | DisputeAnswer


class ClaimMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What this authority is said to have answered by telephone to a revision.

    spoken_by: which of its persons; read_back: what was read back. until: when it can be signed no more.
    is_open: whether a person is to sign it or dispute it. reason: why it was disputed.
    """

    revision: int
    answer: Reply
    spoken_at: Moment
    spoken_by: str | None
    read_back: str | None
    counter: CounterMessage | None
    until: Moment
    state: ClaimState
    is_open: bool
    reason: Reason | None


class PartMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the sky that is asked for or held. leg: of the plan. is_ours: the line leads through a share
    of this authority; else it only comes near to one, or another authority decides there."""

    region: RegionMessage
    leg: int
    is_ours: bool


class UnmetConditionMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A standard condition of this authority by which it was not accepted, and what of it does not hold."""

    condition_id: str
    why: list[Unmet]


class CrossingMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A flight or a reservation of another authority's centre, as this authority knows it.

    node, kind, object_id, filed_ms: what stands in the address of an answer. crossing_id: what is signed with
    an answer. asker: whose node it is. party, plan: null where
    this authority may not know them. revision: the newest asked for. is_waiting: whether a person is to
    answer; asked_at, answer_by and unmet are of that. lapses_at: of an acceptance not confirmed yet.
    is_held: whether sky is held for it. parts: of what is asked for while it waits, else of what is held.
    message: the key of the message that this row is of; message_state: how far that is. Both null where it is
    kept no more.
    returned_by: who returned it after this node's record was restored; it is then our own.
    claim: what is said to have been answered by telephone; an open one is signed or disputed, not answered.
    withdrawn_from: when this authority withdraws what it confirmed; its sky is held until it is given back.
    withdrawable: the revision that it can withdraw now; null where there is none.
    """

    crossing_id: str
    asker: str
    node: str
    kind: Kind
    object_id: str
    filed_ms: int
    party: str | None
    plan: PlanMessage | None
    state: CrossingState
    revision: int
    is_waiting: bool
    is_held: bool
    asked_at: Moment | None
    answer_by: Moment | None
    lapses_at: Moment | None
    returned_by: list[str]
    is_airborne: bool
    condition: Condition
    parts: list[PartMessage]
    unmet: list[UnmetConditionMessage]
    message: str | None
    message_state: MessageState | None
    claim: ClaimMessage | None
    withdrawn_from: Moment | None
    withdrawable: int | None


class CrossingsMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What other authorities ask of this one, what is to be answered first at the front; then what it holds
    for them. is_cut: there is more than is told."""

    at: Moment
    crossings: list[CrossingMessage]
    is_cut: bool


class LineMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The line to the node of another authority. stopped: why nothing goes over it any more. heard_at: when
    anything it signed came last. contact: whom to call."""

    node: str
    party: str
    state: LineState
    stopped: Stopped | None
    heard_at: Moment | None
    contact: str | None


# --- what is agreed, in -----------------------------------------------------------------------------------


def shares_reading(message: AgreementMessage) -> Reading:
    """The shares in a message, with every finding; WireError below `$.shares` when it is no collection."""
    try:
        return geojson.features(bytes(message.shares))
    except WireError as wrong:
        at = f"$.shares{wrong.at.removeprefix('$')}"
        raise WireError(wrong.what, at=at, allowed=wrong.allowed, code=wrong.code) from wrong


def agree(message: AgreementMessage, reading: Reading) -> Agree:
    """The command in a message whose shares were read without findings; WireError says what is wrong.

    Members, shares and conditions are put in the order of their names, so that who lists them otherwise
    agrees on the same.
    """
    found = []
    for number, each in enumerate(reading.imported):
        if not isinstance(each.value, Share):
            at = f"$.shares.features[{number}].properties.kind"
            raise WireError("only shares are agreed on", at=at, allowed="a share of the map")
        found.append(each.value)
    an_id("$.agreement_id", message.agreement_id)
    members = tuple(_member(each, f"$.members[{number}]") for number, each in enumerate(message.members))
    standard = tuple(
        _condition(each, f"$.standard[{number}]") for number, each in enumerate(message.standard)
    )
    agreement = built(
        "$",
        lambda: Agreement(
            agreement_id=message.agreement_id,
            edition=message.edition,
            members=tuple(sorted(members, key=lambda each: each.party)),
            shares=tuple(sorted(found, key=lambda each: each.share_id)),
            between_centres=minima(message.between_centres),
            inside_centre=minima(message.inside_centre),
            largest=minima(message.largest),
            answer_within_ms=ms_from_s(message.answer_within_s),
            lapse_ms=ms_from_s(message.lapse_s),
            standard=tuple(sorted(standard, key=lambda each: each.condition_id)),
            withdrawal_notice_ms=ms_from_s(message.withdrawal_notice_s),
        ),
    )
    return Agree(agreement=agreement)


def _member(message: MemberMessage, at: str) -> Member:
    matching(f"{at}.party", message.party, PARTY_ID, PARTY_ID_FORM)
    matching(f"{at}.node", message.node, PARTY_ID, PARTY_ID_FORM)
    matching(f"{at}.contact", message.contact, FREE_TEXT, FREE_TEXT_FORM)
    return Member(party=message.party, node=message.node, contact=message.contact)


def _condition(message: StandardConditionMessage, at: str) -> StandardCondition:
    an_id(f"{at}.condition_id", message.condition_id)
    matching(f"{at}.authority", message.authority, PARTY_ID, PARTY_ID_FORM)
    for number, each in enumerate(message.corridors):
        matching(f"{at}.corridors[{number}]", each, OBJECT_ID, OBJECT_ID_FORM)
    lower = _level(message.level_lower, f"{at}.level_lower")
    upper = _level(message.level_upper, f"{at}.level_upper")
    band = built(f"{at}.level_upper", lambda: filed_band(lower, upper))
    return built(
        at,
        lambda: StandardCondition(
            condition_id=message.condition_id,
            authority=message.authority,
            lower_mm=band.lower_mm,
            upper_mm=band.upper_mm,
            notice_ms=ms_from_s(message.notice_s),
            corridor_ids=tuple(message.corridors),
            kinds=tuple(Kind(each) for each in dict.fromkeys(message.kinds)),
        ),
    )


def _level(text: str, at: str) -> FiledLevel:
    return built(at, lambda: filed_level(text))


# --- what is agreed, out ----------------------------------------------------------------------------------


def agreement_message(value: Agreement) -> AgreementMessage:
    """The message that says `value`; of whole levels, `agree` makes the same value of it."""
    return AgreementMessage(
        agreement_id=value.agreement_id,
        edition=value.edition,
        members=[
            MemberMessage(party=each.party, node=each.node, contact=each.contact) for each in value.members
        ],
        shares=msgspec.Raw(geojson.collection(value.shares)),
        between_centres=minima_message(value.between_centres),
        inside_centre=minima_message(value.inside_centre),
        largest=minima_message(value.largest),
        answer_within_s=s_from_ms(value.answer_within_ms),
        lapse_s=s_from_ms(value.lapse_ms),
        standard=[_condition_message(each) for each in value.standard],
        withdrawal_notice_s=s_from_ms(value.withdrawal_notice_ms),
    )


def _condition_message(value: StandardCondition) -> StandardConditionMessage:
    lower, upper = regions.level_texts(value.lower_mm, value.upper_mm)
    return StandardConditionMessage(
        condition_id=value.condition_id,
        authority=value.authority,
        level_lower=lower,
        level_upper=upper,
        notice_s=s_from_ms(value.notice_ms),
        corridors=list(value.corridor_ids),
        kinds=tuple("FLIGHT" if each is Kind.FLIGHT else "RESERVATION" for each in value.kinds),
    )


def agreement_read(command: Agree) -> AgreementReadMessage:
    """The message that says what an agreement is, with what is to be signed."""
    return AgreementReadMessage(
        agreement=agreement_message(command.agreement),
        digest=agreements.digest(command.agreement),
        command=canonical(msgspec.to_builtins(command)).decode(),
    )


def agreed_message(value: AgreedSeen, *, is_mine: Callable[[str], bool]) -> AgreedMessage:
    """The message that says what stands. is_mine: whether the asker holds the key of this id."""
    return AgreedMessage(
        in_force=None if value.in_force is None else _edition_message(value.in_force),
        proposed=[_edition_message(each) for each in value.proposed],
        suspensions=[suspension_message(each) for each in value.suspensions],
        asked=None if value.asked is None else asked_message(value.asked, is_mine=is_mine),
    )


def _edition_message(value: AgreementSeen) -> EditionMessage:
    return EditionMessage(
        agreement=agreement_message(value.agreement), digest=value.digest, ready=list(value.ready)
    )


# --- crossings --------------------------------------------------------------------------------------------


def answer(name: str, message: AnswerMessage) -> crossings.Command:
    """The command in an answer to the crossing of this name; WireError says what is wrong."""
    match message:
        case AcceptAnswer():
            return crossings.AcceptCrossing(crossing_id=name, revision=message.revision)
        case OverAnswer():
            return crossings.EndReturned(crossing_id=name)
        case RejectAnswer():
            return crossings.RejectCrossing(crossing_id=name, revision=message.revision)
        case CounterAnswer():
            level = None if message.level is None else _level(message.level, "$.level")
            counter = built("$", lambda: Counter(later_ms=ms_from_s(message.later_s), level=level))
            return crossings.CounterCrossing(crossing_id=name, revision=message.revision, counter=counter)


def enter_voice(kind: str, object_id: str, message: VoiceAnswerMessage) -> EnterVoice:
    """The command in what a person enters that was said by telephone; WireError says what is wrong."""
    _asked_kind(kind)
    an_id("path:object_id", object_id)
    matching("$.authority", message.authority, PARTY_ID, PARTY_ID_FORM)
    a_text("$.spoken_by", message.spoken_by)
    a_text("$.entered_by", message.entered_by)
    matching("$.read_back", message.read_back, LONG_TEXT, LONG_TEXT_FORM)
    level = None if message.level is None else _level(message.level, "$.level")
    later_ms = ms_from_s(message.later_s)
    is_more = later_ms > 0 or level is not None or message.answer == "COUNTERED"
    return built(
        "$",
        lambda: EnterVoice(
            kind=Kind(kind),
            object_id=object_id,
            revision=message.revision,
            authority=message.authority,
            reply=Reply(message.answer),
            spoken_at_ms=epoch_ms(message.spoken_at),
            counter=Counter(later_ms=later_ms, level=level) if is_more else None,
            spoken_by=message.spoken_by,
            entered_by=message.entered_by,
            read_back=message.read_back,
        ),
    )


def claim_answer(name: str, message: ClaimAnswerMessage) -> claims.Command:
    """The command in an answer to what is said to have been answered by telephone."""
    match message:
        case CountersignAnswer():
            return CountersignCrossing(crossing_id=name, revision=message.revision)
        case DisputeAnswer():
            return DisputeCrossing(crossing_id=name, revision=message.revision, reason=Reason(message.reason))


def _asked_kind(kind: str) -> None:
    if kind not in get_args(AskedKind):
        allowed = ", ".join(get_args(AskedKind))
        raise WireError("there is no such kind", at="path:kind", allowed=allowed, code="FIELD_CHOICE")


def crossing_id(node: str, kind: str, object_id: str, filed: str) -> str:
    """The id of the crossing that a path names; WireError when it has another form."""
    matching("path:node", node, PARTY_ID, PARTY_ID_FORM)
    _asked_kind(kind)
    an_id("path:object_id", object_id)
    return crossings.key_of(node, object_id, a_moment_ms("path:filed", filed), Kind(kind))


def crossings_message(values: tuple[CrossingSeen, ...], *, at: datetime, count_max: int) -> CrossingsMessage:
    """The message that says what other authorities ask of this one, at most count_max of it."""
    return CrossingsMessage(
        at=at,
        crossings=[crossing_message(each) for each in values[:count_max]],
        is_cut=len(values) > count_max,
    )


def crossing_message(seen: CrossingSeen) -> CrossingMessage:
    """The message that says one of them."""
    return CrossingMessage(
        crossing_id=seen.crossing_id,
        asker=seen.asker,
        node=seen.node,
        kind=seen.kind,
        object_id=seen.object_id,
        filed_ms=seen.filed_ms,
        party=seen.party,
        plan=None if seen.plan is None else plan_message(seen.plan),
        state=seen.state,
        revision=seen.revision,
        is_waiting=seen.is_waiting,
        is_held=seen.is_held,
        asked_at=seen.asked_at,
        answer_by=seen.answer_by,
        lapses_at=seen.lapses_at,
        is_airborne=seen.is_airborne,
        returned_by=list(seen.returned_by),
        condition=seen.condition,
        parts=[
            PartMessage(region=regions.region_message(each.volume), leg=each.leg, is_ours=each.is_ours)
            for each in seen.parts
        ],
        unmet=[
            UnmetConditionMessage(condition_id=each.condition_id, why=list(each.why)) for each in seen.unmet
        ],
        message=seen.message_key,
        message_state=seen.message,
        claim=None if seen.claim is None else _claim_message(seen.claim, is_open=seen.is_claim_open),
        withdrawn_from=None if seen.withdrawn is None else moment_from_ms(seen.withdrawn.from_ms),
        withdrawable=seen.withdrawable,
    )


def _claim_message(value: Claim, *, is_open: bool) -> ClaimMessage:
    return ClaimMessage(
        revision=value.revision,
        answer=value.reply,
        spoken_at=moment_from_ms(value.spoken_at_ms),
        spoken_by=value.spoken_by,
        read_back=value.read_back,
        counter=None if value.counter is None else counter_message(value.counter),
        until=moment_from_ms(value.until_ms),
        state=value.state,
        is_open=is_open,
        reason=value.reason,
    )


def line_message(seen: LineSeen) -> LineMessage:
    """The message that says how a line is."""
    return LineMessage(
        node=seen.node,
        party=seen.party,
        state=seen.state,
        stopped=seen.stopped,
        heard_at=seen.heard_at,
        contact=seen.contact,
    )
