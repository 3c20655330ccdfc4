"""The story of `golden/log_8.json`: what a node decides with others that share its sky, from fixed salts.

North decides west of 33 E, south east of it, and east above FL380 there. The corridor EAST leads from north
to south: what flies along it at FL330 needs south, at FL380 east too. North files flights F…, south S…; what
comes of each stands beside it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import msgspec

from mamarr.airspace import Share
from mamarr.airspace.commitment import Counter, Reply
from mamarr.airspace.constraints import SpecialHandling
from mamarr.airspace.corridors import DeclareCorridor, WithdrawCorridor
from mamarr.airspace.occupancy import Kind
from mamarr.airspace.parties import DeclareParty
from mamarr.airspace.reservations import (
    Accept,
    Activate,
    Deactivate,
    Expire,
    NoteOverrun,
    Pend,
    Release,
    Reserve,
    StopAsking,
)
from mamarr.airspace.shares import DeclareShare
from mamarr.airspace.terms import DEFAULT, SetTerms
from mamarr.conflicts import Minima
from mamarr.coordination import Agreement, Disclosed, Member, Rule, Stream, agreements
from mamarr.coordination import Direction as Way
from mamarr.coordination import StandardCondition as Standard
from mamarr.coordination import crossings as taken
from mamarr.coordination.agreements import Agree
from mamarr.coordination.channels import Reported, StopChannel, Stopped
from mamarr.coordination.crossings import (
    AcceptCrossing,
    CounterCrossing,
    ExpireCrossing,
    LapseCrossing,
    RejectCrossing,
    TakeWord,
)
from mamarr.coordination.disclosure import ApproveDisclosure, ProposeDisclosure
from mamarr.coordination.messages import REPORT, key_of
from mamarr.engine import Decider, Order, Projection, neighbours, streams
from mamarr.engine.restores import ConfirmRestore
from mamarr.faults import Reason
from mamarr.flights import Condition, Plan, Position, Protected, errands
from mamarr.flights.crossings import Content
from mamarr.flights.errands import (
    AgreementReady,
    AlertTold,
    AllReturned,
    CrossingConfirm,
    CrossingGiveBack,
    CrossingHeld,
    CrossingReply,
    CrossingRequest,
    CrossingWithdrawal,
    FlightState,
    OfNode,
    SuspensionTold,
    Word,
)
from mamarr.flights.flights import (
    ExpireFlight,
    File,
    GiveUpAsking,
    ReportAirborne,
    ReportCondition,
    ReportEnded,
    Revise,
    Withdraw,
)
from mamarr.geometry import Datum, footprints
from mamarr.geometry.altitude import filed_level
from mamarr.geometry.volumes import volumes_of_box
from mamarr.names import Author
from mamarr.record import MemoryStore
from tests.airspace.boxes import NOON, a_box
from tests.engine.stories import about, at, rule, signature
from tests.engine.stories_of_the_line import DAY_MS, Peer, opened, salt
from tests.flights.routes import (
    DEG,
    FL_MM,
    MINUTE_MS,
    NM_MM,
    NOON_MS,
    a_corridor,
    a_party,
    a_plan,
    a_point,
    kept,
)
from tests.record.logs import a_log

NODE = "node-north"
NORTH = Author(party="north", node=NODE)
SOUTH = Author(party="south", node=NODE)
DUTY = Author(party="north", node=NODE, person="duty-1")
CHIEF = Author(party="north", node=NODE, person="chief-2")
FLOOR = FlightState | AlertTold | AgreementReady | SuspensionTold | CrossingHeld | AllReturned
LINK = Author(party="north", node=NODE, rule="link")
LARGEST = Minima(lateral_mm=12 * NM_MM, vertical_mm=20 * FL_MM, time_ms=5 * MINUTE_MS)
ANSWER_WITHIN_MS, LAPSE_MS = 10 * MINUTE_MS, 20 * MINUTE_MS
MEMBERS = (
    Member(party="north", node=NODE, contact="Duty desk, 555-0100"),
    Member(party="south", node="node-south"),
    Member(party="east", node="node-east"),
)

Asked = tuple[Author, Any] | tuple[Author, Any, str]  # who, what, and the key of a person who signs
Turn = tuple[int, Sequence[Asked]]  # minutes after noon, and what is asked then


def a_part(share_id: str, authority: str, west: float, east: float, levels: tuple[int, int]) -> Share:
    """From 30 N to 40 N between two meridians and two flight levels."""
    south, north, left, right = 30 * DEG, 40 * DEG, round(west * DEG), round(east * DEG)
    return Share(
        share_id=share_id,
        authority=authority,
        footprint=footprints.polygon([(south, left), (south, right), (north, right), (north, left)]),
        datum=Datum.STD,
        lower_mm=levels[0] * FL_MM,
        upper_mm=levels[1] * FL_MM,
    )


def parts(border: float) -> tuple[Share, ...]:
    """The three shares, where north ends at the meridian `border`."""
    return (
        a_part("EASTERN", "east", border, 40, (380, 600)),
        a_part("NORTHERN", "north", 25, border, (0, 600)),
        a_part("SOUTHERN", "south", border, 40, (0, 380)),
    )


def an_agreement(edition: int = 1, *, border: float = 33, **changed: Any) -> Agreement:
    """What the three agree on."""
    values = {
        "agreement_id": "the-map",
        "edition": edition,
        "members": MEMBERS,
        "shares": parts(border),
        "between_centres": Minima(lateral_mm=10 * NM_MM, vertical_mm=20 * FL_MM, time_ms=5 * MINUTE_MS),
        "inside_centre": Minima(lateral_mm=5 * NM_MM, vertical_mm=10 * FL_MM, time_ms=0),
        "largest": LARGEST,
        "answer_within_ms": ANSWER_WITHIN_MS,
        "lapse_ms": LAPSE_MS,
        "standard": (
            Standard(
                condition_id="north-1",
                authority="north",
                lower_mm=200 * FL_MM,
                upper_mm=360 * FL_MM,
                notice_ms=10 * MINUTE_MS,
                corridor_ids=("EAST",),
            ),
            Standard(
                condition_id="north-2",
                authority="north",
                lower_mm=400 * FL_MM,
                upper_mm=600 * FL_MM,
                kinds=(Kind.RESERVATION,),
            ),
        ),
    }
    return Agreement(**{**values, **changed})


FIRST = an_agreement()
NEXT = an_agreement(2, border=31)
DIGEST = agreements.digest(FIRST)
LATE = key_of("node-south", Way.INCOMING, Stream.COORDINATION, 23)  # what is acted on after its validity


def ordered(command: Any, minutes: int) -> str:
    """The id of a command by which north begins to say something of what it is about; unique but for ids."""
    name = command.flight_id if hasattr(command, "flight_id") else command.reservation_id
    return f"golden-{type(command).__name__}-{name}-{minutes}"


def in_the_story(word: CrossingReply | CrossingWithdrawal) -> str:
    """What north calls in the story what it asked for at the word's moment: F5 by revising it."""
    minutes = (word.filed_ms - NOON_MS) // MINUTE_MS
    command = "Reserve" if word.kind is Kind.RESERVATION else "Revise" if minutes == 7 else "File"
    return neighbours.said_as(f"golden-{command}-{word.object_id}-{minutes}", word.object_id)


