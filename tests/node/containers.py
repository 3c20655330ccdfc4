"""The commands of a Containerfile, run in an empty directory instead of in an image."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PLACES = re.compile(r"(?<![\w/])/(?=opt|srv|tmp|etc)")  # of the image, which lie in the directory here
RUN_S = 120


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Each instruction: its name, and the rest of it in one line."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in lines.replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield name, rest.strip()


def inside(text: str, root: Path) -> str:
    """The text with the places of the image in `root`."""
    return PLACES.sub(f"{root}/", text)


class Image:
    """What the commands of a Containerfile leave in `root`. context: where COPY finds files.

    environment: what its processes find; entry, health: the commands of ENTRYPOINT and HEALTHCHECK.
    """

    def __init__(self, text: str, *, root: Path, context: Path) -> None:
        self.root, self.context = root, context
        # What pip would load is installed here already: the wheel alone is new.
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "ROOT": str(root),
            **dict.fromkeys(("PIP_NO_DEPS", "PIP_NO_INDEX", "PIP_NO_COMPILE"), "1"),
            "PIP_IGNORE_INSTALLED": "1",  # else pip takes away the Mamarr that runs this test
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        self.entry: list[str] = []
        self.health: list[str] = []
        self.names: list[str] = []
        for name, rest in instructions(text):
            self.names.append(name)
            getattr(self, f"_{name.lower()}", lambda _: None)(rest)

    def _copy(self, rest: str) -> None:
        *sources, target = shlex.split(rest)
        folder = Path(inside(target, self.root))
        folder.mkdir(parents=True, exist_ok=True)
        for source in sources:
            found = list(self.context.glob(source))
            if not found:
                raise FileNotFoundError(f"COPY {source}: there is no such file")
            for each in found:
                shutil.copy(each, folder)

    def _run(self, rest: str) -> None:
        subprocess.run(
            ["/bin/sh", "-ec", rest],
            cwd=self.root,
            env=self.environment,
            check=True,
            timeout=RUN_S,
            capture_output=True,
        )

    def _env(self, rest: str) -> None:
        name, _, value = rest.partition("=")
        said = inside(value, self.root)
        self.environment[name] = f"{said}:{os.environ['PATH']}" if name == "PATH" else said

    def _entrypoint(self, rest: str) -> None:
        self.entry = [inside(each, self.root) for each in json.loads(rest)]

    def _healthcheck(self, rest: str) -> None:
        self.health = json.loads(rest[rest.index("CMD ") + 4 :])
