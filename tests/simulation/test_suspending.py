"""Worlds in which authorities suspend their agreement: nothing new is in force, what stands is protected."""

from collections import Counter
from collections.abc import Iterable

import pytest

from mamarr.engine.orders import events_in
from mamarr.record.entries import entry_from_body
from mamarr.simulation import Broken, suspending
from tests.simulation.mutants_of_suspension import PLANTED, Plant
from tests.simulation.test_world import first_seed

SEEDS = 1  # `make fuzz` lives through many more
SEEDS_MAX = 120
LIVED = (59,)  # worlds in which all of these happen
HAPPENING = ("AgreementSuspended", "AgreementResumed", "AcceptanceWithdrawn")
CAUGHT_BY = {  # where not the first
    "what_flies_is_given_back_too": 24,
    "a_standard_condition_accepts_while_it_is_suspended": 2,
    "what_is_withdrawn_frees_the_sky_before_it_is_given_back": 6,
    "whoever_resumes_resumes_for_all": 3,
    "an_old_acceptance_is_confirmed": 3,
    "an_old_answer_brings_into_force": 3,
    "a_notice_is_never_over": 49,
}


def test_every_promise_holds_in_worlds_with_suspensions_chosen_by_the_commit():
    for seed in range(first_seed(), first_seed() + SEEDS):
        suspending.run(seed)


def test_in_some_worlds_it_is_suspended_resumed_and_withdrawn_and_what_is_noticed_ends():
    found = Counter[str]()
    for seed in LIVED:
        world = suspending.run(seed)
        assert world.joint.suspended_count > 0
        for end in world.ends.values():
            for row in end.store.rows():
                for event in events_in(entry_from_body(row.sequence, row.body)):
                    found[type(event).__name__] += 1
                    coordination = getattr(event, "coordination", None)
                    found["noticed"] += bool(getattr(coordination, "notices", ()))
    for each in (*HAPPENING, "noticed"):
        assert found[each] > 0, (each, found)


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_of_a_suspension_is_caught(plant: Plant, monkeypatch: pytest.MonkeyPatch):
    plant(monkeypatch)
    with pytest.raises(Broken):
        live_through((CAUGHT_BY.get(plant.__name__, 0), *range(SEEDS_MAX)))


def live_through(seeds: Iterable[int]) -> None:
    for seed in seeds:
        suspending.run(seed)
