"""The witness beside a record, on disk: how far this node got, and in which file."""

import os
from pathlib import Path

from mamarr.faults import Unavailable
from mamarr.record import Head, Store
from mamarr.record.standing import Witness, set_back, witness_from


class WitnessFile:
    """The file `<record>.witness`. Not synced: the record is; a witness that lags behind it alarms nobody."""

    def __init__(self, record: Path) -> None:
        self.record, self.path = record, record.with_name(record.name + ".witness")

    def set_back(self, store: Store) -> str | None:
        """Why the record is not where this node left it, as a code; None when it is. Raises Unavailable."""
        try:
            found = witness_from(self.path.read_bytes()) if self.path.exists() else None
        except OSError as wrong:
            raise Unavailable(f"{self.path}: {wrong.strerror}") from wrong
        return set_back(store, found, self._file())

    def write(self, head: Head) -> None:
        """Say that the record now ends at `head`. Raises Unavailable."""
        witness = Witness(note=head.note, size=head.size, file=self._file())
        try:
            opened = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.pwrite(opened, witness.encoded(), 0)
            finally:
                os.close(opened)
        except OSError as wrong:
            raise Unavailable(f"{self.path}: {wrong.strerror}") from wrong

    def _file(self) -> int:
        try:
            return self.record.stat().st_ino
        except OSError as wrong:
            raise Unavailable(f"{self.record}: {wrong.strerror}") from wrong
