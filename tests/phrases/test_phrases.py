import pytest

from mamarr import phrases
from mamarr.faults import Reason


@pytest.mark.parametrize("language", phrases.LANGUAGES)
@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words_in_every_language(reason: Reason, language: str):
    assert len(phrases.text(reason, language)) > 10


def test_the_languages_say_different_things():
    for reason in Reason:
        assert len({phrases.text(reason, language) for language in phrases.LANGUAGES}) == 4


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("ar", "ar"),
        ("AR-LB", "ar"),
        ("de", "en"),
        ("de, fr", "fr"),
        ("en;q=0.2, ru;q=0.9", "ru"),
        ("fr;q=0", "en"),
        (";;;,,,q=", "en"),
        ("fr;q=nan, ru", "ru"),
        ("x" * 100_000, "en"),
    ],
)
def test_the_best_of_our_languages_is_chosen(header: str, language: str):
    assert phrases.chosen(header) == language
