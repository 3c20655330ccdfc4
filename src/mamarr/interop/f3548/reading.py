"""What a USS asks of a DSS, read strictly: bytes and paths to values, or WireError that says where."""

import re

import msgspec

from mamarr.discovery import Availability, Envelope
from mamarr.discovery.availabilities import SetAvailability
from mamarr.discovery.constraint_references import DeleteConstraint, PutConstraint
from mamarr.discovery.forms import MANAGER
from mamarr.discovery.intents import DeleteIntent, NewSubscription, PutIntent
from mamarr.discovery.reports import FileReport
from mamarr.discovery.subscriptions import DeleteSubscription, PutSubscription
from mamarr.faults import WireError
from mamarr.interop.f3548.identifiers import read_uuid
from mamarr.interop.f3548.instants import read_instant
from mamarr.interop.f3548.requests import (
    PutAvailabilityMessage,
    PutConstraintMessage,
    PutIntentMessage,
    PutSubscriptionMessage,
    QueryMessage,
    ReportMessage,
)
from mamarr.interop.f3548.shapes import Needed, read_extents, read_volume
from mamarr.interop.wire import built, decoded, matching

# RFC 3986, without a user's name or a fragment. A query makes little sense: paths of the API are appended to
# it. The public suite sends one.
URL = re.compile(
    r"(?P<scheme>https?)://(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
    r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
)
URL_FORM = "an https address, such as https://uss.example.com/utm"
MANAGER_FORM = "1 to 128 characters, no control characters"
VERSION = re.compile(r"[!-~]{1,128}")
NEW_URL = "$.new_subscription.uss_base_url"
VERSION_FORM = "the version that was answered last"
AVAILABILITIES = {each.value.lower(): each for each in Availability}  # programs write them in any case


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and what was drawn for it.

    manager: the `sub` of its token. version: becomes the OVN or version of what is written. uuid: becomes the
    id of what the DSS makes beside that.
    """

    manager: str
    version: str
    uuid: str


def area(body: bytes) -> Envelope:
    """The area of a query, whose times and altitudes may be open."""
    return read_volume("$.area_of_interest", decoded(QueryMessage, body).area_of_interest)


def entity_id(text: str) -> str:
    """The id in a path."""
    return read_uuid("path:entityid", text)


def subscription_id(text: str) -> str:
    """The id of a subscription in a path."""
    return read_uuid("path:subscriptionid", text)


def intent_removal(at_id: str, ovn: str, manager: str) -> DeleteIntent:
    """An operational intent to be removed."""
    matching("path:ovn", ovn, VERSION, VERSION_FORM)
    return DeleteIntent(entity_id=entity_id(at_id), manager=manager, ovn=ovn)


def constraint_removal(at_id: str, ovn: str, manager: str) -> DeleteConstraint:
    """A constraint to be removed."""
    matching("path:ovn", ovn, VERSION, VERSION_FORM)
    return DeleteConstraint(entity_id=entity_id(at_id), manager=manager, ovn=ovn)


def subscription_removal(at_id: str, version: str, manager: str) -> DeleteSubscription:
    """A subscription to be removed."""
    matching("path:version", version, VERSION, VERSION_FORM)
    found = subscription_id(at_id)
    return DeleteSubscription(subscription_id=found, manager=manager, version=version)


def uss(text: str) -> str:
    """The name of a USS in a path: the `sub` of its tokens."""
    matching("path:uss_id", text, MANAGER, MANAGER_FORM)
    return text


def intent(
    at_id: str, ovn: str | None, body: bytes, drawn: Drawn, *, may_be_off_nominal: bool, allows_http: bool
) -> PutIntent:
    """An operational intent to be created (ovn None) or changed."""
    message = decoded(PutIntentMessage, body)
    new, used = message.new_subscription, message.subscription_id
    if new is not None and used is not None:
        raise WireError("there are both subscription_id and new_subscription", at="$.new_subscription")
    found, extent = entity_id(at_id), read_extents("$.extents", message.extents, Needed.ALL)
    url = read_url("$.uss_base_url", message.uss_base_url, allows_http=allows_http)
    new_url = None if new is None else read_url(NEW_URL, new.uss_base_url, allows_http=allows_http)
    subscription = None if used is None else read_uuid("$.subscription_id", used)
    return built(
        "$",
        lambda: PutIntent(
            entity_id=found,
            manager=drawn.manager,
            uss_base_url=url,
            extent=extent,
            state=message.state,
            drawn=drawn.version,
            ovn=ovn,
            key=message.key or (),
            subscription_id=subscription,
            new_subscription=None
            if new is None or new_url is None
            else NewSubscription(
                subscription_id=drawn.uuid,
                uss_base_url=new_url,
                notifies_constraints=new.notify_for_constraints or False,
            ),
            ovn_suffix=message.requested_ovn_suffix,
            may_be_off_nominal=may_be_off_nominal,
        ),
    )


def constraint(at_id: str, ovn: str | None, body: bytes, drawn: Drawn, *, allows_http: bool) -> PutConstraint:
    """A constraint to be created (ovn None) or changed."""
    message = decoded(PutConstraintMessage, body)
    found, extent = entity_id(at_id), read_extents("$.extents", message.extents, Needed.TIMES)
    url = read_url("$.uss_base_url", message.uss_base_url, allows_http=allows_http)
    return built(
        "$",
        lambda: PutConstraint(
            entity_id=found,
            manager=drawn.manager,
            uss_base_url=url,
            extent=extent,
            drawn=drawn.version,
            ovn=ovn,
        ),
    )


def subscription(
    at_id: str, version: str | None, body: bytes, drawn: Drawn, *, allows_http: bool
) -> PutSubscription:
    """A subscription to be created (version None) or changed."""
    message = decoded(PutSubscriptionMessage, body)
    found, extent = subscription_id(at_id), read_volume("$.extents", message.extents)
    url = read_url("$.uss_base_url", message.uss_base_url, allows_http=allows_http)
    return built(
        "$",
        lambda: PutSubscription(
            subscription_id=found,
            manager=drawn.manager,
            uss_base_url=url,
            extent=extent,
            drawn=drawn.version,
            version=version,
            notifies_intents=message.notify_for_operational_intents or False,
            notifies_constraints=message.notify_for_constraints or False,
        ),
        allowed="notify_for_operational_intents, notify_for_constraints, or both",
    )


def availability(at_uss: str, body: bytes, drawn: Drawn) -> SetAvailability:
    """What is to be said of a USS."""
    message = decoded(PutAvailabilityMessage, body)
    said = AVAILABILITIES.get(message.availability.lower())
    if said is None:
        allowed = ", ".join(Availability)
        raise WireError("this is no availability", at="$.availability", allowed=allowed, code="FIELD_CHOICE")
    return SetAvailability(
        uss_id=uss(at_uss),
        manager=drawn.manager,
        availability=said,
        drawn=drawn.version,
        old_version=message.old_version or "",
    )


class _Exchange(msgspec.Struct, frozen=True):
    exchange: msgspec.Raw


def report(body: bytes, drawn: Drawn) -> FileReport:
    """A report of an exchange that went wrong."""
    message = decoded(ReportMessage, body).exchange
    read_instant("$.exchange.request_time.value", message.request_time.text)
    if message.response_time is not None:
        read_instant("$.exchange.response_time.value", message.response_time.text)
    text = bytes(decoded(_Exchange, body).exchange).decode()
    return built("$.exchange", lambda: FileReport(report_id=drawn.uuid, manager=drawn.manager, text=text))


def read_url(at: str, text: str, *, allows_http: bool) -> str:
    """The address of a USS; WireError at `at` when it is none that is taken."""
    found = URL.fullmatch(text)
    if found is None or (found["scheme"] == "http" and not allows_http):
        raise WireError("this is no address that is taken", at=at, allowed=URL_FORM, code="FIELD_FORM")
    return text
