"""Our USS between its own people, our DSS and other USSs: what it closes for drones, changes and opens."""

import json
from typing import Any

import httpx
import pytest

from mamarr.faults import Reason, Refusal, Unavailable
from mamarr.interop.f3548 import uss_closures
from mamarr.web.uss_calls import UssScope
from mamarr.web.uss_closure_routes import CLOSURE_ROUTES, OWN, PLANNED
from tests.node.test_uss_desk import until
from tests.node.uss_town import NAME, OTHER, OTHER_URL, Town, a_volume, answering, in_a_town
from tests.web.dss_desk import a_subscription, an_id, constraint_at, subscription_at

GEOZONE = {"identifier": "Z1", "country": "CHE", "type": "COMMON", "restriction": "PROHIBITED"}


def closed(*volumes: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {"volumes": list(volumes) or [a_volume()], "type": "uas-zone", "geozone": GEOZONE} | changed


def own(entity: str) -> str:
    return f"{OWN}/{entity}"


def details_at(entity: str) -> str:
    return f"/uss/v1/constraints/{entity}"


async def at_the_dss(client: httpx.AsyncClient, entity: str) -> dict[str, Any] | None:
    answer = await client.get(constraint_at(entity))
    return answer.json()["constraint_reference"] if answer.status_code == 200 else None


def test_sky_is_closed_changed_and_opened_and_who_subscribed_is_told_each_time():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        entity, subscription = an_id(), an_id()
        town.others[OTHER] = answering(204)
        wanted = a_subscription(uss_base_url=OTHER_URL, extents=a_volume(), notify_for_constraints=True)
        assert (await client.put(subscription_at(subscription), json=wanted)).status_code == 200
        told: list[dict[str, Any]] = []

        def heard() -> bool:
            said = [each for each in town.asked if each.headers["host"] == OTHER]
            told[:] = [json.loads(each.content) for each in said]
            return len(told) == len(expected)

        expected = ["closed"]
        async with town.client(NAME) as people:
            body = closed()
            answer = await people.put(own(entity), json=body)
            assert answer.status_code == 200, answer.text
            there, said = await at_the_dss(people, entity), answer.json()["constraint"]
            assert there == said["reference"]
            assert said["details"] == body
            assert (await client.get(details_at(entity))).json() == answer.json()
            await until(heard)
            assert told[0]["constraint_id"] == entity
            assert told[0]["constraint"] == said
            assert told[0]["subscriptions"][0]["subscription_id"] == subscription
            expected.append("changed")
            changed = closed(a_volume(minutes=(-1, 40)), type="closed for works", geozone=None)
            assert (await people.put(own(entity), json=changed)).json()["constraint"]["reference"][
                "version"
            ] == 2
            await until(heard)
            assert "geozone" not in told[1]["constraint"]["details"]
            listed = (await people.get(OWN)).json()["constraints"]
            assert [each["reference"]["id"] for each in listed] == [entity]
            expected.append("opened")
            assert (await people.delete(own(entity))).status_code == 204
            await until(heard)
            assert "constraint" not in told[2]
            assert await at_the_dss(client, entity) is None
            assert (await client.get(details_at(entity))).status_code == 404
            assert (await people.delete(own(entity))).status_code == 404
            assert (await people.get(OWN)).json() == {"constraints": []}

    in_a_town(story)


@pytest.mark.requirement("THREATS 12")
def test_only_the_uss_itself_closes_and_only_with_that_scope():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        async with town.client(None) as nobody, town.client(NAME, ("utm.elsewhere",)) as other_scope:
            for route in CLOSURE_ROUTES:
                path = route.path.replace("{entityid:segment}", an_id())
                body = None if route.takes is None else json.dumps(closed()).encode()
                assert (await nobody.request(route.method, path, content=body)).status_code == 401
                assert (await other_scope.request(route.method, path, content=body)).status_code == 403
                if route.path.startswith((OWN, PLANNED)):
                    assert (await client.request(route.method, path, content=body)).status_code == 403
        for scope in UssScope:
            async with town.client(NAME, (scope,)) as people:
                answer = await people.get(OWN)
                assert (answer.status_code == 200) == (scope is UssScope.CONSTRAINT_MANAGEMENT)
        assert town.store.size() == 1  # nothing was decided

    in_a_town(story)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", ""),
        (b"{}", "volumes"),
        (json.dumps(closed(volumes=[])).encode(), "volumes"),
        (json.dumps(closed(geozone=7)).encode(), "geozone"),
        (json.dumps(closed(type="a\u202eb")).encode(), ""),
        (json.dumps(closed(type="x" * 201)).encode(), "type"),
        (json.dumps(closed(a_volume(altitude_lower=None))).encode(), "altitude_lower"),
        (json.dumps(closed(geozone={"message": "x" * 70_000})).encode(), "geozone"),
    ],
)
def test_what_cannot_be_closed_says_where_it_is_wrong(body: bytes, said: str):
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        del client
        async with town.client(NAME) as people:
            answer = await people.put(own(an_id()), content=body)
            assert answer.status_code == 400, answer.text
            assert said in answer.json()["message"]
            assert (await people.put(own("x"), json=closed())).status_code == 400
            late = await people.put(own(an_id()), json=closed(a_volume(minutes=(-9, -1))))
            assert late.status_code in (400, 409)
        assert not dict(town.closing.table.durable_items())

    in_a_town(story)


