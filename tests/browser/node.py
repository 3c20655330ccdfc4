"""The demo, started for a browser."""

from collections.abc import Iterator

import pytest

from tests.node.demo import DemoNode


@pytest.fixture
def demo_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoNode]:
    node = DemoNode(tmp_path_factory.mktemp("demo"), "--no-story")
    yield node
    node.stop()
    node.kill()
