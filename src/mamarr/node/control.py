"""The door of a running node for persons at its machine: a socket in its folder, for who may read its files.

Who asks there is known by the system: the entry names the account of the machine.
"""

import asyncio
import contextlib
import os
import pwd
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from mamarr.faults import Unavailable
from mamarr.node.link_key import LinkKey
from mamarr.node.peer_desk import PeerDesk, Reply, Request
from mamarr.node.runtime import Runtime

FILE = "control.sock"
REQUEST_BYTES_MAX = 16_384  # chosen: four times the longest text
REPLY_BYTES_MAX = 4 << 20  # chosen: all peers with their certificates, many times over
TOTAL_S = 30.0  # chosen: what the record takes to be written on a busy machine, many times over
ASKED_AT_ONCE_MAX = 4
CREDENTIALS = struct.Struct("3i")  # Linux: struct ucred, process, user, group


class Control:
    """Part of a node: answers persons at its machine. folder: of its record, which is held."""

    def __init__(self, folder: Path, key: LinkKey) -> None:
        self._folder, self._key = folder, key
        self._room = asyncio.Semaphore(ASKED_AT_ONCE_MAX)

    async def start(self, runtime: Runtime) -> None:
        """Begin to answer. Raises Unavailable."""
        self._desk = PeerDesk(runtime, self._key)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        os.fchmod(sock.fileno(), 0o600)  # before it has a name, so that nobody else gets in between
        try:
            with _named(self._folder) as name:
                Path(name).unlink(missing_ok=True)  # of a node that died: the folder is ours alone
                sock.bind(name)
            self._server = await asyncio.start_unix_server(self._asked, sock=sock, limit=REQUEST_BYTES_MAX)
        except OSError as wrong:
            sock.close()
            raise Unavailable(f"{self._folder / FILE}: {wrong.strerror}") from wrong

    async def stop(self) -> None:
        """Answer no more."""
        self._server.close()
        await self._server.wait_closed()
        (self._folder / FILE).unlink(missing_ok=True)

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with self._room, asyncio.timeout(TOTAL_S):
                line = await reader.readline()
                reply = await self._reply(line, _person(writer))
                writer.write(msgspec.json.encode(reply) + b"\n")
                await writer.drain()
        except (OSError, TimeoutError, ValueError):
            return  # who asked is gone, slow, or sends more than a request
        finally:
            writer.close()

    async def _reply(self, line: bytes, person: str) -> Reply:
        try:
            request = _request(line)
        except (msgspec.DecodeError, RecursionError) as wrong:
            return Reply(wrong=f"the node does not understand this: {wrong}")
        return await self._desk.answer(request, person)


def ask(folder: Path, request: Request) -> Reply | None:
    """What the node of `folder` answers; None where none runs. Raises Unavailable."""
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as sock:
        sock.settimeout(TOTAL_S)
        try:
            with _named(folder) as name:
                sock.connect(name)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except OSError as wrong:
            raise Unavailable(f"{folder / FILE}: {wrong.strerror}") from wrong
        try:
            sock.sendall(msgspec.json.encode(request) + b"\n")
            with sock.makefile("rb") as answers:
                return _decoded(answers.readline(REPLY_BYTES_MAX))
        except (OSError, msgspec.DecodeError) as wrong:
            raise Unavailable(f"{folder / FILE}: the node did not answer: {wrong}") from wrong


def this_person() -> str:
    """The account of this machine for which this process runs."""
    return _name_of(os.getuid())


@contextmanager
def _named(folder: Path) -> Iterator[str]:
    """A name for the socket in `folder` that is short: the system takes one of 107 bytes at most."""
    opened = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{opened}/{FILE}"
    finally:
        os.close(opened)


def _person(writer: asyncio.StreamWriter) -> str:
    sock = writer.get_extra_info("socket")
    _, user, _ = CREDENTIALS.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size))
    return _name_of(user)


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


_request = msgspec.json.Decoder(Request).decode
_decoded = msgspec.json.Decoder(Reply).decode