class Neighbour:
    """A node that sends words, and what this node asks when it acts on them. party: whose node it is."""

    def __init__(self, party: str) -> None:
        self.party, self.node = party, f"node-{party}"
        self.author = Author(party=party, node=NODE, rule="link")
        self.called: Callable[[CrossingReply | CrossingWithdrawal], str] = in_the_story
        self._peer = Peer(self.node)
        self._counts = dict.fromkeys(Stream, 0)

    def says(self, word: Word, *, is_clock_unsure: bool = False, valid_ms: int = DAY_MS) -> tuple[Asked, ...]:
        """A word comes and is acted on. What a reply is about north calls otherwise to others."""
        if isinstance(word, CrossingReply | CrossingWithdrawal):
            word = msgspec.structs.replace(word, object_id=self.called(word))
        message, key = self.sends(word, valid_ms=valid_ms)
        return message, self.acts(word, key, is_clock_unsure=is_clock_unsure)

    def sends(self, word: Word, *, valid_ms: int = DAY_MS) -> tuple[Asked, str]:
        """A word comes; with it the key of its message."""
        is_floor = isinstance(word, FLOOR)
        stream = Stream.SAFETY_FLOOR if is_floor else Stream.COORDINATION
        message = self._peer.message(
            stream, errands.said(word), kind=errands.kind_of(word), valid_ms=valid_ms
        )
        known = msgspec.structs.replace(message, is_known=True)
        key = key_of(self.node, Way.INCOMING, stream, self._counts[stream])
        self._counts[stream] += 1
        return (self.author, known), key

    def reports(self, said: Reported, *, acknowledged: tuple[int, int, int]) -> Asked:
        """The node tells what became of a message of north's. acknowledged: how many of them it recorded."""
        message = self._peer.message(
            Stream.COORDINATION,
            f"it is {said.state}",
            kind=REPORT,
            reported=said,
            acknowledged=acknowledged,
        )
        self._counts[Stream.COORDINATION] += 1
        return self.author, message

    def acts(self, word: Word, message_key: str, *, is_clock_unsure: bool = False) -> Asked:
        """What this node asks when it acts on a word."""
        if isinstance(word, OfNode):
            name = self.node
        else:
            node = NODE if isinstance(word, CrossingReply | CrossingWithdrawal | CrossingHeld) else self.node
            name = taken.key_of(node, word.object_id, word.filed_ms, word.kind)
        command = TakeWord(
            crossing_id=name,
            peer=self.node,
            message_key=message_key,
            word=word,
            is_clock_unsure=is_clock_unsure,
        )
        return self.author, command

    def name(self, object_id: str, kind: Kind = Kind.FLIGHT) -> str:
        """What a flight or a reservation of the node's is called here."""
        return taken.key_of(self.node, object_id, NOON_MS, kind)


