from datetime import timedelta

import msgspec

from mamarr.airspace.reservations import Activate, NoteOverrun, Pend, Status
from mamarr.engine import Order, picture, tidying
from tests.airspace.boxes import DEG, NOON, NORTH
from tests.engine.orders import Desk, reserve

END = NOON + timedelta(hours=2)


def a_status(name: str, kind, number: int) -> Order:
    return Order(command_id=f"status-{name}-{number}", author=NORTH, command=kind(reservation_id=name))


def a_desk() -> Desk:
    """R1 passes unoccupied, R2 becomes active and is never reported clear."""
    desk = Desk()
    beside = {"longitude_west_e7deg": 40 * DEG, "longitude_east_e7deg": 41 * DEG}
    desk.ask(reserve("R1"), reserve("R2", **beside))
    desk.ask(a_status("R2", Pend, 1), a_status("R2", Activate, 2))
    return desk


def asked(desk: Desk, now) -> tuple[Order, ...]:
    return tidying.orders(
        desk.decider.projection, node="node-north", now=now, command_id=lambda: "tidy-00001"
    )


def test_what_passed_unoccupied_is_forgotten_after_a_while_and_what_is_occupied_is_not():
    desk = a_desk()
    (noted,) = asked(desk, END)  # that R2 overruns
    assert noted.command == NoteOverrun(reservation_id="R2")
    desk.ask(msgspec.structs.replace(noted, command_id="tidy-00000"), now=END)
    assert asked(desk, END + timedelta(minutes=59)) == ()
    (order,) = asked(desk, END + timedelta(minutes=60))
    assert order.command.reservation_id == "R1"
    desk.ask(order, now=END + timedelta(minutes=60))
    assert [key for key, _ in desk.decider.projection.reservations.durable_items()] == ["R2"]


def test_one_rule_alone_may_be_asked():
    desk = a_desk()

    def asked_of(rule: str) -> list[type]:
        orders = tidying.orders(
            desk.decider.projection, node="node-north", now=END, command_id=lambda: "tidy-00001", only=rule
        )
        return [type(each.command) for each in orders]

    assert (asked_of("note-overrun"), asked_of(tidying.TELL_ALERTS)) == ([NoteOverrun], [])


def test_a_restored_node_forgets_nothing():
    desk = a_desk()
    desk.decider.projection.hold("COPIED")
    assert asked(desk, END + timedelta(days=1)) == ()


def test_the_picture_leaves_out_what_is_over_and_names_what_is_overrun():
    desk = a_desk()
    before = picture(desk.decider.projection, party="north", now=END - timedelta(seconds=1))
    assert [(each.reservation_id, each.is_overrun) for each in before.reservations] == [
        ("R1", False),
        ("R2", False),
    ]
    after = picture(desk.decider.projection, party="north", now=END)
    assert [(each.reservation_id, each.is_overrun) for each in after.reservations] == [("R2", True)]
    assert after.reservations[0].status == Status.ACTIVE
    desk.ask(reserve("A0", longitude_west_e7deg=50 * DEG, longitude_east_e7deg=51 * DEG))
    seen = picture(desk.decider.projection, party="north", now=END).reservations
    assert [each.reservation_id for each in seen] == ["R2"]
    longer = {
        "time_end_ms": 4_000_000_000_000,
        "longitude_west_e7deg": 60 * DEG,
        "longitude_east_e7deg": 61 * DEG,
    }
    desk.ask(reserve("A1", **longer))
    seen = picture(desk.decider.projection, party="north", now=END).reservations
    assert [each.reservation_id for each in seen] == ["R2", "A1"], "what is overrun comes first"


def test_overrun_sky_is_refused_to_others_until_it_is_reported_clear():
    from mamarr.airspace.reservations import Deactivate
    from mamarr.faults import Reason, Refusal
    from tests.airspace.boxes import SOUTH, a_box

    desk = a_desk()
    later = {
        "time_start_ms": a_box().time_end_ms,
        "time_end_ms": a_box().time_end_ms + 3_600_000,
        "longitude_west_e7deg": 40 * DEG,
        "longitude_east_e7deg": 41 * DEG,
    }
    (refused,) = desk.ask(reserve("S1", author=SOUTH, **later), now=END)
    assert refused.outcome == Refusal(reason=Reason.VOLUME_HELD, because=("R2",))
    desk.ask(a_status("R2", Deactivate, 3), now=END)
    (admitted,) = desk.ask(reserve("S1", author=SOUTH, **later), now=END)
    assert not isinstance(admitted.outcome, Refusal)
