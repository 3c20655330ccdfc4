"""What decisions between authorities may rest on: the agreement, whom a flight needs, what a peer asks."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice

import msgspec

from mamarr.airspace import Reservation, allotment, commitment, declarations, reservations, shares
from mamarr.airspace.commitment import ERRANDS_MAX, Agreed, AskedOf
from mamarr.airspace.occupancy import Kind
from mamarr.conflicts import Minima
from mamarr.coordination import (
    Map,
    agreements,
    crossings,
    suspensions,
    telling_alerts,
    told_alerts,
)
from mamarr.coordination.agreements import Agreement, HandedOver
from mamarr.coordination.claims import CountersignCrossing
from mamarr.coordination.crossings import ForeignFlight, TakeWord
from mamarr.coordination.messages import is_pending
from mamarr.coordination.withdrawals import WithdrawAcceptance
from mamarr.engine import occupancies, returned, surroundings
from mamarr.engine.nouns import OF_COMMAND, key_of
from mamarr.engine.orders import ActSignature, Facts, Order
from mamarr.engine.projection import Partition, Projection
from mamarr.faults import BECAUSE_MAX, Reason, Refusal, present
from mamarr.flights import Flight, Protected, flights, holding
from mamarr.flights.crossings import Content
from mamarr.flights.errands import (
    AgreementReady,
    AlertTold,
    AllReturned,
    CrossingConfirm,
    CrossingHeld,
    CrossingReply,
    CrossingRequest,
    CrossingWithdrawal,
    FlightState,
    SuspensionTold,
    VoiceClaim,
)
from mamarr.flights.voicing import EnterVoice
from mamarr.geometry import Volume
from mamarr.names import Author

SAID_LETTERS = 32  # of hex: as many as never meet by chance

# --- whom a flight needs ----------------------------------------------------------------------------------


def is_shared(projection: Projection) -> bool:
    """Whether an agreement with others is in force, or proposed."""
    is_proposed = bool(projection.proposed())
    return is_proposed or projection.agreement() is not None


def called(known: Facts, order: Order) -> Facts:
    """The same with what other authorities call what is asked for or handed over by this order."""
    match known:
        case flights.Facts() | reservations.Facts():
            about = key_of(OF_COMMAND[type(order.command)], order.command)
            return msgspec.structs.replace(known, said_as=said_as(order.command_id, about))
        case agreements.Facts():
            handed = tuple(
                msgspec.structs.replace(each, said_as=said_as(order.command_id, _id_of(each)))
                for each in known.handed
            )
            return msgspec.structs.replace(known, handed=handed)
        case _:
            return known


def _id_of(value: HandedOver) -> str:
    held = value.flight or value.reservation
    kind = Kind.FLIGHT if isinstance(held, Flight) else Kind.RESERVATION
    name = held.flight_id if isinstance(held, Flight) else present(held, "one of the two").reservation_id
    return f"{kind}/{name}"


def said_as(command_id: str, object_id: str) -> str:
    """What other authorities call an object since the command with this id: it tells nothing of its own id.

    As little as the command's id can be guessed: a request without one of its own gets a random one.
    """
    return sha256(f"mamarr said as 1\n{command_id}\n{object_id}".encode()).hexdigest()[:SAID_LETTERS]


def agreed(projection: Projection) -> Agreed | None:
    """What a filing needs of the agreement in force; None where nothing is agreed."""
    agreement, digest = projection.agreement(), projection.agreement_digest()
    if agreement is None or digest is None:
        return None
    return Agreed(
        digest=digest,
        answer_within_ms=agreement.answer_within_ms,
        lapse_ms=agreement.lapse_ms,
        suspended=projection.suspended(),
    )


def agreed_if_suspended(projection: Projection) -> Agreed | None:
    """The same where the agreement is suspended, or was; else None."""
    found = agreed(projection)
    return None if found is None or found.suspended is None else found


def for_suspension(projection: Projection, signature: ActSignature | None) -> suspensions.Facts:
    """The facts for what persons of this node do to the agreement."""
    return suspensions.Facts(
        party=projection.party,
        held=projection.suspensions.get(projection.party),
        others=_other_members(projection),
        key_id=None if signature is None else signature.key_id,
    )


def _other_members(projection: Projection) -> tuple[str, ...]:
    agreement = projection.agreement()
    members = () if agreement is None else agreement.members
    return tuple(sorted(each.party for each in members if each.party != projection.party))


def authorities(projection: Projection, volumes: Iterable[Volume]) -> tuple[str, ...]:
    """The other authorities whose acceptance the volumes need, in the order of their names.

    By what is in force.
    """
    agreement = projection.agreement()
    if agreement is None:
        return ()
    return _others(projection.party, projection.partition(), volumes, agreement.largest)


def authorities_next(projection: Projection, volumes: Sequence[Volume]) -> tuple[str, ...]:
    """The other authorities whose acceptance the volumes would need by what is proposed."""
    found = {
        each
        for agreement, partition in projection.proposed()
        for each in _others(projection.party, partition, volumes, agreement.largest)
    }
    return tuple(sorted(found))


def _others(party: str, partition: Partition, volumes: Iterable[Volume], largest: Minima) -> tuple[str, ...]:
    found = {each for volume in volumes for each in partition.reached(volume, largest)}
    return tuple(sorted(found - {party}))


def asked_of(
    projection: Projection, party: str, volumes: Iterable[Volume], *, kind: Kind = Kind.FLIGHT
) -> tuple[AskedOf, ...]:
    """The other authorities whose acceptance a flight or reservation of `party` needs for these volumes."""
    return tuple(
        AskedOf(
            authority=each,
            knows_who=returned.knows_who(projection, party, each, kind),
            is_open=_is_open(projection, each),
            errands_count=projection.errands_count(each),
        )
        for each in authorities(projection, volumes)
    )


def _is_open(projection: Projection, authority: str) -> bool:
    """Whether there is a line to the node of an authority."""
    agreement = projection.agreement()
    members = () if agreement is None else agreement.members
    node = next((each.node for each in members if each.party == authority), None)
    channel = None if node is None else projection.channels.get(node)
    return channel is not None and channel.party == authority and channel.stopped is None


def is_allotted(projection: Projection, volume: Volume) -> bool:
    """Whether all of it lies in shares, by what is in force and by what is proposed, where authorities decide
    apart; else True."""
    for _, partition in projection.proposed():
        if not partition.is_allotted(volume):
            return False
    return projection.agreement() is None or projection.partition().is_allotted(volume)


def beyond(projection: Projection, kept: Sequence[Protected]) -> Refusal | None:
    """Why a flight is not filed whose corridor asks for more than any rule of the agreement."""
    agreement = projection.agreement()
    if agreement is None or not _is_beyond(kept, agreement):
        return None
    return Refusal(reason=Reason.OTHER_AGREEMENT, because=(agreement.agreement_id,))


def _is_beyond(kept: Sequence[Protected], agreement: Agreement) -> bool:
    return any(
        not agreements.is_within(
            Minima(
                lateral_mm=each.lateral_minimum_mm,
                vertical_mm=each.vertical_minimum_mm,
                time_ms=each.longitudinal_minimum_ms,
            ),
            agreement.largest,
        )
        for each in kept
    )


# --- the agreement ----------------------------------------------------------------------------------------


def for_agreement(
    projection: Projection, command: agreements.Agree, author: Author, now_ms: int
) -> agreements.Facts:
    """The facts for a new agreement; its shares are compared each with each that is near."""
    asked = command.agreement
    bare = agreements.Facts(
        party=projection.party,
        node=author.node,
        held=projection.agreements.get(agreements.KEY) or Map(),
        shares=_shares(projection),
        terms=projection.terms_in_force(),
    )
    misshapen = next(filter(None, map(_misshapen, asked.shares)), None)
    if misshapen is not None:
        return msgspec.structs.replace(bare, misshapen=misshapen)
    partition = Partition.of_shares(asked.shares)
    return msgspec.structs.replace(
        bare,
        overlapping=tuple(islice(_overlapping(asked, partition), BECAUSE_MAX)),
        unknown=tuple(islice(_unknown(projection, asked), BECAUSE_MAX)),
        beyond=tuple(islice(_corridors_beyond(projection, asked), BECAUSE_MAX)),
        reaching=tuple(islice(_reaching(projection, asked, partition, now_ms), BECAUSE_MAX)),
        handed=tuple(islice(_handed(projection, asked, partition, now_ms), agreements.HANDED_MAX + 1)),
    )


def _shares(projection: Projection) -> tuple[shares.Share, ...]:
    return tuple(value for _, value in sorted(projection.shares.current_items(), key=_key))


def _misshapen(share: shares.Share) -> Refusal | None:
    return declarations.misshapen(share.share_id, share.footprint)


def _overlapping(asked: Agreement, partition: Partition) -> Iterator[str]:
    for each in asked.shares:
        for other in partition.near(each):
            is_anothers = other.authority != each.authority and other.share_id > each.share_id
            if is_anothers and allotment.overlaps(each, other):
                yield each.share_id


def _unknown(projection: Projection, asked: Agreement) -> Iterator[str]:
    for each in asked.members:
        party = projection.parties.get(each.party)
        if party is None or not party.is_authority:
            yield each.party


def _corridors_beyond(projection: Projection, asked: Agreement) -> Iterator[str]:
    for key, declared in sorted(projection.corridors.current_items(), key=_key):
        corridor = declared.corridor
        minima = Minima(
            lateral_mm=corridor.lateral_minimum_mm,
            vertical_mm=corridor.vertical_minimum_mm,
            time_ms=corridor.longitudinal_minimum_ms,
        )
        if not agreements.is_within(minima, asked.largest):
            yield key


def _reaching(projection: Projection, asked: Agreement, partition: Partition, now_ms: int) -> Iterator[str]:
    """What cannot be handed over to who would have to accept it: others are just asked for it, or it is
    admitted where nobody would decide, so that it cannot be known who else is."""
    for key, reserved in sorted(projection.reservations.current_items(), key=_key):
        volumes = projection.held_volumes(Kind.RESERVATION, key, now_ms)
        is_asking = commitment.is_asking(reserved.coordination)
        is_held = all(map(partition.is_allotted, volumes))
        if not is_held or (is_asking and _not_knowing(projection, reserved, asked, partition, now_ms)):
            yield key
    for key, value in sorted(projection.flights.current_items(), key=_key):
        admitted = (each.volume for each in holding.kept_volumes(value) if each.is_admitted)
        is_over = holding.is_over(value, now_ms)
        is_asking = holding.is_asking(value)
        is_held = is_over or value.is_airborne or all(map(partition.is_allotted, admitted))
        if not is_held or (is_asking and _unknowing(projection, value, asked, partition, now_ms)):
            yield key


def _handed(
    projection: Projection, asked: Agreement, partition: Partition, now_ms: int
) -> Iterator[HandedOver]:
    """What would need another's acceptance than it has."""
    for _, reserved in sorted(projection.reservations.current_items(), key=_key):
        to = _not_knowing(projection, reserved, asked, partition, now_ms)
        if to and not commitment.is_asking(reserved.coordination):
            of = returned.named(projection, reserved.holder, to, Kind.RESERVATION)
            yield HandedOver(reservation=reserved, to=of)
    for _, value in sorted(projection.flights.current_items(), key=_key):
        to = _unknowing(projection, value, asked, partition, now_ms)
        if to and not holding.is_asking(value):
            yield HandedOver(flight=value, to=returned.named(projection, value.party, to, Kind.FLIGHT))


