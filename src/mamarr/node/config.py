"""The configuration of a node: one TOML file, each key with its meaning. Secrets are named, never inside."""

import difflib
import ipaddress
import re
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from mamarr.engine.bridged import When
from mamarr.faults import Unavailable, WireError
from mamarr.names import FREE_TEXT, PARTY_ID, Mode
from mamarr.web.access.callers import Scope
from mamarr.web.access.oidc import origin_of

FILE = "mamarr.toml"
CONFIG_BYTES_MAX = 262_144  # chosen: 64 issuers with long lists of parties, many times over
LOOPBACK = "127.0.0.1"
NOT_LOOPBACK = (
    "the page is served on 127.0.0.1 alone: other addresses need https, which it does not speak yet; "
    "use a tunnel or a proxy on this machine, and say the page's address in listen.page"
)
DEVELOPMENT_ISSUER = "mamarr-development-issuer"  # THREATS 19: of the demo; a test holds it to the issuer's
ID_FORM = "2 to 32 small letters, digits and hyphens, a letter first, no hyphen last"
TEXT_FORM = "1 to 200 characters without control characters"
ADDRESS_AND_PORT = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<v4>[0-9.]+)):(?P<port>[0-9]{1,5})")
MODES = (Mode.LIVE, Mode.EXERCISE)  # REPLAY reads a record and writes none


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class NodeSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who the node is. Nothing here may change once the record has begun."""

    id: Annotated[str, Meta(description=f"Name of the node, signed into every head: {ID_FORM}.")]
    party: Annotated[str, Meta(description=f"Id of the party whose node this is: {ID_FORM}.")]
    authority: Annotated[str, Meta(description=f"What people call that authority: {TEXT_FORM}.")]
    mode: Annotated[Mode, Meta(description='"LIVE" or "EXERCISE". One node, one record, one mode.')]
    data: Annotated[str, Meta(description="Folder of record and accounts, from this file's folder.")] = "data"
    key_file: Annotated[
        str, Meta(description="File of the signing key, made by `mamarr init`; mode 0600.")
    ] = "signing-key.pem"


class ListenSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the node answers."""

    address: Annotated[str, Meta(description=f'"{LOOPBACK}", and nothing else yet.')] = LOOPBACK
    port: Annotated[int, Meta(description="Port, 1 to 65535; 0 takes a free one at each start.")] = 8080
    page: Annotated[
        str,
        Meta(
            description="Address people open: http://localhost:PORT, or https://NAME where a proxy on this "
            "machine speaks https for it. Passkeys hold for that name. Empty: http://localhost and the port."
        ),
    ] = ""


class IssuerSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose tokens programs may bring; one table for each issuer."""

    issuer: Annotated[
        str, Meta(description="The claim `iss`, compared exactly.", examples=["https://tokens.example"])
    ]
    audience: Annotated[
        str, Meta(description="The claim `aud`, compared exactly; best the node id.", examples=["north-1"])
    ]
    mode: Annotated[Mode, Meta(description="Mode its tokens are for: the node's.", examples=["EXERCISE"])]
    parties: Annotated[
        tuple[str, ...],
        Meta(description="Ids of the parties it may speak for, at least one.", examples=[["north"]]),
    ]
    keys_file: Annotated[
        str | None,
        Meta(
            description="File of its public keys, a JWK set; or else keys_url.", examples=["tokens.jwks.json"]
        ),
    ] = None
    keys_url: Annotated[
        str | None, Meta(description="https address of its public keys, a JWK set; or else keys_file.")
    ] = None
    party_claim: Annotated[str, Meta(description="Name of the claim that holds the party.")] = "party"
    scope_claim: Annotated[str, Meta(description="Name of the claim that holds the scopes.")] = "scope"
    says_mode: Annotated[
        bool,
        Meta(
            description="Whether its tokens must carry the claim `mode`. One that does must say the node's."
        ),
    ] = False


class OidcSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The OpenID provider at which people sign in; leave the table out for local accounts alone."""

    issuer: Annotated[
        str,
        Meta(description="https address of the provider, its `iss`.", examples=["https://identity.example"]),
    ]
    client_id: Annotated[
        str, Meta(description="What the node is registered as there.", examples=["mamarr-north"])
    ]
    name: Annotated[str, Meta(description="What people call the provider.", examples=["Identity of North"])]
    mode: Annotated[Mode, Meta(description="Mode its people are for: the node's.", examples=["EXERCISE"])]
    parties: Annotated[
        tuple[str, ...],
        Meta(description="Ids of the parties it may speak for, at least one.", examples=[["north"]]),
    ]
    client_secret_file: Annotated[
        str | None,
        Meta(
            description="File of the client's secret; mode 0600. Left out: a public client.",
            examples=["client-secret"],
        ),
    ] = None
    party_claim: Annotated[str, Meta(description="Name of the claim that holds the party.")] = "party"
    scope_claim: Annotated[
        str, Meta(description="Name of the claim that holds the scopes, or words of the provider's.")
    ] = "scope"
    scopes: Annotated[
        dict[str, tuple[Scope, ...]],
        Meta(
            description="Scopes for each of the provider's words. Empty: its words are the scopes. Otherwise "
            "a word that is not here gives nothing.",
            examples=[{"duty-officers": ["mamarr.read", "mamarr.reserve"]}],
        ),
    ] = {}
    origins: Annotated[
        tuple[str, ...], Meta(description="Further https origins of its endpoints, exactly.")
    ] = ()
    wanted: Annotated[str, Meta(description="OpenID scopes asked for.")] = "openid profile"


class LimitsSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the node takes at most."""

    connections_max: Annotated[
        int, Meta(description="Connections at a time, 10 to 100000; more are answered 503.")
    ] = 1_000
    stop_s: Annotated[int, Meta(description="Seconds open requests may take to end at a stop, 1 to 60.")] = 5


class LinksSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The lines to other nodes, which `mamarr peer` joins."""

    listen: Annotated[
        str,
        Meta(
            description="Address and port at which other nodes may dial this one, such as 127.0.0.1:8843 or "
            "[::1]:8843; TLS 1.3, and only for those whose certificate is known. Empty: this node only dials."
        ),
    ] = ""
    key_file: Annotated[
        str, Meta(description="File of the links' key, made by `mamarr init`; mode 0600.")
    ] = "link-key.pem"
    certificate_file: Annotated[str, Meta(description="File of its certificate, which is no secret.")] = (
        "link-certificate.pem"
    )


class BridgeSection(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What drones are told of crewed traffic, by this authority's own USS (`mamarr uss`); else nothing is."""

    uss_url: Annotated[
        str,
        Meta(
            description="Address of that USS: https, or http on this machine.",
            examples=["https://uss.example"],
        ),
    ]
    token_url: Annotated[
        str,
        Meta(
            description="Where tokens are issued that it takes: https, or http on this machine.",
            examples=["https://tokens.example/token"],
        ),
    ]
    subject: Annotated[
        str, Meta(description="The name of the USS, for which they are issued.", examples=["uss-north"])
    ]
    secret_file: Annotated[
        str | None,
        Meta(
            description="File of the secret for them, mode 0600. Left out: they are issued to anybody.",
            examples=["bridge-secret"],
        ),
    ] = None
    corridors: Annotated[
        dict[str, When],
        Meta(
            description="Ids of corridors, each ALWAYS (in all its windows) or PLANNED (where flights are "
            "planned; a state flight is then never told alone).",
            examples=[{"HELI-1": "ALWAYS"}],
        ),
    ] = {}
    areas: Annotated[
        tuple[str, ...], Meta(description="Ids of areas. Reservations and moving areas are never told.")
    ] = ()
    looks_at_drones: Annotated[
        bool,
        Meta(
            description="Whether what drones plan there is asked of the USS, and a flight that is planned "
            "where they are is refused."
        ),
    ] = False


class Sections(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    node: NodeSection
    listen: ListenSection = ListenSection()
    issuers: tuple[IssuerSection, ...] = ()
    oidc: OidcSection | None = None
    links: LinksSection = LinksSection()
    limits: LimitsSection = LimitsSection()
    bridge: BridgeSection | None = None


TABLES: dict[str, type[Section]] = {
    "node": NodeSection,
    "listen": ListenSection,
    "issuers": IssuerSection,
    "oidc": OidcSection,
    "links": LinksSection,
    "limits": LimitsSection,
    "bridge": BridgeSection,
}
OPTIONAL = {"issuers": "[[issuers]]", "oidc": "[oidc]", "bridge": "[bridge]"}  # written by `init` as comments


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """A checked configuration. path: of its file; other files are named from its folder."""

    path: Path
    says: Sections

    @property
    def origin(self) -> str:
        """The origin of the node's log."""
        return f"{self.says.node.id}/{self.says.node.mode}"

    @property
    def data(self) -> Path:
        """The folder of record and accounts."""
        return self.file(self.says.node.data)

    def file(self, name: str) -> Path:
        """The file or folder that the configuration names `name`."""
        return self.path.parent / name


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One key of the file, as a person reads of it. shown: its default or an example, as TOML."""

    table: str
    name: str
    description: str
    is_required: bool
    shown: str


def load(path: Path) -> Configuration:
    """The configuration in `path`. Unavailable when it cannot be read, WireError for what is wrong in it."""
    try:
        with path.open("rb") as file:
            content = file.read(CONFIG_BYTES_MAX + 1)
    except OSError as wrong:
        raise Unavailable(f"{path}: {wrong.strerror}") from wrong
    if len(content) > CONFIG_BYTES_MAX:
        raise WireError("the file is too large", allowed=f"{CONFIG_BYTES_MAX} bytes")
    try:
        return Configuration(path=path, says=read(content.decode()))
    except UnicodeDecodeError as wrong:
        raise WireError("the file is not UTF-8") from wrong


def read(text: str) -> Sections:
    """The configuration in `text`; WireError names the key and what is allowed."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise WireError(f"not TOML: {wrong}") from wrong
    _known(found)
    try:
        says = msgspec.convert(found, Sections)
    except msgspec.ValidationError as wrong:
        raise _told(str(wrong)) from wrong
    _check_node(says)
    _check_listen(says.listen)
    _check_links(says.links)
    for number, issuer in enumerate(says.issuers):
        _check_issuer(issuer, f"issuers[{number}]", says.node.mode)
    names = [issuer.issuer for issuer in says.issuers]
    for number, name in enumerate(names):
        _hold(name not in names[:number], f"issuers[{number}].issuer", f"{name!r} is there twice", "once")
    if says.oidc is not None:
        _check_oidc(says.oidc, says.node.mode)
    if says.bridge is not None:
        _check_bridge(says.bridge)
    return says


def every_key() -> Iterator[Key]:
    """Every key there is, in the order of the file."""
    for table, kind in TABLES.items():
        for field in msgspec.structs.fields(kind):
            meta = field.type.__metadata__[0]
            default = field.default
            if default is msgspec.NODEFAULT and field.default_factory is not msgspec.NODEFAULT:
                default = field.default_factory()
            example = meta.examples[0] if meta.examples else None
            yield Key(
                table=table,
                name=field.name,
                description=meta.description,
                is_required=field.required,
                shown=_toml(example if example is not None else "" if default is None else default)
                if not field.required or example is not None
                else "",
            )


def written(given: dict[str, dict[str, object]]) -> str:
    """A configuration with the values in `given`, every other key as a comment with its default."""
    lines = [
        "# Configuration of a Mamarr node. Secrets are never in here: only the names of their files.",
        "# A key behind a # has the value shown, or an example; take the # away to change it.",
    ]
    table = ""
    for key in every_key():
        if key.table != table:
            table = key.table
            lines += ["", *_comment(TABLES[table].__doc__ or ""), _header(table)]
        lines += _comment(("Needed. " if key.is_required else "") + key.description)
        value = given.get(table, {}).get(key.name)
        lines.append(f"#{key.name} = {key.shown}" if value is None else f"{key.name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _header(table: str) -> str:
    return f"#{OPTIONAL[table]}" if table in OPTIONAL else f"[{table}]"


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent="# ", subsequent_indent="# ")


def _toml(value: object) -> str:
    """`value` as TOML: JSON is TOML for texts, numbers, truth and lists of them."""
    if isinstance(value, dict):
        return (
            "{ " + ", ".join(f"{_toml(name)} = {_toml(held)}" for name, held in value.items()) + " }"
            if value
            else "{}"
        )
    return msgspec.json.encode(value).decode()


def _known(found: dict[str, Any]) -> None:
    """Refuse a key that there is not, with the nearest that there is."""
    _refuse_unknown(found, list(TABLES), "")
    for table, kind in TABLES.items():
        names = [field.name for field in msgspec.structs.fields(kind)]
        held = found.get(table)
        for number, each in enumerate(held if isinstance(held, list) else [held]):
            if isinstance(each, dict):
                place = f"{table}[{number}]." if isinstance(held, list) else f"{table}."
                _refuse_unknown(each, names, place)


def _refuse_unknown(found: dict[str, Any], names: list[str], place: str) -> None:
    for name in found:
        near = difflib.get_close_matches(name, names, 1)
        hint = f", did you mean {near[0]!r}?" if near else ""
        _hold(name in names, f"{place}{name[:70]}", f"there is no such key{hint}", ", ".join(names))


PLACE = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<at>.*)`)?")
MISSING = re.compile(r"Object missing required field `(?P<name>.*)`")


def _told(sentence: str) -> WireError:
    """A complaint of msgspec, with our names of places and what is allowed there."""
    found = PLACE.fullmatch(sentence)
    what, at = (found["what"], found["at"] or "") if found is not None else (sentence, "")
    missing = MISSING.fullmatch(what)
    if missing is not None:
        what, at = "is missing", f"{at}.{missing['name']}".strip(".")
    plain = re.sub(r"\[.*?\]", "", at)
    allowed = next(
        (key.description for key in every_key() if plain.startswith(f"{key.table}.{key.name}")), ""
    )
    return WireError(what, at=at or "the file", allowed=allowed.rstrip("."))


def _hold(holds: bool, key: str, what: str, allowed: str) -> None:
    if not holds:
        raise WireError(what, at=key, allowed=allowed)


def _hold_between(key: str, value: int, least: int, most: int) -> None:
    _hold(least <= value <= most, key, f"{value}", f"{least} to {most}")


def _check_node(says: Sections) -> None:
    node = says.node
    for name, value in (("id", node.id), ("party", node.party)):
        _hold(PARTY_ID.fullmatch(value) is not None, f"node.{name}", f"{value[:70]!r}", ID_FORM)
    _hold(FREE_TEXT.fullmatch(node.authority) is not None, "node.authority", "not such a text", TEXT_FORM)
    _hold(node.mode in MODES, "node.mode", f"a node is never in {node.mode}", " or ".join(MODES))
    for name, value in (("data", node.data), ("key_file", node.key_file)):
        _hold(value != "", f"node.{name}", "is empty", "the name of a file or folder")
    limits = says.limits
    _hold_between("limits.connections_max", limits.connections_max, 10, 100_000)
    _hold_between("limits.stop_s", limits.stop_s, 1, 60)


def _check_bridge(bridge: BridgeSection) -> None:
    for name, address in (("uss_url", bridge.uss_url), ("token_url", bridge.token_url)):
        parts = urlsplit(address)
        is_here = parts.hostname in (LOOPBACK, "localhost")
        _hold(
            bool(parts.netloc)
            and "@" not in parts.netloc
            and not address.endswith("/")
            and (parts.scheme == "https" or (parts.scheme == "http" and is_here)),
            f"bridge.{name}",
            f"{address[:70]!r}",
            "an https address, or http on this machine, without a slash at its end",
        )
    _hold(bridge.subject != "", "bridge.subject", "is empty", "the name of the USS")
    _hold(bool(bridge.corridors or bridge.areas), "bridge", "nothing is named", "corridors or areas")


def _check_listen(listen: ListenSection) -> None:
    _hold(listen.address == LOOPBACK, "listen.address", f"{listen.address[:70]!r}: {NOT_LOOPBACK}", LOOPBACK)
    _hold_between("listen.port", listen.port, 0, 65_535)
    _hold(
        listen.page == "" or is_page(listen.page),
        "listen.page",
        f"{listen.page[:200]!r} is no address of the page",
        "http://localhost:PORT, or https://NAME with a port only where it is not 443, and no path",
    )


def _check_links(links: LinksSection) -> None:
    for name, value in (("key_file", links.key_file), ("certificate_file", links.certificate_file)):
        _hold(value != "", f"links.{name}", "is empty", "the name of a file")
    if links.listen:
        at = address_and_port(links.listen)
        _hold(
            at is not None,
            "links.listen",
            f"{links.listen[:70]!r} is no address and port",
            "numbers, such as 127.0.0.1:8843 or [::1]:8843",
        )


def address_and_port(text: str) -> tuple[str, int] | None:
    """The IP address and the port in `text`; None when it has not both. The port 0 takes a free one."""
    found = ADDRESS_AND_PORT.fullmatch(text)
    if found is None or int(found["port"]) > 65_535:
        return None
    try:
        address = ipaddress.ip_address(found["v6"] or found["v4"])
    except ValueError:
        return None
    return (str(address), int(found["port"])) if (address.version == 6) == bool(found["v6"]) else None


def is_page(address: str) -> bool:
    """Whether people may open the page at `address`: a whole origin, https or this machine (THREATS 15)."""
    try:
        parts = urlsplit(address)
        is_origin, port = origin_of(address) == address, parts.port
    except ValueError:
        return False
    if parts.scheme == "http":
        return is_origin and parts.hostname == "localhost" and port not in (80, 0)
    return is_origin and bool(parts.hostname) and port not in (443, 0)


def is_name(address: str) -> bool:
    """Whether the page at `address` has a name, which passkeys need, and not a number."""
    host = urlsplit(address).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


def _check_issuer(issuer: IssuerSection, place: str, mode: Mode) -> None:
    _hold(
        issuer.issuer != DEVELOPMENT_ISSUER,
        f"{place}.issuer",
        "this is the issuer of the demo, which makes tokens for anybody",
        "an issuer of your own",
    )
    for name, value in (("issuer", issuer.issuer), ("audience", issuer.audience)):
        _hold(FREE_TEXT.fullmatch(value) is not None, f"{place}.{name}", "not such a text", TEXT_FORM)
    _check_claims(issuer, place, mode)
    _hold(
        (issuer.keys_file is None) != (issuer.keys_url is None),
        f"{place}.keys_file",
        "both or neither of keys_file and keys_url",
        "one of the two",
    )
    if issuer.keys_url is not None:
        _check_https(issuer.keys_url, f"{place}.keys_url")


def _check_oidc(oidc: OidcSection, mode: Mode) -> None:
    _check_https(oidc.issuer, "oidc.issuer")
    for name, value in (("client_id", oidc.client_id), ("name", oidc.name), ("wanted", oidc.wanted)):
        _hold(FREE_TEXT.fullmatch(value) is not None, f"oidc.{name}", "not such a text", TEXT_FORM)
    _hold(
        "openid" in oidc.wanted.split(), "oidc.wanted", f"{oidc.wanted!r} is without it", "openid, and others"
    )
    _check_claims(oidc, "oidc", mode)
    for number, origin in enumerate(oidc.origins):
        place = f"oidc.origins[{number}]"
        _check_https(origin, place)
        _hold(origin_of(origin) == origin, place, f"{origin!r} is more than an origin", "https://NAME:PORT")


def _check_claims(said: IssuerSection | OidcSection, place: str, mode: Mode) -> None:
    _hold(said.mode == mode, f"{place}.mode", f"{said.mode}, but this node is in {mode}", mode)
    _hold(len(said.parties) > 0, f"{place}.parties", "nobody", "at least one party id")
    for number, party in enumerate(said.parties):
        is_party = PARTY_ID.fullmatch(party) is not None
        _hold(is_party, f"{place}.parties[{number}]", f"{party[:70]!r}", ID_FORM)
    for name, value in (("party_claim", said.party_claim), ("scope_claim", said.scope_claim)):
        _hold(FREE_TEXT.fullmatch(value) is not None, f"{place}.{name}", "not such a text", TEXT_FORM)


def _check_https(address: str, key: str) -> None:
    try:
        is_https = origin_of(address).startswith("https://")
    except ValueError:
        is_https = False
    _hold(is_https, key, f"{address[:200]!r} is no https address", "https://NAME")
