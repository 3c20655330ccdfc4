"""Reports, flights and recordings for the tests of surveillance. Units as the fields' names say."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import mamarr
from mamarr.geometry import Datum, altitude, geodesy
from mamarr.geometry.units import epoch_ms, moment_from_ms
from mamarr.interop.recorded import decoded_recording
from mamarr.surveillance import Expected, Feed, Leg, Report, correlation

NOON_MS = epoch_ms(datetime(2026, 3, 1, 12, tzinfo=UTC))
ADSB, RADAR = Feed(feed_id="adsb", period_ms=1_000), Feed(feed_id="radar", period_ms=5_000)
FL330_MM = altitude.level_mm(altitude.flight_level(330))
RECORDINGS = Path(__file__).parent / "data"
DEMO_RECORDING = Path(mamarr.__file__).parent / "node" / "demo_data" / "recorded_1.json.gz"


def a_report(**changed) -> Report:
    """An aircraft at 34 N 28 E, FL330, at noon, by its own report; what is named is changed."""
    fields = {
        "source_id": "adsb",
        "icao_address": "4B1815",
        "callsign": "AAA1",
        "latitude_e7deg": 340_000_000,
        "longitude_e7deg": 280_000_000,
        "time_ms": NOON_MS,
        "altitude_pressure_mm": FL330_MM,
        "ground_speed_mps": 230.0,
        "is_self_report": True,
    } | changed
    return Report(**({"received_ms": fields["time_ms"]} | fields))


def a_leg(*points_deg: tuple[float, float], **changed) -> Leg:
    """A leg of 5 NM to either side at FL330, from noon for half an hour, along geodesics."""
    corners = [(round(latitude * 1e7), round(longitude * 1e7)) for latitude, longitude in points_deg]
    fields = {
        "half_width_mm": 9_260_000,
        "datum": Datum.STD,
        "lower_mm": FL330_MM,
        "upper_mm": FL330_MM,
        "entry_ms": NOON_MS,
        "exit_ms": NOON_MS + 1_800_000,
    } | changed
    return correlation.leg(geodesy.densified(corners), **fields)


def a_flight(**changed) -> Expected:
    """Flight F1, callsign AAA1, address 4B1815, eastward along 34 N from 28 E."""
    legs = (a_leg((34.0, 28.0), (34.0, 32.0)),)
    return Expected(
        **({"flight_id": "F1", "callsign": "AAA1", "icao_address": "4B1815", "legs": legs} | changed)
    )


def recording(name: str) -> tuple[Report, ...]:
    """The reports of a recording in `data`, as the feed adsb."""
    body = gzip.decompress((RECORDINGS / f"{name}.json.gz").read_bytes())
    return decoded_recording(body, source_id="adsb").reports


def demo_recording() -> tuple[Report, ...]:
    """The recorded aircraft of the demo, as the feed adsb, at its true times."""
    return decoded_recording(gzip.decompress(DEMO_RECORDING.read_bytes()), source_id="adsb").reports


def clock(time_ms: int) -> str:
    """The time of day, such as 12:05:50."""
    return moment_from_ms(time_ms).strftime("%H:%M:%S")