def _not_knowing(
    projection: Projection, value: Reservation, asked: Agreement, partition: Partition, now_ms: int
) -> tuple[str, ...]:
    """Who would have to accept a reservation and does not protect it, nor was told of it."""
    volumes = projection.held_volumes(Kind.RESERVATION, value.reservation_id, now_ms)
    needed = _others(projection.party, partition, volumes, asked.largest)
    known = commitment.known_to(value.coordination)
    return tuple(each for each in needed if each not in known)


def _unknowing(
    projection: Projection, value: Flight, asked: Agreement, partition: Partition, now_ms: int
) -> tuple[str, ...]:
    """Who would have to accept a flight and does not protect it, nor was told of it."""
    volumes = projection.held_volumes(Kind.FLIGHT, value.flight_id, now_ms)
    needed = _others(projection.party, partition, volumes, asked.largest)
    known = holding.known_to(value)
    return tuple(each for each in needed if each not in known)


def _key(item: tuple[str, object]) -> str:
    return item[0]


# --- what a peer says -------------------------------------------------------------------------------------


def for_crossing(
    projection: Projection, command: crossings.Command, author: Author, now_ms: int
) -> crossings.Facts:
    """The facts for one command about one crossing."""
    del author
    if isinstance(command, EnterVoice):
        return _for_voice(projection, command)
    held = projection.crossings.get(command.crossing_id)
    if isinstance(command, TakeWord):
        return _for_word(projection, command, held, now_ms)
    bare = crossings.Facts(party=projection.party, held=held, suspended=projection.suspended())
    if isinstance(command, crossings.EndReturned) and held is not None:
        return msgspec.structs.replace(bare, known=returned.ours(projection, held))
    if isinstance(command, WithdrawAcceptance):
        return msgspec.structs.replace(bare, notice_ms=_notice_ms(projection))
    if not isinstance(command, crossings.AcceptCrossing | CountersignCrossing) or held is None:
        return bare
    content = next((each.content for each in held.asked if each.revision == command.revision), None)
    known = _with_agreement(projection, bare, held.peer, held.crossing_id, now_ms)
    if content is None:
        return known
    return _with_sky(projection, known, held.crossing_id, content, now_ms)


