"""Operations: this USS's own operational intents, what the DSS has of each, and what is being changed.

A change is decided here first, then written to the DSS, then confirmed: so whatever ends in between, the
record says what may stand at the DSS. Until it is confirmed, both what is and what is asked count as held.
"""

from datetime import datetime

import msgspec

from mamarr.discovery.availabilities import Availability
from mamarr.discovery.envelopes import Envelope, us_of
from mamarr.discovery.forms import ENTITY_ID, MANAGER, OVN, USS_BASE_URL
from mamarr.discovery.intents import OFF_NOMINAL, IntentState
from mamarr.faults import BECAUSE_MAX, Reason, Refusal, limit_reached, present, unreachable
from mamarr.names import Author, matched
from mamarr.operations import advisories, deliveries, planning
from mamarr.operations.advisories import AdvisoryGiven, AdvisoryKind
from mamarr.operations.deliveries import DeliveryDue, Subscribed
from mamarr.operations.forms import is_door
from mamarr.operations.planning import CLOCK_ERROR_US, HORIZON_US, Details, Known, KnownConstraint
from mamarr.operations.positions import Observed
from mamarr.operations.volumes import ends_us, starts_us

OPERATIONS_MAX = 10_000  # chosen: what one USS flies at a time, some 5 kB each
REQUEST_ID_MAX = 128  # as the interface of InterUSS's tests takes here
KNOWN_MAX = 1_000  # chosen: others' intents that one decision rests on
PAIRS_MAX = 500_000  # chosen: volumes held against each other for one decision, some 2 µs each: a second

ACCEPTED, ACTIVATED = IntentState.ACCEPTED, IntentState.ACTIVATED
NONCONFORMING, CONTINGENT = IntentState.NONCONFORMING, IntentState.CONTINGENT
NEXT: dict[
    IntentState | None, frozenset[IntentState]
] = {  # F3548-21, figure of states; None: not planned yet
    None: frozenset({ACCEPTED}),
    ACCEPTED: frozenset({ACCEPTED, ACTIVATED, NONCONFORMING, CONTINGENT}),
    ACTIVATED: frozenset({ACTIVATED, NONCONFORMING, CONTINGENT}),
    NONCONFORMING: frozenset({NONCONFORMING, ACTIVATED, CONTINGENT}),
    CONTINGENT: frozenset({CONTINGENT}),
}
SAID_OF = {  # what the user of a flight is told when this USS itself says that it is so
    NONCONFORMING: AdvisoryKind.LEFT,
    CONTINGENT: AdvisoryKind.GIVEN_UP,
    ACTIVATED: AdvisoryKind.RETURNED,
}

# What it is


class Reference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What the DSS has of an operation.

    manager: the name under which it knows this USS. availability: what it said last of that.
    """

    manager: str
    uss_base_url: str
    ovn: str
    version: int
    subscription_id: str | None = None
    availability: Availability = Availability.UNKNOWN

    def __post_init__(self) -> None:
        matched("manager", self.manager, MANAGER)
        matched("uss_base_url", self.uss_base_url, USS_BASE_URL)
        matched("ovn", self.ovn, OVN)


class Told(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Whom the DSS says to tell of a change, and for which of its subscriptions."""

    uss_base_url: str
    subscriptions: tuple[Subscribed, ...]

    def __post_init__(self) -> None:
        matched("uss_base_url", self.uss_base_url, USS_BASE_URL)


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked of an operation and not confirmed yet. state: None: that it ends.

    overlapped: ids of intents that must give way to it, or that it may meet, and of constraints it meets.
    request_id: of the user's request that asks for it; empty where it has none.
    observed: by what this USS itself asks for it; None where the user of the flight does.
    """

    state: IntentState | None = None
    details: Details | None = None
    extent: Envelope | None = None
    overlapped: tuple[str, ...] = ()
    request_id: str = ""
    observed: Observed | None = None


class Operation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One operational intent of this USS. entity_id: at the DSS.

    state, details, extent, reference: as the DSS has it; None while it is not there yet. told: whom it said
    to tell last. change: asked and not confirmed. request_id: as of the change that made it so. observed: by
    what this USS itself says that it is not as meant; None where it is, or its user says that.
    """

    entity_id: str
    state: IntentState | None = None
    details: Details | None = None
    extent: Envelope | None = None
    reference: Reference | None = None
    told: tuple[Told, ...] = ()
    change: Change | None = None
    request_id: str = ""
    observed: Observed | None = None


