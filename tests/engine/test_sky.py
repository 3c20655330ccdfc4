from mamarr.airspace.occupancy import Kind
from mamarr.conflicts import Minima
from mamarr.engine.projection import Projection
from mamarr.engine.sky import Sky
from mamarr.flights.flights import Withdraw
from tests.airspace.boxes import NORTH
from tests.engine.orders import Desk
from tests.engine.skies import a_desk, an_order, file
from tests.flights.routes import a_plan

TOUCHING = Minima(lateral_mm=0, vertical_mm=0, time_ms=0)


def test_what_came_and_went_between_two_questions_is_not_looked_at():
    looked = []
    sky = Sky(lambda _, object_id, __: (looked.append(object_id), ((), None))[1])
    for object_id, is_gone in (("F1", False), ("F2", False), ("F1", True)):
        sky.changed(Kind.FLIGHT, object_id, is_gone=is_gone)
    sky.near([the_volume(a_desk())], lambda _: TOUCHING, 0)
    assert looked == ["F2"]


def test_what_a_question_found_is_found_no_more_when_it_is_gone():
    desk = a_desk()
    volume = the_volume(desk)
    projection: Projection = desk.decider.projection
    (found,) = projection.sky.near([volume], lambda _: TOUCHING, 0)
    assert {held.object_id for held, _ in found} == {"F1"}
    desk.ask(an_order(Withdraw(flight_id="F1"), NORTH))
    assert projection.sky.near([volume], lambda _: TOUCHING, 0) == [[]]


def the_volume(desk: Desk):
    """The first of a flight that is filed here."""
    desk.ask(file("F1", a_plan(), NORTH))
    return desk.decider.projection.flights.get("F1").volumes[0].volume
