"""Who must give way to whom when intents of F3548-21 meet: priorities, what is flown already, who is silent.

The rules are those of the standard's strategic coordination (SCD0005 to SCD0050).
"""

from collections.abc import Iterable

import msgspec

from mamarr.discovery.forms import ENTITY_ID, MANAGER, OVN
from mamarr.discovery.intents import OFF_NOMINAL, IntentState
from mamarr.names import matched
from mamarr.operations.volumes import VERTICES_MAX, VOLUMES_MAX, Volume, any_meet, vertices_count

HORIZON_US = 30 * 24 * 3_600 * 1_000_000  # F3548-21, OiMaxPlanHorizon
CLOCK_ERROR_US = 5 * 1_000_000  # F3548-21, TimeSyncMaxDifferential
PRIORITY_MAX = 1 << 31  # chosen: what every program's numbers hold


class Details(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an operational intent asks of the sky. priority: greater goes first.

    volumes: where the flight is meant to be. off_nominal: where it may be while it is not as meant.
    ValueError when there are none, too many, or too many corners.
    """

    volumes: tuple[Volume, ...] = ()
    off_nominal: tuple[Volume, ...] = ()
    priority: int = 0

    def __post_init__(self) -> None:
        count = len(self.volumes) + len(self.off_nominal)
        if not 0 < count <= VOLUMES_MAX:
            raise ValueError(f"an operational intent has 1 to {VOLUMES_MAX} volumes, not {count}")
        if vertices_count(self.all()) > VERTICES_MAX:
            raise ValueError(f"an operational intent has at most {VERTICES_MAX} vertices")
        if abs(self.priority) > PRIORITY_MAX:
            raise ValueError(f"a priority is at most {PRIORITY_MAX}")

    def all(self) -> tuple[Volume, ...]:
        """All volumes, off-nominal ones too."""
        return (*self.volumes, *self.off_nominal)


def fits(state: IntentState, details: Details) -> bool:
    """Whether there are the volumes that an intent in `state` must have, and no others."""
    if state in OFF_NOMINAL:
        return bool(details.off_nominal)
    return not details.off_nominal


class Known(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one operational intent of somebody else.

    details: None where its USS is down and silent, so that nobody knows them. ovn: likewise.
    """

    entity_id: str
    manager: str
    version: int
    state: IntentState
    details: Details | None = None
    ovn: str | None = None

    def __post_init__(self) -> None:
        matched("entity_id", self.entity_id, ENTITY_ID)
        matched("manager", self.manager, MANAGER)
        if self.ovn is not None:
            matched("ovn", self.ovn, OVN)


class KnownConstraint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a constraint that somebody made known. kind: what its USS calls it, where it says."""

    constraint_id: str
    manager: str
    version: int
    ovn: str
    volumes: tuple[Volume, ...]
    kind: str = ""

    def __post_init__(self) -> None:
        matched("constraint_id", self.constraint_id, ENTITY_ID)
        matched("manager", self.manager, MANAGER)
        matched("ovn", self.ovn, OVN)
        if not 0 < len(self.volumes) <= VOLUMES_MAX:
            raise ValueError(f"a constraint has 1 to {VOLUMES_MAX} volumes, not {len(self.volumes)}")


def volumes_count(known: Known) -> int:
    """How many volumes an intent is known to have."""
    return 0 if known.details is None else len(known.details.all())


def constraints_met(asked: Details, constraints: Iterable[KnownConstraint]) -> tuple[str, ...]:
    """Which constraints an intent would meet: what they mean for a flight its user must see to."""
    return tuple(each.constraint_id for each in constraints if any_meet(asked.all(), each.volumes))


class Met(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom an intent meets. in_the_way: who need not give way. overlapped: who must, or may be met."""

    in_the_way: tuple[str, ...] = ()
    overlapped: tuple[str, ...] = ()


def met(
    asked: Details,
    others: Iterable[Known],
    *,
    flown: Details | None = None,
    shared_priorities: tuple[int, ...] = (),
) -> Met:
    """Whom an intent, as meant, would meet, in the order of `others`.

    flown: what it is now, where it is Activated: another Activated one that it meets already it may meet on,
    as both are in the air and one of them must move. shared_priorities: at which the regulator lets intents
    of the same priority meet.

    An intent of a USS that is down and silent is the lowest where it is Accepted (SCD0005), else the highest
    (SCD0010): what the DSS calls near to it is taken to meet it, as nobody knows better.
    """
    in_the_way, overlapped = [], []
    for each in others:
        if each.details is None:
            if each.state is not IntentState.ACCEPTED:
                in_the_way.append(each.entity_id)
            continue
        theirs = each.details.all()
        if not any_meet(asked.volumes, theirs):
            continue
        same = each.details.priority == asked.priority and asked.priority in shared_priorities
        is_flown_too = flown is not None and each.state is IntentState.ACTIVATED
        is_met_already = is_flown_too and flown is not None and any_meet(flown.all(), theirs)
        if each.details.priority < asked.priority or same or is_met_already:
            overlapped.append(each.entity_id)
        else:
            in_the_way.append(each.entity_id)
    return Met(in_the_way=tuple(in_the_way), overlapped=tuple(overlapped))
