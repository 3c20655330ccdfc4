"""What a USS reads: answers of a DSS and of other USSs, what they tell it, what its users plan.

All of it is strangers' bytes: what is wrong is a WireError that says where.
"""

from collections.abc import Iterable

import msgspec

from mamarr.discovery import Availability, Envelope, IntentState, envelopes
from mamarr.discovery.envelopes import ALTITUDE_MAX_MM
from mamarr.discovery.forms import OVN
from mamarr.discovery.reports import FileReport
from mamarr.faults import WireError
from mamarr.geometry.units import mm_from_m
from mamarr.interop.f3548.answers import SubscriberMessage
from mamarr.interop.f3548.identifiers import read_uuid
from mamarr.interop.f3548.instants import read_instant
from mamarr.interop.f3548.reading import URL, URL_FORM, Drawn, report
from mamarr.interop.f3548.requests import TimeMessage, Volume4DMessage
from mamarr.interop.f3548.shapes import Needed, read_extents, read_volume
from mamarr.interop.f3548.uss_messages import (
    ClearMessage,
    ConstraintDetailedMessage,
    ConstraintNotificationMessage,
    ConstraintReferencesMessage,
    ConstraintToldMessage,
    DetailsMessage,
    IntentDetailsMessage,
    IntentMessage,
    NotificationMessage,
    PlanMessage,
    ReferenceMessage,
    ReferenceReadMessage,
    ReferencesMessage,
    ReferenceWrittenMessage,
    UpsertMessage,
)
from mamarr.interop.f3548.writing import NO_SUBSCRIPTION
from mamarr.interop.wire import built, decoded
from mamarr.operations import Details, Known, KnownConstraint, Reference, Subscribed, Told, Volume, planning

E9_PER_DEG = 10**9
INTENT = "$.operational_intent"


