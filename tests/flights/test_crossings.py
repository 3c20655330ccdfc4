import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.airspace import commitment
from mamarr.airspace.commitment import Filing, Phase, Reply
from mamarr.faults import Reason, Refusal
from mamarr.flights import crossings
from mamarr.flights.crossings import REVISIONS_MAX, Crossing, CrossingState, Step, after

S = CrossingState
LAPSES_MS = 1_000
TWO = ("east", "west")


def asked(*revisions: int, then: Step | None = Step.ACCEPT) -> Crossing:
    """A crossing whose revisions were asked for and answered in turn, and confirmed but for the last."""
    value = Crossing()
    for revision in revisions:
        value, _ = crossings.confirmed(value, value.asked, 0)
        value = crossings.requested(value, revision)
        if then is not None:
            value = crossings.answered(value, revision, then, lapses_at_ms=LAPSES_MS)
    return value


def coordinated(value: Filing | None = None) -> Filing:
    """The next revision, accepted and confirmed by both."""
    value = commitment.asks(value or Filing(), TWO)
    for reply in (Reply.ACCEPTED, Reply.CONFIRMED):
        for authority in TWO:
            value = commitment.heard(value, authority, value.last, reply)
    return value


# --- the table --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ((Step.NOTIFY,), S.NOTIFIED),
        ((Step.NOTIFY, Step.REQUEST), S.REQUESTED),
        ((Step.REQUEST, Step.COUNTER), S.COUNTERED),
        ((Step.REQUEST, Step.COUNTER, Step.REQUEST), S.REQUESTED),
        ((Step.REQUEST, Step.ACCEPT), S.ACCEPTED),
        ((Step.REQUEST, Step.REJECT), S.REJECTED),
        ((Step.REQUEST, Step.ACCEPT, Step.REQUEST), S.REVISED),
        ((Step.REQUEST, Step.ACCEPT, Step.REQUEST, Step.COUNTER), S.REVISED_COUNTERED),
        ((Step.REQUEST, Step.ACCEPT, Step.REQUEST, Step.REJECT), S.ACCEPTED),
        ((Step.REQUEST, Step.ACCEPT, Step.REQUEST, Step.ACCEPT), S.ACCEPTED),
        ((Step.REQUEST, Step.ACCEPT, Step.CANCEL), S.CANCELLED),
    ],
    ids=str,
)
def test_a_crossing_goes_the_ways_that_the_field_names(steps: tuple[Step, ...], state: S):
    reached: S | None = S.NO_CROSSING
    for step in steps:
        assert reached is not None
        reached = after(reached, step)
    assert reached is state


def test_nothing_is_accepted_that_was_not_asked_for():
    for state in S:
        is_asked = state in (S.REQUESTED, S.REVISED)
        assert (after(state, Step.ACCEPT) is not None) == is_asked
        assert (after(state, Step.COUNTER) is not None) == is_asked


def test_every_state_is_reached_and_what_is_over_can_only_be_asked_for_anew():
    reached, found = {S.NO_CROSSING}, True
    while found:
        more = {then for state in reached for step in Step if (then := after(state, step))} - reached
        reached, found = reached | more, bool(more)
    assert reached == set(S)
    for state in (S.REJECTED, S.CANCELLED):
        assert [step for step in Step if after(state, step)] == [Step.REQUEST]


# --- at the authority -------------------------------------------------------------------------------------


def test_what_is_accepted_is_protected_until_it_lapses_and_for_good_when_it_is_confirmed():
    value = asked(1)
    assert crossings.protected(value, LAPSES_MS - 1) == (1,)
    assert crossings.protected(value, LAPSES_MS) == ()
    sure, reply = crossings.confirmed(value, 1, LAPSES_MS - 1)
    assert (reply, crossings.protected(sure, 10**15)) == (Reply.CONFIRMED, (1,))
    assert crossings.confirmed(sure, 1, 10**15) == (sure, Reply.CONFIRMED), "said twice is said once"
    assert crossings.confirmed(value, 1, LAPSES_MS) == (value, Reply.NOT_HELD)


def test_a_revision_protects_the_old_and_the_new_until_the_old_one_is_given_back():
    value = asked(1, 2)
    assert crossings.protected(value, 0) == (1, 2)
    value, _ = crossings.confirmed(value, 2, 0)
    assert crossings.protected(value, 0) == (1, 2), "others may not have confirmed it yet"
    value = crossings.given_back(value, 1)
    assert (crossings.protected(value, 0), value.state) == ((2,), S.ACCEPTED)


def test_a_revision_that_is_rejected_or_given_back_leaves_the_old_terms():
    value = asked(1)
    value, _ = crossings.confirmed(value, 1, 0)
    value = crossings.requested(value, 2)
    rejected = crossings.answered(value, 2, Step.REJECT, lapses_at_ms=LAPSES_MS)
    for each in (rejected, crossings.given_back(value, 2)):
        assert (each.state, crossings.protected(each, 0)) == (S.ACCEPTED, (1,))


