"""Whether what decides is compiled already for this machine: in numba's cache, on disk."""

from collections.abc import Iterator
from contextlib import contextmanager

from numba.core.event import Event, Listener, install_listener

from mamarr.faults import Unavailable


class _Refuses(Listener):
    def on_start(self, event: Event) -> None:
        del event
        raise Unavailable("not compiled for this machine yet")

    def on_end(self, event: Event) -> None:
        """Nothing to do: what was refused ends too."""


@contextmanager
def from_cache_alone() -> Iterator[None]:
    """Calls inside load what is compiled; Unavailable where they would compile, before they do."""
    with install_listener("numba:compile", _Refuses()):
        yield
