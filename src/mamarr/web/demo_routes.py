"""The routes about the demo's stories. No node but the demo's has them."""

from typing import Protocol

from starlette.responses import Response

from mamarr.faults import Reason, Refusal, WireError
from mamarr.interop.demo_messages import DemoMessage, DemoNeighbourMessage, DemoStepKey, DroneDemoMessage
from mamarr.interop.problems import refused
from mamarr.web.access import Scope
from mamarr.web.calls import Call, Handler, Route, answer, page, refusal

BOTH = "/both"  # the page on which both nodes' pages are
STORY, DRONES = "/api/demo", "/api/demo/drones"  # of the two nodes, and of the chapter about drones


class Story(Protocol):
    """What the routes ask of the demo."""

    def message(self) -> DemoMessage | DroneDemoMessage:
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

    async def post_demo_neighbour(call: Call) -> Response:
        """Where the other node's page is, with a code that signs in there once: for a person."""
        if not call.caller.is_person:
            return refusal(refused(Refusal(reason=Reason.NOT_YOURS), call.language))
        code = await other.code()
        return answer(DemoNeighbourMessage(party=other.party, port=other.page_port, code=code))

    return (
        Route(method="GET", path=BOTH, handler=get_both, scope=None),
        *story_routes(story, STORY, DemoMessage, steps_count=len(DemoStepKey)),
        _post("/api/demo/neighbour", post_demo_neighbour, answers=DemoNeighbourMessage),
    )


def story_routes(story: Story, path: str, answers: type, *, steps_count: int) -> tuple[Route, ...]:
    """The routes at `path` that tell `story`, and hear what a page says of it. answers: its message."""

    def number_in(call: Call) -> int:
        written = call.at("number")
        if len(written) > 2 or not (written.isascii() and written.isdigit()):
            raise no_step()
        return int(written)

    def no_step() -> WireError:
        return WireError("there is no such step", at="path:number", allowed=f"1 to {steps_count}")

    def told(there_is: bool) -> Response:
        if not there_is:
            raise no_step()
        return answer(story.message())

    async def get_demo(call: Call) -> Response:
        """How far the demo's story is."""
        if call.caller.is_person:
            story.opened()
        return answer(story.message())

    async def post_demo_shown(call: Call) -> Response:
        """Say that the page shows a step."""
        return told(story.shown(number_in(call)))

    async def post_demo_replay(call: Call) -> Response:
        """Have a step told once more."""
        return told(story.replay(number_in(call)))

    async def post_demo_pause(_: Call) -> Response:
        """Begin no step by itself."""
        story.pause()
        return answer(story.message())

    async def post_demo_go_on(_: Call) -> Response:
        """Begin steps by itself again."""
        story.go_on()
        return answer(story.message())

    step = path + "/steps/{number}"
    return (
        Route(method="GET", path=path, handler=get_demo, scope=Scope.READ, answers=answers),
        _post(f"{path}/pause", post_demo_pause, answers=answers),
        _post(f"{path}/go-on", post_demo_go_on, answers=answers),
        _post(f"{step}/shown", post_demo_shown, answers=answers),
        _post(f"{step}/replay", post_demo_replay, answers=answers),
    )


def _post(path: str, handler: Handler, answers: type) -> Route:
    return Route(method="POST", path=path, handler=handler, scope=Scope.FILE, answers=answers)
