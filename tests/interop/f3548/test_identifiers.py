"""A UUID is taken in any textual form, and answered in one."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamarr.faults import WireError
from mamarr.interop.f3548.identifiers import read_uuid

ID = "03e5572a-f733-49af-bc14-8a18bd53ee39"


@pytest.mark.parametrize(
    "text", [ID, ID.upper(), ID.replace("-", ""), f"{{{ID}}}", f"urn:uuid:{ID}", f"URN:UUID:{ID.upper()}"]
)
def test_every_form_is_the_same_id(text: str):
    assert read_uuid("path:entityid", text) == ID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not_uuid_format",
        ID[:-1],
        ID + "0",
        ID.replace("0", "g", 1),
        f"{{{ID}",
        f"{ID}}}",
        ID.replace("-", "", 1),
        ID[:-2] + "-" + ID[-1],
        ID + "\n",
        "٠" + ID[1:],
    ],
)
def test_these_are_no_ids(text: str):
    with pytest.raises(WireError, match="right form"):
        read_uuid("path:entityid", text)


@given(st.uuids())
def test_the_form_is_that_of_the_standard(given_id: UUID):
    assert read_uuid("$", given_id.hex) == str(given_id)