def _for_voice(projection: Projection, command: EnterVoice) -> crossings.Facts:
    """The facts for what a person enters that an authority said by telephone."""
    is_flight = command.kind is Kind.FLIGHT
    flight = projection.flights.get(command.object_id) if is_flight else None
    held = None if is_flight else projection.reservations.get(command.object_id)
    party = flight.party if flight is not None else "" if held is None else held.holder
    knows_who = returned.knows_who(projection, party, command.authority, command.kind)
    return crossings.Facts(
        party=projection.party,
        flight=flight,
        reservation=held,
        filed_by=agreed(projection),
        of=AskedOf(authority=command.authority, knows_who=knows_who),
    )


def _for_word(
    projection: Projection, command: TakeWord, held: ForeignFlight | None, now_ms: int
) -> crossings.Facts:
    channel, message = projection.channels.get(command.peer), projection.messages.get(command.message_key)
    is_waiting = message is not None and message.peer == command.peer and is_pending(message)
    bare = crossings.Facts(
        party=projection.party,
        held=held,
        peer_party=None if channel is None else channel.party,
        valid_until_ms=message.valid_until_ms if message is not None and is_waiting else None,
    )
    word = command.word
    if isinstance(word, OF_ACCEPTANCE):
        bare = msgspec.structs.replace(bare, suspended=projection.suspended())
    match word:
        case CrossingWithdrawal():
            name = projection.said_as(word.kind, word.object_id)
            flight = projection.flights.get(name)
            return msgspec.structs.replace(bare, flight=flight, notice_ms=_notice_ms(projection))
        case SuspensionTold():
            return _for_suspension_told(projection, command, word, bare)
        case CrossingRequest() | VoiceClaim():
            return _for_request(projection, command, word, bare, now_ms)
        case FlightState():
            return _for_state(projection, command, word, bare, now_ms)
        case CrossingHeld():
            return _for_returned(projection, command, word, bare, now_ms)
        case AllReturned():
            all_known = returned.known(projection, command.peer, is_all=True)
            return msgspec.structs.replace(bare, known=all_known)
        case AgreementReady():
            held_map = projection.agreements.get(agreements.KEY) or Map()
            known_shares, terms = _shares(projection), projection.terms_in_force()
            agreed_here = crossings.Agreed(map=held_map, shares=known_shares, terms=terms)
            return msgspec.structs.replace(bare, agreed=agreed_here)
        case AlertTold():
            name = told_alerts.key_of(command.peer, word.object_id, word.filed_ms, word.alert)
            before = projection.alerts_told.get(name)
            return msgspec.structs.replace(
                bare,
                held=None,
                alert=None if before is None else msgspec.structs.replace(before, acknowledged_by=None),
                alerts_count=projection.count("alerts_told"),
            )
        case CrossingReply():
            agreement = projection.agreement()
            is_flight = word.kind is Kind.FLIGHT
            name = projection.said_as(word.kind, word.object_id)
            return msgspec.structs.replace(
                bare,
                flight=projection.flights.get(name) if is_flight else None,
                reservation=None if is_flight else projection.reservations.get(name),
                lapse_ms=0 if agreement is None else agreement.lapse_ms,
            )
        case _:
            return bare


