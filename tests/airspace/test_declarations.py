"""What holds for everything that an authority declares, whichever noun it is."""

from types import ModuleType
from typing import NamedTuple

import msgspec
import pytest

from mamarr.airspace import areas, constraints, corridors, parties, shares
from mamarr.faults import InvariantError, Reason, Refusal, limit_reached
from mamarr.names import Author
from tests.airspace.boxes import NOON, NORTH, SOUTH
from tests.airspace.declared import a_constraint, a_corridor, a_party, a_share, an_area


class Noun(NamedTuple):
    module: ModuleType
    name: str
    value: object
    count_max: int
    facts: tuple[tuple[str, object], ...] = ()

    @property
    def field(self) -> str:
        return self.name.lower()

    @property
    def value_id(self) -> str:
        return getattr(self.value, f"{self.field}_id")

    def declared(self, author: Author = NORTH, **facts: object):
        ask = getattr(self.module, f"Declare{self.name}")(**{self.field: self.value})
        return self.decided(ask, author, {**dict(self.facts), **facts})

    def withdrawn(self, author: Author = NORTH, **facts: object):
        ask = getattr(self.module, f"Withdraw{self.name}")(**{f"{self.field}_id": self.value_id})
        return self.decided(ask, author, facts)

    def decided(self, ask: object, author: Author, facts: dict[str, object]):
        known = self.module.Facts(party="north", **facts)
        return self.module.decide(ask, known, author=author, now=NOON)


NOUNS = [
    Noun(parties, "Party", a_party(), parties.PARTIES_MAX),
    Noun(corridors, "Corridor", a_corridor(), corridors.CORRIDORS_MAX),
    Noun(shares, "Share", a_share(), shares.SHARES_MAX, (("is_known_authority", True),)),
    Noun(areas, "Area", an_area(), areas.AREAS_MAX),
    Noun(constraints, "Constraint", a_constraint(), constraints.CONSTRAINTS_MAX),
]
RULE = Author(party="north", node="node-north", rule="tidying")
each = pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.name)


@each
def test_what_the_own_party_declares_is_so(noun: Noun):
    (event,) = noun.declared()
    value = noun.module.evolve(None, event)
    assert getattr(value, noun.field, value) == noun.value


@each
def test_what_is_declared_again_is_replaced_even_when_there_is_no_room_for_more(noun: Noun):
    (event,) = noun.declared(held=noun.value, count=noun.count_max)
    before = noun.module.evolve(None, event)
    assert noun.module.evolve(before, event) == before


@each
def test_one_more_than_the_limit_is_refused(noun: Noun):
    name = noun.module.__name__.rpartition(".")[2]
    assert noun.declared(count=noun.count_max) == limit_reached(f"{name}_max")
    assert isinstance(noun.declared(count=noun.count_max - 1), tuple)


@each
@pytest.mark.parametrize("author", [SOUTH, RULE], ids=["another party", "a rule"])
def test_nobody_else_declares_or_withdraws(noun: Noun, author: Author):
    assert noun.declared(author) == Refusal(reason=Reason.NOT_YOURS)
    assert noun.withdrawn(author, held=noun.value) == Refusal(reason=Reason.NOT_YOURS)


@each
def test_what_is_withdrawn_is_no_more(noun: Noun):
    (declared,) = noun.declared()
    (withdrawn,) = noun.withdrawn(held=noun.value, count=1)
    assert noun.module.evolve(noun.module.evolve(None, declared), withdrawn) is None


@each
def test_what_is_not_there_cannot_be_withdrawn(noun: Noun):
    assert noun.withdrawn() == Refusal(reason=Reason.NOT_THERE, because=(noun.value_id,))


@each
def test_an_event_that_withdraws_what_is_not_there_stops_us(noun: Noun):
    (withdrawn,) = noun.withdrawn(held=noun.value)
    with pytest.raises(InvariantError):
        noun.module.evolve(None, withdrawn)


@each
def test_an_id_of_the_wrong_form_is_not_asked_about(noun: Noun):
    with pytest.raises(ValueError, match="does not have the form"):
        getattr(noun.module, f"Withdraw{noun.name}")(**{f"{noun.field}_id": "a b"})


@each
def test_commands_events_and_facts_come_back_from_their_bytes(noun: Noun):
    (event,) = noun.declared()
    known = noun.module.Facts(party="north", held=noun.value, count=3)
    for value, kind in ((event, noun.module.Event), (known, noun.module.Facts)):
        assert msgspec.json.decode(msgspec.json.encode(value), type=kind) == value
