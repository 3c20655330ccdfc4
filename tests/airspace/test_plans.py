"""The plan of a reservation: its shape, its place in the queue, its earmark; apart from its status."""

from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.airspace import reservations
from mamarr.airspace.movements import Movement, MovementPoint
from mamarr.airspace.reservations import (
    EARMARK_LAPSE_MS,
    PROVISIONAL_PER_PARTY_MAX,
    REGIONS_MAX,
    Accept,
    Action,
    Activate,
    Allocated,
    Deactivate,
    Earmark,
    Earmarked,
    Expire,
    Facts,
    Pend,
    Pended,
    Phase,
    Queued,
    Release,
    ReportUse,
    Reservation,
    Reserve,
    Reserved,
    Status,
    actions,
    held_volumes,
    holds,
    is_over,
)
from mamarr.faults import InvariantError, Reason, Refusal, limit_reached
from mamarr.geometry import Datum, Volume, footprints, tolerance
from mamarr.geometry.units import epoch_ms
from mamarr.geometry.volumes import TIME_LAST_MS, volumes_of_box
from mamarr.names import Author
from tests.airspace.boxes import DEG, HOUR_MS, NOON, NORTH, SOUTH, a_box

NOON_MS = epoch_ms(NOON)
LAPSE = timedelta(milliseconds=EARMARK_LAPSE_MS)
MOMENT = timedelta(milliseconds=1)
END = NOON + timedelta(hours=2)
RULE = Author(party="north", node="node-north", rule="earmark-reservations")
FIRST, SECOND = (33 * DEG, 32 * DEG), (33 * DEG, 33 * DEG)


def a_region(number: int = 0, **changed: object) -> Volume:
    sides = {
        "footprint": footprints.circle((33 * DEG, (32 + number) * DEG), 9_260_000),
        "datum": Datum.STD,
        "lower_mm": 3_048_000,
        "upper_mm": 6_096_000,
        "time_start_ms": NOON_MS + number * HOUR_MS,
        "time_end_ms": NOON_MS + (number + 1) * HOUR_MS,
    }
    return Volume(**{**sides, **changed})


def a_movement(*points: tuple[tuple[int, int], int], radius_mm: int = 9_260_000) -> Movement:
    given = points or ((FIRST, NOON_MS), (SECOND, NOON_MS + HOUR_MS))
    return Movement(
        points=tuple(
            MovementPoint(latitude_e7deg=latitude, longitude_e7deg=longitude, time_ms=time_ms)
            for (latitude, longitude), time_ms in given
        ),
        radius_mm=radius_mm,
        datum=Datum.WGS84,
        lower_mm=3_000_000,
        upper_mm=6_000_000,
    )


def other() -> Reservation:
    return Reservation(reservation_id="R0", holder="north", volume=a_box())


def asked(command, *, author: Author = SOUTH, now: datetime = NOON, **known):
    return reservations.decide(command, Facts(**known), author=author, now=now)


def grown(*events) -> Reservation:
    value = None
    for event in events:
        value = reservations.evolve(value, event)
    assert value is not None
    return value


QUEUED = Queued(reservation_id="R1", holder="south", queued_at_ms=NOON_MS, volume=a_box())
EARMARKED = Earmarked(reservation_id="R1", lapses_at_ms=NOON_MS + EARMARK_LAPSE_MS)
ALLOCATED = Allocated(reservation_id="R1")
WAITING = grown(QUEUED)
MARKED = grown(QUEUED, EARMARKED)

# --- shapes -----------------------------------------------------------------------------------------------


def test_regions_are_reserved_as_they_were_asked_for():
    regions = (a_region(0), a_region(1))
    (event,) = asked(Reserve(reservation_id="R1", regions=regions, user_keeps_clear=False))
    assert event == Reserved(
        reservation_id="R1",
        holder="south",
        regions=regions,
        user_keeps_clear=False,
        asked_at_ms=epoch_ms(NOON),
    )
    value = grown(event)
    assert (value.phase, value.volume, value.user_keeps_clear) == (Phase.ALLOCATED, None, False)
    assert (reservations.time_start_ms(value), reservations.time_end_ms(value)) == (
        NOON_MS,
        NOON_MS + 2 * HOUR_MS,
    )
    assert held_volumes(value, NOON_MS) == regions


def test_a_movement_is_reserved_with_what_it_passes_over():
    (event,) = asked(Reserve(reservation_id="R1", movement=a_movement()))
    assert event.movement == a_movement()
    assert event.regions == tolerance.swept(
        [(*FIRST, NOON_MS), (*SECOND, NOON_MS + HOUR_MS)],
        radius_mm=9_260_000,
        datum=Datum.WGS84,
        lower_mm=3_000_000,
        upper_mm=6_000_000,
    )


