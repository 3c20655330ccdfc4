"""One turn of the watch after the other: what a duty officer would notice."""

import numpy as np
import pytest
from msgspec.structs import replace

from mamarr.surveillance import AlertType, Feed, FeedState, Live, Standing
from mamarr.surveillance.alerts import ClearAlert, RaiseAlert
from mamarr.surveillance.correlation import Leg
from mamarr.surveillance.live import ALTITUDE_UNKNOWN_MM, ClaimChange, Held, Observation, Seen
from mamarr.surveillance.tracks import FORGOTTEN_AFTER_MS, Outcome
from tests.surveillance.sightings import (
    ADSB,
    FL330_MM,
    NOON_MS,
    RADAR,
    a_flight,
    a_leg,
    a_report,
    clock,
    demo_recording,
)
from tests.surveillance.test_conformance import along, demo_flight

RECORDED = Feed(feed_id="adsb", period_ms=10_000, is_recorded=True)


def played(live: Live, reports, flights):
    """A cycle after each report, at its time."""
    for report in reports:
        live.heard(report)
        yield live.cycle(report.received_ms, flights)


def changes_of(cycles, kind):
    return [change for cycle in cycles for change in cycle.changes if isinstance(change, kind)]


def out_of_it(first: float, last: float, **changed):
    """Reports of the flight 15 km right of its line, 1 % of the way apart."""
    shares = [n / 100 for n in range(round(first * 100), round(last * 100))]
    return [along(share, right_m=15_000, **changed) for share in shares]


def inside(first: float, last: float, **changed):
    """Reports of the flight on its line, 1 % of the way apart."""
    return [along(n / 100, **changed) for n in range(round(first * 100), round(last * 100))]


def test_the_recorded_aircraft_is_seen_joining_and_leaving_and_stays_an_uncorroborated_claim():
    cycles = list(played(Live((RECORDED,)), demo_recording(), [demo_flight()]))

    first, last = changes_of(cycles, ClaimChange)[0], cycles[-1]
    assert (first.before.standing, first.after.standing) == (Standing.NONE, Standing.CLAIMED)
    assert last.claims[0].standing is Standing.CLAIMED
    seen = [(what.seen, clock(what.time_ms)) for what in changes_of(cycles, Observation)]
    # It comes back across the corridor, lower, and passes abeam its end.
    assert seen == [(Seen.AIRBORNE, "11:30:00"), (Seen.JOINED, "11:45:20"), (Seen.PASSED, "12:18:20")]
    raised = [(wish.kind, clock(wish.measured.time_ms)) for wish in changes_of(cycles, RaiseAlert)]
    assert raised == [(AlertType.RAMHD, "12:06:10"), (AlertType.CLAM, "12:06:50")]
    assert all(wish.measured.is_recorded for wish in changes_of(cycles, RaiseAlert))
    cleared = [
        (wish.kind, clock(cycle.now_ms)) for cycle in cycles for wish in changes_of([cycle], ClearAlert)
    ]
    assert cleared == [(AlertType.RAMHD, "12:13:50"), (AlertType.CLAM, "12:18:20")]
    assert last.standing == ()


def test_what_holds_is_repeated_until_it_ends():
    live, flights = Live((ADSB,)), [a_flight()]
    cycles = list(played(live, inside(0, 0.2) + out_of_it(0.2, 0.3) + inside(0.3, 0.4), flights))

    (raised,), (cleared,) = changes_of(cycles, RaiseAlert), changes_of(cycles, ClearAlert)
    assert (raised.kind, raised.subject, cleared.kind) == (AlertType.RAMHD, "F1", AlertType.RAMHD)
    holding = [cycle for cycle in cycles if cycle.standing]
    assert len(holding) > 8
    assert {wish.kind for cycle in holding for wish in cycle.standing} == {AlertType.RAMHD}
    assert not cycles[-1].standing


def test_silence_ends_no_alert_and_looks_like_silence():
    live, flights = Live((ADSB, RADAR)), [a_flight()]
    *_, heard = played(live, inside(0, 0.2) + out_of_it(0.2, 0.3), flights)
    silent = live.cycle(heard.now_ms + 60_000, flights)
    assert silent.rows["age_ms"][0] == 60_000
    assert [found.state for found in silent.coverage] == [FeedState.SILENT, FeedState.NEVER_HEARD]
    assert silent.coverage[0].tracks_count is None
    gone = live.cycle(heard.now_ms + FORGOTTEN_AFTER_MS + 1, flights)
    assert gone.tracks == ()
    assert [wish.kind for wish in gone.standing] == [AlertType.RAMHD]
    assert changes_of([silent, gone], ClearAlert) == []
    assert [change.after.standing for change in changes_of([gone], ClaimChange)] == [Standing.NONE]


