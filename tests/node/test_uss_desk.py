"""Our USS between its users, our DSS and other USSs: what is planned, refused, told and settled."""

import asyncio
import json
from types import SimpleNamespace

import httpx
import pytest

from mamarr.faults import Unavailable
from mamarr.node.uss_dss import Declined, Written
from mamarr.operations.operations import AbandonOperation
from tests.node.uss_town import (
    OTHER,
    OTHER_URL,
    Town,
    a_plan,
    a_volume,
    answering,
    details_at,
    in_a_town,
    others_intent,
    plan_at,
    planned,
    silent,
)
from tests.web.dss_desk import a_subscription, an_id, constraint_at, intent_at, subscription_at

PLANNED, FLYING = ("Completed", "Planned"), ("Completed", "OkToFly")
NOT_PLANNED = ("Rejected", "NotPlanned")


async def at_the_dss(client: httpx.AsyncClient, entity: str) -> dict | None:
    answer = await client.get(intent_at(entity))
    return answer.json()["operational_intent_reference"] if answer.status_code == 200 else None


async def until(holds, seconds: float = 30.0) -> None:
    """Wait for what our USS does by itself."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)


def test_a_flight_is_planned_flown_left_and_closed_and_others_read_it():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight = an_id()
        for how, status, state in (
            ({}, "Planned", "Accepted"),
            ({"usage": "InUse"}, "OkToFly", "Activated"),
            ({"usage": "InUse", "uas": "OffNominal"}, "OffNominal", "Nonconforming"),
            ({"usage": "InUse", "uas": "Contingent"}, "OffNominal", "Contingent"),
        ):
            area = a_volume(east=2 if "uas" in how else 0)
            assert await planned(client, flight, area, priority=7, **how) == ("Completed", status)
            there = await at_the_dss(client, flight)
            said = (await client.get(details_at(flight))).json()["operational_intent"]
            assert there["state"] == said["reference"]["state"] == state
            assert {name: there[name] for name in ("id", "version", "manager", "subscription_id")} == {
                name: said["reference"][name] for name in ("id", "version", "manager", "subscription_id")
            }
            assert said["details"]["priority"] == 7
            off = said["details"]["off_nominal_volumes"]
            assert bool(off) == ("uas" in how)
            assert (off or said["details"]["volumes"])[0] == area
        closed = await client.delete(plan_at(flight))
        assert closed.json() == {"planning_result": "Completed", "flight_plan_status": "Closed"}
        assert await at_the_dss(client, flight) is None
        assert (await client.get(details_at(flight))).status_code == 404
        assert (await client.delete(plan_at(flight))).status_code == 404

    in_a_town(story)


def test_what_is_new_and_flown_at_once_is_accepted_first():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight = an_id()
        assert await planned(client, flight, usage="InUse") == FLYING
        assert (await at_the_dss(client, flight))["version"] == 2
        assert await planned(client, an_id(), usage="InUse", uas="Contingent") == NOT_PLANNED

    in_a_town(story)


@pytest.mark.requirement("astm.f3548.v21.OPIN0030")
def test_what_is_over_or_too_far_ahead_is_refused_before_the_dss_hears_of_it():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        days = 24 * 60
        for minutes in ((-60, -1), (31 * days, 31 * days + 30)):
            flight = an_id()
            assert await planned(client, flight, a_volume(minutes=minutes)) == NOT_PLANNED
            assert await at_the_dss(client, flight) is None
        ahead = a_volume(minutes=(30, 60))
        flight = an_id()
        assert await planned(client, flight, ahead) == PLANNED
        assert await planned(client, flight, ahead, usage="InUse") == ("Rejected", "Planned")

    in_a_town(story)


def test_users_of_ours_do_not_meet_each_other_either():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        first, second = an_id(), an_id()
        assert await planned(client, first) == PLANNED
        assert await planned(client, second, a_volume(east=0.5)) == NOT_PLANNED
        assert await planned(client, second, a_volume(east=1.001)) == PLANNED
        assert await planned(client, second, a_volume(east=0.5)) == ("Rejected", "Planned")
        assert (await at_the_dss(client, second))["version"] == 1
        at_once = [planned(client, an_id(), a_volume(east=5)) for _ in range(4)]
        found = sorted(await asyncio.gather(*at_once))
        assert found == [PLANNED, *[NOT_PLANNED] * 3]

    in_a_town(story)


@pytest.mark.requirement("astm.f3548.v21.SCD0090")
@pytest.mark.requirement("astm.f3548.v21.SCD0095")
def test_who_goes_first_may_meet_and_both_users_are_told():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        there = await others_intent(town, an_id())
        town.others[OTHER] = answering(200, there)
        assert await planned(client, an_id()) == NOT_PLANNED
        assert town.desk.advised(0, 1 << 60) == []
        flight = an_id()
        assert await planned(client, flight, priority=1) == PLANNED
        (given,) = town.desk.advised(0, 1 << 60)
        assert (given.entity_id, given.others) == (flight, (there["operational_intent"]["reference"]["id"],))
        above = an_id()
        assert await planned(client, above, priority=2) == PLANNED
        assert {each.entity_id for each in town.desk.advised(0, 1 << 60)} == {flight, above}
        said = await client.get("/flight_planning/v1/user_notifications?after=2020-01-01T00:00:00Z")
        found = sorted(each["conflicts"] for each in said.json()["user_notifications"])
        assert found == ["Multiple", "Single", "Single"]

    in_a_town(story)


def test_the_regulator_may_let_the_same_priority_meet():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        assert await planned(client, an_id()) == PLANNED
        assert await planned(client, an_id()) == PLANNED
        assert await planned(client, an_id(), priority=-1) == NOT_PLANNED

    in_a_town(story, shared_priorities=(0,))


WRONG = [
    lambda said: said["reference"].update(state="Flying"),
    lambda said: said["details"].update(priority=1.2),
    lambda said: said["reference"].update(ovn="short"),
    lambda said: said["reference"].pop("ovn"),
    lambda said: said["reference"].update(id=an_id()),
    lambda said: said["reference"].update(manager="somebody"),
    lambda said: said["reference"].update(version=9),
    lambda said: said["reference"].update(state="Activated"),
    lambda said: said["details"].update(volumes=[]),
    lambda said: said["details"].update(off_nominal_volumes=[a_volume()]),
    lambda said: said["details"].update(volumes=[a_volume()] * 101),
    lambda said: said["details"]["volumes"][0].pop("time_end"),
    lambda said: said["details"]["volumes"][0]["volume"].pop("altitude_lower"),
    lambda said: said["details"]["volumes"][0]["volume"]["outline_polygon"]["vertices"].pop(),
]


@pytest.mark.requirement("astm.f3548.v21.USS0105,1")
def test_where_others_say_what_cannot_be_nothing_is_planned():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        far = a_volume(east=1.5)  # near by the DSS's measure, and not met
        there = await others_intent(town, an_id(), far)
        for number, wrong in enumerate(WRONG):
            said = json.loads(json.dumps(there))
            wrong(said["operational_intent"])
            if number == len(WRONG) - 1:
                said["operational_intent"]["details"]["volumes"][0]["volume"]["outline_polygon"][
                    "vertices"
                ].pop()
            town.others[OTHER] = answering(200, said)
            flight = an_id()
            assert await planned(client, flight) == NOT_PLANNED, number
            assert await at_the_dss(client, flight) is None
        town.others[OTHER] = answering(200, there)
        assert await planned(client, an_id()) == PLANNED

    in_a_town(story)


@pytest.mark.requirement("THREATS 21")
def test_others_who_are_silent_flood_or_send_us_elsewhere_hold_up_nothing():
    async def endless(_: httpx.Request) -> httpx.Response:
        async def chunks():
            while True:
                yield b" " * 65_536

        return httpx.Response(200, content=chunks())

    async def elsewhere(request: httpx.Request) -> httpx.Response:
        answer = await answering(302)(request)
        answer.headers["location"] = "https://uss-north.example/healthy"
        return answer

    async def story(town: Town, client: httpx.AsyncClient) -> None:
        there = await others_intent(town, an_id(), a_volume(east=1.5))
        for answer in (silent, endless, elsewhere, answering(500), answering(200, b"{" * 5_000)):
            town.others[OTHER] = answer
            assert await planned(client, an_id()) == NOT_PLANNED
            # Elsewhere all goes on.
            flight = an_id()
            assert await planned(client, flight, a_volume(east=500)) == PLANNED
            assert (await client.delete(plan_at(flight))).status_code == 200
        town.others[OTHER] = answering(200, there)
        assert await planned(client, an_id()) == PLANNED

    in_a_town(story)


@pytest.mark.requirement("astm.f3548.v21.SCD0005")
@pytest.mark.requirement("astm.f3548.v21.SCD0010")
def test_who_is_down_and_silent_gives_way_until_it_flies():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        entity, town.others[OTHER] = an_id(), silent
        there = await others_intent(town, entity)
        assert await planned(client, an_id()) == NOT_PLANNED  # silent, and not known to be down
        down = {"old_version": "", "availability": "Down"}
        await client.put("/dss/v1/uss_availability/uss-a", json=down)
        flight = an_id()
        assert await planned(client, flight, a_volume(east=0.5)) == PLANNED
        assert (await client.delete(plan_at(flight))).status_code == 200
        ovn = there["operational_intent"]["reference"]["ovn"]
        flown = {
            "extents": [a_volume()],
            "state": "Activated",
            "uss_base_url": OTHER_URL,
            "new_subscription": {"uss_base_url": OTHER_URL},
        }
        assert (await client.put(intent_at(entity, ovn), json=flown)).status_code == 200
        assert await planned(client, an_id(), a_volume(east=0.5), priority=9) == NOT_PLANNED

    in_a_town(story)


def test_details_are_read_once_for_each_version_or_not_at_all_where_they_were_told():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        asked = lambda: [each for each in town.asked if each.headers["host"] == OTHER]  # noqa: E731
        there = await others_intent(town, entity := an_id(), a_volume(east=1.5))
        town.others[OTHER] = answering(200, there)
        for _ in range(3):
            flight = an_id()
            assert await planned(client, flight) == PLANNED
            assert (await client.delete(plan_at(flight))).status_code == 200
        assert len(asked()) == 1
        ovn = there["operational_intent"]["reference"]["ovn"]
        body = {"extents": [a_volume(east=1.6)], "state": "Accepted", "uss_base_url": OTHER_URL}
        newer = (await client.put(intent_at(entity, ovn), json=body)).json()["operational_intent_reference"]
        told = {
            "operational_intent_id": entity,
            "operational_intent": {"reference": newer, "details": {"volumes": [a_volume(east=1.6)]}},
            "subscriptions": [{"subscription_id": an_id(), "notification_index": 1}],
        }
        assert (await client.post("/uss/v1/operational_intents", json=told)).status_code == 204
        assert await planned(client, an_id()) == PLANNED
        assert len(asked()) == 1

    in_a_town(story)


@pytest.mark.requirement("astm.f3548.v21.SCD0085")
def test_who_subscribed_is_told_of_each_change_with_a_token_for_its_host_alone():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        body = a_subscription(a_volume(east=0.5), uss_base_url=OTHER_URL)
        assert (await client.put(subscription_at(an_id()), json=body)).status_code == 200
        came: list[dict] = []

        async def taken(request: httpx.Request) -> httpx.Response:
            if len(came) == 1:
                came.append({})
                return await answering(503)(request)  # once it does not take it: it is told again
            came.append(json.loads(request.content))
            assert request.headers["authorization"].startswith("Bearer ")
            return await answering(204)(request)

        town.others[OTHER] = taken
        flight = an_id()
        assert await planned(client, flight) == PLANNED
        await until(lambda: len(came) == 1)
        assert (await client.delete(plan_at(flight))).status_code == 200
        await until(lambda: len(came) == 3)
        await until(lambda: not list(town.desk.operated.deliveries.durable_items()))
        assert came[0]["operational_intent"]["reference"]["id"] == came[0]["operational_intent_id"] == flight
        assert (came[2]["operational_intent_id"], "operational_intent" in came[2]) == (flight, False)
        assert [each["subscriptions"][0]["notification_index"] for each in (came[0], came[2])] == [1, 2]

    in_a_town(story)


def test_one_who_speaks_for_another_is_not_heard():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight = an_id()
        assert await planned(client, flight) == PLANNED
        there = await others_intent(
            town, an_id(), key=[town.desk.operation(flight).reference.ovn], priority=5
        )
        told = {"operational_intent_id": there["operational_intent"]["reference"]["id"], "subscriptions": []}
        told |= there
        async with town.client("uss-liar") as liar:
            assert (await liar.post("/uss/v1/operational_intents", json=told)).status_code == 403
        assert town.desk.advised(0, 1 << 60) == []
        for _ in range(2):  # told twice, said once
            assert (await client.post("/uss/v1/operational_intents", json=told)).status_code == 204
        (given,) = town.desk.advised(0, 1 << 60)
        assert given.entity_id == flight

    in_a_town(story)


class LostAnswers:
    """A DSS whose answers to writes are lost, after they were made or before."""

    def __init__(self, town: Town, *, is_made: bool) -> None:
        self.is_made, self._dss = is_made, town.desk._dss
        self._dss.write = self._lost(self._dss.write)
        self._dss.remove = self._lost(self._dss.remove)

    def _lost(self, ask):
        async def asked(*arguments):
            if self.is_made:
                await ask(*arguments)
            raise Unavailable("no answer")

        return asked

    def end(self) -> None:
        del self._dss.write, self._dss.remove


@pytest.mark.parametrize("is_made", [True, False])
def test_a_new_flight_of_which_its_user_heard_nothing_is_ended_whatever_the_dss_made_of_it(is_made):
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        lost, flight = LostAnswers(town, is_made=is_made), an_id()
        assert await planned(client, flight) == ("Failed", "NotPlanned")
        assert (await at_the_dss(client, flight) is not None) is is_made
        lost.end()
        town.ahead_s = 20  # a DSS may be slow: only then is it asked what it made
        await town.desk.tidied(flight)
        assert (town.desk.operation(flight), await at_the_dss(client, flight)) == (None, None)
        assert await planned(client, flight) == PLANNED

    in_a_town(story)


@pytest.mark.parametrize("is_made", [True, False])
def test_what_the_dss_made_of_a_write_without_an_answer_is_settled(is_made):
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight = an_id()
        assert await planned(client, flight) == PLANNED
        lost = LostAnswers(town, is_made=is_made)
        assert await planned(client, flight, a_volume(east=2)) == ("Failed", "Planned")
        assert await planned(client, an_id(), a_volume(east=2)) == NOT_PLANNED  # it may stand there
        lost.end()
        town.ahead_s = 20  # a DSS may be slow: only then is it asked what it made
        await town.desk.tidied(flight)
        held, there = town.desk.operation(flight), await at_the_dss(client, flight)
        assert held.change is None
        assert held.reference.version == there["version"] == (3 if is_made else 2)  # written again
        lost = LostAnswers(town, is_made=is_made)
        answer = (await client.delete(plan_at(flight))).json()
        assert (answer["planning_result"], answer["flight_plan_status"]) == ("Failed", "Planned")
        lost.end()
        town.ahead_s = 20  # a DSS may be slow: only then is it asked what it made
        await town.desk.tidied(flight)
        assert (town.desk.operation(flight), await at_the_dss(client, flight)) == (None, None)

    in_a_town(story)


class LateWrite:
    """A write to the DSS that is given up, and comes there later."""

    def __init__(self, town: Town) -> None:
        self._dss = town.desk._dss
        self._dss.write = self._asked
        self._arguments: tuple = ()

    async def _asked(self, *arguments):
        self._arguments = arguments
        del self._dss.write
        raise Unavailable("no answer")

    async def comes(self) -> object:
        return await self._dss.write(*self._arguments)


@pytest.mark.parametrize("then", ["closed", "refused", "cut short"])
def test_a_new_flight_that_comes_to_the_dss_late_is_ended_there(then: str):
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight = an_id()
        assert await planned(client, an_id(), a_volume(east=2)) == PLANNED
        late = LateWrite(town)
        assert await planned(client, flight) == ("Failed", "NotPlanned")
        if then == "closed":
            assert await planned(client, flight, usage="Closed") == ("Completed", "Closed")
        elif then == "refused":
            assert await planned(client, flight, a_volume(east=2.5)) == NOT_PLANNED
        if then != "closed":
            assert await planned(client, an_id()) == NOT_PLANNED  # it may stand there
        await town.desk.tidied(flight)
        assert isinstance(await late.comes(), Written)
        town.ahead_s = 20
        await town.desk.tidied(flight)
        assert (town.desk.operated.operations.get(flight), await at_the_dss(client, flight)) == (None, None)
        assert await planned(client, an_id()) == PLANNED

    in_a_town(story)


def test_a_change_that_comes_to_the_dss_after_it_was_settled_is_not_made():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight = an_id()
        assert await planned(client, flight) == PLANNED
        late = LateWrite(town)
        assert await planned(client, flight, a_volume(east=2)) == ("Failed", "Planned")
        town.ahead_s = 20
        await town.desk.tidied(flight)
        assert isinstance(await late.comes(), Declined)
        held, there = town.desk.operation(flight), await at_the_dss(client, flight)
        assert (held.change, held.reference.version, there["version"]) == (None, 2, 2)

    in_a_town(story)


async def begun_again(town: Town) -> httpx.AsyncClient:
    """A client of the node after it ended and began again."""
    await town.chores.stop()
    await town.runtime.stop()
    town.begin()
    town.runtime.start()
    await town.chores.start(town.runtime)
    return town.client()


def test_a_request_that_was_done_before_the_node_began_again_is_not_done_twice():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight = an_id()
        requests = [a_plan(), a_plan(a_volume(east=2)), a_plan(usage="Closed")]
        first, second, closing = requests

        async def asked(client: httpx.AsyncClient, body: dict) -> tuple[str, str]:
            answer = (await client.put(plan_at(flight), json=body)).json()
            return answer["planning_result"], answer["flight_plan_status"]

        assert [await asked(client, each) for each in (first, second)] == [PLANNED, PLANNED]
        async with await begun_again(town) as later:
            assert await asked(later, second) == PLANNED
            answer = (await later.put(plan_at(flight), json=first)).json()
            assert (answer["planning_result"], answer["flight_plan_status"]) == ("Failed", "Planned")
            assert "answered before" in answer["notes"]
            assert (await at_the_dss(later, flight))["version"] == 2
            assert await asked(later, closing) == ("Completed", "Closed")
        async with await begun_again(town) as later:
            assert [await asked(later, each) for each in (first, second)] == [("Failed", "NotPlanned")] * 2
            assert await at_the_dss(later, flight) is None
            assert await asked(later, a_plan()) == PLANNED
        async with await begun_again(town) as later:
            assert await asked(later, closing) == ("Completed", "Closed")
            assert (await at_the_dss(later, flight))["version"] == 1  # it closed another one

    in_a_town(story)


def test_a_user_who_asks_again_after_a_lost_answer_goes_on_from_what_the_dss_has():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        lost, flight = LostAnswers(town, is_made=True), an_id()
        assert await planned(client, flight) == ("Failed", "NotPlanned")
        lost.end()
        assert await planned(client, flight, usage="InUse") == FLYING
        assert (await at_the_dss(client, flight))["state"] == "Activated"

    in_a_town(story)


def test_a_node_that_ends_before_it_hears_of_a_write_settles_it_when_it_begins_again():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight, new = an_id(), an_id()
        assert await planned(client, flight) == PLANNED
        body = a_subscription(a_volume(east=0.5), uss_base_url=OTHER_URL)
        assert (await client.put(subscription_at(an_id()), json=body)).status_code == 200
        LostAnswers(town, is_made=True)
        assert await planned(client, flight, a_volume(east=0.5)) == ("Failed", "Planned")
        assert await planned(client, new, a_volume(east=3)) == ("Failed", "NotPlanned")
        told: list[dict] = []

        async def taken(request: httpx.Request) -> httpx.Response:
            told.append(json.loads(request.content))
            return await answering(204)(request)

        town.others[OTHER] = taken
        await town.chores.stop()
        await town.runtime.stop()
        town.begin()
        town.runtime.start()
        await town.chores.start(town.runtime)
        await until(lambda: len(told) > 1 and town.desk.operated.operations.get(new) is None)
        async with town.client() as again:
            held, there = town.desk.operation(flight), await at_the_dss(again, flight)
            assert (held.change, held.reference.version, there["version"]) == (None, 3, 3)
            assert await at_the_dss(again, new) is None
        said = [each for each in told if each["operational_intent_id"] == flight]
        volumes = said[-1]["operational_intent"]["details"]["volumes"]
        assert volumes[0]["volume"] == a_volume(east=0.5)["volume"]

    in_a_town(story)


def test_where_another_process_acts_details_are_answered_when_it_has_confirmed_them():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight, grew = an_id(), asyncio.Event()
        assert await planned(client, flight) == PLANNED
        LateWrite(town)
        assert await planned(client, flight, a_volume(east=2)) == ("Failed", "Planned")
        town.desk._pool = SimpleNamespace(is_writer=False, grown=grew.wait)
        answering_it = asyncio.ensure_future(town.desk.details(flight))
        await asyncio.sleep(0.01)
        assert not answering_it.done()
        grew.set()
        grew.clear()
        await asyncio.sleep(0.01)
        assert not answering_it.done()  # it was something else
        await town.desk.submit(AbandonOperation(entity_id=flight))
        grew.set()
        assert (await answering_it).change is None

    in_a_town(story)


def test_where_the_dss_knows_more_than_our_record_its_version_counts():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight = an_id()
        assert await planned(client, flight) == PLANNED
        async with town.client("uss-north") as ours:  # as our record before it was set back might have done
            ovn = town.desk.operation(flight).reference.ovn
            body = {"extents": [a_volume()], "state": "Accepted", "uss_base_url": OTHER_URL}
            assert (await ours.put(intent_at(flight, ovn), json=body)).status_code == 200
        assert await planned(client, flight, usage="InUse") == FLYING
        async with town.client("uss-north") as ours:
            ovn = town.desk.operation(flight).reference.ovn
            assert (await ours.delete(intent_at(flight, ovn))).status_code == 200
        assert (await client.delete(plan_at(flight))).json()["flight_plan_status"] == "Closed"
        theirs = an_id()
        await others_intent(town, theirs, a_volume(east=9))  # an id that is somebody else's at the DSS
        town.others[OTHER] = silent
        assert (await planned(client, theirs, a_volume(east=500)))[0] == "Failed"
        assert town.desk.operation(theirs) is None

    in_a_town(story)


def test_what_is_over_is_ended_and_an_area_is_cleared_of_all_that_is_ours():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        over = an_id()
        assert await planned(client, over, a_volume(minutes=(-1, 1))) == PLANNED
        flight = an_id()
        assert await planned(client, flight, a_volume(east=3)) == PLANNED
        town.ahead_s = 120
        await town.desk.tidied(over)
        assert town.desk.operation(over) is None
        town.ahead_s = 0
        async with town.client("uss-north") as ours:  # an intent of ours of which our record knows nothing
            key = [town.desk.operation(flight).reference.ovn]
            body = {"extents": [a_volume(east=5)], "state": "Accepted", "uss_base_url": OTHER_URL, "key": key}
            left = an_id()
            assert (await ours.put(intent_at(left), json=body)).status_code == 201
        await others_intent(town, theirs := an_id(), a_volume(east=500))
        asked = {"request_id": an_id(), "extent": a_volume(east=3)}
        answer = await client.post("/flight_planning/v1/clear_area_requests", json=asked)
        assert answer.json()["outcome"]["success"]
        gone = [await at_the_dss(client, each) for each in (flight, left)]
        assert (gone, (await at_the_dss(client, theirs))["id"]) == ([None, None], theirs)

    in_a_town(story)


def test_the_same_request_of_a_test_is_answered_as_before():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        flight, body = an_id(), a_plan()
        first = (await client.put(plan_at(flight), json=body)).json()
        assert (await client.put(plan_at(flight), json=body)).json() == first
        assert (await at_the_dss(client, flight))["version"] == 1
        asked = a_plan(execution_style="Hypothetical")
        answer = (await client.put(plan_at(an_id()), json=asked)).json()
        assert (answer["planning_result"], answer["flight_plan_status"]) == ("NotSupported", "NotPlanned")
        closed = await client.put(plan_at(flight), json=a_plan(usage="Closed"))
        assert closed.json()["flight_plan_status"] == "Closed"

    in_a_town(story)


async def others_constraint(client: httpx.AsyncClient, constraint: str, *volumes: dict) -> dict:
    """Another USS makes a constraint known at our DSS; what it answers of it from then on."""
    body = {"extents": list(volumes), "uss_base_url": OTHER_URL}
    answer = await client.put(constraint_at(constraint), json=body)
    assert answer.status_code == 201, answer.text
    reference = answer.json()["constraint_reference"]
    return {"constraint": {"reference": reference, "details": {"volumes": list(volumes), "type": "x"}}}


def test_where_our_uss_processes_constraints_users_are_told_which_they_meet():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        met, apart = an_id(), an_id()
        open_above = a_volume(east=0.5)
        del open_above["volume"]["altitude_upper"]
        there = await others_constraint(client, met, open_above)
        town.others[OTHER] = answering(200, there)
        flight = an_id()
        assert await planned(client, flight) == PLANNED
        (given,) = town.desk.advised(0, 1 << 60)
        assert (given.entity_id, given.others) == (flight, (met,))
        far = await others_constraint(client, apart, a_volume(east=2))
        town.others[OTHER] = silent  # told or read once, a version is not asked for again
        told = {"constraint_id": apart, "subscriptions": [], **far}
        assert (await client.post("/uss/v1/constraints", json=told)).status_code == 204
        assert len(town.desk.advised(0, 1 << 60)) == 1
        assert await planned(client, flight, usage="InUse") == FLYING
        newer = json.loads(json.dumps(told))
        newer["constraint"]["reference"]["version"] = 2
        newer["constraint"]["details"]["volumes"] = [a_volume(east=0.9)]
        async with town.client("uss-liar") as liar:
            assert (await liar.post("/uss/v1/constraints", json=newer)).status_code == 403
        assert (await client.post("/uss/v1/constraints", json=newer)).status_code == 204
        assert [each.others for each in town.desk.advised(0, 1 << 60)][-1] == (apart,)
        gone = {"constraint_id": apart, "subscriptions": []}
        assert (await client.post("/uss/v1/constraints", json=gone)).status_code == 204
        # What is forgotten, or never said, is asked for; and nothing is planned near to what nobody says.
        assert await planned(client, flight, a_volume(east=0.2), usage="InUse") == ("Rejected", "OkToFly")

    in_a_town(story, has_constraints=True)


WRONG_CONSTRAINTS = [
    lambda said: said["reference"].update(version=9),
    lambda said: said["reference"].update(manager="somebody"),
    lambda said: said["reference"].update(id=an_id()),
    lambda said: said["reference"].pop("ovn"),
    lambda said: said["details"].update(volumes=[]),
    lambda said: said["details"]["volumes"][0].pop("time_end"),
]


def test_where_others_say_of_a_constraint_what_cannot_be_nothing_is_planned():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        there = await others_constraint(client, an_id(), a_volume(east=1.5))
        for number, wrong in enumerate(WRONG_CONSTRAINTS):
            said = json.loads(json.dumps(there))
            wrong(said["constraint"])
            town.others[OTHER] = answering(200, said)
            assert await planned(client, an_id()) == NOT_PLANNED, number
        town.others[OTHER] = answering(200, there)
        assert await planned(client, an_id()) == PLANNED
        assert town.desk.advised(0, 1 << 60) == []

    in_a_town(story, has_constraints=True)


def test_a_uss_that_processes_no_constraints_asks_for_none():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        await others_constraint(client, an_id(), a_volume())
        assert await planned(client, an_id()) == PLANNED
        assert [each for each in town.asked if each.headers["host"] == OTHER] == []

    in_a_town(story)
