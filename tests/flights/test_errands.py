import json
from typing import Any

import msgspec
import pytest

from mamarr.airspace.commitment import COUNTER_LATER_MAX_MS, Counter, Reply
from mamarr.airspace.occupancy import Kind
from mamarr.airspace.terms import LATERAL_MAX_MM, TIME_MAX_MS, VERTICAL_MAX_MM
from mamarr.faults import InvariantError, Reason
from mamarr.flights import Condition, errands
from mamarr.flights.crossings import Content
from mamarr.flights.errands import (
    NUMBER_MAX,
    PLAN_BYTES_MAX,
    VOLUMES_BYTES_MAX,
    AgreementReady,
    AlertTold,
    AllReturned,
    CrossingConfirm,
    CrossingGiveBack,
    CrossingHeld,
    CrossingReply,
    CrossingRequest,
    CrossingWithdrawal,
    ErrandDone,
    ErrandKept,
    FlightState,
    SuspensionTold,
    VoiceClaim,
    Word,
    WordKind,
)
from mamarr.flights.plans import POINTS_MAX
from mamarr.geometry import footprints
from mamarr.names import AlertType
from tests.airspace.declared import BOW_TIE
from tests.flights.routes import DEG, EAST, NOON_MS, WEST, a_plan, a_point, kept

PLAN = a_plan()
KEPT = kept(PLAN)
CONTENT = Content(
    kind=Kind.FLIGHT, party="south", volumes=KEPT, centre="south-centre", plan=PLAN, has_rvsm=True
)
ONE = {"object_id": "F1", "filed_ms": NOON_MS}
REQUEST = CrossingRequest(**ONE, revision=1, digest="d" * 64, content=CONTENT)
STATE = FlightState(
    **ONE,
    number=3,
    revision=1,
    is_airborne=True,
    condition=Condition.DEVIATING,
    content=CONTENT,
    imposed=(KEPT[0].volume,),
)
TOLD = AlertTold(**ONE, alert=AlertType.RAMHD, number=5, raised_ms=NOON_MS, is_recorded=True)
CLAIM = VoiceClaim(
    **ONE,
    revision=1,
    digest="d" * 64,
    content=CONTENT,
    reply=Reply.COUNTERED,
    counter=Counter(later_ms=60_000),
    spoken_at_ms=NOON_MS,
    spoken_by="Officer of north",
    read_back="F1 as filed, half an hour later",
)
WORDS: tuple[Word, ...] = (
    REQUEST,
    CrossingConfirm(**ONE, revision=1),
    CrossingGiveBack(**ONE, revision=1),
    CrossingReply(**ONE, revision=1, reply=Reply.COUNTERED, counter=Counter(later_ms=60_000)),
    CrossingReply(**ONE, revision=1, reply=Reply.REJECTED, reason=Reason.CONFLICT),
    STATE,
    FlightState(**ONE, number=4, is_over=True),
    AgreementReady(digest="d" * 64),
    TOLD,
    CrossingHeld(**ONE, revisions=(1, 2), asked=3, number=4, is_airborne=True, content=CONTENT),
    CrossingHeld(**ONE, is_set_back=True),
    AllReturned(edition=2, is_set_back=True),
    CLAIM,
    CrossingWithdrawal(**ONE, revision=2, from_ms=NOON_MS),
    SuspensionTold(number=2, is_suspended=True, decided_ms=NOON_MS, reason="Talks are broken off."),
    SuspensionTold(number=3, is_suspended=False, decided_ms=0, reason="They go on.", is_returned=True),
)


def read(word: Word) -> Word:
    return errands.read(errands.kind_of(word), errands.said(word))


def changed(word: Word, path: str, value: Any) -> str:
    """The body of a word whose field at `path`, names with dots between, says something else."""
    body = json.loads(errands.said(word))
    here, (*way, last) = body, path.split(".")
    for name in way:
        here = here[int(name)] if isinstance(here, list) else here[name]
    here[last] = value
    return json.dumps(body)


@pytest.mark.parametrize("word", WORDS)
def test_what_is_said_is_read_as_it_was_meant(word: Word):
    assert read(word) == word


def test_every_kind_of_word_is_said_here():
    assert {errands.kind_of(word) for word in WORDS} == set(WordKind)


