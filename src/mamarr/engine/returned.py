"""What is to be said to a neighbour with which the line begins anew, and what its words are held against."""

from collections.abc import Iterable, Iterator
from itertools import islice

from mamarr.airspace import Reservation, commitment, reservations
from mamarr.airspace.commitment import AskedOf
from mamarr.airspace.occupancy import Kind
from mamarr.coordination import (
    Disclosed,
    ForeignFlight,
    Map,
    agreements,
    disclosure,
    foreign,
    returning,
    suspensions,
)
from mamarr.coordination.agreements import HANDED_MAX, HandedOver
from mamarr.coordination.channels import Channel, Stopped
from mamarr.coordination.returning import Known, Own, Return
from mamarr.engine import gate
from mamarr.engine.projection import Projection
from mamarr.flights import Flight, holding
from mamarr.flights.errands import SuspensionTold

AT_ONCE_MAX = 100  # chosen: what one entry changes; the word is acted on again until nothing is left


def to_say(projection: Projection, peer: str, now_ms: int) -> Return | None:
    """All that is to be said to `peer`; None where there is no line to it yet."""
    channel = projection.channels.get(peer)
    if channel is None:
        return None
    held, party = projection.agreements.get(agreements.KEY) or Map(), channel.party
    theirs = [
        value
        for _, value in sorted(projection.crossings.current_items(), key=_key)
        if value.peer == peer and not value.returned_by
    ]
    asked = (each for each in _own(projection) if _is_asked(each, party))
    told = (each for each in _known_to(projection, party) if not _is_over(each, now_ms))
    return Return(
        party=party,
        is_set_back=channel.stopped is Stopped.SET_BACK or channel.is_returning or channel.is_unsure,
        asked=tuple(islice((_of(projection, each, ()) for each in asked), HANDED_MAX + 1)),
        told=tuple(islice((_of(projection, each, (party,)) for each in told), HANDED_MAX + 1)),
        words=tuple(foreign.returned(each, now_ms) for each in theirs),
        unanswered=tuple(one for each in theirs for one in foreign.unanswered(each)),
        ready=tuple(
            agreements.digest(each)
            for each in (held.in_force, *held.proposed)
            if each is not None and party in (member.party for member in each.members)
        ),
        edition=0 if held.in_force is None else held.in_force.edition,
        is_kept=any(line.kept_from < line.size for line in (*channel.outgoing, *channel.incoming)),
        suspensions=tuple(_suspensions(projection, party)),
    )


def _suspensions(projection: Projection, party: str) -> Iterator[SuspensionTold]:
    """What this node did to the agreement last, and what `party` did, which may have forgotten that."""
    for whose, is_returned in ((projection.party, False), (party, True)):
        value = projection.suspensions.get(whose)
        if value is not None and value.number:
            yield suspensions.word(value, is_returned=is_returned)


def known(projection: Projection, peer: str, *, is_all: bool) -> Known | None:
    """What a returned word rests on; None where the line never began anew. is_all: it says that was all."""
    channel = projection.channels.get(peer)
    if channel is None or not channel.begun_ms:
        return None
    bare = Known(is_returning=channel.is_returning, begun_ms=channel.begun_ms)
    if not is_all:
        return bare
    unsaid = _unsaid(projection, channel) if channel.is_returning else iter(())
    return Known(
        is_returning=channel.is_returning,
        begun_ms=channel.begun_ms,
        unsaid=tuple(islice((_of(projection, each, (channel.party,)) for each in unsaid), AT_ONCE_MAX)),
        stale=tuple(islice(_stale(projection, channel), AT_ONCE_MAX)),
    )


def ours(projection: Projection, value: ForeignFlight) -> Known:
    """What we have of what others returned, with all who are told how it is."""
    name = projection.said_as(value.kind, value.object_id)
    is_flight = value.kind is Kind.FLIGHT
    own: Own | None = projection.flights.get(name) if is_flight else projection.reservations.get(name)
    is_of_it = (
        own is not None and own.coordination is not None and own.coordination.filed_ms == value.filed_ms
    )
    if own is None or not is_of_it:
        return Known()
    authorities = (each.authority for each in value.returned_by)
    return Known(unsaid=(_of(projection, own, authorities),))


def _unsaid(projection: Projection, channel: Channel) -> Iterator[Own]:
    for each in _known_to(projection, channel.party):
        if not returning.is_said(each, channel.party, channel.begun_ms):
            yield each


def _stale(projection: Projection, channel: Channel) -> Iterator[str]:
    for key, value in sorted(projection.crossings.current_items(), key=_key):
        is_its = value.peer == channel.peer and not value.returned_by
        if is_its and value.said_ms < channel.begun_ms:
            yield key


def _own(projection: Projection) -> Iterator[Own]:
    yield from (value for _, value in sorted(projection.flights.current_items(), key=_key))
    yield from (value for _, value in sorted(projection.reservations.current_items(), key=_key))


def _known_to(projection: Projection, party: str) -> Iterator[Own]:
    return (each for each in _own(projection) if returning.is_known_to(each, party))


def _is_asked(own: Own, party: str) -> bool:
    is_asking = holding.is_asking(own) if isinstance(own, Flight) else commitment.is_asking(own.coordination)
    return is_asking and own.coordination is not None and party in own.coordination.filing.asked_of


def _is_over(own: Own, now_ms: int) -> bool:
    return holding.is_over(own, now_ms) if isinstance(own, Flight) else reservations.is_over(own, now_ms)


def named(projection: Projection, party: str, authorities: Iterable[str], kind: Kind) -> tuple[AskedOf, ...]:
    """Authorities in the order of their names, and which may know what is whose: a thing of `party`."""
    return tuple(
        AskedOf(authority=each, knows_who=knows_who(projection, party, each, kind))
        for each in sorted(authorities)
    )


def knows_who(projection: Projection, party: str, authority: str, kind: Kind) -> bool:
    """Whether an authority may know whose a thing of `party` is."""
    extent = gate.extent_of(projection, kind, owner=party, viewer=authority)
    return disclosure.reaches(extent, Disclosed.IDENTITY)


def _of(projection: Projection, own: Own, more: Iterable[str]) -> HandedOver:
    """It, with all who are told of it from now on: who were told before, and `more`."""
    if isinstance(own, Reservation):
        told = () if own.coordination is None else commitment.everybody(own.coordination)
        to = named(projection, own.holder, {*told, *more}, Kind.RESERVATION)
        return HandedOver(reservation=own, to=to)
    telling = None if own.coordination is None else own.coordination.telling
    names = {*(() if telling is None else telling.to), *more}
    return HandedOver(flight=own, to=named(projection, own.party, names, Kind.FLIGHT))


def _key(item: tuple[str, object]) -> str:
    return item[0]
