"""What a report of the suite says: how many scenarios and checks, and all that went wrong."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple


class Summary(NamedTuple):
    """passed: checks that held. wrong: a sentence for each that did not, and for what broke off.

    left_out: why what was not run was not. requirements: ids of which a check held.
    """

    scenarios: int
    passed: int
    wrong: list[str]
    left_out: list[str]
    requirements: frozenset[str]


def summary(report: Path) -> Summary:
    """The summary of a file `report.json`."""
    found = list(_parts(json.loads(report.read_text())["report"]))
    scenarios = [part for part in found if "cases" in part]
    passed, wrong, requirements = 0, [], set()
    for scenario in scenarios:
        name = scenario["scenario_type"].rpartition("scenarios.")[2]
        for step in _steps(scenario):
            held = step.get("passed_checks", [])
            passed += len(held)
            requirements |= {each for check in held for each in check["requirements"]}
            wrong += [
                f"{name}: {step['name']}: {check['name']} ({check['severity']}): {check['summary']}"
                for check in step.get("failed_checks", [])
            ]
        if scenario.get("execution_error"):
            wrong.append(f"{name}: broke off: {scenario['execution_error']['message'][:200]}")
    left_out = [part["reason"] for part in found if "cases" not in part]
    return Summary(len(scenarios), passed, wrong, left_out, frozenset(requirements))


def _parts(of: Any) -> Iterator[dict[str, Any]]:
    """The reports of scenarios, and of what was skipped, anywhere in a report."""
    if isinstance(of, list):
        for each in of:
            yield from _parts(each)
    elif isinstance(of, dict):
        if "scenario_type" in of and "cases" in of:
            yield of
            return
        for name, each in of.items():
            if name == "skipped_action" and each:
                yield {"reason": each.get("reason", "")}
            else:
                yield from _parts(each)


def _steps(scenario: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for case in scenario["cases"]:
        yield from case.get("steps", [])
    if scenario.get("cleanup"):
        yield scenario["cleanup"]