def wanted(plan: Plan, *, party: str = "south", **changed: Any) -> Content:
    """What south asks for."""
    values = {
        "kind": Kind.FLIGHT,
        "party": party,
        "volumes": kept(plan, a_corridor()),
        "centre": "south-centre",
        "plan": plan if party else None,
        "has_rvsm": True,
    }
    return Content(**{**values, **changed})


def request(object_id: str, plan: Plan, revision: int = 1, **changed: Any) -> CrossingRequest:
    digest = changed.pop("digest", DIGEST)
    return CrossingRequest(
        object_id=object_id,
        filed_ms=NOON_MS,
        revision=revision,
        digest=digest,
        content=wanted(plan, **changed),
    )


def confirm(object_id: str, revision: int = 1, **kind: Kind) -> CrossingConfirm:
    return CrossingConfirm(object_id=object_id, filed_ms=NOON_MS, revision=revision, **kind)


def give_back(object_id: str, revision: int = 1, **kind: Kind) -> CrossingGiveBack:
    return CrossingGiveBack(object_id=object_id, filed_ms=NOON_MS, revision=revision, **kind)


def reply(object_id: str, minutes: int, said: Reply, revision: int = 1, **why: Any) -> CrossingReply:
    """What is answered to what north filed `minutes` after noon."""
    return CrossingReply(object_id=object_id, filed_ms=at(minutes), revision=revision, reply=said, **why)


def sent(errand_id: str, word: Word, number: int) -> Asked:
    """North queues the message that says a word to south."""
    name = f"errand {number}"
    message = streams.message(
        peer="node-south",
        stream=Stream.COORDINATION,
        message_id=f"from-north-{number:04}",
        kind=errands.kind_of(word),
        body=errands.said(word),
        valid_until_ms=NOON_MS + DAY_MS,
        salts=(salt(f"header of {name}"), salt(f"text of {name}")),
        errand_id=errand_id,
    )
    return LINK, message


def told_of(message_key: str, number: int) -> Asked:
    """North tells south what became of a message."""
    word = f"report {number}"
    message = streams.message(
        peer="node-south",
        stream=Stream.COORDINATION,
        message_id=f"from-north-{number:04}",
        kind=REPORT,
        body="it EXPIRED",
        valid_until_ms=NOON_MS + DAY_MS,
        salts=(salt(f"header of {word}"), salt(f"text of {word}")),
        answers=message_key,
    )
    return LINK, message


def inside(minutes: int) -> Plan:
    """A flight that stays with north, along 32 E; 1 degree from the border of the first agreement."""
    return a_plan(route=(a_point((36.0, 31.4), minutes, "F330"), a_point((37.0, 31.4), minutes + 10, "F330")))


# --- what happens -----------------------------------------------------------------------------------------


