"""A DSS in the shadow of another one, which answers its clients; ours is asked the same, and both compared.

Each request of a client goes to the other DSS once, as it came, and is never repeated there. When it has
answered, the client has that answer, and the request waits to be put to ours, one after the other, in the
order in which the other answered. What differs is told in one line; tokens and what is written are not.
"""

import asyncio
import contextlib
import re
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec
from rich.console import Console

from mamarr.discovery.envelopes import us_of
from mamarr.faults import Unavailable
from mamarr.interop.f3548.answers import ErrorMessage
from mamarr.interop.wire import safe
from mamarr.node.http_client import OutboundClient
from mamarr.node.runtime import Runtime, utc_now
from mamarr.node.serving import LOOPBACK
from mamarr.node.shadow_differences import UNEXPLAINED, Answer, Asked, Difference, differences
from mamarr.node.shadow_names import PATH, Names
from mamarr.web.access.key_sets import Reply
from mamarr.web.access.oidc import origin_of
from mamarr.web.guard import App, Message, Receive, Send

REQUEST_BYTES_MAX = 8 << 20  # chosen: four times what ours reads, as the other may read more
REPLY_BYTES_MAX = 64 << 20  # chosen: a query about a busy city many times over
WAITING_MAX = 1_000  # chosen: requests that wait for ours; some seconds of a busy day
WAITING_BYTES_MAX = 64 << 20  # chosen: of them together, both bodies
SEEN_MAX = 200_000  # chosen: as of names; the id that was written longest ago goes first
LINES_MAX = 10  # chosen: differences of one pair of answers that are told
ALIKE_MAX = 20  # chosen: lines that say the same of the same address
ANSWER_S = 30.0  # chosen: three times as long as the reference DSS takes at most
DRAINED_S = 20.0  # chosen: at the end, how long what waits is still put to ours
PASSED_ON = (b"accept", b"accept-language", b"authorization", b"content-type")
ITEM = re.compile(r"\[[^]]*\]")
COMPARED = ("/dss/v1/", "/rid/v2/dss/")
CHANGING = frozenset({"PUT", "POST", "DELETE"})
SILENT = msgspec.json.encode(ErrorMessage(message="The DSS that this one shadows did not answer."))
LARGE = msgspec.json.encode(ErrorMessage(message=f"The request is larger than {REQUEST_BYTES_MAX} bytes."))


class Waiting(msgspec.Struct):
    """A request to the other DSS. is_at_once: another one that writes was under way there meanwhile."""

    method: str
    raw_path: str
    query: str
    headers: dict[str, str]
    body: bytes
    theirs: Reply | None = None
    is_at_once: bool = False

    def is_write(self) -> bool:
        """Whether it may change something."""
        return self.method in CHANGING and not self.raw_path.endswith("/query")

    def size(self) -> int:
        """Bytes that it keeps."""
        return len(self.body) + (0 if self.theirs is None else len(self.theirs.body))


