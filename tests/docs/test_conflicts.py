"""The page about conflicts in flight is followed, word for word."""

import re

import numpy as np

from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "conflicts.md").read_text(encoding="utf-8")


EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
PRINTED = re.findall(r"```\n\n```\n(.*?)```", PAGE, re.DOTALL)


def test_its_example_prints_what_it_says(capsys):
    exec(compile(EXAMPLES[0], "conflicts.md", "exec"), {})
    assert capsys.readouterr().out == PRINTED[0]


def test_its_plan_has_one_stretch():
    names: dict[str, np.ndarray] = {}
    exec(compile(EXAMPLES[2], "conflicts.md", "exec"), names)
    assert len(names["stretches"]) == 1
