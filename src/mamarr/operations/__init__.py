"""What this node plans and flies as a USS of ASTM F3548-21: its own operational intents, exact and admitted.

What other USSs plan is known by `discovery`; here is what ours answers for. `volumes` says when two meet,
`planning` who must give way.
"""

from mamarr.operations import (
    advisories,
    closures,
    conformance,
    deliveries,
    forms,
    operations,
    planning,
    positions,
    volumes,
)
from mamarr.operations.advisories import Advisory, AdvisoryKind
from mamarr.operations.closures import Closed, Closure, ClosureChange
from mamarr.operations.deliveries import About, Delivery, Subscribed
from mamarr.operations.operations import Change, Operation, Reference, Told
from mamarr.operations.planning import Details, Known, KnownConstraint
from mamarr.operations.positions import Observed, Position
from mamarr.operations.volumes import Volume

__all__ = [
    "About",
    "Advisory",
    "AdvisoryKind",
    "Change",
    "Closed",
    "Closure",
    "ClosureChange",
    "Delivery",
    "Details",
    "Known",
    "KnownConstraint",
    "Observed",
    "Operation",
    "Position",
    "Reference",
    "Subscribed",
    "Told",
    "Volume",
    "advisories",
    "closures",
    "conformance",
    "deliveries",
    "forms",
    "operations",
    "planning",
    "positions",
    "volumes",
]
