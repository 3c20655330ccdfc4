"""What a USS is told when the answer is no: a sentence in its language, and which status it has."""

from mamarr import phrases
from mamarr.faults import Refusal, WireError
from mamarr.interop.problems import in_words


def unreadable(wrong: WireError, language: str) -> str:
    """The sentence that says where a request breaks its format, and what would have been right."""
    what = phrases.text(wrong.code, language) if wrong.code else in_words(wrong.what, language)
    allowed = phrases.said(wrong.allowed, language)
    return f"{what} - `{wrong.at}`" + (f" ({allowed})" if allowed else "")


def sentence(refusal: Refusal, language: str) -> str:
    """The sentence that says why not."""
    said = phrases.text(refusal.reason, language)
    because = ", ".join(refusal.because)
    return f"{said} ({because})" if because else said
