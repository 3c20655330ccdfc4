"""Several processes that are one USS over PostgreSQL: whichever is asked, and whichever ends."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from mamarr.node.runtime import utc_now
from tests.node.forked import run as mamarr
from tests.node.test_uss import Running
from tests.node.test_uss_closing import closed
from tests.node.uss_pool import PATIENCE_S, Asking, Kept, UssPool, a_pool, as_uss
from tests.node.uss_town import a_plan, a_telemetry, a_volume, details_at, plan_at
from tests.web.dss_desk import a_subscription, an_id, intent_at, subscription_at
from tests.web.test_uss_flights import a_flight, flight_at, problem_of

PLANNED, FLYING, CLOSED = ("Completed", "Planned"), ("Completed", "OkToFly"), ("Completed", "Closed")
TAKEN_S = 5.0  # it is to be under 2 s, and is printed; here others use the machine too


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[UssPool]:
    with a_pool(tmp_path) as made:
        yield made


def until(is_so: Callable[[], object]) -> float:
    """Ask until it is so; how long that took, seconds."""
    begun_s = time.monotonic()
    while not is_so():
        assert time.monotonic() < begun_s + PATIENCE_S
        time.sleep(0.02)
    return time.monotonic() - begun_s


def at_the_dss(running: Running, flight: str) -> dict | None:
    with as_uss(running, "uss1") as ours:  # whom a DSS tells the OVN
        answer = ours.get(intent_at(flight))
    return answer.json()["operational_intent_reference"] if answer.status_code == 200 else None


def came_of(answer: httpx.Response) -> tuple[str, str]:
    assert answer.status_code == 200, answer.text
    return answer.json()["planning_result"], answer.json()["flight_plan_status"]


def subscribed(pool: UssPool, running: Running) -> None:
    """The neighbour wants to be told of all that is planned."""
    everywhere = a_volume(minutes=(-1, 40))
    square = everywhere["volume"]["outline_polygon"]["vertices"]
    for corner in (1, 2):
        square[corner]["lng"] = round(square[corner]["lng"] + 0.05, 9)
    body = a_subscription(everywhere, uss_base_url=pool.neighbour.url)
    assert running.client.put(subscription_at(an_id()), json=body).status_code == 200


def planned_next_door(pool: UssPool, running: Running, volume: dict, *key: str) -> tuple[str, dict]:
    """The neighbour plans; its id, and what it tells of it."""
    entity, volumes = an_id(), [volume]
    body = {"extents": volumes, "state": "Accepted", "uss_base_url": pool.neighbour.url, "key": list(key)}
    answer = running.client.put(intent_at(entity), json=body)
    assert answer.status_code == 201, answer.text
    reference = answer.json()["operational_intent_reference"]
    details = {"volumes": volumes, "off_nominal_volumes": [], "priority": 0}
    pool.neighbour.details[entity] = {"operational_intent": {"reference": reference, "details": details}}
    return entity, pool.neighbour.details[entity]["operational_intent"]


@pytest.mark.slow
def test_what_is_asked_of_one_is_known_at_the_other_at_once(pool: UssPool):
    first, second = pool.start(), pool.start()
    assert any("this one writes" in line for line in first.lines), first.lines
    assert any("another one writes" in line for line in second.lines), second.lines
    subscribed(pool, first)
    flight, other = an_id(), an_id()
    for asked, read in ((second, first), (first, second)):
        for area in (a_volume(east=len(pool.door.passed)), a_volume(east=3)):
            body = a_plan(area)
            assert came_of(asked.client.put(plan_at(flight), json=body)) == PLANNED
            said = read.client.get(details_at(flight)).json()["operational_intent"]
            assert said["details"]["volumes"][0]["volume"] == area["volume"]
            version = said["reference"]["version"]
            assert came_of(read.client.put(plan_at(flight), json=body)) == PLANNED  # asked again
            assert at_the_dss(asked, flight)["version"] == version
    assert came_of(second.client.put(plan_at(other), json=a_plan(a_volume(east=3)))) == (
        "Rejected",
        "NotPlanned",
    )
    entity, told = planned_next_door(pool, second, a_volume(east=3), at_the_dss(first, flight)["ovn"])
    notice = {"operational_intent_id": entity, "operational_intent": told, "subscriptions": []}
    answer = second.client.post("/uss/v1/operational_intents", json=notice)
    assert (answer.status_code, answer.content) == (204, b"")
    for each in (first, second):  # the user is told, whoever is asked
        noted = each.client.get(
            "/flight_planning/v1/user_notifications", params={"after": "2020-01-01T00:00:00Z"}
        )
        assert len(noted.json()["user_notifications"]) == 1
    with as_uss(second, "uss1") as ours, as_uss(first, "uss1") as reading:
        made = ours.put(f"/constraints/{other}", json=closed())
        assert reading.get("/constraints").json()["constraints"] == [made.json()["constraint"]]
        assert ours.delete(f"/constraints/{other}").status_code == 204
        assert reading.delete(f"/constraints/{other}").status_code == 404
    assert came_of(second.client.delete(plan_at(flight))) == CLOSED
    assert second.client.delete(plan_at(flight)).status_code == 404
    assert first.client.get(details_at(flight)).status_code == 404
    until(lambda: pool.neighbour.told.get(flight, [1])[-1] is None)
    assert first.end(signal.SIGTERM) == 0
    assert second.plan(an_id(), 5) == "Completed"


@pytest.mark.slow
def test_when_the_one_that_acts_is_killed_in_the_middle_nothing_is_lost_doubled_or_untold(pool: UssPool):
    # Takes the 15 s for which a write may come late.
    user = pool.start()
    subscribed(pool, user)
    entity, _ = planned_next_door(pool, user, a_volume(east=9.5))
    before = [an_id() for _ in range(3)]
    for number, flight in enumerate(before):
        assert user.plan(flight, 2.0 * number) == "Completed"
    pool.neighbour.kept = reading = Kept("GET", entity, is_after=False)
    moments = (
        lambda _: reading,  # others are asked: nothing is decided yet
        lambda flight: pool.door.keep("PUT", flight),  # decided, and not written
        lambda flight: pool.door.keep("PUT", flight, is_after=True),  # written, and not confirmed
    )
    flights, unheard, taken = [an_id() for _ in moments], [an_id() for _ in moments], []
    for number, moment in enumerate(moments):
        writer, user = user, pool.start()  # where most users ask, and which acts next
        kept = [moment(flights[number]), *(pool.door.keep("PUT", each) for each in unheard[number:][:1])]
        asked = Asking(user, flights[number], a_volume(east=8 if number == 0 else 12.0 + 2 * number))
        alone = Asking(writer, unheard[number], a_volume(east=30.0 + 2 * number))  # nobody else knows it
        for each in kept:
            each.await_it()
        writer.process.kill()
        begun_s = time.monotonic()
        for each in kept:
            each.released.set()
        assert asked.came() == PLANNED
        taken.append(time.monotonic() - begun_s)
        assert alone.came() is None
        for each in (*before, *flights[: number + 1]):
            there, said = at_the_dss(user, each), user.client.get(details_at(each)).json()
            assert there["ovn"] == said["operational_intent"]["reference"]["ovn"]
    print("answered after the kill, s:", [round(each, 2) for each in taken])
    # What was asked of a process that was killed before it said anything is ended, once the DSS cannot make
    # it any more: its user was told nothing.
    until(lambda: all(at_the_dss(user, each) is None for each in unheard))
    for each in (*before, *flights):
        newest = at_the_dss(user, each)["version"]
        until(lambda each=each, newest=newest: newest in versions_told(pool, each))
    assert max(taken) < TAKEN_S, taken
    key = next(each for each in user.lines if each.startswith("public key: "))
    audited = mamarr("audit", pool.url, "--key", key.removeprefix("public key: "))
    assert audited.returncode == 0, audited.stdout


def versions_told(pool: UssPool, flight: str) -> list[int]:
    told = pool.neighbour.told.get(flight, [])
    return [each["reference"]["version"] for each in told if each is not None]


@pytest.mark.slow
def test_one_that_was_paused_and_wakes_does_at_the_dss_what_nobody_else_undid(pool: UssPool):
    first, second = pool.start(), pool.start()
    ending, changing, new = an_id(), an_id(), an_id()
    assert (second.plan(ending, 0), second.plan(changing, 2)) == ("Completed", "Completed")
    removal, change, creation = (
        pool.door.keep(method, flight)
        for method, flight in (("DELETE", ending), ("PUT", changing), ("PUT", new))
    )
    asked = [
        Asking(first, ending, usage="Closed"),
        Asking(first, changing, a_volume(east=4)),
        Asking(first, new, a_volume(east=6)),
    ]
    for each in (removal, change, creation):
        each.await_it()
    first.process.send_signal(signal.SIGSTOP)
    begun_s = time.monotonic()
    # The next one goes on, and does what was asked for since.
    assert second.plan(ending, 0) == "Completed"
    taken_s = time.monotonic() - begun_s
    print(f"answered {taken_s:.2f} s after the pause")
    assert second.plan(changing, 2.2) == "Completed"
    planned = [at_the_dss(second, each)["ovn"] for each in (ending, changing)]
    for each in (removal, change, creation):
        each.released.set()
    until(lambda: removal.status and change.status and creation.status)
    assert (removal.status, change.status) == (409, 409)
    first.process.send_signal(signal.SIGCONT)
    assert asked[0].came() == CLOSED  # as it was, before somebody planned it again
    assert asked[2].came() == PLANNED
    came = asked[1].came()
    assert [at_the_dss(second, each)["ovn"] for each in (ending, changing)] == planned, came
    assert came == ("Failed", "Planned")
    for each in (ending, changing, new):
        for at in (first, second):
            said = at.client.get(details_at(each)).json()["operational_intent"]["reference"]
            assert said["ovn"] == at_the_dss(second, each)["ovn"]
    assert taken_s < TAKEN_S


@pytest.mark.slow
def test_positions_told_to_one_are_known_wherever_they_are_asked_for(pool: UssPool):
    first, second = pool.start(), pool.start()
    flight, clock = an_id(), SimpleNamespace(runtime=SimpleNamespace(now=utc_now))
    with as_uss(first, "uss1") as one, as_uss(second, "uss1") as other:
        made = other.put(flight_at(flight), json=a_flight(state="Activated", version=0))
        assert (made.status_code, made.json()["flight"]["version"]) == (200, 2), made.text
        late = other.put(flight_at(flight), json=a_flight(state="Activated", version=0))
        assert problem_of(late) == (409, "OTHER_VERSION", [flight])
        seen = {"positions": [a_telemetry(clock, 0.5)]}
        taken = other.post(flight_at(flight) + "/positions", json=seen)
        assert taken.json() == {"taken": 1, "older": 0}, taken.text
        for each in (one, other):
            assert each.get(flight_at(flight) + "/positions").json() == seen
            said = [each.get(flight_at(flight)).json()["flight"], *each.get("/flights").json()["flights"]]
            assert [each["keeping"] for each in said] == ["INSIDE"] * 2
        first.process.kill()
        # As after a restart: no process says what it does not know.
        assert other.get(flight_at(flight)).json()["flight"]["keeping"] == "NO_POSITIONS"
        assert other.post(flight_at(flight) + "/positions", json=seen).json()["taken"] == 1
        assert other.delete(flight_at(flight)).status_code == 204
