"""What a record alone shows of what went between its node and others: who signed which message.

An audit hands each entry to `Correspondence`. What a peer sent is verified with the key that persons of this
node confirmed for it, which the record has. What this node sent stands under its own signed heads; that the
peer recorded it is shown by what the peer signed later: it says how much of each stream it has recorded.
"""

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from hashlib import sha256

import msgspec

from mamarr.coordination import channels, crossings, messages, peers
from mamarr.coordination.channels import (
    KeepUnknown,
    SendMessage,
    StopChannel,
    Stopped,
    TakeMessage,
    TakeReceipts,
)
from mamarr.coordination.messages import STREAMS, WORDS, Stream
from mamarr.engine import streams
from mamarr.engine.nouns import OF_COMMAND, key_of
from mamarr.engine.orders import DECIDED, ORDER, Decision, read
from mamarr.faults import WireError, present
from mamarr.flights import errands
from mamarr.flights.errands import CrossingReply, FlightState, OfFlight, OfNode
from mamarr.link.envelopes import Payload, is_signed, key_name, payload_in, signed_digest
from mamarr.link.invitations import renewed
from mamarr.names import Mode
from mamarr.record import Entry, Part, Verifier

STEPS_MAX = 500  # chosen: a flight has some ten; what is beyond them is counted
OF_LINES = frozenset(  # the commands that are always read; others may concern what is asked for
    (
        *(
            "take-message",
            "take-receipts",
            "keep-unknown",
            "stop-channel",
            "resume-channel",
        ),  # with what the peer signed
        *("open-channel", "confirm-peer", "take-next", "add-peer", "renew-peer"),  # whose key counts
        *("send-message", "take-word"),
    )
)
ACTING = "take-word"
ERASED = b""  # stands for the hash of a word whose text is not there


class Shown(StrEnum):
    """What shows who said something.

    OUR_HEAD: this node did, and its signed heads are over the entry; UNPROVEN: none is. PEER_KEY: the peer
    signed it with the key that counted then, FORMER_KEY: with one that counted before. WITHHELD: what it
    signed is not readable.
    """

    OUR_HEAD = "OUR_HEAD"
    UNPROVEN = "UNPROVEN"
    PEER_KEY = "PEER_KEY"
    FORMER_KEY = "FORMER_KEY"
    WITHHELD = "WITHHELD"


class Trusted(StrEnum):
    """Why a key of a peer counts: persons compared words, the key before signed it, or nothing says so."""

    WORDS = "WORDS"
    FORMER_KEY = "FORMER_KEY"
    NOTHING = "NOTHING"


class PeerKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that counted. key: as text. certificate: SHA-256 of the one that it is in, hex; empty where the
    record has none. since: the entry from which on it counted. trusted: why."""

    key: str
    certificate: str
    since: int
    trusted: Trusted


class Line(msgspec.Struct, kw_only=True):
    """What went between this node and one other.

    keys: that counted, the newest last. verified_count: entries about what the peer signed, each verified;
    former_count: of these with a key that counted before. withheld_count: such entries that do not show what
    was signed. sent_count: messages to it; recorded_count: so many it signed that it recorded, which is more
    than were sent where this record was set back. stopped: why nothing is taken in any more.
    """

    node: str
    party: str
    keys: tuple[PeerKey, ...] = ()
    verified_count: int = 0
    former_count: int = 0
    withheld_count: int = 0
    sent_count: int = 0
    recorded_count: int = 0
    stopped: Stopped | None = None


class Step(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One entry about the flight or reservation that is asked for.

    what: the command or the kind of the message. by: who asked, of a decision here: an account of a person,
    or a rule. refused: why the answer was no. peer, is_ours, stream, number, shown: of a message, with whom,
    whether it went or came, its place. revision, says: of what it says. recorded_in: of ours, the entry in
    which the peer signed that it recorded it.
    """

    entry: int
    time_ms: int
    what: str
    by: str | None = None
    refused: str | None = None
    peer: str | None = None
    is_ours: bool = False
    stream: Stream | None = None
    number: int | None = None
    shown: Shown | None = None
    revision: int | None = None
    says: str | None = None
    recorded_in: int | None = None


TRUSTED = {peers.ConfirmPeer: Trusted.WORDS, peers.TakeNext: Trusted.FORMER_KEY}


class _Command(msgspec.Struct, frozen=True, gc=False):
    type: str


