"""Several processes that are one DSS over PostgreSQL: what one acknowledged all know, whichever ends."""

import asyncio
import contextlib
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import httpx
import pytest

from mamarr.discovery.intents import IntentWritten
from mamarr.engine.orders import read
from mamarr.node import pool_forwarding
from mamarr.node.dss_command import signer_of
from mamarr.node.pool import Pool, SetBack
from mamarr.node.pool_forwarding import PoolSecret
from mamarr.node.pool_store import PoolWitness
from mamarr.record import Signer
from mamarr.record.entries import entry_from_body
from mamarr.record.postgres_store import PostgresStore
from mamarr.web.dss_app import POOL_HEADER
from tests.node.forked import run as mamarr
from tests.node.test_dss import KEY, RunningDss
from tests.record.postgres import a_database, run_sql
from tests.web.dss_desk import an_extent, an_id, an_intent, intent_at

CLIENTS = 10
ENOUGH = 60  # acknowledged writes before the one that writes is ended
TAKEN_S = (
    5.0  # it is to be under 2 s, and is printed by benchmarks/dss_pool.py; here others use the machine too
)
PATIENCE_S = 30.0


class RunningPool:
    """Processes over one new database. all: as they were started; the first of them writes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.url, self.all = folder, a_database(), []
        self.public_key = folder / "authority.pem"
        self.public_key.write_bytes(KEY.as_pem(private=False))

    def asked(self, *options: str, key: str = "log.key") -> tuple[str, ...]:
        known = ("--public-key", str(self.public_key), "--audience", "127.0.0.1", "--port", "0")
        return ("dss", *known, "--store", self.url, "--key", str(self.folder / key), *options)

    def start(self, *options: str) -> RunningDss:
        self.all.append(RunningDss(*self.asked(*options)[1:]))
        return self.all[-1]

    def end(self) -> None:
        for each in self.all:
            each.process.send_signal(signal.SIGCONT)
            each.process.kill()
            each.process.wait(PATIENCE_S)
            if not each.process.stdout.closed:
                print(each.process.stdout.read())  # shown when the test fails
                each.process.stdout.close()

    def written(self) -> Counter[str]:
        """How often each intent was written, by the log itself."""
        store = PostgresStore(self.url, read_only=True)
        found: Counter[str] = Counter()
        for row in store.rows():
            said = read(entry_from_body(row.sequence, row.body))
            events = () if said is None else said.decided.events
            found.update(each.intent.entity_id for each in events if isinstance(each, IntentWritten))
        store.close()
        return found

    def is_sound(self) -> None:
        """What an audit of the database says, with the key that the processes told."""
        key = next(each for each in self.all[0].lines if each.startswith("public key: "))
        audited = mamarr("audit", self.url, "--key", key.removeprefix("public key: "))
        assert audited.returncode == 0, audited.stdout


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[RunningPool]:
    made = RunningPool(tmp_path)
    yield made
    made.end()


def ovn_of(answer: httpx.Response) -> str:
    return answer.json()["operational_intent_reference"]["ovn"]


def until(is_so: Callable[[], bool]) -> float:
    """Ask until it is so; how long that took, seconds."""
    begun_s = time.monotonic()
    while not is_so():
        assert time.monotonic() < begun_s + PATIENCE_S
    return time.monotonic() - begun_s


@pytest.mark.slow
def test_what_is_written_at_one_is_read_at_the_other_at_once(pool: RunningPool):
    first, second = pool.start(), pool.start()
    assert any("this one writes" in line for line in first.lines), first.lines
    assert any(f"another one writes, at {first.url}" in line for line in second.lines), second.lines
    with first.client() as one, second.client() as other:
        for writer, reader in ((one, other), (other, one)) * 5:
            entity = an_id()
            made = writer.put(intent_at(entity), json=an_intent())
            assert made.status_code == 201, made.text
            assert ovn_of(reader.get(intent_at(entity))) == ovn_of(made)
            again = reader.put(intent_at(entity), json=an_intent())
            assert again.status_code == 409, again.text
            assert reader.delete(intent_at(entity, ovn_of(made))).status_code == 200
            assert writer.get(intent_at(entity)).status_code == 404
        assert (one.get("/healthy").text, other.get("/healthy").text) == ("ok", "ok")
    assert first.end(signal.SIGTERM) == 0
    with second.client() as other:
        until(lambda: other.put(intent_at(an_id()), json=an_intent(an_extent(altitude_lower=None))) and True)
        assert other.put(intent_at(an_id()), json=an_intent()).status_code == 201
    pool.is_sound()


class Clients:
    """Clients that write one intent after the other, each at one of two processes, until told to end.

    acknowledged: OVNs by id. in_doubt: ids whose answer was lost. at_second_s: when each answer there came.
    """

    def __init__(self, pool: RunningPool) -> None:
        self.pool, self.ended = pool, Event()
        self.acknowledged: dict[str, str] = {}
        self.in_doubt: list[str] = []
        self.refused: list[str] = []
        self.at_second_s: list[float] = []
        self._threads = ThreadPoolExecutor(CLIENTS)
        self._running = [self._threads.submit(self._run, number) for number in range(CLIENTS)]

    def _run(self, number: int) -> None:
        at = number % 2
        count = 0
        client = self.pool.all[at].client()
        while not self.ended.is_set():
            count += 1
            # Each client has its own levels, and each intent its own minute: no key is needed.
            start_s = 60.0 * count
            lower, upper = ({"value": 100 * number + up, "reference": "W84", "units": "M"} for up in (10, 90))
            extent = an_extent(start_s, start_s + 50, altitude_lower=lower, altitude_upper=upper)
            entity = an_id()
            try:
                answer = client.put(intent_at(entity), json=an_intent(extent), timeout=20)
            except httpx.TransportError:
                self.in_doubt.append(entity)
                at = 1
                client.close()
                client = self.pool.all[at].client()
                continue
            if answer.status_code == 201:
                self.acknowledged[entity] = ovn_of(answer)
            elif answer.status_code == 503:
                self.in_doubt.append(entity)
            else:
                self.refused.append(answer.text)
            if at == 1:
                self.at_second_s.append(time.monotonic())
        client.close()

    def end(self) -> None:
        self.ended.set()
        for each in self._running:
            each.result(PATIENCE_S)
        self._threads.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_when_the_one_that_writes_is_gone_nothing_is_lost_and_nothing_doubled(
    pool: RunningPool, how: signal.Signals
):
    first, second = pool.start(), pool.start()
    clients = Clients(pool)
    until(lambda: len(clients.acknowledged) >= ENOUGH)
    first.process.send_signal(how)
    gone_s = time.monotonic()
    until(lambda: bool(clients.at_second_s) and clients.at_second_s[-1] > gone_s + 0.1)
    taken_s = next(each for each in clients.at_second_s if each > gone_s + 0.1) - gone_s
    enough = len(clients.acknowledged) + ENOUGH
    until(lambda: len(clients.acknowledged) >= enough)
    newest = an_id()
    with second.client() as client:
        late = an_extent(80_000, 80_010)
        made = client.put(intent_at(newest), json=an_intent(late))
        assert made.status_code == 201, made.text
    first.process.send_signal(signal.SIGCONT)
    if how is signal.SIGSTOP:
        with first.client() as client:  # what it knew when it was stopped is not what it answers
            assert ovn_of(client.get(intent_at(newest), timeout=20)) == ovn_of(made)
            assert client.delete(intent_at(newest, ovn_of(made))).status_code == 200
    clients.end()
    assert clients.refused == []
    with second.client() as client:
        for entity, ovn in clients.acknowledged.items():
            assert ovn_of(client.get(intent_at(entity))) == ovn
    written = pool.written()
    assert {entity: written[entity] for entity in clients.acknowledged} == dict.fromkeys(
        clients.acknowledged, 1
    )
    assert all(written[entity] <= 1 for entity in clients.in_doubt)
    assert taken_s < TAKEN_S, taken_s
    print(f"{how.name}: written again after {taken_s:.2f} s, {len(clients.in_doubt)} in doubt")
    pool.is_sound()


@pytest.mark.slow
@pytest.mark.requirement("THREATS 12")
def test_what_one_process_hands_to_another_is_verified_there_and_goes_no_further(pool: RunningPool):
    first, second = pool.start(), pool.start()
    secret = PoolSecret(signer_of(pool.folder / "log.key", "EXERCISE", None))
    handed = {POOL_HEADER: secret.header("a" * 32)}
    with first.client() as one, second.client() as other:
        entity, intent = an_id(), an_intent()
        assert other.put(intent_at(entity), json=intent, headers=handed).status_code == 421
        nobody = {"authorization": "Bearer nothing"} | handed
        assert one.put(intent_at(entity), json=intent, headers=nobody).status_code == 401
        made = one.put(intent_at(entity), json=intent, headers=handed)
        again = one.put(intent_at(entity), json=intent, headers=handed)
        assert (made.status_code, again.status_code, ovn_of(made)) == (201, 201, ovn_of(again))
        forged = {POOL_HEADER: f"{'a' * 32}.{'0' * 64}"}
        assert one.put(intent_at(entity), json=intent, headers=forged).status_code == 409
        assert other.put(intent_at(entity), json=intent, headers=forged).status_code == 409
    assert pool.written() == {entity: 1}


@pytest.mark.slow
def test_a_database_that_was_set_back_ends_the_processes_and_waits_for_a_person(pool: RunningPool):
    first = pool.start()
    with first.client() as client:
        for count in range(3):
            extent = an_extent(60 * count + 60, 60 * count + 100)
            assert client.put(intent_at(an_id()), json=an_intent(extent)).status_code == 201
    run_sql(
        pool.url, "DELETE FROM mamarr.entries WHERE sequence > 1", "DELETE FROM mamarr.heads WHERE size > 2"
    )
    assert first.process.wait(20) == 2
    second = pool.start()
    assert any("READ-ONLY (SET_BACK)" in line for line in second.lines), second.lines
    with second.client() as client:
        assert client.put(intent_at(an_id()), json=an_intent()).status_code == 503
    assert second.end(signal.SIGTERM) == 0
    third = pool.start("--confirm-restore", "officer")
    with third.client() as client:
        assert client.put(intent_at(an_id()), json=an_intent(an_extent(900, 950))).status_code == 201


@pytest.mark.slow
def test_all_processes_sign_with_one_key(pool: RunningPool):
    pool.start()
    other = mamarr(*pool.asked(key="other.key"))
    assert (other.returncode, "no key" in other.stderr, "share" in other.stderr) == (2, True, True), (
        other.stderr
    )
    wrong = RunningPool(pool.folder)
    (pool.folder / "log.key").rename(pool.folder / "kept")
    wrong.start()
    foreign = mamarr(*pool.asked())
    said = " ".join(foreign.stderr.split())
    assert (foreign.returncode, "is the record of" in said) == (2, True), foreign.stderr
    wrong.end()


@pytest.mark.parametrize(("found", "is_set_back"), [(3, True), (5, False), (7, False)])
def test_a_database_with_fewer_entries_than_were_known_before_it_was_asked_was_set_back(
    found: int, is_set_back: bool, tmp_path: Path
):
    async def story() -> None:
        runtime = SimpleNamespace(is_deciding=True, durable_size=5)

        async def size_now() -> int:
            runtime.durable_size = 9  # while the answer is under way, more becomes durable
            return found

        store = SimpleNamespace(place="the database", size_now=size_now)
        signer, witness = Signer("dss-1/EXERCISE", bytes(32)), PoolWitness(tmp_path / "log.key")
        pool = Pool(runtime, store, signer, origin="http://127.0.0.1:1", witness=witness)
        with pytest.raises(SetBack, match="3 entries, 5 were") if is_set_back else contextlib.nullcontext():
            await pool._read()

    asyncio.run(story())


@pytest.mark.parametrize(
    "origin",
    ["http://example.org", "ftp://127.0.0.1", "https://a.example/path", "http://127.0.0.1.example:80", ""],
)
def test_a_process_is_reached_by_tls_or_on_this_machine(origin: str):
    with pytest.raises(ValueError, match="the address of a process is"):
        pool_forwarding.reachable(origin)


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8082", "http://localhost:1", "https://dss-1.example"])
def test_an_address_of_a_process(origin: str):
    assert pool_forwarding.reachable(origin) == origin
