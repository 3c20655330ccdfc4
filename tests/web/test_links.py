"""How the lines to other nodes stand, over HTTP: for the node's own party and nobody else."""

import httpx
import pytest

from mamarr.coordination.channels import Stopped
from mamarr.coordination.peers import Bond
from mamarr.link.links import Standing
from mamarr.link.standings import Lines, PeerStanding
from mamarr.link.timing import ClockDifference
from tests.web.node import Desk, at_a_desk

STANDING = Standing(
    heard_for_ms=1_200,
    confirmed_for_ms=None,
    waiting=(0, 3, 20),
    missing=(0, 0, 1),
    clock=ClockDifference(ahead_ms=-12.5, error_ms=300.0),
    stopped=Stopped.TWO_HISTORIES,
    is_stopped_there=True,
    counted={"signature": 2},
    unread_there=1,
)
LINES = Lines(
    peers=(
        PeerStanding(
            peer="east-1", party=None, bond=Bond.INVITED, is_connected=False, fault="", standing=None
        ),
        PeerStanding(
            peer="south-1", party="south", bond=Bond.CONFIRMED, is_connected=True, fault="", standing=STANDING
        ),
    ),
    listening="127.0.0.1:8843",
    turned_away={"comes too often": 7},
)


def test_the_own_party_sees_how_each_line_stands():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        desk.runtime.lines = lambda: LINES
        said = (await client.get("/api/links", headers=desk.bearer("north"))).json()
        assert (said["listening"], said["turned_away"]) == ("127.0.0.1:8843", {"comes too often": 7})
        invited, joined = said["links"]
        assert (invited["node"], invited["party"], invited["bond"]) == ("east-1", None, "INVITED")
        assert (invited["streams"], invited["clock"], invited["connected"]) == ([], None, False)
        assert (joined["heard_for_ms"], joined["confirmed_for_ms"]) == (1_200, None)
        assert joined["streams"][1] == {
            "stream": "COORDINATION",
            "waiting_count": 3,
            "missing_count": 0,
        }
        assert joined["clock"] == {"ahead_ms": -12.5, "error_ms": 300.0}
        assert (joined["stopped"], joined["stopped_there"]) == ("TWO_HISTORIES", True)
        assert joined["counted"] == {"signature": 2}
        assert (invited["unread_there"], joined["unread_there"]) == (None, 1)

    at_a_desk(story)


def test_a_node_without_lines_says_so():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        said = (await client.get("/api/links", headers=desk.bearer("north"))).json()
        assert said == {"links": [], "listening": "", "turned_away": {}}

    at_a_desk(story)


@pytest.mark.requirement("THREATS 4")
def test_another_party_learns_nothing_of_them():
    async def story(desk: Desk, client: httpx.AsyncClient) -> None:
        desk.runtime.lines = lambda: LINES
        refused = await client.get("/api/links", headers=desk.bearer("south"))
        assert (refused.status_code, refused.json()["reason"]) == (403, "NOT_YOURS")
        assert "south-1" not in refused.text

    at_a_desk(story)
