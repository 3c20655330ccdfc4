"""`mamarr audit` on the record of one of two nodes: what was asked and answered, and who signed it."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from mamarr.airspace.commitment import Reply
from mamarr.coordination.channels import TakeMessage, TakeReceipts
from mamarr.coordination.crossings import TakeWord
from mamarr.coordination.peers import RenewPeer
from mamarr.engine.decider import decide
from mamarr.engine.orders import PERSONS, SIGNED, contents, decision, read
from mamarr.flights.errands import CrossingReply
from mamarr.flights.flights import File
from mamarr.flights.holding import Stage
from mamarr.geometry.units import moment_from_ms
from mamarr.node import six_words
from mamarr.node.cli import app
from mamarr.node.key_file import signer_from
from mamarr.record import Draft, Entry, Log, Part, Signer, SqliteStore
from mamarr.record.entries import FRAME, entry_from_body
from tests.node.line_process import a_plan, declared, known
from tests.node.lines import MODE, Node, joined, until
from tests.node.test_peer_commands import done, exchanged, founded
from tests.record.logs import counting_salts

FLIGHT = "north-1"
NORTH = known("node-north").signer
NAMES = {"north": "node-north", "south": "node-south"}


async def lived(folder: Path) -> None:
    """North files a flight across the border, south's machine accepts it, both stop."""
    stores = {party: SqliteStore(folder / f"{party}.sqlite") for party in NAMES}
    north = Node("node-north", "north", 1, store=stores["north"])
    south = Node("node-south", "south", 3, store=stores["south"])
    try:
        await north.start()
        await south.start()
        await joined(north, south)
        for command in declared():
            await north.ask(command)
            await south.ask(command)
        projection = north.runtime.decider.projection
        for node in (north, south):
            its = node.runtime.decider.projection
            await until(lambda its=its: its.agreement() is not None, "the agreement is in force")
        assert await north.file(File(flight_id=FLIGHT, plan=a_plan(1, north))) == "filed"

        def is_coordinated() -> bool:
            flight = projection.flights.durable(FLIGHT)
            return flight is not None and flight.stage is Stage.COORDINATED

        await until(is_coordinated, "south has confirmed")
        for one, other in ((north, south), (south, north)):
            await one.send(other, "a message, which brings receipts")
        for one, other in ((north, south), (south, north)):
            await until(
                lambda one=one, other=other: one.channel(other).outgoing[1].acknowledged >= 2, "known"
            )
    finally:
        await north.stop()
        await south.stop()
        for store in stores.values():
            store.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("records")
    with ThreadPoolExecutor(1) as thread:  # Playwright keeps a loop running in the main thread
        thread.submit(asyncio.run, lived(folder)).result()
    return folder


def audited(record: Path, party: str, *options: str) -> Result:
    key = known(NAMES[party]).signer.verifier.text()
    return CliRunner().invoke(app, ["audit", str(record), "--key", key, *options])


def called(made: Path) -> str:
    """What both call the flight."""
    told = json.loads(audited(made / "north.sqlite", "north", "--flight", FLIGHT, "--json").stdout)
    (name,) = told["called"]
    return name


@pytest.mark.parametrize("party", NAMES)
def test_either_file_alone_shows_the_request_the_answer_and_both_signatures(made: Path, party: str):
    peer = NAMES["south" if party == "north" else "north"]
    result = audited(made / f"{party}.sqlite", party, "--flight", called(made))
    assert result.exit_code == 0, result.output
    lines = [each for each in result.stdout.splitlines() if "crossing-" in each]
    ours = f"signed by this node's heads; {peer} signed that it recorded it"
    theirs = f"signed by {peer}, verified"
    asks = ("crossing-request, revision 1", "crossing-confirm, revision 1")
    answers = ("crossing-reply ACCEPTED, revision 1", "crossing-reply CONFIRMED, revision 1")
    by_asker, by_other = (ours, theirs) if party == "north" else (theirs, ours)
    wanted = [(asks[0], by_asker), (answers[0], by_other), (asks[1], by_asker), (answers[1], by_other)]
    for line, (what, shown) in zip(lines, wanted, strict=True):
        assert what in line
        assert shown in line
    assert f"between this node and {peer}" in result.stdout
    assert "persons compared words; certificate, SHA-256: " in result.stdout
    assert "every signature verified" in result.stdout


