"""The model of the commitment: one flight, its filer, two authorities, and messages that go anywhere.

Every message that was ever sent may come at any time, as often as it likes, or never: so loss, doubling and
reordering are all there. A node that dies loses only what it did not send, as it acts on what is durable;
that is a message that never comes. Lapses come at any moment after an acceptance. All states that can be
reached are looked at, breadth first.
"""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from mamarr.airspace import commitment
from mamarr.airspace.commitment import Filing, Phase, Reply
from mamarr.faults import Refusal
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


START = State(Filing(), tuple(Crossing() for _ in AUTHORITIES), frozenset())


def explored(revisions: int) -> Iterator[tuple[State, list[State]]]:
    """Every state that can be reached with so many revisions, breadth first, with those that may follow
    it."""
    seen = {START}
    waiting = deque([START])
    while waiting:
        state = waiting.popleft()
        following = list(steps(state, revisions))
        yield state, following
        for then in following:
            if then not in seen:
                seen.add(then)
                waiting.append(then)


def steps(state: State, revisions: int) -> Iterator[State]:
    """What may happen next."""
    yield from _filer(state, revisions)
    for at in range(len(AUTHORITIES)):
        yield from _authority(state, at)
    for message in state.sent:
        yield from _comes(state, message)


def _filer(state: State, revisions: int) -> Iterator[State]:
    filing = state.filing
    if filing.last < revisions:
        asked = commitment.asks(filing, AUTHORITIES)
        if not isinstance(asked, Refusal):
            yield _said(replace_filing(state, asked), "REQUEST", asked.last)
    for then in (commitment.abandoned(filing), commitment.withdrawn(filing)):
        if then != filing:
            yield _follows(state, then)


def _authority(state: State, at: int) -> Iterator[State]:
    """A person answers what was asked; what was accepted lapses."""
    value, name = state.held[at], AUTHORITIES[at]
    for step, reply in (
        (Step.ACCEPT, Reply.ACCEPTED),
        (Step.COUNTER, Reply.COUNTERED),
        (Step.REJECT, Reply.REJECTED),
    ):
        then = crossings.answered(value, value.asked, step, lapses_at_ms=NEVER_MS)
        if not isinstance(then, Refusal):
            yield _holds(state, at, then, Message(name, reply, value.asked))
    for place, kept in enumerate(value.kept):
        if kept.lapses_at_ms == NEVER_MS:
            lapsed = (*value.kept[:place], replace(kept, lapses_at_ms=LAPSED_MS), *value.kept[place + 1 :])
            yield _holds(state, at, replace(value, kept=lapsed))


def _comes(state: State, message: Message) -> Iterator[State]:
    at = AUTHORITIES.index(message.authority)
    value = state.held[at]
    match message.what:
        case "REQUEST":
            asked = crossings.requested(value, message.revision)
            if not isinstance(asked, Refusal):
                yield _holds(state, at, asked)
        case "CONFIRM":
            then, reply = crossings.confirmed(value, message.revision, NOW_MS)
            yield _holds(state, at, then, Message(message.authority, reply, message.revision))
        case "GIVE_BACK":
            yield _holds(state, at, crossings.given_back(value, message.revision))
        case _:
            then_filing = commitment.heard(
                state.filing, message.authority, message.revision, Reply(message.what)
            )
            if then_filing != state.filing:
                yield _follows(state, then_filing)


def _follows(state: State, filing: Filing) -> State:
    """The filer is another one now, and says what that asks for."""
    before = state.filing
    after = replace_filing(state, filing)
    if filing.phase is Phase.CONFIRMING and before.phase is not Phase.CONFIRMING:
        after = _said(after, "CONFIRM", filing.last)
    news = [each for each in filing.given_back if each not in before.given_back]
    sent = after.sent | {Message(authority, "GIVE_BACK", revision) for authority, revision in news}
    return State(after.filing, after.held, sent)


def replace_filing(state: State, filing: Filing) -> State:
    """The same with another filer."""
    return State(filing, state.held, state.sent)


def _said(state: State, what: str, revision: int) -> State:
    sent = state.sent | {Message(each, what, revision) for each in AUTHORITIES}
    return State(state.filing, state.held, sent)


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
    """Whether sky that had lapsed, and may be another's by now, is confirmed all the same."""
    return any(
        kept.lapses_at_ms == LAPSED_MS and crossings.Kept(revision=kept.revision) in later.kept
        for earlier, later in zip(before.held, after.held, strict=True)
        for kept in earlier.kept
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
    before: dict[State, list[State]] = {state: [] for state in following}
    for state, thens in following.items():
        for then in thens:
            before[then].append(state)
    settling = {state for state in following if is_settled(state)}
    waiting = deque(settling)
    while waiting:
        for earlier in before[waiting.popleft()]:
            if earlier not in settling:
                settling.add(earlier)
                waiting.append(earlier)
    return following.keys() - settling
