"""The one catalogue of texts, in four languages; its data files are shared with the page.

Each catalogue NAME is four files `NAME.<language>.json` beside this module.
"""

from importlib.resources import files

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


def text(key: str, language: str, **values: str) -> str:
    """The text `key` of the reasons catalogue in `language`, its placeholders filled from `values`.

    KeyError when the key, or the value of a placeholder, is missing: a defect of ours, seen by a test.
    """
    return _TEXTS[language][key].format_map(values)


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
