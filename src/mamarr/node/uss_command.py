"""`mamarr uss`: a USS of ASTM F3548-21, and a DSS beside it in one process where its file says so.

The two are separate principals: our USS asks our DSS by HTTP, with a token, as it would any other.
"""

import contextlib
from pathlib import Path
from socket import socket
from urllib.parse import urlsplit

from rich.console import Console

from mamarr.node import serving, uss_config
from mamarr.node.dss_command import Asked, Opened, checked, confirmed, opened
from mamarr.node.dss_keys import key_set_in
from mamarr.node.dss_node import DssNode
from mamarr.node.http_client import OutboundClient
from mamarr.node.node_commands import IN_THE_CLEAR
from mamarr.node.runtime import utc_now
from mamarr.node.serving import hosts, listening, serve
from mamarr.node.uss_chores import Chores
from mamarr.node.uss_client import DSS_BYTES_MAX, DSS_S, OwnTokens, PeerClient
from mamarr.node.uss_closing import Closing, Constraints
from mamarr.node.uss_config import UssConfiguration
from mamarr.node.uss_conformance import Conformance
from mamarr.node.uss_desk import UssDesk
from mamarr.node.uss_dss import Dss, Peers
from mamarr.node.uss_flights import Flights
from mamarr.operations import Volume, volumes
from mamarr.web.access.key_sets import GivenKeys
from mamarr.web.access.oidc import origin_of
from mamarr.web.dss_app import dss_application
from mamarr.web.dss_calls import DssRules
from mamarr.web.dss_tokens import UssTokens
from mamarr.web.uss_app import uss_application, uss_routes
from mamarr.web.uss_calls import UssEngines


def serve_uss(path: Path, *, confirm_restore: str | None) -> None:
    """Run a USS as the file says until told to stop. Raises Unavailable, ValueError, WireError."""
    configuration = uss_config.read(path)
    serving.run(run(configuration, path.parent, Console(), confirm_restore=confirm_restore))


def asked_of(configuration: UssConfiguration, folder: Path, confirm_restore: str | None) -> Asked:
    """The same as `mamarr dss` is asked: a record, and whose tokens count. ValueError says what is wrong."""
    says = configuration.says
    return checked(
        Asked(
            public_keys=configuration.public_keys,
            jwks=None,
            audiences=says.tokens.audiences,
            store=configuration.store,
            port=says.node.port,
            mode=says.node.mode,
            passphrase_file=folder / says.node.passphrase_file if says.node.passphrase_file else None,
            pool_id="" if says.dss is None else says.dss.pool,
            allows_http=says.node.loopback_http,
            confirm_restore=confirm_restore,
            key=configuration.key,
            instance_url=says.node.instance_url or None,
        )
    )


async def run(
    configuration: UssConfiguration,
    folder: Path,
    console: Console,
    *,
    confirm_restore: str | None,
    listener: socket | None = None,
) -> None:
    """Serve until told to stop; the last line printed before that is `ready: ADDRESS`. Raises Unavailable.

    listener: where, if a socket is bound already.
    """
    asked, says = asked_of(configuration, folder, confirm_restore), configuration.says
    with contextlib.ExitStack() as held:
        listener = listener or listening(asked.port)
        held.callback(listener.close)
        port = int(listener.getsockname()[1])
        made = held.enter_context(opened(asked, port))
        runtime, pool = made.runtime, made.pool
        client = OutboundClient(
            frozenset({origin_of(says.uss.dss_url), origin_of(configuration.token_url)}),
            allow_private=says.node.loopback_http,
            reply_bytes_max=DSS_BYTES_MAX,
            total_s=DSS_S,
        )
        peer_client = PeerClient(allows_loopback=says.node.loopback_http)
        engines, chores = _parts(configuration, made, client, peer_client)
        tokens = UssTokens(GivenKeys(key_set_in(asked.public_keys)), audiences=asked.audiences)
        ours = hosts(port) | {f"{each}{at}" for each in asked.audiences for at in ("", f":{port}")}
        if asked.instance_url is not None:
            ours |= {urlsplit(asked.instance_url).netloc}
        has_tests = says.uss.test_interfaces
        if says.dss is None:
            app = uss_application(engines, tokens=tokens, has_tests=has_tests, hosts=ours, pool=pool)
        else:
            app = dss_application(
                DssNode(runtime),
                tokens=tokens,
                rules=DssRules(pool_id=asked.pool_id or runtime.node_id, allows_http=asked.allows_http),
                hosts=ours,
                beside=uss_routes(engines, tokens=tokens, has_tests=has_tests, pool=pool),
                pool=pool,
            )
        _warmed()

        async def ready() -> None:
            restored = await confirmed(runtime, asked.confirm_restore)
            _greet(configuration, made, restored, console)
            console.print(f"public key: {made.signer.verifier.text()}", soft_wrap=True, markup=False)
            console.print(f"ready: http://127.0.0.1:{port}/", soft_wrap=True, markup=False, highlight=False)

        try:
            parts = (chores,) if pool is None else (pool, chores)
            await serve(app, runtime, listener, ready=ready, parts=parts)
        finally:
            await client.close()
            await peer_client.close()


