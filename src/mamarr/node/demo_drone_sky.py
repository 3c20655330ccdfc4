"""What drones plan and what is closed for them, as the demo's page shows it: what DSS, USSs and records said.

Nothing here is what the demo itself did a moment ago: who plans, who was told and who took that is asked of
the DSS and of each USS every LOOK_S, and read in the record of the authority's USS.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlencode

import msgspec

from mamarr.discovery.envelopes import us_of
from mamarr.engine.orders import read
from mamarr.faults import Unavailable, WireError
from mamarr.geometry.units import moment_from_ms
from mamarr.interop.demo_messages import (
    ClosedPieceMessage,
    DroneAnswer,
    DroneIntentMessage,
    DroneOperatorMessage,
    DroneSkyMessage,
)
from mamarr.interop.f3548.instants import read_instant
from mamarr.interop.f3548.uss_flights import AdvisoriesMessage
from mamarr.interop.regions import CircleMessage, PointMessage, RegionMessage
from mamarr.interop.wire import decoded
from mamarr.node.demo_patience import within
from mamarr.node.http_client import OutboundClient
from mamarr.node.uss_client import OwnTokens
from mamarr.node.uss_dss import COORDINATION, Dss, Peers
from mamarr.operations import About, Details, Known, KnownConstraint, Volume, volumes
from mamarr.operations.advisories import AdvisoryKind
from mamarr.operations.closures import ConfirmClosure
from mamarr.operations.deliveries import DeliveryDue, DeliveryTaken
from mamarr.record import Damaged, SqliteStore
from mamarr.record.entries import entry_from_body

LOOK_S = 0.5  # chosen: as often as a page asks
AROUND = Volume(  # Zurich, and all that flies low there
    corners=((47_370_000_000, 8_560_000_000),),
    radius_mm=15_000_000,
    altitude_lower_mm=-100_000,
    altitude_upper_mm=4_000_000,
    time_start_us=0,
    time_end_us=0,
)
BEHIND, AHEAD = timedelta(hours=1), timedelta(hours=6)  # of what is looked at
ADVISORIES = "/advisories"
PERMILLE, E9_PER_DEG, US_PER_MS = 1_000, 10**9, 1_000

logger = logging.getLogger("mamarr")


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """An operator of drones, counted from 1: its USS, and tokens as whose people there speak."""

    number: int
    manager: str
    base_url: str
    tokens: OwnTokens


class Told(msgspec.Struct):
    """What the record of the authority's USS has about one operator since the story began.

    due, taken: instants in microseconds since 1970, by the delivery.
    """

    due: dict[str, int] = msgspec.field(default_factory=dict)
    taken: dict[str, int] = msgspec.field(default_factory=dict)


class Standing(msgspec.Struct):
    """What is known of one operator since the story began."""

    intents: tuple[Known, ...] = ()
    unknown_count: int = 0
    is_heard: bool = False
    was_in_way: bool = False
    told_on: str = ""  # where the list of what its users were told goes on
    told_users: list[tuple[int, frozenset[str]]] = msgspec.field(
        default_factory=list
    )  # when, of whom they meet
    taken_us: int | None = None
    advised_us: int | None = None
    answered_us: int | None = None
    answer: DroneAnswer | None = None  # once it cleared the way
    told: Told = msgspec.field(default_factory=Told)


class DroneSky:
    """The sky of the chapter. dss, peers: as the authority's USS asks. record: of that USS.

    client: for what is asked of the operators' USSs in the name of their people. now: the time, UTC.
    """

    def __init__(
        self,
        dss: Dss,
        peers: Peers,
        client: OutboundClient,
        operators: Sequence[Operator],
        record: SqliteStore,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._dss, self._peers, self._client, self._record, self._now = dss, peers, client, record, now
        self._operators = tuple(operators)
        self._read_count = 0  # of the entries of the record
        self._since_us = us_of(now())
        self._standing = {each.manager: Standing() for each in operators}
        self._closed: tuple[KnownConstraint, ...] = ()
        self._closed_ids: set[str] = set()  # of all that was closed since the story began
        self._unknown_count = 0
        self._heard_at: datetime | None = None
        self._is_heard = False
        self._looked = asyncio.Condition()

    def begin(self) -> None:
        """What operators were told and did before is another story."""
        self._since_us = us_of(self._now())
        for each in self._standing.values():
            each.was_in_way, each.answer = False, None
            each.taken_us = each.advised_us = each.answered_us = None
            each.told, each.told_users = Told(), []
        self._closed_ids = {each.constraint_id for each in self._closed}

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def until(self, holds: Callable[[DroneSkyMessage], bool], what: str, within_s: float) -> None:
        """Wait until what is seen holds. Raises Unavailable, which says `what` did not come."""
        async with within(within_s, what), self._looked:
            await self._looked.wait_for(lambda: holds(self.message()))

    async def look(self) -> None:
        """Ask DSS and USSs once, and read on in the record. What does not answer is not heard."""
        await asyncio.gather(self._look_around(), *map(self._look_at, self._operators))
        try:
            self._read_on()
        except Unavailable as silent:
            self._hear(silent)
        now_us = us_of(self._now())
        for each in self._standing.values():
            self._judge(each, now_us)
        async with self._looked:
            self._looked.notify_all()

    def message(self) -> DroneSkyMessage:
        """What was seen last."""
        return DroneSkyMessage(
            heard_at=self._heard_at,
            is_heard=self._is_heard,
            closed=[_piece(each) for each in self._closed],
            operators=[self._operator(each) for each in self._operators],
            unknown_count=self._unknown_count,
        )

    # --- what is asked ------------------------------------------------------------------------------------

    async def _look_around(self) -> None:
        """What the DSS has here, and what it is by those whose it is."""
        now = self._now()
        around = msgspec.structs.replace(
            AROUND, time_start_us=us_of(now - BEHIND), time_end_us=us_of(now + AHEAD)
        )
        details = Details(volumes=(around,), priority=0)
        try:
            intents, constraints = await asyncio.gather(
                self._dss.near(details), self._dss.constraints_near(details)
            )
        except Unavailable as silent:
            self._hear(silent)
            return
        known, closed = await asyncio.gather(
            asyncio.gather(*map(self._peers.known, intents)),
            asyncio.gather(*map(self._peers.constraint, constraints)),
        )
        for manager, standing in self._standing.items():
            said = [what for there, what in zip(intents, known, strict=True) if there.manager == manager]
            standing.intents = tuple(each for each in said if isinstance(each, Known))
            standing.unknown_count = len(said) - len(standing.intents)
        self._closed = tuple(each for each in closed if isinstance(each, KnownConstraint))
        self._closed_ids |= {each.constraint_id for each in self._closed}
        self._unknown_count = len(closed) - len(self._closed)
        self._heard_at = now
        self._hear(None)

    def _hear(self, silent: Unavailable | None) -> None:
        if self._is_heard and silent is not None:
            logger.warning("the DSS of the demo: %s", silent)
        self._is_heard = silent is None

    async def _look_at(self, operator: Operator) -> None:
        """Whether the USS of an operator answers, and what it told its users."""
        standing = self._standing[operator.manager]
        url = f"{operator.base_url}{ADVISORIES}?{urlencode({'after': standing.told_on})}"
        try:
            reply = await self._client.get(url, await operator.tokens.headers(url, COORDINATION))
            if reply.status != HTTPStatus.OK:
                raise Unavailable(f"it answers {reply.status}")
            said = decoded(AdvisoriesMessage, reply.body)
            met = [
                (read_instant("$.observed_at", each.observed_at.text), frozenset(each.others))
                for each in said.advisories
                if each.kind is AdvisoryKind.MEETS
            ]
        except (Unavailable, WireError) as wrong:
            if standing.is_heard:
                logger.warning("the USS of %s: %s", operator.manager, wrong)
            standing.is_heard = False
            return
        standing.is_heard, standing.told_on = True, said.next or standing.told_on
        standing.told_users += [each for each in met if each[0] >= self._since_us]

    # --- what is read -------------------------------------------------------------------------------------

    def _read_on(self) -> None:
        """What the authority's USS recorded since: who is to be told of what is closed, and who took that."""
        by_url = {each.base_url: self._standing[each.manager].told for each in self._operators}
        try:
            for at_us, event in self._events():
                if isinstance(event, DeliveryDue) and event.delivery.made_us >= self._since_us:
                    told = by_url.get(event.delivery.uss_base_url)
                    if told is not None and event.delivery.about is About.CLOSURE:
                        told.due[event.delivery.delivery_id] = event.delivery.made_us
                elif isinstance(event, DeliveryTaken):
                    for told in by_url.values():
                        if event.delivery_id in told.due:
                            told.taken[event.delivery_id] = at_us
        except (Damaged, ValueError, OSError) as wrong:
            raise Unavailable(f"the record of the authority's USS: {wrong}") from wrong

    def _events(self) -> Iterator[tuple[int, object]]:
        """What happened in the entries that were not read yet, and when; not of what is closed no more."""
        for row in self._record.rows(self._read_count):
            self._read_count = row.sequence + 1
            entry = entry_from_body(row.sequence, row.body)
            decision = read(entry)
            if decision is None:
                continue
            command = decision.order.command
            if isinstance(command, ConfirmClosure) and command.reference is None:
                continue
            at_us = entry.frame().time_ms * US_PER_MS
            for event in decision.decided.events:
                yield at_us, event

    # --- what follows -------------------------------------------------------------------------------------

    def _judge(self, standing: Standing, now_us: int) -> None:
        """Whether an operator's USS took all; whether it is in the way of what is closed, or was."""
        told = standing.told
        if standing.taken_us is None and told.due and told.due.keys() == told.taken.keys():
            standing.taken_us = max(told.taken.values())
        about_closed = [at_us for at_us, met in standing.told_users if met & self._closed_ids]
        standing.advised_us = min(about_closed, default=None)
        if not self._is_heard or standing.unknown_count or self._unknown_count or not self._closed:
            return  # nobody knows, or nothing is in the way of what
        if any(map(self._is_in_way, standing.intents)):
            standing.was_in_way, standing.answered_us, standing.answer = True, None, None
        elif standing.was_in_way and standing.answer is None and standing.advised_us is not None:
            standing.answered_us = now_us
            standing.answer = DroneAnswer.MOVED if standing.intents else DroneAnswer.ENDED

    def _is_in_way(self, known: Known) -> bool:
        planned = () if known.details is None else known.details.all()
        return any(volumes.any_meet(planned, each.volumes) for each in self._closed)

    def _operator(self, operator: Operator) -> DroneOperatorMessage:
        standing = self._standing[operator.manager]
        told = standing.told
        return DroneOperatorMessage(
            number=operator.number,
            manager=operator.manager,
            is_heard=standing.is_heard,
            answer=_answer(standing),
            intents=[self._intent(each) for each in standing.intents],
            unknown_count=standing.unknown_count,
            told_at=_moment(min(told.due.values())) if told.due else None,
            taken_at=_moment_or_none(standing.taken_us),
            advised_at=_moment_or_none(standing.advised_us),
            answered_at=_moment_or_none(standing.answered_us),
        )

    def _intent(self, known: Known) -> DroneIntentMessage:
        return DroneIntentMessage(
            intent_id=known.entity_id,
            state=known.state,
            version=known.version,
            is_in_way=self._is_in_way(known),
            regions=[] if known.details is None else [_region(each) for each in known.details.all()],
        )


