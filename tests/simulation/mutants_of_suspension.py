"""Planted bugs in how an agreement is suspended; the worlds in which that happens must catch each."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from msgspec.structs import replace

from mamarr.airspace.commitment import Notice, Suspended
from mamarr.coordination import crossing_changes, crossings, suspensions
from mamarr.coordination.suspensions import Suspension
from mamarr.coordination.withdrawals import AcceptanceWithdrawn
from mamarr.flights import Flight, holding

Plant = Callable[[pytest.MonkeyPatch], None]


def what_flies_is_given_back_too(patch: pytest.MonkeyPatch) -> None:
    real = holding.noticed

    def ruthless(value: Flight) -> tuple[Notice, ...]:
        return real(replace(value, is_airborne=False))

    patch.setattr(holding, "noticed", ruthless)


def a_standard_condition_accepts_while_it_is_suspended(patch: pytest.MonkeyPatch) -> None:
    real = crossings._why_not_taken_up

    def trusting(command: Any, word: Any, facts: Any, now_ms: int) -> Any:
        return real(command, word, replace(facts, suspended=None), now_ms)

    patch.setattr(crossings, "_why_not_taken_up", trusting)


def what_is_withdrawn_frees_the_sky_before_it_is_given_back(patch: pytest.MonkeyPatch) -> None:
    real = crossings.evolve

    def hasty(value: Any, event: Any) -> Any:
        then = real(value, event)
        if not isinstance(event, AcceptanceWithdrawn) or then is None:
            return then
        kept = tuple(each for each in then.crossing.kept if each.revision != event.withdrawal.revision)
        return replace(then, crossing=replace(then.crossing, kept=kept))

    patch.setattr(crossings, "evolve", hasty)
    patch.setattr(crossing_changes, "evolve", hasty)


def whoever_resumes_resumes_for_all(patch: pytest.MonkeyPatch) -> None:
    real = suspensions.standing

    def easy(values: Iterable[Suspension], members: Iterable[str]) -> Suspended | None:
        known = tuple(values)
        found = real(known, members)
        is_resumed = any(each.number and not each.is_suspended for each in known)
        return replace(found, by=()) if found is not None and is_resumed else found

    patch.setattr(suspensions, "standing", easy)


def an_old_acceptance_is_confirmed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(crossings.Facts, "is_void", lambda *_: False)


def an_old_answer_brings_into_force(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(crossings, "_stopped", lambda *_: ())


def the_others_are_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(suspensions, "_told", lambda *_: ())


def a_notice_is_never_over(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(holding, "is_withdrawn", lambda *_: False)


PLANTED: tuple[Plant, ...] = (
    what_flies_is_given_back_too,
    a_standard_condition_accepts_while_it_is_suspended,
    what_is_withdrawn_frees_the_sky_before_it_is_given_back,
    whoever_resumes_resumes_for_all,
    an_old_acceptance_is_confirmed,
    an_old_answer_brings_into_force,
    the_others_are_not_told,
    a_notice_is_never_over,
)
