"""Problem details: a refusal or a broken request, as RFC 9457 says it, in the asker's language."""

from datetime import datetime
from http import HTTPStatus

import msgspec

from mamarr import phrases
from mamarr.engine.gate import Cause
from mamarr.engine.offers import Alternative
from mamarr.faults import Reason, Refusal, WireError
from mamarr.geometry.units import moment_from_ms
from mamarr.interop.disclosure_messages import CauseMessage, cause_message
from mamarr.interop.flight_messages import AlternativeMessage, alternative_message
from mamarr.interop.wire import ECHO_MAX

TYPE = "urn:mamarr:problem:"
STATUS = {
    Reason.AGREED: HTTPStatus.CONFLICT,
    Reason.AGREEMENT_SUSPENDED: HTTPStatus.CONFLICT,
    Reason.BAD_GEOMETRY: HTTPStatus.UNPROCESSABLE_ENTITY,
    Reason.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    Reason.CLOCK_UNSURE: HTTPStatus.CONFLICT,
    Reason.COMMAND_ID_REUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
    Reason.CONFLICT: HTTPStatus.CONFLICT,
    Reason.CORRIDOR_CLOSED: HTTPStatus.CONFLICT,
    Reason.DECLINED: HTTPStatus.CONFLICT,
    Reason.DETAILS_UNKNOWN: HTTPStatus.CONFLICT,
    Reason.DRONES_PLANNED: HTTPStatus.CONFLICT,
    Reason.LEVEL_OUTSIDE: HTTPStatus.CONFLICT,
    Reason.NAVIGATION_SPECIFICATION: HTTPStatus.CONFLICT,
    Reason.NOTICE_UNFIT: HTTPStatus.CONFLICT,
    Reason.NOT_AVAILABLE: HTTPStatus.CONFLICT,
    Reason.SECOND_PERSON_NEEDED: HTTPStatus.FORBIDDEN,
    Reason.NOT_ON_CORRIDOR: HTTPStatus.CONFLICT,
    Reason.TIME_IMPLAUSIBLE: HTTPStatus.CONFLICT,
    Reason.TOO_FAR_AHEAD: HTTPStatus.CONFLICT,
    Reason.UNKNOWN_CENTRE: HTTPStatus.CONFLICT,
    Reason.UNKNOWN_CORRIDOR: HTTPStatus.CONFLICT,
    Reason.UNKNOWN_FORMATION: HTTPStatus.CONFLICT,
    Reason.WRONG_DIRECTION: HTTPStatus.CONFLICT,
    Reason.NOT_SAID: HTTPStatus.CONFLICT,
    Reason.SAID_OTHERWISE: HTTPStatus.CONFLICT,
    Reason.NO_ANSWER: HTTPStatus.CONFLICT,
    Reason.OTHER_AGREEMENT: HTTPStatus.CONFLICT,
    Reason.OTHER_AUTHORITY: HTTPStatus.CONFLICT,
    Reason.ID_TAKEN: HTTPStatus.CONFLICT,
    Reason.LIMIT_REACHED: HTTPStatus.TOO_MANY_REQUESTS,
    Reason.NOT_THERE: HTTPStatus.NOT_FOUND,
    Reason.NOT_YET: HTTPStatus.CONFLICT,
    Reason.NOT_YOURS: HTTPStatus.FORBIDDEN,
    Reason.PERSON_NEEDED: HTTPStatus.FORBIDDEN,
    Reason.READ_ONLY: HTTPStatus.SERVICE_UNAVAILABLE,
    Reason.RECOVERING: HTTPStatus.SERVICE_UNAVAILABLE,
    Reason.TIME_PAST: HTTPStatus.CONFLICT,
    Reason.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Reason.UNKNOWN_PARTY: HTTPStatus.CONFLICT,
    Reason.UNALLOTTED: HTTPStatus.CONFLICT,
    Reason.UNREACHABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Reason.VOLUME_HELD: HTTPStatus.CONFLICT,
    Reason.WRONG_STATUS: HTTPStatus.CONFLICT,
    Reason.IN_USE: HTTPStatus.CONFLICT,
    Reason.KEY_INCOMPLETE: HTTPStatus.CONFLICT,
    Reason.NOT_COVERED: HTTPStatus.BAD_REQUEST,
    Reason.OTHER_VERSION: HTTPStatus.CONFLICT,
    Reason.SUBSCRIPTION_NEEDED: HTTPStatus.BAD_REQUEST,
    Reason.SUFFIX_UNFIT: HTTPStatus.BAD_REQUEST,
    Reason.TIMES_UNFIT: HTTPStatus.BAD_REQUEST,
    Reason.UNKNOWN_SUBSCRIPTION: HTTPStatus.BAD_REQUEST,
}


