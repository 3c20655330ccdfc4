"""What a record alone says was answered by telephone, and whether the authority's own node ever signed it."""

import msgspec

from mamarr.airspace.commitment import Reply
from mamarr.airspace.occupancy import Kind
from mamarr.coordination.crossings import TakeWord
from mamarr.engine.orders import read
from mamarr.faults import Reason
from mamarr.flights.errands import CrossingReply, ErrandKept, VoiceClaim
from mamarr.flights.voicing import EnterVoice
from mamarr.record import Entry

# What an entry about it has in its bytes: so most entries need not be read again.
_MARKS = (b'"enter-voice"', b'"crossing-reply"')


class Telephoned(msgspec.Struct, kw_only=True):
    """One answer by telephone, as this node's record has it.

    entry: where it was entered. object_id: of the flight or reservation here. signed: what the authority's
    own node said of it last, and by which entry; None where it never did, so that nobody signed it.
    spoken_by, entered_by, read_back: None where they were erased.
    """

    entry: int
    authority: str
    kind: Kind
    object_id: str
    revision: int
    reply: Reply
    spoken_at_ms: int
    spoken_by: str | None
    entered_by: str | None
    read_back: str | None
    signed: Reply | None = None
    signed_entry: int = 0
    reason: Reason | None = None


class Calls:
    """The answers by telephone in a record, as its entries are read in their order."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Kind, str, int, int], Telephoned] = {}

    @property
    def found(self) -> tuple[Telephoned, ...]:
        """All of them, in the order in which they were entered."""
        return tuple(self._found.values())

    def read(self, entry: Entry) -> None:
        """Take in an entry that follows from its facts."""
        order = entry.content("order") or b""
        if not any(mark in order for mark in _MARKS):
            return
        said = read(entry)
        if said is None or said.decided.refusal is not None:
            return
        command = said.order.command
        if isinstance(command, EnterVoice):
            for event in said.decided.events:
                if isinstance(event, ErrandKept) and isinstance(event.errand.word, VoiceClaim):
                    self._entered(entry.sequence, command, event.errand.word)
        elif isinstance(command, TakeWord) and isinstance(command.word, CrossingReply):
            self._signed(entry.sequence, said.order.author.party, command.word)

    def _entered(self, sequence: int, command: EnterVoice, claim: VoiceClaim) -> None:
        key = command.authority, claim.kind, claim.object_id, claim.filed_ms, claim.revision
        self._found.pop(key, None)
        self._found[key] = Telephoned(
            entry=sequence,
            authority=command.authority,
            kind=command.kind,
            object_id=command.object_id,
            revision=command.revision,
            reply=command.reply,
            spoken_at_ms=command.spoken_at_ms,
            spoken_by=command.spoken_by,
            entered_by=command.entered_by,
            read_back=command.read_back,
        )

    def _signed(self, sequence: int, party: str, word: CrossingReply) -> None:
        found = self._found.get((party, word.kind, word.object_id, word.filed_ms, word.revision))
        if found is not None and word.reason is not Reason.NO_ANSWER and word.reply is not Reply.NOT_HELD:
            found.signed, found.signed_entry, found.reason = word.reply, sequence, word.reason
