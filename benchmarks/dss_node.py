"""The DSS of `benchmarks.dss`: what `mamarr dss` serves, with a record that was filled before, in process."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import dss_intents
from benchmarks.measuring import progress
from mamarr.discovery.forms import RULE
from mamarr.engine import Order
from mamarr.faults import Refusal
from mamarr.interop.f3548 import reading
from mamarr.names import Author
from mamarr.node import collecting, serving
from mamarr.node.dss_command import PARTY, Asked, opened
from mamarr.node.dss_keys import key_set_in
from mamarr.node.dss_node import DssNode
from mamarr.node.runtime import Runtime
from mamarr.web.access.key_sets import GivenKeys
from mamarr.web.dss_app import dss_application
from mamarr.web.dss_calls import DssRules
from mamarr.web.dss_tokens import UssTokens

AT_ONCE = 512  # one group commit
MANAGERS = 10
KIND = 7  # of the ids of what is filled in
TOLD_EVERY = 100_000


def filled(runtime: Runtime, node: DssNode, live: int, begin: datetime) -> None:
    """Have `live` intents decided and written as HTTP would have it, read from their bodies too."""
    keeper, places = runtime.keeper, max(1, live // dss_intents.AT_A_PLACE)
    keeper.begin(runtime.now())
    author = Author(party=PARTY, node=runtime.node_id, rule=RULE)
    for first in range(0, live, AT_ONCE):
        for number in range(first, min(live, first + AT_ONCE)):
            drawn = reading.Drawn(
                manager=f"uss-live-{number % MANAGERS}", version=node.new_version(), uuid=node.new_uuid()
            )
            ask = reading.intent(
                dss_intents.entity(KIND, number),
                None,
                dss_intents.body(dss_intents.spread(number, places, begin)),
                drawn,
                may_be_off_nominal=False,
                allows_http=False,
            )
            keeper.offer(Order(command_id=runtime.new_command_id(), author=author, command=ask))
        while keeper.has_work:
            work, _ = keeper.turn(runtime.now())
            if work is None:
                continue
            for _, answer in keeper.written(keeper.write(work)):
                if isinstance(answer.outcome, Refusal):
                    raise SystemExit(f"an intent was refused: {answer.outcome}")
        if first % TOLD_EVERY < AT_ONCE and first:
            progress(f"{first} intents are live")


def serve_node(folder: Path, public_key: Path, live: int, begin_s: int) -> None:
    """Serve until told to end; the first line printed is the port and the seconds that the filling took."""
    asked = Asked(
        public_keys=(public_key,),
        jwks=None,
        audiences=("127.0.0.1",),
        store=f"sqlite:{folder / 'record.sqlite'}",
        port=0,
        mode="EXERCISE",
        passphrase_file=None,
        pool_id="",
        allows_http=False,
        confirm_restore=None,
    )
    listener = serving.listening(0)
    port = int(listener.getsockname()[1])
    with opened(asked, port) as made:
        runtime = made.runtime
        node, begun_s = DssNode(runtime), time.perf_counter()
        with collecting.still():
            filled(runtime, node, live, datetime.fromtimestamp(begin_s, UTC))
        taken_s = time.perf_counter() - begun_s
        app = dss_application(
            node,
            tokens=UssTokens(GivenKeys(key_set_in(asked.public_keys)), audiences=asked.audiences),
            rules=DssRules(pool_id="pool"),
            hosts=serving.hosts(port),
        )

        async def ready() -> None:
            sys.stdout.write(f"{port} {taken_s:.1f}\n")
            sys.stdout.flush()

        serving.run(serving.serve(app, runtime, listener, ready=ready))
