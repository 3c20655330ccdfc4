"""What all that an authority declares has in common: who may declare it, how much there may be."""

from mamarr.faults import Reason, Refusal, limit_reached
from mamarr.geometry import Footprint, footprints
from mamarr.names import Author


def is_own(author: Author, party: str) -> bool:
    """Whether a person or system of the node's own `party` asks. A rule of the node declares nothing."""
    return author.party == party and author.rule is None


def declaring_refused(
    author: Author, *, party: str, is_new: bool, count: int, count_max: int, limit: str
) -> Refusal | None:
    """Why `author` may not declare one more; None when it may. What replaces another is no more.

    limit: the name of `count_max`.
    """
    if not is_own(author, party):
        return Refusal(reason=Reason.NOT_YOURS)
    if is_new and count >= count_max:
        return limit_reached(limit)
    return None


def withdrawing_refused(author: Author, *, party: str, is_held: bool, name: str) -> Refusal | None:
    """Why `author` may not withdraw what is called `name`; None when it may."""
    if not is_own(author, party):
        return Refusal(reason=Reason.NOT_YOURS)
    if not is_held:
        return Refusal(reason=Reason.NOT_THERE, because=(name,))
    return None


def misshapen(name: str, *shapes: Footprint) -> Refusal | None:
    """Why the footprints of what is called `name` cannot be; None when they can."""
    try:
        for shape in shapes:
            footprints.checked(shape)
    except ValueError:  # its words are for the edge, which asks first; here it is a code
        return Refusal(reason=Reason.BAD_GEOMETRY, because=(name,))
    return None