def before() -> tuple[Asked, ...]:
    """Nothing is agreed yet: a flight is admitted alone, and so is a reservation beside the border."""
    wide = a_corridor("WIDE", by=(33.4, 33.0), lateral_minimum_mm=15 * NM_MM)
    rule_of_north = Rule(
        owner="north", viewer="south", flights=Disclosed.IDENTITY, reservations=Disclosed.NOTHING
    )
    return (
        *((NORTH, DeclareParty(party=a_party(each))) for each in ("north", "south", "east")),
        (NORTH, DeclareCorridor(corridor=a_corridor())),
        (NORTH, DeclareCorridor(corridor=wide)),
        opened("node-south"),
        opened("node-east", "east"),
        *((NORTH, DeclareShare(share=each)) for each in parts(33)),
        (NORTH, File(flight_id="F0", plan=a_plan(minutes=100))),
        (NORTH, Reserve(reservation_id="R0", volume=beside_the_border())),
        (DUTY, ProposeDisclosure(rule=rule_of_north), "key-1"),
        (CHIEF, ApproveDisclosure(rule=rule_of_north), "key-2"),
    )


def beside_the_border(first: int = 100, last: int = 160, **changed: Any) -> Any:
    """A box that ends 3 NM from the meridian of 33 E. first, last: minutes after noon."""
    sides = {
        "longitude_west_e7deg": 32 * DEG,
        "longitude_east_e7deg": round(32.95 * DEG),
        "altitude_lower_mm": 3_000_000,
        "altitude_upper_mm": 6_000_000,
        "time_start_ms": at(first),
        "time_end_ms": at(last),
    }
    return a_box(**{**sides, **changed})


def reserved(box: Any, *, party: str = "south", **changed: Any) -> Content:
    """What south asks for as a reservation."""
    volumes = tuple(Protected(volume=each, leg=0) for each in volumes_of_box(box))
    return Content(kind=Kind.RESERVATION, party=party, volumes=volumes, box=box, **changed)


def proposing() -> tuple[Asked, ...]:
    """What cannot be agreed on, each for another reason; then what can."""
    bow = footprints.polygon(
        [(30 * DEG, 25 * DEG), (40 * DEG, 33 * DEG), (30 * DEG, 33 * DEG), (40 * DEG, 25 * DEG)]
    )
    eastern, northern, southern = parts(33)
    twisted = msgspec.structs.replace(northern, footprint=bow)
    strangers = (*MEMBERS, Member(party="west", node="node-west"))
    over = (eastern, a_part("NORTHERN", "north", 25, 34, (0, 600)), southern)
    return (
        (SOUTH, Agree(agreement=FIRST)),  # NOT_YOURS
        (NORTH, Agree(agreement=an_agreement(members=MEMBERS[1:], shares=parts(33)[::2], standard=()))),
        (NORTH, Agree(agreement=an_agreement(members=strangers))),  # UNKNOWN_PARTY
        (NORTH, Agree(agreement=an_agreement(shares=(eastern, twisted, southern)))),  # BAD_GEOMETRY
        (NORTH, Agree(agreement=an_agreement(shares=over))),  # VOLUME_HELD
        (NORTH, Agree(agreement=FIRST)),  # OTHER_AGREEMENT: WIDE asks for more
        (NORTH, WithdrawCorridor(corridor_id="WIDE")),
        (NORTH, Reserve(reservation_id="R9", volume=outside())),
        (NORTH, Agree(agreement=FIRST)),  # OTHER_AUTHORITY: nobody would decide on R9
        (NORTH, Release(reservation_id="R9")),
        (NORTH, Agree(agreement=FIRST)),  # south is told of R0
        (NORTH, Agree(agreement=FIRST)),  # AGREED
        (NORTH, File(flight_id="F1", plan=a_plan(minutes=200))),  # OTHER_AUTHORITY: nobody can be asked yet
        (NORTH, Reserve(reservation_id="R1", volume=beside_the_border())),  # OTHER_AUTHORITY
    )


def entering(south: Neighbour, east: Neighbour) -> tuple[Asked, ...]:
    """All have it; what is agreed, north changes no more alone."""
    return (
        *south.says(AgreementReady(digest=DIGEST)),
        *south.says(AgreementReady(digest=DIGEST)),  # nothing new
        *east.says(AgreementReady(digest=DIGEST)),
        (NORTH, DeclareShare(share=parts(33)[0])),  # AGREED
        (NORTH, SetTerms(terms=msgspec.structs.replace(DEFAULT, inside_centre=Minima()))),  # AGREED
    )


