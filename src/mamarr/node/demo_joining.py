"""How the demo joins its two nodes: by what persons do, through the same doors.

An invitation, its answer, six words that are compared and confirmed at both; then one agreement that a person
of each proposes at the own node and signs.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx

from mamarr.coordination import Peer
from mamarr.faults import Unavailable, present
from mamarr.node import control
from mamarr.node.demo_patience import POLL_S, within
from mamarr.node.demo_person import Person
from mamarr.node.peer_desk import Add, Confirm, Invite, Look, Reply, Request
from mamarr.node.six_words import words_of

WITHIN_S = 20.0  # chosen: what takes a second on a quiet machine
NM_M, FOOT_M = 1_852, 0.3048
AGREEMENT, EDITION = "EASTERN-SKY", 1
STANDARD_LOWER, STANDARD_UPPER = "F280", "F340"  # levels in which each accepts the other's flights at once
BOXES_LOWER, BOXES_UPPER = "F000", "F280"  # and reservations


async def joined(one: Path, one_id: str, other: Path, other_id: str, *, url: str) -> str:
    """Join the nodes of two folders, which run; the six words, or nothing where they were joined before.

    url: where the node of `one` may be dialled. Raises Unavailable.
    """
    if await _knows(one, other_id) and await _knows(other, one_id):
        return ""
    invitation = await _asked(one, Invite(peer=other_id, url=url, hours=1))
    answer = await _asked(other, Add(text=invitation.text, may_be_private=True))
    taken = await _asked(one, Add(text=answer.text, may_be_private=True))
    here, there = (present(each.peer, "who was added is there") for each in (taken, answer))
    if _words_are_of(here) != _words_are_of(there):
        raise Unavailable("the six words of the two nodes are not the same")
    words = await asyncio.to_thread(words_of, here)  # a second of a core, and the same of the same
    for folder, known in ((one, here), (other, there)):
        await _asked(folder, _confirmation(known))
    return " ".join(words)


async def agreed(persons: tuple[Person, Person], parties: tuple[str, str], collection: dict[str, Any]) -> int:
    """Have a person of each node propose one agreement, and wait until it is in force; its count of shares.

    parties: whose the nodes are. collection: GeoJSON, with its shares. 0: one was in force before. Raises
    Unavailable.
    """
    if await _in_force(persons):
        return 0
    body = _agreement(persons, parties, collection)
    for person in persons:
        read = _done(await person.asks("POST", "/api/agreement/reading", body))
        _done(await person.does("/api/agreement/proposal", body, json.loads(read["command"])))
    async with within(WITHIN_S, "the agreement did not come into force"):
        while not await _in_force(persons):
            await asyncio.sleep(POLL_S)
    return len(body["shares"]["features"])


def _agreement(
    persons: tuple[Person, Person], parties: tuple[str, str], collection: dict[str, Any]
) -> dict[str, Any]:
    shares = [each for each in collection["features"] if each["properties"]["kind"] == "share"]
    members = [
        {"party": party, "node": person.node_id} for party, person in zip(parties, persons, strict=True)
    ]
    between = {"lateral_m": 10 * NM_M, "vertical_m": 2_000 * FOOT_M, "time_s": 300}
    return {
        "agreement_id": AGREEMENT,
        "edition": EDITION,
        "members": members,
        "shares": {"type": "FeatureCollection", "features": shares},
        "between_centres": between,
        "inside_centre": {"lateral_m": 5 * NM_M, "vertical_m": 1_000 * FOOT_M, "time_s": 0},
        "largest": between,
        "answer_within_s": 600,
        "lapse_s": 900,
        "standard": [each for party in parties for each in _standard(party)],
    }


def _standard(party: str) -> list[dict[str, Any]]:
    """What an authority accepts at once when nothing is in the way."""
    flights = {"level_lower": STANDARD_LOWER, "level_upper": STANDARD_UPPER, "kinds": ["FLIGHT"]}
    boxes = {"level_lower": BOXES_LOWER, "level_upper": BOXES_UPPER, "kinds": ["RESERVATION"]}
    return [
        {"condition_id": f"{party}-flights", "authority": party} | flights,
        {"condition_id": f"{party}-boxes", "authority": party} | boxes,
    ]


async def _in_force(persons: tuple[Person, Person]) -> bool:
    answers = [_done(await each.asks("GET", "/api/agreement")) for each in persons]
    return all(each["in_force"] is not None for each in answers)


def _done(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code != httpx.codes.OK:
        raise Unavailable(f"the agreement was refused: {answer.text}")
    body: dict[str, Any] = answer.json()
    return body


async def _knows(folder: Path, peer: str) -> bool:
    reply = await _asked(folder, Look())
    return any(each.peer == peer and each.is_confirmed for each in reply.peers)


def _words_are_of(known: Peer) -> tuple[bytes, frozenset[bytes]]:
    """What the six words that a node shows are made of."""
    return known.about, frozenset({known.own_fingerprint, _fingerprint(known)})


def _fingerprint(known: Peer) -> bytes:
    return present(known.card, "who was added said who it is").fingerprint


def _confirmation(known: Peer) -> Confirm:
    return Confirm(peer=known.peer, own_fingerprint=known.own_fingerprint, fingerprint=_fingerprint(known))


async def _asked(folder: Path, request: Request) -> Reply:
    """What the node of `folder` answers to a person at its machine. Raises Unavailable."""
    reply = await asyncio.to_thread(control.ask, folder, request)
    if reply is None:
        raise Unavailable(f"no node runs in {folder}")
    if reply.wrong or reply.refusal is not None:
        raise Unavailable(f"{folder}: {reply.wrong or reply.refusal}")
    return reply
