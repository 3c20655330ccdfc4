"""What each decision about this USS's operations may rest on: one function per noun."""

from collections.abc import Callable
from typing import Any

from mamarr.engine.projection import Projection
from mamarr.names import Author
from mamarr.operations import advisories, closures, deliveries, operations

US_PER_MS = 1_000


def for_operation(
    projection: Projection, command: operations.Command, author: Author, now_ms: int
) -> operations.Facts:
    """The facts for one command about one operation."""
    del author
    operated, key = projection.operated, command.entity_id
    held = operated.operations.get(key)
    if not isinstance(command, operations.PlanOperation):
        return operations.Facts(party=projection.party, held=held)
    return operations.Facts(
        party=projection.party,
        held=held,
        own=tuple(operated.own_near(command.extent, but=key, now_us=now_ms * US_PER_MS)),
        count=len(operated.operations),
    )


def for_closure(
    projection: Projection, command: closures.Command, author: Author, now_ms: int
) -> closures.Facts:
    """The facts for one command about one closure."""
    del author, now_ms
    table = projection.operated.closures
    return closures.Facts(party=projection.party, held=table.get(command.entity_id), count=len(table))


def for_delivery(
    projection: Projection, command: deliveries.Command, author: Author, now_ms: int
) -> deliveries.Facts:
    """The facts for what became of a delivery."""
    del author, now_ms
    held = projection.operated.deliveries.get(command.delivery_id)
    return deliveries.Facts(party=projection.party, is_due=held is not None)


def for_advisory(
    projection: Projection, command: advisories.Command, author: Author, now_ms: int
) -> advisories.Facts:
    """The facts for what somebody planned, or for an advisory that may be old."""
    del author
    operated, party = projection.operated, projection.party
    if isinstance(command, advisories.ForgetAdvisory):
        held = operated.advisories.get(command.advisory_id)
        return advisories.Facts(party=party, observed_us=None if held is None else held.observed_us)
    if isinstance(command, advisories.TellUser):
        name = advisories.told_id(command)
        return advisories.Facts(
            party=party,
            given=() if operated.advisories.get(name) is None else (name,),
            count=len(operated.advisories),
            is_there=operated.operations.get(command.entity_id) is not None,
        )
    other, version, _ = advisories.noted(command)
    own = tuple(operated.own_near(command.extent, but=other, now_us=now_ms * US_PER_MS))
    names = (advisories.advisory_id(each.entity_id, other, version) for each in own)
    return advisories.Facts(
        party=party,
        own=own,
        given=tuple(dict.fromkeys(each for each in names if operated.advisories.get(each) is not None)),
        count=len(operated.advisories),
    )


FILLED_BY: dict[str, Callable[..., Any]] = {
    "operations": for_operation,
    "closures": for_closure,
    "deliveries": for_delivery,
    "advisories": for_advisory,
}
