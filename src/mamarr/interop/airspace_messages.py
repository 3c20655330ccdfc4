"""The messages about what is declared and imposed: GeoJSON goes by itself, the rest is here."""

from typing import Annotated, Literal

import msgspec

from mamarr.airspace import (
    Area,
    Constraint,
    Corridor,
    Party,
    Share,
    Terms,
    constraints,
    corridors,
    parties,
    shares,
    terms,
)
from mamarr.airspace import areas as area_nouns
from mamarr.conflicts import Minima
from mamarr.engine.orders import Command
from mamarr.faults import Reason, WireError, unreachable
from mamarr.flights import imposed
from mamarr.flights.imposed import ImposedKind
from mamarr.geometry.units import m_from_mm, mm_from_m, ms_from_s, s_from_ms
from mamarr.interop import regions
from mamarr.interop.forms import PARTY_ID_FORM, a_text, an_id
from mamarr.interop.readings import Value
from mamarr.interop.regions import RegionMessage
from mamarr.interop.wire import built, matching
from mamarr.names import PARTY_ID

DeclaredKind = Literal["party", "share", "corridor", "area", "constraint"]
Count = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
Length = Annotated[float, msgspec.Meta(ge=0, le=185_200)]
Height = Annotated[float, msgspec.Meta(ge=0, le=3_048)]
Hour = Annotated[float, msgspec.Meta(ge=0, le=3_600)]
Year = Annotated[float, msgspec.Meta(ge=0, le=31_622_400)]
SkyTime = Annotated[float, msgspec.Meta(ge=0, le=3_600_000_000)]


class DeclaredMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one feature of a file. reason: why it was refused, None when it is declared.

    limit: which limit is reached, where that is why.
    """

    kind: DeclaredKind
    id: str
    reason: Reason | None
    because: list[str]
    limit: str | None = None


class ImportedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file of airspace, feature by feature, in the order in which they were declared."""

    declared_count: int
    features: list[DeclaredMessage]


class MinimaMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How near two flights may come: nearer in all three at once is a conflict."""

    lateral_m: Length
    vertical_m: Height
    time_s: Hour


class TermsMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers that admission rests on; later flights are decided on them.

    All of them, always: one that could be left out would be set back by who does not know of it.
    provisional_volume_time_max_s: time of sky, summed over the volumes of a party's provisional acceptances.
    renewal_wait_s: how long after a lapse a flight may not be asked for again provisionally. given_up_max:
    how often a party may ask within an hour for what it gives up again unused. horizon_s: how far ahead one
    may file.
    """

    between_centres: MinimaMessage
    inside_centre: MinimaMessage
    departure_before_s: Hour
    departure_after_s: Hour
    estimate_before_s: Hour
    estimate_after_s: Hour
    provisional_lapse_s: Hour
    provisional_max: Count
    provisional_volume_time_max_s: SkyTime
    renewal_wait_s: Hour
    horizon_s: Year
    flights_max: Count
    overdue_max: Count
    given_up_max: Count


class ImposeMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Say that sky is not free: a stranger, an area that was moved."""

    kind: ImposedKind
    regions: Annotated[list[RegionMessage], msgspec.Meta(min_length=1, max_length=100)]
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


# Parties before the shares that name them; shares before what flights need, so that nothing waits on another.
ORDER: tuple[type, ...] = (Party, Share, Corridor, Area, Constraint)
KINDS: dict[type, DeclaredKind] = {
    Party: "party",
    Share: "share",
    Corridor: "corridor",
    Area: "area",
    Constraint: "constraint",
}


def declare(value: Value) -> Command:
    """The command that declares `value`."""
    match value:
        case Party():
            return parties.DeclareParty(party=value)
        case Share():
            return shares.DeclareShare(share=value)
        case Corridor():
            return corridors.DeclareCorridor(corridor=value)
        case Area():
            return area_nouns.DeclareArea(area=value)
        case Constraint():
            return constraints.DeclareConstraint(constraint=value)
        case _:
            unreachable(value)


def withdraw(kind: str, name: str) -> Command:
    """The command that withdraws what is declared; WireError when there is no such kind or id."""
    match kind:
        case "party":
            matching("path:id", name, PARTY_ID, PARTY_ID_FORM)
            return parties.WithdrawParty(party_id=name)
        case "share":
            an_id("path:id", name)
            return shares.WithdrawShare(share_id=name)
        case "corridor":
            an_id("path:id", name)
            return corridors.WithdrawCorridor(corridor_id=name)
        case "area":
            an_id("path:id", name)
            return area_nouns.WithdrawArea(area_id=name)
        case "constraint":
            an_id("path:id", name)
            return constraints.WithdrawConstraint(constraint_id=name)
        case _:
            allowed = ", ".join(KINDS.values())
            raise WireError("there is no such kind", at="path:kind", allowed=allowed, code="FIELD_CHOICE")


def name_of(value: Value) -> str:
    """The id of a declared value."""
    return str(getattr(value, f"{KINDS[type(value)]}_id"))


def set_terms(message: TermsMessage) -> terms.SetTerms:
    """The command in a message; WireError when a number is out of range."""
    return built(
        "$",
        lambda: terms.SetTerms(
            terms=Terms(
                between_centres=minima(message.between_centres),
                inside_centre=minima(message.inside_centre),
                departure_before_ms=ms_from_s(message.departure_before_s),
                departure_after_ms=ms_from_s(message.departure_after_s),
                estimate_before_ms=ms_from_s(message.estimate_before_s),
                estimate_after_ms=ms_from_s(message.estimate_after_s),
                provisional_lapse_ms=ms_from_s(message.provisional_lapse_s),
                provisional_max=message.provisional_max,
                provisional_volume_time_max_ms=ms_from_s(message.provisional_volume_time_max_s),
                renewal_wait_ms=ms_from_s(message.renewal_wait_s),
                horizon_ms=ms_from_s(message.horizon_s),
                flights_max=message.flights_max,
                overdue_max=message.overdue_max,
                given_up_max=message.given_up_max,
            )
        ),
    )


def terms_message(value: Terms) -> TermsMessage:
    """The message that says `value`."""
    return TermsMessage(
        between_centres=minima_message(value.between_centres),
        inside_centre=minima_message(value.inside_centre),
        departure_before_s=s_from_ms(value.departure_before_ms),
        departure_after_s=s_from_ms(value.departure_after_ms),
        estimate_before_s=s_from_ms(value.estimate_before_ms),
        estimate_after_s=s_from_ms(value.estimate_after_ms),
        provisional_lapse_s=s_from_ms(value.provisional_lapse_ms),
        provisional_max=value.provisional_max,
        provisional_volume_time_max_s=s_from_ms(value.provisional_volume_time_max_ms),
        renewal_wait_s=s_from_ms(value.renewal_wait_ms),
        horizon_s=s_from_ms(value.horizon_ms),
        flights_max=value.flights_max,
        overdue_max=value.overdue_max,
        given_up_max=terms.given_up_max(value),
    )


def minima(message: MinimaMessage) -> Minima:
    """The minima in a message."""
    return Minima(
        lateral_mm=mm_from_m(message.lateral_m),
        vertical_mm=mm_from_m(message.vertical_m),
        time_ms=ms_from_s(message.time_s),
    )


def minima_message(value: Minima) -> MinimaMessage:
    """The message that says `value`."""
    return MinimaMessage(
        lateral_m=m_from_mm(value.lateral_mm),
        vertical_m=m_from_mm(value.vertical_mm),
        time_s=s_from_ms(value.time_ms),
    )


def impose(imposed_id: str, message: ImposeMessage) -> imposed.Impose:
    """The command in a message; WireError when its parts do not fit."""
    an_id("path:imposed_id", imposed_id)
    a_text("$.note", message.note)
    volumes = tuple(
        regions.region(each, at=f"$.regions[{number}]") for number, each in enumerate(message.regions)
    )
    return built(
        "$",
        lambda: imposed.Impose(imposed_id=imposed_id, kind=message.kind, volumes=volumes, note=message.note),
    )


def lift(imposed_id: str) -> imposed.Lift:
    """The command that lifts what is imposed; WireError when `imposed_id` is no id."""
    an_id("path:imposed_id", imposed_id)
    return imposed.Lift(imposed_id=imposed_id)
