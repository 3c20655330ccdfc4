"""Constraints: sky that is closed for a time, save for those it names (ASTM F3548: constraint).

A constraint is not asked for and not negotiated: an authority declares it, and what meets it is refused.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

import msgspec

from mamarr.airspace import declarations
from mamarr.faults import Reason, Refusal, present
from mamarr.geometry import Volume, footprints
from mamarr.geometry.units import epoch_ms
from mamarr.names import FREE_TEXT, OBJECT_ID, PARTY_ID, Author, matched

VOLUMES_MAX = 100  # chosen: a moving front in hourly steps over four days
EXEMPT_PARTIES_MAX = 50
CONSTRAINTS_MAX = 5_000  # chosen: a continent's closures of a bad day are some hundreds

# What it is


class SpecialHandling(StrEnum):
    """Reasons for special handling by ATS: STS of item 18 of a flight plan (ICAO Doc 4444, appendix 2)."""

    ALTRV = "ALTRV"
    FFR = "FFR"
    HEAD = "HEAD"
    HOSP = "HOSP"
    HUM = "HUM"
    MARSA = "MARSA"
    MEDEVAC = "MEDEVAC"
    NONRVSM = "NONRVSM"
    SAR = "SAR"
    STATE = "STATE"


class Constraint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Closed sky. volumes: where and when. exempt_parties, exempt_handling: whom it does not bind."""

    constraint_id: str
    volumes: tuple[Volume, ...]
    name: str | None = None
    exempt_parties: tuple[str, ...] = ()
    exempt_handling: tuple[SpecialHandling, ...] = ()

    def __post_init__(self) -> None:
        matched("constraint_id", self.constraint_id, OBJECT_ID)
        if self.name is not None:
            matched("name", self.name, FREE_TEXT)
        if not 1 <= len(self.volumes) <= VOLUMES_MAX:
            raise ValueError(f"a constraint has 1 to {VOLUMES_MAX} volumes, not {len(self.volumes)}")
        if len(self.exempt_parties) > EXEMPT_PARTIES_MAX:
            raise ValueError(f"more than {EXEMPT_PARTIES_MAX} exempt parties")
        for party in self.exempt_parties:
            matched("exempt_parties", party, PARTY_ID)


def checked(constraint: Constraint) -> Constraint:
    """The same constraint; ValueError says which footprint makes no sense and where."""
    for number, volume in enumerate(constraint.volumes):
        try:
            footprints.checked(volume.footprint)
        except ValueError as wrong:
            raise ValueError(f"volume {number}: {wrong}") from wrong
    return constraint


def binds(constraint: Constraint, party: str, handling: Collection[SpecialHandling]) -> bool:
    """Whether it holds for a flight of `party` with these reasons for special handling."""
    return party not in constraint.exempt_parties and not any(
        reason in constraint.exempt_handling for reason in handling
    )


# What may be asked


class DeclareConstraint(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="declare-constraint"
):
    """Let this constraint be; one of the same id is replaced."""

    constraint: Constraint


class WithdrawConstraint(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="withdraw-constraint"
):
    """Let the constraint of this id be no more."""

    constraint_id: str

    def __post_init__(self) -> None:
        matched("constraint_id", self.constraint_id, OBJECT_ID)


Command = DeclareConstraint | WithdrawConstraint


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="constraint"):
    """What the decision may rest on. party: the node's own. held: of this id. count: how many there are."""

    party: str
    held: Constraint | None = None
    count: int = 0


# What may happen


class ConstraintDeclared(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="constraint-declared"
):
    """This sky is closed."""

    constraint: Constraint


class ConstraintWithdrawn(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="constraint-withdrawn"
):
    """The constraint is no more."""

    constraint_id: str


Event = ConstraintDeclared | ConstraintWithdrawn


# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event] | Refusal:
    """Answer one command about one constraint. Never raises; says no prose."""
    if isinstance(command, WithdrawConstraint):
        name = command.constraint_id
        refusal = declarations.withdrawing_refused(
            author, party=facts.party, is_held=facts.held is not None, name=name
        )
        return refusal or (ConstraintWithdrawn(constraint_id=name),)
    refusal = declarations.declaring_refused(
        author,
        party=facts.party,
        is_new=facts.held is None,
        count=facts.count,
        count_max=CONSTRAINTS_MAX,
        limit="constraints_max",
    )
    if refusal is not None:
        return refusal
    constraint = command.constraint
    if max(volume.time_end_ms for volume in constraint.volumes) <= epoch_ms(now):
        return Refusal(reason=Reason.TIME_PAST, because=(constraint.constraint_id,))
    shapes = (volume.footprint for volume in constraint.volumes)
    return declarations.misshapen(constraint.constraint_id, *shapes) or (
        ConstraintDeclared(constraint=constraint),
    )


# How it changes


def evolve(value: Constraint | None, event: Event) -> Constraint | None:
    """The constraint after `event`; None when it is no more. Stops when the two contradict each other."""
    if isinstance(event, ConstraintDeclared):
        return event.constraint
    present(value, "withdrawn while not there")
    return None
