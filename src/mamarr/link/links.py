"""A link: this node's side of the line to one peer. No socket, clock or chance.

Whoever drives it hands it what came (`receive`), asks it for the next envelope whenever one can be sent
(`send`), and lets it ask the log (`turn`). What is asked then is decided like any order. It reads what is
durable alone: nothing is sent before it is recorded here, and nothing acknowledged before it is.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import chain, islice
from typing import Annotated

import msgspec

from mamarr.airspace.commitment import ERRANDS_MAX
from mamarr.coordination import Channel, Direction, Message, MessageState, Stream, channels, crossings
from mamarr.coordination.channels import COUNT_MAX, Reported, Stopped, StreamHead, Unread
from mamarr.coordination.messages import REPORT, SEEN, STREAMS, TELLING, UNREADABLE, WORDS, key_of
from mamarr.engine import Keeper, Order, Ticket, streams
from mamarr.faults import WireError, present
from mamarr.flights import errands
from mamarr.flights.errands import (
    AgreementReady,
    AlertTold,
    AllReturned,
    CrossingHeld,
    CrossingReply,
    CrossingRequest,
    CrossingWithdrawal,
    Errand,
    FlightState,
    OfNode,
    SuspensionTold,
    VoiceClaim,
    Word,
)
from mamarr.link.envelopes import (
    VERSION,
    VERSIONS_MAX,
    Opened,
    Payload,
    UnknownVersion,
    claimed_stream,
    commitment,
    head,
    opened,
    sealed,
    signed_digest,
)
from mamarr.link.streams import AHEAD_MAX, Incoming, Outgoing
from mamarr.link.timing import Allowance, ClockDifference, Clocks
from mamarr.names import Author
from mamarr.record import Signer, Verifier
from mamarr.record.tree import Frontier

RULE = "link"
SPEAK_EVERY_MS = 5_000  # chosen: a line that is silent for longer than two of these is seen to be
RECEIPTS_AFTER_MS, RECEIPTS_AT = 5_000, 32  # chosen: receipts are recorded together
REPORT_VALID_MS = channels.VALID_MAX_MS // 2
REPORTS_AT_ONCE_MAX = 64  # chosen: after days without a line there may be thousands to send
# Chosen: envelopes a peer may send at once, and a second after that. The floor has its own, which nothing
# else uses up; what belongs to no stream are receipts.
ALLOWED = {
    Stream.SAFETY_FLOOR: (128, 10.0),
    Stream.COORDINATION: (256, 20.0),
    Stream.BULK: (256, 20.0),
    None: (256, 50.0),
}
SPOKEN_MAX = 256  # chosen: envelopes of ours of which the peer may yet say that it heard them
CLOCK_SET_MS = 50  # chosen: more than two readings one after the other differ by, less than matters
WISHES_MAX = 16  # chosen: what a peer's envelopes may have a node ask at once, beside its messages
UNKNOWN_AT_ONCE, UNKNOWN_PER_S = 10, 1 / 60  # chosen: what we cannot read must not fill the record


ACTS_AT_ONCE_MAX = 64  # chosen: what is acted on with one turn, so that others are asked too
ERRANDS_AT_ONCE_MAX = 64
CLOCK_DIFFERENCE_MAX_MS = 1_000  # DESIGN 4: clocks that may differ by more admit nothing across the link
Command = channels.Command | crossings.TakeWord
FLOOR = FlightState | AlertTold | AgreementReady | SuspensionTold | CrossingHeld | AllReturned
ABOUT_LOSS = channels.StopChannel | channels.ResumeChannel  # what is asked while it is not known if any was


Moment = Annotated[int, msgspec.Meta(ge=0, le=COUNT_MAX)]


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a message of kind REPORT, as JSON. Fields: as of `Reported`."""

    stream: Stream
    sequence: int
    message_id: str
    state: MessageState
    at_ms: Moment | None = None


