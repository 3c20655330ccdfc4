"""What all that is made known has in common: who may write which version of it, and when it is forgotten."""

from typing import NamedTuple

from mamarr.faults import Reason, Refusal
from mamarr.names import Author


class Standing(NamedTuple):
    """What is held under an id. manager: who alone may change it. version: or OVN, of the last write."""

    manager: str
    version: str


def not_theirs(about: str, manager: str, version: str | None, held: Standing | None) -> Refusal | None:
    """Why `manager`, who knows `version`, may not write what is held under the id `about`; None: it may.

    version: None makes something new. In terms of the standards: NOT_THERE 404, and 400 for a change;
    NOT_YOURS 403; ID_TAKEN and OTHER_VERSION 409.
    """
    because = (about,)
    if held is None:
        return None if version is None else Refusal(reason=Reason.NOT_THERE, because=because)
    if held.manager != manager:
        return Refusal(reason=Reason.NOT_YOURS, because=because)
    if version is None:
        return Refusal(reason=Reason.ID_TAKEN, because=because)
    return None if held.version == version else Refusal(reason=Reason.OTHER_VERSION, because=because)


def kept(about: str, author: Author, party: str, *, is_over: bool | None) -> Refusal | None:
    """Why what has the id `about` is not forgotten; None: it is. Only rules of the node of `party` ask.

    is_over: whether its time is over; None where nothing has that id.
    """
    because = (about,)
    if author.rule is None or author.party != party:
        return Refusal(reason=Reason.NOT_YOURS, because=because)
    if is_over is None:
        return Refusal(reason=Reason.NOT_THERE, because=because)
    return None if is_over else Refusal(reason=Reason.NOT_YET, because=because)