def _notice_ms(projection: Projection) -> int:
    agreement = projection.agreement()
    return agreements.WITHDRAWAL_NOTICE_MS if agreement is None else agreement.withdrawal_notice_ms


# What an acceptance comes of, or comes into force by.
OF_ACCEPTANCE = CrossingRequest | VoiceClaim | CrossingConfirm | CrossingReply


def _for_suspension_told(
    projection: Projection, command: TakeWord, word: SuspensionTold, bare: crossings.Facts
) -> crossings.Facts:
    whose = projection.party if word.is_returned else bare.peer_party
    return msgspec.structs.replace(
        bare,
        held=None,
        suspension=None if whose is None else projection.suspensions.get(whose),
        others=_other_members(projection) if word.is_returned else (),
        known=returned.known(projection, command.peer, is_all=False) if word.is_returned else None,
    )


def _for_request(
    projection: Projection,
    command: TakeWord,
    word: CrossingRequest | VoiceClaim,
    bare: crossings.Facts,
    now_ms: int,
) -> crossings.Facts:
    known = _with_agreement(projection, bare, command.peer, command.crossing_id, now_ms)
    known = msgspec.structs.replace(known, is_recovering=bool(projection.recovering()))
    agreement = projection.agreement()
    if agreement is not None:
        known = msgspec.structs.replace(
            known,
            is_standard=agreements.is_standard(agreement, projection.party, word.content, now_ms),
            is_beyond=_is_beyond(word.content.volumes, agreement),
        )
    if isinstance(word, VoiceClaim):
        return known  # what is in its way is for the person who countersigns it
    return _with_sky(projection, known, command.crossing_id, word.content, now_ms)


