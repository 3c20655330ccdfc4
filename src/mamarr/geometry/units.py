"""The only place where one unit becomes another."""

from datetime import UTC, datetime, timedelta

E7_PER_DEG = 10_000_000  # 1e-7 degree is 11 mm at the equator
MM_PER_M = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_MS = timedelta(milliseconds=1)


def e7deg_from_deg(angle_deg: float) -> int:
    """Whole 1e-7 degrees nearest to `angle_deg`; ValueError when it is not finite."""
    return _whole(angle_deg * E7_PER_DEG, angle_deg)


def deg_from_e7deg(angle_e7deg: int) -> float:
    """Degrees of `angle_e7deg`, exact to the last of its digits."""
    return angle_e7deg / E7_PER_DEG


def mm_from_m(length_m: float) -> int:
    """Whole millimetres nearest to `length_m`; ValueError when it is not finite."""
    return _whole(length_m * MM_PER_M, length_m)


def m_from_mm(length_mm: int) -> float:
    """Metres of `length_mm`."""
    return length_mm / MM_PER_M


def epoch_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970-01-01T00:00:00Z, rounded down; ValueError without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return (moment - EPOCH) // ONE_MS


def moment_from_ms(time_ms: int) -> datetime:
    """The aware UTC time `time_ms` milliseconds after 1970-01-01T00:00:00Z."""
    return EPOCH + timedelta(milliseconds=time_ms)


def _whole(scaled: float, given: float) -> int:
    if scaled != scaled or scaled in (float("inf"), float("-inf")):
        raise ValueError(f"{given} is not a number that can be used")
    return round(scaled)
