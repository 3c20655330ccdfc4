"""`mamarr serve`: a node as its configuration says. Never with the demo's issuer of tokens (THREATS 19)."""

import contextlib
import secrets
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from mamarr.faults import Unavailable, WireError
from mamarr.node.accounts_file import FILE as ACCOUNTS
from mamarr.node.accounts_file import AccountsFile
from mamarr.node.bridge import Bridge
from mamarr.node.config import BridgeSection, Configuration, IssuerSection, OidcSection, address_and_port
from mamarr.node.control import Control
from mamarr.node.drone_looks import DroneLooks
from mamarr.node.folder_lock import held_alone
from mamarr.node.http_client import OutboundClient
from mamarr.node.key_file import read_line
from mamarr.node.link_key import LinkKey
from mamarr.node.links import Links, bound
from mamarr.node.people import people_at
from mamarr.node.runtime import Runtime, utc_now
from mamarr.node.serving import Part, hosts, listening, serve
from mamarr.node.uss_client import DSS_BYTES_MAX, OwnTokens
from mamarr.node.warming import warmed
from mamarr.node.witness_file import WitnessFile
from mamarr.record import Damaged, Signer, SqliteStore, Store, Verifier, key_of
from mamarr.web import Issuer, Sessions, TokenChecker, application
from mamarr.web.access.key_sets import KEY_SET_BYTES_MAX, usable
from mamarr.web.access.oidc import OidcSignIn, Provider, origin_of
from mamarr.web.access_routes import OIDC_BACK

RECORD = "record.sqlite"
LINK_SECRET = b"mamarr link secret 1\n"  # no checkpoint begins like this

# What runs beside the engine while the node serves, such as the process that follows what is seen: put it
# here. Each is started before the first request is answered, and stopped after the last, the newest first.
PARTS: tuple[Part, ...] = ()


async def run(
    configuration: Configuration,
    signer: Signer,
    console: Console,
    *,
    link_key: LinkKey | None = None,
    parts: Sequence[Part] = PARTS,
) -> None:
    """Serve until told to stop; the last line printed before that is `ready: ADDRESS`.

    link_key: with which the node speaks to others; without it, it speaks to none.

    Raises Unavailable, and WireError for a file that the configuration names and that is wrong.
    """
    says = configuration.says
    with contextlib.ExitStack() as held:
        if not configuration.data.is_dir():
            raise Unavailable(f"there is no folder {configuration.data}: `mamarr init` makes one")
        held.enter_context(held_alone(configuration.data))
        issuers = [_issuer(section, configuration, f"issuers[{n}]") for n, section in enumerate(says.issuers)]
        listener = listening(says.listen.port)
        held.callback(listener.close)
        port = int(listener.getsockname()[1])
        page = says.listen.page or f"http://localhost:{port}"
        client = OutboundClient(origins(configuration))
        node, oidc = says.node, None
        if says.oidc is not None:
            provider = _provider(says.oidc, configuration, page)
            oidc = OidcSignIn(provider, client, lambda: secrets.token_urlsafe(32))
        runtime = held.enter_context(opened(configuration, signer))
        accounts = AccountsFile(configuration.data / ACCOUNTS)
        held.callback(accounts.close)
        app = application(
            runtime,
            sessions=Sessions(lambda: secrets.token_urlsafe(32)),
            tokens=TokenChecker(issuers, mode=node.mode, client=client),
            people=people_at(port, accounts, node_id=node.id, mode=node.mode, oidc=oidc, page=page),
            hosts=hosts(port) | {page.partition("://")[2]},
        )

        links = _links(configuration, signer, link_key, held)
        bridge = () if says.bridge is None else _bridge(says.bridge, configuration)
        warmed(console.print)

        async def ready() -> None:
            _greet(configuration, runtime, signer, page, console)

        try:
            await serve(
                app,
                runtime,
                listener,
                ready=ready,
                parts=(*parts, *links, *bridge),
                connections_max=says.limits.connections_max,
                stop_s=says.limits.stop_s,
                behind_proxy=page.startswith("https://"),
            )
        finally:
            await client.close()


def _links(
    configuration: Configuration, signer: Signer, key: LinkKey | None, held: contextlib.ExitStack
) -> tuple[Part, ...]:
    """The lines to other nodes, and the door for the persons who join them."""
    if key is None:
        return ()
    at, listener = address_and_port(configuration.says.links.listen), None
    if at is not None:
        listener = bound(*at)
        held.callback(listener.close)
    # The same for as long as the record lasts, and told to nobody: what is made of it need not be stored.
    secret = sha256(signer.sign(LINK_SECRET)).digest()
    return Links(key, log_secret=secret, listener=listener), Control(configuration.data, key)


def _bridge(section: BridgeSection, configuration: Configuration) -> tuple[Part, Part]:
    """What tells this authority's USS which sky it closes for drones, and what asks it what they plan."""
    told, asked = (_to_uss(section, configuration) for _ in range(2))
    corridors, areas = section.corridors, section.areas
    return (
        Bridge(*told, url=section.uss_url, corridors_when=corridors, areas=areas),
        DroneLooks(
            *asked, url=section.uss_url, corridors=corridors, areas=areas, is_on=section.looks_at_drones
        ),
    )


