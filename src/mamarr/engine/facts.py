"""What each decision may rest on: one function per noun, reading the projection."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from mamarr.airspace import (
    allotment,
    areas,
    constraints,
    corridors,
    parties,
    reservations,
    shares,
    terms,
)
from mamarr.airspace.occupancy import Kind, Standing, Touching
from mamarr.coordination import (
    agreements,
    channels,
    crossings,
    disclosure,
    messages,
    peers,
    suspensions,
    told_alerts,
)
from mamarr.engine import (
    alternatives,
    discovered,
    neighbours,
    occupancies,
    offers,
    operated,
    restores,
    returned,
    streams,
    surroundings,
)
from mamarr.engine.flight_facts import for_flight, known_by, over_until_ms
from mamarr.engine.nouns import OF_COMMAND
from mamarr.engine.orders import ActSignature, Facts, Order
from mamarr.engine.projection import Projection
from mamarr.faults import BECAUSE_MAX
from mamarr.flights import Drones, Flight, drone_watch, drones, imposed
from mamarr.geometry import Volume, footprints
from mamarr.names import Author
from mamarr.surveillance import alerts

NOTHING_NEAR = surroundings.Near((), ())


def known_to(projection: Projection, order: Order, now_ms: int) -> Facts:
    """The facts for `order` at `now_ms`, from its noun's function."""
    if isinstance(order.command, restores.ConfirmRestore):
        return for_restore(projection)
    if isinstance(order.command, offers.OfferAlternatives):
        return alternatives.known(projection, order.command, order.author, now_ms)
    if isinstance(order.command, disclosure.Command):
        return for_disclosure(projection, order.command, order.signature)
    if isinstance(order.command, suspensions.Command):
        return neighbours.for_suspension(projection, order.signature)
    fill: Callable[..., Facts] = _FILLED_BY[OF_COMMAND[type(order.command)].table]
    known = fill(projection, order.command, order.author, now_ms)
    is_first = isinstance(known, agreements.Facts)  # before it nobody was told anything
    return neighbours.called(known, order) if is_first or neighbours.is_shared(projection) else known


def for_restore(projection: Projection) -> restores.Facts:
    """The facts for the confirmation of a restored record."""
    peers_known = tuple(sorted(key for key, _ in projection.channels.current_items()))
    return restores.Facts(party=projection.party, why=projection.read_only_why, peers=peers_known)


def for_disclosure(
    projection: Projection, command: disclosure.Command, signature: ActSignature | None
) -> disclosure.Facts:
    """The facts for one command about a rule of disclosure."""
    return disclosure.Facts(
        party=projection.party,
        held=projection.disclosures.get(command.pair_id),
        count=projection.count("disclosures"),
        key_id=None if signature is None else signature.key_id,
    )


# --- reservations -----------------------------------------------------------------------------------------


def for_reservation(
    projection: Projection, command: reservations.Command, author: Author, now_ms: int
) -> reservations.Facts:
    """The facts for one command about one reservation."""
    held = projection.reservations.get(command.reservation_id)
    match command:
        case reservations.Reserve():
            asked = _asked(command, author.party)
            found = NOTHING_NEAR if asked is None else _in_the_way(projection, asked, author, now_ms)
            overlapping, standing = _parted(projection, found.standing)
            return reservations.Facts(
                held=held,
                overlapping=overlapping,
                standing=standing,
                node_party=projection.party,
                is_withheld=found.is_withheld,
                over_until_ms=over_until_ms(projection, author.party, now_ms),
                held_by_party_count=projection.held_count(author.party),
                provisional_by_party_count=projection.earmarked_count(author.party, now_ms),
                waiting_by_party_count=projection.waiting_count(author.party),
                last_place_ms=projection.last_place_ms(),
                **_shared(projection, asked),
            )
        case reservations.Earmark() if held is not None:
            found = _in_the_way(projection, held, author, now_ms)
            overlapping, standing = _parted(projection, found.standing)
            count = projection.earmarked_count(held.holder, now_ms)
            return reservations.Facts(
                held=held,
                overlapping=overlapping,
                standing=standing,
                provisional_by_party_count=count,
                **_shared(projection, held),
            )
        case reservations.Activate() if held is not None:
            overlapping, standing = _occupied(projection, held, author, now_ms)
            return reservations.Facts(held=held, overlapping=overlapping, standing=standing)
        case reservations.StopAsking():
            agreed = neighbours.agreed_if_suspended(projection)
            return reservations.Facts(held=held, node_party=projection.party, agreed=agreed)
        case reservations.NoteOverrun() if held is not None:
            return reservations.Facts(held=held, touching=_touched_by_overrun(projection, held, now_ms))
        case _:
            return reservations.Facts(held=held, node_party=projection.party)


