"""What runs beside the engine: started before the first request, stopped after the last."""

import asyncio
import signal

import httpx
import pytest

from mamarr.airspace.reservations import Release
from mamarr.engine import Order
from mamarr.faults import Refusal, Unavailable
from mamarr.names import Author
from mamarr.node.runtime import Runtime
from mamarr.node.serving import listening, serve
from tests.web.node import Desk


class ToldPart:
    """A part that says what happens to it, and asks the engine as it ends."""

    def __init__(self, name: str, told: list[str], *, is_broken: bool = False) -> None:
        self.name, self.told, self.is_broken = name, told, is_broken

    async def start(self, runtime: Runtime) -> None:
        if self.is_broken:
            raise Unavailable(f"{self.name} cannot")
        self.runtime = runtime
        self.told.append(f"start {self.name}")

    async def stop(self) -> None:
        author = Author(party="north", node=self.runtime.node_id, rule=self.name)
        order = Order(command_id=f"last-of-{self.name}", author=author, command=Release(reservation_id="R1"))
        answer = await self.runtime.submit(order)
        assert isinstance(answer.outcome, Refusal)
        self.told.append(f"stop {self.name}: {answer.outcome.reason}")


def served(parts: list[ToldPart], told: list[str], **options: bool) -> Desk:
    """Serve with `parts`, ask who came from where, and end."""
    listener = listening(0)
    port = listener.getsockname()[1]

    async def node() -> Desk:
        desk = Desk()

        async def app(scope, receive, send) -> None:
            told.append(f"asked by {scope['client'][0]}")
            headers = [(b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})

        async def ready() -> None:
            async with httpx.AsyncClient(trust_env=False, verify=False) as client:
                await client.get(f"http://127.0.0.1:{port}/", headers={"x-forwarded-for": "192.0.2.7"})
            signal.raise_signal(signal.SIGTERM)

        async def quiet(scope, receive, send) -> None:
            if scope["type"] == "http":
                await app(scope, receive, send)

        await serve(quiet, desk.runtime, listener, ready=ready, parts=parts, **options)
        return desk

    try:
        return asyncio.run(node())
    finally:
        listener.close()


def test_parts_run_around_the_requests_and_may_ask_until_they_end():
    told: list[str] = []
    desk = served([ToldPart("live", told), ToldPart("push", told)], told)
    assert told == [
        "start live",
        "start push",
        "asked by 127.0.0.1",
        "stop push: NOT_THERE",
        "stop live: NOT_THERE",
    ]
    assert desk.decided == 2


def test_a_part_that_cannot_start_keeps_the_node_from_serving():
    told: list[str] = []
    with pytest.raises(Unavailable, match="push cannot"):
        served([ToldPart("live", told), ToldPart("push", told, is_broken=True)], told)
    assert told == ["start live", "stop live: NOT_THERE"]


@pytest.mark.requirement("THREATS 15")
def test_who_asks_is_believed_of_a_proxy_alone():
    told: list[str] = []
    served([], told)
    served([], told, behind_proxy=True)
    assert told == ["asked by 127.0.0.1", "asked by 192.0.2.7"]
