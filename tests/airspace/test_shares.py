import pytest

from mamarr.airspace import Share, shares
from mamarr.airspace.shares import DeclareShare, Facts, ShareDeclared
from mamarr.faults import BECAUSE_MAX, Reason, Refusal
from mamarr.geometry import footprints
from tests.airspace.boxes import NOON, NORTH
from tests.airspace.declared import BOW_TIE, SQUARE, a_share


def decided(share: Share, **facts: object):
    known = Facts(**{"party": "north", "is_known_authority": True, **facts})
    return shares.decide(DeclareShare(share=share), known, author=NORTH, now=NOON)


def test_a_share_of_a_party_that_is_no_declared_authority_is_refused():
    answer = decided(a_share(authority="south"), is_known_authority=False)
    assert answer == Refusal(reason=Reason.UNKNOWN_PARTY, because=("south",))


def test_a_share_that_meets_anothers_is_refused_with_the_first_of_them():
    others = tuple(a_share(share_id=f"T{number}", authority="south") for number in range(BECAUSE_MAX + 1))
    answer = decided(a_share(), overlapping=others)
    because = tuple(other.share_id for other in others[:BECAUSE_MAX])
    assert answer == Refusal(reason=Reason.VOLUME_HELD, because=because)


def test_a_share_whose_boundary_crosses_itself_is_refused_and_the_edge_learns_where():
    wrong = a_share(footprint=BOW_TIE)
    assert decided(wrong) == Refusal(reason=Reason.BAD_GEOMETRY, because=("S1",))
    with pytest.raises(ValueError, match="crosses the edge"):
        shares.checked(wrong)
    assert shares.checked(a_share()) == a_share()


def test_the_own_party_may_declare_the_share_of_another_authority():
    share = a_share(authority="south")
    assert decided(share) == (ShareDeclared(share=share),)


@pytest.mark.parametrize(
    "footprint", [footprints.circle(SQUARE[0], 5_000), footprints.polygon(SQUARE, radius_mm=1)]
)
def test_a_share_is_a_polygon_with_exact_edges(footprint):
    with pytest.raises(ValueError, match="polygon without a radius"):
        a_share(footprint=footprint)
