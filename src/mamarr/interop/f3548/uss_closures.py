"""Constraints of our own USS: what who manages them sends, what the DSS answers, what other USSs are told.

Details are as F3548-21, API 1.0.0, has them; of a geozone it is looked at no more than that it is an object.
"""

from typing import Annotated, Any

import msgspec

from mamarr.discovery import Envelope, envelopes
from mamarr.faults import WireError, present
from mamarr.interop.f3548.answers import SubscriberMessage
from mamarr.interop.f3548.identifiers import read_uuid
from mamarr.interop.f3548.reading import URL, URL_FORM
from mamarr.interop.f3548.requests import Extents, TimeMessage, Url
from mamarr.interop.f3548.shapes import Needed, read_volume
from mamarr.interop.f3548.uss_reading import exact, whom_to_tell
from mamarr.interop.f3548.uss_writing import Object, time_of, volume_of
from mamarr.interop.wire import built, decoded
from mamarr.names import FREE_TEXT
from mamarr.operations import Closed, Closure, Delivery, Reference, Told, volumes

TEXT_LENGTH_MAX = 200  # as a free text elsewhere

ShortText = Annotated[str, msgspec.Meta(max_length=TEXT_LENGTH_MAX, extra={"form": FREE_TEXT})]


class ConstraintDetailsMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is closed for drones. type: what for. geozone: of ED-269, in the words of F3548-21."""

    volumes: Extents
    type: ShortText | None = None
    geozone: Any = None


class ConstraintReferenceMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The reference of a constraint, as a DSS or its USS has it."""

    id: str
    manager: str
    uss_availability: str
    version: int
    time_start: TimeMessage
    time_end: TimeMessage
    uss_base_url: Url
    ovn: str | None = None


class ConstraintReadMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One constraint, by a DSS."""

    constraint_reference: ConstraintReferenceMessage


class ConstraintWrittenMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A constraint as a DSS wrote or removed it, and whom to tell."""

    constraint_reference: ConstraintReferenceMessage
    subscribers: tuple[SubscriberMessage, ...] = ()


class ConstraintMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A constraint with its details."""

    reference: ConstraintReferenceMessage
    details: ConstraintDetailsMessage


class ConstraintOfUssMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a USS answers of one of its constraints."""

    constraint: ConstraintMessage


class ConstraintsOfUssMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The constraints that this USS manages."""

    constraints: tuple[ConstraintMessage, ...]


def closed(body: bytes) -> tuple[Closed, Envelope]:
    """What is to be closed, and its envelope as a DSS compares it; WireError says what is wrong, where."""
    message = decoded(ConstraintDetailsMessage, body)
    several = [(f"$.volumes[{number}]", each) for number, each in enumerate(message.volumes)]
    extents = [read_volume(place, each, Needed.ALL) for place, each in several]
    found = tuple(exact(place, each) for place, each in several)
    if not isinstance(message.geozone, dict | None):
        raise WireError("this is no object", at="$.geozone", allowed="a GeoZone of F3548-21")
    geozone = "" if message.geozone is None else msgspec.json.encode(message.geozone).decode()
    value = built("$", lambda: Closed(volumes=found, kind=message.type or "", geozone=geozone))
    return value, built("$.volumes", lambda: envelopes.union(extents))


def reference(body: bytes, *, allows_http: bool) -> Reference:
    """Our constraint as a DSS has it."""
    return _reference(decoded(ConstraintReadMessage, body).constraint_reference, allows_http=allows_http)


def written(body: bytes, *, allows_http: bool) -> tuple[Reference, tuple[Told, ...]]:
    """Our constraint as a DSS wrote or removed it, and whom to tell, of those who can be told."""
    message = decoded(ConstraintWrittenMessage, body)
    told = whom_to_tell(message.subscribers, allows_http=allows_http)
    return _reference(message.constraint_reference, allows_http=allows_http), told


def _reference(message: ConstraintReferenceMessage, *, allows_http: bool) -> Reference:
    at = "$.constraint_reference"
    found = URL.fullmatch(message.uss_base_url)
    if found is None or (found["scheme"] == "http" and not allows_http):
        raise WireError("this is no address that is taken", at=f"{at}.uss_base_url", allowed=URL_FORM)
    read_uuid(f"{at}.id", message.id)
    if message.ovn is None:
        raise WireError("the DSS does not say the OVN of what is ours", at=f"{at}.ovn")
    ovn = message.ovn
    return built(
        at,
        lambda: Reference(
            manager=message.manager, uss_base_url=message.uss_base_url, ovn=ovn, version=message.version
        ),
    )


def to_dss(what: Closed, uss_base_url: str) -> bytes:
    """A constraint to be written at a DSS."""
    return msgspec.json.encode(
        {"extents": [volume_of(each) for each in what.volumes], "uss_base_url": uss_base_url}
    )


def details(what: Closed) -> Object:
    """What is closed, as it stands on the wire."""
    said: Object = {"volumes": [volume_of(each) for each in what.volumes]}
    if what.kind:
        said["type"] = what.kind
    if what.geozone:
        said["geozone"] = msgspec.Raw(what.geozone.encode())
    return said


def constraint(closure: Closure) -> Object:
    """One of our constraints as the DSS has it, with its details."""
    what = present(closure.closed, "what is told of is at the DSS")
    at = present(closure.reference, "what is told of is at the DSS")
    said: dict[str, Any] = {
        "id": closure.entity_id,
        "manager": at.manager,
        "uss_availability": at.availability,
        "version": at.version,
        "ovn": at.ovn,
        "time_start": time_of(volumes.starts_us(what.volumes)),
        "time_end": time_of(volumes.ends_us(what.volumes)),
        "uss_base_url": at.uss_base_url,
    }
    return {"reference": said, "details": details(what)}


def notification(delivery: Delivery, closure: Closure | None) -> bytes:
    """What another USS is told of one of our constraints; None: it is no more."""
    said: Object = {
        "constraint_id": delivery.entity_id,
        "subscriptions": [
            {"subscription_id": each.subscription_id, "notification_index": each.notification_index}
            for each in delivery.subscriptions
        ],
    }
    if closure is not None:
        said["constraint"] = constraint(closure)
    return msgspec.json.encode(said)