# What may be asked


class PlanOperation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="plan-operation"):
    """Plan an operation, change it, activate it, or say that it is not as meant.

    extent: of `details`, as a DSS compares it. known: what is known of the intents of others that the DSS
    calls near to it, unknown: ids of those whose USS does not say, or says what cannot be; nobody is asked
    where the flight is not as meant. shared_priorities: at which intents of the same priority may meet, as
    the regulator has it. constraints: those near to it, where this USS processes them. observed: by what this
    USS itself asks for it. request_id: as of `Change`.
    """

    entity_id: str
    state: IntentState
    details: Details
    extent: Envelope
    known: tuple[Known, ...] = ()
    unknown: tuple[str, ...] = ()
    shared_priorities: tuple[int, ...] = ()
    constraints: tuple[KnownConstraint, ...] = ()
    request_id: str = ""
    observed: Observed | None = None

    def __post_init__(self) -> None:
        matched("entity_id", self.entity_id, ENTITY_ID)
        if len(self.request_id) > REQUEST_ID_MAX:
            raise ValueError(f"a request id has at most {REQUEST_ID_MAX} characters")
        if len(self.known) + len(self.unknown) + len(self.constraints) > KNOWN_MAX:
            raise ValueError(f"a decision rests on at most {KNOWN_MAX} intents of others")


class EndOperation(msgspec.Struct, frozen=True, kw_only=True, tag="end-operation"):
    """End an operation: it is removed from the DSS."""

    entity_id: str

    def __post_init__(self) -> None:
        matched("entity_id", self.entity_id, ENTITY_ID)


class ConfirmOperation(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="confirm-operation"
):
    """The DSS has what was asked. reference: None where the operation ended. told: whom it says to tell."""

    entity_id: str
    reference: Reference | None = None
    told: tuple[Told, ...] = ()

    def __post_init__(self) -> None:
        matched("entity_id", self.entity_id, ENTITY_ID)


class AbandonOperation(msgspec.Struct, frozen=True, kw_only=True, tag="abandon-operation"):
    """The DSS does not have what was asked: the operation stays as it was."""

    entity_id: str

    def __post_init__(self) -> None:
        matched("entity_id", self.entity_id, ENTITY_ID)


Command = PlanOperation | EndOperation | ConfirmOperation | AbandonOperation


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="operation"):
    """What the decision may rest on.

    party: the node's own. held: the operation. own: of this USS's other operations what is near to the one
    asked for, as they are and as they are asked to be. count: how many operations there are.
    """

    party: str
    held: Operation | None = None
    own: tuple[Known, ...] = ()
    count: int = 0


# What may happen


class OperationAsked(msgspec.Struct, frozen=True, kw_only=True, tag="operation-asked"):
    """The change may be made; it is held until the DSS has it or not."""

    entity_id: str
    change: Change


class OperationConfirmed(msgspec.Struct, frozen=True, kw_only=True, tag="operation-confirmed"):
    """What was asked is so: the DSS has it."""

    entity_id: str
    reference: Reference
    told: tuple[Told, ...]


class OperationAbandoned(msgspec.Struct, frozen=True, kw_only=True, tag="operation-abandoned"):
    """What was asked is not so."""

    entity_id: str


class OperationEnded(msgspec.Struct, frozen=True, kw_only=True, tag="operation-ended"):
    """The operation is no more, here and at the DSS."""

    entity_id: str


Event = OperationAsked | OperationConfirmed | OperationAbandoned | OperationEnded

# What we answer


def decide(
    command: Command, facts: Facts, *, author: Author, now: datetime
) -> tuple[Event | DeliveryDue | AdvisoryGiven, ...] | Refusal:
    """Answer one command about one operation."""
    about = (command.entity_id,)
    if not is_door(author, facts.party):
        return Refusal(reason=Reason.NOT_YOURS, because=about)
    held = facts.held
    match command:
        case PlanOperation():
            return _planned(command, facts, us_of(now))
        case _ if held is None:
            return Refusal(reason=Reason.NOT_THERE, because=about)
        case EndOperation():
            return (OperationAsked(entity_id=command.entity_id, change=Change()),)
        case _ if held.change is None:
            return Refusal(reason=Reason.WRONG_STATUS, because=about)
        case ConfirmOperation():
            return _confirmed(command, held, held.change, us_of(now))
        case AbandonOperation():
            return (OperationAbandoned(entity_id=command.entity_id),)
        case _:
            unreachable(command)


