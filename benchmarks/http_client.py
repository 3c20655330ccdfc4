"""A small HTTP/1.1 client for load, so that the client is not what is measured."""

import asyncio
import time
from collections.abc import Sequence

HOST = "127.0.0.1"


class Connection:
    """One kept-open connection. `put` answers the status and how long it took, in seconds."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        self.reader, self.writer, self.head = reader, writer, head

    @classmethod
    async def open(cls, port: int, token: str) -> "Connection":
        """Connect to the node on `port` as the bearer of `token`."""
        reader, writer = await asyncio.open_connection(HOST, port)
        head = f"Host: {HOST}:{port}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        return cls(reader, writer, head.encode())

    async def ask(self, method: str, path: str, body: bytes) -> tuple[int, float, bytes]:
        """The status, the seconds it took, and the body of the answer."""
        begun_s = time.perf_counter()
        line = f"{method} {path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n".encode()
        self.writer.write(line + self.head + b"\r\n" + body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(
            int(each.split(b":")[1])
            for each in head.split(b"\r\n")
            if each.lower().startswith(b"content-length")
        )
        answer = await self.reader.readexactly(length)
        return int(head.split(b" ", 2)[1]), time.perf_counter() - begun_s, answer

    def close(self) -> None:
        """Hang up."""
        self.writer.close()


def quantile_ms(taken_s: Sequence[float], part_ratio: float) -> float:
    """The quantile of some times, in milliseconds."""
    ordered = sorted(taken_s)
    return ordered[min(len(ordered) - 1, int(part_ratio * len(ordered)))] * 1e3