def test_a_flight_no_longer_expected_is_no_longer_warned_about():
    live = Live((ADSB,))
    *_, held = played(live, inside(0, 0.2) + out_of_it(0.2, 0.3), [a_flight()])
    over = live.cycle(held.now_ms + 1_000, [])
    assert changes_of([over], ClearAlert) == [ClearAlert(kind=AlertType.RAMHD, subject="F1")]
    assert over.standing == ()


@pytest.mark.requirement("THREATS 8")
def test_a_self_report_does_not_end_what_another_source_raised():
    live, flights = Live((ADSB, RADAR)), [a_flight()]
    by_radar = {"source_id": "radar", "is_self_report": False}
    *_, held = played(live, inside(0, 0.2, **by_radar) + out_of_it(0.2, 0.3, **by_radar), flights)
    assert held.standing
    # The radar falls silent and is forgotten; the aircraft says that it is back.
    claims_only = [along(0.3, late_s=FORGOTTEN_AFTER_MS / 1_000 + 60 + n) for n in range(60)]
    cycles = list(played(live, claims_only, flights))
    assert cycles[-1].tracks == ("adsb/4B1815",)
    assert changes_of(cycles, ClearAlert) == []
    # Seen by the radar inside, it ends.
    seen = [along(0.3, late_s=FORGOTTEN_AFTER_MS / 1_000 + 120 + n, **by_radar) for n in range(60)]
    assert [wish.kind for wish in changes_of(played(live, seen, flights), ClearAlert)] == [AlertType.RAMHD]


@pytest.mark.requirement("THREATS 8")
def test_a_dispute_ends_no_alert():
    live, flights = Live((ADSB,)), [a_flight()]
    *_, held = played(live, inside(0, 0.2) + out_of_it(0.2, 0.3), flights)
    live.heard(along(0.3, icao_address="ABCDEF"))
    disputed = live.cycle(held.now_ms + 20_000, flights)
    assert {claim.standing for claim in disputed.claims} == {Standing.DISPUTED}
    assert changes_of([disputed], ClearAlert) == []
    assert [wish.kind for wish in disputed.standing] == [AlertType.RAMHD]


@pytest.mark.requirement("THREATS 8")
def test_a_track_in_doubt_does_not_end_its_alert():
    live, flights = Live((ADSB,)), [a_flight()]
    list(played(live, inside(0, 0.2) + out_of_it(0.2, 0.3), flights))
    assert live.heard(along(0.305, right_m=900_000)) is Outcome.IMPLAUSIBLE
    cycles = list(played(live, inside(0.31, 0.4), flights))
    assert cycles[0].rows["is_implausible"][0]
    assert changes_of(cycles, ClearAlert) == []


def test_a_revised_request_is_what_counts_from_then_on():
    live = Live((ADSB,))
    *_, before = played(live, inside(0, 0.2), [a_flight()])
    moved = a_flight(legs=(a_leg((34.3, 28.0), (34.3, 32.0)),))
    cycles = list(played(live, inside(0.2, 0.5), [moved]))
    assert not before.standing
    assert changes_of(cycles, RaiseAlert)


def test_a_cycle_is_not_changed_by_a_later_one():
    live, flights = Live((ADSB,)), [a_flight()]
    live.heard(a_report())
    first = live.cycle(NOON_MS, flights)
    live.heard(a_report(time_ms=NOON_MS + 1_000, longitude_e7deg=280_020_000))
    live.cycle(NOON_MS + 1_000, flights)
    assert first.rows["longitude_e7deg"].tolist() == [280_000_000]
    with pytest.raises(ValueError, match="read-only"):
        first.rows["age_ms"] = 0


def test_rows_say_what_is_not_known():
    live = Live((ADSB,))
    live.heard(a_report(ground_speed_mps=None))
    row = live.cycle(NOON_MS + 500, []).rows[0]
    assert (row["altitude_pressure_mm"], row["altitude_wgs84_mm"]) == (FL330_MM, ALTITUDE_UNKNOWN_MM)
    assert np.isnan(row["ground_speed_mps"])
    assert np.isnan(row["lateral_m"])
    assert (row["age_ms"], row["is_self_report"], row["is_recorded"]) == (500, True, False)


