"""What judges the watch of a simulated world finds what is wrong, and nothing where nothing is.

Flight F1 of south flies north along 10 E, from 50 N at 0 s to 51 N at 600 s, 10 NM to either side, at FL330,
through a share of relief; the node is north's.
"""

from math import cos, radians
from typing import Any

import msgspec
import pytest

from mamarr.simulation.lookout import Cycle, Exchange, Item, Said, Shown, conflicts

HALF_WIDTH_M = 18_520.0
PLAN = {
    "identification": "SIM101",
    "icao_address": "a00001",
    "route": [
        {"latitude_e7deg": 500_000_000, "longitude_e7deg": 100_000_000, "time_ms": 0},
        {"latitude_e7deg": 510_000_000, "longitude_e7deg": 100_000_000, "time_ms": 600_000},
    ],
}
for each in PLAN["route"]:
    each["level"] = {"kind": "F", "number": 330}
FILED = {
    "type": "filed",
    "flight_id": "F1",
    "party": "south",
    "plan": PLAN,
    "volumes": [{"leg": 0}],
    "stage": "COORDINATED",
    "shares": ["S"],
}
SHARE = {"type": "share-declared", "share": {"share_id": "S", "authority": "relief"}}
ALERT = {"kind": "RAMHD", "subject": "F1"}
FL_MM = 30_480


def entries(*events: dict[str, Any], author=None, refusal=None, times_ms=()) -> list:
    """A log in which each event is an entry; the last by `author`, or refused."""
    found = []
    for number, event in enumerate((SHARE, FILED, *events)):
        is_last = number == len(events) + 1
        order = {"author": author if author and is_last else {"party": "north"}, "command": {"type": "x"}}
        decided = {"events": [event]}
        if is_last and refusal:
            order["command"]["type"], decided = refusal, {"refusal": {"reason": "WRONG_STATUS"}}
        time_ms = dict(enumerate(times_ms)).get(number - 2, 100_000)
        found.append((number, msgspec.json.encode(order), msgspec.json.encode(decided), time_ms))
    return found


def raised(time_ms: int = 100_000, **changed: Any) -> dict[str, Any]:
    measured = {"track": "adsb/A00001", "time_ms": time_ms} | changed
    return {"type": "alert-raised", **ALERT, "measured": measured}


CLEARED = {"type": "alert-cleared", **ALERT}
CONFIRMED = {"type": "confirmed", "flight_id": "F1"}


def said(time_ms: int, aside_m: float = 0.0, **changed: Any) -> Said:
    """On time along the way, so far to the east of it."""
    latitude_deg = 50 + time_ms / 600_000
    values = {
        "track": "adsb/A00001",
        "source": "adsb",
        "address": "A00001",
        "callsign": "SIM101",
        "place_deg": (latitude_deg, 10 + aside_m / 111_300 / cos(radians(latitude_deg))),
        "level_mm": 330 * FL_MM,
        "time_ms": time_ms,
        "is_self": True,
    }
    return Said(**(values | changed))


def cycles(*reports: Said, process: int = 1, knows: int = 2) -> list[Item]:
    """A cycle for each report."""
    return [
        Cycle(process=process, number=number, now_ms=each.time_ms, knows=knows, said=(each,))
        for number, each in enumerate(reports, start=1)
    ]


def flown(*asides_m: float, from_ms: int = 100_000, **changed: Any) -> list[Said]:
    return [said(from_ms + 5_000 * number, aside_m, **changed) for number, aside_m in enumerate(asides_m)]


OUT = (*(3_000.0 * number for number in range(8)), *4 * (24_000.0,))  # at 600 m/s: no jump
BACK = (*(24_000.0 - 3_000.0 * number for number in range(5)), *8 * (10_000.0,))


def heard(journal: list[Item], size: int, then: int | None = None) -> list[Item]:
    """The journal; the node heard its last cycle when the log had `size` entries, and another with `then`."""
    last = journal[-1]
    after = size if then is None else then
    return [
        *journal,
        Exchange(process=last.process, number=last.number, size=size, is_settled=True),
        Exchange(process=last.process, number=last.number, size=after, is_settled=True),
    ]


