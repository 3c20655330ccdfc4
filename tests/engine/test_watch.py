"""Alerts through the decider, and who sees what of what is seen."""

from datetime import timedelta

import msgspec
import pytest

from mamarr.airspace.corridors import DeclareCorridor
from mamarr.airspace.parties import DeclareParty
from mamarr.airspace.shares import DeclareShare
from mamarr.engine import Order, Watching, picture, redecided, replay, tidying
from mamarr.faults import Reason, Refusal
from mamarr.flights.flights import File
from mamarr.names import Author
from mamarr.surveillance import AlertStatus, AlertType, Block, Claim, FeedNote, FeedState, Sighting, Standing
from mamarr.surveillance.alerts import ESCALATED_AFTER_MS, AcknowledgeAlert, ClearAlert, Measured, RaiseAlert
from mamarr.surveillance.feeds import Coverage
from tests.airspace.boxes import NOON, NORTH, SOUTH
from tests.engine.orders import Desk, _numbers
from tests.flights.routes import NOON_MS, a_corridor, a_party, a_plan, a_share

LIVE = Author(party="north", node="node-north", rule="watch")
RELIEF = Author(party="relief", node="node-north")
RAMHD = {"kind": AlertType.RAMHD, "subject": "F1"}
SEEN_AT = NOON + timedelta(seconds=1)


def order(command, author: Author = NORTH) -> Order:
    return Order(command_id=f"command-{next(_numbers)}", author=author, command=command)


def measured(**changed) -> Measured:
    values = {
        "track": "adsb/4B1815",
        "time_ms": NOON_MS,
        "latitude_e7deg": 340_000_000,
        "longitude_e7deg": 325_000_000,
        "standing": "CLAIMED",
        "lateral_mm": -9_855_000,
        "late_ms": 0,
    }
    return Measured(**{**values, **changed})


def airspace() -> list[Order]:
    """What north declares: parties, a share of relief, a corridor."""
    return [
        *(order(DeclareParty(party=a_party(name))) for name in ("north", "south", "relief")),
        order(DeclareShare(share=a_share(authority="relief"))),
        order(DeclareCorridor(corridor=a_corridor())),
    ]


def a_desk() -> Desk:
    """South's flight F1 through a share of relief; north's node."""
    desk = Desk()
    answers = desk.ask(*airspace(), order(File(flight_id="F1", plan=a_plan()), SOUTH))
    assert not any(isinstance(answer.outcome, Refusal) for answer in answers), answers
    return desk


def sighting(track: str, standing: Standing, *flight_ids: str, **changed) -> Sighting:
    values = {
        "name": f"name-of-{track[-2:]}",
        "track": track,
        "source_id": "adsb",
        "icao_address": track[-6:],
        "callsign": "SAYS1",
        "latitude_e7deg": 340_000_000,
        "longitude_e7deg": 325_000_000,
        "time_ms": NOON_MS - 4_000,
        "claim": Claim(track=track, standing=standing, flight_ids=flight_ids),
        "is_self_report": True,
        "altitude_pressure_mm": 10_058_400,
        "altitude_wgs84_mm": 10_100_000,
    }
    return Sighting(**{**values, **changed})


OWN = sighting("adsb/4B1815", Standing.CLAIMED, "F1")
STRANGER = sighting("adsb/AAAAAA", Standing.NONE)
DISPUTED = sighting("adsb/BBBBBB", Standing.DISPUTED, "F1")
OF_NO_FLIGHT = sighting("adsb/CCCCCC", Standing.CLAIMED, "F9")


def a_block(*sightings: Sighting, **changed) -> Block:
    coverage = Coverage(
        feed_id="adsb", state=FeedState.LIVE, age_ms=500, tracks_count=len(sightings), is_recorded=False
    )
    values = {
        "number": 1,
        "now_ms": NOON_MS,
        "sightings": sightings,
        "coverage": (coverage,),
        "refused_count": {},
    }
    return Block(**{**values, **changed})


def seen(desk: Desk, party: str, block: Block | None = None, now=SEEN_AT):
    return picture(desk.decider.projection, party=party, now=now, block=block)


# --- tracks and feeds -------------------------------------------------------------------------------------


def test_without_a_block_the_watch_is_down_and_no_feed_sees_nothing():
    found = seen(a_desk(), "north")
    assert (found.live, found.tracks, found.feeds) == (Watching.DOWN, (), ())