def test_an_undeclared_feed_and_refused_reports_are_counted_once():
    live = Live((ADSB,))
    assert live.heard(a_report(source_id="stranger")) is Outcome.UNKNOWN_FEED
    live.heard(a_report())
    live.heard(a_report())
    assert live.cycle(NOON_MS, []).refused_count == {Outcome.UNKNOWN_FEED: 1, Outcome.DUPLICATE: 1}
    assert live.cycle(NOON_MS, []).refused_count == {}


def test_a_quiet_feed_that_says_it_lives_sees_no_traffic():
    live = Live((RADAR,))
    live.alive("radar", NOON_MS)
    (found,) = live.cycle(NOON_MS, []).coverage
    assert (found.state, found.tracks_count) == (FeedState.LIVE, 0)


def test_the_same_reports_give_the_same_cycles():
    def story():
        live = Live((ADSB,))
        reports = inside(0, 0.2) + out_of_it(0.2, 0.3) + inside(0.3, 0.4)
        return [(c.changes, c.standing, c.rows.tobytes()) for c in played(live, reports, [a_flight()])]

    assert story() == story()


def test_past_its_end_a_flight_is_seen_passing_and_landing():
    live, flights = Live((ADSB,)), [a_flight()]
    reports = [*inside(0, 1.04), along(1.04, late_s=60, is_on_ground=True, ground_speed_mps=0.0)]
    seen = [what.seen for what in changes_of(played(live, reports, flights), Observation)]
    assert seen == [Seen.AIRBORNE, Seen.JOINED, Seen.PASSED, Seen.ON_GROUND]


# --- alerts that are held elsewhere -----------------------------------------------------------------------


def over(live: Live, *, is_self_report: bool = True) -> list[AlertType]:
    held = [
        Held(kind=kind, subject=subject, is_self_report=is_self_report)
        for kind in AlertType
        for subject in ("F1", "F9")
    ]
    return [wish.kind for wish in live.over(held) if wish.subject == "F1"]


def test_what_is_seen_not_to_hold_ends_an_alert_of_before_a_restart():
    live = Live((ADSB,))
    list(played(live, inside(0.2, 0.21), [a_flight()]))
    assert over(live) == []  # one look is not enough
    list(played(live, inside(0.21, 0.3), [a_flight()]))
    assert over(live) == [AlertType.RAMHD, AlertType.RAMLD, AlertType.CLAM]


def test_what_is_not_watched_or_still_holds_ends_nothing():
    live = Live((ADSB,))
    assert over(live) == []
    list(played(live, inside(0, 0.2) + out_of_it(0.2, 0.3), [a_flight()]))
    assert AlertType.RAMHD not in over(live)


@pytest.mark.requirement("THREATS 8")
def test_a_self_report_ends_after_a_restart_only_what_one_began():
    live = Live((ADSB,))
    list(played(live, inside(0.2, 0.3), [a_flight()]))
    assert over(live, is_self_report=False) == []
    assert over(live) != []


def test_who_is_early_beside_the_route_is_not_on_time_to_a_watch_started_again():
    live, flights = Live((ADSB,)), [a_flight()]
    list(played(live, out_of_it(0.4, 0.5, late_s=-600.0), flights))
    assert over(live) == []  # whether it was on its route before, this watch does not know
    list(played(live, out_of_it(0.5, 0.6, late_s=-60.0), flights))
    assert over(live) == [AlertType.RAMLD]


def test_who_is_late_for_its_route_and_revised_to_fly_later_is_late_no_more_to_the_watch_that_said_so():
    live, flights = Live((ADSB,)), [a_flight()]
    cycles = played(live, out_of_it(0.1, 0.2, late_s=300.0), flights)
    assert [wish.kind for wish in changes_of(cycles, RaiseAlert)] == [AlertType.RAMHD, AlertType.RAMLD]
    later = [replace(each, legs=tuple(_later(leg) for leg in each.legs)) for each in flights]
    list(played(live, out_of_it(0.2, 0.3, late_s=300.0), later))
    assert over(live) == [AlertType.RAMLD]


def _later(leg: Leg) -> Leg:
    """The leg, flown twenty minutes later."""
    return replace(leg, entry_ms=leg.entry_ms + 1_200_000, exit_ms=leg.exit_ms + 1_200_000)