class Shadow:
    """The ASGI application that stands before ours, and a part that runs beside the engine.

    ours: the DSS that is tried. host: the Host under which it is asked. origin: of the other DSS. client: it
    speaks to that. say: tells one line.
    """

    def __init__(
        self, ours: App, *, host: str, origin: str, client: OutboundClient, say: Callable[[str], None]
    ) -> None:
        self._origin, self._client, self._say = origin, client, say
        transport = httpx.ASGITransport(ours)
        self._ours = httpx.AsyncClient(transport=transport, base_url=f"http://{host}", trust_env=False)
        self._names, self._seen = Names(), OrderedDict[str, None]()
        self._waiting: deque[Waiting] = deque()
        self._bytes, self._is_lost = 0, False
        self._open: dict[int, Waiting] = {}  # what the other has not answered yet
        self._came = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self.count: Counter[str] = Counter()  # same, differ, a rule's name, lost, left out
        self._alike: Counter[tuple[str, str, str, str]] = Counter()

    async def start(self, runtime: Runtime) -> None:
        """Begin to compare."""
        del runtime
        self._worker = asyncio.create_task(self._work())
        self._worker.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Compare what waits, for DRAINED_S at most, and tell the counts."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAINED_S):
                while self._bytes and self._worker is not None and not self._worker.done():
                    await asyncio.sleep(0.01)
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker
        await self._ours.aclose()
        await self._client.close()
        self._say(self.counted())

    def counted(self) -> str:
        """How many answers were the same, differed by which rule, or were not compared."""
        rules = sorted(name for name in self.count if name.isupper() or name == UNEXPLAINED)
        why = ", ".join(f"{name} {self.count[name]}" for name in rules)
        lost = self.count["lost"] + len(self._waiting)
        return (
            f"shadow: {self.count['same']} answers the same, {self.count['differ']} differ"
            + (f" ({why})" if why else "")
            + f", {lost} not compared, {self.count['left out']} of other addresses"
        )

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Let the other DSS answer, and keep the request for ours."""
        if scope["type"] != "http":
            return
        body = await _body(receive)
        if body is None:
            await _answer(send, 413, LARGE)
            return
        raw_path = scope.get("raw_path", scope["path"].encode()).partition(b"?")[0].decode("latin-1")
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in PASSED_ON
        }
        query = scope["query_string"].decode("latin-1")
        asked = Waiting(scope["method"], raw_path, query, headers, body)
        asked.theirs = await self._theirs(asked)
        if asked.theirs is None:
            await _answer(send, 502, SILENT)
        else:
            await _answer(send, asked.theirs.status, asked.theirs.body)
        self._keep(asked)

    async def _theirs(self, asked: Waiting) -> Reply | None:
        """What the other DSS answers, asked once; None when it is silent."""
        url = self._origin + asked.raw_path + (f"?{asked.query}" if asked.query else "")
        asked.is_at_once = any(each.is_write() for each in self._open.values())
        if asked.is_write():
            for each in self._open.values():
                each.is_at_once = True
        self._open[id(asked)] = asked
        try:
            return await self._client.ask(asked.method, url, asked.headers, asked.body)
        except Unavailable as silent:
            self._say(f"shadow: {silent}")
            return None
        finally:
            del self._open[id(asked)]

    def _keep(self, asked: Waiting) -> None:
        """Let the request wait for ours; what does not fit, or whose answer nobody knows, is a gap."""
        if not asked.raw_path.startswith(COMPARED):
            self.count["left out"] += 1
            return
        is_full = len(self._waiting) >= WAITING_MAX or self._bytes + asked.size() > WAITING_BYTES_MAX
        if asked.theirs is None or is_full:
            self.count["lost"] += 1
            if not self._is_lost and asked.is_write():
                self._is_lost = True
                self._say(
                    "shadow: from here on answers may differ because a write could not be repeated here"
                )
            return
        self._waiting.append(asked)
        self._bytes += asked.size()
        self._came.set()

    def _ended(self, worker: asyncio.Task[None]) -> None:
        """What failed is told at once; `stop` raises it."""
        if not worker.cancelled() and worker.exception() is not None:
            self._say(f"shadow: nothing is compared any more: {type(worker.exception()).__name__}")

    async def _work(self) -> None:
        while True:
            await self._came.wait()
            self._came.clear()
            while self._waiting:
                asked = self._waiting.popleft()
                await self._compared(asked)
                self._bytes -= asked.size()

    async def _compared(self, waiting: Waiting) -> None:
        path, theirs = self._names.path(waiting.raw_path), waiting.theirs
        if theirs is None:
            return
        url = path + (f"?{waiting.query}" if waiting.query else "")
        body = self._names.body(waiting.body)
        reply = await self._ours.request(waiting.method, url, headers=waiting.headers, content=body)
        asked = Asked(
            method=waiting.method,
            raw_path=waiting.raw_path,
            body=waiting.body,
            theirs=Answer(status=theirs.status, body=_read(theirs.body)),
            ours=Answer(status=reply.status_code, body=_read(reply.content)),
            names=self._names,
            now_us=us_of(utc_now()),
            is_at_once=waiting.is_at_once,
            is_lost=self._is_lost,
        )
        asked.is_elsewhere = self._is_elsewhere(asked)
        found = differences(asked)
        self._note(asked)
        self._tell(asked, found)

    def _is_elsewhere(self, asked: Asked) -> bool:
        """Whether the other's answer shows something that was not written through here."""
        parts = PATH.fullmatch(asked.raw_path)
        name = "" if parts is None or parts["name"] == "query" else parts["name"].lower()
        is_new = parts is not None and asked.method == "PUT" and parts["version"] is None
        is_made = is_new and asked.theirs.status in (200, 201)
        if name and name not in self._seen and not is_made and asked.theirs.status in (200, 201, 403, 409):
            return True
        known = {name, *_own(asked.theirs.body)}
        return any(
            each not in self._seen and each not in known and self._names.ours(each) == each
            for each in _ids(asked.theirs.body)
        )

    def _note(self, asked: Asked) -> None:
        """Remember what was written on both sides."""
        parts = PATH.fullmatch(asked.raw_path)
        if asked.method != "PUT" or parts is None or asked.theirs.status not in (200, 201):
            return
        for name in (parts["name"].lower(), *_own(asked.theirs.body)):
            self._seen[name] = None
            self._seen.move_to_end(name)
        while len(self._seen) > SEEN_MAX:
            self._seen.popitem(last=False)

    def _tell(self, asked: Asked, found: list[Difference]) -> None:
        self.count["differ" if found else "same"] += 1
        if not found:
            return
        parts = PATH.fullmatch(asked.raw_path)
        which = (
            "" if parts is None or parts["name"] == "query" else f" {safe(parts['name'], characters_max=40)}"
        )
        for each in found[:LINES_MAX]:
            self.count[each.rule] += 1
            alike = (asked.method, asked.kind, ITEM.sub("[]", each.at), each.rule)
            if self._alike[alike] >= ALIKE_MAX:
                continue
            self._alike[alike] += 1
            told = f"shadow: {asked.method} {safe(asked.kind)}{which}: {safe(each.at)} "
            is_secret = each.at.rpartition(".")[2] == "ovn"
            values = "differs" if is_secret else f"{safe(each.theirs)!r} there, {safe(each.ours)!r} here"
            last = " - the last such line" if self._alike[alike] == ALIKE_MAX else ""
            self._say(f"{told}{values}{last} - {each.rule}")


