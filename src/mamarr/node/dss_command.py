"""`mamarr dss`: a DSS of ASTM F3548-21 and F3411-22a alone, without corridors, page or peers."""

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
from rich.console import Console

from mamarr.engine import Order
from mamarr.engine.restores import ConfirmRestore
from mamarr.faults import Refusal, Unavailable, present
from mamarr.names import Author, Mode
from mamarr.node import serving
from mamarr.node.dss_keys import key_set_in
from mamarr.node.dss_node import DssNode
from mamarr.node.folder_lock import held_alone
from mamarr.node.http_client import OutboundClient
from mamarr.node.key_file import is_encrypted, new_key, read_line, read_secret, signer_from, write_new
from mamarr.node.node_commands import IN_THE_CLEAR
from mamarr.node.pool import Pool
from mamarr.node.pool_forwarding import reachable
from mamarr.node.pool_opening import is_pooled, keyed, opened_pool
from mamarr.node.pool_store import PoolStore
from mamarr.node.runtime import Runtime, utc_now
from mamarr.node.serving import LOOPBACK, hosts, listening, serve
from mamarr.node.shadow import check_shadowed, shadow_of
from mamarr.node.wiring import refuse_foreign
from mamarr.node.witness_file import WitnessFile
from mamarr.record import MemoryStore, Signer, SqliteStore, Store
from mamarr.record.postgres_sessions import Address
from mamarr.web.access.key_sets import FetchedKeys, GivenKeys, KeysOf
from mamarr.web.access.oidc import origin_of
from mamarr.web.dss_app import dss_application
from mamarr.web.dss_calls import DssRules
from mamarr.web.dss_tokens import UssTokens
from mamarr.web.guard import Guard

PARTY, AUTHORITY = "dss", "DSS"  # whose node it is: nobody's but its own
AUDIENCES_MAX = 64  # chosen: the names of a pool's hosts
MEMORY = "memory:"
STORE_FORM = "sqlite:FILE, postgresql://USER@HOST/DATABASE or memory:"