def test_an_old_block_is_down_and_its_tracks_go_on_ageing():
    later = NOON + timedelta(seconds=10)
    found = seen(a_desk(), "north", a_block(OWN), later)
    assert found.live is Watching.DOWN
    assert [track.age_ms for track in found.tracks] == [14_000]
    (feed,) = found.feeds
    assert (feed.state, feed.tracks_count, feed.age_ms) == (FeedState.UNKNOWN, None, 10_500)


def test_a_block_from_before_the_clock_was_set_back_is_down_too():
    before = NOON - timedelta(seconds=10)
    found = seen(a_desk(), "north", a_block(OWN), before)
    assert found.live is Watching.DOWN
    assert [(feed.state, feed.tracks_count) for feed in found.feeds] == [(FeedState.UNKNOWN, None)]
    assert seen(a_desk(), "north", a_block(OWN), NOON - timedelta(seconds=1)).live is Watching.RUNNING


def test_alerts_that_began_together_are_in_one_order_whatever_order_they_were_asked_in():
    for kinds in (("RAMHD", "CLAM"), ("CLAM", "RAMHD")):
        desk = a_desk()
        desk.ask(*(order(RaiseAlert(kind=kind, subject="F1", measured=measured()), LIVE) for kind in kinds))
        assert [each.alert.kind for each in seen(desk, "north").alerts] == [AlertType.CLAM, AlertType.RAMHD]


@pytest.mark.requirement("THREATS 23")
def test_strangers_are_seen_by_the_node_alone_and_others_see_their_own_flights():
    desk, block = a_desk(), a_block(OWN, STRANGER, DISPUTED, OF_NO_FLIGHT)
    assert len(seen(desk, "north", block).tracks) == 4
    (own,) = seen(desk, "south", block).tracks
    assert (own.flight_id, own.label, own.track_id) == ("F1", "EXA101", "name-of-15")
    assert (own.icao_address, own.callsign) == (None, None)
    assert seen(desk, "relief", block).tracks == ()
    assert [seen(desk, party, block).feeds[0].tracks_count for party in ("north", "south", "relief")] == [
        4,
        1,
        0,
    ]


def test_nobody_is_named_on_a_guess():
    tracks = seen(a_desk(), "north", a_block(OWN, STRANGER, DISPUTED, OF_NO_FLIGHT)).tracks
    assert [track.label for track in tracks] == ["EXA101", None, None, None]
    assert [track.standing for track in tracks] == ["CLAIMED", "NONE", "DISPUTED", "NONE"]


def test_the_altitude_names_its_datum_and_none_is_made_up():
    on_ellipsoid = sighting("adsb/000001", Standing.NONE, altitude_pressure_mm=None)
    unknown = sighting("adsb/000002", Standing.NONE, altitude_pressure_mm=None, altitude_wgs84_mm=None)
    tracks = seen(a_desk(), "north", a_block(OWN, on_ellipsoid, unknown)).tracks
    found = [(track.altitude_mm, track.datum) for track in tracks]
    assert found == [(10_058_400, "STD"), (10_100_000, "WGS84"), (None, None)]


# --- alerts -----------------------------------------------------------------------------------------------


def test_an_alert_lives_from_a_rule_to_a_person_and_is_decided_so_again():
    desk = a_desk()
    duty = Author(party="north", node="node-north", person="duty-1")
    desk.ask(order(RaiseAlert(**RAMHD, measured=measured()), LIVE))
    (alert,) = seen(desk, "north").alerts
    assert (alert.alert.status, alert.actions) == (AlertStatus.ACTIVE_UNACK, ("ACKNOWLEDGE",))
    desk.ask(order(AcknowledgeAlert(**RAMHD, raised_count=1), duty))
    (alert,) = seen(desk, "north").alerts
    assert (alert.alert.acknowledged_by, alert.actions) == ("duty-1", ())
    desk.ask(order(ClearAlert(**RAMHD), LIVE))
    assert seen(desk, "north").alerts == ()
    assert list(redecided(desk.store.rows(), party="north")) == []
    found = replay(desk.store.rows(), party="north").projection.state()
    assert found == desk.decider.projection.state()


def test_of_two_alerts_of_one_flight_each_has_its_own_life():
    desk = a_desk()
    clam = {"kind": AlertType.CLAM, "subject": "F1"}
    desk.ask(
        order(RaiseAlert(**RAMHD, measured=measured()), LIVE),
        order(RaiseAlert(**clam, measured=measured()), LIVE),
        order(ClearAlert(**clam), LIVE),
    )
    found = {each.alert.kind: each.alert.status for each in seen(desk, "north").alerts}
    assert found == {"RAMHD": AlertStatus.ACTIVE_UNACK, "CLAM": AlertStatus.RECTIFIED_UNACK}


