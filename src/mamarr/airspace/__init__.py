"""Who holds which part of the sky. Values by name, functions by their module."""

from mamarr.airspace import reservations
from mamarr.airspace.reservations import Reservation

__all__ = ["Reservation", "reservations"]
