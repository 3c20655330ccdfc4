"""What holds for every test of the simulation."""

from collections.abc import Iterator

import pytest

from mamarr.airspace import allotment
from mamarr.engine import projection
from mamarr.link import envelopes

REMEMBERED = (allotment.prepared, projection._found_for, envelopes._head)


@pytest.fixture(autouse=True)
def _nothing_is_remembered_of_other_worlds() -> Iterator[None]:
    """What a planted bug found is found by it, and by nobody after it."""
    forget()
    yield
    forget()


def forget() -> None:
    for each in REMEMBERED:
        each.cache_clear()
