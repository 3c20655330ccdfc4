"""The page about routes is followed, word for word."""

import re

from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "routes.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
PRINTED = re.findall(r"```\n\n```\n(.*?)```", PAGE, re.DOTALL)


def test_its_example_prints_what_it_says(capsys):
    exec(compile(EXAMPLES[0], "routes.md", "exec"), {})
    assert capsys.readouterr().out == PRINTED[0]


def test_its_picture_is_there():
    assert "</svg>" in (ROOT / "docs" / "routes-corridor.svg").read_text(encoding="utf-8")
