"""Worlds of authorities that share a sky: no two flights in force conflict, and nobody protects in vain."""

from collections import Counter
from collections.abc import Iterable

import pytest

from mamarr.engine.orders import DECIDED
from mamarr.record.entries import entry_from_body
from mamarr.simulation import Broken, shared
from tests.simulation.mutants_of_neighbours import PLANTED, PLANTED_WHERE_SOMEBODY_LOOKS, Plant
from tests.simulation.test_world import first_seed

SEEDS = 2  # `make fuzz` lives through many more
SEEDS_MAX = 300
CAUGHT_BY = {  # where not the first
    "nobody_else_is_asked": 2,
    "a_word_is_acted_on_again": 2,
    "a_word_is_about_the_flight_before": 4,
    "validity_is_not_looked_at_before_acting": 11,
    "only_whose_sky_is_flown_through_is_asked": 8,
    "the_sky_is_not_looked_at_for_others": 3,
    "what_others_fly_holds_nothing": 9,
    "accepted_is_taken_for_confirmed": 13,
    "nothing_is_given_back": 4,
    "what_has_landed_is_not_told": 5,
    "what_happens_in_the_air_is_not_told": 1,
    "an_agreement_is_in_force_before_others_have_it": 80,
    "who_proposed_does_not_hold_to_it": 110,
    "reservations_are_not_given_back": 17,
    "what_was_reserved_and_is_over_is_not_told": 13,
    "what_others_reserved_is_in_no_reservations_way": 26,
}
CAUGHT_WHERE_SOMEBODY_LOOKS = {  # where not the first
    "that_a_warning_is_over_is_not_told": 1,
    "whom_it_concerns_no_more_stays_warned": 1,
    "a_warning_that_was_over_is_not_raised_again": 1,
    "a_row_is_of_the_message_before": 1,
}
SCREENED = 1  # in all worlds of `make fuzz` somebody looks
LOOKED_AT = (7,)  # worlds in which all of these happen
SEEN_THERE = (
    b'"message-presented"',
    b'"message-acknowledged"',
    b'"state":"PRESENTED"',
    b'"state":"ACKNOWLEDGED"',
    b'"others-alerted"',
    b'"alert-heard"',
    b'"alert-told-acknowledged"',
    b'"alert-telling-forgotten"',
    b'"TIME_PAST"',
)
LIVED = (43, 45, 46)  # worlds in which all of these happen
TOLD = ("dies", "is cut", "two days pass", "its clock is")
DECIDED_THERE = (
    b'"phase":"ASKING"',
    b'"phase":"CONFIRMING"',
    b'"asked":{"plan"',
    b'"telling"',
    b'"crossing-confirmed"',
    b'"crossing-given-back"',
    b'"crossing-told"',
    b'"crossing-expired"',
    b'"step":"ACCEPT"',
    b'"step":"COUNTER"',
    b'"DECLINED"',
    b'"NO_ANSWER"',
    b'"CLOCK_UNSURE"',
    b'"OTHER_AGREEMENT"',
    b'"OTHER_AUTHORITY"',
    b'"reason":"CONFLICT"',
    b'"message-lapsed"',
    b'"agreement-entered"',
    b'"edition":2',
    b'"in_force":2',
    b'"UNALLOTTED"',
    b'"reservation-coordinated"',
    b'"ends_by_word":true',
    b'"type":"allocated"',
    b'"is_airborne":true',
    b'"is_over":true',
    b'"condition":"EMERGENCY"',
)


def test_every_promise_holds_in_worlds_of_authorities_chosen_by_the_commit():
    for seed in range(first_seed(), first_seed() + SEEDS):
        shared.run(seed)


def test_every_promise_holds_where_authorities_warn_each_other_and_somebody_looks():
    """Each seed is a world in which nobody looks too, among those above."""
    for seed in range(first_seed(), first_seed() + SCREENED):
        shared.run(seed, is_screened=True)


def test_where_somebody_looks_all_happens_that_can():
    happened = Counter[bytes]()
    for seed in LOOKED_AT:
        for end in shared.run(seed, is_screened=True).ends.values():
            for row in end.store.rows():
                decided = entry_from_body(row.sequence, row.body).content(DECIDED) or b""
                happened += Counter(what for what in SEEN_THERE if what in decided)
    assert [what for what in SEEN_THERE if not happened[what]] == []


def test_in_some_worlds_all_happens_that_can():
    happened, pairs_count = Counter[str | bytes](), 0
    for seed in LIVED:
        world = shared.run(seed)
        pairs_count += world.joint.pairs_count
        happened += Counter(what for what in TOLD if any(what in line for line in world.story))
        for end in world.ends.values():
            for row in end.store.rows():
                decided = entry_from_body(row.sequence, row.body).content(DECIDED) or b""
                happened += Counter(what for what in DECIDED_THERE if what in decided)
    assert [what for what in (*TOLD, *DECIDED_THERE) if not happened[what]] == []
    assert pairs_count > 0, "no two flights of two nodes were in force at once"


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_between_authorities_is_caught(plant: Plant, monkeypatch: pytest.MonkeyPatch):
    plant(monkeypatch)
    with pytest.raises(Broken):
        live_through((CAUGHT_BY.get(plant.__name__, 0), *range(SEEDS_MAX)))


@pytest.mark.parametrize("plant", PLANTED_WHERE_SOMEBODY_LOOKS, ids=lambda plant: plant.__name__)
def test_a_planted_bug_in_what_others_are_warned_of_is_caught(plant: Plant, monkeypatch: pytest.MonkeyPatch):
    plant(monkeypatch)
    first = CAUGHT_WHERE_SOMEBODY_LOOKS.get(plant.__name__, 0)
    with pytest.raises(Broken):
        live_through((first, *range(SEEDS_MAX)), is_screened=True)


def live_through(seeds: Iterable[int], *, is_screened: bool = False) -> None:
    for seed in seeds:
        shared.run(seed, is_screened=is_screened)
