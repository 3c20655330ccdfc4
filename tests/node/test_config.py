"""The configuration file: what is taken, and how what is not is told."""

import re
from pathlib import Path

import pytest

from mamarr.faults import Unavailable, WireError
from mamarr.names import Mode
from mamarr.node import config, development_issuer, wiring
from mamarr.web.access.callers import Scope

NODE = '[node]\nid = "north-1"\nparty = "north"\nauthority = "North"\nmode = "EXERCISE"\n'
ISSUER = {
    "issuer": '"https://tokens.example"',
    "audience": '"north-1"',
    "mode": '"EXERCISE"',
    "parties": '["north"]',
    "keys_url": '"https://tokens.example:8443/keys"',
}
OIDC = {
    "issuer": '"https://identity.example"',
    "client_id": '"mamarr"',
    "name": '"Identity"',
    "mode": '"EXERCISE"',
    "parties": '["north"]',
}
ROOT = Path(__file__).parents[2]


def table(header: str, values: dict[str, str], **changed: str | None) -> str:
    """A table of TOML; a value None leaves its key out."""
    lines = [f"{name} = {value}" for name, value in (values | changed).items() if value is not None]
    return "\n".join([header, *lines]) + "\n"


def issuer(**changed: str | None) -> str:
    return NODE + table("[[issuers]]", ISSUER, **changed)


def oidc(**changed: str | None) -> str:
    return NODE + table("[oidc]", OIDC, **changed)


def test_the_least_configuration_has_sane_defaults():
    says = config.read(NODE)
    assert (says.node.mode, says.node.data, says.node.key_file) == (Mode.EXERCISE, "data", "signing-key.pem")
    assert (says.listen.address, says.listen.port, says.listen.page) == ("127.0.0.1", 8080, "")
    assert (says.issuers, says.oidc) == ((), None)


def test_files_are_named_from_the_folder_of_the_configuration(tmp_path: Path):
    path = tmp_path / "mamarr.toml"
    path.write_text(NODE.replace("mode", 'data = "/var/mamarr"\nmode'))
    found = config.load(path)
    assert (found.data, found.file("key")) == (Path("/var/mamarr"), tmp_path / "key")
    assert found.origin == "north-1/EXERCISE"


WRONG = [
    ("", "node", "is missing"),
    ("[node", "$", "not TOML"),
    (NODE + "[lisen]\n", "lisen", "did you mean 'listen'?"),
    (NODE + "colour = 1\n", "node.colour", "there is no such key"),
    (NODE + "[listen]\nprot = 1\n", "listen.prot", "did you mean 'port'?"),
    (issuer(audiense='"x"'), "issuers[0].audiense", "did you mean 'audience'?"),
    (oidc(client_secret='"x"'), "oidc.client_secret", "did you mean 'client_secret_file'?"),
    (NODE.replace('id = "north-1"\n', ""), "node.id", "is missing"),
    (NODE.replace("north-1", "North 1"), "node.id", "2 to 32 small letters"),
    (NODE.replace('"north"', '"NORTH"'), "node.party", "2 to 32 small letters"),
    (NODE.replace('"North"', '"a\\u001bb"'), "node.authority", "without control characters"),
    (NODE.replace("EXERCISE", "REPLAY"), "node.mode", "LIVE or EXERCISE"),
    (NODE.replace("EXERCISE", "exercise"), "node.mode", '"LIVE" or "EXERCISE"'),
    (NODE + 'data = ""\n', "node.data", "is empty"),
    (NODE + '[listen]\nport = "8080"\n', "listen.port", "Expected `int`, got `str`"),
    (NODE + "[listen]\nport = 65536\n", "listen.port", "0 to 65535"),
    (NODE + '[listen]\naddress = "0.0.0.0"\n', "listen.address", "which it does not speak yet"),
    (NODE + '[links]\nlisten = "node.example:8843"\n', "links.listen", "numbers, such as 127.0.0.1:8843"),
    (NODE + '[links]\nlisten = "127.0.0.1"\n', "links.listen", "numbers, such as 127.0.0.1:8843"),
    (NODE + '[links]\nlisten = "127.0.0.1:99999"\n', "links.listen", "numbers, such as 127.0.0.1:8843"),
    (NODE + '[links]\nlisten = "[127.0.0.1]:8843"\n', "links.listen", "numbers, such as 127.0.0.1:8843"),
    (NODE + '[links]\nkey_file = ""\n', "links.key_file", "the name of a file"),
    (NODE + '[listen]\naddress = "::1"\n', "listen.address", "127.0.0.1 alone"),
    (NODE + '[listen]\npage = "http://north.example"\n', "listen.page", "https://NAME"),
    (NODE + '[listen]\npage = "https://north.example/"\n', "listen.page", "no path"),
    (NODE + '[listen]\npage = "https://north.example:443"\n', "listen.page", "not 443"),
    (NODE + '[listen]\npage = "https://a@north.example"\n', "listen.page", "no address of the page"),
    (NODE + "[limits]\nconnections_max = 9\n", "limits.connections_max", "10 to 100000"),
    (NODE + "[limits]\nstop_s = 61\n", "limits.stop_s", "1 to 60"),
    (issuer(mode='"LIVE"'), "issuers[0].mode", "this node is in EXERCISE"),
    (issuer(parties="[]"), "issuers[0].parties", "at least one"),
    (issuer(parties='["north", "So uth"]'), "issuers[0].parties[1]", "'So uth'"),
    (issuer(parties=None), "issuers[0].parties", "is missing"),
    (issuer(keys_url=None), "issuers[0].keys_file", "one of the two"),
    (issuer(keys_file='"keys.json"'), "issuers[0].keys_file", "one of the two"),
    (issuer(keys_url='"http://tokens.example/keys"'), "issuers[0].keys_url", "no https address"),
    (issuer(issuer='"mamarr-development-issuer"'), "issuers[0].issuer", "the issuer of the demo"),
    (issuer() + table("[[issuers]]", ISSUER), "issuers[1].issuer", "is there twice"),
    (issuer(says_mode='"yes"'), "issuers[0].says_mode", "Whether its tokens must"),
    (oidc(issuer='"identity.example"'), "oidc.issuer", "no https address"),
    (oidc(mode='"LIVE"'), "oidc.mode", "this node is in EXERCISE"),
    (oidc(wanted='"profile"'), "oidc.wanted", "openid"),
    (oidc(origins='["https://login.example/path"]'), "oidc.origins[0]", "more than an origin"),
    (oidc(scopes='{ duty = ["mamarr.fly"] }'), "oidc.scopes", "Scopes for each"),
]


