"""Which status an answer has that says no, where the standard's document leaves it open."""

from mamarr.discovery.intents import CELLS_LIMIT
from mamarr.faults import Reason, Refusal, limit_reached
from mamarr.interop.f3548.refusals import status_of


def test_what_would_cover_too_much_is_400_as_every_area_that_is_too_large():
    assert status_of(limit_reached(CELLS_LIMIT)) == 400
    assert status_of(limit_reached("per_manager_max")) == 429


def test_what_is_not_there_is_404_and_400_for_a_change():
    refusal = Refusal(reason=Reason.NOT_THERE)
    assert status_of(refusal) == 404
    assert status_of(refusal, is_change=True) == 400
