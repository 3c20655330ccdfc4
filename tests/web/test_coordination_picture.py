"""What the picture says of coordination with other authorities, and to whom."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from mamarr.airspace import Party
from mamarr.airspace.commitment import Counter, Reply
from mamarr.airspace.occupancy import Kind
from mamarr.airspace.parties import DeclareParty
from mamarr.coordination import Disclosed
from mamarr.coordination.channels import StopChannel, Stopped
from mamarr.coordination.disclosure import ApproveDisclosure, ProposeDisclosure, Rule
from mamarr.engine.agreed import SILENT_AFTER_MS
from mamarr.faults import Reason
from mamarr.flights import Condition, errands
from mamarr.flights.errands import CrossingRequest, FlightState
from mamarr.flights.flights import File
from mamarr.geometry.altitude import filed_level
from mamarr.geometry.units import epoch_ms
from mamarr.web.access import Scope
from tests.airspace.boxes import NOON, a_box
from tests.engine.stories_of_neighbours import (
    CHIEF,
    DIGEST,
    DUTY,
    LINK,
    NORTH,
    request,
    reserved,
    wanted,
)
from tests.flights.routes import DEG, NOON_MS, a_plan
from tests.web.neighbours import Neighbours, by_id, with_neighbours
from tests.web.node import Desk, a_volume
from tests.web.skies import FILER, as_json, file, seen

PROVISIONAL, COORDINATED = "PROVISIONAL", "COORDINATED"


async def picture(desk: Desk, client: httpx.AsyncClient, party: str = "north") -> dict[str, Any]:
    answer = await client.get("/api/picture", headers=desk.bearer(party, FILER))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def standing(desk: Desk, client: httpx.AsyncClient, name: str = "F1") -> tuple[Any, ...]:
    """Stage, phase, and state and confirmation at each authority."""
    flight = (await seen(desk, client, "north"))[name]
    said = flight["coordination"]
    at = {each["authority"]: (each["state"], each["is_confirmed"]) for each in said["authorities"]}
    return flight["stage"], said["phase"], said["is_given_up"], at


async def filed(desk: Desk, client: httpx.AsyncClient, level: str = "F380") -> None:
    desk.at(NOON + timedelta(minutes=4))
    answer = await file(desk, client, "F1", a_plan(minutes=200, level=level), "north")
    assert answer.status_code == 201, answer.text
    assert answer.json()["stage"] == PROVISIONAL
    assert "south" in answer.json()["asked_of"]


@pytest.mark.requirement("THREATS 9")
def test_a_flight_is_coordinated_when_all_have_confirmed_and_not_before():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        await filed(desk, client)
        asked, accepted, confirmed = ("REQUESTED", False), ("ACCEPTED", False), ("ACCEPTED", True)
        found = [await standing(desk, client)]
        for who, said in (
            (them.south, Reply.ACCEPTED),
            (them.east, Reply.ACCEPTED),
            (them.east, Reply.CONFIRMED),
            (them.south, Reply.CONFIRMED),
        ):
            await them.does(*who.says(them.reply("F1", said)))
            found.append(await standing(desk, client))
        assert found == [
            (PROVISIONAL, "ASKING", False, {"east": asked, "south": asked}),
            (PROVISIONAL, "ASKING", False, {"east": asked, "south": accepted}),
            (PROVISIONAL, "CONFIRMING", False, {"east": accepted, "south": accepted}),
            (PROVISIONAL, "CONFIRMING", False, {"east": confirmed, "south": accepted}),
            (COORDINATED, "IDLE", False, {"east": confirmed, "south": confirmed}),
        ]

    with_neighbours(story)


def test_what_was_not_accepted_stays_in_the_picture_with_why_and_what_would_be():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        await filed(desk, client)
        counter = Counter(later_ms=1_800_000, level=filed_level("F350"))
        await them.does(
            *them.east.says(them.reply("F1", Reply.ACCEPTED)),
            *them.south.says(them.reply("F1", Reply.COUNTERED, counter=counter)),
        )
        flight = (await seen(desk, client, "north"))["F1"]
        said = flight["coordination"]
        assert (said["is_given_up"], said["phase"], said["until"]) == (True, "IDLE", None)
        east, south = said["authorities"]
        assert east["state"] == "CANCELLED"
        assert (south["state"], south["counter"]) == ("COUNTERED", {"later_s": 1800.0, "level": "F350"})
        assert flight["actions"] == ["WITHDRAW", "REPORT_AIRBORNE", "REPORT_CONDITION"]
        assert list((await picture(desk, client, "relief"))["flights"]) == []
        answer = await client.delete("/api/flights/F1", headers=desk.bearer("north", FILER))
        assert answer.status_code == 200, answer.text
        assert "F1" not in await seen(desk, client, "north")

    with_neighbours(story)


def test_while_a_revision_is_asked_for_the_plan_in_force_stays_coordinated_and_both_are_told():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        await filed(desk, client, "F330")
        for said in (Reply.ACCEPTED, Reply.CONFIRMED):
            await them.does(*them.south.says(them.reply("F1", said)))
        other = as_json(a_plan(minutes=230))
        headers = desk.bearer("north", FILER)
        answer = await client.put("/api/flights/F1/plan", json={"plan": other}, headers=headers)
        assert answer.status_code == 201, answer.text
        assert (answer.json()["stage"], answer.json()["asked_of"]) == (COORDINATED, ["south"])
        flight = (await seen(desk, client, "north"))["F1"]
        assert "REVISE" not in flight["actions"]  # one at a time
        asked = flight["coordination"]["plan_asked"]
        assert asked["route"][0]["time"] == other["route"][0]["time"] != flight["plan"]["route"][0]["time"]
        assert await standing(desk, client) == (COORDINATED, "ASKING", False, {"south": ("REVISED", False)})
        await them.does(*them.south.says(them.reply("F1", Reply.REJECTED, 2, reason=Reason.DECLINED)))
        (south,) = (await seen(desk, client, "north"))["F1"]["coordination"]["authorities"]
        assert (south["state"], south["is_confirmed"], south["reason"]) == ("ACCEPTED", True, "DECLINED")

    with_neighbours(story)


@pytest.mark.requirement("THREATS 6")
def test_a_third_party_sees_nothing_of_what_is_asked_and_held_but_that_something_is_there():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        before = {party: await picture(desk, client, party) for party in ("south", "relief")}
        await them.does(*them.south.says(request("S1", a_plan(minutes=1_000, level="F380"), party="south")))
        for party, was in before.items():
            assert await picture(desk, client, party) == was  # what is asked for holds nothing yet
        own = await picture(desk, client)
        assert [each["object_id"] for each in own["crossings"]] == ["S1"]
        await them.does(*them.south.says(request("S2", a_plan(minutes=1_060))))  # accepted by machine
        relief = await picture(desk, client, "relief")
        assert (relief["crossings"], relief["lines"]) == ([], [])
        exists = {"kind": "FLIGHT", "id": None, "party": None, "regions": []}
        exists |= {"contact": None, "why": None, "note": None}
        assert exists in relief["others"]
        answer = await client.get("/api/picture", headers=desk.bearer("relief", FILER))
        for word in ("S1", "S2", "node-south", "EXA101", '"south"'):
            assert word not in answer.text
        rule = Rule(owner="south", viewer="relief", flights=Disclosed.VOLUME, reservations=Disclosed.NOTHING)
        await them.does(
            (DUTY, ProposeDisclosure(rule=rule), "key-1"), (CHIEF, ApproveDisclosure(rule=rule), "key-2")
        )
        (other,) = [each for each in (await picture(desk, client, "relief"))["others"] if each["regions"]]
        assert (other["id"], other["party"]) == (None, None)
        rule = Rule(owner="south", viewer="relief", flights=Disclosed.NOTHING, reservations=Disclosed.NOTHING)
        await them.does(
            (DUTY, ProposeDisclosure(rule=rule), "key-1"), (CHIEF, ApproveDisclosure(rule=rule), "key-2")
        )
        kinds = [each["kind"] for each in (await picture(desk, client, "relief"))["others"]]
        assert kinds == ["FLIGHT"]  # F0 of north

    with_neighbours(story)


def test_what_flies_in_an_emergency_under_another_centre_is_imposed_here():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        word = FlightState(
            object_id="S20",
            filed_ms=NOON_MS,
            number=1,
            is_airborne=True,
            condition=Condition.EMERGENCY,
            content=wanted(a_plan(minutes=1), party=""),
        )
        await them.does(*them.south.says(word))
        own = await picture(desk, client)
        (crossing,) = own["crossings"]
        assert (crossing["state"], crossing["is_airborne"]) == ("NOTIFIED", True)
        assert (crossing["condition"], crossing["is_waiting"]) == ("EMERGENCY", False)
        (imposed,) = own["imposed"]
        assert (imposed["why"], imposed["id"]) == ("EMERGENCY", f"node-south/S20/{NOON_MS}")

    with_neighbours(story)


def test_a_line_is_up_only_when_it_was_heard_just_now():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        async def lines() -> dict[str, tuple[Any, ...]]:
            found = by_id((await picture(desk, client))["lines"], "node")
            return {node: (each["party"], each["state"]) for node, each in found.items()}

        assert await lines() == {"node-east": ("east", "SILENT"), "node-south": ("south", "SILENT")}
        heard_ms = epoch_ms(NOON) - SILENT_AFTER_MS
        desk.runtime.heard_ms = lambda: {"node-east": heard_ms, "node-south": heard_ms - 1}
        assert await lines() == {"node-east": ("east", "UP"), "node-south": ("south", "SILENT")}
        await them.does((LINK, StopChannel(peer="node-east", why=Stopped.CLOSED)))
        (east, south) = (await picture(desk, client))["lines"]
        assert (east["state"], east["stopped"], south["stopped"]) == ("STOPPED", "CLOSED", None)
        assert south["heard_at"] == "2026-11-22T11:59:44.999000Z"

    with_neighbours(story)


def test_who_agreed_and_has_no_channel_is_a_line_that_is_not_there():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        projection = desk.runtime.decider.projection
        for node in ("node-south", "node-east"):
            projection.channels.fold(node, None)
        found = by_id((await picture(desk, client))["lines"], "node")
        assert {node: each["state"] for node, each in found.items()} == {
            "node-east": "NONE",
            "node-south": "NONE",
        }

    with_neighbours(story)


def asked_box(**changed: object) -> CrossingRequest:
    """South asks for a box that crosses the border; no standard condition is of its levels."""
    box = a_box(
        longitude_west_e7deg=round(32.5 * DEG),
        longitude_east_e7deg=round(33.5 * DEG),
        latitude_south_e7deg=38 * DEG,
        latitude_north_e7deg=39 * DEG,
        **changed,
    )
    return CrossingRequest(
        kind=Kind.RESERVATION,
        object_id="S50",
        filed_ms=NOON_MS,
        revision=1,
        digest=DIGEST,
        content=reserved(box),
    )


def test_a_reservation_that_another_authority_asks_for_waits_and_is_answered_as_a_flight_is():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        await them.does(*them.south.says(asked_box()))
        (crossing,) = (await picture(desk, client))["crossings"]
        assert (crossing["kind"], crossing["object_id"], crossing["party"]) == ("RESERVATION", "S50", "south")
        assert (crossing["is_waiting"], crossing["plan"]) == (True, None)
        assert [each["is_ours"] for each in crossing["parts"]] == [True]
        assert [each["condition_id"] for each in crossing["unmet"]] == ["north-2"]
        page = desk.cookie(desk.add())
        path = "/api/crossings/node-south/{}/S50/" + f"{NOON_MS}/answer"
        body = {"answer": "ACCEPT", "revision": 1}
        answer = await client.post(path.format("FLIGHT"), json=body, headers=page)
        assert answer.json()["reason"] == "NOT_THERE"
        answer = await client.post(path.format("RESERVATION"), json=body, headers=page)
        assert answer.status_code == 200, answer.text
        (crossing,) = (await picture(desk, client))["crossings"]
        assert (crossing["state"], crossing["is_held"]) == ("ACCEPTED", True)
        relief = await picture(desk, client, "relief")
        assert relief["crossings"] == []
        assert f"node-south/RESERVATION/S50/{NOON_MS}" in {
            each["id"] for each in relief["others"]
        }  # as reservations are published by default

    with_neighbours(story)


def test_an_own_reservation_says_how_far_it_is_with_each_authority_and_why_it_is_not_had():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        desk.at(NOON + timedelta(minutes=4))
        headers = desk.bearer("north", (Scope.READ, Scope.RESERVE))
        volume = a_volume(
            latitude_south_deg=38.0,
            latitude_north_deg=39.0,
            longitude_west_deg=32.5,
            longitude_east_deg=33.5,
            time_start="2026-11-23T12:00:00Z",
            time_end="2026-11-23T14:00:00Z",
        )
        answer = await client.put("/api/reservations/R50", json={"volume": volume}, headers=headers)
        assert (answer.status_code, answer.json()["asked_of"]) == (201, ["south"]), answer.text

        async def own(party: str = "north") -> dict[str, Any]:
            return by_id((await picture(desk, client, party))["reservations"], "reservation_id")["R50"]

        said = (await own())["coordination"]
        assert (said["phase"], said["is_given_up"]) == ("ASKING", False)
        assert [(each["authority"], each["state"]) for each in said["authorities"]] == [
            ("south", "REQUESTED")
        ]
        assert (await own("relief"))["coordination"] is None
        declined = them.reply("R50", Reply.REJECTED, kind=Kind.RESERVATION, reason=Reason.DECLINED)
        await them.does(*them.south.says(declined))
        said = (await own())["coordination"]
        assert (said["phase"], said["is_given_up"]) == ("IDLE", True)
        assert (said["authorities"][0]["state"], said["authorities"][0]["reason"]) == ("REJECTED", "DECLINED")
        relief = by_id((await picture(desk, client, "relief"))["reservations"], "reservation_id")
        assert "R50" not in relief

    with_neighbours(story)


@pytest.mark.requirement("THREATS 6")
def test_the_flights_of_a_party_that_north_serves_are_coordinated_by_norths_centre_and_seen_by_both():
    """Relief has no node: north's centre serves it, through north's and south's shares."""

    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        relief = Party(party_id="relief", serving_centre="north-centre")
        await them.does((NORTH, DeclareParty(party=relief)))
        desk.at(NOON + timedelta(minutes=4))
        by_itself = await file(desk, client, "C1", a_plan(minutes=200), "relief")
        by_north = File(flight_id="C2", plan=a_plan(minutes=300), party="relief")
        await them.does((NORTH, by_north))
        assert by_itself.json()["asked_of"] == ["south"]
        asked = [each for each in them.errands if isinstance(each, CrossingRequest)]
        assert [(each.content.party, each.content.plan) for each in asked] == [("", None), ("", None)]
        assert not any(
            word in errands.said(each) for each in asked for word in ("relief", "C1", "C2", "EXA101")
        )
        for name in ("C1", "C2"):
            for said in (Reply.ACCEPTED, Reply.CONFIRMED):
                await them.does(*them.south.says(them.reply(name, said)))
        for party in ("north", "relief"):
            flights = await seen(desk, client, party)
            for name in ("C1", "C2"):
                assert (flights[name]["party"], flights[name]["stage"]) == ("relief", COORDINATED)
                (south,) = flights[name]["coordination"]["authorities"]
                assert (south["authority"], south["state"], south["is_confirmed"]) == (
                    "south",
                    "ACCEPTED",
                    True,
                )

    with_neighbours(story)


def test_who_flies_is_told_to_whom_a_rule_lets_know_it_and_to_nobody_else():
    async def story(desk: Desk, client: httpx.AsyncClient, them: Neighbours) -> None:
        rule = Rule(
            owner="relief", viewer="south", flights=Disclosed.IDENTITY, reservations=Disclosed.NOTHING
        )
        await them.does(
            (NORTH, DeclareParty(party=Party(party_id="relief", serving_centre="north-centre"))),
            (DUTY, ProposeDisclosure(rule=rule), "key-1"),
            (CHIEF, ApproveDisclosure(rule=rule), "key-2"),
        )
        desk.at(NOON + timedelta(minutes=4))
        await file(desk, client, "C1", a_plan(minutes=200, level="F380"), "relief")  # needs east too
        projection = desk.runtime.decider.projection
        known = {
            party: [
                (each.word.content.party, each.word.content.plan is None)
                for each in projection.errands_for(party)
                if isinstance(each.word, CrossingRequest)
            ]
            for party in ("south", "east")
        }
        assert known == {"south": [("relief", False)], "east": [("", True)]}

    with_neighbours(story)
