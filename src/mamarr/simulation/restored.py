"""Worlds of authorities of which one goes on from an old backup, in the middle of it all.

Its people see that, confirm it, and join the nodes again with persons of the others, as persons do it. What
it forgot the others return. What must hold is what holds in `shared`: nothing that is in force comes too
near to anything else, what the node forgot included; and in the end each protects what the others want, and
no more.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from mamarr.coordination import channels
from mamarr.coordination.agreements import Agree
from mamarr.coordination.channels import OVER, StopChannel, Stopped
from mamarr.coordination.crossings import EndReturned, ForeignFlight
from mamarr.coordination.peers import AddPeer, Card, ConfirmPeer, InvitePeer, Peer, proof
from mamarr.engine.orders import Command
from mamarr.simulation.faulty_store import Disk
from mamarr.simulation.linked import End
from mamarr.simulation.shared import STEPS, SharedWorld
from mamarr.simulation.world import Telling

VALID_MS = 6 * 24 * 3_600_000  # of an invitation
JOINED_WITHIN = 600  # chosen: turns until all lines have begun anew and all was returned
RELEASED_WITHIN = 200
BACKUP_AT, RESTORED_AT = (0.2, 0.5), (0.45, 0.8)  # of the steps


class Joining(NamedTuple):
    """Two nodes that persons join anew: an invitation of the first, and what each says of itself."""

    secret: bytes
    until_ms: int
    first: Card
    second: Card

    @property
    def about(self) -> bytes:
        """Which invitation it is."""
        return sha256(self.secret).digest()


class RestoredWorld(SharedWorld):
    """One of its nodes is set back once."""

    may_lie = False

    def __init__(self, seed: int, *, steps: int = STEPS) -> None:
        self.returned_count = 0
        super().__init__(seed)
        self.one = self.end()
        self._backup_in = round(steps * self.chance.uniform(*BACKUP_AT))
        self._restored_in = round(steps * self.chance.uniform(*RESTORED_AT))
        self._joinings: dict[str, Joining] = {}

    @property
    def is_set_back(self) -> bool:
        """Whether it has happened."""
        return bool(self.one.lost)

    def step(self) -> None:
        """Let one thing happen; once, a copy of the disk is made, and later it takes the disk's place."""
        super().step()
        self._backup_in -= 1
        self._restored_in -= 1
        if self._backup_in == 0:
            self.one.backup = self.one.store.disk.copy()
        if self._restored_in == 0 and self.one.backup is not None:
            self.set_back(self.one, self.one.backup)

    def set_back(self, end: End, disk: Disk) -> None:
        """A node goes on from a backup."""
        self.joint.forget(end.node)
        self._read[end.node] = 0
        self.wire.end(end.node)  # who restores a node has ended it, and its connections with it
        end.restore(disk)
        self.follow()
        self.joint.remember()

    def happenings(self) -> dict[Callable[[], None], float]:
        """What may happen next, and how often each does."""
        found = super().happenings()
        if self.is_set_back:
            found = {**found, self.days_pass: 0.0, self.join: 20, self.end_returned: 0.5}
        return found

    # --- persons join the nodes again ---------------------------------------------------------------------

    def join(self) -> None:
        """Persons of two nodes whose line ended go one step on."""
        for peer in [each for each in self.ends.values() if each is not self.one]:
            self._join(peer)
        agreed = self.one.keeper.decider.projection.agreement()
        lines = (each for _, each in self.one.keeper.decider.projection.channels.durable_items())
        edition = max((each.edition for each in lines), default=0)
        if agreed is not None and edition > agreed.edition:
            self.one.offer(Agree(agreement=self.agreements[edition]))

    def _join(self, peer: End) -> None:
        here, there = self._channel(self.one, peer), self._channel(peer, self.one)
        if here is None or there is None or self.is_joined(peer):
            return
        if here.stopped is None and there.stopped is None and not (here.begun_ms or there.begun_ms):
            return  # it may yet show that nothing was lost between them
        if peer.node not in self._joinings:
            self._joinings[peer.node] = self._joining(peer)
        joining = self._joinings[peer.node]
        if there.stopped not in OVER and there.begun_ms == 0:  # also where it saw two histories
            peer.offer(StopChannel(peer=self.one.node, why=Stopped.CLOSED))
            return
        if here.stopped not in OVER and here.begun_ms == 0:  # what the other saw
            self.one.offer(StopChannel(peer=peer.node, why=Stopped.CLOSED))
            return
        for end, command in self._next(joining, peer):
            end.offer(command)

    def _joining(self, peer: End) -> Joining:
        secret = self.chance.randbytes(32)
        about = sha256(secret).digest()
        first, second = (
            Card(
                party=end.party,
                certificate=self.chance.randbytes(64),
                key=end.new_key(other.node, about).verifier.text(),
            )
            for end, other in ((self.one, peer), (peer, self.one))
        )
        return Joining(secret=secret, until_ms=self.one.now_ms + VALID_MS, first=first, second=second)

    def _next(self, joining: Joining, peer: End) -> list[tuple[End, Command]]:
        """What persons of both do next, as far as each node has come."""
        one = self.one
        held, their = self._peer(one, peer), self._peer(peer, one)
        invite = InvitePeer(peer=peer.node, secret=joining.secret, valid_until_ms=joining.until_ms)
        shown = proof(joining.secret, inviter=one.node, invited=peer.node, card=joining.second)
        answer = self._added(peer, joining, joining.second, joining.first, proof=shown)
        added = self._added(one, joining, joining.first, joining.second, proof=None)
        found: list[tuple[End, Command]] = []
        if held is None:
            found.append((one, invite))
        elif held.card is None:
            found.append((one, answer))
        elif not held.is_confirmed:
            found.append((one, _compared(peer, joining.first, joining.second)))
        if their is None:
            found.append((peer, added))
        elif not their.is_confirmed:
            found.append((peer, _compared(one, joining.second, joining.first)))
        return found

    def _added(self, of: End, joining: Joining, card: Card, own: Card, *, proof: bytes | None) -> AddPeer:
        return AddPeer(
            peer=of.node,
            card=card,
            about=joining.about,
            own_fingerprint=own.fingerprint,
            said=b"said",
            valid_until_ms=joining.until_ms,
            proof=proof,
        )

    def _peer(self, end: End, other: End) -> Peer | None:
        return end.keeper.decider.projection.peers.durable(other.node)

    def _channel(self, end: End, other: End) -> channels.Channel | None:
        return end.keeper.decider.projection.channels.durable(other.node)

    def is_joined(self, peer: End) -> bool:
        """Whether the line to the node that was set back goes on, or has begun anew, at both ends."""
        here, there = self._channel(self.one, peer), self._channel(peer, self.one)
        if not self.is_set_back or here is None or there is None:
            return True
        return here.is_open and there.is_open and bool(here.begun_ms) == bool(there.begun_ms)

    # --- what was returned --------------------------------------------------------------------------------

    def held_back(self, end: End) -> list[ForeignFlight]:
        """What a node holds of its own that others returned."""
        found = sorted(end.keeper.decider.projection.crossings.durable_items())
        return [value for _, value in found if value.returned_by]

    def end_returned(self) -> None:
        """A person knows that something is over that the own node had forgotten, or had otherwise."""
        found = [(end, each) for end in self.ends.values() for each in self.held_back(end)]
        if found:
            end, ended = self.chance.choice(found)
            end.offer(EndReturned(crossing_id=ended.crossing_id))

    # --- the end ------------------------------------------------------------------------------------------

    def follow(self) -> None:
        """Judge what became durable since the last step."""
        super().follow()
        held = (len(self.held_back(end)) for end in self.ends.values())
        self.returned_count = max(self.returned_count, *held)

    def come_to_rest(self) -> None:
        """The lines are fair and all persons do their part: what can come, comes."""
        self.make_fair()
        for _ in range(JOINED_WITHIN):
            self.join()
            self.go_on()
            is_whole = not self.one.keeper.decider.projection.recovering()
            if is_whole and all(self.is_joined(each) for each in self.ends.values() if each is not self.one):
                break
        else:
            self.require(False, f"not joined again: {self.one.keeper.decider.projection.recovering()}")
        self.drain()  # a peer may hear last of all what it should have
        for _ in range(RELEASED_WITHIN):
            if not any(map(self.held_back, self.ends.values())):
                self.drain()
                break
            self.end_returned()
            self.go_on()
        else:
            self.require(False, "what was returned was not ended by persons")

    def is_wanted(self, end: End, key: str, foreign: ForeignFlight) -> None:
        """What an authority protects, its filer wants; what others returned is a person's to end."""
        if not foreign.returned_by:
            super().is_wanted(end, key, foreign)


def _compared(peer: End, own: Card, other: Card) -> ConfirmPeer:
    return ConfirmPeer(peer=peer.node, own_fingerprint=own.fingerprint, fingerprint=other.fingerprint)


def run(seed: int, *, steps: int = STEPS) -> RestoredWorld:
    """Live through `seed`; Broken when a promise does not hold, or for anything else that goes wrong."""
    world = RestoredWorld(seed, steps=steps)
    with Telling(world):
        for _ in range(steps):
            world.step()
        world.check()
    return world
