"""What a person does at a new node of the tutorial once its line stands: signs in, and signs an agreement.

`python -m tests.docs.first_message ORIGIN NODE`, with the password on the standard input. It ends when the
agreement is in force, which is when each of the two nodes has said to the other that it recorded the other's
word.
"""

import asyncio
import json
import sys
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mamarr.node.demo_person import Person
from tests.web.authenticators import PersonsKey

NAME, PATIENCE_S = "officer", 120
NORTH = [[10.0, 35.0], [12.0, 35.0], [12.0, 36.0], [10.0, 36.0], [10.0, 35.0]]
SOUTH = [[10.0, 34.0], [12.0, 34.0], [12.0, 35.0], [10.0, 35.0], [10.0, 34.0]]
MINIMA = {"lateral_m": 18_520, "vertical_m": 609.6, "time_s": 300}


def _share(party: str, ring: list[list[float]]) -> dict[str, Any]:
    properties = {
        "kind": "share",
        "id": f"SHARE-{party}",
        "authority": party,
        "lower": "F000",
        "upper": "F660",
    }
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": properties,
    }


def _party(name: str) -> dict[str, Any]:
    properties = {"kind": "party", "id": name, "name": name.title(), "is_authority": True}
    return {"type": "Feature", "geometry": None, "properties": properties}


PARTIES = {"type": "FeatureCollection", "features": [_party("north"), _party("south")]}
AGREED: dict[str, Any] = {
    "agreement_id": "FIRST",
    "edition": 1,
    "members": [{"party": "north", "node": "north-1"}, {"party": "south", "node": "south-1"}],
    "shares": {"type": "FeatureCollection", "features": [_share("north", NORTH), _share("south", SOUTH)]},
    "between_centres": MINIMA,
    "inside_centre": MINIMA,
    "largest": MINIMA,
    "answer_within_s": 600,
    "lapse_s": 900,
}


def signed_in(origin: str, node_id: str, password: str) -> Person:
    """The officer, with a key for acts."""
    key = PersonsKey("Ed25519")
    with httpx.Client(base_url=origin, trust_env=False, verify=False, headers={"origin": origin}) as client:
        said = {"name": NAME, "password": password}
        client.post("/api/sign-in", json=said).raise_for_status()
        client.post("/api/person-keys", json=key.enrolment(NAME, node_id=node_id)).raise_for_status()
        secret = client.cookies[f"mamarr-{node_id}"]
    assert isinstance(key.key, Ed25519PrivateKey)
    return Person(origin=origin, node_id=node_id, secret=secret, private_key=key.key.private_bytes_raw())


async def agree(person: Person) -> None:
    """Declare both authorities, propose the agreement, and wait until all have it."""
    declared = await person.asks("POST", "/api/airspace", PARTIES)
    assert declared.status_code == 200, declared.text
    read = await person.asks("POST", "/api/agreement/reading", AGREED)
    assert read.status_code == 200, read.text
    done = await person.does("/api/agreement/proposal", AGREED, json.loads(read.json()["command"]))
    assert done.status_code == 200, done.text
    async with asyncio.timeout(PATIENCE_S):
        while (await person.asks("GET", "/api/agreement")).json()["in_force"] is None:
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(agree(signed_in(*sys.argv[1:3], sys.stdin.readline().strip())))
