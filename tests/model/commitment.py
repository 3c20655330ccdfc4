"""The model of the commitment: one flight, its filer, two authorities, and messages that go anywhere.

Every message that was ever sent may come at any time, as often as it likes, or never: so loss, doubling and
reordering are all there. A node that dies loses only what it did not send, as it acts on what is durable;
that is a message that never comes. Lapses come at any moment after an acceptance. All states that can be
reached are looked at, breadth first.

Those of `voices` may also be said to have answered by telephone, whether they did or not. Those of `breaking`
may suspend the agreement at any moment: then they do not confirm what they accepted, though they protect it,
and may withdraw what they confirmed, which they protect until it is given back. A notice may be over at once.
"""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from mamarr.airspace import commitment
from mamarr.airspace.commitment import Filing, Phase, Reply
from mamarr.faults import Reason, Refusal
from mamarr.flights import crossings
from mamarr.flights.crossings import Crossing, Step

AUTHORITIES = ("a", "b")
NEVER_MS, LAPSED_MS = 1_000, 1  # an acceptance lapses at NEVER_MS; one that has lapsed, at LAPSED_MS
NOW_MS = 10


class Message(NamedTuple):
    """To or from an authority, about one revision."""

    authority: str
    what: str
    revision: int


class State(NamedTuple):
    """Everything at one moment. sent: every message that may still come."""

    filing: Filing
    held: tuple[Crossing, ...]
    sent: frozenset[Message]


class Doing(NamedTuple):
    """What a message does when it comes: filer and authority then, and what they say."""

    filing: Filing
    value: Crossing
    said: frozenset[Message] = frozenset()


class Known:
    """What part of a state may do, which depends on nothing else of it: asked once.

    filers: who the filer may become by itself, and what it says then. persons: what an authority may hold
    when a person answers or something lapses, and what it says then. comes: what a message does.
    """

    def __init__(self) -> None:
        self.filers: dict[Filing, tuple[tuple[Filing, frozenset[Message]], ...]] = {}
        self.persons: tuple[dict[Crossing, tuple[tuple[Crossing, frozenset[Message]], ...]], ...] = tuple(
            {} for _ in AUTHORITIES
        )
        self.comes: dict[tuple[Filing, Crossing], dict[Message, tuple[Doing, ...]]] = {}


START = State(Filing(), tuple(Crossing() for _ in AUTHORITIES), frozenset())


def explored(
    revisions: int, voices: tuple[str, ...] = (), breaking: tuple[str, ...] = ()
) -> Iterator[tuple[State, list[State]]]:
    """Every state that can be reached with so many revisions, breadth first, with those that may follow
    it. Each state is the same object wherever it is met."""
    seen = {START: START}
    waiting = deque([START])
    known = Known()
    while waiting:
        state = waiting.popleft()
        following = []
        for then in steps(state, revisions, voices, breaking, known):
            met = seen.setdefault(then, then)
            following.append(met)
            if met is then:
                waiting.append(then)
        yield state, following


def steps(
    state: State,
    revisions: int,
    voices: tuple[str, ...] = (),
    breaking: tuple[str, ...] = (),
    known: Known | None = None,
) -> Iterator[State]:
    """What may happen next. known: as far as it was asked before."""
    known = Known() if known is None else known
    if state.filing not in known.filers:
        known.filers[state.filing] = tuple(_filer(state.filing, revisions))
    for filing, said in known.filers[state.filing]:
        yield State(filing, state.held, state.sent | said)
    yield from _telephoned(state, voices)
    for name in breaking:
        yield from _suspended(state, AUTHORITIES.index(name))
    for at, held in enumerate(state.held):
        if held not in known.persons[at]:
            known.persons[at][held] = tuple(_persons(held, AUTHORITIES[at]))
        for value, said in known.persons[at][held]:
            yield _holds(state, at, value, *said)
        if voices:
            yield from _signs(state, at)
    done = tuple(known.comes.setdefault((state.filing, value), {}) for value in state.held)
    for message in state.sent:
        at = AUTHORITIES.index(message.authority)
        doing = done[at].get(message)
        if doing is None:
            doing = done[at][message] = tuple(_comes(state.filing, state.held[at], message))
        for filing, value, said in doing:
            held = (*state.held[:at], value, *state.held[at + 1 :])
            yield State(filing, held, state.sent | said)