def test_an_alert_is_told_to_the_flights_party_and_silenced_by_those_on_watch_alone():
    desk = a_desk()
    desk.ask(order(RaiseAlert(**RAMHD, measured=measured()), LIVE))
    found = {party: seen(desk, party, a_block(OWN)).alerts for party in ("north", "south", "relief", "east")}
    assert {party: len(alerts) for party, alerts in found.items()} == {
        "north": 1,
        "south": 1,
        "relief": 1,
        "east": 0,
    }
    assert [found[party][0].actions for party in ("north", "south", "relief")] == [
        ("ACKNOWLEDGE",),
        (),
        ("ACKNOWLEDGE",),
    ]
    acknowledge = AcknowledgeAlert(**RAMHD, raised_count=1)
    (refused,) = desk.ask(order(acknowledge, SOUTH))
    assert refused.outcome == Refusal(reason=Reason.NOT_THERE, because=("F1",))
    (taken,) = desk.ask(order(acknowledge, RELIEF))
    assert not isinstance(taken.outcome, Refusal)


@pytest.mark.requirement("THREATS 23")
@pytest.mark.parametrize(
    ("standing", "party", "is_placed"),
    [
        ("CLAIMED", "north", True),
        ("DISPUTED", "north", True),
        ("CLAIMED", "south", True),
        ("DISPUTED", "south", False),
        ("CLAIMED", "relief", False),
    ],
)
def test_where_it_was_is_told_as_tracks_are(standing: str, party: str, is_placed: bool):
    desk = a_desk()
    desk.ask(order(RaiseAlert(**RAMHD, measured=measured(standing=standing)), LIVE))
    (found,) = seen(desk, party, a_block(OWN)).alerts
    assert (found.is_placed, found.track_id) == (is_placed, "name-of-15" if is_placed else None)
    assert (found.alert.measured.latitude_e7deg == 340_000_000) == is_placed
    assert "4B1815" not in str(found)


def test_what_nobody_saw_is_escalated_by_the_nodes_own_rule_and_comes_first():
    desk = a_desk()
    late = NOON + timedelta(milliseconds=ESCALATED_AFTER_MS)
    desk.ask(order(RaiseAlert(**RAMHD, measured=measured()), LIVE))

    def asked(now):
        orders = tidying.orders(
            desk.decider.projection,
            node="node-north",
            now=now,
            command_id=lambda: f"tidy-{next(_numbers):05}",
        )
        return [each for each in orders if each.author.rule == "escalate-alerts"]

    assert asked(late - timedelta(milliseconds=1)) == []
    desk.ask(*asked(late), now=late)
    desk.ask(order(RaiseAlert(kind=AlertType.CLAM, subject="F1", measured=measured()), LIVE), now=late)
    assert [each.alert.is_escalated for each in seen(desk, "north", now=late).alerts] == [True, False]
    assert asked(late) == []


def test_what_must_be_told_with_a_feed_is_told_with_its_alerts_also_when_the_track_is_gone():
    desk = a_desk()
    noted = Coverage(
        feed_id="noted",
        state=FeedState.SILENT,
        age_ms=60_000,
        tracks_count=None,
        is_recorded=True,
        note=FeedNote.DEMO_RECORDING,
    )
    block = a_block()
    block = msgspec.structs.replace(block, coverage=(*block.coverage, noted))
    desk.ask(order(RaiseAlert(**RAMHD, measured=measured(track="noted/4B1815")), LIVE))
    clam = {"kind": AlertType.CLAM, "subject": "F1"}
    desk.ask(order(RaiseAlert(**clam, measured=measured(vertical_mm=300_000)), LIVE))
    for party in ("north", "south", "relief"):
        found = seen(desk, party, block)
        assert {each.alert.kind: each.note for each in found.alerts} == {
            AlertType.RAMHD: FeedNote.DEMO_RECORDING,
            AlertType.CLAM: None,
        }
        assert [each.note for each in found.feeds] == [None, FeedNote.DEMO_RECORDING]


def test_an_alert_is_not_seen_before_it_is_durable():
    desk = a_desk()
    desk.offer(order(RaiseAlert(**RAMHD, measured=measured()), LIVE))
    batch, _ = desk.decider.next_batch(NOON)
    assert seen(desk, "north").alerts == ()
    desk.commit(batch)
    assert len(seen(desk, "north").alerts) == 1