class ReferenceThere(msgspec.Struct, frozen=True, kw_only=True):
    """A reference, as a DSS answered it. reference: without an OVN's form where it is somebody else's."""

    entity_id: str
    manager: str
    version: int
    state: IntentState
    availability: Availability
    uss_base_url: str
    subscription_id: str | None
    ovn: str | None

    def own(self) -> Reference:
        """The same, of our own; ValueError when the DSS does not say its OVN."""
        if self.ovn is None:
            raise ValueError("the DSS does not say the OVN of what is ours")
        return Reference(
            manager=self.manager,
            uss_base_url=self.uss_base_url,
            ovn=self.ovn,
            version=self.version,
            subscription_id=self.subscription_id,
            availability=self.availability,
        )


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A flight as its user plans it. state: None: it is closed. extent: of its area, None without one."""

    state: IntentState | None
    area: tuple[Volume, ...]
    extent: Envelope | None
    priority: int
    request_id: str
    is_hypothetical: bool


# --- what a DSS answers -----------------------------------------------------------------------------------


def references(body: bytes, *, allows_http: bool) -> list[ReferenceThere]:
    """The operational intents in an area."""
    found = decoded(ReferencesMessage, body).operational_intent_references
    place = "$.operational_intent_references[{}]"
    return [
        _reference(place.format(number), each, allows_http=allows_http) for number, each in enumerate(found)
    ]


def reference(body: bytes, *, allows_http: bool) -> ReferenceThere:
    """One operational intent."""
    message = decoded(ReferenceReadMessage, body).operational_intent_reference
    return _reference("$.operational_intent_reference", message, allows_http=allows_http)


def written(body: bytes, *, allows_http: bool) -> tuple[ReferenceThere, tuple[Told, ...]]:
    """An operational intent as it was written or removed, and whom to tell, of those who can be told."""
    message = decoded(ReferenceWrittenMessage, body)
    at = "$.operational_intent_reference"
    told = whom_to_tell(message.subscribers, allows_http=allows_http)
    return _reference(at, message.operational_intent_reference, allows_http=allows_http), told


def whom_to_tell(several: Iterable[SubscriberMessage], *, allows_http: bool) -> tuple[Told, ...]:
    """Whom a DSS says to tell of a change, of those who can be told."""
    return tuple(_told(each) for each in several if _is_address(each, allows_http=allows_http))


def _is_address(message: SubscriberMessage, *, allows_http: bool) -> bool:
    found = URL.fullmatch(message.uss_base_url)
    return found is not None and (allows_http or found["scheme"] == "https")


def _told(message: SubscriberMessage) -> Told:
    return Told(
        uss_base_url=message.uss_base_url,
        subscriptions=tuple(
            Subscribed(subscription_id=each.subscription_id, notification_index=each.notification_index)
            for each in message.subscriptions
        ),
    )


def _addressed(at: str, url: str, *, allows_http: bool) -> None:
    """WireError at `at` unless a USS can be reached under `url`."""
    found = URL.fullmatch(url)
    if found is None or (found["scheme"] == "http" and not allows_http):
        raise WireError("this is no address that is taken", at=at, allowed=URL_FORM)


def _reference(at: str, message: ReferenceMessage, *, allows_http: bool) -> ReferenceThere:
    _addressed(f"{at}.uss_base_url", message.uss_base_url, allows_http=allows_http)
    used = read_uuid(f"{at}.subscription_id", message.subscription_id) if message.subscription_id else None
    is_told = message.ovn is not None and OVN.fullmatch(message.ovn) is not None
    return ReferenceThere(
        entity_id=read_uuid(f"{at}.id", message.id),
        manager=message.manager,
        version=message.version,
        state=message.state,
        availability=message.uss_availability,
        uss_base_url=message.uss_base_url,
        subscription_id=None if used == NO_SUBSCRIPTION else used,
        ovn=message.ovn if is_told else None,
    )


# --- what other USSs answer and tell ----------------------------------------------------------------------


def known(body: bytes, there: ReferenceThere) -> Known:
    """What a USS answers of its operational intent `there`; WireError where that is not what the DSS has."""
    found, _ = _known(INTENT, decoded(IntentDetailsMessage, body).operational_intent)
    for name in ("entity_id", "manager", "version", "state"):
        if getattr(found, name) != getattr(there, name):
            raise WireError(f"the {name} is not the one that the DSS has", at=f"{INTENT}.reference")
    return found


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a USS tells of one of its operational intents. known: None where it is no more."""

    entity_id: str
    known: Known | None
    extent: Envelope | None


def notice(body: bytes) -> Notice:
    """What a USS tells of one of its operational intents."""
    message = decoded(NotificationMessage, body)
    entity_id = read_uuid("$.operational_intent_id", message.operational_intent_id)
    if message.operational_intent is None:
        return Notice(entity_id=entity_id, known=None, extent=None)
    found, extent = _known(INTENT, message.operational_intent)
    if found.entity_id != entity_id:
        raise WireError("this is another operational intent", at=f"{INTENT}.reference.id")
    return Notice(entity_id=entity_id, known=found, extent=extent)


def _known(at: str, message: IntentMessage) -> tuple[Known, Envelope]:
    reference = message.reference
    details, extent = details_of(f"{at}.details", message.details)
    if not planning.fits(reference.state, details):
        raise WireError(f"the volumes do not fit the state {reference.state}", at=f"{at}.details")
    entity_id = read_uuid(f"{at}.reference.id", reference.id)
    if reference.ovn is None:
        raise WireError("the OVN is missing", at=f"{at}.reference.ovn", code="FIELD_REQUIRED")
    for name, said in (("time_start", reference.time_start), ("time_end", reference.time_end)):
        read_instant(f"{at}.reference.{name}.value", said.text)
    found = built(
        f"{at}.reference",
        lambda: Known(
            entity_id=entity_id,
            manager=reference.manager,
            version=reference.version,
            state=reference.state,
            details=details,
            ovn=reference.ovn,
        ),
    )
    return found, extent


