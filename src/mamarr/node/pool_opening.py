"""Opens the record of a pool: the database, the key that its processes share, the runtime and the pool."""

import contextlib
import os
import secrets
from pathlib import Path

from mamarr.faults import Unavailable
from mamarr.names import Mode
from mamarr.node.key_file import new_key, read_line, write_new
from mamarr.node.pool import Pool, PooledRuntime
from mamarr.node.pool_store import PoolStore, PoolWitness
from mamarr.node.wiring import refuse_foreign
from mamarr.record import Signer
from mamarr.record.postgres_sessions import SCHEMES


def is_pooled(store: str) -> bool:
    """Whether `--store` says a database of PostgreSQL."""
    return store.partition(":")[0] in SCHEMES


def keyed(key: Path, store: PoolStore, origin: str, passphrase_file: Path | None) -> None:
    """Make the key in `key` if it is not there and the record is empty. Raises Unavailable.

    Whole or not at all, as another process may look for it at this moment.
    """
    if key.exists():
        return
    if store.size():
        raise Unavailable(
            f"{store.place} has a record and there is no key {key}: a record goes on with its own key, "
            "which all its processes share"
        )
    content, _ = new_key(origin, None if passphrase_file is None else read_line(passphrase_file))
    made = key.with_name(f"{key.name}.{secrets.token_hex(4)}")
    write_new(made, content)
    try:
        with contextlib.suppress(FileExistsError):  # another process was quicker, and its key counts
            os.link(made, key)
    except OSError as wrong:
        raise Unavailable(f"{key}: {wrong.strerror}") from wrong
    finally:
        made.unlink()


def opened_pool(
    store: PoolStore, signer: Signer, key: Path, *, party: str, authority: str, mode: Mode, origin: str
) -> tuple[PooledRuntime, Pool]:
    """The engine on the record in `store`. origin: where others reach this process. Raises Unavailable."""
    witness = PoolWitness(key)
    refuse_foreign(store, signer.verifier, store.place)
    runtime = PooledRuntime(store, signer, party=party, authority=authority, mode=mode, witness=witness)
    return runtime, Pool(runtime, store, signer, origin=origin, witness=witness)
