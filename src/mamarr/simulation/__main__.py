"""`python -m mamarr.simulation --seeds N`: exit 1 with the story of the first seed that breaks a promise."""

import argparse
import sys

from mamarr.simulation import Broken, run

PROGRESS_EVERY = 100


def main() -> int:
    """Run the seeds; the number of the first is `--first`."""
    parser = argparse.ArgumentParser(description="Live through seeds of the simulated world.")
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    entries = 0
    for seed in range(options.first, options.first + options.seeds):
        try:
            entries += run(seed).store.size()
        except Broken as broken:
            sys.stderr.write(f"{broken}\n")
            return 1
        if (seed + 1 - options.first) % PROGRESS_EVERY == 0:
            sys.stderr.write(f"{seed + 1 - options.first} of {options.seeds} seeds, {entries} entries\n")
    sys.stdout.write(f"{options.seeds} passed, 0 failed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
