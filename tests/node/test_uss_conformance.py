"""Our USS and the aircraft of its users: what it says by itself at the DSS, and to whom, as they are seen."""

import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from mamarr.discovery.envelopes import us_of
from mamarr.faults import Unavailable
from mamarr.interop.f3548.instants import written_instant
from mamarr.interop.f3548.requests import Volume4DMessage
from mamarr.interop.f3548.uss_reading import exact
from mamarr.interop.wire import decoded
from mamarr.node import uss_chores, uss_conformance
from mamarr.operations.positions import is_inside
from tests.node.test_uss_desk import at_the_dss, until
from tests.node.uss_town import (
    NAME,
    OTHER,
    OTHER_URL,
    Town,
    a_telemetry,
    a_volume,
    answering,
    details_at,
    in_a_town,
    others_intent,
)
from tests.web.dss_desk import a_subscription, an_id, subscription_at
from tests.web.test_uss_flights import a_flight, flight_at, kept

INSIDE, OUTSIDE = 0.5, 4.0  # sides east of the place, where `a_volume` is
Story = Callable[[Town, httpx.AsyncClient, httpx.AsyncClient], Awaitable[None]]


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stories look themselves, at each second of the town."""
    monkeypatch.setattr(uss_chores, "LOOKED_EVERY_S", 3_600)


async def look(town: Town) -> None:
    """What our USS does by itself each second."""
    now_us = us_of(town.runtime.now())
    for entity_id, move in list(town.conformance.due(now_us)):
        with contextlib.suppress(Unavailable):
            await town.conformance.done(entity_id, move, now_us)


def flown(story: Story, **how: Any) -> None:
    """Run a story with a client of another USS, and one of our own users."""

    async def told(town: Town, client: httpx.AsyncClient) -> None:
        async with town.client(NAME) as user:
            await story(town, client, user)

    in_a_town(told, **how)


async def fly(town: Town, user: httpx.AsyncClient, flight: str, east: float, seconds: int) -> None:
    """Positions of so many seconds, one a second."""
    for _ in range(seconds):
        town.ahead_s += 1
        body = {"positions": [a_telemetry(town, east)]}
        answer = await user.post(flight_at(flight) + "/positions", json=body)
        assert answer.json() == {"taken": 1, "older": 0}, answer.text
        await look(town)


async def seen(user: httpx.AsyncClient, flight: str) -> tuple[str, str, list[str]]:
    """The state of a flight, how it keeps to its volumes, and what its user was told, the first first."""
    said = (await user.get(flight_at(flight))).json()["flight"]
    return said["state"], said["keeping"], [each["kind"] for each in reversed(said["advisories"])]


@pytest.mark.requirement("astm.f3548.v21.USS0105,2")
@pytest.mark.requirement("astm.f3548.v21.OPIN0015")
@pytest.mark.requirement("THREATS 23")
@pytest.mark.requirement("astm.f3548.v21.SCD0085")
def test_who_leaves_is_nonconforming_at_the_dss_by_itself_and_activated_again_when_back():
    async def story(town: Town, client: httpx.AsyncClient, user: httpx.AsyncClient) -> None:
        told: list[dict[str, Any]] = []

        async def taken(request: httpx.Request) -> httpx.Response:
            told.append(json.loads(request.content))
            return await answering(204)(request)

        town.others[OTHER] = taken
        body = a_subscription(a_volume(east=0.5), uss_base_url=OTHER_URL)
        assert (await client.put(subscription_at(an_id()), json=body)).status_code == 200
        flight = an_id()
        await kept(user, flight, state="Activated", priority=3)
        assert await seen(user, flight) == ("Activated", "NO_POSITIONS", [])
        await fly(town, user, flight, INSIDE, 5)
        assert await seen(user, flight) == ("Activated", "INSIDE", [])
        assert (await client.get(details_at(flight) + "/telemetry")).status_code == 409
        await fly(town, user, flight, OUTSIDE, 3)
        assert await seen(user, flight) == ("Activated", "OUTSIDE", [])
        await fly(town, user, flight, OUTSIDE, 2)
        assert (await seen(user, flight))[0] == "Nonconforming"
        assert await seen(user, flight) == ("Nonconforming", "OUTSIDE", ["LEFT"])
        assert (await at_the_dss(client, flight))["state"] == "Nonconforming"
        said = (await client.get(details_at(flight))).json()["operational_intent"]["details"]
        assert (said["volumes"], said["priority"]) == ([a_volume() | _times(said)], 3)
        off, _ = said["off_nominal_volumes"]
        (position,) = town.conformance.kept(flight)[-1:]
        assert is_inside(position, (exact("$", decoded(Volume4DMessage, json.dumps(off).encode())),))
        answer = await client.get(details_at(flight) + "/telemetry")
        last = (await user.get(flight_at(flight))).json()["flight"]["position"]["telemetry"]
        assert (answer.status_code, answer.json()["telemetry"]) == (200, last)
        assert answer.json()["operational_intent_id"] == flight
        await fly(town, user, flight, INSIDE, 20)
        assert (await seen(user, flight))[0] == "Nonconforming"
        await fly(town, user, flight, INSIDE, 2)
        assert (await seen(user, flight))[0] == "Activated"
        assert await seen(user, flight) == ("Activated", "INSIDE", ["LEFT", "RETURNED"])
        assert (await client.get(details_at(flight) + "/telemetry")).status_code == 409
        back = (await client.get(details_at(flight))).json()["operational_intent"]["details"]
        assert back == said | {"off_nominal_volumes": []}
        states = ["Accepted", "Activated", "Nonconforming", "Activated"]
        await until(lambda: len(told) >= 4)
        assert {each["operational_intent"]["reference"]["state"] for each in told} <= set(states)
        assert told[-1]["operational_intent"]["reference"]["state"] == "Activated"

    flown(story)


def _times(said: dict[str, Any]) -> dict[str, Any]:
    """The times that the volume has: `a_volume` is made of the present each time."""
    return {name: said["volumes"][0][name] for name in ("time_start", "time_end")}


def test_who_is_back_and_finds_others_there_stays_nonconforming_and_is_told_once_whom():
    async def story(town: Town, client: httpx.AsyncClient, user: httpx.AsyncClient) -> None:
        flight, other = an_id(), an_id()
        await kept(user, flight, state="Activated")
        await fly(town, user, flight, OUTSIDE, 6)
        assert (await seen(user, flight))[0] == "Nonconforming"
        ovn = town.desk.operation(flight).reference.ovn
        there = await others_intent(town, other, key=[ovn])
        town.others[OTHER] = answering(200, there)
        await fly(town, user, flight, INSIDE, 24)
        assert await seen(user, flight) == ("Nonconforming", "INSIDE", ["LEFT", "NOT_RETURNED"])
        (given, *_) = (await user.get(flight_at(flight))).json()["flight"]["advisories"]
        assert given["others"] == [other]
        await fly(town, user, flight, INSIDE, 70)  # it is tried again, and it is not given up
        assert await seen(user, flight) == ("Nonconforming", "INSIDE", ["LEFT", "NOT_RETURNED"])
        deleted = (
            f"/dss/v1/operational_intent_references/{other}/{there['operational_intent']['reference']['ovn']}"
        )
        assert (await client.delete(deleted)).status_code == 200
        await fly(town, user, flight, INSIDE, 31)
        assert (await seen(user, flight))[0] == "Activated"

    flown(story)


def test_who_does_not_return_is_contingent_after_a_minute_and_where_it_may_be_follows_it_until_its_end():
    async def story(town: Town, client: httpx.AsyncClient, user: httpx.AsyncClient) -> None:
        flight = an_id()
        await kept(user, flight, state="Activated")
        await fly(town, user, flight, OUTSIDE, 6)
        assert (await seen(user, flight))[0] == "Nonconforming"
        await fly(town, user, flight, OUTSIDE + 5, 40)
        assert (await seen(user, flight))[0] == "Nonconforming"
        await fly(town, user, flight, OUTSIDE + 10, 20)
        assert (await seen(user, flight))[0] == "Contingent"
        assert await seen(user, flight) == ("Contingent", "OUTSIDE", ["LEFT", "GIVEN_UP"])
        await fly(town, user, flight, INSIDE, 60)
        assert (await seen(user, flight))[0] == "Contingent"  # it never comes back from that
        said = (await client.get(details_at(flight))).json()["operational_intent"]["details"]
        *_, off = said["off_nominal_volumes"]
        assert said["volumes"] == []
        assert off["time_end"]["value"] > written_instant(us_of(town.runtime.now()))
        assert (await client.get(details_at(flight) + "/telemetry")).status_code == 200
        assert (await user.delete(flight_at(flight))).status_code == 204
        assert await at_the_dss(client, flight) is None
        assert (await user.get(flight_at(flight))).status_code == 404
        await look(town)
        assert town.conformance.kept(flight) == ()

    flown(story)


def test_users_of_flights_where_it_may_be_are_told_once_of_each_that_is_near():
    async def story(town: Town, client: httpx.AsyncClient, user: httpx.AsyncClient) -> None:
        flight, near = an_id(), an_id()
        await kept(user, near, volumes=(a_volume(east=9),), state="Activated")
        await kept(user, flight, state="Activated")
        await fly(town, user, flight, OUTSIDE, 6)
        assert (await seen(user, flight))[0] == "Nonconforming"
        for _ in range(4):  # it is said anew where it may be
            version = town.desk.operation(flight).reference.version
            await fly(town, user, flight, OUTSIDE, 31)
            assert town.desk.operation(flight).reference.version > version
        assert (await seen(user, near))[2] == ["MEETS", "MEETS"]  # when it left, and when it was given up

    flown(story)


def test_who_sends_no_more_is_lost_and_its_user_is_told_once_and_nobody_is_told_an_old_place():
    async def story(town: Town, client: httpx.AsyncClient, user: httpx.AsyncClient) -> None:
        flight = an_id()
        await kept(user, flight, state="Activated")
        await fly(town, user, flight, INSIDE, 5)
        for _ in range(2):
            town.ahead_s += 16
            await look(town)
            await look(town)
            assert (await seen(user, flight))[0] == "Activated"
            assert await seen(user, flight) == ("Activated", "LOST", ["LOST"])
        await fly(town, user, flight, INSIDE, 2)
        assert await seen(user, flight) == ("Activated", "INSIDE", ["LOST"])
        town.ahead_s += 16
        await look(town)
        assert await seen(user, flight) == ("Activated", "LOST", ["LOST"])  # not again so soon
        town.ahead_s += 270
        await look(town)
        assert await seen(user, flight) == ("Activated", "LOST", ["LOST", "LOST"])
        await fly(town, user, flight, INSIDE, 2)
        off = a_flight(state="Nonconforming", off=(a_volume(east=0),))
        assert (await user.put(flight_at(flight), json=off)).status_code == 200
        telemetry = details_at(flight) + "/telemetry"
        answer = (await client.get(telemetry)).json()
        assert answer["next_telemetry_opportunity"]["format"] == "RFC3339"
        town.ahead_s += 20
        silent = (await client.get(telemetry)).json()
        assert (silent["telemetry"], "next_telemetry_opportunity" in silent) == (answer["telemetry"], False)
        said = (await user.get(flight_at(flight))).json()["flight"]
        assert 19 < said["position"]["age_s"] < 25
        town.ahead_s += 41
        assert (await client.get(telemetry)).status_code == 412
        assert (await user.get(flight_at(flight))).json()["flight"]["keeping"] == "LOST"

    flown(story)


def test_older_positions_are_counted_and_not_taken_and_few_are_kept():
    async def story(town: Town, client: httpx.AsyncClient, user: httpx.AsyncClient) -> None:
        flight = an_id()
        path = flight_at(flight) + "/positions"
        late = {"positions": [a_telemetry(town, INSIDE)]}
        for answer in (await user.post(path, json=late), await user.get(path)):
            assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_THERE")
        await kept(user, flight)
        batch = {"positions": [a_telemetry(town, INSIDE, late_s) for late_s in range(90)]}
        assert (await user.post(path, json=batch)).json() == {"taken": 90, "older": 0}
        assert (await user.post(path, json=batch)).json() == {"taken": 0, "older": 90}
        found = (await user.get(path)).json()["positions"]
        assert found == list(reversed(batch["positions"][: uss_conformance.KEPT_MAX]))
        size = town.store.size()
        town.ahead_s += 30
        await look(town)
        assert await seen(user, flight) == ("Accepted", "NOT_FLOWN", [])
        assert town.store.size() == size  # no position is an entry, and nothing was found

    flown(story)


def test_who_flies_on_when_its_time_is_over_does_not_vanish():
    async def story(town: Town, client: httpx.AsyncClient, user: httpx.AsyncClient) -> None:
        flight = an_id()
        asked = a_flight(a_volume(minutes=(-1, 1)), state="Activated")
        assert (await user.put(flight_at(flight), json=asked)).status_code == 200
        town.ahead_s = 48
        await fly(town, user, flight, INSIDE, 4)
        assert (await seen(user, flight))[0] == "Nonconforming"
        await fly(town, user, flight, INSIDE, 30)
        assert (await seen(user, flight))[0] == "Nonconforming"
        assert (await at_the_dss(client, flight))["state"] == "Nonconforming"
        assert (await seen(user, flight))[1] == "OUTSIDE"  # of its time

    flown(story)


def test_a_flight_that_the_dss_forgot_is_there_for_its_user_while_its_aircraft_flies():
    async def story(town: Town, client: httpx.AsyncClient, user: httpx.AsyncClient) -> None:
        flight, dss = an_id(), town.desk._dss
        asked = a_flight(a_volume(minutes=(-1, 1)), state="Activated")
        assert (await user.put(flight_at(flight), json=asked)).status_code == 200

        async def unheard(*_: Any) -> Any:
            raise Unavailable("no answer")

        async def tidied() -> None:
            is_flying = town.conformance.is_flying(flight, us_of(town.runtime.now()))
            await town.desk.tidied(flight, is_flying=is_flying)

        dss.write = unheard
        town.ahead_s = 48
        await fly(town, user, flight, INSIDE, 30)
        del dss.write
        town.ahead_s += 14
        await tidied()
        assert await at_the_dss(client, flight) is None
        assert (await seen(user, flight))[:2] == ("Activated", "OUTSIDE")
        town.ahead_s += 16
        await tidied()
        assert (await user.get(flight_at(flight))).status_code == 404

    flown(story)


def test_a_silent_dss_is_asked_again_and_the_record_is_not_filled_meanwhile():
    async def story(town: Town, client: httpx.AsyncClient, user: httpx.AsyncClient) -> None:
        flight, dss = an_id(), town.desk._dss
        await kept(user, flight, state="Activated")

        async def unheard(*_: Any) -> Any:
            raise Unavailable("no answer")

        dss.write = unheard
        size = town.store.size()
        await fly(town, user, flight, OUTSIDE, 7)
        assert (await seen(user, flight))[0] == "Activated"
        assert town.store.size() - size <= 4
        assert (await user.get(flight_at(flight))).json()["flight"]["waits_for"]["state"] == "Nonconforming"
        del dss.write
        await fly(town, user, flight, OUTSIDE, 6)
        assert (await seen(user, flight))[0] == "Nonconforming"

    flown(story)


def test_after_a_restart_there_is_no_position_and_what_was_found_goes_on():
    async def first(town: Town, client: httpx.AsyncClient, user: httpx.AsyncClient) -> None:
        await kept(user, flight, state="Activated")
        await fly(town, user, flight, OUTSIDE, 6)
        assert (await seen(user, flight))[0] == "Nonconforming"
        assert (await client.get(details_at(flight) + "/telemetry")).status_code == 200
        await town.chores.stop()
        await town.runtime.stop()
        town.begin()
        town.runtime.start()
        await town.chores.start(town.runtime)
        async with town.client(NAME) as again:
            assert await seen(again, flight) == ("Nonconforming", "NO_POSITIONS", ["LEFT"])
            async with town.client() as other:
                assert (await other.get(details_at(flight) + "/telemetry")).status_code == 412
            town.ahead_s += 55  # a minute since it left, by the record
            await look(town)
            assert (await seen(again, flight))[0] == "Contingent"
            assert (await seen(again, flight))[2] == ["LEFT", "GIVEN_UP"]

    flight = an_id()
    flown(first)
