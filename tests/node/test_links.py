"""Two nodes with a line between them, over sockets on this machine."""

import asyncio
import ssl
import struct
from contextlib import closing

import msgspec
import pytest

from mamarr.coordination import Direction, Stream
from mamarr.coordination.peers import RenewPeer, RevokePeer
from mamarr.engine import follows
from mamarr.faults import Unavailable
from mamarr.link import SIZE_CLASSES_BYTES
from mamarr.link.timing import Allowance
from mamarr.node import links
from mamarr.node.http_client import may_be_dialled
from mamarr.node.link_key import LinkKey, dialling_tls, listening_tls
from mamarr.node.links import bound
from mamarr.node.secure_line import SecureLine
from mamarr.record import audit
from tests.link.wrong import Maker, all_wrong
from tests.node.lines import MODE, Node, about, joined, knocked, run, two, until


@pytest.mark.parametrize(("north_listens", "south_listens"), [(True, True), (True, False), (False, True)])
def test_what_one_sends_the_other_takes_in_whichever_of_them_can_be_dialled(
    north_listens: bool, south_listens: bool
):
    async def story(north: Node, south: Node) -> None:
        await joined(north, south)
        for number in range(5):
            await north.send(south, f"north {number}")
            await south.send(north, f"south {number}", Stream.SAFETY_FLOOR)
        await until(lambda: len(south.took()) == len(north.took()) == 5, "all has come")
        assert south.took() == [f"north {number}" for number in range(5)]
        assert north.took() == [f"south {number}" for number in range(5)]

    run(story, north_listens=north_listens, south_listens=south_listens)


def test_what_the_other_recorded_is_known_here():
    async def story(north: Node, south: Node) -> None:
        await joined(north, south)
        await north.send(south, "hello")
        await until(
            lambda: north.channel(south).line(Direction.OUTGOING, Stream.COORDINATION).acknowledged == 1,
            "the receipt is recorded",
        )

    run(story)


def test_a_node_that_was_away_gets_what_waited():
    async def story(north: Node, south: Node) -> None:
        await joined(north, south)
        await south.stop()
        for number in range(20):
            await north.send(south, f"north {number}", Stream.BULK)
        await south.start()
        await until(lambda: len(south.took()) == 20, "all has come")

    run(story, south_listens=False)


# --- who gets in ------------------------------------------------------------------------------------------


@pytest.mark.requirement("THREATS 20")
def test_nothing_passes_before_both_have_compared_the_words():
    async def story(north: Node, south: Node) -> None:
        await south.join(north)
        await south.send(north, "too early")
        await until(lambda: south.fault(north), "north does not let south in")
        assert not north.links.standings().peers
        assert north.turned_away().keys() == {"no peer is known yet"} or north.turned_away().keys() <= {
            "CERTIFICATE_VERIFY_FAILED",
            "no peer is known yet",
        }
        await north.join(south)
        await until(lambda: north.took() == ["too early"], "it passes now")

    run(story)


def another(name: str = "node-south") -> LinkKey:
    """A key and certificate of the same name as the peer's, which is another's."""
    return LinkKey(name, MODE, b"another key of the same name....")