class FieldError(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is wrong at one place of the request, and what would be right.

    code: never changes with the language. what, allowed: in the asker's language; ids, numbers, names of
    fields and of JSON's types stay as they are.
    """

    at: str
    what: str
    allowed: str = ""
    code: str = ""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem detail. reason: a code that never changes with the language. because: ids it rests on.

    limit: which limit is reached, as `limit_name` says. free_at: when the same may be asked again, where the
    clock decides that. alternatives: plans that could be filed instead, and whether they hold. causes: what
    stands in the way.
    """

    type: str
    title: str
    status: int
    reason: str
    because: tuple[str, ...] = ()
    limit: str | None = None
    free_at: datetime | None = None
    alternatives: tuple[AlternativeMessage, ...] = ()
    causes: tuple[CauseMessage, ...] = ()
    errors: tuple[FieldError, ...] = ()


def refused(
    refusal: Refusal, language: str, offered: tuple[Alternative, ...] = (), causes: tuple[Cause, ...] = ()
) -> Problem:
    """The problem that says `refusal` in `language`, with its causes and what is offered instead."""
    free_at = None if refusal.free_at_ms is None else moment_from_ms(refusal.free_at_ms)
    title = (
        phrases.text(refusal.reason, language)
        if free_at is None
        else phrases.text("GIVEN_UP", language, free_at=f"{free_at:%H:%M}Z")
    )
    return Problem(
        type=TYPE + refusal.reason,
        title=title,
        status=STATUS[refusal.reason],
        reason=refusal.reason,
        because=refusal.because,
        limit=limit_name(refusal),
        free_at=free_at,
        alternatives=tuple(alternative_message(each) for each in offered),
        causes=tuple(cause_message(each) for each in causes),
    )


def limit_name(refusal: Refusal) -> str | None:
    """Which limit `refusal` is for: a field of the terms as `PUT /api/terms` names it, or one of the node's.

    It is told to whoever is refused, as the limits are; it is no id of anything.
    """
    if refusal.limit is None or not refusal.limit.endswith("_ms"):
        return refusal.limit
    return refusal.limit.removesuffix("_ms") + "_s"


def unreadable(wrong: WireError, language: str) -> Problem:
    """The problem that says where a request breaks its format."""
    what = phrases.text(wrong.code, language) if wrong.code else in_words(wrong.what, language)
    allowed = phrases.said(wrong.allowed, language)
    error = FieldError(at=wrong.at, what=what, allowed=allowed, code=wrong.code)
    return problem("BAD_REQUEST", HTTPStatus.BAD_REQUEST, language, errors=(error,))


def in_words(what: str, language: str, code: str = "") -> str:
    """What is wrong at a place, in `language`; `code` as of a `Finding` in a file.

    In English what JSON's reader says of a type stays, for it names both types. A sentence that a stranger's
    text made too long is cut off before our words: such a text does not have the right form.
    """
    if language == phrases.LANGUAGES[0]:
        return what
    said = phrases.text(code, language) if code else phrases.said(what, language)
    return phrases.text("FIELD_FORM", language) if said == what and len(what) == ECHO_MAX else said


def problem(
    key: str, status: HTTPStatus, language: str, *, errors: tuple[FieldError, ...] = (), **values: str
) -> Problem:
    """A problem of the request itself: `key` names its text."""
    title = phrases.text(key, language, **values)
    return Problem(type=TYPE + key, title=title, status=status, reason=key, errors=errors)