def serve_dss(asked: "Asked") -> None:
    """Run a DSS as asked until told to stop. Raises Unavailable, ValueError."""
    serving.run(run(checked(asked), Console()))


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed. confirm_restore: the name of who confirms a record that was restored from a backup.

    key: file of the log's key; None: beside the record. instance_url: where other processes reach this one.
    shadow: the origin of another DSS, which answers, while this one is asked the same and compared.
    """

    public_keys: tuple[Path, ...]
    jwks: str | None
    audiences: tuple[str, ...]
    store: str
    port: int
    mode: str
    passphrase_file: Path | None
    pool_id: str
    allows_http: bool
    confirm_restore: str | None
    shadow: str | None = None
    key: Path | None = None
    instance_url: str | None = None


def checked(asked: Asked) -> Asked:
    """`asked`, if its parts fit together. ValueError says what does not."""
    if bool(asked.public_keys) == (asked.jwks is not None):
        raise ValueError("say whose tokens count: either --public-key FILE or --jwks URL")
    if asked.mode not in (Mode.LIVE, Mode.EXERCISE):
        raise ValueError(f"--mode {asked.mode!r}: LIVE or EXERCISE")
    if not 0 < len(asked.audiences) <= AUDIENCES_MAX:
        raise ValueError(f"say for which hosts tokens must be: --audience HOST, 1 to {AUDIENCES_MAX} times")
    for audience in asked.audiences:
        if not audience or not audience.isprintable() or any(letter in audience for letter in " /:@?#"):
            raise ValueError(
                f"--audience {audience!r}: a host's name alone, such as dss.example, without a port"
            )
    _check_record(asked)
    if asked.jwks is not None and not asked.allows_http and not asked.jwks.startswith("https://"):
        raise ValueError(f"--jwks {asked.jwks!r}: an https address; another needs --allow-http")
    if asked.shadow is not None:
        check_shadowed(asked.shadow, allows_http=asked.allows_http)
    return asked


def _check_record(asked: Asked) -> None:
    """ValueError when what is said of the record and its key does not fit together."""
    if is_pooled(asked.store):
        Address(asked.store)
        if asked.key is None:
            raise ValueError(
                "--store postgresql://…: --key FILE says where the key of its log is, which all processes of "
                "this DSS share; it is made with the record"
            )
        if asked.instance_url is not None:
            reachable(asked.instance_url)
        return
    if asked.instance_url is not None:
        raise ValueError("--instance-url: a record that is no PostgreSQL has one process")
    if record_of(asked.store) is None and (asked.key or asked.passphrase_file) is not None:
        raise ValueError("--key, --passphrase-file: a record in memory has a key that nobody keeps")


def record_of(store: str) -> Path | None:
    """The file of the record that `--store` says; None: in memory. ValueError when it says neither.

    A URL with three slashes has an absolute path, as other programs write it.
    """
    scheme, colon, rest = store.partition(":")
    if store == MEMORY:
        return None
    shown = f"{scheme[:20]}:…" if "@" in store else store[:70]  # what is misspelled may have a password
    if scheme != "sqlite" or not colon or not rest.strip("/"):
        raise ValueError(f"--store {shown!r}: {STORE_FORM}")
    if not rest.startswith("//"):
        return Path(rest)
    parts = urlsplit(store)
    if parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"--store {shown!r}: a file on this machine, such as sqlite:///srv/dss.sqlite")
    return Path(parts.path)


def new_origin(mode: str) -> str:
    """The name of a log that nobody has."""
    return f"dss-{secrets.token_hex(4)}/{mode}"


def key_of_record(record: Path, mode: str, key: Path | None, passphrase_file: Path | None) -> Path:
    """The file of the key of the log in `record`, made with it if it is not there. Raises Unavailable."""
    path = key or record.with_name(record.name + ".key")
    if not path.exists():
        if record.exists():
            raise Unavailable(
                f"{record} is there and its key {path} is not: a record goes on with its own key"
            )
        passphrase = None if passphrase_file is None else read_line(passphrase_file)
        write_new(path, new_key(new_origin(mode), passphrase)[0])
    return path


def signer_of(path: Path, mode: str, passphrase_file: Path | None) -> Signer:
    """The signer with the key in `path`, of a log in `mode`. Raises Unavailable."""
    words = read_secret(path).partition(b"\n")[0].decode("latin-1").split()
    origin = words[1] if len(words) > 1 else ""
    if not origin.endswith(f"/{mode}"):
        raise Unavailable(
            f"{path}: the key is for {origin or 'no log'}, and this is to be in {mode}: one record "
            "has one mode"
        )
    if passphrase_file is not None and not is_encrypted(path):
        raise Unavailable(f"{path}: a passphrase was given, but the key is in the clear")
    return signer_from(path, origin, None if passphrase_file is None else lambda: read_line(passphrase_file))


class Opened(NamedTuple):
    """The engine on its record. place: where that is; None: in memory. key: the file of its key."""

    runtime: Runtime
    signer: Signer
    place: str | None = None
    key: Path | None = None
    pool: Pool | None = None


@contextlib.contextmanager
def pooled(asked: Asked, port: int) -> Iterator[Opened]:
    """The engine on a record that several processes share. Raises Unavailable."""
    key, mode = present(asked.key, "it was checked"), asked.mode
    store = PoolStore(asked.store)
    with contextlib.closing(store):
        keyed(key, store, new_origin(mode), asked.passphrase_file)
        signer = signer_of(key, mode, asked.passphrase_file)
        runtime, pool = opened_pool(
            store,
            signer,
            key,
            party=PARTY,
            authority=AUTHORITY,
            mode=Mode(mode),
            origin=asked.instance_url or f"http://{LOOPBACK}:{port}",
        )
        yield Opened(runtime, signer, store.place, key, pool)


@contextlib.contextmanager
def opened(asked: Asked, port: int) -> Iterator[Opened]:
    """The engine on its record, held alone unless several processes share it. Raises Unavailable."""
    if is_pooled(asked.store):
        with pooled(asked, port) as shared:
            yield shared
        return
    record, key = record_of(asked.store), None
    with contextlib.ExitStack() as held:
        store: Store = MemoryStore()
        signer = Signer(new_origin(asked.mode), secrets.token_bytes(32))
        if record is not None:
            if not record.parent.is_dir():
                raise Unavailable(f"there is no folder {record.parent}")
            held.enter_context(held_alone(record.parent))
            key = key_of_record(record, asked.mode, asked.key, asked.passphrase_file)
            signer = signer_of(key, asked.mode, asked.passphrase_file)
            store = kept = SqliteStore(record)
            held.callback(kept.close)
            refuse_foreign(kept, signer.verifier, record)
        runtime = Runtime(
            store,
            signer,
            node_id=signer.verifier.name.partition("/")[0],
            party=PARTY,
            authority=AUTHORITY,
            mode=Mode(asked.mode),
            witness=None if record is None else WitnessFile(record),
        )
        yield Opened(runtime, signer, None if record is None else str(record), key)


async def run(asked: Asked, console: Console) -> None:
    """Serve until told to stop; the last line printed before that is `ready: ADDRESS`. Raises Unavailable."""
    client = (
        None
        if asked.jwks is None
        else OutboundClient(frozenset({origin_of(asked.jwks)}), allow_private=asked.allows_http)
    )
    keys: KeysOf = (
        GivenKeys(key_set_in(asked.public_keys))
        if client is None or asked.jwks is None
        else FetchedKeys(asked.jwks, client)
    )
    with contextlib.ExitStack() as held:
        listener = listening(asked.port)
        held.callback(listener.close)
        port = int(listener.getsockname()[1])
        made = held.enter_context(opened(asked, port))
        runtime, pool = made.runtime, made.pool
        names = {f"{audience}{at}" for audience in asked.audiences for at in ("", f":{port}")}
        if asked.instance_url is not None:
            names.add(urlsplit(asked.instance_url).netloc)
        dss = dss_application(
            DssNode(runtime),
            tokens=UssTokens(keys, audiences=asked.audiences),
            rules=DssRules(pool_id=asked.pool_id or runtime.node_id, allows_http=asked.allows_http),
            hosts=hosts(port) | names,
            pool=pool,
        )

        shadow = None if asked.shadow is None else shadow_of(asked.shadow, dss, port, console)
        app = dss if shadow is None else Guard(shadow, hosts=hosts(port) | names)

        async def ready() -> None:
            await keys.refresh(utc_now(), is_wanted=True)
            restored = await confirmed(runtime, asked.confirm_restore)
            _greet(asked, made, keys, restored, console)
            console.print(f"ready: http://127.0.0.1:{port}/", soft_wrap=True, markup=False, highlight=False)

        try:
            await serve(app, runtime, listener, ready=ready, parts=[each for each in (pool, shadow) if each])
        finally:
            if client is not None:
                await client.close()


async def confirmed(runtime: Runtime, person: str | None) -> str:
    """Let `person` confirm a restored record; what is to be said about it, or an empty text."""
    if runtime.set_back is None or not runtime.is_read_only():
        return "" if person is None else "The record was not restored: there was nothing to confirm."
    if person is None:
        return (
            f"READ-ONLY ({runtime.set_back}): this record was restored or copied: what was written later "
            "may be lost. Nothing is decided until --confirm-restore NAME says who takes it as it is."
        )
    author = Author(party=PARTY, node=runtime.node_id, person=person)
    order = Order(command_id=runtime.new_command_id(), author=author, command=ConfirmRestore())
    answer = await runtime.submit(order)
    if isinstance(answer.outcome, Refusal):
        raise Unavailable(f"the restored record could not be confirmed: {answer.outcome.reason}")
    return f"The restored record goes on as it is, confirmed by {person}."


def _greet(asked: Asked, made: Opened, keys: KeysOf, restored: str, console: Console) -> None:
    runtime = made.runtime

    def say(line: str, style: str | None = None) -> None:
        console.print(line, style=style, soft_wrap=True, markup=False, highlight=False)

    say(
        f"{runtime.mode}  DSS {runtime.node_id}, ASTM F3548-21 and F3411-22a. What USSs write is known, not "
        "admitted. An advisory aid, not certified equipment.",
        "bold",
    )
    if made.place is None:
        say("record: IN MEMORY. It is gone when this ends; --store sqlite:FILE keeps it.", "red")
    else:
        say(f"record: {made.place}, {runtime.log.size} entries at the start")
        if asked.passphrase_file is None:
            say(IN_THE_CLEAR.format(path=made.key), "red")
    if made.pool is not None:
        say(f"one of the processes that are this DSS; at the start {made.pool.said()}")
    if asked.shadow is not None:
        say(f"SHADOW of {asked.shadow}: that DSS answers; this one is asked the same; what differs is told")
    if asked.allows_http:
        say("http addresses of USSs are taken: for tests and closed networks alone.", "red")
    if restored:
        say(restored, "red")
    say(f"public key: {made.signer.verifier.text()}")
    if not keys.keys():
        say(f"no keys yet from {asked.jwks}: every token is refused until it answers", "red")
    say(f"tokens: for {', '.join(asked.audiences)}")
    say(f"started: {utc_now():%Y-%m-%dT%H:%M:%SZ}")
