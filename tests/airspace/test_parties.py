import pytest

from mamarr.airspace import Centre, Frequency
from tests.airspace.declared import a_party


def test_a_party_may_be_served_by_a_centre_that_is_not_its_own():
    assert a_party(serving_centre="NICOSIA").centres == ()


def test_a_centre_is_named_once():
    with pytest.raises(ValueError, match="named twice"):
        a_party(centres=(Centre(centre_id="C1"), Centre(centre_id="C1")))


@pytest.mark.parametrize("channel_khz", [1_999, 400_001])
def test_a_channel_outside_aviation_bands_is_a_slip(channel_khz: int):
    with pytest.raises(ValueError, match="2000 to 400000 kHz"):
        Frequency(channel_khz=channel_khz)
