"""The commands of a page of the documentation, as somebody who follows it types them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TWO_NODES = ROOT / "docs" / "two-nodes.md"
BLOCK = re.compile(r"^```sh( terminal)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACEHOLDER = "THE SIX WORDS"


def steps(page: str) -> list[tuple[bool, str]]:
    """The commands of the page in their order; whether each has a terminal of its own."""
    found = BLOCK.finditer(page)
    return [(block[1] is not None, line) for block in found for line in block[2].splitlines() if line]
