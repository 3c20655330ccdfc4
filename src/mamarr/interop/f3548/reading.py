"""What a USS asks of a DSS, read strictly: bytes and paths to values, or WireError that says where."""

import re

import msgspec

from mamarr.discovery import Envelope
from mamarr.faults import WireError
from mamarr.interop.f3548.answers import Availability
from mamarr.interop.f3548.identifiers import read_uuid
from mamarr.interop.f3548.instants import read_instant
from mamarr.interop.f3548.requests import (
    IntentState,
    PutAvailabilityMessage,
    PutConstraintMessage,
    PutIntentMessage,
    PutSubscriptionMessage,
    QueryMessage,
    ReportMessage,
)
from mamarr.interop.f3548.shapes import Needed, read_extents, read_volume
from mamarr.interop.wire import decoded, matching

# RFC 3986, without a user's name, a query or a fragment: paths of the API are appended to it.
URL = re.compile(
    r"(?P<scheme>https?)://(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
    r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*"
)
URL_FORM = "an https address without query, such as https://uss.example.com/utm"
MANAGER = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,128}")  # as `sub` of a token
MANAGER_FORM = "1 to 128 characters, no control characters"
VERSION = re.compile(r"[!-~]{1,128}")
VERSION_FORM = "the version that was answered last"
AVAILABILITIES: dict[str, Availability] = {"unknown": "Unknown", "normal": "Normal", "down": "Down"}


class NewSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription that the DSS is to make for an intent."""

    uss_base_url: str
    notifies_constraints: bool


class IntentAsk(msgspec.Struct, frozen=True, kw_only=True):
    """Create an operational intent (ovn None), or change the one whose version is `ovn`."""

    entity_id: str
    ovn: str | None
    envelope: Envelope
    state: IntentState
    uss_base_url: str
    key: tuple[str, ...]
    subscription_id: str | None
    new_subscription: NewSubscription | None
    requested_ovn_suffix: str | None


class ConstraintAsk(msgspec.Struct, frozen=True, kw_only=True):
    """Create a constraint (ovn None), or change the one whose version is `ovn`."""

    entity_id: str
    ovn: str | None
    envelope: Envelope
    uss_base_url: str


class SubscriptionAsk(msgspec.Struct, frozen=True, kw_only=True):
    """Create a subscription (version None), or change the one that has the version."""

    subscription_id: str
    version: str | None
    envelope: Envelope
    uss_base_url: str
    notifies_intents: bool
    notifies_constraints: bool


class AvailabilityAsk(msgspec.Struct, frozen=True, kw_only=True):
    """Say whether a USS answers. old_version: of what is to be changed; empty: it was never said."""

    uss: str
    availability: Availability
    old_version: str


class ReportAsk(msgspec.Struct, frozen=True, kw_only=True):
    """Take a report. exchange: as it came, JSON."""

    exchange: bytes


def area(body: bytes) -> Envelope:
    """The area of a query, whose times and altitudes may be open."""
    return read_volume("$.area_of_interest", decoded(QueryMessage, body).area_of_interest)


def entity_id(text: str) -> str:
    """The id in a path."""
    return read_uuid("path:entityid", text)


def subscription_id(text: str) -> str:
    """The id of a subscription in a path."""
    return read_uuid("path:subscriptionid", text)


def ovn(text: str) -> str:
    """The version of a reference in a path, which must be there to remove it."""
    matching("path:ovn", text, VERSION, VERSION_FORM)
    return text


def version(text: str) -> str:
    """The version of a subscription in a path, which must be there to remove it."""
    matching("path:version", text, VERSION, VERSION_FORM)
    return text


def uss(text: str) -> str:
    """The name of a USS in a path: the `sub` of its tokens."""
    matching("path:uss_id", text, MANAGER, MANAGER_FORM)
    return text


def intent(at_id: str, ovn: str | None, body: bytes, *, allows_http: bool) -> IntentAsk:
    """An operational intent to be created or changed."""
    message = decoded(PutIntentMessage, body)
    new = message.new_subscription
    if new is not None and message.subscription_id is not None:
        raise WireError("there are both subscription_id and new_subscription", at="$.new_subscription")
    subscription = message.subscription_id
    return IntentAsk(
        entity_id=entity_id(at_id),
        ovn=ovn,
        envelope=read_extents("$.extents", message.extents, Needed.ALL),
        state=message.state,
        uss_base_url=_url("$.uss_base_url", message.uss_base_url, allows_http=allows_http),
        key=message.key or (),
        subscription_id=None if subscription is None else read_uuid("$.subscription_id", subscription),
        new_subscription=None
        if new is None
        else NewSubscription(
            uss_base_url=_url("$.new_subscription.uss_base_url", new.uss_base_url, allows_http=allows_http),
            notifies_constraints=new.notify_for_constraints or False,
        ),
        requested_ovn_suffix=message.requested_ovn_suffix,
    )


def constraint(at_id: str, ovn: str | None, body: bytes, *, allows_http: bool) -> ConstraintAsk:
    """A constraint to be created or changed."""
    message = decoded(PutConstraintMessage, body)
    return ConstraintAsk(
        entity_id=entity_id(at_id),
        ovn=ovn,
        envelope=read_extents("$.extents", message.extents, Needed.TIMES),
        uss_base_url=_url("$.uss_base_url", message.uss_base_url, allows_http=allows_http),
    )


def subscription(at_id: str, version: str | None, body: bytes, *, allows_http: bool) -> SubscriptionAsk:
    """A subscription to be created or changed."""
    message = decoded(PutSubscriptionMessage, body)
    found = SubscriptionAsk(
        subscription_id=subscription_id(at_id),
        version=version,
        envelope=read_volume("$.extents", message.extents),
        uss_base_url=_url("$.uss_base_url", message.uss_base_url, allows_http=allows_http),
        notifies_intents=message.notify_for_operational_intents or False,
        notifies_constraints=message.notify_for_constraints or False,
    )
    if not (found.notifies_intents or found.notifies_constraints):
        raise WireError(
            "it would be told of nothing",
            at="$",
            allowed="notify_for_operational_intents, notify_for_constraints, or both",
        )
    return found


def availability(at_uss: str, body: bytes) -> AvailabilityAsk:
    """What is to be said of a USS."""
    message = decoded(PutAvailabilityMessage, body)
    found = AVAILABILITIES.get(message.availability.lower())
    if found is None:
        allowed = ", ".join(AVAILABILITIES.values())
        what = "this is no availability"
        raise WireError(what, at="$.availability", allowed=allowed, code="FIELD_CHOICE")
    return AvailabilityAsk(uss=uss(at_uss), availability=found, old_version=message.old_version or "")


class _Exchange(msgspec.Struct, frozen=True):
    exchange: msgspec.Raw


def report(body: bytes) -> ReportAsk:
    """A report of an exchange that went wrong."""
    message = decoded(ReportMessage, body).exchange
    read_instant("$.exchange.request_time.value", message.request_time.text)
    if message.response_time is not None:
        read_instant("$.exchange.response_time.value", message.response_time.text)
    return ReportAsk(exchange=bytes(decoded(_Exchange, body).exchange))


def _url(at: str, text: str, *, allows_http: bool) -> str:
    found = URL.fullmatch(text)
    if found is None or (found["scheme"] == "http" and not allows_http):
        raise WireError("this is no address that is taken", at=at, allowed=URL_FORM, code="FIELD_FORM")
    return text
