"""What a process of a pool keeps beside the database: the keys of the newest entries, and how far it got."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from mamarr.node.witness_file import WitnessFile
from mamarr.record import Head, Row, Store
from mamarr.record.postgres_store import PostgresStore

# chosen: at a thousand entries a second a minute, six times as long as a request is tried
KEYS_KEPT = 65_536
ROWS_KEPT = 4_096  # chosen: some 10 MB


class PoolStore(PostgresStore):
    """As `PostgresStore`, but looks for an idempotency key only among the newest KEYS_KEPT it is shown.

    What looks for a key is the thread that decides, which must not wait for a server; and the keys of a DSS
    are given by its processes, drawn at random, and used again only while a request is tried again.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._keys: OrderedDict[bytes, int] = OrderedDict()  # sequences
        self._newest: OrderedDict[int, Row] = OrderedDict()
        self.show(self.rows(max(0, self.size() - ROWS_KEPT)))

    def show(self, rows: Iterable[Row]) -> None:
        """Remember rows that are durable, the oldest first."""
        for row in rows:
            self._newest[row.sequence] = row
            if row.key is not None:
                self._keys[row.key] = row.sequence
            if len(self._newest) > ROWS_KEPT:
                self._newest.popitem(last=False)
            if len(self._keys) > KEYS_KEPT:
                self._keys.popitem(last=False)

    def append(self, first: int, rows: Sequence[Row], head: Head) -> None:
        """As `PostgresStore.append`, and remember them."""
        super().append(first, rows, head)
        self.show(rows)

    def find_all(self, keys: Sequence[bytes]) -> dict[bytes, Row]:
        """The rows of those keys that are remembered; what is remembered by key alone is read."""
        found: dict[bytes, Row] = {}
        forgotten = []
        for key in keys:
            sequence = self._keys.get(key)
            row = None if sequence is None else self._newest.get(sequence)
            if row is not None:
                found[key] = row
            elif sequence is not None:
                forgotten.append(key)
        return found | (super().find_all(forgotten) if forgotten else {})


class PoolWitness(WitnessFile):
    """The witness of one process of a pool, beside its key.

    It says to which head the record got as far as this process knows: a database that was set back to a
    backup, or whose new primary lacks what was acknowledged, is noticed by each process that knew more. A
    process that is new to the record has none, and there is no file that could be a copy.
    """

    def set_back(self, store: Store) -> str | None:
        """Why the record is not where this process left it, as a code. Raises Unavailable."""
        return super().set_back(store) if self.path.exists() else None

    def _file(self) -> int:
        return 0