@pytest.mark.parametrize("party", NAMES)
def test_the_same_for_programs(made: Path, party: str):
    result = audited(made / f"{party}.sqlite", party, "--flight", called(made), "--json")
    told = json.loads(result.stdout)
    (line,) = told["lines"]
    assert told["verdict"]["finding"] is None
    assert (line["verified_count"] > 0, line["former_count"], line["withheld_count"]) == (True, 0, 0)
    steps = [each["step"] for each in told["steps"] if each["step"]["what"].startswith("crossing-")]
    by = ("OUR_HEAD", "PEER_KEY") if party == "north" else ("PEER_KEY", "OUR_HEAD")
    assert [each["shown"] for each in steps] == [*by, *by]
    assert all(each["recorded_in"] > each["entry"] for each in steps if each["shown"] == "OUR_HEAD")


def test_what_is_not_there_is_said_to_be_not_there(made: Path):
    result = audited(made / "north.sqlite", "north", "--flight", "no-such-flight")
    assert "no-such-flight: nothing is said of it here" in result.stdout


# --- what an administrator of the node could write, who has its key ----------------------------------------


Change = Callable[[Entry], Iterable[tuple[str, bytes]]]  # what the parts of an entry say instead


def rewritten(record: Path, path: Path, change: Change, signer: Signer = NORTH) -> Path:
    """The record of a node, written anew and signed with its own key."""
    node = signer.verifier.name.partition("/")[0]
    with closing(SqliteStore(record)) as old, closing(SqliteStore(path)) as new:
        log = Log(new, signer, node=node, mode=MODE, salts=counting_salts())
        for row in old.rows():
            entry = entry_from_body(row.sequence, row.body)
            if row.sequence == 0:
                log.begin(entry.frame().time_ms)
                continue
            parts = tuple(Part(name, bytes(32), said) for name, said in change(entry) if name != FRAME)
            log.append([Draft(time_ms=entry.frame().time_ms, key=row.key, parts=parts)])
    return path


def as_it_was(entry: Entry) -> Iterator[tuple[str, bytes]]:
    return iter(entry.contents().items())


def test_written_anew_without_a_change_it_is_whole(made: Path, tmp_path: Path):
    result = audited(rewritten(made / "north.sqlite", tmp_path / "same.sqlite", as_it_was), "north")
    assert result.exit_code == 0, result.output


def a_bit_turned(entry: Entry) -> Iterator[tuple[str, bytes]]:
    """Of what the peer signed."""
    for name, content in as_it_was(entry):
        yield name, bytes([content[0] ^ 1]) + content[1:] if name == SIGNED else content


def the_signature_left_out(entry: Entry) -> Iterator[tuple[str, bytes]]:
    return ((name, content) for name, content in as_it_was(entry) if name != SIGNED)


def another_answer(entry: Entry) -> Iterator[tuple[str, bytes]]:
    """South rejected, where it accepted: wherever its words stand."""
    return ((name, content.replace(b"ACCEPTED", b"REJECTED")) for name, content in as_it_was(entry))


def another_answer_where_it_is_kept(entry: Entry) -> Iterator[tuple[str, bytes]]:
    """The same, but in what the node goes by alone."""
    for name, content in as_it_was(entry):
        texts = json.loads(content) if name == PERSONS else {}
        for path in [each for each in texts if each.startswith("decided")]:
            texts[path] = texts[path].replace("ACCEPTED", "REJECTED")
        yield name, json.dumps(texts).encode() if texts else content


def decided_again(change: Callable[[Any], Any]) -> Change:
    """Each entry with another command, and all that follows from it."""

    def forged(entry: Entry) -> Iterable[tuple[str, bytes]]:
        said = read(entry)
        command = None if said is None else change(said.order.command)
        if said is None or command is None:
            return as_it_was(entry)
        order = msgspec.structs.replace(said.order, command=command)
        outcome = decide(order, said.known, now=moment_from_ms(entry.frame().time_ms))
        return contents(decision(order, said.known, outcome))

    return forged


@decided_again
def another_answer_is_acted_on(command: Any) -> Any:
    """What had been confirmed had not."""
    if not isinstance(command, TakeWord) or not isinstance(command.word, CrossingReply):
        return None
    return msgspec.structs.replace(command, word=msgspec.structs.replace(command.word, reply=Reply.NOT_HELD))


