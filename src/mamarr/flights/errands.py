"""Errands: what this node still has to say to another authority, decided and not sent yet.

They are kept by the decision that makes them necessary, so that none is lost; whoever sends one, ends it by
the decision that queues the message. What is said may come late, twice and in any order: each word names the
revision or the number that it is about, and an old one changes nothing.
"""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from mamarr.airspace.commitment import Counter, Reply
from mamarr.airspace.occupancy import Kind
from mamarr.airspace.terms import LATERAL_MAX_MM, TIME_MAX_MS, VERTICAL_MAX_MM
from mamarr.faults import Reason, present
from mamarr.flights.conditions import Condition
from mamarr.flights.crossings import Content
from mamarr.flights.plans import POINTS_MAX
from mamarr.flights.protection import Protected
from mamarr.geometry import Volume, footprints
from mamarr.geometry.volumes import volumes_of_box
from mamarr.names import FREE_TEXT, LONG_TEXT, OBJECT_ID, PARTY_ID, AlertType, Personal, matched

# Chosen: half of what a message may have, so that what a flight needs beside its plan fits too.
ASKED_KINDS = (Kind.FLIGHT, Kind.RESERVATION)
VOLUMES_BYTES_MAX = 20_000
PLAN_BYTES_MAX = 8_000
NUMBER_MAX = 1 << 53
DIGEST_LETTERS_MAX = 64
HELD_MAX = 1_000  # chosen: as many revisions as a crossing has

# What it is


class _OfOne(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """About what has the id `object_id` and was asked for at `filed_ms`: an id may be used again later.

    kind: a flight or a reservation.
    """

    object_id: str
    filed_ms: int
    kind: Kind = Kind.FLIGHT

    def __post_init__(self) -> None:
        matched("object_id", self.object_id, OBJECT_ID)
        if self.kind not in ASKED_KINDS:
            raise ValueError(f"a {self.kind} is not asked for or told of, only flights and reservations are")
        _counted("filed_ms", self.filed_ms)


class _OfRevision(_OfOne, frozen=True, kw_only=True, omit_defaults=True):
    revision: int

    def __post_init__(self) -> None:
        super().__post_init__()
        _counted("revision", self.revision)


class CrossingRequest(_OfRevision, frozen=True, kw_only=True, omit_defaults=True, tag="crossing-request"):
    """Accept this. digest: of the agreement on which it was decided where to ask."""

    digest: str
    content: Content


class CrossingConfirm(_OfRevision, frozen=True, kw_only=True, omit_defaults=True, tag="crossing-confirm"):
    """All that were asked have accepted it."""


class CrossingGiveBack(_OfRevision, frozen=True, kw_only=True, omit_defaults=True, tag="crossing-give-back"):
    """It is not needed, or not any more."""


class CrossingReply(_OfRevision, frozen=True, kw_only=True, omit_defaults=True, tag="crossing-reply"):
    """What is answered to a request or to a confirmation. object_id, filed_ms: as the request has them."""

    reply: Reply
    reason: Reason | None = None
    counter: Counter | None = None


class VoiceClaim(_OfRevision, frozen=True, kw_only=True, omit_defaults=True, tag="voice-claim"):
    """You answered this by telephone, as was entered here: countersign it, or dispute it.

    digest, content: as of the request, which may never have come. counter: where the answer was COUNTERED.
    spoken_by: which of your persons is said to have answered; read_back: what was read back then.
    """

    digest: str
    content: Content
    reply: Reply
    spoken_at_ms: int
    counter: Counter | None = None
    spoken_by: Personal = None
    read_back: Personal = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _counted("spoken_at_ms", self.spoken_at_ms)
        if self.spoken_by is not None:
            matched("spoken_by", self.spoken_by, FREE_TEXT)
        if self.read_back is not None:
            matched("read_back", self.read_back, LONG_TEXT)


class CrossingWithdrawal(
    _OfRevision, frozen=True, kw_only=True, omit_defaults=True, tag="crossing-withdrawal"
):
    """What was confirmed of your flight is withdrawn, unless it is in the air by then. from_ms: when, by the
    sender's clock."""

    from_ms: int

    def __post_init__(self) -> None:
        super().__post_init__()
        _counted("from_ms", self.from_ms)
        if self.kind is not Kind.FLIGHT:
            raise ValueError("only what was accepted of a flight is withdrawn")


class FlightState(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="flight-state"):
    """How it is with what nobody can refuse any more, or that nobody was asked for.

    number: of the newest such word about it; an older one changes nothing. is_over: it has landed, left, or
    is clear. content: what is kept for its plan now; imposed: what it needs beside that. revision: the newest
    that `content` takes the place of. ends_by_word: `content` ends by what the sender says alone, as of an
    airborne flight.
    """

    number: int
    revision: int = 0
    is_over: bool = False
    is_airborne: bool = False
    condition: Condition = Condition.NORMAL
    content: Content | None = None
    imposed: tuple[Volume, ...] = ()
    ends_by_word: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        _counted("number", self.number)
        _counted("revision", self.revision)
        if self.is_over != (self.content is None):
            raise ValueError("a flight that is not over keeps something, and one that is over nothing")


class AgreementReady(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="agreement-ready"):
    """The sender has the agreement with this digest, and holds to it."""

    digest: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.digest) <= DIGEST_LETTERS_MAX:
            raise ValueError(f"a digest has 1 to {DIGEST_LETTERS_MAX} letters")


class SuspensionTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="suspension-told"):
    """What the sender did to the agreement last: suspended it, or resumed it.

    number: of its newest such act; an older one changes nothing. decided_ms: when, by its clock. reason: why,
    as its people say. is_returned: it is what the receiver did, and may have forgotten.
    """

    number: int
    is_suspended: bool
    decided_ms: int
    reason: str
    is_returned: bool = False

    def __post_init__(self) -> None:
        _counted("number", self.number)
        _counted("decided_ms", self.decided_ms)
        matched("reason", self.reason, FREE_TEXT)


class AlertTold(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="alert-told"):
    """A warning about a flight of the sender's, or that it is over. No measurement and no advice is in it.

    number: of the newest such word about this flight and alert; an older one changes nothing. raised_ms: when
    its condition began, by the sender's clock. is_self_report, is_recorded: as of `surveillance.alerts`.
    """

    alert: AlertType
    number: int
    raised_ms: int
    is_over: bool = False
    is_self_report: bool = False
    is_recorded: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        _counted("number", self.number)
        _counted("raised_ms", self.raised_ms)
        if self.kind is not Kind.FLIGHT:
            raise ValueError("a warning is about a flight")


class CrossingHeld(_OfOne, frozen=True, kw_only=True, omit_defaults=True, tag="crossing-held"):
    """What the sender knows of a flight or reservation of the receiver's, said when their line begins anew.

    revisions: protected for good. asked, number: the newest that was asked for, and told of. content: what is
    protected now; None: nothing. is_set_back: the sender's own record was set back too, so that it may have
    forgotten what came later.
    """

    revisions: tuple[int, ...] = ()
    asked: int = 0
    number: int = 0
    is_airborne: bool = False
    content: Content | None = None
    is_set_back: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value in (("asked", self.asked), ("number", self.number)):
            _counted(name, value)
        if len(self.revisions) > HELD_MAX:
            raise ValueError(f"more than {HELD_MAX} revisions are protected")
        for each in self.revisions:
            _counted("revision", each)


class AllReturned(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="all-returned"):
    """All was said that the sender has of the receiver's, and what it told the receiver of its own.

    edition: of the agreement that is in force there; 0 for none. is_set_back: as of `CrossingHeld`.
    """

    edition: int = 0
    is_set_back: bool = False

    def __post_init__(self) -> None:
        _counted("edition", self.edition)