def filing() -> tuple[Asked, ...]:
    """North files at minute 4 what needs south, and once east too; what is said of F1 is sent."""
    content = wanted(a_plan(minutes=200), party="north")
    called = neighbours.said_as("golden-File-F1-4", "F1")
    asked = CrossingRequest(object_id=called, filed_ms=at(4), revision=1, digest=DIGEST, content=content)
    ill = a_plan(minutes=500, handling=(SpecialHandling.HOSP,))
    return (
        (NORTH, File(flight_id="F1", plan=a_plan(minutes=200))),
        (NORTH, File(flight_id="F2", plan=a_plan(minutes=300, level="F380"))),
        (NORTH, File(flight_id="F3", plan=a_plan(minutes=400))),
        (SOUTH, File(flight_id="F4", plan=ill)),
        (NORTH, File(flight_id="F5", plan=inside(600))),
        (NORTH, File(flight_id="F6", plan=a_plan(minutes=700))),
        (NORTH, File(flight_id="F7", plan=a_plan(minutes=800))),
        (NORTH, File(flight_id="X1", plan=a_plan(minutes=900), is_provisional=True)),  # OTHER_AUTHORITY
        sent(f"south/crossing-request/{called}/{at(4)}/1", asked, 1),
        sent(f"south/crossing-request/{called}/{at(4)}/9", asked, 2),  # WRONG_STATUS: not to be said
    )


def answered(south: Neighbour, east: Neighbour) -> tuple[Turn, ...]:
    """What the others say of them, and what comes of it."""
    counter = Counter(later_ms=30 * MINUTE_MS, level=filed_level("F350"))
    return (
        (
            5,
            (
                *south.says(reply("F1", 4, Reply.ACCEPTED)),
                *south.says(reply("F2", 4, Reply.ACCEPTED)),
                *south.says(reply("F3", 4, Reply.REJECTED, reason=Reason.CONFLICT)),
                *south.says(reply("F4", 4, Reply.COUNTERED, counter=counter)),
                *south.says(reply("F1", 3, Reply.CONFIRMED)),  # of another filing: nothing
            ),
        ),
        (
            6,
            (
                *south.says(reply("F1", 4, Reply.CONFIRMED)),
                *east.says(reply("F2", 4, Reply.ACCEPTED)),
                *south.says(reply("F2", 4, Reply.CONFIRMED)),
                *east.says(reply("F2", 4, Reply.NOT_HELD)),
            ),
        ),
        (
            7,
            (
                (NORTH, Revise(flight_id="F1", plan=a_plan(minutes=230, level="F380"))),
                (NORTH, Revise(flight_id="F1", plan=a_plan(minutes=235))),  # NOT_YET: one at a time
                (NORTH, Revise(flight_id="F5", plan=a_plan(minutes=600))),
                *south.says(reply("F1", 4, Reply.ACCEPTED, 2)),
                *east.says(reply("F1", 4, Reply.ACCEPTED, 2)),
                *east.says(reply("F1", 4, Reply.CONFIRMED, 2)),
                *south.says(reply("F1", 4, Reply.CONFIRMED, 1)),  # an old one: nothing
            ),
        ),
        (
            8,
            (
                *south.says(reply("F1", 4, Reply.CONFIRMED, 2)),
                *south.says(reply("F5", 4, Reply.REJECTED, 2)),  # of another filing
                *south.says(reply("F5", 7, Reply.REJECTED, 2, reason=Reason.DECLINED)),
                (NORTH, Revise(flight_id="F1", plan=a_plan(minutes=260))),
            ),
        ),
    )


def asked_by_south(south: Neighbour) -> tuple[Turn, ...]:
    """What south asks for, and what it is answered."""
    unsure = request("S7", a_plan(minutes=1_500))
    beyond = tuple(
        msgspec.structs.replace(each, lateral_minimum_mm=13 * NM_MM)
        for each in kept(a_plan(minutes=1_560), a_corridor())
    )
    ill = {"handling": (SpecialHandling.HOSP,), "user_keeps_clear": True}
    late = request("S10", a_plan(minutes=1_700))
    acted = key_of("node-south", Way.INCOMING, Stream.COORDINATION, 0)
    return (
        (
            10,
            (
                *south.says(request("S1", a_plan(minutes=1_000))),  # accepted by the standard condition
                *south.says(request("S2", a_plan(minutes=1_060), party="", **ill)),  # by a person
                *south.says(request("S3", a_plan(minutes=1_120), party="")),
                *south.says(request("S4", a_plan(minutes=1_180), party="")),
                *south.says(request("S5", a_plan(minutes=1_240), party="")),
                *south.says(request("S6", a_plan(minutes=100))),  # CONFLICT with F0
                *south.says(unsure, is_clock_unsure=True),  # CLOCK_UNSURE
                *south.says(request("S8", a_plan(minutes=1_620), digest="another")),  # OTHER_AGREEMENT
                *south.says(request("S9", a_plan(minutes=1_560), volumes=beyond)),  # OTHER_AGREEMENT
                *south.says(request("S12", a_plan(minutes=1_300))),
                *south.says(confirm("S13")),  # NOT_HELD
                south.sends(late, valid_ms=12 * MINUTE_MS)[0],
            ),
        ),
        (11, of_persons(south)),
        (
            13,
            (
                south.acts(late, LATE),  # it lapses
                told_of(LATE, 3),
                told_of(acted, 4),  # WRONG_STATUS: it was acted on
                south.acts(late, LATE),  # WRONG_STATUS
                (NORTH, south.acts(late, LATE)[1]),  # NOT_YOURS
            ),
        ),
        (21, by_rule(south)),
    )


