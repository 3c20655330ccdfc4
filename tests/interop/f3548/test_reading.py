"""Requests of F3548 to commands, or a WireError that says where."""

import json
from typing import Any

import pytest

from mamarr.discovery import Availability, IntentState
from mamarr.faults import WireError
from mamarr.geometry import cells
from mamarr.interop.f3548 import reading, refusals
from mamarr.interop.f3548.instants import read_instant
from mamarr.interop.f3548.reading import Drawn

ID, SUBSCRIPTION = "03e5572a-f733-49af-bc14-8a18bd53ee39", "78ea3fe8-71c2-4f5c-9b44-9c02f5563c6f"
DRAWN = Drawn(manager="uss1", version="v" * 32, uuid=SUBSCRIPTION)
START, END = "2090-05-01T06:00:00.000001Z", "2090-05-01T07:00:00Z"


def at(text: str) -> dict[str, str]:
    return {"value": text, "format": "RFC3339"}


def height(altitude_m: float) -> dict[str, Any]:
    return {"value": altitude_m, "reference": "W84", "units": "M"}


def an_extent(latitude_deg: float = 46.5, start: str = START, end: str = END) -> dict[str, Any]:
    circle = {"center": {"lat": latitude_deg, "lng": 180.0}, "radius": {"value": 300, "units": "M"}}
    volume = {"outline_circle": circle, "altitude_lower": height(50.5), "altitude_upper": height(120)}
    return {"volume": volume, "time_start": at(start), "time_end": at(end)}


def a_body(*extents: dict[str, Any], **changed: Any) -> bytes:
    body = {
        "extents": list(extents) or [an_extent()],
        "state": "Accepted",
        "uss_base_url": "https://uss.example/utm",
    }
    return json.dumps(body | changed).encode()


def read(body: bytes, *, allows_http: bool = False) -> Any:
    return reading.intent(ID, None, body, DRAWN, may_be_off_nominal=False, allows_http=allows_http)


def test_an_intent_is_read_to_one_envelope_of_all_its_volumes():
    later = an_extent(47.5, "2090-05-01T08:00:00Z", "2090-05-01T09:00:00Z")
    asked = read(a_body(an_extent(), later, key=["x" * 16], new_subscription=None, nonsense=1))
    assert (asked.entity_id, asked.manager, asked.drawn, asked.ovn) == (ID, "uss1", "v" * 32, None)
    assert (asked.state, asked.key) == (IntentState.ACCEPTED, ("x" * 16,))
    extent = asked.extent
    assert (extent.altitude_lower_mm, extent.altitude_upper_mm) == (50_500, 120_000)
    assert extent.time_start_us == read_instant("$", START)
    assert extent.time_end_us == read_instant("$", "2090-05-01T09:00:00Z")
    both = [
        cells.covering_circle(latitude_deg=latitude_deg, longitude_deg=180, radius_m=300)
        for latitude_deg in (46.5, 47.5)
    ]
    assert extent.cells == tuple(sorted({*both[0], *both[1]}))


def test_a_new_subscription_gets_the_id_that_was_drawn():
    new = {"uss_base_url": "https://uss.example", "notify_for_constraints": True}
    asked = read(a_body(new_subscription=new)).new_subscription
    assert (asked.subscription_id, asked.notifies_constraints) == (SUBSCRIPTION, True)


def test_times_and_altitudes_of_a_query_may_be_open():
    area = an_extent()
    del area["time_start"], area["time_end"], area["volume"]["altitude_upper"]
    area["volume"]["altitude_lower"] = None
    found = reading.area(json.dumps({"area_of_interest": area}).encode())
    assert (found.time_start_us, found.time_end_us, found.altitude_lower_mm) == (None, None, None)


@pytest.mark.parametrize(
    ("url", "allows_http", "is_taken"),
    [
        ("https://uss.example", False, True),
        ("https://uss.example:8443/a/b/", False, True),
        ("https://[2001:db8::1]/utm", False, True),
        ("https://uss.example/utm?x=true", False, True),
        ("http://uss.example", False, False),
        ("http://uss.example", True, True),
        ("ftp://uss.example", True, False),
        ("https://", True, False),
        ("https://user@uss.example", True, False),
        ("https://uss.example/#x", True, False),
        ("https://uss.example/a b", True, False),
        ("https://uss.example\n", True, False),
        ("uss.example", True, False),
    ],
)
def test_an_address_is_one_to_which_paths_can_be_added(url: str, allows_http: bool, is_taken: bool):
    if is_taken:
        assert read(a_body(uss_base_url=url), allows_http=allows_http).uss_base_url == url
        return
    with pytest.raises(WireError) as wrong:
        read(a_body(uss_base_url=url), allows_http=allows_http)
    assert wrong.value.at == "$.uss_base_url"


@pytest.mark.parametrize(
    ("extent", "place"),
    [
        (an_extent(start=END, end=START), "$.extents[0].time_end"),
        (an_extent(start="noon"), "$.extents[0].time_start.value"),
        (an_extent() | {"time_end": None}, "$.extents[0].time_end"),
        (an_extent() | {"volume": {}}, "$.extents[0].volume.altitude_lower"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(extent: dict[str, Any], place: str):
    with pytest.raises(WireError) as wrong:
        read(a_body(extent))
    assert wrong.value.at == place
    for language in ("en", "ar", "fr", "ru"):
        assert f"`{place}`" in refusals.unreadable(wrong.value, language)


def test_an_availability_is_read_in_any_case():
    found = reading.availability("uss2", b'{"availability": "dOWN"}', DRAWN)
    assert (found.uss_id, found.availability, found.old_version) == ("uss2", Availability.DOWN, "")
    with pytest.raises(WireError, match="availability"):
        reading.availability("uss2", b'{"availability": "purple"}', DRAWN)
