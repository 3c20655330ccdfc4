"""The only place where one unit becomes another."""

from datetime import UTC, datetime, timedelta

E7_PER_DEG = 10_000_000  # 1e-7 degree is 11 mm at the equator
MM_PER_M = 1_000
MS_PER_S = 1_000
MM_PER_100_FT = 30_480  # the international foot is 0.3048 m exactly, so a flight level is whole millimetres
M_PER_NM = 1_852  # the international nautical mile, exactly
MM_PER_NM = M_PER_NM * MM_PER_M
PA_PER_HPA = 100
S_PER_H = 3_600
S_PER_MIN = 60
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


def mm_from_ft(length_ft: float) -> int:
    """Whole millimetres nearest to `length_ft`, exact in steps of 5 ft; ValueError when it is not finite."""
    return _whole(length_ft * MM_PER_100_FT / 100, length_ft)


def ft_from_mm(length_mm: int) -> float:
    """Feet of `length_mm`."""
    return length_mm * 100 / MM_PER_100_FT


def mm_from_nm(length_nm: float) -> int:
    """Whole millimetres nearest to `length_nm` nautical miles; ValueError when it is not finite."""
    return _whole(length_nm * MM_PER_NM, length_nm)


def nm_from_mm(length_mm: int) -> float:
    """Nautical miles of `length_mm`."""
    return length_mm / MM_PER_NM


def mps_from_kt(speed_kt: float) -> float:
    """Metres a second of `speed_kt` knots; ValueError when it is not finite."""
    return _finite(speed_kt * M_PER_NM / S_PER_H, speed_kt)


def kt_from_mps(speed_mps: float) -> float:
    """Knots of `speed_mps`; ValueError when it is not finite."""
    return _finite(speed_mps * S_PER_H / M_PER_NM, speed_mps)


def mps_from_fpm(vertical_rate_fpm: float) -> float:
    """Metres a second of `vertical_rate_fpm` feet a minute; ValueError when it is not finite."""
    return _finite(vertical_rate_fpm * MM_PER_100_FT / (100 * MM_PER_M * S_PER_MIN), vertical_rate_fpm)


def fpm_from_mps(vertical_rate_mps: float) -> float:
    """Feet a minute of `vertical_rate_mps`; ValueError when it is not finite."""
    return _finite(vertical_rate_mps * (100 * MM_PER_M * S_PER_MIN) / MM_PER_100_FT, vertical_rate_mps)


def ms_from_s(duration_s: float) -> int:
    """Whole milliseconds nearest to `duration_s`; ValueError when it is not finite."""
    return _whole(duration_s * MS_PER_S, duration_s)


def s_from_ms(duration_ms: int) -> float:
    """Seconds of `duration_ms`."""
    return duration_ms / MS_PER_S


def pa_from_hpa(pressure_hpa: float) -> int:
    """Whole pascals nearest to `pressure_hpa`; ValueError when it is not finite."""
    return _whole(pressure_hpa * PA_PER_HPA, pressure_hpa)


def hpa_from_pa(pressure_pa: int) -> float:
    """Hectopascals of `pressure_pa`."""
    return pressure_pa / PA_PER_HPA


def epoch_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970-01-01T00:00:00Z, rounded down; ValueError without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return (moment - EPOCH) // ONE_MS


def moment_from_ms(time_ms: int) -> datetime:
    """The aware UTC time `time_ms` milliseconds after 1970-01-01T00:00:00Z."""
    return EPOCH + time_ms * ONE_MS


def _whole(scaled: float, given: float) -> int:
    return round(_finite(scaled, given))


def _finite(scaled: float, given: float) -> float:
    if scaled != scaled or scaled in (float("inf"), float("-inf")):
        raise ValueError(f"{given} is not a number that can be used")
    return scaled