def of_persons(south: Neighbour) -> tuple[Asked, ...]:
    """Persons answer, and south goes on."""
    counter = Counter(level=filed_level("F310"))

    def one(kind: Any, name: str, revision: int = 1, **more: Any) -> Asked:
        return DUTY, kind(crossing_id=south.name(name), revision=revision, **more)

    in_the_way = File(flight_id="F8", plan=a_plan(minutes=1_240, is_due_regard=True))
    return (
        one(AcceptCrossing, "S2"),
        one(AcceptCrossing, "S2"),  # WRONG_STATUS
        one(RejectCrossing, "S3"),
        one(RejectCrossing, "S3"),  # WRONG_STATUS
        one(CounterCrossing, "S4", counter=counter),
        one(RejectCrossing, "S4"),  # WRONG_STATUS
        one(AcceptCrossing, "S99"),  # NOT_THERE
        (NORTH, in_the_way),
        one(AcceptCrossing, "S5"),  # CONFLICT with F8
        (NORTH, LapseCrossing(crossing_id=south.name("S5"), revision=1)),  # NOT_YOURS
        (rule("decline-unanswered"), LapseCrossing(crossing_id=south.name("S5"), revision=1)),  # NOT_YET
        *south.says(confirm("S1")),
        *south.says(request("S1", a_plan(minutes=1_000, level="F380"), 2)),
        one(CounterCrossing, "S1", 2, counter=counter),
        one(RejectCrossing, "S1", 2),  # WRONG_STATUS
        *south.says(request("S1", a_plan(minutes=1_010, level="F380"), 3)),
        one(RejectCrossing, "S1", 3),
        *south.says(request("S1", a_plan(minutes=1_010), 2)),  # an old one: nothing
        *south.says(confirm("S12")),
        *south.says(give_back("S12")),
        *south.says(request("S12", a_plan(minutes=1_300), 2)),
    )


def by_rule(south: Neighbour) -> tuple[Asked, ...]:
    """What nobody answered in time."""
    name = south.name("S5")
    return (
        (DUTY, AcceptCrossing(crossing_id=name, revision=1)),  # TIME_PAST
        (rule("decline-unanswered"), LapseCrossing(crossing_id=name, revision=1)),
        (rule("expire-crossings"), ExpireCrossing(crossing_id=name)),  # NOT_YET
    )


def giving_up(south: Neighbour) -> tuple[Asked, ...]:
    """At minute 30 nobody waits for answers any more; what is accepted later is given back."""
    return (
        *south.says(reply("F7", 4, Reply.ACCEPTED)),
        *((rule("give-up-asking"), GiveUpAsking(flight_id=each)) for each in ("F1", "F6")),
        (rule("give-up-asking"), GiveUpAsking(flight_id="F5")),  # NOT_YET
        (NORTH, Revise(flight_id="F1", plan=inside(260))),
        (NORTH, Withdraw(flight_id="F1")),
        (rule("expire-flights"), ExpireFlight(flight_id="F6")),  # NOT_YET
    )


def told_by_south(south: Neighbour) -> tuple[Turn, ...]:
    """South tells of flights that nobody was asked for, near F0."""
    content = wanted(a_plan(minutes=101), party="")
    aground = FlightState(object_id="S20", filed_ms=NOON_MS, number=1, content=content)
    ill = FlightState(
        object_id="S20",
        filed_ms=NOON_MS,
        number=2,
        revision=1,
        is_airborne=True,
        condition=Condition.EMERGENCY,
        content=wanted(a_plan(minutes=101)),
        imposed=(about((34.0, 32.5), (0, 400), (90, 200)),),
    )
    over = FlightState(object_id="S20", filed_ms=NOON_MS, number=3, is_over=True)
    return (
        (31, (*south.says(aground), *south.says(ill), *south.says(aground), *south.says(ill))),
        (32, south.says(request("S21", a_plan(minutes=110, level="F200")))),  # CONFLICT with S20
        (33, south.says(over)),
        (120, ((rule("expire-crossings"), ExpireCrossing(crossing_id=south.name("S20"))),)),
    )