def details_of(at: str, message: DetailsMessage) -> tuple[Details, Envelope]:
    """What an operational intent asks of the sky, and its envelope as a DSS compares it."""
    nominal, off_nominal = message.volumes or (), message.off_nominal_volumes or ()
    several = [(f"{at}.volumes[{number}]", each) for number, each in enumerate(nominal)]
    several += [(f"{at}.off_nominal_volumes[{number}]", each) for number, each in enumerate(off_nominal)]
    if not several:
        raise WireError("there are no volumes", at=f"{at}.volumes", code="FIELD_REQUIRED")
    extents = [read_volume(place, each, Needed.ALL) for place, each in several]
    volumes = [exact(place, each) for place, each in several]
    details = built(
        at,
        lambda: Details(
            volumes=tuple(volumes[: len(nominal)]),
            off_nominal=tuple(volumes[len(nominal) :]),
            priority=message.priority or 0,
        ),
    )
    return details, built(at, lambda: envelopes.union(extents))


def exact(at: str, message: Volume4DMessage) -> Volume:
    """The volume itself, which `shapes.read_volume` has looked at; without an altitude it is open there."""
    circle, polygon = message.volume.outline_circle, message.volume.outline_polygon
    points = [circle.center] if circle is not None else list(polygon.vertices if polygon is not None else ())
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    lower, upper = message.volume.altitude_lower, message.volume.altitude_upper
    if message.time_start is None or message.time_end is None:
        raise WireError("a bound is missing", at=at, code="FIELD_REQUIRED")
    start_us = read_instant(f"{at}.time_start.value", message.time_start.text)
    end_us = read_instant(f"{at}.time_end.value", message.time_end.text, is_end=True)
    return built(
        at,
        lambda: Volume(
            corners=tuple((round(each.lat * E9_PER_DEG), round(each.lng * E9_PER_DEG)) for each in points),
            altitude_lower_mm=-ALTITUDE_MAX_MM if lower is None else mm_from_m(lower.altitude_m),
            altitude_upper_mm=ALTITUDE_MAX_MM if upper is None else mm_from_m(upper.altitude_m),
            time_start_us=start_us,
            time_end_us=end_us,
            radius_mm=0 if circle is None else mm_from_m(circle.radius.radius_m),
        ),
    )


class ConstraintThere(msgspec.Struct, frozen=True, kw_only=True):
    """The reference of a constraint, as a DSS answered it."""

    constraint_id: str
    manager: str
    version: int
    uss_base_url: str


class ConstraintNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What a USS tells of one of its constraints. known: None where it is no more."""

    constraint_id: str
    known: KnownConstraint | None
    extent: Envelope | None


def constraint_references(body: bytes, *, allows_http: bool) -> list[ConstraintThere]:
    """The constraints in an area."""
    found = decoded(ConstraintReferencesMessage, body).constraint_references
    place = "$.constraint_references[{}]"
    for number, each in enumerate(found):
        _addressed(f"{place.format(number)}.uss_base_url", each.uss_base_url, allows_http=allows_http)
    return [
        ConstraintThere(
            constraint_id=read_uuid(f"{place.format(number)}.id", each.id),
            manager=each.manager,
            version=each.version,
            uss_base_url=each.uss_base_url,
        )
        for number, each in enumerate(found)
    ]


def known_constraint(body: bytes, there: ConstraintThere) -> KnownConstraint:
    """What a USS answers of its constraint `there`; WireError where that is not what the DSS has."""
    found, _ = _constraint("$.constraint", decoded(ConstraintToldMessage, body).constraint)
    for name in ("constraint_id", "manager", "version"):
        if getattr(found, name) != getattr(there, name):
            raise WireError(f"the {name} is not the one that the DSS has", at="$.constraint.reference")
    return found


def constraint_notice(body: bytes) -> ConstraintNotice:
    """What a USS tells of one of its constraints."""
    message = decoded(ConstraintNotificationMessage, body)
    constraint_id = read_uuid("$.constraint_id", message.constraint_id)
    if message.constraint is None:
        return ConstraintNotice(constraint_id=constraint_id, known=None, extent=None)
    found, extent = _constraint("$.constraint", message.constraint)
    if found.constraint_id != constraint_id:
        raise WireError("this is another constraint", at="$.constraint.reference.id")
    return ConstraintNotice(constraint_id=constraint_id, known=found, extent=extent)


def _constraint(at: str, message: ConstraintDetailedMessage) -> tuple[KnownConstraint, Envelope]:
    reference, several = message.reference, message.details.volumes
    constraint_id = read_uuid(f"{at}.reference.id", reference.id)
    if reference.ovn is None:
        raise WireError("the OVN is missing", at=f"{at}.reference.ovn", code="FIELD_REQUIRED")
    extent = read_extents(f"{at}.details.volumes", several, Needed.TIMES)
    volumes = tuple(exact(f"{at}.details.volumes[{number}]", each) for number, each in enumerate(several))
    found = built(
        f"{at}.reference",
        lambda: KnownConstraint(
            constraint_id=constraint_id,
            manager=reference.manager,
            version=reference.version,
            ovn=reference.ovn or "",
            volumes=volumes,
            kind=message.details.kind or "",
        ),
    )
    return found, extent


def uss_report(body: bytes, drawn: Drawn) -> FileReport:
    """A report of an exchange that went wrong: the same as one to a DSS."""
    return report(body, drawn)


# --- what users plan, by the interface for automated tests ------------------------------------------------

STATES = {
    ("Planned", "Nominal"): IntentState.ACCEPTED,
    ("Planned", "NotSpecified"): IntentState.ACCEPTED,
    ("InUse", "Nominal"): IntentState.ACTIVATED,
    ("InUse", "NotSpecified"): IntentState.ACTIVATED,
    ("InUse", "OffNominal"): IntentState.NONCONFORMING,
    ("InUse", "Contingent"): IntentState.CONTINGENT,
}


def plan(body: bytes) -> Plan:
    """A flight that a user plans or changes."""
    message = decoded(UpsertMessage, body)
    flight = message.flight_plan
    basic, at = flight.basic_information, "$.flight_plan.basic_information"
    state = STATES.get((basic.usage_state, basic.uas_state))
    if state is None and basic.usage_state != "Closed":
        what = f"a flight that is {basic.usage_state} cannot be {basic.uas_state}"
        raise WireError(what, at=f"{at}.uas_state")
    area, extent = _area(f"{at}.area", flight)
    if extent is None and state is not None:
        raise WireError("there are no volumes", at=f"{at}.area", code="FIELD_REQUIRED")
    other = flight.astm_f3548_21
    priority = 0 if other is None else other.priority or 0
    if area:
        built("$.flight_plan", lambda: Details(volumes=area, priority=priority))
    return Plan(
        state=state,
        area=area,
        extent=extent,
        priority=priority,
        request_id=message.request_id,
        is_hypothetical=message.execution_style == "Hypothetical",
    )


class _Upsert(msgspec.Struct, frozen=True):
    flight_plan: msgspec.Raw


def plan_as_sent(body: bytes) -> msgspec.Raw:
    """The flight as it stands in a request that was read."""
    return msgspec.Raw(bytes(decoded(_Upsert, body).flight_plan))


def _area(at: str, flight: PlanMessage) -> tuple[tuple[Volume, ...], Envelope | None]:
    messages = flight.basic_information.area or ()
    if not messages:
        return (), None
    extent = read_extents(at, messages, Needed.ALL)
    return tuple(exact(f"{at}[{number}]", each) for number, each in enumerate(messages)), extent


def cleared_area(body: bytes) -> tuple[Envelope, Volume4DMessage]:
    """The area that is to be cleared, as a DSS compares it and as it was sent."""
    message = decoded(ClearMessage, body).extent
    return read_volume("$.extent", message), message


def instant(at: str, text: str) -> int:
    """An instant in a query, microseconds since 1970."""
    return read_instant(at, TimeMessage(text=text, format="RFC3339").text)