def bare(version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    return context


def test_who_shows_no_certificate_another_or_speaks_an_older_tls_gets_nothing():
    async def story(north: Node, south: Node) -> None:
        await joined(north, south)
        older = bare(ssl.TLSVersion.TLSv1_2)
        south.key.load(older)
        foreign = dialling_tls(another(), [north.key.certificate])
        said = [await knocked(north, context) for context in (bare(), foreign, older)]
        assert said == [
            "TLSV13_ALERT_CERTIFICATE_REQUIRED",
            "TLSV1_ALERT_UNKNOWN_CA",
            "TLSV1_ALERT_PROTOCOL_VERSION",
        ]
        await until(lambda: sum(north.turned_away().values()) >= 3, "all are counted")
        counted = north.turned_away()
        assert counted["PEER_DID_NOT_RETURN_A_CERTIFICATE"] == 1
        assert counted["CERTIFICATE_VERIFY_FAILED"] >= 1
        assert counted["UNSUPPORTED_PROTOCOL"] == 1
        assert north.is_connected(south), "and who is known goes on"

    run(story)


def test_a_peer_is_spoken_to_only_where_it_shows_its_own_certificate():
    async def story(north: Node, south: Node) -> None:
        pretender = Node("node-east", "east", 7)
        await pretender.start()
        await pretender.join(north)
        await north.join(south, card=msgspec.structs.replace(south.card_for("node-north"), url=pretender.url))
        await until(lambda: north.fault(south), "it is not spoken to")
        assert north.fault(south) == "CERTIFICATE_VERIFY_FAILED"
        await pretender.stop()

    run(story)


def test_who_is_revoked_is_cut_off_at_once():
    async def story(north: Node, south: Node) -> None:
        await joined(north, south)
        await north.ask(RevokePeer(peer="node-south"))
        await until(lambda: not north.is_connected(south) and not south.is_connected(north), "it is cut")
        await until(lambda: south.fault(north) == "TLSV1_ALERT_UNKNOWN_CA", "and not let in again")

    run(story, south_listens=False)


def test_a_next_certificate_takes_over_when_it_first_speaks():
    async def story(north: Node, south: Node) -> None:
        await joined(north, south)
        old = south.card_for("node-north")
        await south.stop()
        south.key = LinkKey("node-south", MODE, b"the next key of the links of it.")
        following = south.card_for("node-north")
        await north.ask(
            RenewPeer(peer="node-south", fingerprint=old.fingerprint, card=following, said=b"said")
        )
        await south.start()
        await south.send(north, "with the next")
        await until(lambda: north.took() == ["with the next"], "it is understood")
        value = north.runtime.decider.projection.peers.durable("node-south")
        assert [each.certificate for each in value.pinned] == [following.certificate]

    run(story, south_listens=False)


# --- where we dial ----------------------------------------------------------------------------------------


@pytest.mark.requirement("THREATS 21")
def test_an_address_that_is_not_public_is_dialled_only_where_the_person_said_so():
    async def story(north: Node, south: Node) -> None:
        await north.join(south, may_be_private=False)
        await south.join(north, may_be_private=False)
        await until(lambda: north.fault(south) and south.fault(north), "neither dials")
        said = "127.0.0.1 has an address that may not be dialled for this peer"
        assert {north.fault(south), south.fault(north)} == {said}
        assert north.turned_away() == south.turned_away() == {}

    run(story)


@pytest.mark.requirement("THREATS 21")
def test_a_name_that_changes_its_address_gains_nothing():
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["203.0.113.1" if len(asked) % 2 else "127.0.0.1"]

    async def story() -> None:
        async with two() as (_, south):
            north = Node("node-relief", "relief", 9)
            await north.start(resolve=rebinding)
            port = south.url.rpartition(":")[2]
            card = msgspec.structs.replace(
                south.card_for(north.node), url=f"https://elsewhere.example:{port}"
            )
            await north.join(south, may_be_private=False, card=card)
            await until(lambda: len(asked) == 1, "it is looked up")
            await asyncio.sleep(0.5)
            assert asked == ["elsewhere.example"], "once for a connection"
            assert south.turned_away() == {}
            await north.stop()

    asyncio.run(story())


@pytest.mark.requirement("THREATS 21")
@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:99999",
        "https://127.0.0.1:-1",
        "https://node..example",
        f"https://{'n' * 64}.example",
        "https://\u202enode",
        "https://[::1",
        "",
    ],
)
def test_an_address_that_is_none_stops_no_node(url: str):
    """Not even where it is in the record: an earlier version took what a peer said."""

    async def story(north: Node, south: Node) -> None:
        await north.join(south, card=msgspec.structs.replace(south.card_for("node-north"), url=url))
        if url:
            await until(lambda: north.fault(south), "it is told")
            assert north.fault(south) == "its address is none that can be dialled"
        await south.join(north)
        await until(lambda: north.is_connected(south), "and the other may dial")

    run(story, south_listens=False)


@pytest.mark.parametrize(
    "address",
    [
        *("224.0.0.1", "0.0.0.0", "::", "ff02::1", "240.0.0.1", "255.255.255.255"),
        *("::ffff:224.0.0.1", "::ffff:0.0.0.0", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1"),
    ],
)
def test_an_address_of_no_host_is_never_dialled(address: str):
    assert not may_be_dialled(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "::1", "fe80::1", "8.8.8.8"])
def test_an_address_of_a_host_may_be_dialled_where_the_person_said_so(address: str):
    assert may_be_dialled(address)


