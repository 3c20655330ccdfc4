"""Worlds of two nodes: what is sent comes once, in order, in time or EXPIRED, and both records prove it."""

from collections import Counter
from collections.abc import Iterable

import pytest

from mamarr.coordination.channels import Stopped
from mamarr.simulation import Broken, linked
from tests.simulation.mutants_of_the_line import PLANTED, PLANTED_WHERE_SOMEBODY_LOOKS, Plant
from tests.simulation.test_world import first_seed

SEEDS = 10  # `make fuzz` lives through many more
SEEDS_MAX = 300
CAUGHT_BY = {  # where not the first
    "what_is_pending_is_acknowledged": 9,
    "what_is_pending_is_sent": 1,
    "nothing_is_sent_twice": 3,
    "validity_is_not_looked_at": 3,
    "what_was_left_out_is_taken_for_whole": 1,
    "the_message_is_not_compared_with_its_leaf": 16,
    "padding_may_say_anything": 1,
    "any_kind_is_known": 1,
    "nobody_is_told_what_became_of_it": 1,
    "nobody_is_told_what_could_not_be_read": 22,
    "what_could_not_be_read_is_told_with_the_next_again": 214,
    "a_report_is_of_the_message_before": 1,
    "a_receipt_for_one_is_for_all": 3,
    "what_is_not_acknowledged_is_forgotten": 3,
    "two_histories_are_not_seen": 344,
}
SCREENED = 5  # in all worlds of `make fuzz` somebody looks
LOOKED_AT = (9,)  # worlds in which all of these happen
SEEN_THERE = (
    b'"message-presented"',
    b'"message-acknowledged"',
    b'"message-seen"',
    b'"state":"PRESENTED"',
    b'"state":"ACKNOWLEDGED"',
    b'"says":"PRESENTED"',
    b'"says":"ACKNOWLEDGED"',
    b'"reason":"TIME_PAST"',
    b'"reason":"NOT_THERE"',
)
LIVED = (1, 83, 344)  # worlds in which everything goes wrong that can


def test_every_promise_holds_in_worlds_of_two_nodes_chosen_by_the_commit():
    for seed in range(first_seed(), first_seed() + SEEDS):
        linked.run(seed)


def test_every_promise_holds_where_somebody_looks_at_what_came():
    """Each seed is a world in which nobody looks too, among those above."""
    for seed in range(first_seed(), first_seed() + SCREENED):
        linked.run(seed, is_screened=True)


def test_where_somebody_looks_all_is_seen_that_can_be_and_nothing_else():
    decided = [row.body for seed in LOOKED_AT for end in seen_at(seed) for row in end.store.rows()]
    happened = Counter(what for what in SEEN_THERE for body in decided if what in body)
    assert [what for what in SEEN_THERE if not happened[what]] == []


def seen_at(seed: int) -> Iterable[linked.End]:
    return linked.run(seed, is_screened=True).ends.values()


def test_in_some_worlds_everything_goes_wrong_that_can():
    happened, counted = Counter[str](), Counter[str]()
    for seed in LIVED:
        world = linked.run(seed)
        counted += Counter(
            f"{what} in {seed}"
            for end in world.ends.values()
            for link in end.links.values()
            for what in link.counted
        )
        happened += Counter(what for what in HAPPENED if any(what in line for line in world.story))
        happened += Counter(
            str(link.channel.stopped) for end in world.ends.values() for link in end.links.values()
        )
    assert [what for what in (*HAPPENED, Stopped.SET_BACK, Stopped.TWO_HISTORIES) if not happened[what]] == []
    kinds = {what.split(" in ")[0] for what in counted}
    assert kinds >= {"again", "over the limit", "signature", "size", "form", "unknown version"}
    with pytest.raises(Broken, match="seed 1: nothing is right"):
        linked.LinkedWorld(1).require(False, "nothing is right")


HAPPENED = (
    "is cut",
    "the lines are mended",
    "dies",
    "its clock is",
    "two days pass",
    "gets what a stranger signed",
    "gets a later version",
    "is flooded",
    "goes on from a backup",
    "MessageEnded",
    "MessageReported",
    "MessageForgotten",
    "ReceiptsTaken",
    "UnknownKept",
    "UnknownTold",
    "ReadingTaken",
    "nothing was recorded",
)


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_of_the_line_is_caught(plant: Plant, monkeypatch: pytest.MonkeyPatch):
    plant(monkeypatch)
    with pytest.raises(Broken):
        live_through((CAUGHT_BY.get(plant.__name__, 0), *range(SEEDS_MAX)))


def live_through(seeds: Iterable[int], *, is_screened: bool = False) -> None:
    for seed in seeds:
        linked.run(seed, is_screened=is_screened)


@pytest.mark.parametrize("plant", PLANTED_WHERE_SOMEBODY_LOOKS, ids=lambda plant: plant.__name__)
def test_a_planted_bug_in_what_was_seen_is_caught(plant: Plant, monkeypatch: pytest.MonkeyPatch):
    plant(monkeypatch)
    with pytest.raises(Broken):
        live_through(range(SEEDS_MAX), is_screened=True)
