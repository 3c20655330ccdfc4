"""Worlds in which authorities also answer by telephone, whatever their nodes say and whether a line is there.

Persons enter what their nodes would not say, or what nobody said; they sign it or dispute it later, or leave
it. What must hold is what holds in every shared world: what was said by telephone is in force nowhere before
the authority's own node has signed it, and in the end nobody protects what nobody wants. The chance of it is
a stream of its own.
"""

from collections import Counter
from collections.abc import Iterator
from random import Random

from mamarr.airspace import commitment
from mamarr.airspace.commitment import Counter as CounterProposal
from mamarr.airspace.commitment import Reply
from mamarr.airspace.occupancy import Kind
from mamarr.coordination import claims
from mamarr.coordination.claims import DISPUTES, CountersignCrossing, DisputeCrossing
from mamarr.coordination.crossings import ForeignFlight
from mamarr.flights.voicing import EnterVoice
from mamarr.simulation.linked import End
from mamarr.simulation.scenery import MINUTE_MS
from mamarr.simulation.shared import STEPS, SharedWorld
from mamarr.simulation.world import Telling

CALLS_RATIO, SIGNS_RATIO = 0.12, 0.06  # chosen: of steps, so that most claims meet what happens meanwhile
PROTECTED_EACH = 10  # chosen: at each tenth step it is looked at who protects what is in force
SAID = (Reply.ACCEPTED, Reply.ACCEPTED, Reply.ACCEPTED, Reply.ACCEPTED, Reply.REJECTED, Reply.COUNTERED)


class VoicedWorld(SharedWorld):
    """Nodes whose persons telephone, and sign or dispute what others say that they said."""

    def __init__(self, seed: int) -> None:
        self.telephones = Random(f"telephones {seed}")
        super().__init__(seed)

    def step(self) -> None:
        """Let one thing happen, and perhaps somebody telephone or sign."""
        super().step()
        if self.telephones.random() < CALLS_RATIO:
            self.call()
        if self.telephones.random() < SIGNS_RATIO:
            self.sign()
        if self.telephones.random() * PROTECTED_EACH < 1:
            for end in self.honest():
                for value in self.own(end):
                    self.is_protected(end, value)

    def call(self) -> None:
        """A person enters what an authority said, or did not say."""
        chance = self.telephones
        end = chance.choice(list(self.ends.values()))
        open_now = [
            (kind, name, filing) for kind, name, filing in self._filings(end) if commitment.awaited(filing)
        ]
        for kind, name, filing in chance.sample(open_now, min(1, len(open_now))):
            authority, said = chance.choice(commitment.awaited(filing)), chance.choice(SAID)
            end.tell(f"{authority} said {said} of {name} by telephone")
            end.offer(
                EnterVoice(
                    kind=kind,
                    object_id=name,
                    revision=filing.last,
                    authority=authority,
                    reply=said,
                    spoken_at_ms=end.now_ms - chance.choice((0, 0, 1_000)),
                    counter=CounterProposal(later_ms=MINUTE_MS) if said is Reply.COUNTERED else None,
                    spoken_by=f"an officer of {authority}",
                    entered_by=f"an officer of {end.party}",
                    read_back=name,
                )
            )

    def _filings(self, end: End) -> Iterator[tuple[Kind, str, commitment.Filing]]:
        for flight in self.own(end):
            if flight.coordination is not None:
                yield Kind.FLIGHT, flight.flight_id, flight.coordination.filing
        for held in self.reserved(end):
            if held.coordination is not None:
                yield Kind.RESERVATION, held.reservation_id, held.coordination.filing

    def claimed_at(self, end: End) -> list[ForeignFlight]:
        """What persons at a node are to sign or to dispute."""
        found = sorted(end.keeper.decider.projection.crossings.current_items())
        return [value for _, value in found if claims.is_open(value.claim, end.now_ms)]

    def sign(self) -> None:
        """A person countersigns, or disputes."""
        chance = self.telephones
        end = chance.choice(list(self.ends.values()))
        for value in self.claimed_at(end)[:2]:
            self._answer(end, value, is_signed=chance.random() < 0.7)

    def _answer(self, end: End, value: ForeignFlight, *, is_signed: bool) -> None:
        name, revision = value.crossing_id, 0 if value.claim is None else value.claim.revision
        if is_signed:
            end.offer(CountersignCrossing(crossing_id=name, revision=revision))
        else:
            why = self.telephones.choice(DISPUTES)
            end.offer(DisputeCrossing(crossing_id=name, revision=revision, reason=why))

    def go_on(self) -> None:
        """All that was said by telephone is signed in the end, or disputed where it cannot be."""
        for end in self.ends.values():
            for value in self.claimed_at(end):
                self._answer(end, value, is_signed=self.telephones.random() < 0.7)
        super().go_on()

    def waiting(self) -> Counter[str]:
        """How much waits, by node and why. Nobody waits for the signatures that the liar keeps back, nor for
        those that others keep from it: it may have said that the flight is over."""
        found = super().waiting()
        for end in self.ends.values():
            found[f"{end.party}: unsigned"] = len(self.claimed_at(end))
            found[f"{end.party}: asking"] -= sum(
                commitment.is_by_voice(filing)
                and (end.node == self.liar or any(map(self._is_the_liar, filing.by_voice)))
                for _, _, filing in self._filings(end)
            )
        return found

    def _is_the_liar(self, authority: str) -> bool:
        return self.end_of(authority).node == self.liar


def run(seed: int, *, steps: int = STEPS) -> VoicedWorld:
    """Live through `seed`; Broken when a promise does not hold, or for anything else that goes wrong."""
    world = VoicedWorld(seed)
    with Telling(world):
        for _ in range(steps):
            world.step()
        world.check()
    return world
