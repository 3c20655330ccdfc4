"""Build the page into the package before hatchling packs it.

Skips when the built page is newer than every source in `ui/`, and for an sdist (which carries the built
page). Fails with a sentence that says what to do when there is neither npm nor a built page.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = (
    "src",
    "public",
    "index.html",
    "uss.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "tsconfig.json",
)


def sources(root: Path) -> list[Path]:
    """Every file the page is made of: `ui/` and the texts it shares with Python."""
    found = [root / "ui" / name for name in SOURCES] + [root / "src" / "mamarr" / "phrases"]
    return [file for top in found for file in ([top] if top.is_file() else top.rglob("*")) if file.is_file()]


def is_fresh(root: Path) -> bool:
    """Whether the built page is there and at least as new as all it is made of."""
    index = root / "src" / "mamarr" / "web" / "built" / "index.html"
    return index.exists() and all(file.stat().st_mtime <= index.stat().st_mtime for file in sources(root))


class PageBuildHook(BuildHookInterface):  # type: ignore[misc,type-arg]
    """hatchling's hook: make `src/mamarr/web/built` if it is stale."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run npm when it is needed. version: "editable" for a checkout, whose page `make` builds."""
        del build_data
        root = Path(self.root)
        built = root / "src" / "mamarr" / "web" / "built" / "index.html"
        if is_fresh(root) or (version == "editable" and os.environ.get("MAMARR_SKIP_UI_BUILD")):
            return
        npm = shutil.which("npm")
        if npm is None:
            if built.exists():
                return
            raise RuntimeError(
                "The page is not built and npm is not on PATH. Install Node.js 20 or later (Debian: apt-get "
                "install nodejs npm), or install Mamarr from a wheel, which carries the built page."
            )
        for command in ([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], [npm, "run", "build"]):
            subprocess.run(command, cwd=root / "ui", check=True)
