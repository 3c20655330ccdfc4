"""What functions of ours remember is emptied: what the code made out as it is hides what it is changed to."""

import sys


def forget() -> None:
    """Empty what every function of `mamarr` remembers of what it was asked."""
    for name in [name for name in sys.modules if name.startswith("mamarr.")]:
        for value in list(vars(sys.modules[name]).values()):
            if hasattr(value, "cache_clear"):
                value.cache_clear()
