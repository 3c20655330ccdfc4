"""What a report of the suite says: how many scenarios and checks, and all that went wrong."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple


class Summary(NamedTuple):
    """passed: checks that held. wrong: a sentence for each that did not, and for what broke off.

    accepted_count: checks that did not hold, which was expected. left_out: why what was not run was not.
    held, failed, accepted: the same checks by the ids of their requirements.
    """

    scenarios: int
    passed: int
    wrong: list[str]
    accepted_count: int
    left_out: list[str]
    held: Counter[str]
    failed: Counter[str]
    accepted: Counter[str]


def summary(report: Path, *expected: str) -> Summary:
    """The summary of a file `report.json`. expected: names of checks that need not hold."""
    found = list(_parts(json.loads(report.read_text())["report"]))
    scenarios = [part for part in found if "cases" in part]
    passed, accepted_count, wrong = 0, 0, []
    held, failed, accepted = Counter[str](), Counter[str](), Counter[str]()
    for scenario in scenarios:
        name = scenario["scenario_type"].rpartition("scenarios.")[2]
        for step in _steps(scenario):
            for check in step.get("passed_checks", []):
                passed += 1
                held.update(check["requirements"])
            for check in step.get("failed_checks", []):
                if check["name"] in expected:
                    accepted_count += 1
                    accepted.update(check["requirements"])
                    continue
                failed.update(check["requirements"])
                said = f"{check['name']} ({check['severity']}): {check['summary']}"
                wrong.append(f"{name}: {step['name']}: {said}")
        if scenario.get("execution_error"):
            wrong.append(f"{name}: broke off: {scenario['execution_error']['message'][:200]}")
    left_out = [part["reason"] for part in found if "cases" not in part]
    return Summary(len(scenarios), passed, wrong, accepted_count, left_out, held, failed, accepted)


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