def _to_uss(section: BridgeSection, configuration: Configuration) -> tuple[OutboundClient, OwnTokens]:
    client = OutboundClient(
        frozenset({origin_of(section.uss_url), origin_of(section.token_url)}),
        allow_private=True,  # both are this authority's own, and named by it
        reply_bytes_max=DSS_BYTES_MAX,
    )
    secret = section.secret_file
    return client, OwnTokens(
        client,
        section.token_url,
        subject=section.subject,
        secret=None if secret is None else read_line(configuration.file(secret)),
        now=utc_now,
    )


def origins(configuration: Configuration) -> frozenset[str]:
    """Where the node may send requests: to the issuers of its configuration and nowhere else (THREATS 21)."""
    says = configuration.says
    found = {origin_of(issuer.keys_url) for issuer in says.issuers if issuer.keys_url is not None}
    if says.oidc is not None:
        found |= {origin_of(says.oidc.issuer), *says.oidc.origins}
    return frozenset(found)


@contextlib.contextmanager
def opened(configuration: Configuration, signer: Signer) -> Iterator[Runtime]:
    """The engine of the node on its record, whose folder must be held. Raises Unavailable."""
    record = configuration.data / RECORD
    store = SqliteStore(record)
    try:
        refuse_foreign(store, signer.verifier, record)
        node = configuration.says.node
        yield Runtime(
            store,
            signer,
            node_id=node.id,
            party=node.party,
            authority=node.authority,
            mode=node.mode,
            witness=WitnessFile(record),
        )
    finally:
        store.close()


def refuse_foreign(store: Store, verifier: Verifier, record: object) -> None:
    """Raise Unavailable if the log in `store` has begun under another origin or key than `verifier`'s."""
    try:
        if store.size() == 0:
            return
        found = key_of(store)
    except (Damaged, ValueError) as damaged:
        raise Unavailable(
            f"{record}: the record is damaged: {damaged}; `mamarr audit` says where"
        ) from damaged
    if found.name != verifier.name:
        raise Unavailable(
            f"{record} is the record of {found.name}, the configuration says {verifier.name}: "
            "one record has one node and one mode"
        )
    if found != verifier:
        raise Unavailable(
            f"{record} was begun with the key {found.key_id().hex()}, the configuration's is "
            f"{verifier.key_id().hex()}: a record goes on with its own key"
        )


def _issuer(section: IssuerSection, configuration: Configuration, place: str) -> Issuer:
    return Issuer(
        issuer=section.issuer,
        audience=section.audience,
        mode=section.mode,
        says_mode=section.says_mode,
        keys=None if section.keys_file is None else _key_set(configuration.file(section.keys_file), place),
        keys_url=section.keys_url,
        parties=section.parties,
        party_claim=section.party_claim,
        scope_claim=section.scope_claim,
    )


def _key_set(path: Path, place: str) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(KEY_SET_BYTES_MAX + 1)
        found = msgspec.json.decode(content, type=dict[str, Any])
        usable(found)
    except OSError as wrong:
        raise Unavailable(f"{path}: {wrong.strerror}") from wrong
    except (ValueError, RecursionError) as wrong:
        allowed = "a JWK set with keys of Ed25519, P-256 or RSA from 2048 bit"
        raise WireError(f"{path}: {wrong}", at=f"{place}.keys_file", allowed=allowed) from wrong
    return found


def _provider(section: OidcSection, configuration: Configuration, page: str) -> Provider:
    issuer = Issuer(
        issuer=section.issuer,
        audience=section.client_id,
        mode=section.mode,
        keys_url=section.issuer,  # an issuer needs one; the provider's own document says where they are
        parties=section.parties,
        party_claim=section.party_claim,
        scope_claim=section.scope_claim,
    )
    secret = section.client_secret_file
    return Provider(
        issuer=issuer,
        name=section.name,
        back=page + OIDC_BACK,
        client_secret=None if secret is None else read_line(configuration.file(secret)),
        origins=frozenset(section.origins),
        wanted=section.wanted,
        scopes=section.scopes,
    )


def _greet(
    configuration: Configuration, runtime: Runtime, signer: Signer, page: str, console: Console
) -> None:
    def say(line: str, style: str | None = None) -> None:
        console.print(line, style=style, soft_wrap=True, markup=False, highlight=False)

    node = configuration.says.node
    say(f"{node.mode}  node {node.id}, {node.authority}. An advisory aid, not certified equipment.", "bold")
    if runtime.set_back is not None:
        say(
            f"READ-ONLY ({runtime.set_back}): this record was restored or copied. Nothing is decided until a "
            "person of this node's party confirms it on the page.",
            "red",
        )
    say(f"record: {configuration.data / RECORD}, {runtime.log.size} entries at the start")
    say(f"public key: {signer.verifier.text()}")
    lines = runtime.lines()
    if lines.listening:
        say(f"links: other nodes that are known may dial {lines.listening}")
    say(f"started: {utc_now():%Y-%m-%dT%H:%M:%SZ}")
    say(f"ready: {page}/")
