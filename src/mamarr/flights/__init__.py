"""Flights: plans, the sky kept for them, and the rules by which they are admitted."""

from mamarr.flights import (
    admission,
    answers,
    asking,
    conditions,
    crossings,
    drone_watch,
    drones,
    errands,
    flights,
    holding,
    imposed,
    plans,
    protection,
    reserving,
)
from mamarr.flights.conditions import Condition, Position
from mamarr.flights.drone_watch import DronesThere, DroneWatch
from mamarr.flights.drones import Drones, DroneState
from mamarr.flights.holding import Flight, Stage
from mamarr.flights.imposed import Imposed
from mamarr.flights.plans import Plan, RoutePoint
from mamarr.flights.protection import Protected
from mamarr.flights.router import Router, Wish

__all__ = [
    "Condition",
    "DroneState",
    "DroneWatch",
    "Drones",
    "DronesThere",
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
    "drone_watch",
    "drones",
    "errands",
    "flights",
    "holding",
    "imposed",
    "plans",
    "protection",
    "reserving",
]
