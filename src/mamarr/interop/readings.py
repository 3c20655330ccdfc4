"""What came out of a file of airspace: the values, and every wrong thing, each with its place."""

import msgspec

from mamarr.airspace.areas import Area
from mamarr.airspace.constraints import Constraint
from mamarr.airspace.corridors import Corridor
from mamarr.airspace.parties import Party
from mamarr.airspace.shares import Share
from mamarr.faults import WireError
from mamarr.interop.wire import safe

FINDINGS_MAX = 200  # chosen: more than anyone mends before trying again; the rest is counted
BODY_BYTES_MAX = (
    10_000_000  # chosen: twice the airspace of a continent; its polygons cost up to 100 s to check
)
RECORDS_MAX = 20_000  # chosen: a continent has a few thousand areas

Value = Party | Corridor | Share | Area | Constraint


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong in a file.

    index: of the record in its file, from 0. identity: what the record calls itself, if it says. field: the
    path of the wrong member, or the command. line: from 1, in files that are read by lines. what: what is
    wrong there. allowed: what would have been right, or an empty text when `what` says it already. code: that
    of the WireError that `what` comes from, under which `phrases` says it in other languages.
    """

    index: int
    field: str
    what: str
    identity: str | None = None
    allowed: str = ""
    line: int | None = None
    code: str = ""

    @property
    def at(self) -> str:
        """The place, for a person: `features[3] "CORR-7" properties.name`, `line 14, record 0 "R 1", DP`."""
        named = "" if self.identity is None else f' "{self.identity}"'
        if self.line is None:
            return f"features[{self.index}]{named} {self.field}".rstrip()
        return f"line {self.line}, record {self.index}{named}, {self.field}"

    def __str__(self) -> str:
        return f"{self.at}: {self.what}" + (f" (allowed: {self.allowed})" if self.allowed else "")


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """A value, and the place in the file that it came from."""

    value: Value
    at: str


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """All that a file said.

    imported: what is right, in the order of the file; what several records say together comes last.
    findings: what is wrong, at most FINDINGS_MAX;
    more_count: how many more there are. left_out: what the file said beyond what our values hold, by command,
    and how often.
    """

    imported: tuple[Imported, ...]
    findings: tuple[Finding, ...] = ()
    more_count: int = 0
    left_out: tuple[tuple[str, int], ...] = ()

    def values(self, *, despite_findings: bool = False) -> tuple[Value, ...]:
        """The values. WireError with the first finding, if there is one, unless the caller takes the rest."""
        if self.findings and not despite_findings:
            first, more_count = self.findings[0], len(self.findings) - 1 + self.more_count
            more = f"; {more_count} more findings" if more_count else ""
            raise WireError(first.what + more, at=first.at, allowed=first.allowed)
        return tuple(each.value for each in self.imported)


class Findings:
    """Collects findings, no more than FINDINGS_MAX; what is beyond is counted."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.more_count = 0

    def add(self, finding: Finding) -> None:
        """Keep `finding`, or count it."""
        if len(self.kept) < FINDINGS_MAX:
            self.kept.append(finding)
        else:
            self.more_count += 1


class Record:
    """One record of a file while it is read: where its findings go, and whether it has any."""

    def __init__(self, findings: Findings, index: int) -> None:
        self.findings, self.index = findings, index
        self.identity: str | None = None
        self.is_sound = True

    def wrong(
        self, field: str, what: str, allowed: str = "", *, line: int | None = None, code: str = ""
    ) -> None:
        """Note what is wrong at `field`. No text here can move a cursor or turn the reading direction."""
        self.is_sound = False
        identity = None if self.identity is None else safe(self.identity)
        self.findings.add(
            Finding(
                index=self.index,
                field=safe(field),
                what=safe(what),
                identity=identity,
                allowed=allowed,
                line=line,
                code=code,
            )
        )
