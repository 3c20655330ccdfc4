"""Every sentence about a field that a caller can be told has words in four languages, and no word is idle."""

from typing import Annotated

import msgspec
import pytest
from msgspec import inspect

from mamarr import phrases
from mamarr.interop.wire import allowed_by
from tests.phrases.sentences import MARK, sentences

OTHERS = phrases.LANGUAGES[1:]
# The same in every language: names of fields and codes, and forms of JSON.
NOTATION = {
    "<key id>:<base64>",
    "null",
    "WGS84, STD",
    "WGS84, STD, AMSL",
    "[[longitude, latitude], …]",
    "[[[longitude, latitude], …]]",
}
FORMS = {  # what `allowed_by` says of a type, and how that begins in French
    allowed_by(
        inspect.type_info(Annotated[float, msgspec.Meta(ge=-90, le=90)])
    ): "nombre (number) de -90 à 90",
    allowed_by(
        inspect.type_info(Annotated[int, msgspec.Meta(ge=0, le=5)])
    ): "nombre entier (integer) de 0 à 5",
    allowed_by(inspect.type_info(Annotated[str, msgspec.Meta(min_length=4, max_length=5)])): (
        "texte (string) de longueur 4 à 5"
    ),
    allowed_by(inspect.type_info(Annotated[list[bool], msgspec.Meta(min_length=1, max_length=9)])): (
        "[true, false, …] de longueur 1 à 9"
    ),
}


def filled(sentence: str) -> str:
    return sentence.replace(MARK, "7")


def test_every_sentence_of_ours_has_words_in_every_language():
    """All in one test: to list them, each worker that reads this file would read the sources first."""
    without = [f"{place}: {sentence}" for sentence, place in sentences().items() if not has_words(sentence)]
    assert without == []


def has_words(sentence: str) -> bool:
    said = [phrases.said(filled(sentence), language) for language in phrases.LANGUAGES]
    if sentence in NOTATION:
        return set(said) == {sentence}
    return (
        said[0] == filled(sentence)
        and len(set(said[1:])) == 3
        and filled(sentence) not in said[1:]
        and [text.count("7") - filled(sentence).count("7") for text in said] == [0, 0, 0, 0]
    )


def test_the_catalogue_says_in_english_what_the_code_says_and_nothing_else():
    written = {sentence for sentence in sentences() if sentence not in NOTATION}
    forms = {"number_form", "integer_form", "string_form", "list_form"}
    listed = {MARK.join(each.literals) for each in phrases.field_sentences() if each.key not in forms}
    assert listed == written


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_a_type_has_words(form: str):
    assert phrases.said(form, "fr") == FORMS[form]
    assert len({phrases.said(form, language) for language in phrases.LANGUAGES}) == 4


def test_values_are_never_read_as_words_of_ours():
    sent = "{kind} is no {name} {0.__class__}"
    said = phrases.said(f"{sent!r} does not have the right form", "fr")
    assert said == f"{sent!r} n’a pas la bonne forme"
    assert phrases.said("'is missing' does not have the right form", "fr").startswith("'is missing' n’a")


def test_the_sentence_with_the_most_words_of_ours_is_meant():
    assert phrases.said("latitude is beyond 90 degrees at vertex 3", "fr").endswith("au sommet 3")
    assert phrases.said("latitude 91 is beyond 90 degrees", "fr") == "la latitude 91 dépasse 90 degrés"
    assert phrases.said("latitude is beyond 90 degrees", "fr") == "la latitude dépasse 90 degrés"


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize(
    "text", ["", "corridor, share, area", "no words of ours", " is above ", "F100 is above "]
)
def test_what_is_no_sentence_of_ours_stays_as_it_is(text: str, language: str):
    assert phrases.said(text, language) == text


@pytest.mark.parametrize("language", OTHERS)
def test_no_words_turn_the_direction_of_reading(language: str):
    for sentence in sentences():
        said = phrases.said(filled(sentence), language)
        assert len(said) <= 250
        assert all(letter.isprintable() for letter in said), said