def outside() -> Any:
    """A box where nobody decides: east of all shares."""
    return beside_the_border(longitude_west_e7deg=41 * DEG, longitude_east_e7deg=42 * DEG)


RESERVED = {"kind": Kind.RESERVATION}


def reserving(south: Neighbour) -> tuple[Turn, ...]:
    """What north reserves beside the border, what south says of it, and what comes of it."""
    later = beside_the_border(400, 460)
    return (
        (
            22,
            (
                (NORTH, Reserve(reservation_id="R2", volume=beside_the_border(24, 26))),
                (NORTH, Reserve(reservation_id="R3", volume=later, provisional=True)),
                (NORTH, Reserve(reservation_id="R4", volume=later, waits=True)),
                (NORTH, Reserve(reservation_id="R5", volume=outside())),  # UNALLOTTED
                (NORTH, Reserve(reservation_id="R6", volume=beside_the_border(500, 560))),
                (NORTH, Reserve(reservation_id="R7", volume=beside_the_border(600, 660))),
                (NORTH, Accept(reservation_id="R3")),  # WRONG_STATUS: south was just asked
                (NORTH, Pend(reservation_id="R2")),  # WRONG_STATUS
                *south.says(reply("R2", 22, Reply.ACCEPTED, **RESERVED)),
                *south.says(reply("R3", 22, Reply.ACCEPTED, **RESERVED)),
                *south.says(reply("R6", 22, Reply.REJECTED, reason=Reason.DECLINED, **RESERVED)),
                *south.says(reply("R7", 22, Reply.ACCEPTED, **RESERVED)),
            ),
        ),
        (
            23,
            (
                *south.says(reply("R2", 22, Reply.CONFIRMED, **RESERVED)),
                *south.says(reply("R3", 22, Reply.CONFIRMED, **RESERVED)),
                *south.says(reply("R3", 22, Reply.CONFIRMED, 2, **RESERVED)),  # of another: nothing
                (NORTH, Accept(reservation_id="R3")),
                (NORTH, Pend(reservation_id="R2")),
                (rule("give-up-asking"), StopAsking(reservation_id="R2")),  # NOT_YET
                (rule("give-up-asking"), StopAsking(reservation_id="R6")),  # NOT_YET: nothing is held
            ),
        ),
        # R3 given back, R4 is earmarked at once, and south is asked for it
        (24, ((NORTH, Activate(reservation_id="R2")), (NORTH, Release(reservation_id="R3")))),
        (27, ((rule("note-overrun"), NoteOverrun(reservation_id="R2")),)),  # south is told
        (28, ((NORTH, Deactivate(reservation_id="R2")),)),
        (
            29,
            (
                (rule("give-up-asking"), StopAsking(reservation_id="R2")),
                (NORTH, Release(reservation_id="R0")),  # south was told of it
            ),
        ),
    )


def reserved_by_south(south: Neighbour) -> tuple[Turn, ...]:
    """What south asks for and tells of as reservations."""
    high = {"altitude_lower_mm": 14_500_000, "altitude_upper_mm": 15_000_000}
    clear = {"user_keeps_clear": True}

    def asked(name: str, box: Any, **changed: Any) -> CrossingRequest:
        return CrossingRequest(
            kind=Kind.RESERVATION,
            object_id=name,
            filed_ms=NOON_MS,
            revision=1,
            digest=DIGEST,
            content=reserved(box, **changed),
        )

    def told(number: int, **changed: Any) -> FlightState:
        return FlightState(kind=Kind.RESERVATION, object_id="S42", filed_ms=NOON_MS, number=number, **changed)

    name = south.name("S41", Kind.RESERVATION)
    return (
        (
            40,
            (
                *south.says(asked("S40", beside_the_border(700, 760, **high))),  # by the standard condition
                *south.says(asked("S41", beside_the_border(700, 760), party="", **clear)),
                *south.says(asked("S43", beside_the_border(100, 160))),  # a person is asked
                (DUTY, AcceptCrossing(crossing_id=name, revision=1)),
                *south.says(confirm("S41", **RESERVED)),
                (NORTH, Reserve(reservation_id="R8", volume=beside_the_border(700, 720))),  # VOLUME_HELD
                *south.says(give_back("S41", **RESERVED)),
                *south.says(told(1, ends_by_word=True, content=reserved(beside_the_border(30, 50)))),
            ),
        ),
        (
            60,
            (
                (NORTH, Reserve(reservation_id="R8", volume=beside_the_border(70, 80))),  # S42 is not clear
                *south.says(told(2, is_over=True)),
                *((rule("give-up-asking"), StopAsking(reservation_id=each)) for each in ("R4", "R7")),
            ),
        ),
    )


