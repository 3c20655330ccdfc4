"""Mamarr as BlueSky's detector, in BlueSky itself: the scenario is the same, and so are the conflicts.

But for what is wrong in BlueSky's: it warns of aircraft at levels exactly 1000 ft apart, which are separated
(its issue 345).
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.peers.bluesky_scenario import AIRCRAFT_COUNT, STEPS_COUNT, scenario

pytestmark = pytest.mark.peer

ROOT = Path(__file__).parents[2]
TIME_NEAR_S = 8.0  # BlueSky's earth is flatter than ours: at a glancing pair by so much
DISTANCE_NEAR_RATIO = 0.01
MINIMUM_M = 5 * 1_852

Step = dict[str, Any]


def flown(folder: Path, *detector: str) -> list[Step]:
    said = subprocess.run(
        [sys.executable, "-m", "tests.peers.bluesky_scenario", str(folder), *detector],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((os.environ.get("PYTHONPATH", ""), str(ROOT)))},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    steps: list[Step] = json.loads(said.stdout.splitlines()[-1])
    assert [each["aircraft_count"] for each in steps] == [AIRCRAFT_COUNT] * STEPS_COUNT
    return steps


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Step], list[Step]]:
    """What BlueSky's compiled detector and ours say of each step."""
    folder = tmp_path_factory.mktemp("bluesky")
    (folder / "plugins").mkdir()
    shutil.copy(ROOT / "examples" / "bluesky_plugin.py", folder / "plugins")
    return flown(folder, "CSTATEBASED"), flown(folder, "MAMARR", "MAMARR")


def pairs(step: Step, what: str = "pairs") -> dict[tuple[str, str], int]:
    return {(first, second): at for at, (first, second) in enumerate(step[what])}


def levels() -> dict[str, str]:
    words = [line.split() for line in scenario().splitlines()]
    return {each[1]: each[6] for each in words}


def is_level_apart(pair: tuple[str, str]) -> bool:
    return {levels()[each] for each in pair} in ({"FL240", "FL250"}, {"FL250", "FL260"})


def is_glancing(step: Step, at: int) -> bool:
    """Whether a pair comes as near as the minimum, and hardly nearer."""
    return step["distance_cpa_m"][at] > (1 - DISTANCE_NEAR_RATIO) * MINIMUM_M


def test_the_conflicts_are_bluesky_s_without_those_at_neighbouring_levels(steps):
    theirs, ours = steps
    assert {each["detector"] for each in ours} == {"Mamarr"}
    assert {each["detector"] for each in theirs} == {"CStateBased"}
    apart_count = glancing_count = 0
    for there, here in zip(theirs, ours, strict=True):
        is_apart = {each: is_level_apart(each) for each in pairs(there)}
        apart_count += sum(is_apart.values())
        wanted = {each for each, apart in is_apart.items() if not apart}
        differs = set(pairs(here)) ^ wanted
        assert differs <= {each for each, at in pairs(there).items() if is_glancing(there, at)}
        glancing_count += len(differs)
        lost = {each for each in pairs(there, "lost") if not is_level_apart(each)}
        assert set(pairs(here, "lost")) == lost
        named = {each for pair in pairs(here) for each in pair}
        assert sum(here["in_conflict"]) == len(named)
    assert apart_count > 0, "the fault is among what was flown"
    assert glancing_count < 0.02 * sum(len(each["pairs"]) for each in ours)


def test_what_is_told_of_a_conflict_is_what_bluesky_tells(steps):
    compared = 0
    for there, here in zip(*steps, strict=True):
        known = pairs(there)
        for pair, at in pairs(here).items():
            other = known[pair]
            assert here["time_in_s"][at] == pytest.approx(there["time_in_s"][other], abs=TIME_NEAR_S)
            assert here["distance_m"][at] == pytest.approx(
                there["distance_m"][other], rel=DISTANCE_NEAR_RATIO
            )
            turned_deg = (here["bearing_deg"][at] - there["bearing_deg"][other] + 180) % 360 - 180
            assert abs(turned_deg) < 1
            if there["time_cpa_s"][other] > 0:  # ours is the nearest from now on, theirs may be past
                assert here["time_cpa_s"][at] == pytest.approx(there["time_cpa_s"][other], abs=TIME_NEAR_S)
                compared += 1
    assert compared > 100