class _Order(msgspec.Struct, frozen=True, gc=False):
    command: _Command


class Correspondence:
    """What was read so far. about: of which flight or reservation the steps are kept; None: of none.

    It is named by its id here, by what it is called between the nodes, or by the id of its crossing.
    """

    def __init__(self, about: str | None = None) -> None:
        self.lines: dict[str, Line] = {}
        self.steps: list[Step] = []
        self.left_out = 0
        self.erased_count = 0  # messages whose text is not there: what they are about cannot be told
        self.about, self._names = about, set[str]()
        if about is not None:
            self._names = {about, about.split("/")[-2]} if crossings.is_key(about) else {about}
        self._keys: dict[str, list[Verifier]] = {}
        self._about: dict[str, bytes] = {}  # by peer: of the invitation by which persons joined it last
        self._recorded_before: Counter[str] = Counter()  # by peer: before the line began anew
        self._certificates: dict[str, str] = {}  # by key
        self._acknowledged: dict[str, tuple[int, ...]] = {}
        self._unrecorded: list[Step] = []
        self._words: dict[str, bytes] = {}  # by key of a message that is to be acted on: SHA-256 of its word

    @property
    def called(self) -> tuple[str, ...]:
        """What it is called beside the name that was asked for."""
        return tuple(sorted(self._names - {self.about}))

    def take(self, entry: Entry) -> str | None:
        """Read one more entry, whose decision follows from its facts; what is wrong with it, or None."""
        order = entry.content(ORDER)
        if order is None:
            return None
        try:
            kind = _order(order).command.type  # quicker than reading all; of what is read whole, the same
            if kind not in OF_LINES and not self._may_concern(entry, order):
                return None
            said = read(entry)
            return None if said is None else self._taken(entry, said)
        except (ValueError, RecursionError) as damaged:
            return str(damaged)

    def end(self, proven_size: int) -> None:
        """All is read. proven_size: entries that signed heads prove."""
        for step in self.steps:
            if step.is_ours and step.entry >= proven_size:
                step.shown = Shown.UNPROVEN

    def _may_concern(self, entry: Entry, order: bytes) -> bool:
        """Whether an entry may be about what is asked for: quicker than reading it."""
        if self.about is None:
            return False
        decided = entry.content(DECIDED) or b""
        return any(name.encode() in part for name in self._names for part in (order, decided))

    def _taken(self, entry: Entry, said: Decision) -> str | None:
        command, frame = said.order.command, entry.frame()
        wrong = self._learn(said, entry.sequence, node=frame.node)
        if wrong is not None:
            return wrong
        shown: Shown | None = Shown.OUR_HEAD
        if isinstance(command, channels.FromPeer):
            wrong, shown = self._verified(entry, command, mode=frame.mode, node=frame.node)
            if wrong is not None:
                return wrong
        elif isinstance(command, SendMessage) and said.decided.refusal is None:
            self._line(command.peer).sent_count += 1
        wrong = self._wrong_text(said)
        if wrong is not None:
            return wrong
        if self.about is not None:
            for step in self._steps_of(said, entry.sequence, frame.time_ms, shown):
                self._keep(step)
        return None

    # --- whose keys count ---------------------------------------------------------------------------------

    def _learn(self, said: Decision, entry: int, *, node: str) -> str | None:
        """What an entry changed that later ones are read by; what is wrong with it, or None."""
        command = said.order.command
        for event in said.decided.events:
            match event:
                case peers.PeerAdded() | peers.PeerRenewed():
                    if isinstance(event, peers.PeerAdded):
                        self._about[event.peer] = event.about
                    self._certificates[event.card.key] = event.card.fingerprint.hex()
                    if isinstance(command, peers.RenewPeer) and not self._is_renewed(command, node=node):
                        return f"the next key of {event.peer} is not signed by the one before"
                case channels.ChannelOpened() | channels.ChannelBegun() | channels.ChannelRenewed():
                    self._keys.setdefault(event.peer, []).append(Verifier.from_text(event.key))
                    line = self._line(event.peer)
                    counts = PeerKey(
                        key=event.key,
                        certificate=self._certificates.get(event.key, ""),
                        since=entry,
                        trusted=TRUSTED.get(type(command), Trusted.NOTHING),
                    )
                    line.keys = (*line.keys, counts)
                    if isinstance(event, channels.ChannelOpened):
                        line.party = event.party
                    if isinstance(event, channels.ChannelBegun):
                        line.stopped = None
                        self._begin(event.peer)
                case channels.ChannelStopped():
                    self._line(event.peer).stopped = event.why
                case _ if self.about is not None:
                    coordination = getattr(event, "coordination", None)
                    name = getattr(event, "flight_id", None) or getattr(event, "reservation_id", None)
                    if coordination is not None and name in self._names:
                        self._names.add(coordination.said_as)
        return None

    def _is_renewed(self, command: peers.RenewPeer, *, node: str) -> bool:
        """Whether the key that counts signed the one that is to follow."""
        known, about = self._keys.get(command.peer, []), self._about.get(command.peer, b"")
        try:
            return (
                bool(known) and renewed(command.said, known[-1]).card_for(node, about).key == command.card.key
            )
        except (ValueError, WireError, RecursionError):
            return False

    def _begin(self, peer: str) -> None:
        """Its streams begin at zero again: what it had not recorded till then it never says of."""
        self._recorded_before[peer] += sum(self._acknowledged.pop(peer, ()))
        self._unrecorded = [each for each in self._unrecorded if each.peer != peer]

    def _line(self, peer: str) -> Line:
        return self.lines.setdefault(peer, Line(node=peer, party=""))

    # --- what the peer signed -----------------------------------------------------------------------------

    def _verified(
        self, entry: Entry, command: channels.FromPeer, *, mode: Mode, node: str
    ) -> tuple[str | None, Shown | None]:
        """What is wrong with what the entry says that the peer signed, and what shows that it did."""
        line, peer = self._line(command.peer), command.peer
        if not command.signed:
            if isinstance(command, StopChannel) and command.why is Stopped.CLOSED:
                return None, None  # a person closed it
            if all(isinstance(part, Part) for part in entry.parts):
                return f"what {peer} signed is not there", None
            line.withheld_count += 1
            return None, Shown.WITHHELD
        version = command.version if isinstance(command, KeepUnknown) else 1
        known = self._keys.get(peer, [])
        at = next(
            (at for at, key in enumerate(reversed(known)) if is_signed(version, command.signed, key)), None
        )
        if at is None:
            return f"{peer} did not sign what the entry says that it signed", None
        wrong = _wrong(command, mode=mode, node=node)
        if wrong is not None:
            return f"what {peer} signed is not what the entry says: {wrong}", None
        line.verified_count += 1
        line.former_count += at > 0
        if not isinstance(command, KeepUnknown):
            self._recorded(line, payload_in(command.signed), entry.sequence)
        return None, Shown.FORMER_KEY if at else Shown.PEER_KEY

    def _recorded(self, line: Line, payload: Payload, entry: int) -> None:
        """The peer signed how many of ours it has recorded."""
        before = self._acknowledged.get(line.node, (0, 0, 0))
        now = tuple(map(max, before, payload.acknowledged))
        self._acknowledged[line.node] = now
        line.recorded_count = self._recorded_before[line.node] + sum(now)
        for step in self._unrecorded:
            if step.peer == line.node and present(step.number, "it is a message") < now[_place(step.stream)]:
                step.recorded_in = entry
        self._unrecorded = [each for each in self._unrecorded if each.recorded_in is None]

    def _wrong_text(self, said: Decision) -> str | None:
        """What is wrong with a message's text, which stands in two places, or with what is acted on."""
        command = said.order.command
        if isinstance(command, crossings.TakeWord):
            return self._wrong_act(command, said)
        if not isinstance(command, SendMessage | TakeMessage):
            return None
        for event in said.decided.events:
            if not isinstance(event, messages.MessageKept):
                continue
            text = event.message.body
            if None not in (text, command.body) and text != command.body:
                return "the text is another than was decided on"
            is_word = event.message.kind in WORDS and event.message.state is messages.MessageState.RECEIVED
            if is_word and isinstance(command, TakeMessage):
                word = ERASED if text is None else _hashed(errands.read(command.kind, text))
                self._words[event.message.message_key] = word
        if command.body is None or command.body_salt is None:
            return None  # it was left out, or erased: the digest stands
        is_so = streams.body_digest(command.body, command.body_salt) == command.body_digest
        return None if is_so else "the text is another than was hashed"

    def _wrong_act(self, command: crossings.TakeWord, said: Decision) -> str | None:
        """What is wrong with acting on a word: each that came is acted on once, as it was said."""
        is_acted = any(isinstance(each, messages.MessageActed) for each in said.decided.events)
        if not is_acted:
            return None
        word = self._words.pop(command.message_key, None)
        if word is None:
            return f"what was acted on {command.peer} never said, or it was acted on before"
        is_so = word in (ERASED, _hashed(command.word))
        return None if is_so else f"something else was acted on than {command.peer} said"

    # --- what concerns one flight or reservation ----------------------------------------------------------

    def _steps_of(self, said: Decision, entry: int, time_ms: int, shown: Shown | None) -> Iterator[Step]:
        command, refusal = said.order.command, said.decided.refusal
        if isinstance(command, SendMessage | TakeMessage):
            yield from self._messages(said, entry, time_ms, shown)
        elif self._is_about(key_of(OF_COMMAND[type(command)], command)):
            author = said.order.author
            yield Step(
                entry=entry,
                time_ms=time_ms,
                what=str(type(command).__struct_config__.tag),
                by=author.person or author.rule,
                refused=None if refusal is None else str(refusal.reason),
                revision=getattr(command, "revision", None),
            )

    def _messages(self, said: Decision, entry: int, time_ms: int, shown: Shown | None) -> Iterator[Step]:
        for event in said.decided.events:
            if not isinstance(event, messages.MessageKept) or event.message.kind not in WORDS:
                continue
            message = event.message
            if message.body is None:
                self.erased_count += 1
                continue
            word = _word(message.kind, message.body)
            if word is None or not self._is_about(word.object_id):
                continue
            is_ours = message.direction is messages.Direction.OUTGOING
            yield Step(
                entry=entry,
                time_ms=time_ms,
                what=message.kind,
                peer=message.peer,
                is_ours=is_ours,
                stream=message.stream,
                number=message.sequence,
                shown=shown,
                revision=None if isinstance(word, FlightState) else getattr(word, "revision", None),
                says=_says(word),
            )

    def _is_about(self, name: str) -> bool:
        return name in self._names or (crossings.is_key(name) and name.split("/")[-2] in self._names)

    def _keep(self, step: Step) -> None:
        if len(self.steps) >= STEPS_MAX:
            self.left_out += 1
            return
        self.steps.append(step)
        if step.is_ours:
            self._unrecorded.append(step)