def _for_state(
    projection: Projection, command: TakeWord, word: FlightState, bare: crossings.Facts, now_ms: int
) -> crossings.Facts:
    known = msgspec.structs.replace(
        bare,
        count=projection.crossings_count(command.peer),
        known=returned.known(projection, command.peer, is_all=False),
    )
    if word.content is None:
        return known
    own = occupancies.of_content(command.crossing_id, word.content, word.imposed)
    found = surroundings.near(
        projection, own, now_ms=now_ms, but=(Kind.FLIGHT, command.crossing_id), refuses=False
    )  # in the index all that is others' are flights
    return msgspec.structs.replace(known, touching=found.touching)


def _for_returned(
    projection: Projection, command: TakeWord, word: CrossingHeld, bare: crossings.Facts, now_ms: int
) -> crossings.Facts:
    name = projection.said_as(word.kind, word.object_id)
    is_flight = word.kind is Kind.FLIGHT
    known = msgspec.structs.replace(
        bare,
        flight=projection.flights.get(name) if is_flight else None,
        reservation=None if is_flight else projection.reservations.get(name),
        known=returned.known(projection, command.peer, is_all=False),
        count=projection.crossings_count(command.peer),
    )
    if word.content is None:
        return known
    found = surroundings.near(
        projection,
        occupancies.of_content(command.crossing_id, word.content),
        now_ms=now_ms,
        but=(Kind.FLIGHT, command.crossing_id),
        refuses=False,
    )
    return msgspec.structs.replace(known, touching=found.touching)


def _with_agreement(
    projection: Projection, bare: crossings.Facts, peer: str, crossing_id: str, now_ms: int
) -> crossings.Facts:
    """The facts with what the terms say, and the agreement, where `peer` has a part in it."""
    agreement, terms = projection.agreement(), projection.terms_in_force()
    known = msgspec.structs.replace(
        bare,
        count=projection.crossings_count(peer),
        provisional_count=projection.unconfirmed_count(peer, now_ms, but=crossing_id),
        provisional_max=terms.provisional_max,
        horizon_ms=terms.horizon_ms,
    )
    if agreement is None or not _is_member(projection, agreement, peer):
        return known
    return msgspec.structs.replace(
        known,
        digest=projection.agreement_digest(),
        answer_within_ms=agreement.answer_within_ms,
        lapse_ms=agreement.lapse_ms,
    )


def _is_member(projection: Projection, agreement: Agreement, peer: str) -> bool:
    """Whether the node `peer` is that of one who agreed: the digest alone proves nothing, it is no secret."""
    channel = projection.channels.get(peer)
    party = None if channel is None else channel.party
    return any((each.node, each.party) == (peer, party) for each in agreement.members)


def _with_sky(
    projection: Projection, bare: crossings.Facts, crossing_id: str, content: Content, now_ms: int
) -> crossings.Facts:
    """The facts with what is in the way of what is asked for: the peer is told only that something is."""
    found = surroundings.near(
        projection,
        occupancies.of_content(crossing_id, content),
        now_ms=now_ms,
        but=(Kind.FLIGHT, crossing_id),
    )
    return msgspec.structs.replace(bare, standing=found.standing, touching=found.touching)


# --- alerts -----------------------------------------------------------------------------------------------


def for_telling(
    projection: Projection, command: telling_alerts.Command, author: Author, now_ms: int
) -> telling_alerts.Facts:
    """The facts for what others are to be told of an alert."""
    del author, now_ms
    alert = projection.alerts.get(command.key)
    flight = projection.flights.get(command.subject)
    coordination = None if flight is None else flight.coordination
    called = None
    if coordination is not None:
        to = holding.everybody(coordination)
        called = telling_alerts.Called(
            object_id=coordination.said_as,
            filed_ms=coordination.filed_ms,
            to=to,
            full=tuple(each for each in to if projection.errands_count(each) >= ERRANDS_MAX),
        )
    return telling_alerts.Facts(
        party=projection.party,
        alert=None if alert is None else msgspec.structs.replace(alert, acknowledged_by=None),
        held=projection.alert_tellings.get(command.key),
        called=called,
    )
