"""A small sky at a desk: parties, one share, two corridors, declared by ordinary orders."""

from typing import Any

from mamarr.airspace import corridors, parties, shares
from mamarr.coordination import Rule
from mamarr.coordination.disclosure import ApproveDisclosure, ProposeDisclosure
from mamarr.engine import Order
from mamarr.engine.orders import ActSignature
from mamarr.faults import Refusal
from mamarr.flights import Plan
from mamarr.flights.flights import File
from mamarr.names import Author
from tests.airspace.boxes import NORTH, SOUTH
from tests.engine.orders import Desk, _numbers
from tests.flights.routes import SOUTHERN, a_corridor, a_party, a_share

RELIEF = Author(party="relief", node="node-north")


def an_order(command: Any, author: Author = NORTH, key_id: str | None = None) -> Order:
    signature = None
    if key_id is not None:
        signature = ActSignature(
            key_id=key_id, algorithm="Ed25519", public_key=b"k" * 32, signature=b"s" * 64
        )
    return Order(command_id=f"command-{next(_numbers)}", author=author, command=command, signature=signature)


def a_desk() -> Desk:
    """The node of north: its share, corridors EAST and SOUTH; relief is served by north's centre."""
    desk = Desk()
    declared = [
        parties.DeclareParty(party=a_party("north")),
        parties.DeclareParty(party=a_party("south")),
        parties.DeclareParty(
            party=a_party("relief", is_authority=False, centres=(), serving_centre="north-centre")
        ),
        shares.DeclareShare(share=a_share()),
        corridors.DeclareCorridor(corridor=a_corridor()),
        corridors.DeclareCorridor(corridor=a_corridor("SOUTH", by=SOUTHERN)),
    ]
    for answer in desk.ask(*map(an_order, declared)):
        assert not isinstance(answer.outcome, Refusal), answer
    return desk


def file(flight_id: str, plan: Plan, author: Author = SOUTH, **changed: Any) -> Order:
    return an_order(File(flight_id=flight_id, plan=plan, **changed), author)


def disclose(desk: Desk, rule: Rule) -> None:
    """Two persons of north let `rule` hold."""
    asked = an_order(ProposeDisclosure(rule=rule), key_id="key-1")
    approved = an_order(ApproveDisclosure(rule=rule), key_id="key-2")
    for answer in desk.ask(asked, approved):
        assert not isinstance(answer.outcome, Refusal), answer
