"""Terms: the numbers that admission rests on, as far as no agreement between nodes says more.

They are data of the node, set by its own party and recorded. What was accepted under older terms keeps the
volumes that were computed then.
"""

from datetime import datetime

import msgspec

from mamarr.conflicts import Minima
from mamarr.faults import Reason, Refusal
from mamarr.geometry import tolerance
from mamarr.names import Author

NM_MM = 1_852_000
FT_1000_MM = 304_800
MINUTE_MS = 60_000

LATERAL_MAX_MM = 100 * NM_MM  # chosen: more than any separation in use; bounds what one query looks at
VERTICAL_MAX_MM = 10 * FT_1000_MM
TIME_MAX_MS = 60 * MINUTE_MS
KEY = "terms"  # there is one set of terms
COUNT_MAX = 100_000  # chosen: ten times the flights of a busy day over a continent
SKY_TIME_MAX_MS = 1_000_000 * 3_600_000  # chosen: as much as COUNT_MAX flights of ten hours
# chosen: ten planners who each change ten plans within the hour; who searches a corridor level by level and
# time by time asks more often than that
GIVEN_UP_MAX = 100
HORIZON_MAX_MS = 366 * 24 * 3_600_000  # chosen: schedules are made a year ahead

# What it is


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Minima, tolerances and quotas. Defaults: decisions of this project, changed by agreement.

    between_centres, inside_centre: how near two flights may come that are served by two centres, by one.
    departure_…: how much earlier or later than filed a flight may be before take-off, milliseconds;
    estimate_…: after it. provisional_lapse_ms: how long an acceptance waits for its confirmation.
    provisional_max, provisional_volume_time_max_ms: how many such acceptances one party may have open, and
    for how much time of sky, summed over their volumes. renewal_wait_ms: how long after a lapse its flight
    may not be asked for again provisionally. flights_max: live flights of one party. overdue_max: overdue
    flights with which a party may still file. given_up_max: how often a party may ask within an hour for what
    it gives up again unused (`airspace.attempts`); UNSET where terms were set before there was such a limit,
    so that they keep their bytes: see the function. horizon_ms: how far ahead one may file.
    """

    between_centres: Minima = Minima(lateral_mm=10 * NM_MM, vertical_mm=2 * FT_1000_MM, time_ms=5 * MINUTE_MS)
    inside_centre: Minima = Minima(lateral_mm=5 * NM_MM, vertical_mm=FT_1000_MM, time_ms=0)
    departure_before_ms: int = tolerance.DEPARTURE_BEFORE_MS
    departure_after_ms: int = tolerance.DEPARTURE_AFTER_MS
    estimate_before_ms: int = tolerance.ESTIMATE_BEFORE_MS
    estimate_after_ms: int = tolerance.ESTIMATE_AFTER_MS
    provisional_lapse_ms: int = 5 * MINUTE_MS
    provisional_max: int = 20
    provisional_volume_time_max_ms: int = 200 * 3_600_000
    renewal_wait_ms: int = 10 * MINUTE_MS
    flights_max: int = 10_000
    overdue_max: int = 10
    given_up_max: int | msgspec.UnsetType = msgspec.UNSET
    horizon_ms: int = 30 * 24 * 3_600_000

    def __post_init__(self) -> None:
        for minima in (self.between_centres, self.inside_centre):
            _within("a lateral minimum", minima.lateral_mm, LATERAL_MAX_MM)
            _within("a vertical minimum", minima.vertical_mm, VERTICAL_MAX_MM)
            _within("a time minimum", minima.time_ms, TIME_MAX_MS)
        for name in ("departure_before_ms", "departure_after_ms", "estimate_before_ms", "estimate_after_ms"):
            _within(name, getattr(self, name), TIME_MAX_MS)
        _within("provisional_lapse_ms", self.provisional_lapse_ms, TIME_MAX_MS)
        _within("renewal_wait_ms", self.renewal_wait_ms, TIME_MAX_MS)
        _within("provisional_volume_time_max_ms", self.provisional_volume_time_max_ms, SKY_TIME_MAX_MS)
        _within("horizon_ms", self.horizon_ms, HORIZON_MAX_MS)
        for name in ("provisional_max", "flights_max", "overdue_max"):
            _within(name, getattr(self, name), COUNT_MAX)
        _within("given_up_max", given_up_max(self), COUNT_MAX)


def given_up_max(value: Terms) -> int:
    """How often a party may ask within an hour for what it gives up again unused."""
    return GIVEN_UP_MAX if value.given_up_max is msgspec.UNSET else value.given_up_max


def _within(name: str, value: int, limit: int) -> None:
    if not 0 <= value <= limit:
        raise ValueError(f"{name} of {value} is not between 0 and {limit}")


DEFAULT = Terms()  # what holds where nobody set any


# What may be asked


class SetTerms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="set-terms"):
    """Decide later flights on `terms`."""

    terms: Terms


Command = SetTerms


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="terms"):
    """What the decision may rest on. party: the node's own. agreed: terms whose minima are agreed with other
    authorities, so that they change by another agreement alone."""

    party: str
    agreed: Terms | None = None


# What may happen


class TermsSet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="terms-set"):
    """From now on these terms hold."""

    terms: Terms


Event = TermsSet


# What we answer


def decide(command: SetTerms, facts: Facts, *, author: Author, now: datetime) -> tuple[TermsSet] | Refusal:
    """Answer one command about the terms. Never raises; says no prose."""
    del now
    if author.party != facts.party:
        return Refusal(reason=Reason.NOT_YOURS)
    if facts.agreed is not None and _minima(command.terms) != _minima(facts.agreed):
        return Refusal(reason=Reason.AGREED)
    return (TermsSet(terms=command.terms),)


def _minima(value: Terms) -> tuple[Minima, Minima]:
    return value.between_centres, value.inside_centre


# How it changes


def evolve(value: Terms | None, event: TermsSet) -> Terms:
    """The terms after `event`."""
    del value
    return event.terms
