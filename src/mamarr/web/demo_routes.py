"""The routes about the demo's story. No node but the demo's has them."""

from typing import Protocol

from starlette.responses import Response

from mamarr.faults import WireError
from mamarr.interop.demo_messages import DemoMessage
from mamarr.web.access import Scope
from mamarr.web.calls import Call, Route, answer


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


def demo_routes(story: Story) -> tuple[Route, ...]:
    """The routes that tell `story`."""

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

    step = "/api/demo/steps/{number}"
    return (
        Route(method="GET", path="/api/demo", handler=get_demo, scope=Scope.READ, answers=DemoMessage),
        Route(
            method="POST",
            path=step + "/shown",
            handler=post_demo_shown,
            scope=Scope.FILE,
            answers=DemoMessage,
        ),
        Route(
            method="POST",
            path=step + "/replay",
            handler=post_demo_replay,
            scope=Scope.FILE,
            answers=DemoMessage,
        ),
    )


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
    return WireError("there is no such step", at="path:number", allowed="1 to 5")