def found(log: list, journal: list[Item]) -> str:
    return "; ".join(conflicts(log, journal, node_party="north"))


def test_where_everybody_keeps_to_the_plan_there_is_nothing_to_say():
    assert found(entries(), heard(cycles(*flown(*20 * (1_000.0,))), 2)) == ""


def test_whoever_is_outside_for_long_must_be_warned_about():
    journal = cycles(*flown(*OUT))
    assert "F1 was outside for long" in found(entries(), heard(journal, 2))
    assert found(entries(raised(160_000)), heard(journal, 2, then=3)) == ""
    assert found(entries(), heard(journal[:-3], 2)) == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"said": {"callsign": "SIM102"}},
        {"said": {"address": "A00002", "track": "adsb/A00002"}},
        {"log": [{"type": "withdrawn", "flight_id": "F1"}]},
        {"log": [{"type": "filed", **FILED, "flight_id": "F2"}]},
    ],
)
def test_what_is_in_doubt_is_left_to_the_rules(changed: dict[str, Any]):
    journal = cycles(*flown(*OUT, **changed.get("said", {})), knows=3)
    assert found(entries(*changed.get("log", ())), heard(journal, 3)) == ""


def test_an_alert_must_be_of_a_flight_that_its_track_said_it_was():
    other = said(100_000, 30_000, address="A00002", track="adsb/A00002", callsign="SIM101")
    log = entries(raised(track="adsb/A00002"))
    assert "never was that flight" in found(log, heard(cycles(other), 2, then=3))
    assert "never was that flight" in found(
        entries(raised()), heard(cycles(said(1, callsign="X1")), 2, then=3)
    )


@pytest.mark.parametrize(
    ("kind", "off"),
    [
        ("RAMHD", said(160_000, 25_000)),
        ("CLAM", said(160_000, level_mm=335 * FL_MM)),
        ("RAMLD", msgspec.structs.replace(said(160_000), time_ms=400_000)),
    ],
)
def test_an_alert_must_have_been_seen(kind: str, off: Said):
    log = entries({**raised(), "kind": kind})
    assert "was never seen off its way" in found(log, heard(cycles(*flown(0, 0, 0)), 2, then=3))
    assert found(log, heard(cycles(said(150_000), off), 2, then=3)) == ""


def test_what_was_reported_as_passed_is_the_way_no_more():
    east = {"latitude_e7deg": 510_000_000, "longitude_e7deg": 120_000_000, "time_ms": 1_200_000}
    turning = {**PLAN, "route": [*PLAN["route"], {**PLAN["route"][-1], **east}]}
    legs = [{"leg": 0}, {"leg": 1}]
    revised = {**FILED, "type": "revised", "plan": turning, "volumes": legs}
    passed = {**revised, "type": "passed", "point": 1, "volumes": legs[1:]}
    journal = heard(cycles(*flown(0, 0, 0)), 2, then=5)
    assert found(entries(revised, passed, raised()), journal) == ""
    assert "was never seen off its way" in found(entries(revised, revised, raised()), journal)


def out_and(*asides_m: float) -> list[Item]:
    """F1 leaves its way, which is wished to the log and raised there; then it goes on so."""
    journal, at = cycles(*flown(*OUT), *flown(*asides_m, from_ms=160_000)), len(OUT)
    wished, was_raised = (Exchange(process=1, number=at, size=size, is_settled=True) for size in (2, 3))
    return [*journal[:at], wished, was_raised, *journal[at:]]


def test_silence_ends_no_alert_and_being_seen_back_does():
    log, by_radar = entries(raised(155_000), CLEARED), raised(155_000, is_self_report=False)
    assert "nobody saw it back" in found(log, heard(out_and(25_000.0), 3, then=4))
    assert found(log, heard(out_and(*BACK), 3, then=4)) == ""
    assert "nobody saw it back" in found(entries(by_radar, CLEARED), heard(out_and(*BACK), 3, then=4))
    gone = entries(raised(155_000), {"type": "withdrawn", "flight_id": "F1"}, CLEARED)
    assert found(gone, heard(out_and(25_000.0), 3, then=5)) == ""


