import subprocess
from collections.abc import Callable, Iterable

import pytest

from mamarr.engine import Decider
from mamarr.faults import InvariantError
from mamarr.simulation import Broken, run, world
from mamarr.simulation.__main__ import main
from mamarr.simulation.checks import common_point
from mamarr.simulation.world import World
from tests.airspace.boxes import a_box
from tests.simulation.mutants import CAUGHT_BY, PLANTED, SEEDS_MAX, Plant

EVER_FAILED = (
    16,
    22,
    601_105,
    614_750,
    615_145,
    619_681,
    23_687_966,
    50_368_346,
    96_318_782,
    102_033_383,
    141_851_425,
    264_462_524,
)  # seeds that once found a defect; each stays for good
SEEDS = 300
CHUNKS = 6
TOLD = 160  # worlds that together contain everything
TOLD_BY = (12, 112, 49, 74, 1, 132, 14, 63)  # these did last; others are looked at when they do not
HAPPENED = (
    "node dies",
    "the log was not begun",
    "disk is full",
    "what was written of it is erased",
    "disk does not answer",
    "the power went",
    "0 of 3 entries in flight",
    "3 of 3 entries in flight",
    "cannot be read",
    "clock was set",
    "the node is to stop",
    "a snapshot of",
    "entries was used",
    "no snapshot was kept",
    "nothing was recorded",
    "in doubt",
    "the witness was not written",
    "the witness is lost",
    "READ_ONLY",
    "RestoreConfirmed",
    "VOLUME_HELD",
    "ID_TAKEN",
    "NOT_THERE",
    "REUSED",
    "WRONG_STATUS",
    "NOT_YET",
    "Activated",
    "Expired",
)
SEEN = (
    "begins to watch",
    "process 1 dies",
    "adsb is silent",
    "adsb speaks",
    "keeps to its plan",
    "leaves its way, and comes back",
    "flies too high",
    "is late",
    "says another's callsign",
    "says nothing of itself",
    "AlertRaised(kind=<AlertType.RAMHD",
    "AlertRaised(kind=<AlertType.RAMLD",
    "AlertRaised(kind=<AlertType.CLAM",
    "AlertCleared",
    "AlertAcknowledged",
    "AlertEscalated",
)
FLOWN = (
    "CONFLICT",
    "or LATER",
    "or LEVEL",
    "or CORRIDOR",
    "or perhaps LATER",
    "takes the alternative LATER",
    "NOT_AVAILABLE",
    "takes the alternative LATER",
    "takes the alternative LEVEL",
    "EMERGENCY",
    "COMM_LOST",
    "DEVIATING",
    "condition=<Condition.OVERDUE",
    "<Stage.NOTIFIED",
    "<Stage.PROVISIONAL",
    "Revised",
    "Confirmed",
    "Withdrawn",
    "Passed",
    "Ended",
    "FlightExpired",
    "TIME_PAST",
    "TIME_IMPLAUSIBLE",
    "WasImposed",
    "Lifted",
    "ConstraintDeclared",
    "ConstraintWithdrawn",
    "TermsSet",
    "Queued",
    "Earmarked",
    "Allocated",
    "NOT_YOURS",
    "UNKNOWN_CORRIDOR",
    "UNKNOWN_CENTRE",
    "WRONG_DIRECTION",
    "NOT_ON_CORRIDOR",
    "NAVIGATION_SPECIFICATION",
    "MARSA",
    "joins='F",
    "aircraft_count=2",
    "is_due_regard=True",
    "is_admitted=False",
)


def first_seed() -> int:
    """A number of this commit, so that each commit lives through other worlds."""
    found = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return int(found.stdout[:7] or "0", 16) if found.returncode == 0 else 0


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_promise_holds_in_worlds_chosen_by_the_commit(chunk: int):
    each = SEEDS // CHUNKS
    for seed in range(first_seed() + chunk * each, first_seed() + (chunk + 1) * each):
        assert run(seed).store.size() > 0


def test_the_first_worlds_and_those_that_once_broke_hold():
    for seed in (*range(10), *EVER_FAILED):
        run(seed)


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_caught(plant: Plant, monkeypatch: pytest.MonkeyPatch):
    plant(monkeypatch)
    with pytest.raises(Broken):
        live_through((CAUGHT_BY.get(plant.__name__, 0), *range(SEEDS_MAX)))


def live_through(seeds: Iterable[int]) -> None:
    for seed in seeds:
        run(seed)


def test_a_seed_is_the_same_world_every_time():
    one, other = run(7), run(7)
    assert one.story == other.story
    assert list(one.store.rows()) == list(other.store.rows())


def test_the_worlds_contain_every_fault_and_every_answer():
    missing = {*HAPPENED, *SEEN, *FLOWN}
    for seed in (*TOLD_BY, *range(TOLD)):
        told = "\n".join(run(seed).story)
        missing = {word for word in missing if word not in told}
        if not missing:
            break
    assert not missing, f"{TOLD} worlds without {sorted(missing)}"


def test_a_broken_promise_tells_its_story():
    lived = World(1)
    lived.step()
    with pytest.raises(Broken, match=r"seed 1: it broke\n\d\d:\d\d"):
        lived.require(False, "it broke")


def contradicted(*_: object) -> None:
    raise InvariantError("planted")


def out_of_bounds(*_: object) -> None:
    raise IndexError("planted")


@pytest.mark.parametrize(
    ("where", "name", "planted"),
    [
        (Decider, "committed", contradicted),  # while the world is declared
        (World, "time_passes", out_of_bounds),  # on the way
        (world, "audit", contradicted),  # after the last step
    ],
)
def test_whatever_goes_wrong_in_a_world_names_its_seed_and_tells_its_story(
    where: object, name: str, planted: Callable[..., None], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(where, name, planted)
    with pytest.raises(Broken, match=r"seed 4: \w+Error: planted\n\d\d:\d\d") as told:
        run(4)
    assert isinstance(told.value.__cause__, InvariantError | IndexError)


def test_the_command_prints_the_story_and_what_went_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(world, "audit", contradicted)
    monkeypatch.setattr("sys.argv", ["simulation", "--first", "4", "--seeds", "1", "--jobs", "1"])
    assert main() == 1
    told = capsys.readouterr().err
    assert "in contradicted" in told  # the traceback of what was raised
    assert "seed 4: InvariantError: planted" in told
    assert "node starts with" in told


def test_the_checker_sees_two_boxes_in_one_place():
    assert common_point(a_box(), a_box()) is not None
    assert common_point(a_box(), a_box(altitude_lower_mm=6_000_000, altitude_upper_mm=7_000_000)) is None
