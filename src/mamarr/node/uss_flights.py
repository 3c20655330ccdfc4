"""Our USS as its own users meet it: their flights, where those are, what they are told of them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from mamarr.discovery.envelopes import us_of
from mamarr.faults import Reason, Refusal, present
from mamarr.interop.f3548.uss_flights import Asked, FlightSeen, corners_count
from mamarr.node.uss_conformance import Conformance
from mamarr.node.uss_desk import UssDesk, Wish
from mamarr.operations import Advisory, Operation, Position

FLIGHTS_MAX = 100  # chosen: of one answer; as many as one looks at in a list
CORNERS_MAX = 20_000  # chosen: of all flights of one answer, but for the first: some 1.5 MB
ADVISORIES_MAX = 500  # chosen: of one answer, some 150 kB
ADVISORIES_OF_FLIGHT_MAX = 16  # chosen: of one flight, the newest; all are in the other list


class Flights:
    """What may be asked of our USS by its own users. subject: the name of the USS."""

    def __init__(self, desk: UssDesk, conformance: Conformance, *, subject: str) -> None:
        self.subject = subject
        self._desk, self._conformance = desk, conformance
        self._operations, self._advisories = desk.operated.operations, desk.operated.advisories

    def flight(self, entity_id: str) -> FlightSeen | None:
        """One flight, as far as it is durable."""
        held = self._operations.durable(entity_id)
        return None if held is None else next(self._seen((held,)))

    def flights(self, after: str) -> tuple[list[FlightSeen], bool]:
        """The flights whose ids come after one, and whether there are more."""
        rest = sorted(key for key, _ in self._operations.durable_items() if key > after)
        held = (self._operations.durable(key) for key in rest[:FLIGHTS_MAX])
        page: list[FlightSeen] = []
        corners = 0
        for seen in self._seen([present(each, "it was just there") for each in held]):
            corners += corners_count(seen)
            if page and corners > CORNERS_MAX:
                break
            page.append(seen)
        return page, len(page) < len(rest)

    def _seen(self, several: Sequence[Operation]) -> Iterator[FlightSeen]:
        now_us = self.now_us()
        wanted = {each.entity_id for each in several}
        given: dict[str, list[Advisory]] = defaultdict(list)
        for _, each in self._advisories.durable_items():
            if each.entity_id in wanted:
                given[each.entity_id].append(each)
        for held in several:
            newest = sorted(given[held.entity_id], key=_when, reverse=True)[:ADVISORIES_OF_FLIGHT_MAX]
            kept = self._conformance.kept(held.entity_id)
            yield FlightSeen(
                operation=held,
                advisories=tuple(newest),
                keeping=self._conformance.keeping(held, now_us),
                position=kept[-1] if kept else None,
                now_us=now_us,
            )

    async def put(self, entity_id: str, asked: Asked, request_id: str = "") -> FlightSeen | Refusal:
        """Plan a flight, or change it. Raises Unavailable. request_id: of who may ask the same again."""
        wish = _wish(entity_id, asked)._replace(request_id=request_id)
        given = await self._desk.put(wish, asked.version)
        if isinstance(given, Refusal):
            return given
        return present(self.flight(entity_id), "what is planned is there")

    async def fits(self, entity_id: str, asked: Asked) -> tuple[str, ...] | Refusal:
        """Whom the flight would meet now; nothing is held. Raises Unavailable."""
        return await self._desk.fits(_wish(entity_id, asked))

    async def end(self, entity_id: str, request_id: str = "") -> Refusal | None:
        """End a flight; NOT_THERE where there is none. Raises Unavailable."""
        return await self._desk.close(entity_id, request_id)

    def take(self, entity_id: str, several: tuple[Position, ...]) -> int | Refusal:
        """Positions of the aircraft of a flight, the first first; how many are newer than what was known."""
        return self._conformance.take(entity_id, several)

    def positions(self, entity_id: str) -> tuple[Position, ...] | Refusal:
        """The last positions of the aircraft of a flight, the newest last."""
        if self._operations.durable(entity_id) is None:
            return Refusal(reason=Reason.NOT_THERE, because=(entity_id,))
        return self._conformance.kept(entity_id)

    def telemetry(self, entity_id: str) -> tuple[Position, int | None] | None:
        """The last position of an aircraft, if it is new enough, and when the next is to be expected."""
        return self._conformance.telemetry(entity_id, self.now_us())

    def now_us(self) -> int:
        """The time, microseconds since 1970."""
        return us_of(self._desk.now())

    def advised(self, after: tuple[int, str]) -> list[Advisory]:
        """What users were told after an advisory, by its instant and id: the first first, not all at once."""
        now_us = self.now_us()
        found = self._desk.advised(after[0], now_us)
        return [each for each in found if _when(each) > after][:ADVISORIES_MAX]


def _when(advisory: Advisory) -> tuple[int, str]:
    return advisory.observed_us, advisory.advisory_id


def _wish(entity_id: str, asked: Asked) -> Wish:
    return Wish(entity_id, asked.state, asked.details, asked.extent)
