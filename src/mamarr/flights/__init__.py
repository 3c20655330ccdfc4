"""Flights: plans, the sky kept for them, and the rules by which they are admitted."""

from mamarr.flights import (
    admission,
    answers,
    asking,
    conditions,
    crossings,
    errands,
    flights,
    holding,
    imposed,
    plans,
    protection,
    reserving,
)
from mamarr.flights.conditions import Condition, Position
from mamarr.flights.holding import Flight, Stage
from mamarr.flights.imposed import Imposed
from mamarr.flights.plans import Plan, RoutePoint
from mamarr.flights.protection import Protected
from mamarr.flights.router import Router, Wish

__all__ = [
    "Condition",
    "Flight",
    "Imposed",
    "Plan",
    "Position",
    "Protected",
    "RoutePoint",
    "Router",
    "Stage",
    "Wish",
    "admission",
    "answers",
    "asking",
    "conditions",
    "crossings",
    "errands",
    "flights",
    "holding",
    "imposed",
    "plans",
    "protection",
    "reserving",
]