def test_what_counts_is_what_was_recorded_and_not_the_movement():
    recorded = Reserved(reservation_id="R1", holder="south", regions=(a_region(),), movement=a_movement())
    assert held_volumes(grown(recorded), NOON_MS) == (a_region(),)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"volume": a_box(), "regions": (a_region(),)},
        {"volume": a_box(), "movement": a_movement()},
        {"regions": (a_region(),), "movement": a_movement()},
    ],
)
def test_exactly_one_shape_is_asked_for(wrong: dict[str, object]):
    with pytest.raises(ValueError, match="exactly one"):
        Reserve(reservation_id="R1", **wrong)


def test_regions_have_a_limit_in_number_and_in_vertices():
    Reserve(reservation_id="R1", regions=(a_region(),) * REGIONS_MAX)
    with pytest.raises(ValueError, match="more than 200 regions"):
        Reserve(reservation_id="R1", regions=(a_region(),) * (REGIONS_MAX + 1))
    line = footprints.path([(at * 100, at % 2) for at in range(6_000)], 1_000)
    with pytest.raises(ValueError, match="12000 vertices together"):
        Reserve(reservation_id="R1", regions=(a_region(footprint=line),) * 2)


@pytest.mark.parametrize(
    ("points", "radius_mm", "sentence"),
    [
        (((FIRST, NOON_MS),), 1_000, "2 to 200 points"),
        (tuple((FIRST, NOON_MS + at) for at in range(201)), 1_000, "2 to 200 points"),
        (((FIRST, NOON_MS), (SECOND, NOON_MS)), 1_000, "the time of point 1 is not after"),
        (((FIRST, NOON_MS), (SECOND, NOON_MS + 1)), 999, "radius"),
        (((FIRST, NOON_MS), (SECOND, NOON_MS + 1)), 1_000_000_000, "radius"),
        (((FIRST, NOON_MS), ((91 * DEG, 0), NOON_MS + 1)), 1_000, "latitude"),
        (((FIRST, -1), (SECOND, NOON_MS)), 1_000, "1970 to 2099"),
    ],
)
def test_a_movement_that_is_none_cannot_be_made(points, radius_mm: int, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        a_movement(*points, radius_mm=radius_mm)


BOW_TIE = [(0, 0), (DEG, DEG), (0, DEG), (DEG, 0)]
FAR = a_movement(((0, 0), NOON_MS), ((0, 170 * DEG), NOON_MS + HOUR_MS))


@pytest.mark.parametrize(
    "wrong", [{"regions": (a_region(footprint=footprints.polygon(BOW_TIE)),)}, {"movement": FAR}]
)
def test_a_shape_that_makes_no_sense_is_refused(wrong: dict[str, object]):
    answer = asked(Reserve(reservation_id="R1", **wrong))
    assert answer == Refusal(reason=Reason.BAD_GEOMETRY, because=("R1",))


def test_regions_whose_time_is_over_are_refused():
    answer = asked(Reserve(reservation_id="R1", regions=(a_region(0), a_region(1))), now=END)
    assert answer == Refusal(reason=Reason.TIME_PAST, because=("R1",))


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.IN_USE])
def test_an_overrun_holds_all_its_regions_without_end(status: Status):
    value = Reservation(
        reservation_id="R1", holder="south", regions=(a_region(0), a_region(1)), status=status
    )
    first, second = held_volumes(value, NOON_MS + 2 * HOUR_MS - 1)
    assert (first.time_end_ms, second) == (TIME_LAST_MS, value.regions[1]), "nobody reported the first clear"
    assert held_volumes(value, NOON_MS + HOUR_MS - 1) == value.regions
    assert reservations.changes_at_ms(value, NOON_MS) == NOON_MS + HOUR_MS
    late = held_volumes(value, NOON_MS + 2 * HOUR_MS)
    assert [region.time_end_ms for region in late] == [TIME_LAST_MS] * 2
    assert [region.footprint for region in late] == [region.footprint for region in value.regions]


def test_a_box_is_held_as_volumes_too():
    value = grown(Reserved(reservation_id="R1", holder="south", volume=a_box()))
    assert held_volumes(value, NOON_MS) == volumes_of_box(a_box())
    assert held_volumes(value, epoch_ms(END)) == ()


def test_what_was_stored_before_means_what_it_meant():
    old = b'{"reservation_id":"R1","holder":"south","volume":' + msgspec.json.encode(a_box()) + b"}"
    value = msgspec.json.decode(old, type=Reservation)
    assert (value.phase, value.user_keeps_clear, value.regions) == (Phase.ALLOCATED, True, ())
    assert msgspec.json.encode(value) == old