Version = Annotated[int, msgspec.Meta(ge=1, le=VERSIONS_MAX)]


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a message of kind UNREADABLE, as JSON: which envelope of its receiver could not be read.

    version: which it says that it has. digest: of `envelopes.signed_digest`, hex. reads: the latest version
    that we read.
    """

    version: Version
    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
    reads: Version


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a link stands, for those who watch it.

    heard_for_ms: since anything signed came. confirmed_for_ms: since an envelope of ours was sent that the
    peer says it heard; None: none ever. waiting: of ours, by stream, not recorded there. missing: of the
    peer's, by stream, not come though later ones did. clock: how far the peer's is ahead. counted: what came
    and was not taken in, by why. unread_there: the latest version of envelopes that the peer reads, as it
    last said; None: it never said that it could not read one.
    """

    heard_for_ms: int | None
    confirmed_for_ms: int | None
    waiting: tuple[int, ...]
    missing: tuple[int, ...]
    clock: ClockDifference | None
    stopped: Stopped | None
    is_stopped_there: bool
    counted: dict[str, int]
    unread_there: int | None


class Link:
    """The line of the node whose record `keeper` keeps to the node `peer`, with which it has a channel.

    signer: of `envelopes.key_name`. secret: 32 random bytes of this node, the same for as long as it lives.
    kinds: of messages that this version knows.
    """

    def __init__(
        self, keeper: Keeper, signer: Signer, peer: str, *, secret: bytes, kinds: frozenset[str]
    ) -> None:
        self.peer = peer
        self._keeper, self._signer, self._secret = keeper, signer, secret
        self._kinds = kinds | set(TELLING) | WORDS
        self._verifier = Verifier.from_text(self.channel.key)
        self._outgoing = {stream: Outgoing(stream) for stream in STREAMS}
        self._incoming = {stream: Incoming() for stream in STREAMS}
        self._clocks = Clocks()
        self._allowed = {stream: Allowance(*allowed) for stream, allowed in ALLOWED.items()}
        self._unknown_allowed = Allowance(UNKNOWN_AT_ONCE, UNKNOWN_PER_S)
        self._heads: dict[Stream, tuple[int, str]] = {}
        self._wishes: list[channels.Command] = []
        self._receipts: tuple[Opened, int] | None = None  # the newest that says more, and since when one does
        self._asked: tuple[Ticket, ...] = ()
        self._heard: tuple[int, int] | None = None  # sent when by the peer's clock, came when by ours
        self._spoken: dict[int, int] = {}  # when an envelope says it was sent, and when that was by a clock
        self._confirmed_ms: int | None = None  # when the newest of ours was sent that was heard there
        self._behind_ms: int | None = None  # of the clock that is never set, behind the one that may be
        self._told: tuple[object, int] | None = None  # what was acknowledged in the last envelope, and when
        self._is_due = True
        self._is_stopped_there = False
        self.counted: Counter[str] = Counter()

    @property
    def channel(self) -> Channel:
        """What is durable of it."""
        return present(self._keeper.decider.projection.channels.durable(self.peer), "a link has a channel")

    def connected(self) -> None:
        """A connection was made: what is not acknowledged is sent from the first on, without waiting."""
        for stream, line in zip(STREAMS, self.channel.outgoing, strict=True):
            self._outgoing[stream].begin(line.acknowledged)
        self._is_due = True

    # --- what comes ---------------------------------------------------------------------------------------

    def receive(self, raw: bytes, *, now_ms: int, clock_ms: int) -> None:
        """Take in what came. now_ms: UTC. clock_ms: of a clock that is never set.

        What is not of the form, not the peer's, or more than it may send, is counted and left.
        """
        try:
            stream = claimed_stream(raw)
            if not self._allowed[stream].take(1, clock_ms):
                self.counted["over the limit"] += 1
                return
            node, mode = self._keeper.log.node, self._keeper.log.mode
            envelope = opened(raw, self._verifier, mode=mode, node=node)
        except WireError as wrong:
            self.counted[wrong.code] += 1
            return
        if isinstance(envelope, UnknownVersion):
            self.counted["unknown version"] += 1
            self._keep(envelope.version, envelope.signed, clock_ms)
            return
        self._hear(envelope, now_ms, clock_ms)
        if envelope.header is not None:
            self._take(envelope, clock_ms)

    def _keep(self, version: int, signed: bytes, clock_ms: int, *, kind: str | None = None) -> None:
        """Have what the peer signed kept, though nobody can act on it, and told of. kind: of the message."""
        if self._unknown_allowed.take(1, clock_ms):
            digest = None if kind in TELLING else signed_digest(version, signed)
            self._wish(channels.KeepUnknown(peer=self.peer, version=version, signed=signed, digest=digest))

    def _hear(self, envelope: Opened, now_ms: int, clock_ms: int) -> None:
        payload, channel = envelope.payload, self.channel
        is_newest = self._heard is None or payload.sent_ms > self._heard[0]
        if is_newest or clock_ms - present(self._heard, "the first is the newest")[1] > SPEAK_EVERY_MS:
            self._heard = (payload.sent_ms, clock_ms)  # else an old one came late, or its clock was set back
            self._is_stopped_there = payload.is_stopped
        self._look_at_clock(now_ms, clock_ms)
        is_answer = self._confirm(payload, clock_ms)
        theirs = (
            *payload.acknowledged,
            *payload.seen,
            *payload.awaited,
        )  # what was said of ours, by us or there
        is_more_ours = any(map(_is_more, theirs, (*channel.outgoing,) * 3))
        if is_more_ours or any(map(_is_more, payload.known, channel.incoming)):
            self._stop(Stopped.SET_BACK, envelope)
            return
        if channel.is_unsure:
            if is_answer and channel.stopped is None:
                self._wish(channels.ResumeChannel(peer=self.peer, signed=envelope.signed))
            return
        for stream, count, seen in zip(STREAMS, payload.acknowledged, payload.seen, strict=True):
            self._outgoing[stream].heard(count, seen, clock_ms)
        recorded = channels.acknowledged(channel)
        if any(count > known for count, known in zip(payload.acknowledged, recorded, strict=True)):
            since_ms = clock_ms if self._receipts is None else self._receipts[1]
            self._receipts = (envelope, since_ms)
        for stream, (said, _) in envelope.heads.items():
            line = channel.line(Direction.INCOMING, stream)
            if said.size == line.size and said.root != Frontier(line.size, line.peaks).root():
                self._stop(Stopped.TWO_HISTORIES, envelope)

    def _look_at_clock(self, now_ms: int, clock_ms: int) -> None:
        """When our clock was set, what was measured against it before counts no more."""
        behind_ms = now_ms - clock_ms
        if self._behind_ms is None or abs(behind_ms - self._behind_ms) > CLOCK_SET_MS:
            self._behind_ms, self._clocks = behind_ms, Clocks()
            self._spoken.clear()

    def _confirm(self, payload: Payload, clock_ms: int) -> bool:
        """The peer says which envelope of ours it heard last: the line carried it, and this one.

        Whether this one answers one of ours, and so was sent after it.
        """
        sent_ms, held_ms = payload.heard_sent_ms, payload.heard_for_ms
        spoken_ms = None if sent_ms is None else self._spoken.get(sent_ms)
        if sent_ms is None or held_ms is None or spoken_ms is None:
            return False
        self._confirmed_ms = max(self._confirmed_ms or 0, spoken_ms)
        self._clocks.heard(
            sent_ms=sent_ms,
            held_ms=held_ms,
            answered_ms=payload.sent_ms,
            now_ms=sent_ms + clock_ms - spoken_ms,
        )
        return True

    def _stop(self, why: Stopped, envelope: Opened) -> None:
        if self.channel.stopped is None:
            self._wish(channels.StopChannel(peer=self.peer, why=why, signed=envelope.signed))

    def _wish(self, command: channels.Command) -> None:
        """Have the log asked with the next turn. What is too much is left: its cause will come again."""
        if len(self._wishes) < WISHES_MAX:
            self._wishes.append(command)

    def _take(self, envelope: Opened, clock_ms: int) -> None:
        header = present(envelope.header, "a message has a header")
        command = self._taking(envelope)
        if command is None:
            self._keep(VERSION, envelope.signed, clock_ms, kind=header.kind)
            return
        line = self.channel.line(Direction.INCOMING, header.stream)
        if self._incoming[header.stream].came(command, line):
            return
        self._is_due = True  # the peer does not know yet that it came
        kept = self._message(Direction.INCOMING, header.stream, header.sequence)
        if kept is not None and kept.leaf != envelope.payload.leaf:
            self._wish(command)  # another in the same place: the decision says so, and keeps it
        elif header.sequence < line.size + AHEAD_MAX:
            self.counted["again"] += 1
        else:
            self.counted["too far ahead"] += 1

    def _taking(self, envelope: Opened) -> channels.TakeMessage | None:
        """The command that takes a message in; None when its fields are not of the form, which is counted."""
        header, payload = present(envelope.header, "a message has a header"), envelope.payload
        said, note = envelope.heads[header.stream]
        reported = _reported(header.kind, envelope.body)
        reads = _reads(header.kind, envelope.body)
        is_said = reported is not None or reads is not None or header.kind not in TELLING
        is_garbled = envelope.body is not None and not (is_said and _is_word(header.kind, envelope.body))
        try:
            return channels.TakeMessage(
                peer=self.peer,
                stream=header.stream,
                sequence=header.sequence,
                message_id=header.message_id,
                kind=header.kind,
                queued_ms=header.queued_ms,
                valid_until_ms=header.valid_until_ms,
                header_salt=envelope.header_salt,
                body_digest=envelope.digest,
                head=StreamHead(size=said.size, root=said.root, note=note),
                acknowledged=payload.acknowledged,
                signed=envelope.signed,
                body=envelope.body,
                body_salt=envelope.body_salt,
                is_left_out=envelope.body is None,
                is_known=header.kind in self._kinds and not is_garbled,
                reported=reported,
                reads=reads,
            )
        except ValueError:
            self.counted["message not of the form"] += 1
            return None

    # --- what is asked of the log -------------------------------------------------------------------------

    def turn(self, *, clock_ms: int, command_id: Callable[[], str]) -> tuple[Ticket, ...]:
        """Ask of the log what there is to ask; what is asked now.

        command_id: one that nobody used, at each call.
        """
        if self._keeper.is_read_only:
            return ()
        channel, now_asked = self.channel, list[Ticket]()
        if channel.is_open:
            now_asked += self._ask_to_take(channel, command_id)
        if not self._keeper.is_asked(self._asked):
            is_open = channel.is_open
            # What was taken in before the channel stopped is acted on too, unless the line is to begin anew.
            is_held_back = channel.stopped in channels.OVER or channel.is_unsure
            acts = [] if is_held_back else self._acts()
            wishes = self._due_wishes(clock_ms)
            said = [*wishes, *self._reports(channel), *self._errands(channel)] if is_open else []
            if channel.is_unsure and channel.stopped is None:
                said = [each for each in wishes if isinstance(each, ABOUT_LOSS)]
            commands = [*acts, *said]
            self._asked = self._ask(commands, command_id)
            now_asked += self._asked
        return tuple(now_asked)

    def _ask_to_take(self, channel: Channel, command_id: Callable[[], str]) -> list[Ticket]:
        found: list[Ticket] = []
        for stream, line in zip(STREAMS, channel.incoming, strict=True):
            incoming = self._incoming[stream]
            incoming.answered({each for each in incoming.tickets if self._keeper.is_asked([each])})
            for command in incoming.due(line):
                tickets = self._ask([command], command_id)
                if not tickets:
                    break  # the inbox is full: it is asked again with the next turn
                incoming.asked(command.sequence, tickets[0])
                found += tickets
        return found

    def _due_wishes(self, clock_ms: int) -> list[channels.Command]:
        wishes, self._wishes = self._wishes, []
        if self._receipts is None:
            return wishes
        envelope, since_ms = self._receipts
        recorded = channels.acknowledged(self.channel)
        news = [max(0, new - old) for new, old in zip(envelope.payload.acknowledged, recorded, strict=True)]
        if not any(news):
            self._receipts = None
        elif sum(news) >= RECEIPTS_AT or clock_ms - since_ms >= RECEIPTS_AFTER_MS:
            self._receipts = None
            payload = envelope.payload
            wishes.append(
                channels.TakeReceipts(
                    peer=self.peer, acknowledged=payload.acknowledged, signed=envelope.signed
                )
            )
        return wishes

    def _reports(self, channel: Channel) -> list[channels.Command]:
        """Tell the peer what became of messages of which a receipt alone would not say it.

        Not while so much waits for the peer that there may be no room: each refusal would be an entry.
        """
        lines = zip(STREAMS, channel.outgoing, strict=True)
        roomy = {
            stream
            for stream, line in lines
            if line.size - line.acknowledged + REPORTS_AT_ONCE_MAX < channels.WAITING_MAX[stream]
        }
        owed = self._keeper.decider.projection.owed(self.peer)
        found = (self._report(each) for each in owed if each.stream in roomy)
        unread = self._unreadables(channel) if Stream.COORDINATION in roomy else []
        return list(islice(chain(unread, found), REPORTS_AT_ONCE_MAX))

    def _unreadables(self, channel: Channel) -> list[channels.SendMessage]:
        """Tell the peer what of its could not be read.

        Not before it recorded those that it was told last: where it reads nothing of ours, no more wait.
        """
        size = channel.line(Direction.OUTGOING, Stream.COORDINATION).size
        recorded = channels.acknowledged(channel)
        untold = [each for each in channel.unread if each.told_at is None]
        is_waiting = any(each not in untold and not each.is_known_there(recorded) for each in channel.unread)
        return [] if is_waiting else [self._unreadable(each, size) for each in untold]

    def _unreadable(self, about: Unread, size: int) -> channels.SendMessage:
        """The message that tells of one. size: of our stream now, so that no two have one id or salt."""
        said = Unreadable(version=about.version, digest=about.digest.hex(), reads=VERSION)
        told = size.to_bytes(8, "big") + about.digest
        return streams.message(
            peer=self.peer,
            stream=Stream.COORDINATION,
            message_id=self._made_of(b"unreadable id", told)[:16].hex(),
            kind=UNREADABLE,
            body=msgspec.json.encode(said).decode(),
            valid_until_ms=self._keeper.decider.last_time_ms + REPORT_VALID_MS,
            salts=(self._made_of(b"unreadable header", told), self._made_of(b"unreadable body", told)),
            tells=about.digest,
        )

    def _acts(self) -> list[Command]:
        """Act on what the peer said, in the order in which it was recorded.

        Not while so much is to be said to it that answers would only wait: it is the peer that is not heard.
        """
        projection = self._keeper.decider.projection
        if projection.errands_count(self.channel.party) >= ERRANDS_MAX:
            return []
        found: list[crossings.TakeWord] = []
        waiting = set[tuple[Stream, str]]()
        for message in projection.pending(self.peer):
            if len(found) == ACTS_AT_ONCE_MAX:
                break
            command = self._act(message)
            about = message.stream, command.crossing_id
            if about in waiting or self._waits_for_clocks(command.word, message):
                waiting.add(about)  # what was said of it later waits too: it may take back what was asked
            else:
                found.append(command)
        return list(found)

    def _waits_for_clocks(self, word: Word, message: Message) -> bool:
        """Whether what is asked can only be acted on when the clocks have been compared."""
        is_timely = self._keeper.decider.last_time_ms < message.valid_until_ms
        is_asked = isinstance(word, CrossingRequest | VoiceClaim)
        return is_asked and is_timely and self._clocks.difference() is None

    def _act(self, message: Message) -> crossings.TakeWord:
        """The command that acts on a message."""
        word = errands.read(message.kind, present(message.body, "what is whole has a body"))
        clock = self._clocks.difference()
        is_sure = clock is not None and not clock.may_exceed(CLOCK_DIFFERENCE_MAX_MS)
        return crossings.TakeWord(
            crossing_id=self._about(word),
            peer=self.peer,
            message_key=message.message_key,
            word=word,
            is_clock_unsure=isinstance(word, CrossingRequest | VoiceClaim) and not is_sure,
        )

    def _about(self, word: Word) -> str:
        """What a word of the peer's is about, as the command that acts on it names it."""
        if isinstance(word, OfNode):
            return self.peer
        is_ours = isinstance(word, CrossingReply | CrossingWithdrawal | CrossingHeld)
        node = self._keeper.log.node if is_ours else self.peer
        return crossings.key_of(node, word.object_id, word.filed_ms, word.kind)

    def _errands(self, channel: Channel) -> list[channels.SendMessage]:
        """What is decided to be said to the peer, as messages; as far as there is room."""
        room = {
            stream: channels.WAITING_MAX[stream] - line.size + line.acknowledged
            for stream, line in zip(STREAMS, channel.outgoing, strict=True)
        }
        waiting = list(self._keeper.decider.projection.errands_for(channel.party))
        # That we have an agreement, or that this was all, says that all was said before.
        words = [each for each in waiting if not isinstance(each.word, AgreementReady | AllReturned)]
        if len(words) > ERRANDS_AT_ONCE_MAX:  # the floor's never wait for the others' room
            words.sort(key=lambda each: not isinstance(each.word, FLOOR))
        found = [each for each in words[:ERRANDS_AT_ONCE_MAX] if _has_room(room, each)]
        if len(found) == len(words):
            ready = (each for each in waiting if isinstance(each.word, AgreementReady | AllReturned))
            found += (each for each in ready if _has_room(room, each))
        return [self._saying(each) for each in found]

    def _saying(self, errand: Errand) -> channels.SendMessage:
        name = errand.errand_id.encode()
        return streams.message(
            peer=self.peer,
            stream=_stream(errand),
            message_id=self._made_of(b"errand id", name)[:16].hex(),
            kind=errands.kind_of(errand.word),
            body=errands.said(errand.word),
            valid_until_ms=self._keeper.decider.last_time_ms + errand.valid_ms,
            salts=(self._made_of(b"errand header", name), self._made_of(b"errand body", name)),
            errand_id=errand.errand_id,
        )

    def _report(self, about: Message) -> channels.SendMessage:
        is_seen = about.state in SEEN
        said = Report(
            stream=about.stream,
            sequence=about.sequence,
            message_id=about.message_id,
            state=about.state,
            at_ms=about.acknowledged_ms or about.presented_ms,
        )
        told = about.leaf + (about.state.encode() if is_seen else b"")  # of one that climbs more than one
        now_ms = self._keeper.decider.last_time_ms
        return streams.message(
            peer=self.peer,
            stream=about.stream,
            message_id=self._made_of(b"id", told)[:16].hex(),
            kind=REPORT,
            body=msgspec.json.encode(said).decode(),
            valid_until_ms=now_ms + REPORT_VALID_MS,
            salts=(self._made_of(b"header", told), self._made_of(b"body", told)),
            answers=about.message_key,
            says=about.state if is_seen else None,
        )

    def _made_of(self, use: bytes, about: bytes) -> bytes:
        """32 bytes that nobody else can tell from random ones. about: others for each message."""
        return sha256(b"mamarr report 1\n" + use + b"\n" + self._secret + about).digest()

    def _ask(self, commands: Sequence[Command], command_id: Callable[[], str]) -> tuple[Ticket, ...]:
        projection, node = self._keeper.decider.projection, self._keeper.log.node
        peers = channels.TakeMessage | channels.TakeReceipts | channels.KeepUnknown | crossings.TakeWord
        return self._keeper.offer_all(
            Order(
                command_id=command_id(),
                author=Author(
                    party=self.channel.party if isinstance(command, peers) else projection.party,
                    node=node,
                    rule=RULE,
                ),
                command=command,
            )
            for command in commands
        )

    # --- what goes ----------------------------------------------------------------------------------------

    def send(self, *, now_ms: int, clock_ms: int) -> bytes | None:
        """The next envelope, which is now sent; None when there is nothing to say.

        The floor's first, then those of coordination, then bulk: asked for one at a time, as the line takes
        them, none waits behind more than is under way.
        """
        channel = self.channel
        if channel.is_open:
            for stream, line in zip(STREAMS, channel.outgoing, strict=True):
                sequence = self._outgoing[stream].due(line.size, clock_ms)
                message = None if sequence is None else self._message(Direction.OUTGOING, stream, sequence)
                if message is not None:
                    raw = self._sealed(channel, message, now_ms, clock_ms)
                    self._outgoing[stream].sent(message.sequence, len(raw), clock_ms)
                    return raw
        is_silent = self._told is None or clock_ms - self._told[1] >= SPEAK_EVERY_MS
        is_new = self._told is None or self._told[0] != self._acknowledged(channel)
        return self._sealed(channel, None, now_ms, clock_ms) if self._is_due or is_silent or is_new else None

    def _message(self, direction: Direction, stream: Stream, sequence: int) -> Message | None:
        key = key_of(self.peer, direction, stream, sequence)
        return self._keeper.decider.projection.messages.durable(key)

    def _acknowledged(self, channel: Channel) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What is recorded of the peer's, and up to which one some came where one is missing."""
        recorded = tuple(line.size for line in channel.incoming)
        seen = tuple(
            self._incoming[stream].seen if self._incoming[stream].missing(line) else line.size
            for stream, line in zip(STREAMS, channel.incoming, strict=True)
        )
        return recorded, seen

    def _sealed(self, channel: Channel, message: Message | None, now_ms: int, clock_ms: int) -> bytes:
        recorded, seen = self._acknowledged(channel)
        heard_sent_ms, heard_ms = self._heard or (None, None)
        about = STREAMS if message is None else (message.stream,)
        payload = Payload(
            mode=self._keeper.log.mode,
            sender=self._keeper.log.node,
            receiver=self.peer,
            sent_ms=now_ms,
            acknowledged=_three(recorded),
            seen=_three(seen),
            heads=tuple(self._head(channel, stream) for stream in about if _has_any(channel, stream)),
            log=commitment(self._secret, self._keeper.head_note()),
            stream=None if message is None else message.stream,
            sequence=None if message is None else message.sequence,
            leaf=None if message is None else message.leaf,
            heard_sent_ms=heard_sent_ms,
            heard_for_ms=None if heard_ms is None else max(0, clock_ms - heard_ms),
            is_stopped=channel.stopped is not None,
            known=_three(
                tuple(
                    max(line.acknowledged, self._outgoing[stream].acknowledged)
                    for stream, line in zip(STREAMS, channel.outgoing, strict=True)
                )
            ),
            awaited=_three(tuple(self._awaited(channel))),
        )
        self._told, self._is_due = ((recorded, seen), clock_ms), False
        self._look_at_clock(now_ms, clock_ms)
        self._spoken.setdefault(now_ms, clock_ms)
        if len(self._spoken) > SPOKEN_MAX:
            del self._spoken[next(iter(self._spoken))]
        return sealed(payload, self._signer, message, now_ms=now_ms)

    def _awaited(self, channel: Channel) -> Iterator[int]:
        """How many of the peer's there are, as it signed, by stream; 0 where all are recorded.

        Also what came and is not recorded yet: a peer that has forgotten it must not go on as if it had not
        been.
        """
        for stream, line in zip(STREAMS, channel.incoming, strict=True):
            signed = max(self._incoming[stream].signed, 0 if line.awaited is None else line.awaited.size)
            yield signed if signed > line.size else 0

    def _head(self, channel: Channel, stream: Stream) -> str:
        line = channel.line(Direction.OUTGOING, stream)
        known = self._heads.get(stream)
        if known is None or known[0] != line.size:
            known = line.size, head(self._signer, stream, Frontier(line.size, line.peaks))
            self._heads[stream] = known
        return known[1]

    def acknowledged(self, stream: Stream) -> int:
        """How many of ours the peer says that it recorded, as far as was heard."""
        return self._outgoing[stream].acknowledged

    # --- how it stands ------------------------------------------------------------------------------------

    @property
    def heard_ms(self) -> int | None:
        """When something signed came last, by the clock that is never set; None: never."""
        return None if self._heard is None else self._heard[1]

    def standing(self, *, clock_ms: int) -> Standing:
        """How the link stands now."""
        channel = self.channel
        heard_for_ms = None if self._heard is None else clock_ms - self._heard[1]
        incoming = zip(STREAMS, channel.incoming, strict=True)
        return Standing(
            heard_for_ms=heard_for_ms,
            confirmed_for_ms=None if self._confirmed_ms is None else clock_ms - self._confirmed_ms,
            waiting=tuple(line.size - line.acknowledged for line in channel.outgoing),
            missing=tuple(self._incoming[stream].missing(line) for stream, line in incoming),
            clock=self._clocks.difference(),
            stopped=channel.stopped,
            is_stopped_there=self._is_stopped_there,
            counted=dict(self.counted),
            unread_there=channel.reads,
        )


