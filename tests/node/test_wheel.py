"""What is shipped: the wheel carries the page and runs the demo without Node.js; the sdist can build it."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import httpx
import pytest

from mamarr.node.warming import warm
from tests.node.containers import Image
from tests.web.tokens import a_key

pytestmark = pytest.mark.slow
LEFT_OUT = (".git", ".venv", "node_modules", "__pycache__", ".hypothesis", ".*_cache", "dist", "demo-data")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # In a copy: other workers write caches into this checkout while it is packed.
    copy, folder = tmp_path_factory.mktemp("copy") / "mamarr", tmp_path_factory.mktemp("dist")
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    result = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


@pytest.fixture(scope="module")
def site(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked: what one test has Python compile is so for the next."""
    (wheel,) = built.glob("*.whl")
    folder = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def test_the_wheel_has_the_page_the_texts_and_the_licences(built: Path):
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in ("web/built/index.html", "web/built/licences.txt", "phrases/page.ar.json", "py.typed"):
        assert f"mamarr/{wanted}" in names
    for wanted in (
        "recorded_1.json.gz",
        "README.md",
        "LICENSE-traffic-MIT.md",
        "recorded_2.json.gz",
        "rid_zurich.kml",
    ):
        assert f"mamarr/node/demo_data/{wanted}" in names
    assert any(name.endswith("licenses/NOTICE") for name in names)
    assert not [name for name in names if name.startswith(("ui/", "tests/")) or "node_modules" in name]


@pytest.mark.requirement("THREATS 19")
def test_the_wheel_holds_no_key_and_no_record(built: Path):
    (wheel,) = built.glob("*.whl")
    archive = zipfile.ZipFile(wheel)
    for name in archive.namelist():
        content = archive.read(name)
        assert b"PRIVATE KEY" not in content, name
        assert b"SQLite format 3\0" not in content[:16], name
        assert not name.endswith((".token", "identity.json")), name


@pytest.mark.requirement("THREATS 19")
def test_the_wheel_serves_without_the_development_issuer(site: Path, tmp_path: Path):
    code = "import sys, mamarr.node.node_commands as found\nprint(found.__file__, *sys.modules, sep='\\n')"
    environment = {"PYTHONPATH": str(site), "PATH": "", "LANG": "C.UTF-8", "HOME": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    where, *loaded = result.stdout.split()
    assert where.startswith(str(site)), "the checkout was tried instead of the wheel"
    assert "mamarr.node.wiring" in loaded
    assert "mamarr.node.development_issuer" not in loaded


def test_the_sdist_has_the_built_page_and_what_it_is_made_of(built: Path):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for wanted in (
        "src/mamarr/web/built/index.html",
        "ui/package-lock.json",
        "LICENSE",
        "NOTICE",
        "Makefile",
    ):
        assert wanted in names
    assert not [name for name in names if "node_modules" in name or name.startswith((".venv", "demo-data"))]


def take_what_is_compiled(site: Path) -> None:
    """Give an unpacked wheel what numba has compiled of the same sources here: half a minute of CPU."""
    warm()
    for kernels in (ROOT / "src" / "mamarr").glob("*/*kernels.py"):
        same = site / kernels.relative_to(ROOT / "src")
        assert same.read_bytes() == kernels.read_bytes()
        time_ns = kernels.stat().st_mtime_ns
        os.utime(same, ns=(time_ns, time_ns))  # by time and size numba tells whether a source has changed
        same.with_name("__pycache__").mkdir(exist_ok=True)
        for compiled in kernels.parent.glob(f"__pycache__/{kernels.stem}.*.nb?"):
            shutil.copy(compiled, same.with_name("__pycache__"))


def test_the_wheel_runs_the_demo_without_node_js(site: Path, tmp_path: Path):
    take_what_is_compiled(site)
    environment = {"PYTHONPATH": str(site), "PATH": "", "LANG": "C.UTF-8", "HOME": str(tmp_path)}
    where = "import mamarr; print(mamarr.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", where], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.startswith(str(site)), "the checkout was tried instead of the wheel"
    command = [sys.executable, "-m", "mamarr", "demo", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as demo:
        try:
            ready = next(line for line in demo.stdout if line.startswith("ready: "))
            page = httpx.get(ready.removeprefix("ready: ").partition("#")[0], trust_env=False, verify=False)
            assert page.status_code == 200
            assert "<script" in page.text
        finally:
            demo.kill()


CONTAINERFILE = ROOT / "Containerfile"
PLANTED = {
    "COPY dist/*.whl": "COPY dist/*.wheel",
    "RUN pip install": "RUN pip instal",
    "--prefix": "--prefixed",
}


def context_of(built: Path, folder: Path) -> Path:
    (wheel,) = built.glob("*.whl")
    (folder / "context" / "dist").mkdir(parents=True)
    shutil.copy(wheel, folder / "context" / "dist")
    (folder / "root").mkdir()
    return folder / "context"


def test_the_commands_of_the_containerfile_make_a_dss_that_is_healthy(built: Path, tmp_path: Path):
    image = Image(CONTAINERFILE.read_text(), root=tmp_path / "root", context=context_of(built, tmp_path))
    assert {"FROM", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT"} <= set(image.names)
    assert not (image.root / "tmp" / "mamarr").exists()
    key = tmp_path / "authority.pem"
    key.write_bytes(a_key("RS256").as_pem(private=False))
    command = [*image.entry, "--public-key", str(key), "--audience", "dss.example", "--port", "0"]
    found = shutil.which(command[0], path=image.environment["PATH"])
    assert found is not None
    assert found.startswith(str(image.root)), "another mamarr was found"
    with subprocess.Popen(
        [found, *command[1:]],
        env=image.environment,
        cwd=image.root / "srv/dss",
        stdout=subprocess.PIPE,
        text=True,
    ) as dss:
        try:
            ready = next(line for line in dss.stdout if line.startswith("ready: "))
            asked = image.environment | {"PORT": ready.rstrip("/\n").rpartition(":")[2]}
            healthy = [
                subprocess.run(image.health, env=each, capture_output=True).returncode
                for each in (asked, asked | {"PORT": "1"})
            ]
            assert healthy == [0, 1]
            assert (image.root / "srv/dss/record.sqlite").exists()
        finally:
            dss.terminate()
    assert dss.wait() == 0


@pytest.mark.parametrize(("right", "wrong"), PLANTED.items(), ids=PLANTED.values())
def test_a_broken_command_of_a_containerfile_is_noticed(right: str, wrong: str, built: Path, tmp_path: Path):
    text = CONTAINERFILE.read_text()
    assert right in text
    context = context_of(built, tmp_path)
    with pytest.raises((FileNotFoundError, subprocess.CalledProcessError)):
        Image(text.replace(right, wrong), root=tmp_path / "root", context=context)
