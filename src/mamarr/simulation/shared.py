"""Worlds of two or three authorities that share one sky, each with a node of its own, and bad lines between.

Each files flights and reserves at its own node; what needs others is asked of them over the lines. In some
worlds a next edition of the agreement comes into force meanwhile; in some, one of three nodes lies, of which
the others must not suffer where it has no part. What must hold: no two flights that are
in force come too near, whoever filed them; what a filer flies by, all it needs protect for good; and in the
end nobody protects what nobody wants.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from mamarr.airspace import Reservation, Share, commitment, reservations
from mamarr.airspace.commitment import Counter as CounterProposal
from mamarr.airspace.corridors import DeclareCorridor
from mamarr.airspace.occupancy import Kind
from mamarr.airspace.parties import DeclareParty
from mamarr.airspace.reservations import (
    OCCUPIED,
    Accept,
    Activate,
    Deactivate,
    Pend,
    Phase,
    Release,
    ReportUse,
    Reserve,
    Status,
)
from mamarr.conflicts import Minima
from mamarr.coordination import (
    Agreement,
    Member,
    StandardCondition,
    agreements,
    crossings,
    told_alerts,
)
from mamarr.coordination.agreements import WITHDRAWAL_NOTICE_MS, Agree
from mamarr.coordination.crossings import AcceptCrossing, CounterCrossing, ForeignFlight, RejectCrossing
from mamarr.coordination.messages import AcknowledgeMessage, PresentMessage
from mamarr.coordination.told_alerts import AcknowledgeAlertTold
from mamarr.engine import warned
from mamarr.engine.orders import DECIDED, Command
from mamarr.engine.requested import requested
from mamarr.engine.tidying import untold_alerts
from mamarr.faults import InvariantError, Refusal
from mamarr.flights import Condition, Flight, holding
from mamarr.flights.flights import (
    Confirm,
    File,
    Report,
    ReportAirborne,
    ReportCondition,
    ReportEnded,
    ReportPassing,
    Revise,
    Withdraw,
)
from mamarr.geometry import Box, Datum, Volume, footprints
from mamarr.link import Link
from mamarr.names import AlertType
from mamarr.record.entries import entry_from_body
from mamarr.simulation.joint import Joint
from mamarr.simulation.liars import LyingLink, is_withheld
from mamarr.simulation.line import Weather
from mamarr.simulation.linked import AMISS_RATIO, START_MS, End, LinkedWorld
from mamarr.simulation.planning import Planner
from mamarr.simulation.scenery import (
    EAST_EDGE,
    FL_MM,
    MINUTE_MS,
    NM_MM,
    NORTH_EDGE,
    PLACES,
    SOUTH_EDGE,
    WEST_EDGE,
    at,
    the_corridors,
    the_parties,
)
from mamarr.simulation.world import Telling
from mamarr.surveillance import AlertStatus
from mamarr.surveillance.alerts import AcknowledgeAlert, ClearAlert, Measured, RaiseAlert

STEPS = 500
TWO = (("node-north", "north"), ("node-south", "south"))
THREE = (*TWO, ("node-east", "east"))
THREE_EACH = 3  # chosen: one world in so many has three nodes
LYING_EACH = 2 * THREE_EACH  # chosen: in one world in so many one of three lies
UNAGREED_EACH = 5  # chosen: one in so many begins before all have heard that all agreed
CHANGING_EACH = 3  # chosen: two in so many get a next edition of their agreement
EASTERN_FROM_DEG = 180.7  # of longitude
FIRST_DEG = (51.35, 51.1)  # where the first edition parts north from south: between two corridors, or beside
MOVED_DEG = 51.9  # and the next: a corridor changes hands
LARGEST = Minima(lateral_mm=12 * NM_MM, vertical_mm=20 * FL_MM, time_ms=5 * MINUTE_MS)
ANSWER_WITHIN_MS, LAPSE_MS = 20_000, 40_000  # chosen: so short that worlds live to see them pass
SWIFT_RATIO = 0.8
WARNED_RATIO = 0.1
DECLARED_WITHIN = 200
SAID = (Condition.NORMAL, Condition.EMERGENCY, Condition.COMM_LOST, Condition.DEVIATING)
TENTH_E7DEG, HALF_TURN_E7DEG = 1_000_000, 1_800_000_000
PARTIES = ("relief",)  # who files at a node beside its own party


def share(
    share_id: str, authority: str, south_deg: float, north_deg: float, west_deg: float, east_deg: float
) -> Share:
    """A share between two parallels and two meridians, at all levels."""
    corners = (
        (south_deg, west_deg),
        (south_deg, east_deg),
        (north_deg, east_deg),
        (north_deg, west_deg),
    )
    return Share(
        share_id=share_id,
        authority=authority,
        footprint=footprints.polygon([at(corner) for corner in corners]),
        datum=Datum.STD,
        lower_mm=0,
        upper_mm=600 * FL_MM,
    )


def agreement(
    ends: Sequence[tuple[str, str]],
    edition: int,
    *,
    middle_deg: float,
    is_standard: bool,
    withdrawal_notice_ms: int = WITHDRAWAL_NOTICE_MS,
) -> Agreement:
    """What the authorities of `ends` agree on. middle_deg: the parallel between north and south."""
    is_three = len(ends) > len(TWO)
    east_deg = EASTERN_FROM_DEG if is_three else EAST_EDGE
    shares = [
        share("NORTHERN", "north", middle_deg, NORTH_EDGE, WEST_EDGE, east_deg),
        share("SOUTHERN", "south", SOUTH_EDGE, middle_deg, WEST_EDGE, east_deg),
    ]
    if is_three:
        shares.insert(0, share("EASTERN", "east", SOUTH_EDGE, NORTH_EDGE, east_deg, EAST_EDGE))
    conditions = tuple(
        StandardCondition(
            condition_id=f"{party}-1",
            authority=party,
            lower_mm=200 * FL_MM,
            upper_mm=360 * FL_MM,
            kinds=(Kind.FLIGHT, Kind.RESERVATION),
        )
        for _, party in ends
    )
    return Agreement(
        agreement_id="the-map",
        edition=edition,
        members=tuple(Member(party=party, node=node) for node, party in ends),
        shares=tuple(shares),
        between_centres=Minima(lateral_mm=10 * NM_MM, vertical_mm=20 * FL_MM, time_ms=5 * MINUTE_MS),
        inside_centre=Minima(lateral_mm=5 * NM_MM, vertical_mm=10 * FL_MM, time_ms=0),
        largest=LARGEST,
        answer_within_ms=ANSWER_WITHIN_MS,
        lapse_ms=LAPSE_MS,
        standard=conditions if is_standard else (),
        withdrawal_notice_ms=withdrawal_notice_ms,
    )


class SharedWorld(LinkedWorld):
    """Nodes that share one sky, driven by the seed's chance alone."""

    steps_ms = (1, 20, 100, 600)
    may_lie = True
    withdrawal_notice_ms = WITHDRAWAL_NOTICE_MS

    def __init__(self, seed: int, *, is_screened: bool = False) -> None:
        self.parties = THREE if seed % THREE_EACH == 0 else TWO
        is_lied = self.may_lie and self.parties == THREE and seed % LYING_EACH == 0
        self.liar = THREE[-1][0] if is_lied else None
        super().__init__(seed, self.parties, is_screened=is_screened)
        self.is_restored = False
        self.planner = Planner(self.chance, is_watched=False)
        self.joint = Joint(*(THREE[-1] if is_lied else ()))
        self._flights_count = self._reservations_count = 0
        self._read = Counter[str]()  # rows of each node that were judged
        is_standard = self.chance.random() < 0.7
        middle_deg = self.chance.choice(FIRST_DEG)
        first = self.edition(1, middle_deg, is_standard=is_standard)
        self.agreements = {1: first}
        if seed % CHANGING_EACH:
            self.agreements[2] = self.edition(2, MOVED_DEG, is_standard=is_standard)
        with Telling(self):
            for end in self.ends.values():
                for declared in self.declared(end):
                    self.insist(end, declared)
                self.insist(end, Agree(agreement=first))
            if seed % UNAGREED_EACH:
                self.come_to_agree()

    def edition(self, number: int, middle_deg: float, *, is_standard: bool) -> Agreement:
        """An edition of what the nodes agree on."""
        return agreement(
            self.parties,
            number,
            middle_deg=middle_deg,
            is_standard=is_standard,
            withdrawal_notice_ms=self.withdrawal_notice_ms,
        )

    def link_of(self, node: str) -> type[Link]:
        """How a node speaks to others."""
        return LyingLink if node == self.liar else super().link_of(node)

    def honest(self) -> list[End]:
        """The nodes that do not lie."""
        return [end for node, end in self.ends.items() if node != self.liar]

    def declared(self, end: End) -> tuple[Command, ...]:
        """What each node knows of the others and of the corridors, by its own people."""
        del end
        known = {each.party_id: each for each in the_parties()}
        east = known["south"].__class__(party_id="east", is_authority=True)
        return (
            *(DeclareParty(party=each) for each in (*known.values(), east)),
            *(DeclareCorridor(corridor=each) for each in the_corridors()),
        )

    def insist(self, end: End, command: Command) -> None:
        """Ask until it is durable: also a node that dies and forgets what it was asked."""
        for _ in range(DECLARED_WITHIN):
            end.offer(command)
            end.turn()
            if _is_there(end, command):
                return
        self.require(False, f"{type(command).__name__} does not become durable")

    def come_to_agree(self) -> None:
        """Before anything else, all hear that all have the agreement."""
        self.wire.weather = Weather(self.chance, is_fair=True)
        for _ in range(DECLARED_WITHIN):
            self.turn()
            self.carry()
            self.clock_ms += 20
            if all(end.keeper.decider.projection.agreement() is not None for end in self.ends.values()):
                break
        self.weather_changes()
        self.follow()

    def happenings(self) -> dict[Callable[[], None], float]:
        """What may happen next, and how often each does."""
        found = super().happenings()
        return {
            **found,
            self.send: 1,
            self.decide: 15,
            self.append: 15,
            self.carry: 60,
            self.turn: 60,
            self.weather_changes: 1,
            self.days_pass: 0.1,
            self.clock_steps: 0.2,
            self.strangers: 0,
            self.flood: 0,
            self.file: 24,
            self.answer: 10,
            self.revise: 4,
            self.withdraw: 0.7,
            self.confirm: 1,
            self.report: 1.5,
            self.reserve: 5,
            self.use: 6,
            self.agree: 2 if 2 in self.agreements else 0,
            self.tidy_now: 8,
        }

    def step(self) -> None:
        """Let one thing happen, and judge what became durable."""
        super().step()
        self.follow()

    def turn(self) -> None:
        """Each node decides and writes."""
        for end in self.ends.values():
            end.turn()

    def clock_steps(self) -> None:
        """A node's clock is set wrong, or right again."""
        end = self.end()
        end.clock_ahead_ms = self.chance.choice((0, 0, 0, 0, 0, 0, -400, 400, -30_000, 30_000))
        end.tell(f"its clock is {end.clock_ahead_ms} ms ahead")

    def weather_changes(self) -> None:
        """The line becomes better or worse; mostly so that the nodes can compare their clocks."""
        super().weather_changes()
        if self.chance.random() < SWIFT_RATIO:
            self.wire.weather.delay_ms = self.chance.choice(((1, 5), (20, 60), (300, 400)))

    def file(self) -> None:
        """A party files a flight at a node."""
        end = self.end()
        self._flights_count += 1
        name = f"F{self._flights_count}"
        plan = self.planner.plan(end.keeper.decider.projection, end.now_ms, name)
        is_provisional = self.chance.random() < 0.1
        party = self.chance.choice((end.party, end.party, *PARTIES))
        end.tell(f"{party} files {name}")
        end.offer(File(flight_id=name, plan=plan, is_provisional=is_provisional), party)

    def own(self, end: End) -> list[Flight]:
        """The flights that a node has filed."""
        return [value for _, value in sorted(end.keeper.decider.projection.flights.current_items())]

    def revise(self) -> None:
        """A flight is to have another plan."""
        end = self.end()
        for value in self.chance.sample(self.own(end), min(1, len(self.own(end)))):
            plan = self.planner.plan(end.keeper.decider.projection, end.now_ms, value.flight_id)
            end.tell(f"{value.party} revises {value.flight_id}")
            end.offer(Revise(flight_id=value.flight_id, plan=plan), value.party)

    def withdraw(self) -> None:
        """A flight is given back."""
        end = self.end()
        for value in self.chance.sample(self.own(end), min(1, len(self.own(end)))):
            end.offer(Withdraw(flight_id=value.flight_id), value.party)

    def confirm(self) -> None:
        """A provisional flight is confirmed."""
        end = self.end()
        for value in self.own(end):
            end.offer(Confirm(flight_id=value.flight_id), value.party)

    def report(self) -> None:
        """Somebody says where a flight is, or how it is with it."""
        end = self.end()
        for value in self.chance.sample(self.own(end), min(1, len(self.own(end)))):
            name, now_ms = value.flight_id, end.now_ms
            point = (value.passed or 0) + 1
            said: list[Report] = [
                ReportAirborne(flight_id=name, time_ms=now_ms + self.chance.choice((0, -90_000, -200_000)))
            ]
            if value.is_airborne:
                said = [
                    ReportPassing(flight_id=name, point=point, time_ms=now_ms),
                    ReportEnded(flight_id=name),
                    ReportCondition(
                        flight_id=name,
                        condition=self.chance.choice(SAID),
                        position=self.planner.position(),
                    ),
                ]
            elif self.chance.random() < 0.1:
                said = [ReportCondition(flight_id=name, condition=Condition.EMERGENCY)]
            end.offer(self.chance.choice(said), value.party)

    def reserve(self) -> None:
        """A party asks for sky at a node: a circle or a box, where others fly."""
        end, chance = self.end(), self.chance
        self._reservations_count += 1
        start_ms = end.now_ms + chance.choice((-2, 1, 5, 20)) * MINUTE_MS
        times = {
            "time_start_ms": max(0, start_ms),
            "time_end_ms": start_ms + chance.choice((3, 10, 40)) * MINUTE_MS,
        }
        latitude_e7deg, longitude_e7deg = at(chance.choice(PLACES))
        lower = chance.choice((270, 290, 300))
        circle = Volume(
            footprint=footprints.circle((latitude_e7deg, longitude_e7deg), chance.choice((2, 8, 20)) * NM_MM),
            datum=Datum.STD,
            lower_mm=lower * FL_MM,
            upper_mm=(lower + chance.choice((10, 30))) * FL_MM,
            **times,
        )
        half_e7deg = chance.choice((1, 3)) * TENTH_E7DEG
        box = Box(
            latitude_south_e7deg=latitude_e7deg - half_e7deg,
            latitude_north_e7deg=latitude_e7deg + half_e7deg,
            longitude_west_e7deg=_turned(longitude_e7deg - half_e7deg),
            longitude_east_e7deg=_turned(longitude_e7deg + half_e7deg),
            altitude_lower_mm=8_500_000,
            altitude_upper_mm=9_500_000,
            **times,
        )
        is_box = chance.random() < 0.3
        end.offer(
            Reserve(
                reservation_id=f"R{self._reservations_count}",
                volume=box if is_box else None,
                regions=() if is_box else (circle,),
                user_keeps_clear=chance.random() < 0.5,
                waits=chance.random() < 0.3,
                provisional=chance.random() < 0.15,
            ),
            chance.choice((end.party, end.party, *PARTIES)),
        )

    def reserved(self, end: End) -> list[Reservation]:
        """The reservations that a node has."""
        return [value for _, value in sorted(end.keeper.decider.projection.reservations.current_items())]

    def use(self) -> None:
        """A holder accepts, announces, enters, leaves or gives back what it has."""
        end = self.end()
        for value in self.chance.sample(self.reserved(end), min(2, len(self.reserved(end)))):
            name = value.reservation_id
            said: list[Command] = [Accept(reservation_id=name)]
            if value.phase is Phase.ALLOCATED:
                said = [Pend(reservation_id=name), Pend(reservation_id=name), Release(reservation_id=name)]
            if value.status is Status.PENDING:
                said = [Activate(reservation_id=name)]
            if value.status in OCCUPIED:
                said = [Deactivate(reservation_id=name), ReportUse(reservation_id=name, is_in_use=True)]
            end.offer(self.chance.choice(said), value.holder)

    def waiting_at(self, end: End) -> list[ForeignFlight]:
        """What persons at a node are to answer."""
        found = sorted(end.keeper.decider.projection.crossings.current_items())
        return [value for _, value in found if crossings.is_waiting(value)]

    def answer(self) -> None:
        """A person answers what is asked, or not yet."""
        end = self.end()
        for value in self.waiting_at(end)[:3]:
            name, revision = value.crossing_id, value.crossing.asked
            end.offer(
                self.chance.choice(
                    (
                        AcceptCrossing(crossing_id=name, revision=revision),
                        AcceptCrossing(crossing_id=name, revision=revision),
                        AcceptCrossing(crossing_id=name, revision=revision),
                        RejectCrossing(crossing_id=name, revision=revision),
                        CounterCrossing(
                            crossing_id=name,
                            revision=revision,
                            counter=CounterProposal(later_ms=30 * MINUTE_MS),
                        ),
                    )
                )
            )

    def looked_at(self) -> None:
        """Now and then somebody looks, and the watch of a node raises an alert, or finds one over."""
        super().looked_at()
        if self.looking.random() < WARNED_RATIO:
            self.warn(self.looking.choice(list(self.ends.values())))

    def look(self, end: End) -> None:
        """Somebody at a node is shown what others ask and tell, and presses here and there."""
        projection = end.keeper.decider.projection
        rows = requested(projection, viewer=end.party, now_ms=end.now_ms)
        warnings = warned.told(projection, viewer=end.party)
        keys = [] if isinstance(rows, Refusal) else [each.message_key for each in rows]
        shown = [key for key in (*keys, *(each.message_key for each in warnings)) if key is not None]
        for key in self.looking.sample(shown, min(5, len(shown))):
            kind = self.looking.choice((PresentMessage, PresentMessage, PresentMessage, AcknowledgeMessage))
            end.offer(kind(message_key=key), person="duty-1")
        for each in self.looking.sample(warnings, min(1, len(warnings))):
            name = told_alerts.key_of(each.node, each.object_id, each.filed_ms, each.alert)
            end.offer(AcknowledgeAlertTold(alert_id=name, number=each.number), person="duty-1")
        if self.looking.random() < AMISS_RATIO:
            super().look(end)

    def warn(self, end: End) -> None:
        """What watches at a node says that a flight does not keep to its plan, or does again."""
        projection = end.keeper.decider.projection
        raised = [each for _, each in sorted(projection.alerts.current_items())]
        kind = self.looking.choice(list(AlertType))
        for flight in self.looking.sample(self.own(end), min(2, len(self.own(end)))):
            seen = Measured(
                track=f"watch/{flight.flight_id}",
                time_ms=end.now_ms,
                latitude_e7deg=0,
                longitude_e7deg=0,
                standing="CLAIMED",
                lateral_mm=9_000_000,
                late_ms=0,
                is_recorded=self.looking.random() < 0.5,
            )
            end.offer(RaiseAlert(kind=kind, subject=flight.flight_id, measured=seen), rule="live")
        for alert in self.looking.sample(raised, min(1, len(raised))):
            end.offer(ClearAlert(kind=alert.kind, subject=alert.subject), rule="live")
            acknowledge = AcknowledgeAlert(
                kind=alert.kind, subject=alert.subject, raised_count=alert.raised_count
            )
            end.offer(acknowledge, person="duty-1")

    def agree(self) -> None:
        """A node's people propose the next edition there."""
        self.end().offer(Agree(agreement=self.agreements[2]))

    def tidy_now(self) -> None:
        """A node's rules ask."""
        self.end().tidy_now()

    # --- what must hold -----------------------------------------------------------------------------------

    def follow(self) -> None:
        """Judge what became durable since the last step."""
        ahead_ms = max(0, *(end.clock_ahead_ms for end in self.ends.values()))
        free_ms = START_MS + self.clock_ms + ahead_ms
        for node, end in self.ends.items():
            if end.keeper.log.size <= self._read[node]:
                continue
            for row in list(end.store.rows(self._read[node])):
                decided = entry_from_body(row.sequence, row.body).content(DECIDED)
                if decided is not None:
                    self.joint.read(node, decided, free_ms)
                self._read[node] = row.sequence + 1
        for sentence in self.joint.sentences:
            self.require(False, sentence)

    def go_on(self) -> None:
        """Each node has a turn, its rules ask, and what there is to say is carried."""
        for end in self.ends.values():
            end.tidy_now()
        super().go_on()
        self.follow()

    def waiting(self) -> Counter[str]:
        """How much waits, by node and why."""
        found = super().waiting()
        for end in self.ends.values():
            projection = end.keeper.decider.projection
            waiting = (each for _, each in projection.errands.durable_items())
            is_liar = end.node == self.liar
            found[f"{end.party}: errands"] = sum(
                not (is_liar and is_withheld(each.errand_id)) for each in waiting
            )
            reserving = sum(commitment.is_asking(each.coordination) for each in self.reserved(end))
            found[f"{end.party}: asking"] = sum(map(holding.is_asking, self.own(end))) + reserving
            found[f"{end.party}: unanswered"] = len(self.waiting_at(end))
            for peer in end.links:
                found[f"{end.party}: not acted on"] += sum(1 for _ in projection.pending(peer))
            found[f"{end.party}: not warned of"] = sum(1 for _ in untold_alerts(projection, end.now_ms))
        return found

    def check(self) -> None:
        """Every promise, after the last step, when the line was fair for a while."""
        super().check()
        self.follow()
        for end in self.honest():
            for value in self.own(end):
                self.is_protected(end, value)
                self.is_told(end, value)
            for reserved in self.reserved(end):
                self.is_reserved(end, reserved)
            self.is_warned_of(end)
            for key, foreign in end.keeper.decider.projection.crossings.durable_items():
                if foreign.peer != self.liar:
                    self.is_wanted(end, key, foreign)

    def end_of(self, authority: str) -> End:
        """The node of an authority."""
        return next(each for each in self.ends.values() if each.party == authority)

    def is_protected(self, end: End, value: Flight) -> None:
        """What a flight is in force by, each authority that it needs protects for good."""
        coordination = value.coordination
        if coordination is None or holding.is_over(value, end.now_ms):
            return
        filing = coordination.filing
        name = crossings.key_of(end.node, coordination.said_as, coordination.filed_ms)
        for authority in filing.in_force_with:
            there = self.end_of(authority)
            if there.node == self.liar:
                continue
            held = there.keeper.decider.projection.crossings.durable(name)
            kept = () if held is None else held.crossing.kept
            is_kept = any(each.revision == filing.in_force and each.lapses_at_ms is None for each in kept)
            told = None if held is None else held.told
            is_told = (
                told is not None
                and told.content is not None
                and told.revision == filing.in_force
                and (told.ends_by_word or told.is_airborne)  # both end by word alone
            )
            self.require(
                is_kept or is_told, f"{authority} does not protect {name} revision {filing.in_force}: {held}"
            )

    def is_told(self, end: End, value: Flight) -> None:
        """What was told last of a flight is known to all who were told."""
        telling = None if value.coordination is None else value.coordination.telling
        if value.coordination is None or telling is None:
            return
        name = crossings.key_of(end.node, value.coordination.said_as, value.coordination.filed_ms)
        for authority in telling.to:
            there = self.end_of(authority)
            held = there.keeper.decider.projection.crossings.durable(name)
            told = None if held is None else held.told
            is_known = told is not None and told.number == telling.number
            self.require(
                (is_known and told is not None and told.condition is value.condition)
                or holding.is_over(value, end.now_ms),
                f"{authority} was told {telling} of {name} and knows {told}",
            )

    def is_warned_of(self, end: End) -> None:
        """Whoever may hold sky for a flight, or was told of it, knows each alert about it that stands; and of
        none that is over anybody believes that it stands."""
        projection = end.keeper.decider.projection
        standing = set[tuple[str, str]]()  # authority and name of the alert there
        for _, alert in projection.alerts.durable_items():
            flight = projection.flights.durable(alert.subject)
            known = None if flight is None else flight.coordination
            if known is not None and alert.status is not AlertStatus.RECTIFIED_UNACK:
                told = () if known.telling is None else known.telling.to
                name = told_alerts.key_of(end.node, known.said_as, known.filed_ms, alert.kind)
                to = {*known.filing.asked_of, *known.filing.in_force_with, *told}
                standing |= {(authority, name) for authority in to}
        for there in self.honest():
            held = there.keeper.decider.projection.alerts_told.durable_items()
            believed = {key for key, each in held if each.peer == end.node and not each.is_over}
            wanted = {name for authority, name in standing if authority == there.party}
            self.require(
                wanted == believed, f"{there.party} should be warned of {wanted} and is of {believed}"
            )

    def is_reserved(self, end: End, value: Reservation) -> None:
        """What a reservation is in force by, each authority that it needs protects for good; and knows what
        it was told."""
        coordination = value.coordination
        if coordination is None or reservations.is_over(value, end.now_ms):
            return
        name = crossings.key_of(end.node, coordination.said_as, coordination.filed_ms, Kind.RESERVATION)
        for authority in commitment.everybody(coordination):
            there = self.end_of(authority)
            if there.node == self.liar:
                continue
            held = there.keeper.decider.projection.crossings.durable(name)
            kept = () if held is None else held.crossing.kept
            told = None if held is None else held.told
            is_kept = any(each.revision == 1 and each.lapses_at_ms is None for each in kept)
            is_known = told is not None and told.number == coordination.told_number and told.ends_by_word
            in_force_with = coordination.filing.in_force_with
            is_safe = is_kept or is_known or authority not in in_force_with
            self.require(is_safe, f"{authority} does not protect {name}")
            self.require(
                is_known or authority not in coordination.told_to,
                f"{authority} was told of {name}: {coordination} and knows {told}",
            )

    def is_wanted(self, end: End, key: str, foreign: ForeignFlight) -> None:
        """What an authority protects, its filer wants."""
        if foreign.kind is Kind.RESERVATION:
            self.is_reservation_wanted(end, key, foreign)
            return
        filer = self.ends[foreign.peer]
        projection = filer.keeper.decider.projection
        flight = projection.flights.durable(projection.said_as(Kind.FLIGHT, foreign.object_id))
        coordination = None if flight is None else flight.coordination
        filing = None if coordination is None else coordination.filing
        if foreign.told is not None and foreign.told.is_airborne:
            is_in_the_air = flight is not None and flight.is_airborne
            self.require(is_in_the_air, f"{end.party} holds sky for {key}, which has ended")
        for each in foreign.crossing.kept:
            content = next(one.content for one in foreign.asked if one.revision == each.revision)
            ends_ms = max(one.volume.time_end_ms for one in content.volumes)
            if each.lapses_at_ms is not None and min(each.lapses_at_ms, ends_ms) <= end.now_ms:
                continue
            self.require(
                filing is not None and filing.in_force == each.revision and end.party in filing.in_force_with,
                f"{end.party} protects {key} revision {each.revision}, which nobody wants: {filing}",
            )

    def is_reservation_wanted(self, end: End, key: str, foreign: ForeignFlight) -> None:
        """What an authority protects as reserved, its filer wants."""
        projection = self.ends[foreign.peer].keeper.decider.projection
        name = projection.said_as(Kind.RESERVATION, foreign.object_id)
        value = projection.reservations.durable(name)
        known = None if value is None else value.coordination
        is_of_it = known is not None and known.filed_ms == foreign.filed_ms
        is_held = foreign.told is not None and foreign.told.ends_by_word
        self.require(
            not is_held or (is_of_it and known is not None and end.party in known.told_to),
            f"{end.party} holds sky for {key}, which is over",
        )
        for each in foreign.crossing.kept:
            is_wanted = is_of_it and known is not None and end.party in known.filing.in_force_with
            is_lapsed = each.lapses_at_ms is not None and each.lapses_at_ms <= end.now_ms
            content = next(one.content for one in foreign.asked if one.revision == each.revision)
            ends_ms = max(one.volume.time_end_ms for one in content.volumes)
            is_past = each.lapses_at_ms is not None and ends_ms <= end.now_ms
            self.require(is_wanted or is_lapsed or is_past, f"{end.party} protects {key}, unwanted: {known}")


def _is_there(end: End, command: Command) -> bool:
    """Whether a node has durably what it was asked to declare or to agree to."""
    projection = end.keeper.decider.projection
    match command:
        case DeclareParty():
            return projection.parties.durable(command.party.party_id) is not None
        case DeclareCorridor():
            return projection.corridors.durable(command.corridor.corridor_id) is not None
        case Agree():
            known = projection.agreements.durable(agreements.KEY)
            return known is not None and command.agreement in (known.in_force, *known.proposed)
        case _:
            raise InvariantError(f"{command} is not asked for at first")


def _turned(longitude_e7deg: int) -> int:
    """The longitude as it is written: between the two sides of the antimeridian."""
    return (longitude_e7deg + HALF_TURN_E7DEG) % (2 * HALF_TURN_E7DEG) - HALF_TURN_E7DEG


def run(seed: int, *, steps: int = STEPS, is_screened: bool = False) -> SharedWorld:
    """Live through `seed`; Broken when a promise does not hold, or for anything else that goes wrong."""
    world = SharedWorld(seed, is_screened=is_screened)
    with Telling(world):
        for _ in range(steps):
            world.step()
        world.check()
    return world
