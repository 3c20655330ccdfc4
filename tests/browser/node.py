"""The demo, started for a browser."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.node.demo import DemoNode


@contextmanager
def _started(factory: pytest.TempPathFactory) -> Iterator[DemoNode]:
    node = DemoNode(factory.mktemp("demo"), "--no-story")
    try:
        yield node
    finally:
        node.stop()
        node.kill()


@pytest.fixture(scope="package")
def demo_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoNode]:
    """The node of all tests here but those that stop it or sign in anew: a start takes longer than a test."""
    with _started(tmp_path_factory) as node:
        yield node


@pytest.fixture
def own_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoNode]:
    """A node that nobody else has used."""
    with _started(tmp_path_factory) as node:
        yield node