def _shared(projection: Projection, asked: reservations.Reservation | None) -> dict[str, Any]:
    """What a reservation would need of other authorities."""
    if asked is None or not neighbours.is_shared(projection):
        return {}
    own = tuple(each.volume for each in occupancies.of_asked(asked))
    kind = Kind.RESERVATION
    return {
        "agreed": neighbours.agreed(projection),
        "asked_of": neighbours.asked_of(projection, asked.holder, own, kind=kind),
        "asked_next": neighbours.authorities_next(projection, own),
        "is_unallotted": not all(neighbours.is_allotted(projection, each) for each in own),
    }


def _asked(command: reservations.Reserve, party: str) -> reservations.Reservation | None:
    """What would be held; None when its shape makes no sense, which is refused for itself."""
    try:
        regions = reservations.asked_regions(command)
    except ValueError:
        return None
    return reservations.Reservation(
        reservation_id=command.reservation_id,
        holder=party,
        volume=command.volume,
        regions=regions,
        user_keeps_clear=command.user_keeps_clear,
    )


def _in_the_way(
    projection: Projection, asked: reservations.Reservation, author: Author, now_ms: int
) -> surroundings.Near:
    """What stands in the way of a reservation: other reservations, and what else."""
    return surroundings.near(
        projection,
        occupancies.of_asked(asked),
        now_ms=now_ms,
        but=(Kind.RESERVATION, asked.reservation_id),
        knows=known_by(projection, author),
    )


def _occupied(
    projection: Projection, asked: reservations.Reservation, author: Author, now_ms: int
) -> tuple[tuple[reservations.Reservation, ...], tuple[Standing, ...]]:
    """What is in the sky of a reservation now, whatever was planned: another's use, an imposed volume."""
    own = occupancies.of_asked(asked)
    found = surroundings.near(
        projection,
        tuple(occupancies.during(each, now_ms, now_ms + 1) for each in own),
        now_ms=now_ms,
        but=(Kind.RESERVATION, asked.reservation_id),
        counts=surroundings.is_occupied,
        knows=known_by(projection, author),
    )
    return _parted(projection, found.standing)


def _touched_by_overrun(
    projection: Projection, held: reservations.Reservation, now_ms: int
) -> tuple[Touching, ...]:
    """What the sky that a reservation holds now comes nearer to than the minima."""
    own = occupancies.of_reservation(
        held, reservations.held_volumes(held, now_ms), reservations.held_box(held, now_ms)
    )
    but = (Kind.RESERVATION, held.reservation_id)
    return surroundings.near(projection, own, now_ms=now_ms, but=but, refuses=False).touching


def _parted(
    projection: Projection, standing: Sequence[Standing]
) -> tuple[tuple[reservations.Reservation, ...], tuple[Standing, ...]]:
    """What stands in the way: other reservations of this node, and what else."""
    own = [
        each for each in standing if each.kind is Kind.RESERVATION and not crossings.is_key(each.object_id)
    ]
    ids = dict.fromkeys(each.object_id for each in own)
    held = tuple(
        value for key in list(ids)[:BECAUSE_MAX] if (value := projection.reservations.get(key)) is not None
    )
    return held, tuple(each for each in standing if each not in own)


# --- flights ----------------------------------------------------------------------------------------------


