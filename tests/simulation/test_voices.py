"""Worlds in which persons telephone: what was said so is in force nowhere before it is signed."""

from collections import Counter
from collections.abc import Iterable

import pytest

from mamarr.airspace.commitment import Reply
from mamarr.engine import Calls
from mamarr.record.entries import entry_from_body
from mamarr.simulation import Broken, voices
from tests.simulation.mutants_of_voices import PLANTED, Plant
from tests.simulation.test_world import first_seed

SEEDS = 1  # `make fuzz` lives through many more
SEEDS_MAX = 60
LIVED = (26,)  # worlds in which all of these happen
CAUGHT_BY = {  # where not the first
    "what_was_said_by_telephone_counts_as_confirmed": 2,
    "a_claim_is_acted_on_again_and_again": 16,
    "what_is_in_the_way_does_not_keep_from_countersigning": 10,
    "what_is_countersigned_is_kept_as_it_was_claimed": 16,
    "what_is_disputed_stays_asked_for": 2,
    "who_spoke_is_not_told_that_it_was_given_up": 21,
}


def test_every_promise_holds_in_worlds_with_telephones_chosen_by_the_commit():
    for seed in range(first_seed(), first_seed() + SEEDS):
        voices.run(seed)


def test_in_some_worlds_all_is_said_and_signed_and_disputed():
    found = Counter[tuple[Reply, Reply | None]]()
    for seed in LIVED:
        for end in voices.run(seed).ends.values():
            calls = Calls()
            for row in end.store.rows():
                calls.read(entry_from_body(row.sequence, row.body))
            found += Counter((each.reply, each.signed) for each in calls.found)
    accepted, rejected = Reply.ACCEPTED, Reply.REJECTED
    for pair in (
        (accepted, Reply.COUNTERSIGNED),
        (accepted, Reply.DISPUTED),
        (accepted, Reply.CONFIRMED),
        (accepted, Reply.REJECTED),
        (rejected, Reply.COUNTERSIGNED),
        (rejected, Reply.DISPUTED),
        (Reply.COUNTERED, Reply.COUNTERSIGNED),
    ):
        assert found[pair] > 0, (pair, found)


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_of_the_telephone_is_caught(plant: Plant, monkeypatch: pytest.MonkeyPatch):
    plant(monkeypatch)
    with pytest.raises(Broken):
        live_through((CAUGHT_BY.get(plant.__name__, 0), *range(SEEDS_MAX)))


def live_through(seeds: Iterable[int]) -> None:
    for seed in seeds:
        voices.run(seed)
