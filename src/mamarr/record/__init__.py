"""The record: one append-only log that every side can verify alone. Knows no aviation."""

from mamarr.record.audit import Finding, Verdict, audit, key_of, wrong_beginning
from mamarr.record.checkpoints import Checkpoint, Signer, Verifier
from mamarr.record.entries import Draft, Entry, Frame, Part, Sealed
from mamarr.record.log import Log
from mamarr.record.memory_store import MemoryStore
from mamarr.record.sqlite_store import SqliteStore
from mamarr.record.stores import Damaged, Head, Row, Snapshot, StaleHead, Store

__all__ = [
    "Checkpoint",
    "Damaged",
    "Draft",
    "Entry",
    "Finding",
    "Frame",
    "Head",
    "Log",
    "MemoryStore",
    "Part",
    "Row",
    "Sealed",
    "Signer",
    "Snapshot",
    "SqliteStore",
    "StaleHead",
    "Store",
    "Verdict",
    "Verifier",
    "audit",
    "key_of",
    "wrong_beginning",
]
