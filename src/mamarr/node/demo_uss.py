"""A USS of the demo's chapter about drones: what `mamarr uss FILE` runs, in a process of the demo."""

import asyncio
import signal
import socket
import tomllib
from functools import partial
from pathlib import Path

import msgspec
from rich.console import Console

from mamarr.faults import Unavailable
from mamarr.node import serving, uss_command, uss_config
from mamarr.node.demo_process import DemoProcess
from mamarr.node.serving import LOOPBACK

STARTED_S = 30.0  # chosen: a slow machine that also does something else
LINE_BYTES_MAX = 65_536
FILE, RECORD = "uss.toml", "record.sqlite"
NAMED_IN_FILE = "MAMARR_USS_SECRET"  # the environment variable that the file names
READY, KEY = "ready: ", "public key: "


class UssSite(msgspec.Struct, frozen=True, kw_only=True):
    """One USS. subject: as others know it. secret: with which it asks for tokens. folder: of its file.

    dss_url: of the DSS it asks; None: it is one too, and asks that.
    """

    subject: str
    secret: str
    folder: Path
    public_key_file: Path
    token_url: str
    dss_url: str | None = None


class DemoUss:
    """The process of one USS. Its file is written as a user would write it, and stays beside its record."""

    def __init__(self, site: UssSite, *, closes: tuple[socket.socket, ...]) -> None:
        self.site, self.subject, self.record = site, site.subject, site.folder / RECORD
        site.folder.mkdir(mode=0o700, exist_ok=True)
        file = site.folder / FILE
        listener = serving.listening(_port_before(file))
        self.base_url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        file.write_text(configuration(site, self.base_url))
        self._process = DemoProcess(partial(_lived, site, listener), f"the USS {site.subject}", closes=closes)
        listener.close()

    @property
    def ours(self) -> socket.socket:
        """What later processes must not hold."""
        return self._process.ours

    @property
    def process_id(self) -> int | None:
        """The id of its process."""
        return self._process.process_id

    async def started(self) -> str:
        """What verifies its record, once it serves. Raises Unavailable when it does not."""
        key = ""
        try:
            async with asyncio.timeout(STARTED_S):
                reader, writer = await asyncio.open_connection(
                    sock=self._process.ours.dup(), limit=LINE_BYTES_MAX
                )
                try:
                    while line := (await reader.readline()).decode():
                        if line.startswith(KEY):
                            key = line.removeprefix(KEY).strip()
                        if line.startswith(READY):
                            return key
                finally:
                    writer.close()
        except (TimeoutError, OSError, ValueError) as wrong:
            raise Unavailable(f"the USS {self.subject} did not start") from wrong
        raise Unavailable(f"the USS {self.subject} has ended")

    def end(self) -> None:
        """End it in an orderly way, or else hard."""
        self._process.end()


def configuration(site: UssSite, base_url: str) -> str:
    """The file of a USS, as docs/uss.md describes it."""
    lines = [
        "[node]",
        f"port = {base_url.rpartition(':')[2]}",
        'mode = "EXERCISE"',
        f'store = "sqlite:{site.folder / RECORD}"',
        "loopback_http = true",
        "[tokens]",
        f'audiences = ["{LOOPBACK}"]',
        f'public_key_files = ["{site.public_key_file}"]',
        *(["[dss]"] if site.dss_url is None else []),
        "[uss]",
        f'base_url = "{base_url}"',
        f'dss_url = "{site.dss_url or base_url}"',
        f'token_url = "{site.token_url}"',
        f'subject = "{site.subject}"',
        f'secret_from = "{NAMED_IN_FILE}"',
        "constraints = true",
    ]
    return "\n".join(lines) + "\n"


def _port_before(file: Path) -> int:
    """The port of an earlier run, under which a DSS knows what is left of it; 0: there was none."""
    if not file.exists():
        return 0
    try:
        return int(tomllib.loads(file.read_text())["node"]["port"])
    except (ValueError, KeyError, TypeError) as wrong:
        raise Unavailable(f"{file} is not as the demo wrote it") from wrong


def _lived(site: UssSite, listener: socket.socket, end: socket.socket) -> None:
    said = uss_config.read(site.folder / FILE, {NAMED_IN_FILE: site.secret})
    with end.makefile("w") as told:
        serving.run(_served(site, said, listener, Console(file=told, width=LINE_BYTES_MAX), end))


async def _served(
    site: UssSite,
    said: uss_config.UssConfiguration,
    listener: socket.socket,
    console: Console,
    end: socket.socket,
) -> None:
    def ended() -> None:
        asyncio.get_running_loop().remove_reader(end)
        signal.raise_signal(signal.SIGTERM)  # the first process has ended: it says nothing else

    asyncio.get_running_loop().add_reader(end, ended)
    await uss_command.run(said, site.folder, console, confirm_restore=None, listener=listener)
