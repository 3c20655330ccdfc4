"""How our USS speaks to others: never into our own network, with a token for each host that stays with us."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from mamarr.faults import Unavailable
from mamarr.node import uss_client
from mamarr.node.http_client import OutboundClient
from mamarr.node.uss_client import OwnTokens, PeerClient
from tests.node.test_http_client import PUBLIC, Server, saying
from tests.node.uss_town import answering
from tests.web.tokens import a_key, signed

KEY = a_key("RS256")
AUTHORITY = "https://tokens.example"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def a_client(server: Server, *addresses: str, **changed: object) -> PeerClient:
    async def resolve(host: str, port: int) -> list[str]:
        del host, port
        return list(addresses)

    return PeerClient(resolve=resolve, transport=server, **changed)


@pytest.mark.requirement("THREATS 21")
@pytest.mark.parametrize(
    ("url", "address", "allows_loopback", "is_asked"),
    [
        ("https://uss.example/uss", PUBLIC, False, True),
        ("https://uss.example/uss", "10.0.0.1", False, False),
        ("https://uss.example/uss", "127.0.0.1", False, False),
        ("https://uss.example/uss", "169.254.169.254", False, False),
        ("https://uss.example/uss", "::ffff:127.0.0.1", False, False),
        ("http://uss.example/uss", PUBLIC, False, False),
        ("http://uss.example/uss", PUBLIC, True, False),
        ("http://127.0.0.1:8094/uss", "127.0.0.1", True, True),
        ("http://localhost:8094/uss", "::1", True, True),
        ("http://inside.example/uss", "192.168.1.1", True, False),
        ("https://inside.example/uss", "192.168.1.1", True, False),
        ("https://user@uss.example/uss", PUBLIC, False, False),
        ("ftp://uss.example/uss", PUBLIC, True, False),
        ("https:///uss", PUBLIC, True, False),
    ],
)
def test_only_what_is_public_is_asked_and_this_machine_by_option_alone(
    url: str, address: str, allows_loopback: bool, is_asked: bool
):
    server = saying(200)
    client = a_client(server, address, allows_loopback=allows_loopback)
    if is_asked:
        assert asyncio.run(client.get(url)).status == 200
    else:
        with pytest.raises(Unavailable):
            asyncio.run(client.get(url))
    assert bool(server.came) is is_asked


def test_one_address_that_is_not_public_among_several_is_enough_to_refuse():
    server = saying(200)
    with pytest.raises(Unavailable):
        asyncio.run(a_client(server, PUBLIC, "10.0.0.1").get("https://uss.example/"))
    assert server.came == []


# --- tokens -----------------------------------------------------------------------------------------------


def a_token(**claims: object) -> str:
    usual = {"sub": "uss-north", "exp": NOON.timestamp() + 3_600, "aud": "x"}
    return signed(KEY, usual | claims, "RS256")


class Authority(Server):
    """Issues what it is told to, and remembers what was asked."""

    def __init__(self, token: Callable[[], str] = a_token) -> None:
        async def answer(request: httpx.Request) -> httpx.Response:
            return await answering(200, {"access_token": token()})(request)

        super().__init__(answer)


def tokens_of(server: Server, clock: list[datetime], **how: object) -> OwnTokens:
    async def resolve(host: str, port: int) -> list[str]:
        del host, port
        return [PUBLIC]

    client = OutboundClient(frozenset({AUTHORITY}), resolve=resolve, transport=server)
    usual = {"subject": "uss-north", "secret": None, "now": lambda: clock[0]}
    return OwnTokens(client, f"{AUTHORITY}/token", **{**usual, **how})


def run(work: Awaitable[object]) -> object:
    async def awaited() -> object:
        return await work

    return asyncio.run(awaited())


@pytest.mark.requirement("THREATS 12")
def test_a_token_is_asked_for_once_for_each_host_and_scope_until_it_is_nearly_over(caplog):
    caplog.set_level(logging.DEBUG)
    server, clock = Authority(), [NOON]
    own = tokens_of(server, clock)

    async def story() -> None:
        for url in ("https://a.example/x", "https://a.example:8443/y", "https://b.example/x"):
            headers = await own.headers(url, "utm.strategic_coordination")
            assert headers["authorization"] == f"Bearer {a_token()}"
        await own.headers("https://a.example/x", "utm.conformance_monitoring_sa")
        asked = [
            (each.url.params["intended_audience"], each.url.params["scope"][4:7]) for each in server.came
        ]
        assert asked == [("a.example", "str"), ("b.example", "str"), ("a.example", "con")]
        clock[0] = NOON + timedelta(seconds=3_545)
        await own.headers("https://a.example/x", "utm.strategic_coordination")
        assert len(server.came) == 4

    asyncio.run(story())
    assert own.name == "uss-north"
    assert a_token() not in caplog.text


def test_a_client_with_a_secret_names_itself_by_it():
    server = Authority()
    own = tokens_of(server, [NOON], secret="a secret")
    run(own.headers("https://a.example/x", "s"))
    (request,) = server.came
    assert (request.method, b"client_secret=a+secret" in request.content) == ("POST", True)
    assert b"audience=a.example" in request.content


@pytest.mark.parametrize(
    "server",
    [
        saying(500),
        saying(302, location="https://elsewhere.example/"),
        saying(200, b"{}"),
        saying(200, b'{"access_token": "abc"}'),
        saying(200, b'{"access_token": "a.!!!.c"}'),
        saying(200, b'{"access_token": "a.e30.c"}'),
        Authority(lambda: a_token(sub="x" * 200)),
        Authority(lambda: a_token(sub="a\nb")),
        Authority(lambda: a_token(much="x" * 20_000)),
    ],
)
def test_an_authority_that_answers_no_token_is_unavailable(server: Server):
    own = tokens_of(server, [NOON])
    with pytest.raises(Unavailable):
        run(own.headers("https://a.example/x", "s"))
    assert own.name == ""


def test_no_more_tokens_are_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uss_client, "TOKENS_MAX", 3)
    server = Authority()
    own = tokens_of(server, [NOON])

    async def story() -> None:
        for number in range(5):
            await own.headers(f"https://u{number}.example/", "s")
        await own.headers("https://u4.example/", "s")
        await own.headers("https://u0.example/", "s")

    asyncio.run(story())
    assert (len(server.came), len(own._held)) == (6, 3)
