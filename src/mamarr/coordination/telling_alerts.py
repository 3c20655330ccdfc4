"""Which alerts of this node's watch other authorities were told of.

Whoever may hold sky for a flight, or was told of it, is told of each alert about it: that it began, and that
it is over; also when the alert stands and the flight concerns them no more. A rule of the node compares what
holds with what was told, once a second: so nothing is lost when either changes while the node does not look,
and who is told of the flight later learns what holds then.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from mamarr.airspace.commitment import next_number
from mamarr.airspace.occupancy import Kind
from mamarr.faults import Reason, Refusal
from mamarr.flights import errands
from mamarr.flights.asking import STATE_VALID_MS
from mamarr.flights.errands import Errand, ErrandKept, WordKind
from mamarr.geometry.units import epoch_ms
from mamarr.names import AlertType, Author
from mamarr.surveillance.alerts import Alert, AlertStatus, alert_key

# What it is


class ToldTo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An authority that was told. number: of the newest word to it."""

    authority: str
    number: int


class AlertTelling(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What others were told of the alert `alert` about the flight `subject`.

    object_id, filed_ms: what the flight is called to them. number: of the newest word. to: who was told, and
    not since that it is no affair of theirs. raised_ms, is_self_report, is_recorded: as of the alert.
    is_over: they were told that it is.
    """

    alert: AlertType
    subject: str
    object_id: str
    filed_ms: int
    number: int
    to: tuple[ToldTo, ...]
    raised_ms: int
    is_over: bool = False
    is_self_report: bool = False
    is_recorded: bool = False

    @property
    def key(self) -> str:
        """Its name, that of the alert."""
        return alert_key(self.alert, self.subject)


def errand_id(value: AlertTelling, to: ToldTo) -> str:
    """The id of the errand that told an authority last."""
    about = f"{value.alert}/{to.number}"
    return errands.name_of(
        to.authority, WordKind.ALERT_TOLD, Kind.FLIGHT, value.object_id, value.filed_ms, about
    )


# What may be asked


class TellAlert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="tell-alert"):
    """Tell others what they do not know of an alert; asked by a rule of the node."""

    alert: AlertType
    subject: str

    @property
    def key(self) -> str:
        """The name of the alert."""
        return alert_key(self.alert, self.subject)


Command = TellAlert


class Called(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a flight is called to others.

    to: who may hold sky for it, or was told of it. full: of them, to whom so much is still to be said that no
    more is decided now.
    """

    object_id: str
    filed_ms: int
    to: tuple[str, ...] = ()
    full: tuple[str, ...] = ()


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="alert-telling"):
    """What the decision may rest on. party: the node's own. alert: None where there is none. held: what was
    told. called: None where the flight is no more, or others never heard of it."""

    party: str
    alert: Alert | None = None
    held: AlertTelling | None = None
    called: Called | None = None


# What may happen


class OthersAlerted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="others-alerted"):
    """Others are told of an alert. telling: all that they were told by now."""

    telling: AlertTelling


class AlertTellingForgotten(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="alert-telling-forgotten"
):
    """What was told is over, and the flight that it was about is no more."""

    alert: AlertType
    subject: str

    @property
    def key(self) -> str:
        """The name of the alert."""
        return alert_key(self.alert, self.subject)


Event = OthersAlerted | AlertTellingForgotten
Outcome = tuple[Event | ErrandKept, ...] | Refusal


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> Outcome:
    """Answer whether others are to be told something of an alert. Never raises; says no prose."""
    if author.party != facts.party or author.rule is None:
        return Refusal(reason=Reason.NOT_YOURS)
    held, called = facts.held, facts.called
    is_same = held is not None and called is not None and held.object_id == called.object_id
    stands = facts.alert is not None and facts.alert.status is not AlertStatus.RECTIFIED_UNACK
    if held is not None and not held.is_over and not (stands and is_same):
        return _over(held, epoch_ms(now))
    if held is not None and held.is_over and not is_same:
        return (AlertTellingForgotten(alert=command.alert, subject=command.subject),)
    if facts.alert is None or not stands or called is None:
        return Refusal(reason=Reason.WRONG_STATUS)
    return _stands(facts.alert, held, called, epoch_ms(now))


def _over(held: AlertTelling, now_ms: int) -> Outcome:
    """All who were told are told that it is over."""
    number = next_number(held.number, now_ms)
    to = tuple(ToldTo(authority=each.authority, number=number) for each in held.to)
    over = msgspec.structs.replace(held, number=number, to=to, is_over=True)
    return _told(over, _words(over, to, is_over=True))


def _stands(alert: Alert, held: AlertTelling | None, called: Called, now_ms: int) -> Outcome:
    """Who does not know that it stands is told, and whom it concerns no more, that it is over for them."""
    is_known = held is not None and not held.is_over and held.raised_ms == alert.raised_ms
    before = () if held is None or held.is_over else held.to
    number = next_number(0 if held is None else held.number, now_ms)
    stay = tuple(each for each in before if is_known and each.authority in called.to)
    knowing = {each.authority for each in stay}
    new = tuple(
        ToldTo(authority=each, number=number)
        for each in called.to
        if each not in knowing and each not in called.full
    )
    gone = tuple(
        ToldTo(authority=each.authority, number=number) for each in before if each.authority not in called.to
    )
    if not new and not gone:
        return Refusal(reason=Reason.WRONG_STATUS)
    to = tuple(sorted((*stay, *new), key=_authority))
    telling = AlertTelling(
        alert=alert.kind,
        subject=alert.subject,
        object_id=called.object_id,
        filed_ms=called.filed_ms,
        number=number,
        to=to or gone,
        raised_ms=alert.raised_ms,
        is_over=not to,
        is_self_report=alert.measured.is_self_report,
        is_recorded=alert.measured.is_recorded,
    )
    return _told(telling, (*_words(telling, new, is_over=False), *_words(telling, gone, is_over=True)))


def _authority(to: ToldTo) -> str:
    return to.authority


def _told(telling: AlertTelling, said: Iterable[Errand]) -> Outcome:
    return (OthersAlerted(telling=telling), *errands.kept(iter(said)))


def _words(telling: AlertTelling, to: tuple[ToldTo, ...], *, is_over: bool) -> Iterator[Errand]:
    for each in to:
        word = errands.AlertTold(
            object_id=telling.object_id,
            filed_ms=telling.filed_ms,
            alert=telling.alert,
            number=each.number,
            raised_ms=telling.raised_ms,
            is_over=is_over,
            is_self_report=telling.is_self_report,
            is_recorded=telling.is_recorded,
        )
        yield errands.errand(each.authority, word, STATE_VALID_MS)


# How it changes


def evolve(value: AlertTelling | None, event: Event) -> AlertTelling | None:
    """What others were told after `event`; None when that is forgotten."""
    del value
    return event.telling if isinstance(event, OthersAlerted) else None