@pytest.mark.parametrize("kind", ["crossing-confirm", "text", "", "CROSSING-REQUEST"])
def test_a_word_of_another_kind_than_its_message_is_not_taken(kind: str):
    with pytest.raises(ValueError, match="says"):
        errands.read(kind, errands.said(REQUEST))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"type":"of-tomorrow"}',
        '{"type":"crossing-confirm"}',
        '{"type":"crossing-confirm","object_id":"F1","filed_ms":1,"revision":',
        '{"type":"crossing-confirm","x":' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
)
def test_what_has_not_the_form_of_a_word_is_a_value_error(body: str):
    with pytest.raises(ValueError, match="says nothing of the form"):
        errands.read("crossing-confirm", body)


OF_ONE = [("object_id", value) for value in ("", "a/b", "a b", "x" * 65, "\u202e", 7, None)] + [
    ("filed_ms", value) for value in (-1, NUMBER_MAX + 1, 10**30, "1", 1.5, None)
]
COUNTED = [-1, NUMBER_MAX + 1, 10**30, "1", 1.5, None]
OF_REVISION = [*OF_ONE, *(("revision", value) for value in COUNTED)]
OF_CONTENT = [
    ("content.kind", "RESERVATION"),  # the rules would look for it among this node's own
    ("content.kind", "CONSTRAINT"),
    ("content.kind", "IMPOSED"),
    ("content.kind", "BALLOON"),
    ("content.party", "South"),
    ("content.party", "south/1"),
    ("content.party", None),
    ("content.centre", "x" * 65),
    ("content.centre", "a/b"),
    ("content.volumes", []),
    ("content.volumes", None),
    ("content.volumes.0.leg", -1),
    ("content.volumes.0.leg", POINTS_MAX + 1),
    ("content.volumes.0.lateral_minimum_mm", -1),
    ("content.volumes.0.lateral_minimum_mm", LATERAL_MAX_MM + 1),
    ("content.volumes.0.lateral_minimum_mm", 10**18),
    ("content.volumes.0.vertical_minimum_mm", -1),
    ("content.volumes.0.vertical_minimum_mm", VERTICAL_MAX_MM + 1),
    ("content.volumes.0.longitudinal_minimum_ms", -1),
    ("content.volumes.0.longitudinal_minimum_ms", TIME_MAX_MS + 1),
    ("content.volumes.0.volume.lower_mm", 10**9),
    ("content.volumes.0.volume.time_end_ms", 0),
    ("content.volumes.0.volume.time_end_ms", 10**18),
    ("content.volumes.0.volume.datum", "AMSL"),
    ("content.volumes.0.volume.footprint.vertices", "AAAA"),
    ("content.volumes.0.volume.footprint.radius_mm", -1),
    ("content.volumes.0.volume.footprint.shape", "STAR"),
    ("content.plan", {}),
    ("content.plan.identification", "no name"),
    ("content.plan.route", []),
    ("content.handling", ["PICNIC"]),
]


@pytest.mark.parametrize(
    ("word", "path", "value"),
    [
        *((REQUEST, *each) for each in (*OF_REVISION, *OF_CONTENT, ("digest", None), ("content", None))),
        *((WORDS[1], *each) for each in OF_REVISION),
        *((WORDS[2], *each) for each in OF_REVISION),
        *((WORDS[3], *each) for each in OF_REVISION),
        (WORDS[3], "reply", "MAYBE"),
        (WORDS[3], "reason", "BECAUSE"),
        (WORDS[3], "counter", {}),
        (WORDS[3], "counter.later_ms", -1),
        (WORDS[3], "counter.later_ms", COUNTER_LATER_MAX_MS + 1),
        (WORDS[3], "counter.level", ["F", 1_000]),
        *((STATE, *each) for each in (*OF_REVISION, *(OF_CONTENT))),
        *((STATE, "number", value) for value in COUNTED),
        (STATE, "condition", "FINE"),
        (STATE, "content", None),
        (STATE, "is_over", True),
        (STATE, "imposed.0.time_end_ms", 0),
        (WORDS[6], "is_over", False),
        (WORDS[7], "digest", ""),
        (WORDS[7], "digest", "d" * 65),
        *((TOLD, path, value) for path, value in OF_ONE),
        *((TOLD, name, value) for name in ("number", "raised_ms") for value in COUNTED),
        (TOLD, "alert", "STCA"),  # not of this version
        (TOLD, "alert", None),
        (TOLD, "is_over", 1),
        (TOLD, "kind", "RESERVATION"),
        *((CLAIM, *each) for each in (*OF_REVISION, *OF_CONTENT)),
        *((CLAIM, "spoken_at_ms", value) for value in COUNTED),
        (CLAIM, "reply", "MAYBE"),
        (CLAIM, "spoken_by", "two\nlines"),
        (CLAIM, "read_back", "r" * 1_001),
        (CLAIM, "counter", {}),
    ],
)
def test_a_word_with_one_field_wrong_is_a_value_error(word: Word, path: str, value: Any):
    with pytest.raises(ValueError, match=r"."):
        errands.read(errands.kind_of(word), changed(word, path, value))