def _answer(standing: Standing) -> DroneAnswer:
    if standing.answer is not None:
        return standing.answer
    if not standing.was_in_way or not standing.told.due:
        return DroneAnswer.NOT_TOLD
    if standing.advised_us is not None:
        return DroneAnswer.ADVISED
    return DroneAnswer.TOLD if standing.taken_us is None else DroneAnswer.TAKEN


def _piece(known: KnownConstraint) -> ClosedPieceMessage:
    return ClosedPieceMessage(
        constraint_id=known.constraint_id,
        version=known.version,
        regions=[_region(each) for each in known.volumes],
    )


def _region(volume: Volume) -> RegionMessage:
    points = [
        PointMessage(latitude_deg=latitude / E9_PER_DEG, longitude_deg=longitude / E9_PER_DEG)
        for latitude, longitude in volume.corners
    ]
    centre, radius_m = points[0], volume.radius_mm / PERMILLE
    circle = CircleMessage(
        latitude_deg=centre.latitude_deg, longitude_deg=centre.longitude_deg, radius_m=radius_m
    )
    return RegionMessage(
        polygon=None if volume.radius_mm else points,
        circle=circle if volume.radius_mm else None,
        altitude_lower_m=volume.altitude_lower_mm / PERMILLE,
        altitude_upper_m=volume.altitude_upper_mm / PERMILLE,
        time_start=_moment(volume.time_start_us),
        time_end=_moment(volume.time_end_us),
    )


def _moment_or_none(instant_us: int | None) -> datetime | None:
    return None if instant_us is None else _moment(instant_us)


def _moment(instant_us: int) -> datetime:
    return moment_from_ms(instant_us // US_PER_MS)