def _parts(
    configuration: UssConfiguration, made: Opened, client: OutboundClient, peer_client: PeerClient
) -> tuple[UssEngines, Chores]:
    uss, allows_http = configuration.says.uss, configuration.says.node.loopback_http
    own = OwnTokens(
        client,
        configuration.token_url,
        subject=uss.subject,
        secret=configuration.secret,
        now=utc_now,
    )
    dss = Dss(
        client,
        own,
        url=uss.dss_url,
        uss_base_url=uss.base_url,
        allows_http=allows_http,
        has_constraints=uss.constraints,
    )
    desk = UssDesk(
        made.runtime,
        dss,
        Peers(peer_client, own),
        own,
        shared_priorities=uss.shared_priorities,
        pool=made.pool,
    )
    constraints = Constraints(
        client, peer_client, own, url=uss.dss_url, uss_base_url=uss.base_url, allows_http=allows_http
    )
    closing, conformance = Closing(desk, constraints, subject=uss.subject), Conformance(desk)
    flights = Flights(desk, conformance, subject=uss.subject)
    engines = UssEngines(desk=desk, closing=closing, flights=flights)
    return engines, Chores(desk, closing, conformance, made.pool)


def _warmed() -> None:
    """Compile what tells volumes apart, or load it: no user waits for that."""
    bounds = {"altitude_lower_mm": 0, "altitude_upper_mm": 1, "time_start_us": 0, "time_end_us": 1}
    circle = Volume(corners=((0, 0),), radius_mm=1_000, **bounds)
    polygon = Volume(corners=((0, 0), (0, 9_000), (9_000, 0)), **bounds)
    volumes.any_meet((circle, polygon), (circle, polygon))


def _greet(
    configuration: UssConfiguration,
    made: Opened,
    restored: str,
    console: Console,
) -> None:
    runtime = made.runtime

    def say(line: str, style: str | None = None) -> None:
        console.print(line, style=style, soft_wrap=True, markup=False, highlight=False)

    says = configuration.says
    roles = "USS" if says.dss is None else "USS and DSS"
    say(
        f"{runtime.mode}  {roles} {runtime.node_id}, ASTM F3548-21. "
        "An advisory aid, not certified equipment.",
        "bold",
    )
    if made.place is None:
        say("record: IN MEMORY. It is gone when this ends, and what a DSS has of us stays there.", "red")
    else:
        say(f"record: {made.place}, {runtime.log.size} entries at the start")
    if made.pool is not None:
        say(f"one of the processes that are this {roles}; at the start {made.pool.said()}")
    if made.place is not None and not says.node.passphrase_file:
        say(IN_THE_CLEAR.format(path=made.key), "red")
    if says.node.loopback_http:
        say("USSs on this machine are asked, by http too: for tests alone.", "red")
    if says.uss.test_interfaces:
        say("InterUSS's test interfaces are open: who may use them flies as our users do.", "red")
    if restored:
        say(restored, "red")
    say(f"DSS: {says.uss.dss_url}; other USSs reach ours at {says.uss.base_url}")
    say(f"tokens: for {', '.join(says.tokens.audiences)}")
    say(f"started: {utc_now():%Y-%m-%dT%H:%M:%SZ}")
