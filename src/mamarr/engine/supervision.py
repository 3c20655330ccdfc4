"""The node's side of the watch, without process, socket and clock: what is told, wished, waited for.

One process watches at a time. It is told what to look for, says one turn a cycle, and is told what changed
when the wishes of that turn are answered. If it dies, another is told everything anew, a bounded number of
times; admission goes on whatever happens here.
"""

from collections.abc import Callable, Iterator, Sequence

from mamarr.engine import cycle
from mamarr.engine.keeper import Keeper
from mamarr.engine.orders import Order
from mamarr.engine.tickets import Ticket
from mamarr.engine.watcher import Follow, Play, Setup, ToLive, Turn
from mamarr.names import Author
from mamarr.surveillance import Block, Feed

SILENT_S = 10.0  # chosen: a process without a turn for so long hangs; its picture said DOWN long before
START_S = 60.0  # chosen: the first turn may have to compile
RESTARTS_MAX = 5  # chosen: a fault that comes back each time is not cured by trying
RESTART_WAIT_S = 0.2  # chosen: doubled with each restart
SOUND_AFTER_S = 60.0  # chosen: a process that ran for so long counts as sound, and restarts anew


class Supervision:
    """The watch of the node whose record `keeper` keeps. feeds: all that may speak. secret: of `Setup`.

    block: what the process that watches saw last. restarts_count: since one ran for SOUND_AFTER_S.
    """

    def __init__(self, keeper: Keeper, feeds: Sequence[Feed], secret: bytes) -> None:
        self._keeper = keeper
        self._setup = Setup(feeds=tuple(feeds), secret=secret)
        self._plays: dict[str, Play] = {}
        self._following = cycle.Following()
        self._wished: tuple[Ticket, ...] = ()
        self.block: Block | None = None
        self.patience_s = START_S  # how long the next turn may take
        self.restarts_count = 0

    def play(self, play: Play) -> None:
        """Replay a recording as a feed; a process that is started later goes on with it."""
        self._plays[play.feed_id] = play

    def begun(self) -> tuple[ToLive, ...]:
        """A process was started: what it is told before it is told what to look for. It knows nothing yet."""
        self._following, self.patience_s = cycle.Following(), START_S
        return (self._setup, *self._plays.values())

    def news(self, now_ms: int) -> Iterator[Follow | None]:
        """What the process is told now; None: nothing yet, whoever waits may be served before the next."""
        projection = self._keeper.decider.projection
        for part in self._following.news(projection, now_ms):
            yield Follow(news=part, held=()) if part.added or part.gone else None
        yield Follow(news=cycle.News(), held=cycle.held(projection))

    def heard(self, said: Turn, command_id: Callable[[], str]) -> tuple[Ticket, ...]:
        """Take in what the process says, and ask what that asks of the log; what is asked now.

        Nothing while what was asked before is not answered, so that none is asked for twice at once; what
        still holds then is said again with the next turn. command_id: one that nobody used, at each call.
        """
        self.block, self.patience_s = said.block, SILENT_S
        if self._keeper.is_read_only or self.is_waiting:
            return ()
        projection = self._keeper.decider.projection
        author = Author(party=projection.party, node=self._keeper.log.node, rule=cycle.RULE)
        wishes = cycle.wishes(projection, self._following, said.standing, said.over)
        self._wished = self._keeper.offer_all(
            Order(command_id=command_id(), author=author, command=command) for command in wishes
        )
        return self._wished

    @property
    def is_waiting(self) -> bool:
        """Whether some wish is not answered yet."""
        return self._keeper.is_asked(self._wished)

    def ended(self, ran_s: float) -> float | None:
        """The process ended after so long: when to start the next, in seconds; None: never again."""
        if ran_s > SOUND_AFTER_S:
            self.restarts_count = 0
        if self.restarts_count >= RESTARTS_MAX:
            return None
        wait_s: float = RESTART_WAIT_S * 2**self.restarts_count
        self.restarts_count += 1
        return wait_s
