"""Planted bugs in what is said by telephone; the worlds in which persons telephone must catch each."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from mamarr.airspace import commitment
from mamarr.airspace.commitment import Filing, Phase, Reply
from mamarr.coordination import claims
from mamarr.coordination import crossings as taken
from mamarr.flights import crossings
from mamarr.flights.crossings import Crossing

Plant = Callable[[pytest.MonkeyPatch], None]


def what_was_said_by_telephone_counts_as_confirmed(patch: pytest.MonkeyPatch) -> None:
    real = commitment.spoken

    def trusting(value: Filing, authority: str, revision: int, reply: Reply) -> Filing:
        then = real(value, authority, revision, reply)
        if not commitment.is_by_voice(then):
            return then
        return replace(then, phase=Phase.IDLE, in_force=then.last, in_force_with=then.asked_of, by_voice=())

    patch.setattr(commitment, "spoken", trusting)


def what_is_in_the_way_does_not_keep_from_countersigning(patch: pytest.MonkeyPatch) -> None:
    real = claims.decide

    def careless(command: Any, held: Any, facts: Any, *, now_ms: int) -> Any:
        return real(command, held, replace(facts, standing=()), now_ms=now_ms)

    patch.setattr(claims, "decide", careless)


def what_is_countersigned_is_kept_as_it_was_claimed(patch: pytest.MonkeyPatch) -> None:
    real = crossings.countersigned

    def forgetful(value: Crossing, revision: int) -> Any:
        then = real(value, revision)
        return replace(then, kept=value.kept) if isinstance(then, Crossing) else then

    patch.setattr(crossings, "countersigned", forgetful)


def what_is_disputed_stays_asked_for(patch: pytest.MonkeyPatch) -> None:
    real = commitment.heard

    def deaf(value: Filing, authority: str, revision: int, reply: Reply, **why: Any) -> Filing:
        return value if reply is Reply.DISPUTED else real(value, authority, revision, reply, **why)

    patch.setattr(commitment, "heard", deaf)


def who_spoke_is_not_told_that_it_was_given_up(patch: pytest.MonkeyPatch) -> None:
    real = commitment.abandoned

    def forgetful(value: Filing) -> Filing:
        then = real(value)
        return replace(
            then, given_back=tuple(each for each in then.given_back if each[0] not in value.by_voice)
        )

    patch.setattr(commitment, "abandoned", forgetful)


def a_claim_is_acted_on_again_and_again(patch: pytest.MonkeyPatch) -> None:
    real = taken.decide

    def again(command: Any, facts: Any, *, author: Any, now: datetime) -> Any:
        outcome = real(command, facts, author=author, now=now)
        is_claim = isinstance(command, taken.TakeWord) and isinstance(command.word, taken.VoiceClaim)
        if not is_claim or not isinstance(outcome, tuple):
            return outcome
        return tuple(each for each in outcome if not isinstance(each, taken.MessageActed))

    patch.setattr(taken, "decide", again)


PLANTED: tuple[Plant, ...] = (
    what_was_said_by_telephone_counts_as_confirmed,
    what_is_in_the_way_does_not_keep_from_countersigning,
    what_is_countersigned_is_kept_as_it_was_claimed,
    what_is_disputed_stays_asked_for,
    who_spoke_is_not_told_that_it_was_given_up,
    a_claim_is_acted_on_again_and_again,
)
