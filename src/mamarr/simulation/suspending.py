"""Worlds in which authorities suspend their agreement and go on, whatever is under way and comes through.

Two persons of one do it, or one alone tries; what it confirmed it withdraws by name. What must hold is what
holds in every shared world: no two that are in force come too near, and what a filer flies by all it needs
protect for good. Nothing comes into force where it is known to be suspended (`simulation/joint`), and in the
end all know who has it suspended. The chance of it is a stream of its own.
"""

from collections.abc import Iterator
from random import Random

from mamarr.coordination.suspensions import ApproveSuspension, Change, ProposeSuspension
from mamarr.coordination.withdrawals import WithdrawAcceptance, may_be
from mamarr.flights import holding
from mamarr.flights.flights import ReportAirborne
from mamarr.simulation.linked import End
from mamarr.simulation.scenery import SIGNATURES
from mamarr.simulation.shared import STEPS, SharedWorld
from mamarr.simulation.world import Telling

# Chosen, of steps: mostly whoever has confirmed something suspends, so that there is something to withdraw.
SUSPENDS_RATIO, IDLY_RATIO, RESUMES_RATIO, WITHDRAWS_RATIO = 0.06, 0.004, 0.02, 0.3
SETS_OUT_RATIO = 0.1
PROTECTED_EACH = 10  # chosen: at each tenth step it is looked at who protects what is in force
NOTICE_MS = 3_000  # chosen: so short that worlds live to see it pass
REASON = "Talks are broken off."


class SuspendedWorld(SharedWorld):
    """Nodes whose persons suspend the agreement, and withdraw what they confirmed."""

    withdrawal_notice_ms = NOTICE_MS

    def __init__(self, seed: int) -> None:
        self.politics = Random(f"suspensions {seed}")
        super().__init__(seed)

    def step(self) -> None:
        """Let one thing happen, and perhaps persons suspend, resume or withdraw."""
        super().step()
        chance = self.politics
        end = chance.choice(list(self.ends.values()))
        if chance.random() < self.changes_ratio(end):
            self.change(end)
        if chance.random() < WITHDRAWS_RATIO:
            self.withdraw_acceptance(end)
            self.set_out(end)
        if chance.random() * PROTECTED_EACH < 1:
            for honest in self.honest():
                for value in self.own(honest):
                    self.is_protected(honest, value)

    def has_suspended(self, end: End) -> bool:
        """Whether this node's own people have the agreement suspended, pending decisions included."""
        value = end.keeper.decider.projection.suspensions.get(end.party)
        return value is not None and value.is_suspended

    def changes_ratio(self, end: End) -> float:
        """How often a node's people suspend the agreement, or resume it."""
        if self.has_suspended(end):
            return RESUMES_RATIO
        return SUSPENDS_RATIO if any(self.confirmed_at(end)) else IDLY_RATIO

    def change(self, end: End) -> None:
        """Two persons of a node suspend the agreement, or resume it; sometimes it is one with one key."""
        change = Change.RESUME if self.has_suspended(end) else Change.SUSPEND
        end.tell(f"its people {change} the agreement")
        first, second = SIGNATURES
        is_alone = self.politics.random() < 0.1
        proposed = ProposeSuspension(change=change, reason=REASON)
        approved = ApproveSuspension(change=change, reason=REASON)
        end.offer(proposed, person="duty-1", signature=first)
        end.offer(approved, person="chief-2", signature=first if is_alone else second)

    def confirmed_at(self, end: End) -> Iterator[tuple[str, int]]:
        """What a node has confirmed for others and can withdraw."""
        for key, value in sorted(end.keeper.decider.projection.crossings.current_items()):
            for each in value.crossing.kept:
                if may_be(value, each.revision, end.now_ms):
                    yield key, each.revision

    def withdraw_acceptance(self, end: End) -> None:
        """A person of a node that suspended withdraws what it confirmed."""
        found = list(self.confirmed_at(end)) if self.has_suspended(end) else []
        for key, revision in self.politics.sample(found, min(1, len(found))):
            end.tell(f"withdraws {key} revision {revision}")
            from_ms = end.now_ms + NOTICE_MS + self.politics.choice((0, 500, 5_000))
            asked = WithdrawAcceptance(crossing_id=key, revision=revision, from_ms=from_ms)
            end.offer(asked, person="duty-1")

    def set_out(self, end: End) -> None:
        """A crew that was told of a notice is in the air before it is over."""
        for value in self.own(end):
            if holding.noticed(value) and self.politics.random() < SETS_OUT_RATIO:
                end.offer(ReportAirborne(flight_id=value.flight_id, time_ms=end.now_ms), value.party)

    def check(self) -> None:
        """Every promise, after the last step; and all know who has the agreement suspended."""
        super().check()
        for end in self.honest():
            for value in self.own(end):
                is_late = any(each.from_ms <= end.now_ms for each in holding.noticed(value))
                self.require(not is_late, f"{value.flight_id} is in force by what was withdrawn")
            own = end.keeper.decider.projection.suspensions.durable(end.party)
            for there in self.ends.values():
                known = there.keeper.decider.projection.suspensions.durable(end.party)
                said = (0, False) if own is None else (own.number, own.is_suspended)
                heard = (0, False) if known is None else (known.number, known.is_suspended)
                self.require(said == heard, f"{there.party} knows {heard} of {end.party}, which did {said}")


def run(seed: int, *, steps: int = STEPS) -> SuspendedWorld:
    """Live through `seed`; Broken when a promise does not hold, or for anything else that goes wrong."""
    world = SuspendedWorld(seed)
    with Telling(world):
        for _ in range(steps):
            world.step()
        world.check()
    return world