def for_imposed(
    projection: Projection, command: imposed.Command, author: Author, now_ms: int
) -> imposed.Facts:
    """The facts for one command about imposed sky."""
    del author
    held = projection.imposed.get(command.imposed_id)
    touching: tuple[Touching, ...] = ()
    if isinstance(command, imposed.Impose):
        asked = imposed.Imposed(
            imposed_id=command.imposed_id,
            party=projection.party,
            kind=command.kind,
            volumes=command.volumes,
        )
        own = occupancies.of_imposed(asked)
        touching = surroundings.near(
            projection, own, now_ms=now_ms, but=(Kind.IMPOSED, command.imposed_id), refuses=False
        ).touching
    return imposed.Facts(
        party=projection.party, held=held, count=projection.count("imposed"), touching=touching
    )


def for_drones(projection: Projection, command: drones.Command, author: Author, now_ms: int) -> drones.Facts:
    """The facts for one command about what drones plan."""
    del author
    bare = drones.Facts(
        party=projection.party,
        held=projection.drones.get(command.intent_id),
        count=projection.count("drones"),
    )
    if isinstance(command, drones.ForgetDrones) or _has_no_shape(command.volumes):
        return bare
    heard = Drones(intent_id=command.intent_id, state=command.state, volumes=command.volumes, heard_ms=now_ms)
    but, own = (Kind.DRONES, command.intent_id), occupancies.of_drones(heard)
    found = surroundings.near(projection, own, now_ms=now_ms, but=but, refuses=False)
    return msgspec.structs.replace(bare, touching=found.touching)


def _has_no_shape(several: Sequence[Volume]) -> bool:
    """Whether a footprint makes no sense, which is refused for itself."""
    try:
        for each in several:
            footprints.checked(each.footprint)
    except ValueError:
        return True
    return False


def for_drone_watch(
    projection: Projection, command: drone_watch.Command, author: Author, now_ms: int
) -> drone_watch.Facts:
    """The facts for what was heard of drones."""
    del command, author, now_ms
    return drone_watch.Facts(party=projection.party)


# --- alerts -----------------------------------------------------------------------------------------------


def for_alert(projection: Projection, command: alerts.Command, author: Author, now_ms: int) -> alerts.Facts:
    """The facts for one command about one alert.

    Concerned are those on watch: the party of the node and the authorities of the shares that the flight
    leads through. The flight's own party is shown the alert and does not silence it for them.
    """
    del author, now_ms
    return alerts.Facts(
        held=projection.alerts.get(alerts.alert_key(command.kind, command.subject)),
        concerned=concerned(projection.party, projection.flights.get(command.subject), projection.shares.get),
        alerts_count=projection.count("alerts"),
    )


def concerned(
    node_party: str, flight: Flight | None, share_of: Callable[[str], shares.Share | None]
) -> tuple[str, ...]:
    """Whose duty an alert about `flight` is, at most CONCERNED_MAX. None: the flight is no more."""
    found = (share_of(share_id) for share_id in (() if flight is None else flight.shares))
    authorities = sorted({share.authority for share in found if share is not None} - {node_party})
    return (node_party, *authorities)[: alerts.CONCERNED_MAX]


# --- what is declared -------------------------------------------------------------------------------------


def for_share(projection: Projection, command: shares.Command, author: Author, now_ms: int) -> shares.Facts:
    """The facts for one command about one share; compared with every share near it."""
    del author, now_ms
    is_agreed = projection.agreement() is not None
    if isinstance(command, shares.WithdrawShare):
        held = projection.shares.get(command.share_id)
        return shares.Facts(party=projection.party, held=held, is_agreed=is_agreed)
    share = command.share
    others = () if _is_misshapen(share) else projection.partition().near(share)
    authority = projection.parties.get(share.authority)
    return shares.Facts(
        party=projection.party,
        held=projection.shares.get(share.share_id),
        count=projection.count("shares"),
        overlapping=tuple(
            other
            for other in others
            if other is not None and other.authority != share.authority and allotment.overlaps(other, share)
        )[:BECAUSE_MAX],
        is_known_authority=authority is not None and authority.is_authority,
        is_agreed=is_agreed,
    )