def in_the_air() -> tuple[Turn, ...]:
    """F0 flies, needs more than its plan, and lands; south and east are told."""
    there = Position(latitude_e7deg=34 * DEG, longitude_e7deg=325_000_000, level=filed_level("F330"))
    return (
        (100, ((NORTH, ReportAirborne(flight_id="F0", time_ms=at(100))),)),
        (
            105,
            ((NORTH, ReportCondition(flight_id="F0", condition=Condition.EMERGENCY, position=there)),),
        ),
        (110, ((NORTH, ReportEnded(flight_id="F0")),)),
    )


def next_edition(south: Neighbour, east: Neighbour) -> tuple[Turn, ...]:
    """North's share is to end at 31 E; F5, which it had alone, is told of first."""
    ready = AgreementReady(digest=agreements.digest(NEXT))
    return (
        (
            130,
            (
                (NORTH, File(flight_id="F9", plan=a_plan(minutes=1_800))),
                (NORTH, Reserve(reservation_id="R10", volume=beside_the_border(800, 860))),
                (NORTH, Agree(agreement=NEXT)),  # OTHER_AUTHORITY: F9 and R10 are just asked for
                (NORTH, Release(reservation_id="R10")),
            ),
        ),
        (
            151,
            (
                (rule("give-up-asking"), GiveUpAsking(flight_id="F9")),
                (NORTH, Agree(agreement=NEXT)),
                (NORTH, File(flight_id="F10", plan=inside(1_900))),  # OTHER_AUTHORITY
                *south.says(ready),
                *east.says(ready),
            ),
        ),
        (
            152,
            (
                (LINK, StopChannel(peer="node-south", why=Stopped.CLOSED)),
                (NORTH, File(flight_id="F10", plan=a_plan(minutes=1_900))),  # UNREACHABLE
                (rule("expire-reservations"), Expire(reservation_id="R7")),
            ),
        ),
    )


def turns() -> Iterator[Turn]:
    """The whole story, a group commit each."""
    south, east = Neighbour("south"), Neighbour("east")
    yield 1, before()
    yield 2, proposing()
    yield 3, entering(south, east)
    yield 4, filing()
    yield from answered(south, east)
    yield from asked_by_south(south)
    yield from reserving(south)
    yield 30, giving_up(south)
    yield from told_by_south(south)[:-1]
    yield from reserved_by_south(south)
    yield from in_the_air()
    yield from told_by_south(Neighbour("south"))[-1:]
    yield from next_edition(south, east)


def of_neighbours() -> MemoryStore:
    """The log of the whole story."""
    return recorded(turns())


def recorded(story: Iterable[tuple[int, Any]]) -> MemoryStore:
    """The log of a story: of turns, or of what follows from what is there then."""
    store = MemoryStore()
    log = a_log(store)
    log.begin(NOON_MS - 1)
    salts, numbers, named = count(1_000), count(1), set[str]()
    decider = Decider(Projection("north"), find=store.find_all, salts=lambda: next(salts).to_bytes(32, "big"))
    for minutes, turn in story:
        asked = turn(decider.projection) if callable(turn) else turn
        if isinstance(asked[0][1], ConfirmRestore):
            decider.projection.hold("SET_BACK")
        for author, command, *key in asked:
            name = f"golden-{next(numbers)}"
            if isinstance(command, File | Reserve | Revise) and ordered(command, minutes) not in named:
                name = ordered(command, minutes)
                named.add(name)
            signed = signature(*key) if key else None
            decider.offer(Order(command_id=name, author=author, command=command, signature=signed))
        batch, _ = decider.next_batch(NOON + timedelta(minutes=minutes))
        rows = log.append(batch.drafts)
        decider.committed(batch, [row.leaf for row in rows])
    return store
