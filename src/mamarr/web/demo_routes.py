"""The routes about the demo's story. No node but the demo's has them."""

from typing import Protocol

from starlette.responses import Response

from mamarr.faults import Reason, Refusal, WireError
from mamarr.interop.demo_messages import DemoMessage, DemoNeighbourMessage
from mamarr.interop.problems import refused
from mamarr.web.access import Scope
from mamarr.web.calls import Call, Handler, Route, answer, page, refusal

BOTH = "/both"  # the page on which both nodes' pages are


class Story(Protocol):
    """What the routes ask of the demo."""

    def message(self) -> DemoMessage:
        """How far the story is."""

    def opened(self) -> None:
        """A page asks for it: somebody is there."""

    def shown(self, number: int) -> bool:
        """A page shows step `number`; False when there is no such step."""

    def replay(self, number: int) -> bool:
        """Tell step `number` once more; False when there is no such step."""

    def pause(self) -> None:
        """Begin no step by itself."""

    def go_on(self) -> None:
        """Begin steps by itself again."""


class OtherNode(Protocol):
    """What the routes ask of the demo about its other node."""

    party: str
    page_port: int

    async def code(self) -> str:
        """A code that signs the visitor in at its page, once. Raises Unavailable when it has ended."""


def demo_routes(story: Story, other: OtherNode) -> tuple[Route, ...]:
    """The routes that tell `story`, and show the page of `other` beside our own."""

    async def get_both(_: Call) -> Response:
        """The page on which both are."""
        return page()

    async def get_demo(call: Call) -> Response:
        """How far the demo's story is."""
        if call.caller.is_person:
            story.opened()
        return answer(story.message())

    async def post_demo_shown(call: Call) -> Response:
        """Say that the page shows a step."""
        return _told(story, story.shown(_number(call)))

    async def post_demo_replay(call: Call) -> Response:
        """Have a step told once more."""
        return _told(story, story.replay(_number(call)))

    async def post_demo_pause(_: Call) -> Response:
        """Begin no step by itself."""
        story.pause()
        return answer(story.message())

    async def post_demo_go_on(_: Call) -> Response:
        """Begin steps by itself again."""
        story.go_on()
        return answer(story.message())

    async def post_demo_neighbour(call: Call) -> Response:
        """Where the other node's page is, with a code that signs in there once: for a person."""
        if not call.caller.is_person:
            return refusal(refused(Refusal(reason=Reason.NOT_YOURS), call.language))
        code = await other.code()
        return answer(DemoNeighbourMessage(party=other.party, port=other.page_port, code=code))

    step = "/api/demo/steps/{number}"
    return (
        Route(method="GET", path=BOTH, handler=get_both, scope=None),
        Route(method="GET", path="/api/demo", handler=get_demo, scope=Scope.READ, answers=DemoMessage),
        _post("/api/demo/pause", post_demo_pause),
        _post("/api/demo/go-on", post_demo_go_on),
        _post(step + "/shown", post_demo_shown),
        _post(step + "/replay", post_demo_replay),
        _post("/api/demo/neighbour", post_demo_neighbour, answers=DemoNeighbourMessage),
    )


def _post(path: str, handler: Handler, answers: type = DemoMessage) -> Route:
    return Route(method="POST", path=path, handler=handler, scope=Scope.FILE, answers=answers)


def _number(call: Call) -> int:
    written = call.at("number")
    if len(written) > 2 or not (written.isascii() and written.isdigit()):
        raise _no_step()
    return int(written)


def _told(story: Story, there_is: bool) -> Response:
    if not there_is:
        raise _no_step()
    return answer(story.message())


def _no_step() -> WireError:
    return WireError("there is no such step", at="path:number", allowed="1 to 7")
