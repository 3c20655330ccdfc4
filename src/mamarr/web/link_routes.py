"""The route by which persons of the node's own party see how its lines to other nodes stand."""

from starlette.responses import Response

from mamarr.coordination.messages import STREAMS
from mamarr.faults import Refusal
from mamarr.interop.link_messages import LinkClockMessage, LinkMessage, LinksMessage, LinkStreamMessage
from mamarr.interop.problems import refused
from mamarr.link.links import Standing
from mamarr.link.standings import Lines, PeerStanding
from mamarr.web.access import Scope
from mamarr.web.calls import Call, Route, answer, refusal


async def get_links(call: Call) -> Response:
    """How the lines to other nodes stand, for the node's own party."""
    found = call.engine.links(call.caller.party)
    if isinstance(found, Refusal):
        return refusal(refused(found, call.language))
    return answer(links_message(found))


def links_message(lines: Lines) -> LinksMessage:
    """The lines as a message."""
    return LinksMessage(
        links=[_link(each) for each in lines.peers],
        listening=lines.listening,
        turned_away=lines.turned_away,
    )


def _link(peer: PeerStanding) -> LinkMessage:
    at = peer.standing
    clock = None if at is None else at.clock
    return LinkMessage(
        node=peer.peer,
        party=peer.party,
        bond=peer.bond,
        connected=peer.is_connected,
        fault=peer.fault,
        heard_for_ms=None if at is None else at.heard_for_ms,
        confirmed_for_ms=None if at is None else at.confirmed_for_ms,
        streams=[] if at is None else _streams(at),
        clock=None if clock is None else LinkClockMessage(ahead_ms=clock.ahead_ms, error_ms=clock.error_ms),
        stopped=None if at is None else at.stopped,
        stopped_there=at is not None and at.is_stopped_there,
        counted={} if at is None else at.counted,
        unread_there=None if at is None else at.unread_there,
    )


def _streams(at: Standing) -> list[LinkStreamMessage]:
    return [
        LinkStreamMessage(stream=stream, waiting_count=waiting, missing_count=missing)
        for stream, waiting, missing in zip(STREAMS, at.waiting, at.missing, strict=True)
    ]


LINK_ROUTES = (
    Route(method="GET", path="/api/links", handler=get_links, scope=Scope.READ, answers=LinksMessage),
)
