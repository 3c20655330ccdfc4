"""What a USS may send to a DSS (ASTM F3548-21, API 1.0.0), as it stands on the wire.

Members that the API does not have are ignored, and null is as if the member were not there: the API says so.
Whether a shape is one, and what the texts mean, is read in `shapes` and `reading`.
"""

from typing import Annotated, Any, Literal

import msgspec

from mamarr.discovery import IntentState
from mamarr.discovery.envelopes import EXTENTS_MAX
from mamarr.discovery.intents import KEY_MAX

VERTICES_MAX = 10_000  # F3548-21: of all volumes of an intent together
TEXT_MAX = 500  # characters of an address, as `discovery` keeps it
OVN_LENGTH_MAX = 128  # F3548-21, EntityOVN

Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
AltitudeValue = Annotated[float, msgspec.Meta(ge=-8_000, le=100_000)]
RadiusValue = Annotated[float, msgspec.Meta(gt=0)]
Url = Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_MAX)]
Ovn = Annotated[str, msgspec.Meta(max_length=OVN_LENGTH_MAX)]


class TimeMessage(msgspec.Struct, frozen=True, kw_only=True, rename={"text": "value"}):
    """An instant."""

    text: str
    format: Literal["RFC3339"]


class AltitudeMessage(msgspec.Struct, frozen=True, kw_only=True, rename={"altitude_m": "value"}):
    """An altitude above the WGS-84 ellipsoid."""

    altitude_m: AltitudeValue
    reference: Literal["W84"]
    units: Literal["M"]


class RadiusMessage(msgspec.Struct, frozen=True, kw_only=True, rename={"radius_m": "value"}):
    """The radius of a circle."""

    radius_m: RadiusValue
    units: Literal["M"]


class PointMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A point of the Earth's surface, WGS-84 degrees."""

    lat: Latitude
    lng: Longitude


class CircleMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A circle on the Earth's surface."""

    center: PointMessage
    radius: RadiusMessage


class PolygonMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A polygon on the Earth's surface; its edges are the shortest ways between its vertices."""

    vertices: Annotated[tuple[PointMessage, ...], msgspec.Meta(min_length=3, max_length=VERTICES_MAX)]


class Volume3DMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An outline, of which there must be one, between two altitudes."""

    outline_circle: CircleMessage | None = None
    outline_polygon: PolygonMessage | None = None
    altitude_lower: AltitudeMessage | None = None
    altitude_upper: AltitudeMessage | None = None


class Volume4DMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A volume and its time."""

    volume: Volume3DMessage
    time_start: TimeMessage | None = None
    time_end: TimeMessage | None = None


Extents = Annotated[tuple[Volume4DMessage, ...], msgspec.Meta(min_length=1, max_length=EXTENTS_MAX)]


class QueryMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What is in an area."""

    area_of_interest: Volume4DMessage


class NewSubscriptionMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription that the DSS makes for an intent."""

    uss_base_url: Url
    notify_for_constraints: bool | None = None


class PutIntentMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Create or change the reference of an operational intent.

    requested_ovn_suffix: an extension of InterUSS's.
    """

    extents: Extents
    state: IntentState
    uss_base_url: Url
    key: Annotated[tuple[Ovn, ...], msgspec.Meta(max_length=KEY_MAX)] | None = None
    subscription_id: str | None = None
    new_subscription: NewSubscriptionMessage | None = None
    requested_ovn_suffix: str | None = None


class PutConstraintMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Create or change the reference of a constraint."""

    extents: Extents
    uss_base_url: Url


class PutSubscriptionMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Create or change a subscription."""

    extents: Volume4DMessage
    uss_base_url: Url
    notify_for_operational_intents: bool | None = None
    notify_for_constraints: bool | None = None


class PutAvailabilityMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Say whether a USS answers. availability: the words of the standard, in any case of their letters."""

    availability: Annotated[str, msgspec.Meta(max_length=16)]
    old_version: Annotated[str, msgspec.Meta(max_length=OVN_LENGTH_MAX)] | None = None


class ExchangeMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A request and its answer, as whoever reports them saw them. Bodies are in base64."""

    url: str
    method: str
    recorder_role: Literal["Client", "Server"]
    request_time: TimeMessage
    headers: tuple[str, ...] | None = None
    request_body: str | None = None
    response_time: TimeMessage | None = None
    response_body: str | None = None
    response_code: int | None = None
    problem: str | None = None


class ReportMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Tell the DSS of an exchange that went wrong."""

    exchange: ExchangeMessage
    report_id: Any = None  # what a sender writes there does not count
