"""Service areas and display providers' subscriptions, for tests: commands of two managers, as of `known`."""

from typing import Any

from mamarr.discovery.display_subscriptions import DeleteDisplaySubscription, PutDisplaySubscription
from mamarr.discovery.service_areas import DeleteServiceArea, PutServiceArea
from tests.discovery.known import URL, A, B, about, drawn, uuid

DISPLAY_URL = "https://uss-b.example/rid"


def put_area(number: int, of: int, **how: Any) -> PutServiceArea:
    """Write service area `number` with what is drawn for write `of`."""
    usual = {
        "entity_id": uuid(number),
        "manager": A,
        "uss_base_url": URL,
        "extent": about(),
        "drawn": drawn(of),
    }
    return PutServiceArea(**{**usual, **how})


def delete_area(number: int, version: str, manager: str = A) -> DeleteServiceArea:
    return DeleteServiceArea(entity_id=uuid(number), manager=manager, version=version)


def put_display(number: int, of: int, **how: Any) -> PutDisplaySubscription:
    """Write display subscription `number` with what is drawn for write `of`."""
    usual = {
        "subscription_id": uuid(number),
        "manager": B,
        "uss_base_url": DISPLAY_URL,
        "extent": about(minutes=(0, 60)),
        "drawn": drawn(of),
    }
    return PutDisplaySubscription(**{**usual, **how})


def delete_display(number: int, version: str, manager: str = B) -> DeleteDisplaySubscription:
    return DeleteDisplaySubscription(subscription_id=uuid(number), manager=manager, version=version)
