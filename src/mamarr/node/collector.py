"""Python's search for reference cycles, held still while a record is read."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_still() -> Iterator[None]:
    """Search for no cycles meanwhile: a replay leaves none, and each search looks at all that is held.

    That was some fifth of a start from a long record. What was on is on again, whatever happened.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
