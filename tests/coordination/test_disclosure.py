import pytest

from mamarr.airspace.occupancy import Kind
from mamarr.coordination import Disclosed, Rule, disclosure
from mamarr.coordination.disclosure import (
    ApproveDisclosure,
    DisclosureProposed,
    DisclosureSet,
    Facts,
    ProposeDisclosure,
)
from mamarr.faults import InvariantError, Reason, Refusal, limit_reached
from mamarr.names import Author
from tests.airspace.boxes import NOON, NORTH, SOUTH

RULE = Rule(owner="south", viewer="relief", flights=Disclosed.VOLUME, reservations=Disclosed.NOTHING)
BY_RULE = Author(party="north", node="node-north", rule="a-rule")


def proposed() -> disclosure.Disclosure:
    (event,) = asked(ProposeDisclosure(rule=RULE), key_id="key-1")
    return disclosure.evolve(None, event)


def asked(command, *, author: Author = NORTH, **known):
    return disclosure.decide(command, Facts(party="north", **known), author=author, now=NOON)


def extent(kind: Kind, *, owner: str = "south", viewer: str = "relief", held=None) -> Disclosed:
    return disclosure.of(lambda _: held, kind, owner=owner, viewer=viewer, node_party="north")


def test_each_extent_includes_those_before_it():
    assert disclosure.reaches(Disclosed.IDENTITY, Disclosed.VOLUME)
    assert not disclosure.reaches(Disclosed.EXISTENCE, Disclosed.VOLUME)


def test_without_a_rule_others_know_that_a_flight_is_there_and_no_more():
    assert extent(Kind.FLIGHT) is Disclosed.EXISTENCE
    assert extent(Kind.RESERVATION) is Disclosed.IDENTITY


def test_a_party_knows_all_of_its_own_and_the_node_who_and_where_all_are():
    assert extent(Kind.FLIGHT, viewer="south") is Disclosed.CONTACT
    assert extent(Kind.FLIGHT, viewer="north") is Disclosed.IDENTITY


@pytest.mark.requirement("THREATS 9")
def test_of_imposed_sky_others_know_that_it_is_there_whoever_it_is():
    assert extent(Kind.IMPOSED, owner="north") is Disclosed.EXISTENCE
    assert extent(Kind.CONSTRAINT, owner="") is Disclosed.CONTACT


@pytest.mark.requirement("THREATS 2")
def test_a_rule_holds_when_a_second_key_approves_it():
    held = proposed()
    assert extent(Kind.FLIGHT, held=held) is Disclosed.EXISTENCE, "what is proposed does not hold yet"
    (event,) = asked(ApproveDisclosure(rule=RULE), key_id="key-2", held=held)
    assert event == DisclosureSet(pair_id="south.relief", rule=RULE)
    held = disclosure.evolve(held, event)
    assert extent(Kind.FLIGHT, held=held) is Disclosed.VOLUME
    assert extent(Kind.RESERVATION, held=held) is Disclosed.NOTHING


@pytest.mark.requirement("THREATS 2")
def test_one_key_alone_never_suffices():
    answer = asked(ApproveDisclosure(rule=RULE), key_id="key-1", held=proposed())
    assert answer == Refusal(reason=Reason.SECOND_PERSON_NEEDED, because=("south.relief",))


def test_only_what_was_proposed_can_be_approved():
    other = Rule(owner="south", viewer="relief", flights=Disclosed.CONTACT, reservations=Disclosed.CONTACT)
    assert asked(ApproveDisclosure(rule=other), key_id="key-2", held=proposed()).reason == Reason.NOT_THERE
    assert asked(ApproveDisclosure(rule=RULE), key_id="key-2").reason == Reason.NOT_THERE


@pytest.mark.parametrize(("author", "key_id"), [(NORTH, None), (SOUTH, "key-1"), (BY_RULE, "key-1")])
def test_only_a_person_of_the_node_with_a_key_decides(author, key_id):
    answer = asked(ProposeDisclosure(rule=RULE), author=author, key_id=key_id)
    assert answer == Refusal(reason=Reason.NOT_YOURS)


def test_a_new_proposal_leaves_the_rule_in_force():
    held = disclosure.evolve(proposed(), DisclosureSet(pair_id="south.relief", rule=RULE))
    (event,) = asked(ProposeDisclosure(rule=RULE), key_id="key-3", held=held)
    assert isinstance(event, DisclosureProposed)
    assert disclosure.evolve(held, event).rule == RULE


def test_there_is_a_limit():
    answer = asked(ProposeDisclosure(rule=RULE), key_id="key-1", count=disclosure.RULES_MAX)
    assert answer == limit_reached("disclosure_rules_max")


def test_a_rule_about_oneself_makes_no_sense_and_none_is_approved_out_of_nothing():
    with pytest.raises(ValueError, match="itself"):
        Rule(owner="south", viewer="south", flights=Disclosed.VOLUME, reservations=Disclosed.VOLUME)
    with pytest.raises(InvariantError):
        disclosure.evolve(None, DisclosureSet(pair_id="south.relief", rule=RULE))
