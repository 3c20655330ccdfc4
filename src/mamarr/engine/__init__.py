"""The engine: one decider, one log, and the tables projected from it."""

from mamarr.engine.attempted import AttemptsSeen
from mamarr.engine.decider import Batch, Decider
from mamarr.engine.keeper import Keeper
from mamarr.engine.orders import Order
from mamarr.engine.picture import FlightSeen, Picture, ReservationSeen, picture
from mamarr.engine.projection import Projection
from mamarr.engine.replay import Divergence, Resumed, follows, redecided, replay, resume
from mamarr.engine.telephoned import Calls, Telephoned
from mamarr.engine.tickets import Answer, Ticket
from mamarr.engine.watch import AlertSeen, FeedSeen, TrackSeen, Watching

__all__ = [
    "AlertSeen",
    "Answer",
    "AttemptsSeen",
    "Batch",
    "Calls",
    "Decider",
    "Divergence",
    "FeedSeen",
    "FlightSeen",
    "Keeper",
    "Order",
    "Picture",
    "Projection",
    "ReservationSeen",
    "Resumed",
    "Telephoned",
    "Ticket",
    "TrackSeen",
    "Watching",
    "follows",
    "picture",
    "redecided",
    "replay",
    "resume",
]
