"""What our USS says is read as it was meant, by the same rules as what others say; what they get wrong."""

import json
from typing import Any

import msgspec
import pytest

from mamarr.discovery import IntentState
from mamarr.faults import WireError
from mamarr.interop.f3548 import uss_reading, uss_writing
from mamarr.interop.f3548.uss_reading import ReferenceThere
from mamarr.operations import Delivery, Details, Operation, Subscribed
from tests.discovery.known import about, drawn, uuid
from tests.operations.planned import OTHER_URL, OWN, OWN_URL, circle, reference, square

DETAILS = Details(volumes=(square(), circle(50.125, east=2.5)), off_nominal=(square(east=9),), priority=-3)
OPERATION = Operation(
    entity_id=uuid(1),
    state=IntentState.NONCONFORMING,
    details=DETAILS,
    extent=about(),
    reference=reference(30, version=4, subscription_id=uuid(40)),
)
THERE = ReferenceThere(
    entity_id=uuid(1),
    manager=OWN,
    version=4,
    state=IntentState.NONCONFORMING,
    availability=reference(30).availability,
    uss_base_url=OWN_URL,
    subscription_id=uuid(40),
    ovn=None,
)
SAID = {"operational_intent": uss_writing.operational_intent(OPERATION)}


def encoded(said: Any) -> bytes:
    return msgspec.json.encode(said)


def test_what_we_say_of_an_operation_is_read_back_exactly():
    found = uss_reading.known(encoded(SAID), THERE)
    assert (found.details, found.ovn, found.version) == (DETAILS, drawn(30), 4)


def test_a_notice_names_whom_it_is_for_and_what_is_no_more_has_no_details():
    delivery = Delivery(
        delivery_id="x",
        entity_id=uuid(1),
        uss_base_url=OTHER_URL,
        subscriptions=(Subscribed(subscription_id=uuid(41), notification_index=7),),
        made_us=0,
    )
    body = uss_writing.notification(delivery, OPERATION)
    assert json.loads(body)["subscriptions"] == [{"subscription_id": uuid(41), "notification_index": 7}]
    found = uss_reading.notice(body)
    assert found.known is not None
    assert (found.entity_id, found.known.details) == (uuid(1), DETAILS)
    assert found.extent is not None
    gone = uss_reading.notice(uss_writing.notification(delivery, None))
    assert (gone.entity_id, gone.known, gone.extent) == (uuid(1), None, None)


def test_a_closing_corner_is_one_corner():
    copy = json.loads(encoded(SAID))
    ring = copy["operational_intent"]["details"]["volumes"][0]["volume"]["outline_polygon"]["vertices"]
    ring.append(ring[0])
    assert uss_reading.known(encoded(copy), THERE).details == DETAILS


def test_a_dss_is_asked_about_each_outline_at_all_levels_and_instants_of_the_flight():
    high = square(levels_m=(300, 400), minutes=(20, 40))
    asked = uss_writing.areas_of(Details(volumes=(square(), high, circle(50))))
    found = [json.loads(each)["area_of_interest"] for each in asked]
    assert len(found) == 2  # the two squares are one outline
    for each in found:
        assert each["volume"]["altitude_lower"]["value"] == 100
        assert each["volume"]["altitude_upper"]["value"] == 400
        assert each["time_end"]["value"] == uss_writing.time_of(high.time_end_us)["value"]


@pytest.mark.parametrize(
    ("there", "at"),
    [
        ({"entity_id": uuid(2)}, "$.operational_intent.reference"),
        ({"manager": "somebody"}, "$.operational_intent.reference"),
        ({"version": 5}, "$.operational_intent.reference"),
        ({"state": IntentState.CONTINGENT}, "$.operational_intent.reference"),
    ],
)
def test_details_of_another_intent_than_the_dss_has_are_none(there: dict[str, Any], at: str):
    with pytest.raises(WireError) as wrong:
        uss_reading.known(encoded(SAID), msgspec.structs.replace(THERE, **there))
    assert wrong.value.at == at


def a_reference(**changed: Any) -> dict[str, Any]:
    return SAID["operational_intent"]["reference"] | changed


def test_a_reference_of_a_dss_has_an_ovn_where_it_is_ours_alone():
    hidden = a_reference(ovn="Available from USS")
    body = encoded({"operational_intent_references": [a_reference(), hidden]})
    ours, theirs = uss_reading.references(body, allows_http=False)
    assert (ours.own(), theirs.ovn) == (OPERATION.reference, None)
    with pytest.raises(ValueError, match="OVN"):
        theirs.own()


def test_no_subscription_is_none():
    body = encoded({"operational_intent_reference": a_reference(subscription_id=uss_writing.NO_SUBSCRIPTION)})
    assert uss_reading.reference(body, allows_http=False).subscription_id is None


def test_who_has_no_address_that_may_be_asked_is_not_told():
    subscribers = [
        {"uss_base_url": url, "subscriptions": [{"subscription_id": uuid(9), "notification_index": 1}]}
        for url in (OTHER_URL, "http://inside.example", "javascript:alert(1)", "")
    ]
    body = encoded({"operational_intent_reference": a_reference(), "subscribers": subscribers})
    _, told = uss_reading.written(body, allows_http=False)
    assert [each.uss_base_url for each in told] == [OTHER_URL]


@pytest.mark.parametrize(
    "changed",
    [{"uss_base_url": "http://a.example"}, {"id": "x"}, {"state": "Ended"}, {"version": "1"}, {"manager": 5}],
)
def test_a_reference_that_cannot_be_is_no_reference(changed: dict[str, Any]):
    with pytest.raises(WireError):
        uss_reading.reference(
            encoded({"operational_intent_reference": a_reference(**changed)}), allows_http=False
        )
