from pathlib import Path

from mamarr.web.typescript import rendered, rendered_of_uss


def test_the_page_knows_the_messages_as_they_are():
    wire = Path(__file__).parents[2] / "ui" / "src" / "wire.ts"
    assert wire.read_text() == rendered(), "run: .venv/bin/python -m mamarr.web.typescript > ui/src/wire.ts"


def test_the_page_of_a_uss_knows_its_messages_as_they_are():
    wire = Path(__file__).parents[2] / "ui" / "src" / "uss" / "wire.ts"
    fresh = "run: .venv/bin/python -m mamarr.web.typescript uss > ui/src/uss/wire.ts"
    assert wire.read_text() == rendered_of_uss(), fresh