def _filer(filing: Filing, revisions: int) -> Iterator[tuple[Filing, frozenset[Message]]]:
    if filing.last < revisions:
        asked = commitment.asks(filing, AUTHORITIES)
        if not isinstance(asked, Refusal):
            yield asked, frozenset(Message(each, "REQUEST", asked.last) for each in AUTHORITIES)
    for then in (commitment.abandoned(filing), commitment.withdrawn(filing)):
        if then != filing:
            yield then, _news(filing, then)


def _telephoned(state: State, voices: tuple[str, ...]) -> Iterator[State]:
    """The filer enters that an authority accepted by telephone, and tells it so."""
    filing = state.filing
    for name in voices:
        then = commitment.spoken(filing, name, filing.last, Reply.ACCEPTED)
        if then != filing:
            after = _follows(state, then)
            yield State(after.filing, after.held, after.sent | {Message(name, CLAIM, filing.last)})


def _suspended(state: State, at: int) -> Iterator[State]:
    """The authority suspends the agreement: what it withdraws, and does not confirm."""
    value, name = state.held[at], AUTHORITIES[at]
    for kept in value.kept:
        if kept.lapses_at_ms is None:
            said = Message(name, WITHDRAWAL, kept.revision)
            yield _holds(state, at, withdrawn(value, kept.revision), said)
        elif Message(name, "CONFIRM", kept.revision) in state.sent and not kept.is_claimed:
            yield _holds(state, at, value, Message(name, Reply.NOT_HELD, kept.revision))


def withdrawn(value: Crossing, revision: int) -> Crossing:
    """What the authority holds when it has withdrawn `revision`: the same, until that is given back."""
    del revision
    return value


WITHDRAWAL = "WITHDRAWAL"
CLAIM, NO_ANSWER = "CLAIM", "NO_ANSWER"
ANSWERS = ((Step.ACCEPT, Reply.ACCEPTED), (Step.COUNTER, Reply.COUNTERED), (Step.REJECT, Reply.REJECTED))
OF_A_CLAIM = ((Step.REJECT, Reply.DISPUTED), (Step.REJECT, NO_ANSWER))


def _signs(state: State, at: int) -> Iterator[State]:
    """A person signs what the authority is said to have accepted and is only for the record by now."""
    value, name = state.held[at], AUTHORITIES[at]
    for message in state.sent:
        if message.authority == name and message.what == CLAIM:
            closed = crossings.claimed(value, message.revision, lapses_at_ms=NEVER_MS)
            if isinstance(closed, Refusal):
                yield _holds(state, at, value, Message(name, Reply.COUNTERSIGNED, message.revision))


def _persons(value: Crossing, name: str) -> Iterator[tuple[Crossing, frozenset[Message]]]:
    """A person signs what the authority is said to have accepted, or answers what was asked; what was
    accepted lapses."""
    signed = crossings.countersigned(value, value.asked)
    if not isinstance(signed, Refusal):
        yield signed, frozenset({Message(name, Reply.COUNTERSIGNED, value.asked)})
    for step, reply in OF_A_CLAIM if crossings.is_claimed(value) else ANSWERS:
        then = crossings.answered(value, value.asked, step, lapses_at_ms=NEVER_MS)
        if not isinstance(then, Refusal):
            yield then, frozenset({Message(name, reply, value.asked)})
    for place, kept in enumerate(value.kept):
        if kept.lapses_at_ms == NEVER_MS:
            lapsed = (*value.kept[:place], replace(kept, lapses_at_ms=LAPSED_MS), *value.kept[place + 1 :])
            yield replace(value, kept=lapsed), frozenset()


