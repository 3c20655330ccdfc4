"""Who signed what for a flight that two authorities coordinate: read out of a record, and checked again.

A record keeps verbatim what the other node signed: so the filer's has the answer with the signature of who
accepted, and that one's has the request with the signature of the filer.
"""

from collections.abc import Iterator

import msgspec

from mamarr.airspace.commitment import Reply
from mamarr.coordination.channels import TakeMessage
from mamarr.engine.orders import read
from mamarr.faults import Unavailable
from mamarr.flights.errands import CrossingReply, CrossingRequest
from mamarr.interop.demo_messages import DemoSaid, DemoSignedMessage
from mamarr.link.envelopes import VERSION, is_signed
from mamarr.record import Damaged, Store, Verifier
from mamarr.record.entries import Entry, entry_from_body

LOOKED_AT_MAX = 2_000  # chosen: the newest entries; a telling makes some fifty


def signatures(store: Store, record: str, verifier: Verifier, said_as: str) -> Iterator[DemoSignedMessage]:
    """What a record has that the other node signed: that it asks for a flight, or that it accepts it.

    record: the node whose it is. verifier: checks what the other one signs. said_as: what the flight is
    called between them. Raises Unavailable where a signature does not hold, or the record cannot be read.
    """
    try:
        for row in store.rows(max(0, store.size() - LOOKED_AT_MAX)):
            entry = entry_from_body(row.sequence, row.body)
            decision = read(entry)
            command = None if decision is None else decision.order.command
            said = _said(command, said_as) if isinstance(command, TakeMessage) else None
            if said is not None and isinstance(command, TakeMessage):
                yield _checked(entry, command, said, record, verifier)
    except (Damaged, ValueError) as wrong:
        raise Unavailable(f"the record of {record}: {wrong}") from wrong


def _said(command: TakeMessage, said_as: str) -> DemoSaid | None:
    """What a message says of the flight; None when it is about another, or another word."""
    if command.body is None or command.kind not in ("crossing-request", "crossing-reply"):
        return None
    word = _word(command.body)
    if word.object_id != said_as:
        return None
    if isinstance(word, CrossingRequest):
        return DemoSaid.REQUEST
    return DemoSaid.ANSWER if word.reply is Reply.ACCEPTED else None


def _checked(
    entry: Entry, command: TakeMessage, said: DemoSaid, record: str, verifier: Verifier
) -> DemoSignedMessage:
    if not is_signed(VERSION, command.signed, verifier):
        raise Unavailable(f"entry {entry.sequence} of {record}: {command.peer} did not sign it")
    return DemoSignedMessage(
        said=said,
        node=command.peer,
        key_id=verifier.key_id().hex(),
        sequence=command.sequence,
        record=record,
        entry=entry.sequence,
    )


_word = msgspec.json.Decoder(CrossingRequest | CrossingReply).decode