@pytest.mark.parametrize(("aside_m", "wrong"), [(0.0, "nobody saw it back"), (40_000.0, "")])
def test_early_is_back_from_being_late_for_those_alone_who_were_never_seen_on_their_way(
    aside_m: float, wrong: str
):
    late, early = (
        msgspec.structs.replace(said(place_ms, aside_m), time_ms=time_ms)
        for place_ms, time_ms in ((160_000, 400_000), (595_000, 410_000))
    )
    first, then, last = cycles(said(150_000, aside_m), late, early)
    wished, was_raised = (Exchange(process=1, number=2, size=size, is_settled=True) for size in (2, 3))
    warned, over = ({**each, "kind": "RAMLD"} for each in (raised(400_000, late_ms=240_000), CLEARED))
    told = found(entries(warned, over), heard([first, then, wished, was_raised, last], 3, then=4))
    assert wrong in told
    assert bool(wrong) == bool(told)


@pytest.mark.parametrize(
    ("events", "time_ms"),
    [
        ([raised(), {"type": "condition-reported", "flight_id": "F1", "condition": "NORMAL"}], 660_000),
        ([raised(), FILED | {"type": "revised", "stage": "PROVISIONAL"}, CONFIRMED], 200_000),
    ],
    ids=["on the ground, and past its plan", "provisional"],
)
def test_an_alert_may_end_whose_flight_may_have_been_over_as_the_watch_knew_it(
    events: list[dict[str, Any]], time_ms: int
):
    journal, size = cycles(*flown(*OUT)), 2 + len(events)
    log = entries(*events, CLEARED, times_ms=(100_000, *len(events) * (time_ms,)))
    assert found(log, heard(journal, size - 1)) == ""
    assert "nobody saw it back" in found(log, heard(journal, size))


def test_an_alert_must_end_when_its_flight_is_back_for_long():
    *before, last = cycles(*flown(*OUT, *BACK))
    journal = [*before, msgspec.structs.replace(last, knows=3)]
    assert "the alert stays" in found(entries(raised(155_000)), heard(journal, 3))
    assert found(entries(raised(155_000), CLEARED), heard(journal, 3, then=4)) == ""
    assert found(entries(raised(155_000)), heard([*before, last], 3)) == ""  # it was not told of the alert


@pytest.mark.parametrize(("aside_m", "wrong"), [(24_000.0, "the alert stays"), (60_000.0, "")])
def test_a_track_that_jumped_may_end_no_alert_whatever_plan_it_is_compared_with_since(
    aside_m: float, wrong: str
):
    jumped = len(OUT) + 2
    journal = cycles(*flown(*OUT, aside_m, 24_000.0, *BACK))
    journal[jumped:] = [msgspec.structs.replace(each, knows=4) for each in journal[jumped:]]
    revised = {**FILED, "type": "revised"}
    told = found(entries(raised(155_000), revised), heard(journal, 4))
    assert wrong in told
    assert bool(wrong) == bool(told)


@pytest.mark.parametrize(("is_self", "wrong"), [(False, "the alert stays"), (True, "")])
def test_what_a_radar_raised_only_those_may_end_who_were_told_by_one_by_then(is_self: bool, wrong: str):
    *before, last = cycles(*flown(*OUT, *BACK, is_self=is_self))
    journal = [*before, msgspec.structs.replace(last, knows=3)]
    heard_it = Exchange(process=1, number=last.number, size=3, is_settled=True)
    by_radar = said(225_000, 10_000.0, track="radar/A00001", source="radar", is_self=False)
    another = cycles(by_radar, process=2, knows=3)
    log = entries(raised(155_000, is_self_report=False))
    told = found(log, [*journal, heard_it, *another, Exchange(process=2, number=1, size=3)])
    assert wrong in told
    assert bool(wrong) == bool(told)


def test_a_wish_must_not_be_refused_and_what_others_ask_may():
    by_watch = {"party": "north", "rule": "live"}
    assert "a wish of the watch was refused" in found(entries({}, author=by_watch, refusal="raise-alert"), [])
    assert found(entries({}, author={"party": "south"}, refusal="raise-alert"), []) == ""


