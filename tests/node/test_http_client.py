"""The one way out of a node, against servers in the same process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from mamarr.faults import Unavailable
from mamarr.node.http_client import REPLY_BYTES_MAX, OutboundClient, is_public
from mamarr.web.access import Reply

ORIGIN = "https://identity.example"
PUBLIC = "93.184.215.14"  # an address of the public internet; nothing is sent to it


class Server(httpx.AsyncBaseTransport):
    """Answers in place of the network, and remembers what came."""

    def __init__(self, answer: Callable[[httpx.Request], Awaitable[httpx.Response]]) -> None:
        self.answer = answer
        self.came: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.came.append(request)
        return await self.answer(request)


def saying(status: int, body: bytes = b"{}", **headers: str) -> Server:
    async def chunks() -> AsyncIterator[bytes]:
        yield body

    async def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=chunks(), headers=headers)

    return Server(answer)


def a_client(server: Server, *addresses: str, **changed: object) -> OutboundClient:
    async def resolve(host: str, port: int) -> list[str]:
        assert (host, port) == ("identity.example", 443)
        return list(addresses)

    fields = {"resolve": resolve, "transport": server} | changed
    return OutboundClient(frozenset({ORIGIN}), **fields)


def test_a_named_origin_answers_at_the_address_that_was_checked():
    server = saying(200, b'{"a": 1}')
    client = a_client(server, PUBLIC)
    assert asyncio.run(client.get(f"{ORIGIN}/keys?x=1")) == Reply(status=200, body=b'{"a": 1}')
    (request,) = server.came
    assert str(request.url) == f"https://{PUBLIC}/keys?x=1"
    assert request.headers["host"] == "identity.example"
    assert request.extensions["sni_hostname"] == "identity.example"
    assert "cookie" not in request.headers


def test_a_form_is_posted_as_one():
    server = saying(200)
    asyncio.run(a_client(server, PUBLIC).post_form(f"{ORIGIN}/token", {"code": "a b"}))
    assert server.came[0].content == b"code=a+b"


@pytest.mark.requirement("THREATS 21")
@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/keys",
        "http://identity.example/keys",
        "https://identity.example:8443/keys",
        "https://identity.example.elsewhere.example/",
        "https://identity.example@elsewhere.example/",
        "https://user:word@identity.example/",
        "file:///etc/passwd",
        "https:///keys",
        "keys",
        "https://[::1/",
    ],
)
def test_no_other_origin_is_spoken_to(url: str):
    server = saying(200)
    with pytest.raises(Unavailable):
        asyncio.run(a_client(server, PUBLIC).get(url))
    assert server.came == []


NOT_PUBLIC = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
]


@pytest.mark.requirement("THREATS 21")
@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_name_that_leads_to_our_own_networks_is_not_followed(address: str):
    assert not is_public(address)
    server = saying(200)
    for addresses in ((address,), (PUBLIC, address), (address, PUBLIC)):
        with pytest.raises(Unavailable, match="not public"):
            asyncio.run(a_client(server, *addresses).get(ORIGIN))
    assert server.came == []
    allowed = a_client(server, address.partition("%")[0], allow_private=True)
    assert asyncio.run(allowed.get(ORIGIN)).status == 200


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_a_public_address_is_followed(address: str):
    assert is_public(address)


@pytest.mark.requirement("THREATS 21")
def test_a_redirect_is_an_answer_and_not_followed():
    server = saying(302, location="https://elsewhere.example/")
    assert asyncio.run(a_client(server, PUBLIC).get(ORIGIN)).status == 302
    assert len(server.came) == 1


@pytest.mark.requirement("THREATS 21")
def test_an_answer_without_end_is_cut_off():
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 65_536

    async def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=chunks())

    with pytest.raises(Unavailable, match="more than"):
        asyncio.run(a_client(Server(answer), PUBLIC).get(ORIGIN))
    assert sent <= REPLY_BYTES_MAX // 65_536 + 2


@pytest.mark.requirement("THREATS 21")
def test_a_server_that_says_nothing_is_given_up():
    async def answer(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    client = a_client(Server(answer), PUBLIC)
    client._total_s = 0.01
    with pytest.raises(Unavailable, match="TimeoutError"):
        asyncio.run(client.get(ORIGIN))


def test_what_fails_is_told_without_what_was_asked():
    async def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused: the-code", request=request)

    with pytest.raises(Unavailable) as told:
        asyncio.run(a_client(Server(answer), PUBLIC).get(f"{ORIGIN}/keys?code=the-code"))
    assert str(told.value) == f"no answer from {ORIGIN}: ConnectError"


@pytest.mark.parametrize(
    "origin", ["http://identity.example", "identity.example", f"{ORIGIN}/", f"{ORIGIN}/path"]
)
def test_an_origin_that_is_none_cannot_be_configured(origin: str):
    with pytest.raises(ValueError, match=r"https origin|no address"):
        OutboundClient(frozenset({origin}))
