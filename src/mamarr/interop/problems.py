"""Problem details: a refusal or a broken request, as RFC 9457 says it, in the asker's language."""

from http import HTTPStatus

import msgspec

from mamarr import phrases
from mamarr.faults import Reason, Refusal, WireError

TYPE = "urn:mamarr:problem:"
STATUS = {
    Reason.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    Reason.COMMAND_ID_REUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
    Reason.ID_TAKEN: HTTPStatus.CONFLICT,
    Reason.LIMIT_REACHED: HTTPStatus.TOO_MANY_REQUESTS,
    Reason.NOT_THERE: HTTPStatus.NOT_FOUND,
    Reason.NOT_YET: HTTPStatus.CONFLICT,
    Reason.NOT_YOURS: HTTPStatus.FORBIDDEN,
    Reason.READ_ONLY: HTTPStatus.SERVICE_UNAVAILABLE,
    Reason.TIME_PAST: HTTPStatus.CONFLICT,
    Reason.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Reason.VOLUME_HELD: HTTPStatus.CONFLICT,
    Reason.WRONG_STATUS: HTTPStatus.CONFLICT,
}


class FieldError(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is wrong at one place of the request, and what would be right."""

    at: str
    what: str
    allowed: str = ""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem detail. reason: a code that never changes with the language. because: ids it rests on."""

    type: str
    title: str
    status: int
    reason: str
    because: tuple[str, ...] = ()
    errors: tuple[FieldError, ...] = ()


def refused(refusal: Refusal, language: str) -> Problem:
    """The problem that says `refusal` in `language`."""
    return Problem(
        type=TYPE + refusal.reason,
        title=phrases.text(refusal.reason, language),
        status=STATUS[refusal.reason],
        reason=refusal.reason,
        because=refusal.because,
    )


def unreadable(wrong: WireError, language: str) -> Problem:
    """The problem that says where a request breaks its format."""
    error = FieldError(at=wrong.at, what=wrong.what, allowed=wrong.allowed)
    return problem("BAD_REQUEST", HTTPStatus.BAD_REQUEST, language, errors=(error,))


def problem(
    key: str, status: HTTPStatus, language: str, *, errors: tuple[FieldError, ...] = (), **values: str
) -> Problem:
    """A problem of the request itself: `key` names its text."""
    title = phrases.text(key, language, **values)
    return Problem(type=TYPE + key, title=title, status=status, reason=key, errors=errors)