# --- the queue and the earmark ----------------------------------------------------------------------------


def test_who_waits_has_a_place_and_holds_nothing():
    (event,) = asked(Reserve(reservation_id="R1", volume=a_box(), waits=True), overlapping=(other(),))
    assert event == QUEUED
    assert (WAITING.phase, holds(WAITING, NOON_MS), held_volumes(WAITING, NOON_MS)) == (
        Phase.IN_QUEUE,
        False,
        (),
    )
    assert actions(WAITING, NOON) == (Action.RELEASE,)


def test_who_waits_for_free_sky_has_it_at_once():
    (event,) = asked(Reserve(reservation_id="R1", volume=a_box(), waits=True))
    assert isinstance(event, Reserved)


def test_a_place_in_the_queue_counts_like_a_reservation():
    ask = Reserve(reservation_id="R1", volume=a_box(), waits=True)
    full = reservations.RESERVATIONS_PER_PARTY_MAX
    answer = asked(ask, overlapping=(other(),), held_by_party_count=full)
    assert answer == limit_reached("reservations_per_party_max")


def test_the_queue_is_in_order_of_entry():
    later = msgspec.structs.replace(WAITING, reservation_id="R0", queued_at_ms=NOON_MS + 1)
    same = msgspec.structs.replace(WAITING, reservation_id="R2")
    assert sorted((later, same, WAITING), key=reservations.queue_place) == [WAITING, same, later]


def test_free_sky_is_earmarked_for_who_waits_by_the_nodes_rule_alone():
    answer = asked(Earmark(reservation_id="R1"), author=RULE, held=WAITING)
    assert answer == (EARMARKED,)
    assert (MARKED.phase, holds(MARKED, NOON_MS), MARKED.queued_at_ms) == (Phase.EARMARKED, True, NOON_MS)
    for author in (SOUTH, NORTH):
        assert asked(Earmark(reservation_id="R1"), author=author, held=WAITING) == Refusal(
            reason=Reason.NOT_THERE, because=("R1",)
        )


@pytest.mark.parametrize(
    ("known", "now", "reason"),
    [
        ({"held": WAITING, "overlapping": (other(),)}, NOON, Reason.VOLUME_HELD),
        ({"held": WAITING, "provisional_by_party_count": 20}, NOON, Reason.LIMIT_REACHED),
        ({"held": WAITING}, END, Reason.TIME_PAST),
        ({"held": MARKED}, NOON, Reason.WRONG_STATUS),
        ({}, NOON, Reason.NOT_THERE),
    ],
)
def test_nothing_else_is_earmarked(known: dict[str, object], now: datetime, reason: Reason):
    assert asked(Earmark(reservation_id="R1"), author=RULE, now=now, **known).reason == reason


def test_an_earmark_is_held_until_it_lapses_and_not_a_moment_longer():
    lapse_ms = NOON_MS + EARMARK_LAPSE_MS
    assert held_volumes(MARKED, lapse_ms - 1) == volumes_of_box(a_box())
    assert held_volumes(MARKED, lapse_ms) == ()
    assert [is_over(MARKED, moment_ms) for moment_ms in (lapse_ms - 1, lapse_ms)] == [False, True]


def test_an_earmark_is_accepted_by_its_holder_before_it_lapses():
    accept = Accept(reservation_id="R1")
    assert asked(accept, held=MARKED, now=NOON + LAPSE - MOMENT) == (ALLOCATED,)
    assert asked(accept, held=MARKED, now=NOON + LAPSE).reason == Reason.TIME_PAST
    assert asked(accept, held=MARKED, author=NORTH).reason == Reason.NOT_THERE
    assert asked(accept, held=WAITING).reason == Reason.WRONG_STATUS
    value = grown(QUEUED, EARMARKED, ALLOCATED)
    assert (value.phase, value.lapses_at_ms) == (Phase.ALLOCATED, None)
    assert asked(accept, held=value).reason == Reason.WRONG_STATUS
    assert not is_over(value, NOON_MS + EARMARK_LAPSE_MS)


@pytest.mark.parametrize("value", [WAITING, MARKED])
def test_only_allocated_sky_is_announced_or_activated(value: Reservation):
    for command in (Pend(reservation_id="R1"), Activate(reservation_id="R1")):
        assert asked(command, held=value) == Refusal(reason=Reason.WRONG_STATUS, because=("R1",))