OfFlight = (
    CrossingRequest
    | VoiceClaim
    | CrossingConfirm
    | CrossingGiveBack
    | CrossingReply
    | CrossingWithdrawal
    | FlightState
    | AlertTold
    | CrossingHeld
)
OfNode = AgreementReady | SuspensionTold | AllReturned  # of no flight: of what two nodes have in common
Word = OfFlight | OfNode
WITH_CONTENT = CrossingRequest | VoiceClaim | FlightState | CrossingHeld


class WordKind(StrEnum):
    """The kinds of words, as messages have them."""

    CROSSING_REQUEST = "crossing-request"
    VOICE_CLAIM = "voice-claim"
    CROSSING_CONFIRM = "crossing-confirm"
    CROSSING_GIVE_BACK = "crossing-give-back"
    CROSSING_REPLY = "crossing-reply"
    FLIGHT_STATE = "flight-state"
    AGREEMENT_READY = "agreement-ready"
    ALERT_TOLD = "alert-told"
    CROSSING_HELD = "crossing-held"
    ALL_RETURNED = "all-returned"
    CROSSING_WITHDRAWAL = "crossing-withdrawal"
    SUSPENSION_TOLD = "suspension-told"


def kind_of(word: Word) -> WordKind:
    """Which kind of word it is."""
    return WordKind(str(type(word).__struct_config__.tag))


