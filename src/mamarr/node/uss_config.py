"""What a USS is told: one TOML file. Secrets are named, by environment variables, and never inside."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from mamarr.faults import Unavailable, WireError
from mamarr.interop.f3548.reading import URL
from mamarr.names import Mode
from mamarr.node.pool_opening import is_pooled

CONFIG_BYTES_MAX = 65_536  # chosen: many times what the file can say
PRIORITIES_MAX = 100  # chosen: a regulator names a handful


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class NodeSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The process and its record."""

    port: Annotated[int, Meta(ge=0, le=65_535, description="On 127.0.0.1; 0 takes a free one.")] = 8082
    mode: Annotated[Mode, Meta(description='"LIVE" or "EXERCISE", for ever.')] = Mode.EXERCISE
    store: Annotated[
        str,
        Meta(description="Where the record is: sqlite:FILE, postgresql://USER@HOST/DATABASE or memory:"),
    ] = "memory:"
    store_from: Annotated[
        str, Meta(description="Environment variable that says it instead, where it is set.")
    ] = ""
    key_file: Annotated[
        str,
        Meta(description="With PostgreSQL: file of the log's key, which all processes share."),
    ] = ""
    key_file_from: Annotated[
        str, Meta(description="Environment variable with its path instead, where it is set.")
    ] = ""
    instance_url: Annotated[
        str, Meta(description="With PostgreSQL: where processes on other machines reach this one.")
    ] = ""
    passphrase_file: Annotated[
        str, Meta(description="File whose first line encrypts the record's key; mode 0600.")
    ] = ""
    loopback_http: Annotated[
        bool, Meta(description="Whether USSs and DSSs may be on this machine, by http: for tests alone.")
    ] = False


class TokensSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose tokens count here."""

    audiences: Annotated[
        tuple[str, ...], Meta(min_length=1, description="Names of our hosts that tokens must be for.")
    ]
    public_key_files: Annotated[
        tuple[str, ...], Meta(description="Public keys of the authority, PEM, from this file's folder.")
    ] = ()
    public_key_file_from: Annotated[
        str, Meta(description="Environment variable with the path of one more.")
    ] = ""


class DssSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where there is this table, the process is a DSS too."""

    pool: Annotated[str, Meta(description="What the pool is called; else as this instance.")] = ""


class UssSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who our USS is, and whom it asks."""

    base_url: Annotated[str, Meta(description="Address under which other USSs reach ours.")]
    dss_url: Annotated[str, Meta(description="Address of the DSS: any, ours too.")]
    token_url: Annotated[str, Meta(description="Where the authority issues tokens for our requests.")] = ""
    token_url_from: Annotated[
        str, Meta(description="Environment variable that says it instead, where it is set.")
    ] = ""
    subject: Annotated[str, Meta(description="As whom we ask for tokens.")] = ""
    secret_from: Annotated[
        str,
        Meta(
            description="Environment variable with our secret there, for OAuth 2.0's client credentials. "
            "Left out: the authority is asked by a GET, as InterUSS's is."
        ),
    ] = ""
    shared_priorities: Annotated[
        tuple[int, ...],
        Meta(
            max_length=PRIORITIES_MAX,
            description="Priorities at which the regulator lets intents of the same one meet.",
        ),
    ] = ()
    constraints: Annotated[
        bool, Meta(description="Whether our USS processes constraints: its users are told which they meet.")
    ] = False
    test_interfaces: Annotated[
        bool, Meta(description="Whether InterUSS's interfaces for automated tests are open.")
    ] = False


class Says(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    tokens: TokensSection
    uss: UssSection
    node: NodeSection = NodeSection()
    dss: DssSection | None = None


class UssConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """What the file says, and what the environment says in its stead.

    key: file of the log's key; None: beside the record, or in memory with it.
    """

    says: Says
    store: str
    key: Path | None
    public_keys: tuple[Path, ...]
    token_url: str
    secret: str | None

    def __repr__(self) -> str:
        """Without the secret."""
        return f"UssConfiguration({self.says!r})"


def read(path: Path, environment: Mapping[str, str] = os.environ) -> UssConfiguration:
    """The configuration in the file; WireError where it is none, Unavailable where it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(CONFIG_BYTES_MAX + 1)
    except OSError as wrong:
        raise Unavailable(f"{path}: {wrong.strerror}") from wrong
    if len(content) > CONFIG_BYTES_MAX:
        raise WireError(f"the file has more than {CONFIG_BYTES_MAX} bytes")
    try:
        says = msgspec.convert(tomllib.loads(content.decode()), Says)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise WireError(str(wrong), allowed="TOML in UTF-8") from wrong
    except msgspec.ValidationError as wrong:
        raise WireError(str(wrong)) from wrong
    node, uss = says.node, says.uss
    if node.mode is Mode.REPLAY:
        raise WireError("a USS is LIVE or EXERCISE", at="node.mode")
    token_url = environment.get(uss.token_url_from, "") if uss.token_url_from else ""
    for at, url in (
        ("uss.base_url", uss.base_url),
        ("uss.dss_url", uss.dss_url),
        ("uss.token_url", token_url or uss.token_url),
    ):
        _address(at, url, allows_http=node.loopback_http)
    store = (environment.get(node.store_from, "") if node.store_from else "") or node.store
    return UssConfiguration(
        says=says,
        store=store,
        key=_key(path.parent, node, environment) if is_pooled(store) else None,
        public_keys=_public_keys(path.parent, says.tokens, environment),
        token_url=token_url or uss.token_url,
        secret=_named("uss.secret_from", uss.secret_from, environment) if uss.secret_from else None,
    )


def _key(folder: Path, node: NodeSection, environment: Mapping[str, str]) -> Path:
    """The file of the key that the processes over one database share."""
    said = environment.get(node.key_file_from, "") if node.key_file_from else ""
    if said:
        return Path(said)
    if not node.key_file:
        raise WireError(
            "a record in PostgreSQL needs a file for the key of its log, which all its processes share; "
            "it is made with the record",
            at="node.key_file",
        )
    return folder / node.key_file


def _public_keys(folder: Path, tokens: TokensSection, environment: Mapping[str, str]) -> tuple[Path, ...]:
    found = [folder / each for each in tokens.public_key_files]
    if tokens.public_key_file_from:
        name = tokens.public_key_file_from
        found.append(Path(_named("tokens.public_key_file_from", name, environment)))
    if not found:
        raise WireError("there is no public key of who issues tokens", at="tokens.public_key_files")
    return tuple(found)


def _named(at: str, name: str, environment: Mapping[str, str]) -> str:
    value = environment.get(name, "")
    if not value:
        raise WireError(f"the environment variable {name} is not set", at=at)
    return value


def _address(at: str, url: str, *, allows_http: bool) -> None:
    found = URL.fullmatch(url)
    if found is None or "?" in url or url.endswith("/") or urlsplit(url).username is not None:
        raise WireError("this is no address", at=at, allowed="such as https://uss.example, no slash last")
    if found["scheme"] == "http" and not allows_http:
        raise WireError("an http address needs node.loopback_http", at=at, allowed="an https address")
