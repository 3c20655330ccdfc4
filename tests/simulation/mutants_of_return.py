"""Planted bugs in what is returned to a node that goes on from a backup; worlds of such nodes catch each."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from mamarr.coordination import crossings, returning
from mamarr.engine import returned
from mamarr.engine.projection import Projection
from mamarr.link import links
from mamarr.link.envelopes import NONE, Payload

Plant = Callable[[pytest.MonkeyPatch], None]


def it_admits_before_all_was_returned(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Projection, "recovering", lambda _: ())


def it_is_not_told_what_it_accepted_for_others(patch: pytest.MonkeyPatch) -> None:
    _given(patch, told=())


def what_it_had_forgotten_is_not_held(patch: pytest.MonkeyPatch) -> None:
    real = crossings._returned
    patch.setattr(
        crossings,
        "_returned",
        lambda *of: (each for each in real(*of) if not isinstance(each, crossings.CrossingReturned)),
    )


def what_others_ended_meanwhile_stays_held(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(returned, "_stale", lambda *_: iter(()))


def what_others_do_not_have_stays_in_force(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(returned, "_unsaid", lambda *_: iter(()))


def numbers_are_used_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(returning, "numbered", lambda *_: iter(()))


def that_others_know_more_is_not_seen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(links, "_is_more", lambda *_: False)


def what_the_node_signed_over_what_never_came_is_not_said(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(links, "Payload", lambda **said: Payload(**{**said, "awaited": NONE}))


def _given(patch: pytest.MonkeyPatch, **changed: object) -> None:
    real = returning.begun
    patch.setattr(
        returning, "begun", lambda peer, key, given, at: real(peer, key, replace(given, **changed), at)
    )


PLANTED: tuple[Plant, ...] = (
    it_admits_before_all_was_returned,
    it_is_not_told_what_it_accepted_for_others,
    what_it_had_forgotten_is_not_held,
    what_others_ended_meanwhile_stays_held,
    what_others_do_not_have_stays_in_force,
    numbers_are_used_again,
    that_others_know_more_is_not_seen,
    what_the_node_signed_over_what_never_came_is_not_said,
)