@decided_again
def an_answer_that_never_came(command: Any) -> Any:
    """Acted on as if it had come as another message."""
    if not isinstance(command, TakeWord) or not isinstance(command.word, CrossingReply):
        return None
    return msgspec.structs.replace(command, message_key="node-south/INCOMING/COORDINATION/99")


@decided_again
def nothing_of_ours_was_recorded(command: Any) -> Any:
    if not isinstance(command, TakeMessage | TakeReceipts) or command.acknowledged == (0, 0, 0):
        return None
    return msgspec.structs.replace(command, acknowledged=(0, 0, 0))


@decided_again
def it_came_too_late(command: Any) -> Any:
    """By what its header says, which the peer signed otherwise."""
    is_message = isinstance(command, TakeMessage)
    return msgspec.structs.replace(command, valid_until_ms=1) if is_message else None


@decided_again
def what_was_said_before(command: Any) -> Any:
    """A signature that is real, over another message of the peer's."""
    if not isinstance(command, TakeMessage):
        return None
    first.setdefault("signed", (command.signed, command.acknowledged))
    signed, acknowledged = first["signed"]
    return msgspec.structs.replace(command, signed=signed, acknowledged=acknowledged)


first: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (a_bit_turned, "node-south did not sign what the entry says that it signed"),
        (the_signature_left_out, "what node-south signed is not there"),
        (another_answer, "the text is another than was hashed"),
        (another_answer_where_it_is_kept, "the text is another than was decided on"),
        (another_answer_is_acted_on, "something else was acted on than node-south said"),
        (an_answer_that_never_came, "what was acted on node-south never said"),
        (nothing_of_ours_was_recorded, "it counts otherwise what it recorded"),
        (it_came_too_late, "it is another message"),
        (what_was_said_before, "it is another message"),
    ],
)
def test_what_the_peer_did_not_say_is_a_finding_though_our_own_key_signed_it(
    made: Path, tmp_path: Path, change: Change, said: str
):
    result = audited(rewritten(made / "north.sqlite", tmp_path / "other.sqlite", change), "north")
    assert (result.exit_code, "FINDING" in result.stdout, said in result.stdout) == (1, True, True), (
        result.stdout
    )


@decided_again
def a_next_key_of_nobodys(command: Any) -> Any:
    """The last signature of a renewal is that of the key that counted until then."""
    if not isinstance(command, RenewPeer):
        return None
    return msgspec.structs.replace(command, said=command.said[:-1] + bytes([command.said[-1] ^ 1]))


def test_a_next_key_counts_where_the_one_before_signed_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(six_words, "MEMORY_KIB", 256)
    north, south = founded(tmp_path / "north"), founded(tmp_path / "south")
    words, _ = exchanged(north, south)
    done("confirm", north, "south-1", "--words", words)
    done("add", north, done("rotate", south).strip())
    record = tmp_path / "north" / "data" / "record.sqlite"
    whole = CliRunner().invoke(app, ["audit", str(record)])
    assert (whole.exit_code, "persons compared words" in whole.stdout) == (0, True), whole.output
    signer = signer_from(tmp_path / "north" / "signing-key.pem", "north-1/EXERCISE", None)
    forged = rewritten(record, tmp_path / "other.sqlite", a_next_key_of_nobodys, signer)
    result = CliRunner().invoke(app, ["audit", str(forged)])
    assert result.exit_code == 1, result.output
    assert "the next key of south-1 is not signed by the one before" in result.stdout


def test_what_was_withheld_is_said_to_be_not_verified(made: Path, tmp_path: Path):
    path = tmp_path / "north.sqlite"
    shutil.copy(made / "north.sqlite", path)
    with closing(SqliteStore(path)) as store:
        for row in list(store.rows()):
            entry = entry_from_body(row.sequence, row.body)
            if entry.content(SIGNED) is not None:
                store.reduce(row.sequence, entry.sealed(frozenset({SIGNED})).body())
    result = audited(path, "north", "--flight", FLIGHT)
    assert result.exit_code == 0, result.output
    assert "withheld or erased in" in result.stdout
    assert "what node-south signed was withheld or erased: NOT VERIFIED" in result.stdout
    assert "signed by node-south, verified" not in result.stdout
    assert "signed that it recorded it" not in result.stdout.replace("has not signed that it recorded it", "")
