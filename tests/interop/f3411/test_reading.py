"""Requests of F3411-22a to commands, or a WireError that says where."""

import json

import pytest

from mamarr.faults import WireError
from mamarr.geometry import cells
from mamarr.interop.f3411 import reading
from mamarr.interop.f3411.reading import AreaTooLargeError
from mamarr.interop.f3548.instants import read_instant
from tests.interop.f3548.test_reading import DRAWN, END, ID, START, an_extent, at

CORNERS = [(46.5, 7.2), (46.5, 7.21), (46.51, 7.21)]
AREA = "46.5,7.2,46.5,7.21,46.51,7.21"


def a_body(**changed: object) -> bytes:
    body = {"extents": an_extent(), "uss_base_url": "https://uss.example/rid", "nonsense": None}
    return json.dumps(body | changed).encode()


def test_a_service_area_is_read_to_what_was_drawn_for_it():
    asked = reading.service_area(ID.upper(), None, a_body(), DRAWN, allows_http=False)
    assert (asked.entity_id, asked.manager, asked.drawn, asked.version) == (ID, "uss1", "v" * 32, None)
    assert asked.uss_base_url == "https://uss.example/rid"
    extent = asked.extent
    assert (extent.altitude_lower_mm, extent.altitude_upper_mm) == (50_500, 120_000)
    assert (extent.time_start_us, extent.time_end_us) == (
        read_instant("$", START),
        read_instant("$", END),
    )
    circle = {"latitude_deg": 46.5, "longitude_deg": 180, "radius_m": 300}
    assert extent.cells == cells.covering_circle(**circle)


def test_a_change_may_leave_its_times_as_they_are():
    open_ended = {"volume": an_extent()["volume"], "time_start": None}
    version = "0123456789abcdef"
    asked = reading.service_area(ID, version, a_body(extents=open_ended), DRAWN, allows_http=False)
    assert (asked.extent.time_start_us, asked.extent.time_end_us, asked.version) == (None, None, version)
    with pytest.raises(WireError, match="time_end"):
        reading.service_area(ID, None, a_body(extents=open_ended), DRAWN, allows_http=False)
    reading.display_subscription(ID, None, a_body(extents=open_ended), DRAWN, allows_http=False)


@pytest.mark.parametrize("version", ["", "notacorrectversion", "0123456789ABCDEF", "0" * 9, "0" * 129])
def test_a_version_that_none_could_be_is_said_to_be_none(version: str):
    for remove in (reading.service_area_removal, reading.display_subscription_removal):
        with pytest.raises(WireError) as wrong:
            remove(ID, version, "uss1")
        assert wrong.value.at == "path:version"
        remove(ID, "0123456789", "uss1")


@pytest.mark.parametrize(
    "text", [AREA, " 46.5 , 7.2 ,+46.5,7.21,0.4651e2,7.21", "46.50,7.20,46.5,7.210,46.51,07.21"]
)
def test_a_polygon_in_a_query_is_one_however_its_numbers_are_written(text: str):
    envelope = reading.searched({"area": text}, has_times=True)
    assert envelope.cells == cells.covering_polygon(CORNERS)
    assert (envelope.time_start_us, envelope.time_end_us) == (None, None)


def test_the_times_of_a_search_are_read_where_it_may_have_them():
    queries = {"area": AREA, "earliest_time": START, "latest_time": END}
    envelope = reading.searched(queries, has_times=True)
    assert envelope.time_start_us == read_instant("$", START)
    assert envelope.time_end_us == read_instant("$", END)
    assert reading.searched(queries, has_times=False).time_end_us is None
    with pytest.raises(WireError, match="latest_time"):
        reading.searched({"area": AREA, "earliest_time": END, "latest_time": START}, has_times=True)


@pytest.mark.parametrize(
    ("text", "is_large"),
    [
        ("45,7,46,7,46,8,45,8", True),
        ("-80,0,80,0,80,1", True),  # long rather than large
        ("", False),
        (f"{AREA},46.5,7.2", False),
        ("46.5,7.2,46.5,7.2,46.51,7.21", False),
        ("1e99,7.2,46.5,7.21,46.51,7.21", False),
        ("inf,7.2,46.5,7.21,46.51,7.21", False),
        (",".join(["46.5,7.2"] * 10_001), False),
    ],
)
def test_a_large_polygon_is_told_from_what_is_none(text: str, is_large: bool):
    with pytest.raises(WireError) as wrong:
        reading.searched({"area": text}, has_times=True)
    assert isinstance(wrong.value, AreaTooLargeError) is is_large
    assert wrong.value.at == "query:area"


def test_the_first_corner_is_not_repeated():
    corners = [{"lat": latitude_deg, "lng": longitude_deg} for latitude_deg, longitude_deg in CORNERS]
    for vertices in (corners, [*corners, corners[0]]):
        volume = {"outline_polygon": {"vertices": vertices}}
        body = a_body(extents={"volume": volume, "time_end": at(END)})
        if vertices is corners:
            reading.service_area(ID, None, body, DRAWN, allows_http=False)
            continue
        with pytest.raises(WireError) as wrong:
            reading.service_area(ID, None, body, DRAWN, allows_http=False)
        assert wrong.value.at == "$.extents.volume.outline_polygon.vertices"