def test_an_alert_is_acknowledged_by_those_on_watch_and_escalated_when_nobody_did():
    journal = heard(cycles(*flown(*OUT)), 2, then=3)
    seen = {"type": "alert-acknowledged", **ALERT}
    late = {"type": "alert-escalated", **ALERT}
    for party in ("north", "relief"):
        assert found(entries(raised(155_000), seen, author={"party": party}), journal) == ""
    for author in ({"party": "south"}, {"party": "north", "rule": "live"}):
        assert "was acknowledged by" in found(entries(raised(155_000), seen, author=author), journal)
    assert "though seen or new" in found(entries(raised(155_000), late, times_ms=(0, 59_000)), journal)
    assert found(entries(raised(155_000), late, times_ms=(0, 60_000)), journal) == ""
    assert "though seen or new" in found(
        entries(raised(155_000), seen, late, times_ms=(0, 1_000, 70_000)), journal
    )


# --- pictures ---------------------------------------------------------------------------------------------


def shown(party: str = "north", age_ms: int = 0, size: int = 3, **changed: Any) -> Shown:
    """A picture that tells all, made when the last of OUT was heard."""
    alert = {"alert": {**ALERT, "status": "ACTIVE_UNACK", "measured": {"track": ""}}}
    track = {
        "track_id": "t",
        "flight_id": "F1",
        "standing": "CLAIMED",
        "icao_address": None,
        "callsign": None,
    }
    feed = {"feed_id": "adsb", "state": "LIVE", "tracks_count": 1}
    told = {"live": "RUNNING", "alerts": [alert], "tracks": [track], "feeds": [feed]} | changed
    return Shown(
        party=party,
        size=size,
        now_ms=155_000 + age_ms,
        told=msgspec.json.encode(told),
        block_of=(1, len(OUT)),
        names={"t": "adsb/A00001"},
    )


def told(*pictures: Shown, **changed: Any) -> str:
    return found(entries(raised(155_000)), [*heard(cycles(*flown(*OUT, **changed)), 2, then=3), *pictures])


def test_a_picture_says_what_the_log_has_to_whom_it_concerns():
    assert told(shown(), shown("south"), shown("relief", tracks=[])) == ""
    assert "has the alerts [], the log" in told(shown(alerts=[]))
    assert told(shown("relief", alerts=[], tracks=[])) == ""
    assert "to other has an alert of F1" in told(shown("other", tracks=[]))


def test_a_picture_says_who_acknowledged_an_alert_to_those_on_watch_alone():
    alert = {**ALERT, "status": "ACTIVE_UNACK", "measured": {"track": ""}, "acknowledged_by": "A. Person"}
    assert told(shown("relief", tracks=[], alerts=[{"alert": alert}])) == ""
    assert "says who acknowledged" in told(shown("south", alerts=[{"alert": alert}]))


def test_a_picture_names_nobody_on_a_guess_and_shows_no_track_of_others():
    assert "has the track adsb/A00001 of F1" in told(shown("relief"))
    known = {
        "track_id": "t",
        "flight_id": "F1",
        "standing": "CLAIMED",
        "icao_address": "A00001",
        "callsign": None,
    }
    assert "says who adsb/A00001 is" in told(shown("south", tracks=[known]))
    assert told(shown(tracks=[known])) == ""
    assert "which it does not say it is" in found(
        entries(), [*cycles(*flown(*OUT, callsign="SIM102")), shown(size=2, alerts=[])]
    )


def test_no_data_never_looks_like_no_traffic():
    assert "says that somebody watches" in told(shown(age_ms=2_600))
    assert "says that somebody watches" in told(shown(age_ms=-2_600))
    silent = {"feed_id": "adsb", "state": "SILENT", "tracks_count": 0}
    assert "counts the tracks of adsb" in told(shown(feeds=[silent]))
    never = {"feed_id": "radar", "state": "LIVE", "tracks_count": 0}
    assert "says that radar speaks" in told(shown(feeds=[never]))
    down = {"feed_id": "adsb", "state": "UNKNOWN", "tracks_count": None}
    assert told(shown(age_ms=60_000, live="DOWN", feeds=[down])) == ""