def _is_misshapen(share: shares.Share) -> bool:
    """Whether its shape makes no sense, which is refused for itself."""
    try:
        shares.checked(share)
    except ValueError:
        return True
    return False


def _plainly(
    table: str, facts: Callable[..., Facts], key: str, holds: str, value: Callable[[Any], Any]
) -> Callable[..., Facts]:
    """The facts of what is declared: whether it is there, how many there are."""

    def fill(projection: Projection, command: Any, author: Author, now_ms: int) -> Facts:
        del author, now_ms
        name = getattr(command, key, None) or getattr(getattr(command, holds), key)
        held = getattr(projection, table).get(name)
        count = projection.count(table)
        return facts(party=projection.party, held=None if held is None else value(held), count=count)

    return fill


def for_terms(projection: Projection, command: terms.SetTerms, author: Author, now_ms: int) -> terms.Facts:
    """The facts for a change of the terms."""
    del command, author, now_ms
    agreed = None if projection.agreement() is None else projection.terms_in_force()
    return terms.Facts(party=projection.party, agreed=agreed)


def for_channel(
    projection: Projection, command: channels.Command, author: Author, now_ms: int
) -> channels.Facts:
    """The facts for one command about the line to another node."""
    del author
    return streams.known(projection, command, now_ms)


def for_message(
    projection: Projection, command: messages.Command, author: Author, now_ms: int
) -> messages.Facts:
    """The facts for one command about a message that came."""
    del author, now_ms
    held = projection.messages.get(command.message_key)
    return messages.Facts(party=projection.party, held=None if held is None else messages.bare(held))


def for_told_alert(
    projection: Projection, command: told_alerts.Command, author: Author, now_ms: int
) -> told_alerts.Facts:
    """The facts for one command about an alert that another authority told of."""
    del author, now_ms
    held = projection.alerts_told.get(command.alert_id)
    message = None if held is None else projection.messages.get(held.message_key)
    return told_alerts.Facts(
        party=projection.party,
        held=None if held is None else msgspec.structs.replace(held, acknowledged_by=None),
        message=None if message is None else messages.bare(message),
    )


def for_peer(projection: Projection, command: peers.Command, author: Author, now_ms: int) -> peers.Facts:
    """The facts for one command about another node."""
    party, stopped = peers.known_of(projection.channels.get(command.peer))
    is_begun = isinstance(command, peers.ConfirmPeer)
    return peers.Facts(
        returns=returned.to_say(projection, command.peer, now_ms) if is_begun else None,
        party=projection.party,
        node=author.node,
        count=projection.count("peers"),
        held=projection.peers.get(command.peer),
        channel_party=party,
        channel_stopped=stopped,
        channels_count=projection.count("channels"),
    )


def _itself(value: Any) -> Any:
    return value


_FILLED_BY: dict[str, Callable[..., Facts]] = {
    "reservations": for_reservation,
    "flights": for_flight,
    "imposed": for_imposed,
    "drones": for_drones,
    "drone_watch": for_drone_watch,
    "shares": for_share,
    "terms": for_terms,
    "alerts": for_alert,
    "channels": for_channel,
    "peers": for_peer,
    "messages": for_message,
    "alerts_told": for_told_alert,
    "alert_tellings": neighbours.for_telling,
    "agreements": neighbours.for_agreement,
    "crossings": neighbours.for_crossing,
    "corridors": _plainly(
        "corridors", corridors.Facts, "corridor_id", "corridor", lambda held: held.corridor
    ),
    "areas": _plainly("areas", areas.Facts, "area_id", "area", _itself),
    "constraints": _plainly("constraints", constraints.Facts, "constraint_id", "constraint", _itself),
    "parties": _plainly("parties", parties.Facts, "party_id", "party", _itself),
    **discovered.FILLED_BY,
    **operated.FILLED_BY,
}
