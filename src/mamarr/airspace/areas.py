"""Areas: parts of the sky that have a name, such as training areas, so that a reservation can ask for them.

An area holds nothing by itself. Names of the kinds: AIXM 5.1 and EUROCONTROL FUA.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.airspace import declarations
from mamarr.faults import Refusal, present
from mamarr.geometry import Datum, Footprint, footprints
from mamarr.geometry.volumes import ALTITUDE_HIGHEST_MM, ALTITUDE_LOWEST_MM
from mamarr.names import FREE_TEXT, OBJECT_ID, Author, matched

AREAS_MAX = 10_000  # chosen: a continent has some thousand published areas

# What it is


class AreaKind(StrEnum):
    """What an area is for."""

    TSA = "TSA"  # temporary segregated area
    TRA = "TRA"  # temporary reserved area
    CBA = "CBA"  # cross-border area
    D = "D"  # danger area
    R = "R"  # restricted area
    P = "P"  # prohibited area
    CTR = "CTR"
    TMA = "TMA"
    OTHER = "OTHER"


class Area(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A named part of the sky. lower_mm, upper_mm: millimetres above `datum`, half-open."""

    area_id: str
    kind: AreaKind
    footprint: Footprint
    datum: Datum
    lower_mm: int
    upper_mm: int
    name: str | None = None

    def __post_init__(self) -> None:
        matched("area_id", self.area_id, OBJECT_ID)
        if self.name is not None:
            matched("name", self.name, FREE_TEXT)
        if not ALTITUDE_LOWEST_MM <= self.lower_mm < self.upper_mm <= ALTITUDE_HIGHEST_MM:
            raise ValueError("floor is not below ceiling, or outside -1000 m to 100000 m")


def checked(area: Area) -> Area:
    """The same area; ValueError says where its footprint makes no sense (`footprints.checked`)."""
    footprints.checked(area.footprint)
    return area


# What may be asked


class DeclareArea(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="declare-area"):
    """Let this area be; one of the same id is replaced."""

    area: Area


class WithdrawArea(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="withdraw-area"):
    """Let the area of this id be no more."""

    area_id: str

    def __post_init__(self) -> None:
        matched("area_id", self.area_id, OBJECT_ID)


Command = DeclareArea | WithdrawArea


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="area"):
    """What the decision may rest on. party: the node's own. held: of this id. count: how many there are."""

    party: str
    held: Area | None = None
    count: int = 0


# What may happen


class AreaDeclared(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="area-declared"):
    """A part of the sky has this name."""

    area: Area


class AreaWithdrawn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="area-withdrawn"):
    """The area is no more."""

    area_id: str


Event = AreaDeclared | AreaWithdrawn


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event] | Refusal:
    """Answer one command about one area. Never raises; says no prose."""
    del now
    if isinstance(command, WithdrawArea):
        name = command.area_id
        refusal = declarations.withdrawing_refused(
            author, party=facts.party, is_held=facts.held is not None, name=name
        )
        return refusal or (AreaWithdrawn(area_id=name),)
    refusal = declarations.declaring_refused(
        author,
        party=facts.party,
        is_new=facts.held is None,
        count=facts.count,
        count_max=AREAS_MAX,
        limit="areas_max",
    )
    if refusal is not None:
        return refusal
    area = command.area
    return declarations.misshapen(area.area_id, area.footprint) or (AreaDeclared(area=area),)


# How it changes


def evolve(value: Area | None, event: Event) -> Area | None:
    """The area after `event`; None when it is no more. Stops when the two contradict each other."""
    if isinstance(event, AreaDeclared):
        return event.area
    present(value, "withdrawn while not there")
    return None
