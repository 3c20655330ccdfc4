"""A line between nodes that loses, doubles, delays, reorders and changes what it carries, and is cut."""

import heapq
from collections import Counter, deque
from collections.abc import Callable, Iterator
from itertools import count
from random import Random

KEPT_MAX = 200  # chosen: envelopes of which an old one is played again


class Weather:
    """How bad the line is: ratios of what it carries; delay_ms: at least and at most."""

    def __init__(self, chance: Random, *, is_fair: bool = False) -> None:
        ratio = 0.0 if is_fair else chance.choice((0.0, 0.05, 0.3))
        self.lost = ratio
        self.doubled = 0.0 if is_fair else chance.choice((0.0, 0.2))
        self.changed = 0.0 if is_fair else chance.choice((0.0, 0.1))
        self.replayed = 0.0 if is_fair else chance.choice((0.0, 0.1))
        self.delay_ms = (20, 40) if is_fair else chance.choice(((1, 5), (300, 400), (50, 5_000)))


class Wire:
    """Carries bytes between ends, by a clock that is never set. tell: takes a sentence for what goes
    wrong."""

    def __init__(self, chance: Random, tell: Callable[[str], None]) -> None:
        self._chance, self._tell = chance, tell
        self.weather = Weather(chance)
        self._cut: set[tuple[str, str]] = set()
        self._under_way: list[tuple[int, int, str, str, bytes]] = []
        self._numbers = count()
        self._old: deque[tuple[str, str, bytes]] = deque(maxlen=KEPT_MAX)
        self.lengths: set[int] = set()
        self.disturbed = Counter[str]()  # envelopes that came, or did not, otherwise than they were sent
        self._newest: dict[tuple[str, str], int] = {}  # by sender and receiver, of what came

    def cut(self, sender: str, receiver: str) -> None:
        """Nothing goes from one to the other any more; what is under way still comes."""
        self._cut.add((sender, receiver))
        self._tell(f"the line from {sender} to {receiver} is cut")

    def mend(self) -> None:
        """Everything goes again."""
        self._cut.clear()
        self._tell("the lines are mended")

    def end(self, sender: str) -> None:
        """The connections of `sender` ended with it, and what it had sent and had not come never comes."""
        self._under_way = [each for each in self._under_way if each[2] != sender]
        heapq.heapify(self._under_way)
        kept = [each for each in self._old if each[0] != sender]
        self._old.clear()
        self._old.extend(kept)
        self._tell(f"what {sender} had sent and had not come never comes")

    def carry(self, sender: str, receiver: str, raw: bytes, clock_ms: int) -> None:
        """Take an envelope; what becomes of it the chance decides."""
        self.lengths.add(len(raw))
        self._old.append((sender, receiver, raw))
        weather, chance = self.weather, self._chance
        if (sender, receiver) in self._cut or chance.random() < weather.lost:
            self.disturbed["lost"] += 1
            return
        copies = 1 + (chance.random() < weather.doubled)
        self.disturbed["doubled"] += copies - 1
        for _ in range(copies):
            came = self._perhaps_changed(raw)
            self.disturbed["changed"] += came is not raw
            self._put(sender, receiver, came, clock_ms)
        if chance.random() < weather.replayed:
            self.disturbed["replayed"] += 1
            self._put(*chance.choice(self._old), clock_ms)

    def come(self, clock_ms: int) -> Iterator[tuple[str, str, bytes]]:
        """What has come by now: sender, receiver, bytes; in the order in which it comes."""
        while self._under_way and self._under_way[0][0] <= clock_ms:
            _, number, sender, receiver, raw = heapq.heappop(self._under_way)
            newest = self._newest.get((sender, receiver), -1)
            self.disturbed["overtaken"] += number < newest
            self._newest[sender, receiver] = max(newest, number)
            yield sender, receiver, raw

    def _put(self, sender: str, receiver: str, raw: bytes, clock_ms: int) -> None:
        due_ms = clock_ms + self._chance.randint(*self.weather.delay_ms)
        heapq.heappush(self._under_way, (due_ms, next(self._numbers), sender, receiver, raw))

    def _perhaps_changed(self, raw: bytes) -> bytes:
        """The same, or cut short, or with a bit turned, or with a piece of an older one in it."""
        chance = self._chance
        if chance.random() >= self.weather.changed:
            return raw
        at = chance.randrange(len(raw))
        match chance.randrange(3):
            case 0:
                return raw[:at]
            case 1:
                return raw[:at] + bytes([raw[at] ^ 1 << chance.randrange(8)]) + raw[at + 1 :]
            case _:
                other = chance.choice(self._old)[2]
                return raw[:at] + other[at : at + 64] + raw[at + 64 :]
