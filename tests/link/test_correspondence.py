"""What the records of simulated nodes show of what went between them, by each record alone."""

import pytest

from mamarr.coordination.channels import Stopped
from mamarr.link.correspondence import Correspondence, Shown
from mamarr.record.entries import entry_from_body
from mamarr.simulation import linked, shared

NAMES_READ = 4  # chosen: of some twenty flights, each read in whole records
SET_BACK, TWO_HISTORIES = 56, 344  # worlds in which a node is set back, and in which two histories are signed


def read_whole(world: linked.LinkedWorld, node: str, about: str | None = None) -> Correspondence:
    found = Correspondence(about)
    for row in world.ends[node].store.rows():
        entry = entry_from_body(row.sequence, row.body)
        assert found.take(entry) is None, (world.seed, node, row.sequence)
    return found


@pytest.mark.parametrize("seed", [1, 18, SET_BACK, TWO_HISTORIES])
def test_whatever_goes_wrong_on_the_line_each_record_shows_that_the_peer_signed_what_it_says(seed: int):
    world = linked.run(seed)
    for node in world.ends:
        for line in read_whole(world, node).lines.values():
            assert line.keys
            assert line.verified_count > 0
            assert line.recorded_count <= line.sent_count or line.stopped is Stopped.SET_BACK


def test_what_came_is_in_one_record_as_it_was_sent_in_the_other():
    world = shared.run(6)
    names = {
        each.coordination.said_as
        for end in world.ends.values()
        for _, each in end.keeper.decider.projection.flights.durable_items()
        if each.coordination is not None
    }
    sent, came = set[tuple[object, ...]](), set[tuple[object, ...]]()
    for node in world.ends:
        for name in sorted(names)[:NAMES_READ]:
            for step in read_whole(world, node, name).steps:
                said = (name, step.what, step.revision, step.says, step.stream, step.number)
                if step.is_ours:
                    assert step.shown is Shown.OUR_HEAD
                    sent.add((node, step.peer, *said))
                elif step.peer is not None:
                    assert step.shown is Shown.PEER_KEY
                    came.add((step.peer, node, *said))
    assert came
    assert came <= sent  # of what came too late there is no text