def _planned(command: PlanOperation, facts: Facts, now_us: int) -> tuple[Event, ...] | Refusal:
    about, held, details = (command.entity_id,), facts.held, command.details
    is_new = held is None or held.state is None
    if command.state not in NEXT[None if held is None else held.state] or not planning.fits(
        command.state, details
    ):
        return Refusal(reason=Reason.WRONG_STATUS, because=about)
    if ends_us(details.all()) < now_us:
        return Refusal(reason=Reason.TIME_PAST, because=about)
    is_off_nominal = command.state in OFF_NOMINAL
    if not is_off_nominal and starts_us(details.volumes) > now_us + HORIZON_US:
        return Refusal(reason=Reason.TOO_FAR_AHEAD, because=about)
    if command.state is ACTIVATED and starts_us(details.volumes) > now_us + CLOCK_ERROR_US:
        return Refusal(reason=Reason.NOT_YET, because=about)
    if is_new and facts.count >= OPERATIONS_MAX:
        return limit_reached("operations_max")
    if command.unknown:
        return Refusal(reason=Reason.DETAILS_UNKNOWN, because=command.unknown[:BECAUSE_MAX])
    near = (*facts.own, *command.known)
    volumes_count = sum(map(planning.volumes_count, near))
    volumes_count += sum(len(each.volumes) for each in command.constraints)
    if len(details.all()) * volumes_count > PAIRS_MAX:
        return limit_reached("pairs_max")
    found = planning.Met()
    if not is_off_nominal:
        found = planning.met(
            details,
            near,
            flown=held.details if held is not None and held.state is ACTIVATED else None,
            shared_priorities=command.shared_priorities,
        )
    if found.in_the_way:
        return Refusal(reason=Reason.CONFLICT, because=found.in_the_way[:BECAUSE_MAX])
    change = Change(
        state=command.state,
        details=details,
        extent=command.extent,
        overlapped=tuple(
            dict.fromkeys((*found.overlapped, *planning.constraints_met(details, command.constraints)))
        ),
        request_id=command.request_id,
        observed=command.observed,
    )
    return (OperationAsked(entity_id=command.entity_id, change=change),)


def _confirmed(
    command: ConfirmOperation, held: Operation, change: Change, now_us: int
) -> tuple[Event | DeliveryDue | AdvisoryGiven, ...] | Refusal:
    """What was asked is so: who is to be told, and what the user of the flight must know of it."""
    reference = command.reference
    if (reference is None) != (change.state is None):
        return Refusal(reason=Reason.WRONG_STATUS, because=(command.entity_id,))
    at = reference or held.reference
    version = 0 if at is None else at.version
    due = tuple(
        deliveries.due(
            command.entity_id,
            version,
            number,
            told.uss_base_url,
            told.subscriptions,
            now_us,
        )
        for number, told in enumerate(command.told)
        if at is None or told.uss_base_url != at.uss_base_url  # this USS knows it already
    )
    if reference is None:
        return (OperationEnded(entity_id=command.entity_id), *due)
    given: tuple[AdvisoryGiven, ...] = ()
    if change.overlapped:
        key = command.entity_id
        given = (advisories.given(key, key, version, change.overlapped, now_us),)
    kind = SAID_OF.get(present(change.state, "what did not end has a state"))
    if change.observed is not None and change.state is not held.state and kind is not None:
        given = (*given, advisories.finding(command.entity_id, kind, version, (), now_us))
    done = OperationConfirmed(entity_id=command.entity_id, reference=reference, told=command.told)
    return (done, *due, *given)


# How it changes


def evolve(value: Operation | None, event: Event) -> Operation | None:
    """The operation after `event`."""
    match event:
        case OperationAsked():
            held = value or Operation(entity_id=event.entity_id)
            return msgspec.structs.replace(held, change=event.change)
        case OperationConfirmed():
            held = present(value, "what is confirmed was asked")
            change = present(held.change, "what is confirmed was asked")
            return Operation(
                entity_id=event.entity_id,
                state=change.state,
                details=change.details,
                extent=change.extent,
                reference=event.reference,
                told=event.told,
                request_id=change.request_id,
                observed=change.observed if change.state in OFF_NOMINAL else None,
            )
        case OperationAbandoned():
            held = present(value, "what is abandoned was asked")
            return None if held.reference is None else msgspec.structs.replace(held, change=None)
        case OperationEnded():
            return None
        case _:
            unreachable(event)
