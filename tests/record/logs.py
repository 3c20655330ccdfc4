"""Logs for tests: entries of one part, salts that count, a fixed key."""

from itertools import count

from mamarr.names import Mode
from mamarr.record import Draft, Log, Part, Signer, Store

NODE = "node-north"
SIGNER = Signer(f"{NODE}/{Mode.EXERCISE}", bytes(range(32)))
NOON_MS = 1_795_348_800_000  # 2026-11-22T12:00:00Z


def counting_salts():
    numbers = count(1)
    return lambda: next(numbers).to_bytes(32, "big")


def a_log(store: Store, *, signer: Signer = SIGNER) -> Log:
    node, _, mode = signer.verifier.name.partition("/")
    return Log(store, signer, node=node, mode=Mode(mode), salts=counting_salts())


def a_draft(number: int, *, key: bool = True, time_ms: int | None = None) -> Draft:
    return Draft(
        time_ms=NOON_MS + number if time_ms is None else time_ms,
        key=number.to_bytes(16, "big") if key else None,
        parts=(Part("said", (1_000_000 + number).to_bytes(32, "big"), b'{"number":%d}' % number),),
    )


def filled(store: Store, *, commits: int = 4, each: int = 5, signer: Signer = SIGNER) -> Log:
    """`commits` group commits of `each` entries."""
    log = a_log(store, signer=signer)
    for commit in range(commits):
        log.append([a_draft(number) for number in range(commit * each, (commit + 1) * each)])
    return log