@pytest.mark.requirement("THREATS 21")
def test_a_redirect_is_not_followed():
    async def story(north: Node, south: Node) -> None:
        elsewhere = bound("127.0.0.1", 0)
        elsewhere.listen()
        elsewhere.setblocking(False)
        port = elsewhere.getsockname()[1]
        asked = await answering(
            north,
            south,
            f"HTTP/1.1 302 Found\r\nlocation: https://127.0.0.1:{port}/\r\n"
            "content-length: 0\r\n\r\n".encode(),
        )
        said = "answered with status 302 instead of a link; it sends elsewhere, which is never followed"
        await until(lambda: north.fault(south) == said, "it is told")
        assert asked[0].startswith(b"GET /links/v1 HTTP/1.1\r\n")
        with pytest.raises(BlockingIOError):
            elsewhere.accept()
        elsewhere.close()

    run(story, south_listens=False)


async def answering(north: Node, south: Node, answer: bytes) -> list[bytes]:
    """South's certificate at an address that north dials and where something answers so; what is asked."""
    listener, asked = bound("127.0.0.1", 0), list[bytes]()
    listener.listen()
    listener.setblocking(False)

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        with closing(listener):
            sock, _ = await loop.sock_accept(listener)
            tls = listening_tls(south.key, [north.key.certificate])
            with closing(SecureLine(sock, tls, is_server=True)) as line:
                await line.handshake()
                asked.append(await line.read())
                await line.write(answer)
                while await line.read():
                    asked.append(b"more")

    port = listener.getsockname()[1]
    answering.task = asyncio.create_task(serve())  # kept, or it would be collected
    card = msgspec.structs.replace(south.card_for("node-north"), url=f"https://127.0.0.1:{port}")
    await north.join(south, card=card)
    return asked


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n" + b"x" * 8_000, "did not begin a link"),
        (b"\x16\x03\x01" * 500 + b"\n", "did not begin a link: InvalidMessage"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "did not begin a link: InvalidUpgrade"),
        (b"x: y\r\n" * 3_000, "did not begin a link: InvalidMessage"),
    ],
)
def test_what_answers_as_no_link_does_is_told(answer: bytes, fault: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(links, "HANDSHAKE_MS", 2_000)

    async def story(north: Node, south: Node) -> None:
        await answering(north, south, answer)
        await until(lambda: north.fault(south).startswith(fault), "it is told")

    run(story, south_listens=False)


# --- what is too much -------------------------------------------------------------------------------------


def frame(opcode: int, length: int, *, is_last: bool = True) -> bytes:
    """The head of a frame of RFC 6455 that announces so many bytes, masked with zeros."""
    return struct.pack("!BBQI", (0x80 if is_last else 0) | opcode, 0xFF, length, 0)


GIGABYTE = 1 << 30


@pytest.mark.parametrize(
    "said",
    [
        frame(2, GIGABYTE) + b"x" * 100_000,
        frame(2, 65_537) + b"x" * 65_537,
        frame(2, 1_024, is_last=False) + b"x" * 1_024,
        frame(1, 1_024) + b"x" * 1_024,
        b"\xff" * 64,
    ],
    ids=["of 1 GB", "of a byte more", "in pieces", "of text", "no frame"],
)
def test_a_frame_that_is_no_envelope_ends_the_connection_and_little_of_it_is_read(said: bytes):
    async def story(north: Node, south: Node) -> None:
        await north.join(south)
        talk = await south.talking(north)
        await until(lambda: north.is_connected(south), "the talk stands")
        await talk._line.write(said)
        await until(lambda: not north.is_connected(south), "it is ended")
        talk.close()
        assert north.took() == []

    run(story, south_listens=False)


def test_a_request_with_a_body_of_a_gigabyte_is_ended_at_its_first_line():
    async def story(north: Node, south: Node) -> None:
        await north.join(south)
        line = await south.dialled(north)
        await line.handshake()
        await line.write(b"POST /links/v1 HTTP/1.1\r\nhost: x\r\ncontent-length: 1073741824\r\n\r\n")
        sent = 0

        async def send() -> None:
            nonlocal sent
            while sent < GIGABYTE:
                await line.write(b"x" * 65_536)
                sent += 65_536

        with pytest.raises(Unavailable):
            await send()
        assert sent < 32 << 20, "what the kernel keeps"
        line.close()
        assert north.turned_away() == {"did not begin a link: InvalidMessage": 1}

    run(story, south_listens=False)


def test_another_path_is_not_there():
    async def story(north: Node, south: Node) -> None:
        await north.join(south)
        line = await south.dialled(north)
        await line.handshake()
        await line.write(b"GET /links/v2 HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n\r\n")
        assert (await line.read()).startswith(b"HTTP/1.1 404 ")
        line.close()

    run(story, south_listens=False)


def test_envelopes_that_another_key_signed_are_counted_and_left():
    async def story(north: Node, south: Node) -> None:
        await joined(north, south)
        other = another().signer("node-north", about("node-north", "node-south"))
        south.links._neighbours["node-north"].link._signer = other
        before = north.runtime.log.size
        await south.send(north, "of whom?")
        await until(lambda: north.counted(south).get("signature"), "it is counted")
        assert (north.took(), north.runtime.log.size) == ([], before)

    run(story)


def test_each_field_of_an_envelope_that_is_wrong_is_counted_and_what_is_right_still_comes():
    """Of the same envelopes as in `tests/link/test_wrong_envelopes.py`, over a socket."""

    async def story(north: Node, south: Node) -> None:
        await north.join(south)
        signer = south.key.signer("node-north", about("node-north", "node-south"))
        wrong = [each for each in all_wrong(Maker("node-south", "node-north", signer)) if fits(each.raw)]
        talk = await south.talking(north)
        await until(lambda: north.is_connected(south), "the talk stands")
        link = north.links._neighbours["node-south"].link
        link._allowed = {each: Allowance(10_000, 1.0) for each in link._allowed}
        for each in wrong:
            await talk.send(each.raw)
        await until(lambda: sum(north.counted(south).values()) == len(wrong), "each is counted")
        assert north.took() == []
        assert set(north.counted(south)) == {
            *("size", "form", "signature", "address", "mode", "head", "leaf"),
            *("unknown version", "message not of the form"),
        }
        await talk.send(Maker("node-south", "node-north", signer).raw())
        await until(lambda: north.channel(south).incoming[1].size == 1, "what is right comes")
        talk.close()
        assert audit(north.store, north.signer.verifier, each=follows).finding is None

    run(story, south_listens=False)


def fits(raw: bytes) -> bool:
    """Whether it fits a frame: a longer one ends the connection."""
    return len(raw) <= SIZE_CLASSES_BYTES[-1]


def test_who_says_nothing_is_ended_at_the_door_and_after_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(links, "HANDSHAKE_MS", 300)
    monkeypatch.setattr(links, "is_silent", lambda each, clock_ms: clock_ms - each.heard_ms > 500)

    async def story(north: Node, south: Node) -> None:
        await north.join(south)
        silent = await south.dialled(north)
        await until(lambda: north.turned_away().get("said nothing"), "it is ended at the door")
        silent.close()
        talk = await south.talking(north)
        await until(lambda: north.is_connected(south), "it is in")
        await until(lambda: not north.is_connected(south), "it is ended")
        assert north.fault(south) == "nothing came for too long"
        talk.close()

    run(story, south_listens=False)


def test_a_flood_of_strangers_costs_them_and_the_line_that_stands_goes_on():
    async def story(north: Node, south: Node) -> None:
        await joined(north, south)
        flood = [asyncio.create_task(knocked(north, bare())) for _ in range(150)]
        await asyncio.sleep(0)
        await south.send(north, "in between", Stream.SAFETY_FLOOR)
        await until(lambda: north.took() == ["in between"], "the line goes on")
        await asyncio.gather(*flood, return_exceptions=True)
        counted = north.turned_away()
        assert counted["comes too often"] + counted.get("too many of one address", 0) >= 120
        assert north.links._doors.unproven_count == 0

    run(story)


def test_a_flood_of_a_peer_costs_it_and_the_others_go_on():
    async def story(north: Node, south: Node) -> None:
        east = Node("node-east", "east", 7)
        await east.start()
        await north.join(south)
        await joined(north, east)
        talk = await south.talking(north)

        async def flooding() -> None:
            while True:
                await talk.send(b"\0" * 65_536)

        flood = asyncio.create_task(flooding())
        await until(lambda: sum(north.counted(south).values()) > 20, "the flood is felt")
        for number in range(5):
            await east.send(north, f"east {number}", Stream.SAFETY_FLOOR)
        await until(lambda: len(north.took()) == 5, "the others go on")
        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)
        talk.close()
        await east.stop()

    run(story, south_listens=False)
