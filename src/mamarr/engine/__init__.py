"""The engine: one decider, one log, and the tables projected from it."""

from mamarr.engine.decider import Answer, Batch, Decider, Ticket
from mamarr.engine.orders import Order
from mamarr.engine.picture import Picture, ReservationSeen, picture
from mamarr.engine.projection import Projection
from mamarr.engine.replay import Divergence, Resumed, follows, redecided, replay, resume

__all__ = [
    "Answer",
    "Batch",
    "Decider",
    "Divergence",
    "Order",
    "Picture",
    "Projection",
    "ReservationSeen",
    "Resumed",
    "Ticket",
    "follows",
    "picture",
    "redecided",
    "replay",
    "resume",
]
