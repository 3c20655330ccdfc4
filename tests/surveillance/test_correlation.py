"""Nobody is named on a guess: address and callsign make a claim, place never does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.surveillance import Claim, Standing, correlation
from mamarr.surveillance.correlation import (
    EXPECTED_AFTER_MS,
    EXPECTED_BEFORE_MS,
    FRESH_MS,
    Directory,
    Evidence,
    together,
)
from mamarr.surveillance.tracks import Tracks
from tests.surveillance.sightings import NOON_MS, a_flight, a_report

SECOND = {"flight_id": "F2", "callsign": "BBB2", "icao_address": "4B1816"}


def claimed(*reports, flights=None, now_ms=NOON_MS) -> dict[str, Claim]:
    """The claims of the tracks that these reports make."""
    table = Tracks()
    for report in reports:
        table.heard(report)
    directory = Directory([a_flight(), a_flight(**SECOND)] if flights is None else flights, now_ms)
    tracks = {track.key: track for track in table.all()}
    own = {key: directory.claim(key, t.last.icao_address, t.callsign) for key, t in tracks.items()}
    return together(own, tracks, now_ms)


def the_claim(*reports, **how) -> Claim:
    (claim,) = claimed(*reports, **how).values()
    return claim


def test_address_and_callsign_of_one_flight_are_a_claim_and_no_more():
    claim = the_claim(a_report())
    assert (claim.standing, claim.flight_id) == (Standing.CLAIMED, "F1")
    assert claim.evidence == (Evidence.ADDRESS, Evidence.CALLSIGN)


@pytest.mark.parametrize(
    ("said", "evidence"),
    [
        ({"callsign": None}, Evidence.ADDRESS),
        ({"icao_address": None, "source_track": "7"}, Evidence.CALLSIGN),
    ],
)
def test_one_of_the_two_is_enough_when_nothing_contradicts(said, evidence):
    claim = the_claim(a_report(**said))
    assert (claim.standing, claim.flight_id, claim.evidence) == (Standing.CLAIMED, "F1", (evidence,))


@pytest.mark.parametrize(
    ("said", "flight_ids", "evidence"),
    [
        ({"callsign": "BBB2"}, ("F1", "F2"), Evidence.OTHER_FLIGHT),
        ({"callsign": "CCC3"}, ("F1",), Evidence.OTHER_CALLSIGN),
        ({"icao_address": "ABCDEF"}, ("F1",), Evidence.OTHER_ADDRESS),
    ],
)
def test_a_contradiction_is_disputed_and_names_nobody(said, flight_ids, evidence):
    claim = the_claim(a_report(**said))
    assert (claim.standing, claim.flight_ids, claim.flight_id) == (Standing.DISPUTED, flight_ids, None)
    assert evidence in claim.evidence


def test_the_right_place_at_the_right_time_is_no_evidence():
    claim = the_claim(a_report(icao_address="ABCDEF", callsign=None))
    assert claim == Claim(track="adsb/ABCDEF")


def test_two_flights_that_filed_the_same_callsign_are_not_chosen_between():
    twins = [a_flight(icao_address=None), a_flight(flight_id="F2", icao_address=None)]
    claim = the_claim(a_report(), flights=twins)
    assert (claim.standing, claim.flight_ids) == (Standing.DISPUTED, ("F1", "F2"))


@pytest.mark.parametrize("off_ms", [-EXPECTED_BEFORE_MS - 1, 1_800_000 + EXPECTED_AFTER_MS + 1])
def test_a_flight_of_another_time_is_not_claimed(off_ms):
    assert the_claim(a_report(), now_ms=NOON_MS + off_ms).standing is Standing.NONE


@pytest.mark.requirement("THREATS 8")
def test_two_receivers_of_one_self_report_corroborate_nothing():
    found = claimed(a_report(), a_report(source_id="adsb2"))
    assert {claim.standing for claim in found.values()} == {Standing.CLAIMED}


@pytest.mark.requirement("THREATS 8")
def test_another_kind_of_source_corroborates_the_self_report_and_not_the_reverse():
    found = claimed(a_report(), a_report(source_id="radar", is_self_report=False))
    assert found["adsb/4B1815"].standing is Standing.CORROBORATED
    assert found["adsb/4B1815"].tracks == ("radar/4B1815",)
    assert found["radar/4B1815"].standing is Standing.CLAIMED


def test_an_old_position_of_another_source_corroborates_nothing():
    old = a_report(source_id="radar", is_self_report=False, time_ms=NOON_MS - FRESH_MS - 1)
    assert claimed(a_report(), old)["adsb/4B1815"].standing is Standing.CLAIMED


def test_a_plane_away_from_where_the_other_source_sees_it_is_disputed_by_both():
    found = claimed(a_report(), a_report(source_id="radar", is_self_report=False, latitude_e7deg=350_000_000))
    assert {claim.standing for claim in found.values()} == {Standing.DISPUTED}


def test_near_the_other_sources_place_but_not_at_it_is_neither_disputed_nor_corroborated():
    late = a_report(
        source_id="radar", is_self_report=False, latitude_e7deg=340_400_000, time_ms=NOON_MS - 10_000
    )
    assert claimed(a_report(), late)["adsb/4B1815"].standing is Standing.CLAIMED


@pytest.mark.requirement("THREATS 8")
def test_a_track_that_jumped_is_not_corroborated():
    doubted = a_report(latitude_e7deg=360_000_000, time_ms=NOON_MS + 1_000)
    found = claimed(a_report(), doubted, a_report(source_id="radar", is_self_report=False))
    assert found["adsb/4B1815"].standing is Standing.CLAIMED


def test_two_aircraft_that_claim_one_flight_are_both_disputed():
    found = claimed(a_report(), a_report(icao_address="ABCDEF"))
    assert {claim.standing for claim in found.values()} == {Standing.DISPUTED}
    assert found["adsb/4B1815"].tracks == ("adsb/ABCDEF",)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, "4B1815", "4B1816", "000001"]),
            st.sampled_from([None, "AAA1", "BBB2", "ZZZ9"]),
            st.sampled_from(["adsb", "radar"]),
            st.integers(330_000_000, 350_000_000),
        ),
        max_size=8,
    )
)
def test_a_named_track_never_contradicts_what_its_flight_filed(said):
    reports = [
        a_report(
            icao_address=address,
            source_track=f"t{number}",
            callsign=callsign,
            source_id=source,
            is_self_report=source == "adsb",
            latitude_e7deg=latitude_e7deg,
        )
        for number, (address, callsign, source, latitude_e7deg) in enumerate(said)
    ]
    flights = {"F1": a_flight(), "F2": a_flight(**SECOND)}
    of_flight: dict[str, set[str | None]] = {}
    by_key: dict[str, list] = {}
    for report in reports:
        by_key.setdefault(report.key, []).append(report)
    for key, claim in claimed(*reports).items():
        if claim.flight_id is None:
            continue
        filed, first = flights[claim.flight_id], by_key[key][0]
        assert first.icao_address in (None, filed.icao_address)
        assert first.callsign in (None, filed.callsign)
        assert first.icao_address == filed.icao_address or first.callsign == filed.callsign
        of_flight.setdefault(claim.flight_id, set()).add(first.icao_address or key)
    assert all(len(aircraft) == 1 for aircraft in of_flight.values())


def test_too_many_flights_or_one_twice_are_refused(monkeypatch):
    with pytest.raises(ValueError, match="twice"):
        Directory([a_flight(), a_flight()], NOON_MS)
    monkeypatch.setattr(correlation, "EXPECTED_MAX", 1)
    with pytest.raises(ValueError, match="more than 1"):
        Directory([a_flight(), a_flight(flight_id="F2")], NOON_MS)


@pytest.mark.parametrize("wrong", [{"callsign": "a"}, {"icao_address": "xyz"}, {"legs": ()}])
def test_a_flight_out_of_form_is_refused(wrong):
    with pytest.raises(ValueError, match=r"form|legs"):
        a_flight(**wrong)
