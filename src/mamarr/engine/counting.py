"""What counts as an attempt: what is asked for and given up unused, or refused for what may not be known.

How many count is kept by `airspace.attempts`.

Reports never count, nor what is given up in the air: who flies has used it. The node's own party knows all.
"""

from datetime import datetime

from mamarr.airspace import attempts, reservations
from mamarr.airspace.attempts import AttemptCounted
from mamarr.engine.orders import Command, Facts, Order, Outcome
from mamarr.faults import Reason, Refusal
from mamarr.flights import flights, holding
from mamarr.flights.flights import ExpireFlight, Revise, Withdraw
from mamarr.geometry.units import epoch_ms

FOR_THE_SKY = (Reason.CONFLICT, Reason.VOLUME_HELD)
OF_SKY = (flights.Facts, reservations.Facts)


def counted(order: Order, known: Facts, outcome: Outcome, *, now: datetime) -> tuple[AttemptCounted, ...]:
    """The attempt that `outcome` of `order` counts, if it does.

    It is that of whoever asked; of what lapsed, which the node forgets, that of whose it was.
    """
    if not isinstance(known, OF_SKY):
        return ()
    party = _whose(order, known)
    if party == known.node_party:
        return ()
    now_ms = epoch_ms(now)
    is_counted = (
        known.is_withheld and outcome.reason in FOR_THE_SKY
        if isinstance(outcome, Refusal)
        else _gives_up(order.command, known, now_ms)
    )
    return (AttemptCounted(party=party, time_ms=now_ms),) if is_counted else ()


def _whose(order: Order, known: flights.Facts | reservations.Facts) -> str:
    if order.author.rule is None or known.held is None:
        return order.author.party
    return known.held.party if isinstance(known, flights.Facts) else known.held.holder


def _gives_up(command: Command, known: flights.Facts | reservations.Facts, now_ms: int) -> bool:
    """Whether `command`, when it is done, gives up what was asked for a short while ago and was not used."""
    match command, known:
        case Withdraw() | Revise() | ExpireFlight(), flights.Facts(held=holding.Flight() as flight):
            return _is_unused(flight, is_forgotten=isinstance(command, ExpireFlight), now_ms=now_ms)
        case reservations.Release(), reservations.Facts(held=reservations.Reservation() as held):
            is_unused = held.activations_count == 0
            return is_unused and attempts.is_early(reservations.asked_at_ms(held), now_ms)
        case reservations.Expire(), reservations.Facts(held=reservations.Reservation() as held):
            return reservations.is_lapsed(held, now_ms) and _lapsed_early(
                reservations.asked_at_ms(held), held.lapses_at_ms
            )
        case _:
            return False


def _is_unused(flight: holding.Flight, *, is_forgotten: bool, now_ms: int) -> bool:
    if flight.is_airborne or flight.plan.is_due_regard:  # with due regard nothing was asked
        return False
    if is_forgotten and flight.coordination is not None:
        return False  # another authority may have said no, or nothing
    if is_forgotten:
        return _lapsed_early(flight.asked_at_ms, flight.lapses_at_ms)
    return attempts.is_early(flight.asked_at_ms, now_ms)


def _lapsed_early(asked_at_ms: int | None, lapses_at_ms: int | None) -> bool:
    return lapses_at_ms is not None and attempts.is_early(asked_at_ms, lapses_at_ms)
