"""Reports: what a USS says went wrong between it and others, kept in the record for people to read.

No rule rests on one, so the record alone keeps it, and the state has none.
"""

from datetime import datetime

import msgspec

from mamarr.discovery.forms import checked_ids, is_door
from mamarr.faults import Reason, Refusal
from mamarr.names import Author

TEXT_LENGTH_MAX = 65_536  # chosen: an exchange with both bodies; a longer one is cut by who sends it

# What it is


class Report(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What went wrong, as the JSON text that came. report_id: given to it here."""

    report_id: str
    manager: str
    text: str


# What may be asked


class FileReport(msgspec.Struct, frozen=True, kw_only=True, tag="file-report"):
    """Keep a report. report_id: drawn for it, a UUID. text: JSON, up to TEXT_LENGTH_MAX characters."""

    report_id: str
    manager: str
    text: str

    def __post_init__(self) -> None:
        checked_ids(self.manager, self.report_id)
        if not 0 < len(self.text) <= TEXT_LENGTH_MAX:
            raise ValueError(f"a report has 1 to {TEXT_LENGTH_MAX} characters, not {len(self.text)}")


Command = FileReport


class Facts(msgspec.Struct, frozen=True, kw_only=True, tag="report"):
    """What the decision may rest on. party: the node's own."""

    party: str


# What may happen


class ReportFiled(msgspec.Struct, frozen=True, kw_only=True, tag="report-filed"):
    """The record keeps the report; its text is in the order."""

    report_id: str


Event = ReportFiled

# What we answer


def decide(command: Command, facts: Facts, *, author: Author, now: datetime) -> tuple[Event, ...] | Refusal:
    """Answer one report: it is always taken, from the door."""
    del now
    if not is_door(author, facts.party):
        return Refusal(reason=Reason.NOT_YOURS)
    return (ReportFiled(report_id=command.report_id),)


# How it changes


def evolve(value: Report | None, event: Event) -> None:
    """Nothing of it is kept in the state."""
    del value, event
