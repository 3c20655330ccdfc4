from datetime import timedelta

import msgspec
import pytest

from mamarr.airspace import reservations
from mamarr.airspace.reservations import Facts, Release, Released, Reserve, Reserved
from mamarr.faults import InvariantError, Reason, Refusal, limit_reached
from mamarr.geometry.units import epoch_ms
from tests.airspace.boxes import NOON, NORTH, SOUTH, a_box

HELD = reservations.evolve(None, Reserved(reservation_id="R1", holder="south", volume=a_box()))


def test_free_sky_is_reserved_for_the_asker():
    ask = Reserve(reservation_id="R2", volume=a_box())
    answer = reservations.decide(ask, Facts(), author=NORTH, now=NOON)
    held = Reserved(reservation_id="R2", holder="north", volume=a_box(), asked_at_ms=epoch_ms(NOON))
    assert answer == (held,)


def test_a_held_volume_is_refused_and_the_domain_keeps_why():
    ask = Reserve(reservation_id="R2", volume=a_box())
    answer = reservations.decide(ask, Facts(overlapping=(HELD,)), author=NORTH, now=NOON)
    assert answer == Refusal(reason=Reason.VOLUME_HELD, because=("R1",))


def test_the_holder_itself_cannot_reserve_the_same_sky_twice():
    ask = Reserve(reservation_id="R2", volume=a_box())
    answer = reservations.decide(ask, Facts(overlapping=(HELD,)), author=SOUTH, now=NOON)
    assert answer == Refusal(reason=Reason.VOLUME_HELD, because=("R1",))


def test_an_id_that_is_held_is_refused():
    answer = reservations.decide(
        Reserve(reservation_id="R1", volume=a_box()), Facts(held=HELD), author=SOUTH, now=NOON
    )
    assert answer == Refusal(reason=Reason.ID_TAKEN, because=("R1",))


def test_a_time_that_is_over_is_refused():
    ask = Reserve(reservation_id="R2", volume=a_box())
    answer = reservations.decide(ask, Facts(), author=NORTH, now=NOON + timedelta(hours=2))
    assert answer == Refusal(reason=Reason.TIME_PAST, because=("R2",))


def test_a_party_cannot_fill_the_sky():
    known = Facts(held_by_party_count=reservations.RESERVATIONS_PER_PARTY_MAX)
    ask = Reserve(reservation_id="R2", volume=a_box())
    assert reservations.decide(ask, known, author=NORTH, now=NOON) == limit_reached(
        "reservations_per_party_max"
    )


def test_the_holder_gives_a_volume_back():
    answer = reservations.decide(Release(reservation_id="R1"), Facts(held=HELD), author=SOUTH, now=NOON)
    assert answer == (Released(reservation_id="R1"),)
    assert reservations.evolve(HELD, answer[0]) is None


@pytest.mark.requirement("THREATS 6")
def test_what_is_not_there_and_what_is_not_yours_answer_alike():
    not_yours = reservations.decide(Release(reservation_id="R1"), Facts(held=HELD), author=NORTH, now=NOON)
    not_there = reservations.decide(Release(reservation_id="R1"), Facts(), author=NORTH, now=NOON)
    assert not_yours == not_there == Refusal(reason=Reason.NOT_THERE, because=("R1",))


@pytest.mark.parametrize("wrong", ["", "-R", "R 1", "R\n1", "<b>", "R" * 65, "é", "../R"])
def test_an_id_of_another_form_is_no_id(wrong: str):
    with pytest.raises(ValueError, match="form"):
        Release(reservation_id=wrong)


def test_events_that_contradict_the_state_stop_the_process():
    with pytest.raises(InvariantError):
        reservations.evolve(HELD, Reserved(reservation_id="R1", holder="north", volume=a_box()))
    with pytest.raises(InvariantError):
        reservations.evolve(None, Released(reservation_id="R1"))


def test_stored_events_keep_what_a_newer_version_added():
    newer = msgspec.json.encode(Released(reservation_id="R1"))[:-1] + b',"added_later":1}'
    assert msgspec.json.decode(newer, type=Released) == Released(reservation_id="R1")
