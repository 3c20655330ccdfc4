"""Planted bugs in what authorities coordinate; the worlds of several authorities must catch each."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from mamarr.airspace import commitment
from mamarr.airspace.commitment import Filing, Phase, Reply
from mamarr.airspace.occupancy import Kind
from mamarr.conflicts import Minima
from mamarr.coordination import agreements, crossings, messages, telling_alerts, told_alerts
from mamarr.engine import facts, neighbours
from mamarr.engine.projection import Partition
from mamarr.faults import Reason, Refusal
from mamarr.flights import asking, reserving
from mamarr.link.links import Link

Plant = Callable[[pytest.MonkeyPatch], None]


def nobody_else_is_asked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(neighbours, "_others", lambda *_: ())


def only_whose_sky_is_flown_through_is_asked(patch: pytest.MonkeyPatch) -> None:
    real = Partition.reached
    patch.setattr(Partition, "reached", lambda self, volume, _: real(self, volume, Minima()))


def the_sky_is_not_looked_at_for_others(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(neighbours, "_with_sky", lambda _, bare, *__: bare)


def what_others_fly_holds_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(crossings, "held_parts", lambda *_: ())


def accepted_is_taken_for_confirmed(patch: pytest.MonkeyPatch) -> None:
    real = commitment.heard

    def hasty(value: Filing, authority: str, revision: int, reply: Reply) -> Filing:
        after = real(value, authority, revision, reply)
        if value.phase is Phase.ASKING and after.phase is Phase.CONFIRMING:
            return Filing(last=after.last, in_force=after.last, in_force_with=after.asked_of)
        return after

    patch.setattr(commitment, "heard", hasty)


def nothing_is_given_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(asking, "given_back", lambda *_: iter(()))


def what_has_landed_is_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(asking, "over", lambda _: iter(()))


def what_happens_in_the_air_is_not_told(patch: pytest.MonkeyPatch) -> None:
    real = asking._is_news

    def unmoved(before: Any, after: Any, telling: Any, to: Any) -> bool:
        return real(before, replace(after, condition=before.condition, imposed=before.imposed), telling, to)

    patch.setattr(asking, "_is_news", unmoved)


def a_word_is_acted_on_again(patch: pytest.MonkeyPatch) -> None:
    real, seen = messages.evolve, set[str]()

    def forgetful(value: Any, event: Any) -> Any:
        if isinstance(event, messages.MessageActed) and event.message_key not in seen:
            seen.add(event.message_key)
            return value
        return real(value, event)

    patch.setattr(messages, "evolve", forgetful)


def validity_is_not_looked_at_before_acting(patch: pytest.MonkeyPatch) -> None:
    taken = crossings._taken

    def patient(command: Any, facts: Any, author: Any, now_ms: int) -> Any:
        if facts.valid_until_ms is not None:
            facts = replace(facts, valid_until_ms=1 << 50)
        return taken(command, facts, author, now_ms)

    patch.setattr(crossings, "_taken", patient)


def a_word_is_about_the_flight_before(patch: pytest.MonkeyPatch) -> None:
    real = Link._about
    last: dict[str, str] = {}

    def mistaken(self: Link, word: Any) -> str:
        name = real(self, word)
        return last.setdefault(f"{self.peer} {type(word).__name__}", name)

    patch.setattr(Link, "_about", mistaken)


def an_agreement_is_in_force_before_others_have_it(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        agreements, "entered", lambda value, _: max(value.proposed, key=agreements._edition, default=None)
    )


def who_proposed_does_not_hold_to_it(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(neighbours, "authorities_next", lambda *_: ())


def reservations_are_not_given_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reserving, "_given_back", lambda *_: iter(()))


def what_was_reserved_and_is_over_is_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reserving, "_over", lambda *_: iter(()))


def what_others_reserved_is_in_no_reservations_way(patch: pytest.MonkeyPatch) -> None:
    real = facts._parted

    def forgetful(sky: Any, standing: Any) -> Any:
        held, others = real(sky, standing)
        return held, tuple(each for each in others if each.kind is not Kind.RESERVATION)

    patch.setattr(facts, "_parted", forgetful)


# --- what others are warned of: caught in worlds in which somebody looks ---------------------------------


def nobody_is_warned(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(telling_alerts, "_stands", lambda *_: Refusal(reason=Reason.WRONG_STATUS))


def that_a_warning_is_over_is_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(telling_alerts, "_over", lambda _: Refusal(reason=Reason.WRONG_STATUS))


def whom_it_concerns_no_more_stays_warned(patch: pytest.MonkeyPatch) -> None:
    real = telling_alerts._stands

    def clinging(alert: Any, held: Any, called: Any) -> Any:
        before = () if held is None else tuple(each.authority for each in held.to)
        return real(alert, held, replace(called, to=tuple(sorted({*called.to, *before}))))

    patch.setattr(telling_alerts, "_stands", clinging)


def a_warning_that_was_over_is_not_raised_again(patch: pytest.MonkeyPatch) -> None:
    real = told_alerts.told

    def once(word: Any, held: Any, **known: Any) -> Any:
        return () if held is not None and held.is_over else real(word, held, **known)

    patch.setattr(told_alerts, "told", once)


def a_row_is_of_the_message_before(patch: pytest.MonkeyPatch) -> None:
    real = crossings._requested

    def beside(command: Any, *known: Any) -> Any:
        line, _, sequence = command.message_key.rpartition("/")
        return real(replace(command, message_key=f"{line}/{max(0, int(sequence) - 1)}"), *known)

    patch.setattr(crossings, "_requested", beside)


PLANTED_WHERE_SOMEBODY_LOOKS = (
    nobody_is_warned,
    that_a_warning_is_over_is_not_told,
    whom_it_concerns_no_more_stays_warned,
    a_warning_that_was_over_is_not_raised_again,
    a_row_is_of_the_message_before,
)

PLANTED = (
    nobody_else_is_asked,
    only_whose_sky_is_flown_through_is_asked,
    the_sky_is_not_looked_at_for_others,
    what_others_fly_holds_nothing,
    accepted_is_taken_for_confirmed,
    nothing_is_given_back,
    what_has_landed_is_not_told,
    what_happens_in_the_air_is_not_told,
    a_word_is_acted_on_again,
    validity_is_not_looked_at_before_acting,
    a_word_is_about_the_flight_before,
    an_agreement_is_in_force_before_others_have_it,
    who_proposed_does_not_hold_to_it,
    reservations_are_not_given_back,
    what_was_reserved_and_is_over_is_not_told,
    what_others_reserved_is_in_no_reservations_way,
)
