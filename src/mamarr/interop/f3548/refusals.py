"""What a USS is told when the answer is no: a sentence in its language, and which status it has."""

from http import HTTPStatus

from mamarr import phrases
from mamarr.discovery.intents import CELLS_LIMIT
from mamarr.faults import BECAUSE_MAX, Reason, Refusal, WireError
from mamarr.interop.problems import STATUS, in_words


def unreadable(wrong: WireError, language: str) -> str:
    """The sentence that says where a request breaks its format, and what would have been right."""
    what = phrases.text(wrong.code, language) if wrong.code else in_words(wrong.what, language)
    allowed = phrases.said(wrong.allowed, language)
    return f"{what} - `{wrong.at}`" + (f" ({allowed})" if allowed else "")


def sentence(refusal: Refusal, language: str) -> str:
    """The sentence that says why not."""
    said = phrases.text(refusal.reason, language)
    because = ", ".join(refusal.because[:BECAUSE_MAX])
    return f"{said} ({because})" if because else said


# What the standard's document, its reference and the public suite want; else as everywhere.
DSS_STATUS = {
    Reason.ID_TAKEN: HTTPStatus.CONFLICT,
    Reason.IN_USE: HTTPStatus.BAD_REQUEST,
    Reason.KEY_INCOMPLETE: HTTPStatus.CONFLICT,
    Reason.NOT_COVERED: HTTPStatus.BAD_REQUEST,
    Reason.OTHER_VERSION: HTTPStatus.CONFLICT,
    Reason.SUBSCRIPTION_NEEDED: HTTPStatus.BAD_REQUEST,
    Reason.SUFFIX_UNFIT: HTTPStatus.BAD_REQUEST,
    Reason.TIMES_UNFIT: HTTPStatus.BAD_REQUEST,
    Reason.TIME_PAST: HTTPStatus.BAD_REQUEST,
    Reason.UNKNOWN_SUBSCRIPTION: HTTPStatus.BAD_REQUEST,
    Reason.WRONG_STATUS: HTTPStatus.BAD_REQUEST,
}


def status_of(refusal: Refusal, *, is_change: bool = False) -> HTTPStatus:
    """The status of an answer that says no. is_change: of a reference that was to be changed."""
    if is_change and refusal.reason is Reason.NOT_THERE:
        return HTTPStatus.BAD_REQUEST  # the reference DSS and the prober; the document has no 404 here
    if refusal.limit == CELLS_LIMIT:
        return HTTPStatus.BAD_REQUEST  # as for every area that is too large
    return DSS_STATUS.get(refusal.reason, STATUS[refusal.reason])
