"""What a USS says: to a DSS what it plans, to other USSs its operational intents, to a test what users see.

Bodies are made as JSON objects, without the members that a volume does not have: null is no outline.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from mamarr.discovery import IntentState
from mamarr.faults import present
from mamarr.interop.f3548.instants import written_instant
from mamarr.interop.f3548.requests import TimeMessage, Volume4DMessage
from mamarr.interop.f3548.uss_messages import UserNotificationMessage
from mamarr.interop.f3548.writing import NO_SUBSCRIPTION
from mamarr.operations import Advisory, Delivery, Details, Operation, Volume, volumes

E9_PER_DEG = 10**9
MM_PER_M = 1_000
Object = dict[str, Any]


def time_of(instant_us: int) -> Object:
    """An instant."""
    return {"value": written_instant(instant_us), "format": "RFC3339"}


def altitude_of(altitude_mm: int) -> Object:
    """An altitude above the WGS-84 ellipsoid."""
    return {"value": altitude_mm / MM_PER_M, "reference": "W84", "units": "M"}


def volume_of(volume: Volume) -> Object:
    """A volume and its time."""
    points = [{"lat": lat / E9_PER_DEG, "lng": lng / E9_PER_DEG} for lat, lng in volume.corners]
    outline: Object = {"outline_polygon": {"vertices": points}}
    if volume.radius_mm:
        radius = {"value": volume.radius_mm / MM_PER_M, "units": "M"}
        outline = {"outline_circle": {"center": points[0], "radius": radius}}
    return {
        "volume": {
            **outline,
            "altitude_lower": altitude_of(volume.altitude_lower_mm),
            "altitude_upper": altitude_of(volume.altitude_upper_mm),
        },
        "time_start": time_of(volume.time_start_us),
        "time_end": time_of(volume.time_end_us),
    }


def areas_of(details: Details) -> list[bytes]:
    """What to ask a DSS to learn of all that its envelope of `details` meets: a query for each outline.

    Each at the levels and instants that all volumes have together, as the DSS compares it.
    """
    several = details.all()
    lower_mm = min(each.altitude_lower_mm for each in several)
    upper_mm = max(each.altitude_upper_mm for each in several)
    outlines = {
        msgspec.structs.replace(
            each,
            altitude_lower_mm=lower_mm,
            altitude_upper_mm=upper_mm,
            time_start_us=volumes.starts_us(several),
            time_end_us=volumes.ends_us(several),
        ): None
        for each in several
    }
    return [msgspec.json.encode({"area_of_interest": volume_of(each)}) for each in outlines]


def intent(
    details: Details,
    state: IntentState,
    key: Iterable[str],
    uss_base_url: str,
    *,
    with_constraints: bool = False,
) -> bytes:
    """An operational intent to be written at a DSS, with a subscription that follows it.

    with_constraints: whether we are to be told of constraints too.
    """
    return msgspec.json.encode(
        {
            "extents": [volume_of(each) for each in details.all()],
            "key": list(key),
            "state": state,
            "uss_base_url": uss_base_url,
            "new_subscription": {"uss_base_url": uss_base_url, "notify_for_constraints": with_constraints},
        }
    )


def details_said(details: Details) -> Object:
    """What an operational intent asks of the sky."""
    return {
        "volumes": [volume_of(each) for each in details.volumes],
        "off_nominal_volumes": [volume_of(each) for each in details.off_nominal],
        "priority": details.priority,
    }


def operational_intent(operation: Operation) -> Object:
    """One of our operational intents as the DSS has it, with its details, to other USSs."""
    details = present(operation.details, "what is told of is at the DSS")
    reference = present(operation.reference, "what is told of is at the DSS")
    several = details.all()
    return {
        "reference": {
            "id": operation.entity_id,
            "manager": reference.manager,
            "uss_availability": reference.availability,
            "version": reference.version,
            "state": present(operation.state, "what is told of is at the DSS"),
            "ovn": reference.ovn,
            "time_start": time_of(volumes.starts_us(several)),
            "time_end": time_of(volumes.ends_us(several)),
            "uss_base_url": reference.uss_base_url,
            "subscription_id": reference.subscription_id or NO_SUBSCRIPTION,
        },
        "details": details_said(details),
    }


def notification(delivery: Delivery, operation: Operation | None) -> bytes:
    """What another USS is told of one of our operations; None: it is no more."""
    said: Object = {
        "operational_intent_id": delivery.entity_id,
        "subscriptions": [
            {"subscription_id": each.subscription_id, "notification_index": each.notification_index}
            for each in delivery.subscriptions
        ],
    }
    if operation is not None:
        said["operational_intent"] = operational_intent(operation)
    return msgspec.json.encode(said)


def user_notifications(given: Sequence[Advisory]) -> tuple[UserNotificationMessage, ...]:
    """What users were told."""
    return tuple(
        UserNotificationMessage(
            observed_at=TimeMessage(text=written_instant(each.observed_us), format="RFC3339"),
            conflicts="Single" if len(each.others) == 1 else "Multiple",
        )
        for each in given
    )


def area_as_sent(message: Volume4DMessage) -> bytes:
    """The query about an area, as a DSS is asked."""
    return msgspec.json.encode({"area_of_interest": _without_none(msgspec.to_builtins(message))})


def _without_none(said: Any) -> Any:
    """The same without the members that are null."""
    if isinstance(said, dict):
        return {name: _without_none(value) for name, value in said.items() if value is not None}
    return [_without_none(each) for each in said] if isinstance(said, list | tuple) else said