def check_shadowed(origin: str, *, allows_http: bool) -> None:
    """ValueError unless `origin` is the address of a DSS that may be shadowed."""
    try:
        is_one = origin_of(origin) == origin
    except ValueError:
        is_one = False
    if not is_one or (not origin.startswith("https://") and not allows_http):
        raise ValueError(
            f"--shadow {origin[:70]!r}: an https address without a path, such as https://dss.example; "
            "http needs --allow-http"
        )


def shadow_of(origin: str, ours: App, port: int, console: Console) -> Shadow:
    """The shadow of the DSS at `origin`, which may lie in a network of its operator's."""
    client = OutboundClient(
        frozenset({origin}), allow_private=True, reply_bytes_max=REPLY_BYTES_MAX, total_s=ANSWER_S
    )

    def say(line: str) -> None:
        console.print(line, soft_wrap=True, markup=False, highlight=False)

    return Shadow(ours, host=f"{LOOPBACK}:{port}", origin=origin, client=client, say=say)


def _own(body: Any) -> Iterator[str]:
    """The subscription that the answer to the write of an intent says it uses."""
    intent = body.get("operational_intent_reference") if isinstance(body, dict) else None
    used = intent.get("subscription_id") if isinstance(intent, dict) else None
    if isinstance(used, str):
        yield used


def _ids(body: Any) -> Iterator[str]:
    """The ids of everything in an answer."""
    waiting = [body]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            waiting += [inner for inner in each.values() if isinstance(inner, list | dict)]
            named = (each.get(member) for member in ("id", "subscription_id"))
            yield from (name for name in named if isinstance(name, str) and name)


def _read(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body) if body else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


async def _body(receive: Receive) -> bytes | None:
    """The whole body of a request; None when it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > REQUEST_BYTES_MAX:
            return None
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return bytes(body)


async def _answer(send: Send, status: int, body: bytes) -> None:
    kind = b"application/json" if body[:1] in (b"{", b"[") else b"text/plain; charset=utf-8"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
