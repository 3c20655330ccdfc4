"""What is read of a report of the suite: counts, sentences, ids, at any depth."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from tests.suite import results
from tests.suite.reports import summary

ONE, TWO = "astm.f3548.v21.DSS0005,1", "astm.f3548.v21.DSS0300"


def a_check(name: str, *requirements: str, **more: str) -> dict[str, Any]:
    return {"name": name, "requirements": list(requirements), **more}


def failed(name: str, *requirements: str) -> dict[str, Any]:
    return a_check(name, *requirements, severity="High", summary="it did not")


def a_scenario(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    cases = [{"steps": list(steps)}]
    return {"scenario_type": "scenarios.astm.utm.dss.Simple", "cases": cases, **more}


def a_step(held: list[Any] | None = None, wrong: list[Any] | None = None) -> dict[str, Any]:
    return {"name": "a step", "passed_checks": held or [], "failed_checks": wrong or []}


def written(folder: Path, *scenarios: dict[str, Any]) -> Path:
    """A report with a suite in a suite, in which something was skipped."""
    inner = {"test_suite": {"actions": [{"test_scenario": each} for each in scenarios]}}
    skipped = {"skipped_action": {"reason": "no database"}}
    report = {"report": {"test_suite": {"actions": [inner, skipped, {"skipped_action": None}]}}}
    (folder / "report.json").write_text(json.dumps(report))
    return folder / "report.json"


def test_checks_are_counted_by_step_and_by_requirement(tmp_path: Path):
    steps = (a_step([a_check("a", ONE), a_check("b", ONE, TWO)]), a_step([a_check("c")], [failed("d", TWO)]))
    found = summary(written(tmp_path, a_scenario(*steps), a_scenario(cleanup=a_step([a_check("e", ONE)]))))
    assert (found.scenarios, found.passed, found.accepted_count) == (2, 4, 0)
    assert found.wrong == ["astm.utm.dss.Simple: a step: d (High): it did not"]
    assert (found.held, found.failed) == ({ONE: 3, TWO: 1}, {TWO: 1})
    assert found.left_out == ["no database"]


def test_what_is_expected_not_to_hold_is_counted_apart(tmp_path: Path):
    report = written(tmp_path, a_scenario(a_step(wrong=[failed("reachable", TWO), failed("else", ONE)])))
    found = summary(report, "reachable")
    assert (found.accepted_count, found.accepted, found.failed) == (1, {TWO: 1}, {ONE: 1})
    assert len(found.wrong) == 1


def test_a_scenario_that_breaks_off_is_wrong_though_no_check_failed(tmp_path: Path):
    broken = a_scenario(a_step([a_check("a", ONE)]), execution_error={"message": "KeyError: 'x'"})
    assert summary(written(tmp_path, broken)).wrong == ["astm.utm.dss.Simple: broke off: KeyError: 'x'"]


def test_results_of_several_runs_are_added_up_and_come_back_as_they_were_kept(tmp_path: Path):
    one = summary(written(tmp_path, a_scenario(a_step([a_check("a", ONE)]))))
    two = summary(written(tmp_path, a_scenario(a_step([a_check("a", ONE)], [failed("b", TWO)]))), "b")
    found = results.of({"one": one, "two": two}, suite="0123", taken=date(2026, 11, 29))
    results.kept(found, tmp_path / "results.json")
    assert results.last(tmp_path / "results.json") == found
    assert found.requirements[ONE] == results.Checks(held=2)
    assert found.requirements[TWO] == results.Checks(accepted=1)
    assert found.runs["two"] == results.Checks(held=1, accepted=1)