@pytest.mark.parametrize("value", [WAITING, MARKED, other()])
def test_what_is_not_occupied_is_released_in_every_phase(value: Reservation):
    author = Author(party=value.holder, node="node-north")
    (event,) = asked(Release(reservation_id=value.reservation_id), held=value, author=author)
    assert reservations.evolve(value, event) is None


def test_an_earmark_that_lapsed_and_a_wait_that_is_over_expire():
    expire = Expire(reservation_id="R1")
    assert asked(expire, author=RULE, held=MARKED, now=NOON + LAPSE - MOMENT).reason == Reason.NOT_YET
    assert asked(expire, author=RULE, held=MARKED, now=NOON + LAPSE) != ()
    assert asked(expire, author=RULE, held=WAITING, now=END - MOMENT).reason == Reason.NOT_YET
    (event,) = asked(expire, author=RULE, held=WAITING, now=END)
    assert reservations.evolve(WAITING, event) is None


def test_a_provisional_reservation_is_earmarked_at_once():
    ask = Reserve(reservation_id="R1", volume=a_box(), provisional=True)
    assert asked(ask) == (QUEUED, EARMARKED)
    assert asked(ask, overlapping=(other(),)).reason == Reason.VOLUME_HELD


def test_a_party_may_have_so_many_earmarks_and_no_more():
    ask = Reserve(reservation_id="R1", volume=a_box(), provisional=True)
    assert asked(ask, provisional_by_party_count=PROVISIONAL_PER_PARTY_MAX - 1) == (QUEUED, EARMARKED)
    refused = asked(ask, provisional_by_party_count=PROVISIONAL_PER_PARTY_MAX)
    assert refused == limit_reached("provisional_per_party_max")
    earmark = Earmark(reservation_id="R1")
    full = {"held": WAITING, "provisional_by_party_count": PROVISIONAL_PER_PARTY_MAX}
    assert asked(earmark, author=RULE, **full).limit == "provisional_per_party_max"
    waits = msgspec.structs.replace(ask, waits=True, provisional=False)
    crowd = {"overlapping": (other(),), "waiting_by_party_count": reservations.WAITING_PER_PARTY_MAX}
    assert asked(waits, **crowd) == limit_reached("waiting_per_party_max")


COMMANDS = (
    Accept(reservation_id="R1"),
    Pend(reservation_id="R1"),
    Activate(reservation_id="R1"),
    ReportUse(reservation_id="R1", is_in_use=True),
    ReportUse(reservation_id="R1", is_in_use=False),
    Deactivate(reservation_id="R1"),
    Release(reservation_id="R1"),
)


@given(st.sampled_from([WAITING, MARKED]), st.integers(-7_200, 10_000))
def test_what_is_offered_in_a_phase_is_what_is_not_refused(value: Reservation, step_s: int):
    now = NOON + timedelta(seconds=step_s)
    for action, command in zip(Action, COMMANDS, strict=True):
        refused = isinstance(asked(command, held=value, now=now), Refusal)
        assert (action in actions(value, now)) != refused


STEPS = st.tuples(
    st.sampled_from([*COMMANDS, Earmark(reservation_id="R1"), Expire(reservation_id="R1")]),
    st.integers(0, 3_000),
    st.booleans(),
)


@given(st.lists(STEPS, max_size=30))
def test_nobody_is_active_in_sky_that_was_not_accepted(steps):
    value: Reservation | None = WAITING
    now, accepted = NOON, False
    for command, step_s, in_the_way in steps:
        now += timedelta(seconds=step_s)
        if value is None:
            break
        author = RULE if isinstance(command, Earmark | Expire) else SOUTH
        answer = asked(
            command, author=author, now=now, held=value, overlapping=(other(),) if in_the_way else ()
        )
        for event in () if isinstance(answer, Refusal) else answer:
            before_ms, held_before = epoch_ms(now), holds(value, epoch_ms(now))
            accepted = accepted or isinstance(event, Allocated)
            value = reservations.evolve(value, event)
            if value is not None and not held_before and holds(value, before_ms):
                assert isinstance(event, Earmarked)
                assert not in_the_way
        if value is not None:
            assert accepted == (value.phase == Phase.ALLOCATED)
            assert value.status == Status.AVBL_FOR_ACTIVATION or accepted


def test_events_that_contradict_the_phase_stop_the_process():
    for value, event in (
        (other(), EARMARKED),
        (MARKED, EARMARKED),
        (WAITING, ALLOCATED),
        (WAITING, QUEUED),
        (WAITING, Pended(reservation_id="R1")),
        (None, EARMARKED),
    ):
        with pytest.raises(InvariantError):
            reservations.evolve(value, event)