@pytest.mark.parametrize(("text", "key", "says"), WRONG)
def test_what_is_wrong_is_told_with_its_key_and_what_is_allowed(text: str, key: str, says: str):
    with pytest.raises(WireError) as wrong:
        config.read(text)
    assert wrong.value.at.startswith(key), wrong.value
    assert says in str(wrong.value)
    assert wrong.value.allowed or key == "$" or key == "node"


@pytest.mark.parametrize("page", ["http://localhost:9000", "https://north.example", "https://10.0.0.7:8443"])
def test_a_page_is_this_machine_or_https(page: str):
    assert config.read(NODE + f'[listen]\npage = "{page}"\n').listen.page == page
    assert config.is_name(page) == ("10." not in page)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path):
    with pytest.raises(Unavailable, match="No such file"):
        config.load(tmp_path / "mamarr.toml")
    path = tmp_path / "other.toml"
    path.write_bytes(b"\xff")
    with pytest.raises(WireError, match="not UTF-8"):
        config.load(path)
    path.write_bytes(b"#" * (config.CONFIG_BYTES_MAX + 1))
    with pytest.raises(WireError, match="too large"):
        config.load(path)


def test_a_node_speaks_to_the_issuers_of_its_configuration_and_to_nobody_else(tmp_path: Path):
    text = issuer() + table("[oidc]", OIDC, origins='["https://keys.example"]')
    found = wiring.origins(config.Configuration(path=tmp_path / "x", says=config.read(text)))
    assert found == {"https://tokens.example:8443", "https://identity.example", "https://keys.example"}
    assert wiring.origins(config.Configuration(path=tmp_path / "x", says=config.read(NODE))) == frozenset()


def test_scopes_of_a_providers_words_are_read():
    says = config.read(oidc(scopes='{ "duty officers" = ["mamarr.read", "mamarr.reserve"] }'))
    assert says.oidc is not None
    assert says.oidc.scopes == {"duty officers": (Scope.READ, Scope.RESERVE)}


@pytest.mark.requirement("THREATS 19")
def test_the_issuer_that_is_refused_is_the_one_of_the_demo():
    assert config.DEVELOPMENT_ISSUER == development_issuer.ISSUER


def test_every_key_is_in_what_init_writes_and_can_be_taken_as_it_stands():
    node = {"id": "north-1", "party": "north", "authority": "North", "mode": "EXERCISE"}
    text = config.written({"node": node})
    assert config.read(text) == config.read(NODE)
    shown = re.sub(r"^#(?=[\[\w])", "", text, flags=re.MULTILINE).replace('keys_url = ""\n', "")
    for key in config.every_key():
        assert re.search(rf"^#?{key.name} = ", text, re.MULTILINE), key.name
    says = config.read(shown)
    assert (says.issuers[0].keys_file, says.limits) == ("tokens.jwks.json", config.LimitsSection())
    assert says.oidc is not None
    assert says.oidc.client_secret_file == "client-secret"


def test_every_key_is_documented_as_it_is():
    text = (ROOT / "docs" / "configuration.md").read_text()
    for key in config.every_key():
        shown = "needed" if key.is_required else f"`{key.shown}`"
        assert f"| `{key.name}` | {shown} | {key.description} |" in text, key


def test_where_other_nodes_may_dial_is_an_address_and_a_port():
    for text, found in (
        ("127.0.0.1:8843", ("127.0.0.1", 8843)),
        ("[::1]:0", ("::1", 0)),
        ("0.0.0.0:65535", ("0.0.0.0", 65_535)),
        ("::1:8843", None),
        ("1.2.3:1", None),
        ("", None),
    ):
        assert config.address_and_port(text) == found
