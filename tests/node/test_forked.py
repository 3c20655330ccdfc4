"""That a forked `mamarr` is to its caller what an interpreter with `-m mamarr` is."""

import os
import signal
import subprocess
import sys

import pytest

from tests.node.forked import Forked, run

pytestmark = pytest.mark.slow
COMMANDS = (["--version"], ["nonsense"], ["audit", "/nowhere"], ["account", "list", "--data", "/nowhere"])


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_it_says_the_same_and_ends_with_the_same_code(arguments: list[str]):
    command = [sys.executable, "-m", "mamarr", *arguments]
    expected = subprocess.run(command, input="", capture_output=True, text=True, check=False)
    forked = run(*arguments)
    assert (forked.returncode, forked.stdout) == (expected.returncode, expected.stdout)
    assert forked.stderr == expected.stderr


def test_it_ends_of_the_signal_that_is_sent_and_says_so():
    node = Forked("demo", "--port", "0", "--no-story", environment=os.environ)
    with node.stdout as said:
        assert next(said).startswith("EXERCISE")
        assert node.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            node.wait(0.01)
        node.kill()
        assert node.wait(60) == -signal.SIGKILL
        assert node.poll() == -signal.SIGKILL
        assert not any(line.startswith("Traceback") for line in said), "its output ends with it"
