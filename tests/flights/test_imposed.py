import pytest

from mamarr.faults import InvariantError, Reason, Refusal, limit_reached
from mamarr.flights import imposed
from mamarr.flights.imposed import Facts, Impose, ImposedKind, Lift, Lifted
from tests.airspace.boxes import NOON, NORTH, SOUTH
from tests.flights.routes import a_plan, kept

VOLUMES = tuple(each.volume for each in kept(a_plan()))
ASK = Impose(imposed_id="X1", kind=ImposedKind.STRANGER, volumes=VOLUMES, note="seen by radar alone")


def test_imposed_sky_is_never_refused_for_what_it_meets():
    (event,) = imposed.decide(ASK, Facts(party="north"), author=NORTH, now=NOON)
    value = imposed.evolve(None, event)
    assert (value.volumes, value.party) == (VOLUMES, "north")


def test_of_the_same_id_it_is_other_sky_now_and_lifted_it_is_no_more():
    (event,) = imposed.decide(ASK, Facts(party="north"), author=NORTH, now=NOON)
    value = imposed.evolve(None, event)
    (again,) = imposed.decide(ASK, Facts(party="north", held=value), author=NORTH, now=NOON)
    assert imposed.evolve(value, again) == value
    (lifted,) = imposed.decide(
        Lift(imposed_id="X1"), Facts(party="north", held=value), author=NORTH, now=NOON
    )
    assert lifted == Lifted(imposed_id="X1")
    assert imposed.evolve(value, lifted) is None


def test_only_the_nodes_own_party_imposes():
    answer = imposed.decide(ASK, Facts(party="north"), author=SOUTH, now=NOON)
    assert answer == Refusal(reason=Reason.NOT_YOURS)


def test_there_is_a_limit_and_what_is_there_can_be_changed_at_it():
    full = Facts(party="north", count=imposed.IMPOSED_MAX)
    assert imposed.decide(ASK, full, author=NORTH, now=NOON) == limit_reached("imposed_max")


def test_what_is_not_there_cannot_be_lifted():
    answer = imposed.decide(Lift(imposed_id="X1"), Facts(party="north"), author=NORTH, now=NOON)
    assert answer == Refusal(reason=Reason.NOT_THERE, because=("X1",))
    with pytest.raises(InvariantError):
        imposed.evolve(None, Lifted(imposed_id="X1"))


def test_something_imposed_has_a_volume():
    with pytest.raises(ValueError, match="1 to 100 volumes"):
        Impose(imposed_id="X1", kind=ImposedKind.OTHER, volumes=())
