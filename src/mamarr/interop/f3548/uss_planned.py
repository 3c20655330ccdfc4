"""What drones plan in an area, as our USS answers it to its own authority's node, and as that reads it.

Others' intents are as their USSs say them, and ours; those of which nobody says it are named, never left out.
"""

from collections.abc import Iterable
from typing import Annotated

import msgspec

from mamarr.discovery import IntentState
from mamarr.discovery.forms import MANAGER
from mamarr.faults import WireError
from mamarr.interop.f3548.identifiers import read_uuid
from mamarr.interop.f3548.requests import QueryMessage, Volume4DMessage
from mamarr.interop.f3548.shapes import OUTLINE_FORM, Needed, read_volume
from mamarr.interop.f3548.uss_reading import exact
from mamarr.interop.f3548.uss_writing import Object, volume_of
from mamarr.interop.forms import FREE_TEXT_FORM
from mamarr.interop.wire import decoded, matching
from mamarr.operations import Known, Volume
from mamarr.operations.operations import KNOWN_MAX
from mamarr.operations.volumes import VOLUMES_MAX, vertices_count

CORNERS_MAX = 50_000  # chosen: of all that is answered at once, some 80 bytes each: 4 MB

Volumes = Annotated[tuple[Volume4DMessage, ...], msgspec.Meta(min_length=1, max_length=VOLUMES_MAX)]


class PlannedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What one drone plans. manager: its USS. volumes: all of them, off-nominal ones too, exactly."""

    id: str
    manager: str
    state: IntentState
    volumes: Volumes


class PlannedInMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What drones plan in an area. unknown: ids of those that a DSS has and of which nobody says more."""

    intents: Annotated[tuple[PlannedMessage, ...], msgspec.Meta(max_length=KNOWN_MAX)]
    unknown: Annotated[tuple[str, ...], msgspec.Meta(max_length=KNOWN_MAX)] = ()


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What one drone plans."""

    entity_id: str
    manager: str
    state: IntentState
    volumes: tuple[Volume, ...]


class PlannedIn(msgspec.Struct, frozen=True, kw_only=True):
    """What drones plan in an area, in the order of ids. unknown: as of the message."""

    intents: tuple[Planned, ...] = ()
    unknown: tuple[str, ...] = ()


def area(body: bytes) -> Volume:
    """The area that is asked about; WireError says what is wrong, where."""
    message, at = decoded(QueryMessage, body).area_of_interest, "$.area_of_interest"
    read_volume(at, message, Needed.ALL)
    return exact(at, message)


def planned_in(known: Iterable[Known], unknown: Iterable[str]) -> PlannedIn:
    """What is known and what is not, no more than CORNERS_MAX: what is beyond counts as not known."""
    found: list[Planned] = []
    silent, corners_count = list(unknown), 0
    for each in sorted(known, key=lambda one: one.entity_id):
        several = () if each.details is None else each.details.all()
        corners_count += vertices_count(several)
        if not several or corners_count > CORNERS_MAX:
            silent.append(each.entity_id)
        else:
            found.append(
                Planned(entity_id=each.entity_id, manager=each.manager, state=each.state, volumes=several)
            )
    return PlannedIn(intents=tuple(found), unknown=tuple(sorted(set(silent))))


def written(found: PlannedIn) -> Object:
    """The answer, as it stands on the wire."""
    return {
        "intents": [
            {
                "id": each.entity_id,
                "manager": each.manager,
                "state": each.state,
                "volumes": [volume_of(volume) for volume in each.volumes],
            }
            for each in found.intents
        ],
        "unknown": list(found.unknown),
    }


def read(body: bytes) -> PlannedIn:
    """What the USS answered; WireError when it cannot be that."""
    message = decoded(PlannedInMessage, body)
    unknown = [read_uuid(f"$.unknown[{number}]", each) for number, each in enumerate(message.unknown)]
    found = [_planned(f"$.intents[{number}]", each) for number, each in enumerate(message.intents)]
    return PlannedIn(intents=tuple(found), unknown=tuple(unknown))


def _planned(at: str, message: PlannedMessage) -> Planned:
    matching(f"{at}.manager", message.manager, MANAGER, FREE_TEXT_FORM)
    several = [(f"{at}.volumes[{number}]", each) for number, each in enumerate(message.volumes)]
    for place, each in several:
        if None not in (each.volume.outline_circle, each.volume.outline_polygon):
            raise WireError("there are two outlines", at=f"{place}.volume", allowed=OUTLINE_FORM)
    return Planned(
        entity_id=read_uuid(f"{at}.id", message.id),
        manager=message.manager,
        state=message.state,
        volumes=tuple(exact(place, each) for place, each in several),
    )