def _is_more(count: int, line: channels.Line) -> bool:
    """Whether a peer knows of more messages of a line than there are here."""
    return count > line.size


def _has_any(channel: Channel, stream: Stream) -> bool:
    return channel.line(Direction.OUTGOING, stream).size > 0


def _three(counts: tuple[int, ...]) -> tuple[int, int, int]:
    first, second, third = counts
    return first, second, third


def _stream(errand: Errand) -> Stream:
    """Where it is said: what nobody can refuse, and by what agreement, before all else and in one order."""
    is_floor = isinstance(errand.word, FLOOR)
    return Stream.SAFETY_FLOOR if is_floor else Stream.COORDINATION


def _has_room(room: dict[Stream, int], errand: Errand) -> bool:
    """Whether there is room for one more, which it takes."""
    stream = _stream(errand)
    room[stream] -= 1
    return room[stream] >= REPORTS_AT_ONCE_MAX


def _is_word(kind: str, body: str) -> bool:
    """Whether the body says what its kind promises, where this version acts on the kind."""
    if kind not in WORDS:
        return True
    try:
        errands.read(kind, body)
    except ValueError:
        return False
    return True


def _reported(kind: str, body: str | None) -> Reported | None:
    """What a report says; None for another message, and for one that does not say it as it should."""
    if kind != REPORT or body is None:
        return None
    try:
        said = _report(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return Reported(
        stream=said.stream,
        sequence=said.sequence,
        message_id=said.message_id,
        state=said.state,
        at_ms=said.at_ms,
    )


def _reads(kind: str, body: str | None) -> int | None:
    """Up to which version the peer reads, as it says where it could not read; None for another message, and
    for one that does not say it as it should."""
    if kind != UNREADABLE or body is None:
        return None
    try:
        return _unreadable(body).reads
    except (msgspec.DecodeError, RecursionError):
        return None


_report = msgspec.json.Decoder(Report).decode
_unreadable = msgspec.json.Decoder(Unreadable).decode
