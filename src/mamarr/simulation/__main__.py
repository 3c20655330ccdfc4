"""`python -m mamarr.simulation --seeds N`: exit 1 with the story of the first seed that does not end well."""

import argparse
import sys
from collections import Counter

from mamarr.simulation.seeds import (
    CHUNK,
    ENTRIES,
    JOBS,
    linked_lived_through,
    lived_through,
    outcomes,
    restored_lived_through,
    shared_lived_through,
    suspended_lived_through,
    voiced_lived_through,
)

PROGRESS_EVERY = 4  # chunks


def main() -> int:
    """Run the seeds; the number of the first is `--first`."""
    parser = argparse.ArgumentParser(description="Live through seeds of the simulated world.")
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=JOBS, help="how many seeds at a time")
    parser.add_argument("--linked", action="store_true", help="worlds of two nodes")
    parser.add_argument("--shared", action="store_true", help="worlds of authorities that share a sky")
    parser.add_argument("--restored", action="store_true", help="and one of them goes on from a backup")
    parser.add_argument("--voiced", action="store_true", help="such worlds, in which persons telephone")
    parser.add_argument("--suspended", action="store_true", help="such worlds, whose agreement is suspended")
    options = parser.parse_args()
    live = linked_lived_through if options.linked else lived_through
    live = shared_lived_through if options.shared else live
    live = restored_lived_through if options.restored else live
    live = voiced_lived_through if options.voiced else live
    live = suspended_lived_through if options.suspended else live
    last = options.first + options.seeds
    chunks = [range(at, min(at + CHUNK, last)) for at in range(options.first, last, CHUNK)]
    total, done = Counter[str](), 0
    for number, (made, story) in enumerate(outcomes(chunks, max(1, options.jobs), live), start=1):
        if story:
            sys.stderr.write(f"{story}\n")
            return 1
        total, done = total + made, done + len(chunks[number - 1])
        if number % PROGRESS_EVERY == 0:
            sys.stderr.write(f"{done} of {options.seeds} seeds, {total[ENTRIES]} entries\n")
    total.pop(ENTRIES)
    if total:
        told = ", ".join(f"{count} {what}" for what, count in sorted(total.items()))
        sys.stdout.write(
            f"{total.total()} envelopes disturbed ({told}): none attached to another, none late, "
            "none PRESENTED to nobody\n"
        )
    sys.stdout.write(f"{options.seeds} passed, 0 failed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