class Errand(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A word for another authority. valid_ms: for how long it is of use, counted from when it is sent."""

    errand_id: str
    authority: str
    word: Word
    valid_ms: int


def errand(authority: str, word: Word, valid_ms: int) -> Errand:
    """The errand that says `word` to `authority`; the same word makes the same id."""
    if isinstance(word, AgreementReady):
        name = f"{authority}/{kind_of(word)}/{word.digest}"
        return Errand(errand_id=name, authority=authority, word=word, valid_ms=valid_ms)
    if isinstance(word, AllReturned):
        name = f"{authority}/{kind_of(word)}"
        return Errand(errand_id=name, authority=authority, word=word, valid_ms=valid_ms)
    if isinstance(word, SuspensionTold):
        whose = "returned/" if word.is_returned else ""
        name = f"{authority}/{kind_of(word)}/{whose}{word.number}"
        return Errand(errand_id=name, authority=authority, word=word, valid_ms=valid_ms)
    match word:
        case CrossingWithdrawal():
            about = f"{word.revision}/{word.from_ms}"
        case CrossingHeld():
            about = f"{word.asked}/{word.number}"
        case FlightState():
            about = f"{word.number}"
        case AlertTold():
            about = f"{word.alert}/{word.number}"
        case CrossingReply():
            about = f"{word.revision}/{word.reply}"
        case VoiceClaim():
            about = f"{word.revision}/{word.reply}/{word.spoken_at_ms}"
        case _:
            about = f"{word.revision}"
    name = name_of(authority, kind_of(word), word.kind, word.object_id, word.filed_ms, about)
    return Errand(errand_id=name, authority=authority, word=word, valid_ms=valid_ms)


def name_of(
    authority: str, word_kind: WordKind, kind: Kind, object_id: str, filed_ms: int, about: str
) -> str:
    """The id of an errand. about: what tells it from others about the same object, as `errand` makes it."""
    of_kind = "" if kind is Kind.FLIGHT else f"{kind}/"
    return f"{authority}/{word_kind}/{of_kind}{object_id}/{filed_ms}/{about}"


def place(word: Word) -> tuple[int, str, int, int]:
    """Where it stands among words that were decided before or after it, as far as the words themselves tell:
    of one flight, what is of an older revision first; and a request before what it is given back by."""
    if isinstance(word, OfNode):
        return 0, "", word.number if isinstance(word, SuspensionTold) else 0, 0
    number = word.number if isinstance(word, FlightState | AlertTold | CrossingHeld) else word.revision
    return word.filed_ms, word.object_id, number, list(WordKind).index(kind_of(word))


def are_short(volumes: tuple[Protected, ...] | tuple[Volume, ...]) -> bool:
    """Whether these volumes take no more bytes than a message has for them."""
    return len(_encode(volumes)) <= VOLUMES_BYTES_MAX


def too_large(content: Content) -> str | None:
    """The limit that what is asked for is beyond as bytes; None where it fits a message."""
    if not are_short(content.volumes):
        return "volumes_bytes_max"
    return "plan_bytes_max" if len(_encode(content.plan)) > PLAN_BYTES_MAX else None


def said(word: Word) -> str:
    """The body of the message that says `word`."""
    return _encode(word).decode()


def read(kind: str, body: str) -> Word:
    """The word that a message of this kind says; ValueError when it says none of its kind, or one that makes
    no sense."""
    try:
        word: Word = _read(body)
    except (msgspec.DecodeError, RecursionError) as wrong:
        raise ValueError(f"a message of kind {kind} says nothing of the form: {wrong}") from wrong
    if kind_of(word) != kind:
        raise ValueError(f"a message of kind {kind} says {kind_of(word)}")
    if isinstance(word, WITH_CONTENT) and word.content is not None:
        _content(word.content, word.kind)
    for volume in _volumes(word):
        footprints.checked(volume.footprint)
    return word


def _content(value: Content, kind: Kind) -> None:
    """Whether the rules between kinds can look at it; ValueError where they cannot."""
    if value.kind is not kind:
        raise ValueError(f"a {kind} is said to be a {value.kind}")
    if kind is Kind.RESERVATION and (value.plan is not None or value.centre):
        raise ValueError("a reservation with a plan, or with a centre that serves it")
    if kind is Kind.FLIGHT and (value.box is not None or value.user_keeps_clear):
        raise ValueError("a flight with what only a reservation has")
    if value.box is not None and tuple(each.volume for each in value.volumes) != volumes_of_box(value.box):
        raise ValueError("the volumes are not those of the box")
    if value.party:
        matched("party", value.party, PARTY_ID)
    if value.centre:
        matched("centre", value.centre, OBJECT_ID)
    if not value.volumes:
        raise ValueError(f"a {kind} without volumes")
    for each in value.volumes:
        _protected(each)


def _protected(value: Protected) -> None:
    for name, number, most in (
        ("leg", value.leg, POINTS_MAX),
        ("longitudinal_minimum_ms", value.longitudinal_minimum_ms, TIME_MAX_MS),
        ("lateral_minimum_mm", value.lateral_minimum_mm, LATERAL_MAX_MM),
        ("vertical_minimum_mm", value.vertical_minimum_mm, VERTICAL_MAX_MM),
    ):
        if not 0 <= number <= most:
            raise ValueError(f"{name} of {number} is not between 0 and {most}")


def _volumes(word: Word) -> Iterator[Volume]:
    if isinstance(word, WITH_CONTENT) and word.content is not None:
        yield from (each.volume for each in word.content.volumes)
    if isinstance(word, FlightState):
        yield from word.imposed


# What may happen


class ErrandKept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="errand-kept"):
    """Something is to be said."""

    errand: Errand


class ErrandDone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="errand-done"):
    """The message that says it is queued."""

    errand_id: str


Event = ErrandKept | ErrandDone


def kept(found: Iterator[Errand]) -> tuple[ErrandKept, ...]:
    """The events that keep these errands."""
    return tuple(ErrandKept(errand=each) for each in found)


# How it changes


def evolve(value: Errand | None, event: Event) -> Errand | None:
    """The errand after `event`; None when it is done."""
    if isinstance(event, ErrandKept):
        return event.errand
    present(value, "done without being there")
    return None


def _counted(name: str, value: int) -> None:
    if not 0 <= value <= NUMBER_MAX:
        raise ValueError(f"{name} of {value} is not between 0 and {NUMBER_MAX}")


_encode = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(Word).decode
