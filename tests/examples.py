"""How many examples a property is tried on: some in every run, many more where time is plenty."""

import os

TIMES = int(os.environ.get("MAMARR_EXAMPLES_TIMES", "1"))  # `make properties` says more


def some(count: int) -> int:
    """`count`, or so many times as many."""
    return count * TIMES