def _comes(filing: Filing, value: Crossing, message: Message) -> Iterator[Doing]:
    """A message comes to the filer, or to the authority that holds `value`."""
    match message.what:
        case "REQUEST":
            asked = crossings.requested(value, message.revision)
            if not isinstance(asked, Refusal):
                yield Doing(filing, asked)
        case "CONFIRM":
            then, reply = crossings.confirmed(value, message.revision, NOW_MS)
            yield Doing(filing, then, frozenset({Message(message.authority, reply, message.revision)}))
        case "GIVE_BACK":
            yield Doing(filing, crossings.given_back(value, message.revision))
        case "WITHDRAWAL":
            after = commitment.withdrawn_by(filing, message.authority, message.revision)
            if after != filing:
                yield Doing(after, value, _news(filing, after))
        case "CLAIM" if crossings.is_accepted(value, message.revision, NOW_MS):
            then, reply = crossings.confirmed(value, message.revision, NOW_MS)
            yield Doing(filing, then, frozenset({Message(message.authority, reply, message.revision)}))
        case "CLAIM":
            claimed = crossings.claimed(value, message.revision, lapses_at_ms=NEVER_MS)
            if not isinstance(claimed, Refusal):
                yield Doing(filing, claimed)
        case _:
            yield from _is_heard(filing, value, message)


def _is_heard(filing: Filing, value: Crossing, message: Message) -> Iterator[Doing]:
    """The filer hears an authority."""
    name, what, revision = message
    if what == NO_ANSWER:
        then = commitment.heard(filing, name, revision, Reply.REJECTED, reason=Reason.NO_ANSWER)
    else:
        then = commitment.heard(filing, name, revision, Reply(what))
    if then != filing:
        yield Doing(then, value, _news(filing, then))
    if what == Reply.COUNTERSIGNED and not commitment.is_wanted(filing, name, revision):
        yield Doing(filing, value, frozenset({Message(name, "GIVE_BACK", revision)}))


def _follows(state: State, filing: Filing) -> State:
    """The filer is another one now, and says what that asks for."""
    return State(filing, state.held, state.sent | _news(state.filing, filing))


def _news(before: Filing, filing: Filing) -> frozenset[Message]:
    """What a filer says that has become another one."""
    told = {Message(each, "CONFIRM", filing.last) for each in commitment.to_confirm(before, filing)}
    back = (each for each in filing.given_back if each not in before.given_back)
    return frozenset(told | {Message(authority, "GIVE_BACK", revision) for authority, revision in back})


def _holds(state: State, at: int, value: Crossing, *messages: Message) -> State:
    held = (*state.held[:at], value, *state.held[at + 1 :])
    return State(state.filing, held, state.sent.union(messages))


def is_protected(state: State) -> bool:
    """What the filer flies by is protected by every authority, and will not lapse."""
    in_force = state.filing.in_force
    return in_force == 0 or all(
        any(kept.revision == in_force and kept.lapses_at_ms is None for kept in each.kept)
        for each in state.held
    )


def is_revived(before: State, after: State) -> bool:
    """Whether sky that had lapsed, and may be another's by now, is confirmed all the same.

    Not of what is only claimed: whoever countersigns that looks at the sky again.
    """
    return any(
        kept.lapses_at_ms == LAPSED_MS
        and not kept.is_claimed
        and crossings.Kept(revision=kept.revision) in later.kept
        for earlier, later in zip(before.held, after.held, strict=True)
        if earlier is not later
        for kept in earlier.kept
    )


def is_by_nobody(state: State) -> bool:
    """Whether an authority protects something for good that nobody of it accepted nor signed."""
    return any(
        kept.lapses_at_ms is None
        and not {
            Message(name, Reply.ACCEPTED, kept.revision),
            Message(name, Reply.COUNTERSIGNED, kept.revision),
        }
        & state.sent
        for name, each in zip(AUTHORITIES, state.held, strict=True)
        for kept in each.kept
    )


def is_settled(state: State) -> bool:
    """Nothing is asked for, and every authority protects what the filer flies by, and nothing else for
    ever."""
    filing = state.filing
    expected = (filing.in_force,) if filing.in_force else ()
    return filing.phase is Phase.IDLE and all(
        tuple(kept.revision for kept in each.kept if kept.lapses_at_ms is None) == expected
        for each in state.held
    )


def unsettled(following: dict[State, list[State]]) -> set[State]:
    """States from which nothing leads to a settled one, whatever comes."""
    before: dict[int, list[State]] = {id(state): [] for state in following}  # each is met as one object
    for state, thens in following.items():
        for then in thens:
            before[id(then)].append(state)
    waiting = deque(state for state in following if is_settled(state))
    settling = {id(state) for state in waiting}
    while waiting:
        for earlier in before[id(waiting.popleft())]:
            if id(earlier) not in settling:
                settling.add(id(earlier))
                waiting.append(earlier)
    return {state for state in following if id(state) not in settling}