def twisted() -> dict[str, Any]:
    """A footprint whose edges cross, as JSON."""
    return json.loads(msgspec.json.encode(BOW_TIE))


@pytest.mark.parametrize(
    ("word", "path"),
    [
        (REQUEST, "content.volumes.0.volume.footprint"),
        (CLAIM, "content.volumes.0.volume.footprint"),
        (STATE, "content.volumes.0.volume.footprint"),
        (STATE, "imposed.0.footprint"),
    ],
)
def test_a_volume_whose_outline_crosses_itself_is_a_value_error(word: Word, path: str):
    with pytest.raises(ValueError, match="cross"):
        errands.read(errands.kind_of(word), changed(word, path, twisted()))


def test_fields_of_a_later_version_are_passed_over():
    assert errands.read("crossing-confirm", changed(WORDS[1], "of_tomorrow", 1)) == WORDS[1]


# --- sizes ------------------------------------------------------------------------------------------------


def test_what_is_asked_for_must_fit_a_message():
    assert errands.too_large(CONTENT) is None
    many = msgspec.structs.replace(CONTENT, volumes=KEPT * 200)
    assert len(msgspec.json.encode(many.volumes)) > VOLUMES_BYTES_MAX
    assert errands.too_large(many) == "volumes_bytes_max"


def test_a_plan_that_does_not_fit_is_said_to_be_too_large_for_itself():
    points = 90
    step = (EAST[1] - WEST[1]) / points
    route = tuple(
        a_point((34.0, 32.0 + at * step), 60 + at, corridor_id="C" * 60, designator="D" * 60)
        for at in range(points)
    )
    plan = a_plan(route=(*route, a_point(EAST, 60 + points)))
    assert len(msgspec.json.encode(plan)) > PLAN_BYTES_MAX
    assert errands.too_large(msgspec.structs.replace(CONTENT, plan=plan)) == "plan_bytes_max"


def test_the_largest_that_is_asked_for_fits_the_body_of_a_message():
    circle = footprints.circle((34 * DEG, 32 * DEG), 1_000_000)
    one = msgspec.structs.replace(KEPT[0], volume=msgspec.structs.replace(KEPT[0].volume, footprint=circle))
    most = max(
        count
        for count in range(1, 400)
        if errands.too_large(msgspec.structs.replace(CONTENT, volumes=(one,) * count)) is None
    )
    largest = msgspec.structs.replace(REQUEST.content, volumes=(one,) * most)
    said = errands.said(msgspec.structs.replace(REQUEST, content=largest))
    assert len(said.encode()) <= VOLUMES_BYTES_MAX + PLAN_BYTES_MAX + 2_000


# --- errands ----------------------------------------------------------------------------------------------


def test_the_same_word_is_one_errand_and_every_other_is_another():
    words = [*WORDS, CrossingConfirm(object_id="F1", filed_ms=NOON_MS + 1, revision=1)]
    words += [CrossingReply(**ONE, revision=1, reply=Reply.ACCEPTED), CrossingConfirm(**ONE, revision=2)]
    ids = [errands.errand("south", word, 1_000).errand_id for word in words]
    assert len(set(ids)) == len(words)
    assert ids == [errands.errand("south", word, 2_000).errand_id for word in words]
    assert not set(ids) & {errands.errand("east", word, 1_000).errand_id for word in words}


def test_an_errand_is_kept_until_it_is_done():
    one = errands.errand("south", REQUEST, 1_000)
    assert errands.evolve(None, ErrandKept(errand=one)) == one
    assert errands.evolve(one, ErrandDone(errand_id=one.errand_id)) is None
    with pytest.raises(InvariantError, match="done without being there"):
        errands.evolve(None, ErrandDone(errand_id=one.errand_id))
