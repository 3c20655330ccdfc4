"""Worlds in which a node goes on from a backup: nothing in force conflicts, all is as it was or is ended."""

from collections import Counter
from collections.abc import Iterable

import pytest

from mamarr.engine.orders import DECIDED
from mamarr.record.entries import entry_from_body
from mamarr.simulation import Broken, restored
from tests.simulation.mutants_of_return import PLANTED, Plant
from tests.simulation.test_world import first_seed

SEEDS = 2  # `make fuzz` lives through many more
SEEDS_MAX = 300
CAUGHT_BY = {  # where not the first
    "it_admits_before_all_was_returned": 84,
    "it_is_not_told_what_it_accepted_for_others": 2,
    "what_it_had_forgotten_is_not_held": 7,
    "what_others_ended_meanwhile_stays_held": 19,
    "what_others_do_not_have_stays_in_force": 13,
    "numbers_are_used_again": 145,
    "that_others_know_more_is_not_seen": 2,
    "what_the_node_signed_over_what_never_came_is_not_said": 189642142,
}
EVER_FAILED = (98713048, 300073, 300556, 300598, 301239)
LIVED = (28,)  # worlds in which all of these happen
DECIDED_THERE = (
    b'"restore-confirmed"',
    b'"channel-unsure"',
    b'"channel-resumed"',
    b'"SET_BACK"',
    b'"channel-begun"',
    b'"channel-returned"',
    b'"crossing-held"',
    b'"crossing-returned"',
    b'"returned":[{"authority"',
    b'"edition":2',
)


def test_every_promise_holds_in_worlds_with_a_backup_chosen_by_the_commit():
    for seed in range(first_seed(), first_seed() + SEEDS):
        restored.run(seed)


@pytest.mark.parametrize("seed", EVER_FAILED)
def test_every_promise_holds_where_one_ever_did_not(seed: int):
    restored.run(seed)


def test_in_some_worlds_all_happens_that_can():
    happened, returned_count = Counter[bytes](), 0
    for seed in LIVED:
        world = restored.run(seed)
        returned_count += world.returned_count
        for end in world.ends.values():
            for row in end.store.rows():
                decided = entry_from_body(row.sequence, row.body).content(DECIDED) or b""
                happened += Counter(what for what in DECIDED_THERE if what in decided)
    assert [what for what in DECIDED_THERE if not happened[what]] == []
    assert returned_count > 0, "nothing was forgotten that others had"


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_of_what_is_returned_is_caught(plant: Plant, monkeypatch: pytest.MonkeyPatch):
    plant(monkeypatch)
    with pytest.raises(Broken):
        live_through((CAUGHT_BY.get(plant.__name__, 0), *range(SEEDS_MAX)))


def live_through(seeds: Iterable[int]) -> None:
    for seed in seeds:
        restored.run(seed)
