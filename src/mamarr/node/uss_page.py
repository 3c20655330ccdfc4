"""What the page of our USS shows, and in whose name what is asked there goes into the record."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from mamarr.discovery import IntentState
from mamarr.discovery.envelopes import us_of
from mamarr.faults import present
from mamarr.interop.f3548 import uss_page
from mamarr.interop.f3548.uss_flights import corners_count
from mamarr.interop.f3548.uss_page import Heard, Parts
from mamarr.node.uss_closing import Closing
from mamarr.node.uss_desk import UssDesk, asking
from mamarr.node.uss_flights import Flights
from mamarr.operations import Closure, Known, KnownConstraint, Operation, volumes

T = TypeVar("T")

SHOWN_MAX = 100  # chosen: of each kind; more nobody reads in a list
CORNERS_MAX = 5_000  # chosen: of each kind, but for the first: some 400 kB each second
ADVISORIES_MAX = 100  # chosen: the newest
URGENT = (
    IntentState.CONTINGENT,
    IntentState.NONCONFORMING,
    IntentState.ACTIVATED,
    IntentState.ACCEPTED,
)


class UssPage:
    """What the web asks for the page. authority: name of the USS. has_constraints: as its file says."""

    def __init__(
        self, desk: UssDesk, closing: Closing, flights: Flights, *, authority: str, has_constraints: bool
    ) -> None:
        self._desk, self._closing, self._flights = desk, closing, flights
        self._has_constraints = has_constraints
        self.node_id, self.mode, self.authority = desk.node_id, desk.mode, authority
        self.now = desk.now

    def new_command_id(self) -> str:
        """An id that nobody has."""
        return self._desk.new_uuid()

    @contextlib.contextmanager
    def asked_by(self, person: str) -> Iterator[None]:
        """What is decided within goes into the record with the person's name."""
        before = asking.set(person)
        try:
            yield
        finally:
            asking.reset(before)

    def parts(self) -> Parts:
        """What is shown now."""
        operated, now_us = self._desk.operated, us_of(self._desk.now())
        flights = sorted((each for _, each in operated.operations.durable_items()), key=_urgency)
        seen = _cut(self._flights.those(flights[:SHOWN_MAX]), corners_count)
        closures = sorted((each for _, each in operated.closures.durable_items()), key=_closes_us)
        heard = list(self._heard(now_us))
        others = [each for each in heard if isinstance(each.known, Known)]
        constraints = [each for each in heard if isinstance(each.known, KnownConstraint)]
        given = (each for _, each in operated.advisories.durable_items())
        newest = sorted(given, key=lambda each: (each.observed_us, each.advisory_id), reverse=True)
        return Parts(
            flights=seen,
            flights_count=len(flights),
            others=_cut(others, _corners_heard),
            others_count=len(others),
            closures=_cut(closures, _corners_closed),
            closures_count=len(closures),
            constraints=_cut(constraints, _corners_heard),
            constraints_count=len(constraints),
            advisories=newest[:ADVISORIES_MAX],
            asks_for_constraints=self._has_constraints,
            read_only=self._desk.is_read_only(),
        )

    def _heard(self, now_us: int) -> Iterator[Heard]:
        """What others said that is not over. We hear of our own constraints too: those are not others'."""
        ours = self._closing.table
        for known, at in self._desk.peers.heard():
            is_ours = isinstance(known, KnownConstraint) and ours.get(known.constraint_id) is not None
            if not is_ours and uss_page.ends_us(known) >= now_us:
                yield Heard(known, max(0.0, (now_us - us_of(at)) / 1e6))


def _urgency(held: Operation) -> tuple[int, int, str]:
    state = held.state or IntentState.ACCEPTED
    details = held.details
    if details is None and held.change is not None:
        details = held.change.details
    starts_us = 0 if details is None else volumes.starts_us(details.all())
    return URGENT.index(state), starts_us, held.entity_id


def _closes_us(closure: Closure) -> tuple[int, str]:
    what = closure.closed or present(closure.change, "what is there or asked for").closed
    return 0 if what is None else volumes.starts_us(what.volumes), closure.entity_id


def _corners_heard(heard: Heard) -> int:
    return uss_page.corners_count(heard.known)


def _corners_closed(closure: Closure) -> int:
    return 0 if closure.closed is None else volumes.vertices_count(closure.closed.volumes)


def _cut(several: Iterable[T], corners: Callable[[T], int]) -> list[T]:
    """As many of the first as one picture holds, one at least."""
    kept: list[T] = []
    count = 0
    for each in several:
        count += corners(each)
        if kept and (count > CORNERS_MAX or len(kept) == SHOWN_MAX):
            break
        kept.append(each)
    return kept
