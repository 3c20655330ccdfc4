"""The node of `benchmarks.http`: the real engine, record and web, without the demo's story."""

import sys
from pathlib import Path

from mamarr.names import Mode
from mamarr.node.accounts_file import FILE, AccountsFile
from mamarr.node.development_issuer import DevelopmentIssuer
from mamarr.node.people import people_at
from mamarr.node.runtime import Runtime, utc_now
from mamarr.node.serving import hosts, listening, run, serve
from mamarr.node.warming import warm
from mamarr.record import Signer, SqliteStore
from mamarr.web import Sessions, TokenChecker, application
from mamarr.web.access import Scope


def serve_node(folder: Path, *, node_id: str, party: str) -> None:
    """Serve until told to end; the first line printed is the port and a token."""
    listener = listening(0)
    port = int(listener.getsockname()[1])
    store = SqliteStore(folder / "record.sqlite")
    signer = Signer(f"{node_id}/{Mode.EXERCISE}", bytes(32))
    runtime = Runtime(store, signer, node_id=node_id, party=party, authority="Measured", mode=Mode.EXERCISE)
    issuer = DevelopmentIssuer(node_id)
    accounts = AccountsFile(folder / FILE)
    app = application(
        runtime,
        sessions=Sessions(lambda: "never-used"),
        tokens=TokenChecker([issuer.trusted()], mode=Mode.EXERCISE),
        people=people_at(port, accounts, node_id=node_id, mode=Mode.EXERCISE),
        hosts=hosts(port),
    )
    token = issuer.token(party, tuple(Scope), now=utc_now())

    async def ready() -> None:
        sys.stdout.write(f"{port} {token}\n")
        sys.stdout.flush()

    warm()  # as a node does before anybody waits for an answer
    run(serve(app, runtime, listener, ready=ready))