def test_what_is_old_changes_nothing():
    value = crossings.given_back(Crossing(), 3)  # before its request, which comes late
    assert crossings.requested(value, 3) == Refusal(reason=Reason.WRONG_STATUS)
    assert crossings.requested(asked(2), 2) == Refusal(reason=Reason.WRONG_STATUS)
    assert crossings.answered(asked(1, 2, then=None), 1, Step.ACCEPT, lapses_at_ms=1) == Refusal(
        reason=Reason.WRONG_STATUS
    )
    limit = Refusal(reason=Reason.LIMIT_REACHED, limit="revisions_max")
    assert crossings.requested(Crossing(), REVISIONS_MAX + 1) == limit


def test_when_everything_is_given_back_the_crossing_is_cancelled():
    assert crossings.given_back(asked(1), 1).state is S.CANCELLED


def test_an_answer_is_one_of_three():
    value = asked(1, then=None)
    for step in (Step.REQUEST, Step.CANCEL, Step.NOTIFY):
        assert crossings.answered(value, 1, step, lapses_at_ms=1) == Refusal(reason=Reason.WRONG_STATUS)


@given(
    st.lists(st.tuples(st.sampled_from(["ask", "accept", "confirm", "back"]), st.integers(1, 4)), max_size=25)
)
def test_of_what_is_not_confirmed_at_most_one_is_protected(acts: list[tuple[str, int]]):
    value = Crossing()
    for act, revision in acts:
        match act:
            case "ask":
                then = crossings.requested(value, revision)
            case "accept":
                then = crossings.answered(value, revision, Step.ACCEPT, lapses_at_ms=LAPSES_MS)
            case "confirm":
                then, _ = crossings.confirmed(value, revision, 0)
            case _:
                then = crossings.given_back(value, revision)
        value = value if isinstance(then, Refusal) else then
        assert sum(each.lapses_at_ms is not None for each in value.kept) <= 1
        assert list(crossings.protected(value, 0)) == sorted(set(crossings.protected(value, 0)))
        assert all(each.revision <= value.asked for each in value.kept)


# --- at the filer -----------------------------------------------------------------------------------------


def test_a_flight_is_coordinated_when_the_last_authority_has_confirmed():
    value = commitment.asks(Filing(), TWO)
    value = commitment.heard(value, "east", 1, Reply.ACCEPTED)
    assert value.phase is Phase.ASKING
    value = commitment.heard(value, "west", 1, Reply.ACCEPTED)
    assert (value.phase, value.in_force) == (Phase.CONFIRMING, 0)
    value = commitment.heard(value, "west", 1, Reply.CONFIRMED)
    assert value.in_force == 0
    value = commitment.heard(value, "east", 1, Reply.CONFIRMED)
    assert (value.phase, value.in_force, value.given_back) == (Phase.IDLE, 1, ())


def test_a_new_revision_gives_the_old_one_back_when_all_have_confirmed_it():
    value = coordinated(coordinated())
    assert (value.in_force, value.given_back) == (2, (("east", 1), ("west", 1)))


@pytest.mark.parametrize("reply", [Reply.REJECTED, Reply.COUNTERED])
def test_one_refusal_gives_back_what_others_have_accepted(reply: Reply):
    value = commitment.heard(commitment.asks(coordinated(), TWO), "east", 2, Reply.ACCEPTED)
    value = commitment.heard(value, "west", 2, reply)
    assert (value.phase, value.in_force) == (Phase.IDLE, 1)
    assert value.given_back == (("east", 2), ("west", 2))


def test_one_who_no_longer_holds_it_gives_back_what_others_have_confirmed():
    value = commitment.asks(Filing(), TWO)
    for authority in TWO:
        value = commitment.heard(value, authority, 1, Reply.ACCEPTED)
    value = commitment.heard(value, "east", 1, Reply.CONFIRMED)
    value = commitment.heard(value, "west", 1, Reply.NOT_HELD)
    assert (value.in_force, value.given_back) == (0, (("east", 1), ("west", 1)))


def test_one_revision_is_asked_for_at_a_time():
    assert commitment.asks(commitment.asks(Filing(), TWO), TWO) == Refusal(reason=Reason.WRONG_STATUS)


def test_what_others_say_or_say_of_other_revisions_changes_nothing():
    value = commitment.asks(coordinated(), TWO)
    for authority, revision, reply in (
        ("north", 2, Reply.ACCEPTED),
        ("east", 1, Reply.REJECTED),
        ("east", 2, Reply.CONFIRMED),
        ("east", 2, Reply.NOT_HELD),
    ):
        assert commitment.heard(value, authority, revision, reply) == value
    assert commitment.heard(coordinated(), "east", 1, Reply.NOT_HELD) == coordinated()


def test_a_flight_that_is_withdrawn_gives_everything_back():
    value = commitment.withdrawn(commitment.asks(coordinated(), ("east",)))
    assert value.in_force == 0
    assert value.given_back == (("east", 2), ("east", 1), ("west", 1))
    assert commitment.withdrawn(value) == value