def test_a_write_whose_answer_was_lost_is_done_again_and_others_are_told():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        entity, real = an_id(), town.closing._constraints.write

        async def lost(*asked: Any) -> Any:
            town.closing._constraints.write = real
            await real(*asked)
            raise Unavailable("the answer was lost")

        town.closing._constraints.write = lost
        async with town.client(NAME) as people:
            assert (await people.put(own(entity), json=closed())).status_code == 503
            assert (await client.get(details_at(entity))).status_code == 404
            await town.closing.tidied(entity)
            assert (await client.get(details_at(entity))).json()["constraint"]["reference"]["version"] == 2

    in_a_town(story)


def test_what_the_dss_declines_is_not_held_and_what_it_has_no_more_ends():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        entity = an_id()
        async with town.client(NAME) as people, town.client(NAME) as elsewhere:
            body = {"extents": [a_volume()], "uss_base_url": OTHER_URL}
            assert (await client.put(constraint_at(entity), json=body)).status_code == 201  # somebody else's
            assert (await people.put(own(entity), json=closed())).status_code == 503
            assert not dict(town.closing.table.durable_items())
            mine = an_id()
            ovn = (await people.put(own(mine), json=closed())).json()["constraint"]["reference"]["ovn"]
            gone = await elsewhere.delete(f"{constraint_at(mine)}/{ovn}")
            assert gone.status_code == 200, gone.text
            assert (await people.delete(own(mine))).status_code == 204
            assert not dict(town.closing.table.durable_items())

    in_a_town(story)


def test_what_was_closed_stays_so_over_a_restart_and_ends_with_its_time():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        entity, body = an_id(), closed(a_volume(minutes=(-1, 1)))
        async with town.client(NAME) as people:
            assert (await people.put(own(entity), json=body)).status_code == 200
        await town.chores.stop()
        await town.runtime.stop()
        town.begin()
        town.runtime.start()
        await town.chores.start(town.runtime)
        async with town.client() as other:
            assert (await other.get(details_at(entity))).json()["constraint"]["details"] == body
            town.ahead_s = 90
            await town.closing.tidied(entity)
            assert not dict(town.closing.table.durable_items())

    in_a_town(story)


def test_a_request_that_is_tried_again_undoes_nothing_that_was_asked_since():
    async def story(town: Town, client: httpx.AsyncClient) -> None:
        entity, closing = an_id(), town.closing
        first, second = (
            uss_closures.closed(json.dumps(closed(a_volume(east=east))).encode()) for east in (0, 2)
        )
        await closing.publish(entity, *first, "request 1")
        await closing.publish(entity, *second, "request 2")
        again = await closing.publish(entity, *first, "request 1")
        assert (again, again.closed) == (closing.closure(entity), second[0])
        assert (await at_the_dss(client, entity))["version"] == 2
        assert await closing.withdraw(entity, "request 3") is None
        assert await closing.publish(entity, *first, "request 1") == Refusal(
            reason=Reason.NOT_THERE, because=(entity,)
        )
        assert await closing.withdraw(entity, "request 3") is None  # as it was answered
        await closing.publish(entity, *first, "request 4")
        assert await closing.withdraw(entity, "request 3") is None
        assert await at_the_dss(client, entity) is not None

    in_a_town(story)
