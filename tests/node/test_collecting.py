import gc

import pytest

from mamarr.node import collecting


def test_the_search_for_cycles_stands_still_and_goes_on_after_a_failure():
    assert gc.isenabled()
    with pytest.raises(RuntimeError, match="enabled: False"), collecting.still():
        raise RuntimeError(f"enabled: {gc.isenabled()}")
    assert gc.isenabled()


def test_what_was_off_stays_off():
    gc.disable()
    try:
        with collecting.still():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
