"""What `make` makes again, and why."""

import os
import py_compile
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_page_is_made_again_for_its_sources_and_not_because_python_ran():
    py_compile.compile(str(ROOT / "src/mamarr/phrases/__init__.py"))
    told = subprocess.run(
        ["make", "--eval", "told: ; @echo $(UI_SOURCES)", "told"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert {"ui/src/main.ts", "src/mamarr/phrases/page.en.json"} <= set(told)
    assert [source for source in told if "__pycache__" in source] == []
