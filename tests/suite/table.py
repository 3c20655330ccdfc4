"""python -m tests.suite.table: writes docs/f3548.md, what of ASTM F3548-21 is shown, and by what.

It reads the marks of our tests and what the suite found last (`make suite` keeps that); it runs nothing.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.suite.requirements import DSS_ROLE, ELSEWHERE, PREFIX, USS_ROLE
from tests.suite.results import Checks, Results, last

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "f3548.md"
NOT_YET = "not yet"
HEAD = """\
# ASTM F3548-21, requirement by requirement

Each id of which the public suite of InterUSS has checks, for the roles that Mamarr has: what it is about in
our own words (the standard's are in the standard), which of our tests show it, how many checks of the suite
held and how many not, and the result. Written by `python -m tests.suite.table` from the marks of the tests
and from what `make suite` found last: monitoring {suite}, {taken}.

| Run | Checks that held | not | accepted |
|---|---|---|---|
{runs}

Accepted is that an instance on this machine alone is not reachable over the internet. Two addresses are
those of one DSS, asked as two instances would be. What the suite has no checks of is not here.
"""
SECTION = """
## {role}

| Id | What it asks | Our tests | Suite | Result |
|---|---|---|---|---|
{lines}
"""


def marked(source: str) -> Iterator[tuple[str, str]]:
    """The ids that tests of a file are marked with, and the names of the tests."""
    if PREFIX not in source:
        return
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.requirement":
                for said in mark.args:
                    if isinstance(said, ast.Constant) and str(said.value).startswith(PREFIX):
                        yield str(said.value).removeprefix(PREFIX), node.name


@cache
def marks() -> Mapping[str, Sequence[str]]:
    """By id, our tests that show it, as `tests/web/test_x.py: name`."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, test in marked(path.read_text("utf-8")):
            found.setdefault(name, []).append(f"`{path.relative_to(ROOT).as_posix()}`: {test}")
    return found


def result(name: str, tests: Sequence[str], checks: Checks) -> str:
    """The last column: what may be said of a requirement."""
    if checks.failed:
        return "fails"
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    if checks.held:
        return "holds"
    return "holds by our tests" if tests else NOT_YET


def line(name: str, sentence: str, tests: Sequence[str], checks: Checks) -> str:
    """One line of the table."""
    asked = f"{checks.held} held" if checks.held else ""
    asked += f"{', ' if asked else ''}{checks.failed} not" if checks.failed else ""
    asked += f"{', ' if asked else ''}{checks.accepted} accepted" if checks.accepted else ""
    return f"| {name} | {sentence} | {'<br>'.join(tests)} | {asked} | {result(name, tests, checks)} |"


def table(results: Results, shown: Mapping[str, Sequence[str]]) -> str:
    """The page."""
    runs = [
        f"| {name} | {each.held:,} | {each.failed} | {each.accepted} |" for name, each in results.runs.items()
    ]
    page = HEAD.format(suite=results.suite[:12], taken=results.taken.isoformat(), runs="\n".join(runs))
    for role, sentences in (("DSS", DSS_ROLE), ("USS", USS_ROLE)):
        lines = [
            line(name, said, shown.get(name, ()), results.requirements.get(PREFIX + name, Checks()))
            for name, said in sentences.items()
        ]
        page += SECTION.format(role=role, lines="\n".join(lines))
    return page


if __name__ == "__main__":
    TABLE.write_text(table(last(), marks()), "utf-8")
