"""The one catalogue of texts, in four languages; its data files are shared with the page.

Each catalogue NAME is four files `NAME.<language>.json` beside this module.
"""

from functools import cache
from importlib.resources import files
from string import Formatter

import msgspec

LANGUAGES = ("en", "ar", "fr", "ru")  # the order in which they are offered; the first is the fallback
ACCEPT_LANGUAGE_MAX = 512  # chosen: browsers send far less; the rest is not read


def _catalogue(name: str) -> dict[str, dict[str, str]]:
    folder = files("mamarr.phrases")
    return {
        language: msgspec.json.decode(
            folder.joinpath(f"{name}.{language}.json").read_bytes(), type=dict[str, str]
        )
        for language in LANGUAGES
    }


_TEXTS = _catalogue("reasons")
_FIELDS = _catalogue("fields")


def text(key: str, language: str, **values: str) -> str:
    """The text `key` of the reasons catalogue in `language`, its placeholders filled from `values`.

    KeyError when the key, or the value of a placeholder, is missing: a defect of ours, seen by a test.
    """
    return _TEXTS[language][key].format_map(values)


class Sentence(msgspec.Struct, frozen=True):
    """A text of the fields catalogue as a pattern: literals, and between each two of them one placeholder."""

    key: str
    literals: tuple[str, ...]
    names: tuple[str, ...]

    def values(self, said: str) -> dict[str, str] | None:
        """What stands at the placeholders of `said`, a character or more at each; None if it is no such text.

        Each placeholder but the last is as short as can be: what follows it is looked for once, so that the
        cost is linear whatever a stranger's text in `said` looks like.
        """
        if not self.names:
            return {} if said == self.literals[0] else None
        first, *between, last = self.literals
        if not (said.startswith(first) and said.endswith(last)):
            return None
        at, end, found = len(first), len(said) - len(last), []
        for literal in between:
            next_at = said.find(literal, at + 1, end)
            if next_at < 0:
                return None
            found.append(said[at:next_at])
            at = next_at + len(literal)
        return dict(zip(self.names, (*found, said[at:end]), strict=True)) if at < end else None


@cache
def field_sentences() -> tuple[Sentence, ...]:
    """The fields catalogue in English, the sentence with the most words of ours first."""
    read = []
    for key, template in _FIELDS[LANGUAGES[0]].items():
        literals, names = [""], []
        for literal, name, _, _ in Formatter().parse(template):
            literals[-1] += literal
            if name is not None:
                names.append(name)
                literals.append("")
        read.append(Sentence(key, tuple(literals), tuple(names)))
    return tuple(sorted(read, key=lambda each: -sum(map(len, each.literals))))


def said(sentence: str, language: str) -> str:
    """`sentence`, said in English by our own code about a field of a request, in `language`.

    Its numbers and names stay as they are, a stranger's text among them too. What is no sentence of the
    fields catalogue, such as a list of names, stays as it is.
    """
    if language == LANGUAGES[0]:
        return sentence
    for each in field_sentences():
        values = each.values(sentence)
        if values is not None:
            return _FIELDS[language][each.key].format_map(values)
    return sentence


def chosen(accept_language: str) -> str:
    """The best of our languages for an Accept-Language header; never fails.

    Source: RFC 9110 section 12.5.4, without the wildcard: equal weights go by order.
    """
    best, best_weight = LANGUAGES[0], 0.0
    for item in accept_language[:ACCEPT_LANGUAGE_MAX].split(","):
        tag, _, weight_text = item.strip().partition(";q=")
        try:
            weight = float(weight_text) if weight_text else 1.0
        except ValueError:
            continue
        language = tag.partition("-")[0].lower()
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best
