"""What the suite found when it was run last, kept beside it for the table of requirements."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import msgspec

from tests.suite.reports import Summary

RESULTS = Path(__file__).with_name("results.json")


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """How many checks held, did not, and did not but are accepted."""

    held: int = 0
    failed: int = 0
    accepted: int = 0


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """suite: its commit. taken: the day. runs: all checks of each run; requirements: those of each id."""

    suite: str
    taken: date
    runs: dict[str, Checks]
    requirements: dict[str, Checks]


def of(runs: Mapping[str, Summary], *, suite: str, taken: date) -> Results:
    """The results of some runs, by their names."""
    held, failed, accepted = Counter[str](), Counter[str](), Counter[str]()
    for found in runs.values():
        held += found.held
        failed += found.failed
        accepted += found.accepted
    return Results(
        suite=suite,
        taken=taken,
        runs={
            name: Checks(held=each.passed, failed=len(each.wrong), accepted=each.accepted_count)
            for name, each in runs.items()
        },
        requirements={
            name: Checks(held=held[name], failed=failed[name], accepted=accepted[name])
            for name in sorted({*held, *failed, *accepted})
        },
    )


def kept(results: Results, path: Path = RESULTS) -> None:
    """Write them."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")


def last(path: Path = RESULTS) -> Results:
    """The ones that were kept last."""
    return msgspec.json.decode(path.read_bytes(), type=Results)
