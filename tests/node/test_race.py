"""Many who ask for the same sky at the same moment, over real HTTP."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.examples import some
from tests.node.demo import DemoNode
from tests.web.node import a_volume

pytestmark = pytest.mark.slow
ROUNDS, ASKERS = some(30), 16


async def raced(node: DemoNode) -> list[list[int]]:
    """For each round the status of each asker's answer."""
    rounds = []
    limits = httpx.Limits(max_connections=ASKERS)
    async with httpx.AsyncClient(
        base_url=node.origin, trust_env=False, verify=False, headers={"origin": node.origin}, limits=limits
    ) as client:
        code = {"code": node.url.partition("#code=")[2]}
        assert (await client.post("/api/session", json=code)).status_code == 200
        for number in range(ROUNDS):
            sides = {"altitude_lower_m": 20.0 * number, "altitude_upper_m": 20.0 * number + 20}
            asked = [
                client.put(f"/api/reservations/C{number}-{asker}", json={"volume": a_volume(**sides)})
                for asker in range(ASKERS)
            ]
            rounds.append([answer.status_code for answer in await asyncio.gather(*asked)])
    return rounds


def test_of_sixteen_who_ask_at_once_exactly_one_is_admitted_and_none_is_dropped(tmp_path: Path):
    node = DemoNode(tmp_path, "--no-story")
    try:
        # On a thread of its own: Playwright keeps an event loop running in the main thread of a test process.
        with ThreadPoolExecutor(1) as thread:
            rounds = thread.submit(asyncio.run, raced(node)).result()
    finally:
        node.stop()
    assert len(rounds) == ROUNDS
    assert all(sorted(statuses) == [201] + [409] * (ASKERS - 1) for statuses in rounds)
