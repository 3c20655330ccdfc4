"""What functions of ours remember is emptied: what the code made out as it is hides what it is changed to."""

import sys
from collections.abc import Callable

# Of each module what empties what its functions remember: to look through all of them takes a hundredth of a
# second, and who changes the code has it done twice.
_FOUND: dict[str, list[Callable[[], None]]] = {}


def forget() -> None:
    """Empty what every function of `mamarr` remembers of what it was asked."""
    for name in [name for name in sys.modules if name.startswith("mamarr.") and name not in _FOUND]:
        values = list(vars(sys.modules[name]).values())
        _FOUND[name] = [value.cache_clear for value in values if hasattr(value, "cache_clear")]
    for clears in _FOUND.values():
        for clear in clears:
            clear()
