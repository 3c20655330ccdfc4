"""What others returned after a restore: in the list of crossings, and ended by a person."""

import httpx

from mamarr.flights.errands import CrossingGiveBack, CrossingHeld, FlightState
from tests.engine.stories_of_neighbours import wanted
from tests.flights.routes import NOON_MS, a_plan
from tests.web.neighbours import Neighbours, with_neighbours
from tests.web.node import Desk
from tests.web.skies import CHIEF
from tests.web.test_coordination import OFFICER, listed

LOST = CrossingHeld(
    object_id="f0" * 16,
    filed_ms=NOON_MS,
    revisions=(1,),
    asked=1,
    number=2,
    is_airborne=True,
    content=wanted(a_plan(minutes=260), party="north"),
)
PATH = f"/api/crossings/node-north/FLIGHT/{LOST.object_id}/{NOON_MS}/answer"
OVER = {"answer": "OVER"}


def test_what_was_returned_is_listed_as_our_own_and_ended_by_a_person_alone():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add(scopes=OFFICER))
        await them.does(*them.south.says(LOST))
        (seen,) = (await listed(client, page)).values()
        assert (seen["node"], seen["asker"], seen["party"]) == ("node-north", "north", "north")
        assert (seen["returned_by"], seen["is_airborne"], seen["is_held"]) == (["south"], True, True)
        assert not seen["is_waiting"]
        by_program = await client.post(PATH, json=OVER, headers=desk.bearer("north", CHIEF))
        assert (by_program.status_code, by_program.json()["reason"]) == (403, "NOT_YOURS")
        done = await client.post(PATH, json=OVER, headers=page)
        assert done.status_code == 200, done.text
        assert await listed(client, page) == {}
        about = {"object_id": LOST.object_id, "filed_ms": NOON_MS}
        assert them.errands[-2:] == [
            CrossingGiveBack(**about, revision=1),
            FlightState(**about, number=3, is_over=True),
        ]
        again = await client.post(PATH, json=OVER, headers=page)
        assert again.json()["reason"] == "NOT_THERE"

    with_neighbours(story)


def test_what_is_held_for_others_is_not_ended_so():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        page = desk.cookie(desk.add(scopes=OFFICER))
        state = FlightState(object_id="S1", filed_ms=NOON_MS, number=1, content=wanted(a_plan(minutes=260)))
        await them.does(*them.south.says(state))
        path = f"/api/crossings/node-south/FLIGHT/S1/{NOON_MS}/answer"
        answer = await client.post(path, json=OVER, headers=page)
        assert (answer.status_code, answer.json()["reason"]) == (409, "WRONG_STATUS")

    with_neighbours(story)
