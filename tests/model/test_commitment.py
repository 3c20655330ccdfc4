"""The commitment is right in every state it can be in, and each planted bug leads to one that is wrong."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from mamarr.airspace import commitment as asked
from mamarr.airspace.commitment import Filing, Phase, Reply
from mamarr.faults import Reason
from mamarr.flights import crossings
from mamarr.flights.crossings import Crossing
from tests.model import commitment
from tests.model.commitment import explored, is_by_nobody, is_protected, is_revived, unsettled

REVISIONS = 2


def wrong(
    revisions: int,
    following: dict[commitment.State, list[commitment.State]],
    voices: tuple[str, ...] = (),
    breaking: tuple[str, ...] = (),
) -> str | None:
    """What is wrong in the first state that is, or with what follows it; None when nothing is.

    following: filled with the states that were looked at. voices, breaking: as of the model.
    """
    for state, thens in explored(revisions, voices, breaking):
        following[state] = thens
        assert len(following) <= STATES_MAX, "there are more states than there can be"
        if not is_protected(state):
            return "the flight is COORDINATED and some authority does not protect it"
        if is_by_nobody(state):
            return "what nobody of an authority accepted is confirmed there"
        if any(is_revived(state, then) for then in thens):
            return "what had lapsed is confirmed"
    return "sky stays taken for nobody" if unsettled(following) else None


def test_the_commitment_holds_in_every_state(capsys: pytest.CaptureFixture[str]):
    following: dict[commitment.State, list[commitment.State]] = {}
    assert wrong(REVISIONS, following) is None
    with capsys.disabled():
        print(f" {len(following)} states, {sum(map(len, following.values()))} steps ", end="")
    assert len(following) == STATES, "the model, or the table, is another one: see whether that is meant"


STATES = 29_310
STATES_MAX = 100_000  # with a planted bug there may be more than without


def test_an_answer_by_telephone_is_never_in_force_and_never_an_acceptance(capsys: pytest.CaptureFixture[str]):
    following: dict[commitment.State, list[commitment.State]] = {}
    assert wrong(1, following, VOICES) is None
    with capsys.disabled():
        print(f" {len(following)} states, {sum(map(len, following.values()))} steps ", end="")
    assert len(following) == STATES_BY_VOICE, (
        "the model, or the table, is another one: see whether it is meant"
    )


VOICES, STATES_BY_VOICE = ("b",), 7_707  # with both, thirty times as many


@pytest.mark.slow  # 10 s of CPU: it is with two revisions that an old one may be withdrawn
def test_what_is_withdrawn_is_protected_until_it_is_given_back(capsys: pytest.CaptureFixture[str]):
    following: dict[commitment.State, list[commitment.State]] = {}
    assert wrong(REVISIONS, following, breaking=BREAKING) is None
    with capsys.disabled():
        print(f" {len(following)} states, {sum(map(len, following.values()))} steps ", end="")
    assert len(following) == STATES_BROKEN, "the model, or the table, is another one: see whether it is meant"


BREAKING, STATES_BROKEN = ("b",), 56_634


def test_both_may_suspend_and_withdraw():
    following: dict[commitment.State, list[commitment.State]] = {}
    assert wrong(1, following, breaking=("a", "b")) is None
    assert len(following) == 562


Plant = Callable[[pytest.MonkeyPatch], None]


def what_is_withdrawn_is_freed_at_once(patch: pytest.MonkeyPatch) -> None:
    def hasty(value: Crossing, revision: int) -> Crossing:
        return replace(value, kept=tuple(each for each in value.kept if each.revision != revision))

    patch.setattr(commitment, "withdrawn", hasty)


def who_else_confirmed_is_not_told_of_a_withdrawal(patch: pytest.MonkeyPatch) -> None:
    real = asked.withdrawn_by

    def forgetful(value: Filing, authority: str, revision: int) -> Filing:
        then = real(value, authority, revision)
        return replace(then, given_back=tuple(each for each in then.given_back if each[0] == authority))

    patch.setattr(asked, "withdrawn_by", forgetful)


def what_is_withdrawn_is_given_back_and_stays_in_force(patch: pytest.MonkeyPatch) -> None:
    real = asked.withdrawn_by

    def stubborn(value: Filing, authority: str, revision: int) -> Filing:
        then = real(value, authority, revision)
        return replace(then, in_force=value.in_force, in_force_with=value.in_force_with)

    patch.setattr(asked, "withdrawn_by", stubborn)


OF_SUSPENSION: tuple[Plant, ...] = (
    what_is_withdrawn_is_freed_at_once,
    who_else_confirmed_is_not_told_of_a_withdrawal,
    what_is_withdrawn_is_given_back_and_stays_in_force,
)


@pytest.mark.parametrize("plant", OF_SUSPENSION, ids=lambda plant: plant.__name__)
def test_a_planted_bug_of_a_suspension_leads_to_a_state_that_is_wrong(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
):
    plant(monkeypatch)
    assert wrong(1, {}, breaking=BREAKING) is not None


def a_confirmation_drops_what_was_confirmed_before(patch: pytest.MonkeyPatch) -> None:
    real = crossings.confirmed

    def dropping(value: Crossing, revision: int, now_ms: int) -> tuple[Crossing, Reply]:
        then, reply = real(value, revision, now_ms)
        is_done = reply is Reply.CONFIRMED
        kept = tuple(each for each in then.kept if each.revision == revision) if is_done else then.kept
        return replace(then, kept=kept), reply

    patch.setattr(crossings, "confirmed", dropping)


def what_lapsed_may_be_confirmed(patch: pytest.MonkeyPatch) -> None:
    real = crossings.confirmed
    patch.setattr(crossings, "confirmed", lambda value, revision, _: real(value, revision, 0))


def an_old_request_is_taken_up_again(patch: pytest.MonkeyPatch) -> None:
    real = crossings.requested
    patch.setattr(
        crossings, "requested", lambda value, revision: real(replace(value, asked=revision - 1), revision)
    )


def the_filer_flies_when_all_have_accepted(patch: pytest.MonkeyPatch) -> None:
    real = asked.heard

    def hasty(value: Filing, authority: str, revision: int, reply: Reply) -> Filing:
        then = real(value, authority, revision, reply)
        if then.phase is Phase.CONFIRMING:
            return replace(then, in_force=then.last, in_force_with=then.asked_of)
        return then

    patch.setattr(asked, "heard", hasty)


def one_confirmation_is_enough(patch: pytest.MonkeyPatch) -> None:
    real = asked.heard

    def easy(value: Filing, authority: str, revision: int, reply: Reply) -> Filing:
        if value.phase is Phase.CONFIRMING and reply is Reply.CONFIRMED:
            value = replace(value, heard=tuple(each for each in value.asked_of if each != authority))
        return real(value, authority, revision, reply)

    patch.setattr(asked, "heard", easy)


def a_reply_about_another_revision_counts(patch: pytest.MonkeyPatch) -> None:
    real = asked.heard
    patch.setattr(
        asked,
        "heard",
        lambda value, authority, _, reply: real(value, authority, value.last, reply),
    )


def who_confirmed_is_not_told_that_it_was_given_up(patch: pytest.MonkeyPatch) -> None:
    real = asked.abandoned

    def forgetful(value: Filing) -> Filing:
        then = real(value)
        return replace(then, given_back=value.given_back) if value.phase is Phase.CONFIRMING else then

    patch.setattr(asked, "abandoned", forgetful)


def the_old_revision_is_given_back_before_the_new_one_is_confirmed(patch: pytest.MonkeyPatch) -> None:
    real = asked.asks

    def early(value: Filing, authorities: tuple[str, ...]) -> object:
        then = real(value, authorities)
        if not isinstance(then, Filing):
            return then
        back = tuple((each, value.in_force) for each in value.in_force_with)
        return replace(then, given_back=(*then.given_back, *back))

    patch.setattr(asked, "asks", early)


def giving_back_one_gives_back_all(patch: pytest.MonkeyPatch) -> None:
    real = crossings.given_back
    patch.setattr(crossings, "given_back", lambda value, revision: replace(real(value, revision), kept=()))


def what_was_said_by_telephone_counts_as_confirmed(patch: pytest.MonkeyPatch) -> None:
    real = asked.spoken

    def trusting(value: Filing, authority: str, revision: int, reply: Reply) -> Filing:
        then = real(value, authority, revision, reply)
        if not asked.is_by_voice(then):
            return then
        return replace(then, phase=Phase.IDLE, in_force=then.last, in_force_with=then.asked_of, by_voice=())

    patch.setattr(asked, "spoken", trusting)


def what_is_claimed_is_confirmed_by_its_filer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        crossings,
        "is_accepted",
        lambda value, revision, now_ms: revision in crossings.protected(value, now_ms),
    )


def what_is_countersigned_is_kept_as_it_was_claimed(patch: pytest.MonkeyPatch) -> None:
    real = crossings.countersigned

    def forgetful(value: Crossing, revision: int) -> object:
        then = real(value, revision)
        return replace(then, kept=value.kept) if isinstance(then, Crossing) else then

    patch.setattr(crossings, "countersigned", forgetful)


def what_is_disputed_stays_in_force(patch: pytest.MonkeyPatch) -> None:
    real = asked.heard

    def deaf(value: Filing, authority: str, revision: int, reply: Reply, **why: Reason | None) -> Filing:
        if reply is Reply.DISPUTED and value.phase is Phase.CONFIRMING:
            reply = Reply.CONFIRMED
        return real(value, authority, revision, reply, **why)

    patch.setattr(asked, "heard", deaf)


def who_spoke_is_not_told_that_it_was_given_up(patch: pytest.MonkeyPatch) -> None:
    real = asked.abandoned

    def forgetful(value: Filing) -> Filing:
        then = real(value)
        back = tuple(each for each in then.given_back if each[0] not in value.by_voice)
        return replace(then, given_back=back)

    patch.setattr(asked, "abandoned", forgetful)


BY_VOICE: tuple[Plant, ...] = (
    what_was_said_by_telephone_counts_as_confirmed,
    what_is_claimed_is_confirmed_by_its_filer,
    what_is_countersigned_is_kept_as_it_was_claimed,
    what_is_disputed_stays_in_force,
    who_spoke_is_not_told_that_it_was_given_up,
)


@pytest.mark.parametrize("plant", BY_VOICE, ids=lambda plant: plant.__name__)
def test_a_planted_bug_of_the_telephone_leads_to_a_state_that_is_wrong(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
):
    plant(monkeypatch)
    assert wrong(1, {}, VOICES) is not None


PLANTED: tuple[Plant, ...] = (
    a_confirmation_drops_what_was_confirmed_before,
    what_lapsed_may_be_confirmed,
    an_old_request_is_taken_up_again,
    the_filer_flies_when_all_have_accepted,
    one_confirmation_is_enough,
    a_reply_about_another_revision_counts,
    who_confirmed_is_not_told_that_it_was_given_up,
    the_old_revision_is_given_back_before_the_new_one_is_confirmed,
    giving_back_one_gives_back_all,
)


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_leads_to_a_state_that_is_wrong(plant: Plant, monkeypatch: pytest.MonkeyPatch):
    plant(monkeypatch)
    assert any(wrong(revisions, {}) for revisions in range(1, REVISIONS + 1))