def _wrong(command: channels.FromPeer, *, mode: Mode, node: str) -> str | None:
    """What of `command` is not what the peer signed; its signature was checked."""
    if isinstance(command, KeepUnknown):
        is_so = command.digest in (None, signed_digest(command.version, command.signed))
        return None if is_so else "the digest is of something else"
    payload = payload_in(command.signed)
    if (payload.sender, payload.mode, payload.receiver) != (command.peer, mode, node):
        return f"it is of {key_name(payload.sender, payload.mode, payload.receiver)}"
    if isinstance(command, TakeReceipts | TakeMessage) and payload.acknowledged != command.acknowledged:
        return "it counts otherwise what it recorded"
    return _wrong_message(command, payload) if isinstance(command, TakeMessage) else None


def _wrong_message(command: TakeMessage, payload: Payload) -> str | None:
    header = streams.Header(
        message_id=command.message_id,
        stream=command.stream,
        sequence=command.sequence,
        kind=command.kind,
        queued_ms=command.queued_ms,
        valid_until_ms=command.valid_until_ms,
    )
    hashed = streams.leaf(header, command.header_salt, command.body_digest)
    if (payload.stream, payload.sequence, payload.leaf) != (command.stream, command.sequence, hashed):
        return "it is another message"
    return None if command.head.note in payload.heads else "it names another head"


def _word(kind: str, body: str) -> OfFlight | None:
    """What a message says of a flight or reservation; None of what says nothing of one."""
    try:
        word = errands.read(kind, body)
    except ValueError:
        return None
    return None if isinstance(word, OfNode) else word


def _hashed(word: errands.Word) -> bytes:
    return sha256(errands.said(word).encode()).digest()


def _says(word: OfFlight) -> str | None:
    match word:
        case CrossingReply():
            return " ".join(filter(None, (word.reply, word.reason)))
        case FlightState():
            return "over" if word.is_over else str(word.condition)
        case _:
            return None


def _place(stream: Stream | None) -> int:
    return STREAMS.index(present(stream, "a message has a stream"))


_order = msgspec.json.Decoder(_Order).decode
