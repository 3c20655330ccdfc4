"""What decides is compiled once on a machine, and loaded from then on."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from mamarr.conflicts.compiling import from_cache_alone
from mamarr.faults import Unavailable
from mamarr.node import warming

SOURCE = "import numba\n\n@numba.njit(cache=True)\ndef doubled(number):\n    return 2 * number\n"


def loaded(source: Path) -> Callable[[int], int]:
    """The compiled function of a file, as a process that starts meets it."""
    spec = spec_from_file_location("sample", source)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.doubled


def refused(command: list[str]) -> None:
    raise AssertionError(f"nothing is to be compiled, and yet {command} was started")


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "sample.py"
    path.write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)  # what numba has cached names the module it was compiled in
    yield path
    sys.modules.pop("sample", None)


def test_from_the_cache_alone_nothing_is_compiled(source: Path):
    doubled = loaded(source)
    with pytest.raises(Unavailable), from_cache_alone():
        doubled(2)
    assert doubled(2) == 4, "outside it, compiling is nobody's fault"
    with from_cache_alone():
        assert loaded(source)(2) == 4


def test_a_start_that_finds_all_compiled_needs_no_process_apart(monkeypatch: pytest.MonkeyPatch):
    warming.warm()
    monkeypatch.setattr(warming.subprocess, "Popen", refused)
    warming.warmed(refused)


def test_once_set_up_the_first_question_of_the_library_compiles_nothing():
    warming.warm_library()
    with from_cache_alone():
        warming.warm_library()


def test_a_start_that_finds_something_not_compiled_has_it_compiled_apart(
    source: Path, monkeypatch: pytest.MonkeyPatch
):
    fresh, apart = loaded(source), f"import sys; sys.path[:0] = ['{source.parent}']\n"
    started: list[list[str]] = []

    def compiling(command: list[str]) -> subprocess.Popen[bytes]:
        started.append(command)
        return actual([sys.executable, "-c", apart + "import sample; sample.doubled(2)"])

    actual = subprocess.Popen
    monkeypatch.setattr(warming.subprocess, "Popen", compiling)
    monkeypatch.setattr(warming, "warm", lambda: fresh(2))
    warming.warmed(print)
    assert [command[1:] for command in started] == [["-m", "mamarr.node.warming", "node"]]
    assert sum(fresh.stats.cache_hits.values()) == 1, "loaded here, as the other process left it"
