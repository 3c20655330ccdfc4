"""What a person signed in the browser, verified from the record alone."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from mamarr.engine.orders import read
from mamarr.record.entries import entry_from_body
from mamarr.web.access.acts import is_signed, signed_bytes


def expect_signed(record: Path, command_type: str) -> None:
    """The last command of this type in the record carries a signature of its author's that holds."""
    with closing(sqlite3.connect(record)) as database:
        rows = database.execute("SELECT sequence, body FROM entries ORDER BY sequence DESC")
        entries = (entry_from_body(*row) for row in rows)
        found = ((read(entry).order, entry.frame()) for entry in entries)
        order, frame = next(
            (order, frame)
            for order, frame in found
            if msgspec.to_builtins(order.command)["type"] == command_type
        )
    kept = order.signature
    assert kept is not None
    message = signed_bytes(
        node_id=order.author.node,
        mode=frame.mode,
        command_id=order.command_id,
        command=msgspec.to_builtins(order.command),
    )
    assert is_signed(message, kept.signature, algorithm=kept.algorithm, public_key=kept.public_key)
