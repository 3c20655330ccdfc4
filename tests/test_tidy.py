"""The house is tidy, and no rule of tidiness is one that cannot fail."""

import json
from pathlib import Path

import pytest

from tests import tidy_rules
from tests.tidy_rules import RULES, Finding, Rule

ROOT = Path(__file__).resolve().parent.parent
DOC = '"""What it is."""\n'
LONG_FUNCTION = DOC + 'def long() -> None:\n    """Too long."""\n' + "    print()\n" * 60
ENGLISH = {"refused": {"held": "{volume} is held by {holder}"}, "title": "Corridors"}


def text_of(found: list[Finding]) -> str:
    return "\n".join(str(finding) for finding in found)


def named(check: str) -> Rule:
    return next(rule for rule in RULES if rule.check.__name__ == check)


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return tidy_rules.tree_of(ROOT)


@pytest.fixture(scope="module")
def found(texts) -> dict[Rule, list[Finding]]:
    return tidy_rules.findings_of_each(RULES, texts)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.check.__name__)
def test_every_file_keeps_the_rule(rule, found):
    assert not found[rule], text_of(found[rule])


def test_every_catalogue_says_the_same_in_four_languages(texts):
    found = tidy_rules.catalogues_agree(tidy_rules.catalogues(texts))
    assert not found, text_of(found)


def test_the_rules_see_this_very_file(texts):
    assert "tests/test_tidy.py" in texts
    assert any(rule.applies("tests/test_tidy.py") for rule in RULES)


# --- planted violations -----------------------------------------------------------------------------------

AIRSPACE = "src/mamarr/airspace/corridors.py"
ENGINE = "src/mamarr/engine/decider.py"
RECORD = "src/mamarr/record/log.py"
STORE = "src/mamarr/record/sqlite_store.py"
SIMULATED = "src/mamarr/simulation/world.py"
NODE = "src/mamarr/node/serving.py"
TEST = "tests/airspace/test_corridors.py"

PLANTED = [
    ("units_last", AIRSPACE, "def climb(altitude: float) -> None: ..."),
    ("units_last", AIRSPACE, "class Corridor:\n    width: float | None"),
    ("units_last", AIRSPACE, "class Corridor:\n    widths: tuple[float, ...] = ()"),
    ("units_last", AIRSPACE, "class Corridor:\n    width: 'float'"),
    ("units_last", AIRSPACE, "class Corridor:\n    widths: dict[str, float]"),
    ("units_last", AIRSPACE, "def climb(altitude_max: int) -> None: ..."),
    ("units_last", AIRSPACE, "def climb(altitudes: list[np.float64]) -> None: ..."),
    ("units_last", AIRSPACE, "def climb(altitude: np.ndarray) -> None: ..."),
    ("units_last", AIRSPACE, "def climb(*, altitude_ft: float) -> None: ..."),
    ("units_last", AIRSPACE, "def climb(m: float) -> None: ..."),
    ("units_last", AIRSPACE, "HALF_WIDTH = 9260.0"),
    ("units_last", AIRSPACE, "def _climb(altitude: float) -> None: ..."),
    ("units_last", "src/mamarr/geometry/units.py", "def whole(scaled: float) -> int: ..."),
    ("no_outside_world", ENGINE, "from datetime import datetime\nnow = datetime.now()"),
    ("no_outside_world", ENGINE, "import datetime as dt\nnow = dt.datetime.utcnow()"),
    ("no_outside_world", ENGINE, "from datetime import date\ntoday = date.today()"),
    ("no_outside_world", ENGINE, "from datetime import datetime\nfield(default_factory=datetime.now)"),
    ("no_outside_world", ENGINE, "import time"),
    ("no_outside_world", ENGINE, "from time import monotonic, perf_counter as pc"),
    ("no_outside_world", ENGINE, "def late():\n    import random"),
    ("no_outside_world", ENGINE, "from secrets import token_hex"),
    ("no_outside_world", ENGINE, "import uuid\nname = uuid.uuid4()"),
    ("no_outside_world", ENGINE, "import numpy as np\nnp.random.default_rng(1)"),
    ("no_outside_world", ENGINE, "import os\nsalt = os.urandom(32)"),
    ("no_outside_world", ENGINE, "import socket"),
    ("no_outside_world", ENGINE, "import asyncio"),
    ("no_outside_world", ENGINE, "from threading import Lock"),
    ("no_outside_world", ENGINE, "from concurrent.futures import ThreadPoolExecutor"),
    ("no_outside_world", ENGINE, "import subprocess"),
    ("no_outside_world", ENGINE, "import http.client"),
    ("no_outside_world", ENGINE, "import os.path"),
    ("no_outside_world", ENGINE, "from datetime import datetime\nday = datetime.now().date()"),
    ("no_outside_world", ENGINE, "import sqlite3"),
    ("no_outside_world", ENGINE, "from importlib import import_module"),
    ("no_outside_world", ENGINE, "text = open('x')"),
    ("no_outside_world", ENGINE, "opener = open"),
    ("no_outside_world", ENGINE, "from pathlib import Path"),
    ("no_outside_world", ENGINE, "def read(place):\n    return place.read_text()"),
    (
        "no_outside_world",
        RECORD,
        "from cryptography.hazmat.primitives.asymmetric import ed25519\ned25519.Ed25519PrivateKey.generate()",
    ),
    ("no_outside_world", STORE, "import time"),
    ("no_outside_world", STORE, "import os\nsalt = os.urandom(32)"),
    ("no_outside_world", SIMULATED, "import random\nrandom.random()"),
    ("no_outside_world", SIMULATED, "from random import choice"),
    ("no_outside_world", SIMULATED, "import random\ndice = random.Random()"),
    ("no_outside_world", SIMULATED, "import secrets"),
    ("no_outside_world", "src/mamarr/phrases/catalogue.py", "text = open('x')"),
    ("functions_fit_a_screen", AIRSPACE, LONG_FUNCTION),
    ("functions_fit_a_screen", TEST, LONG_FUNCTION.replace("def long", "async def long")),
    ("files_fit_a_sitting", AIRSPACE, "\n" * 801),
    ("files_fit_a_sitting", "ui/src/page.ts", "\n" * 801),
    ("files_fit_a_sitting", "ui/src/page.css", "\n" * 801),
    ("files_fit_a_sitting", TEST, "\n" * 801),
    ("public_things_say_what_they_are", AIRSPACE, "x = 1"),
    ("public_things_say_what_they_are", AIRSPACE, DOC + "def decide(): ..."),
    ("public_things_say_what_they_are", AIRSPACE, DOC + "class Corridor: ..."),
    ("public_things_say_what_they_are", AIRSPACE, DOC + 'class C:\n    """C."""\n    def width_m(self): ...'),
    ("public_things_say_what_they_are", AIRSPACE, DOC + 'async def decide():\n    """ """'),
    ("no_name_of_hostility", AIRSPACE, "class HostileArea: ..."),
    ("no_name_of_hostility", AIRSPACE, "threat_level = 1"),
    ("no_name_of_hostility", AIRSPACE, "def f(threat_score): ..."),
    ("no_name_of_hostility", AIRSPACE, "class C:\n    KILLED = 1"),
    ("no_name_of_hostility", AIRSPACE, "def intercept_point(): ..."),
    ("no_name_of_hostility", AIRSPACE, "import x as enemy"),
    ("no_name_of_hostility", AIRSPACE, "self.weapons = ()"),
    ("no_name_of_hostility", AIRSPACE, "for target in tracks: ..."),
    ("no_name_of_hostility", AIRSPACE, "match x:\n    case target: ..."),
    ("no_name_of_hostility", "src/mamarr/airspace/targets.py", ""),
    ("no_name_of_hostility", NODE, "class WeaponFeed: ..."),
    ("no_text_of_hostility", "src/mamarr/phrases/page.en.json", '{"a": "hostile aircraft"}'),
    ("no_text_of_hostility", "src/mamarr/phrases/page.en.json", '{"a": "Threat level 3"}'),
    ("no_text_of_hostility", "src/mamarr/phrases/page.en.json", '{"kill_box": "box"}'),
    ("no_text_of_hostility", "src/mamarr/phrases/page.fr.json", '{"a": "la cible est perdue"}'),
    ("no_text_of_hostility", "src/mamarr/phrases/page.ru.json", '{"a": "Уровень угрозы"}'),
    ("no_text_of_hostility", "src/mamarr/phrases/page.ar.json", '{"a": "طائرة العدو"}'),
    ("no_text_of_hostility", "src/mamarr/phrases/page.ar.json", '{"weapon": "x"}'),
    ("errors_are_named", AIRSPACE, "try: f()\nexcept: g()"),
    ("errors_are_named", AIRSPACE, "try: f()\nexcept Exception: g()"),
    ("errors_are_named", AIRSPACE, "try: f()\nexcept (ValueError, BaseException) as e: g()"),
    ("errors_are_named", AIRSPACE, "try: f()\nexcept ValueError: pass"),
    ("errors_are_named", AIRSPACE, "try: f()\nexcept ValueError: ..."),
    ("errors_are_named", NODE, "import contextlib\nwith contextlib.suppress(Exception): f()"),
    ("errors_are_named", TEST, "try: f()\nexcept* Exception: g()"),
    ("modules_have_a_noun", "src/mamarr/airspace/utils.py", ""),
    ("modules_have_a_noun", "src/mamarr/helpers/__init__.py", ""),
    ("modules_have_a_noun", "src/mamarr/node/message_handler.py", ""),
    ("modules_have_a_noun", "ui/src/web/info.ts", ""),
    *(("no_path_of_one_machine", "README.md", f"see\n/{root}/x") for root in tidy_rules.MACHINE_ROOTS),
    ("no_path_of_one_machine", ".ci/run", f'cd "/{tidy_rules.MACHINE_ROOTS[0]}/x"'),
    ("no_path_of_one_machine", "Makefile", f"HERE=/{tidy_rules.MACHINE_ROOTS[1]}/x"),
    ("no_test_is_skipped", TEST, "import pytest\npytest.skip('later')"),
    ("no_test_is_skipped", TEST, "import pytest\n@pytest.mark.skipif(True, reason='x')\ndef test_x(): ..."),
    ("no_test_is_skipped", TEST, "import pytest\n@pytest.mark.xfail\ndef test_x(): ..."),
    ("no_test_is_skipped", TEST, "import pytest\nnumpy = pytest.importorskip('numpy')"),
    ("no_test_is_skipped", TEST, "from pytest import skip"),
    ("no_test_is_skipped", TEST, "import pytest\nparam = pytest.param(1, marks=pytest.mark.skip)"),
    ("no_test_is_skipped", "tests/conftest.py", "import unittest\n@unittest.skip('x')\ndef test_x(): ..."),
    ("python_lock_names_hashes_only", "requirements.lock", "a==1 \\\n    --hash=sha256:00\nb==2\n"),
    ("python_lock_names_hashes_only", "requirements.lock", "#   --index https://packages.example/\n"),
    ("python_lock_names_hashes_only", "requirements.lock", "--find-links wheels\n"),
    ("python_lock_names_hashes_only", "requirements.lock", "-i mirror\n"),
    ("python_lock_names_hashes_only", "requirements.lock", "a @ http://x/a.whl --hash=sha256:00\n"),
    (
        "page_lock_names_hashes_only",
        "ui/package-lock.json",
        '{"packages": {"node_modules/a": {"resolved": "https://x/a.tgz", "integrity": "sha512-x"}}}',
    ),
    (
        "page_lock_names_hashes_only",
        "ui/package-lock.json",
        '{"packages": {"node_modules/a": {"version": "1"}}}',
    ),
    (
        "page_lock_names_hashes_only",
        "ui/package-lock.json",
        '{"packages": {"node_modules/a": {"version": "git+https://x/a", "integrity": "sha512-x"}}}',
    ),
]


@pytest.mark.parametrize(("check", "path", "source"), PLANTED)
def test_a_planted_violation_is_found_once_per_line(check, path, source):
    found = tidy_rules.findings(named(check), {path: source})
    assert found, f"{check} saw nothing in {source!r}"
    assert {finding.path for finding in found} == {path}
    assert all(1 <= finding.line <= max(1, len(source.splitlines())) for finding in found)
    assert all(str(finding).startswith(f"{path}:{finding.line}: ") for finding in found)


def test_every_rule_has_a_planted_violation():
    assert {rule.check.__name__ for rule in RULES} == {check for check, _, _ in PLANTED}


CLEAN = [
    ("units_last", "src/mamarr/geometry/units.py", "def _whole(scaled: float) -> int: ..."),
    ("units_last", AIRSPACE, "def climb(altitude_lower_m: float, now: datetime, level: int) -> float: ..."),
    (
        "units_last",
        AIRSPACE,
        "class Track:\n    latitude_e7deg: int\n    load_ratio: float\n    altitude_index: int",
    ),
    (
        "units_last",
        AIRSPACE,
        "CLOSING_SPEED_MIN_MPS = 1e-6\nratio: float = 0.5\nf: Callable[[float], float] = g",
    ),
    ("units_last", "src/mamarr/geometry/units.py", "def metres(altitude_ft: float) -> float: ..."),
    ("units_last", "src/mamarr/interop/fpl.py", "def speed(ground_speed_kt: float) -> float: ..."),
    ("no_outside_world", NODE, "import time, socket, secrets\nnow = time.time()"),
    ("no_outside_world", "src/mamarr/web/routes.py", "import asyncio\nfrom pathlib import Path"),
    ("no_outside_world", STORE, "import os, sqlite3\nfrom pathlib import Path\nPath('x').read_bytes()"),
    ("no_outside_world", SIMULATED, "import random\ndef world(dice: random.Random): return random.Random(7)"),
    ("no_outside_world", SIMULATED, "from random import Random\ndice = Random(7)\ndice.random()"),
    (
        "no_outside_world",
        ENGINE,
        "from datetime import UTC, datetime, time\nnoon = datetime(2026, 1, 1, tzinfo=UTC)",
    ),
    ("units_last", "src/mamarr/web/access.py", "class Claims:\n    exp: int | float"),
    ("no_outside_world", ENGINE, "from http import HTTPStatus\nfound = HTTPStatus.OK"),
    ("no_outside_world", ENGINE, "from uuid import UUID\nimport io\nbuffer = io.BytesIO()\ngate.open(now)"),
    (
        "no_outside_world",
        "src/mamarr/phrases/catalogue.py",
        "from importlib import resources\ntext = resources.files('mamarr.phrases').joinpath('x').read_text()",
    ),
    ("functions_fit_a_screen", AIRSPACE, LONG_FUNCTION.removesuffix("    print()\n" * 2)),
    ("files_fit_a_sitting", AIRSPACE, "\n" * 800),
    (
        "public_things_say_what_they_are",
        AIRSPACE,
        DOC + "def _inner(): ...\nclass _Odd:\n    def f(self): ...",
    ),
    (
        "no_name_of_hostility",
        NODE,
        "import threading\nthreading.Thread(target=run)\nprocess.kill()\ntarget = 1",
    ),
    ("no_name_of_hostility", AIRSPACE, "skill = 1\nlevel_of_share = 2\ndef interval(): return event.target"),
    ("no_text_of_hostility", "src/mamarr/phrases/page.en.json", '{"a": "a skilled pilot; level 3"}'),
    ("no_text_of_hostility", "src/mamarr/phrases/page.fr.json", '{"a": "alarme"}'),
    ("errors_are_named", AIRSPACE, "try: f()\nexcept ValueError as error: raise WireError('x') from error"),
    ("modules_have_a_noun", "src/mamarr/record/log.py", ""),
    ("no_path_of_one_machine", "README.md", "https://example.org/home/ and ../work/x and network/root/"),
    (
        "no_test_is_skipped",
        TEST,
        "import pytest\n@pytest.mark.slow\ndef test_x():\n    skip = 1\n    return skip",
    ),
    (
        "python_lock_names_hashes_only",
        "requirements.lock",
        "# made by uv\na==1 \\\n    --hash=sha256:00\n    # via b\n",
    ),
    (
        "page_lock_names_hashes_only",
        "ui/package-lock.json",
        '{"packages": {"": {}, "node_modules/a": {"integrity": "x", "funding": {"url": "https://a.org/"}}}}',
    ),
]


@pytest.mark.parametrize(("check", "path", "source"), CLEAN)
def test_what_is_allowed_is_not_a_finding(check, path, source):
    assert not text_of(tidy_rules.findings(named(check), {path: source}))


@pytest.mark.parametrize("source", ["def broken(:", "def broken():"])
def test_a_file_that_is_not_python_is_a_finding(source):
    assert "is not Python" in text_of(tidy_rules.findings(named("units_last"), {AIRSPACE: source}))


# --- catalogues -------------------------------------------------------------------------------------------


def four_languages(**changed: object) -> dict[str, str]:
    """A good catalogue in all four languages, some of them changed; None leaves a language out."""
    contents = {language: changed.get(language, ENGLISH) for language in tidy_rules.LANGUAGES}
    return {
        f"src/mamarr/phrases/page.{language}.json": content
        if isinstance(content, str)
        else json.dumps(content)
        for language, content in contents.items()
        if content is not None
    }


def test_four_equal_languages_agree():
    assert tidy_rules.catalogues_agree(four_languages()) == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"ru": None}, "page.ru.json:1: this language of the catalogue is missing"),
        ({"ar": {"title": "x"}}, "page.ar.json:1: `refused.held` is missing in this language"),
        ({"fr": ENGLISH | {"more": "x"}}, "page.en.json:1: `more` is missing in this language"),
        ({"fr": ENGLISH | {"title": "{day}"}}, "`title` has placeholders ['day'], elsewhere []"),
        (
            {"ar": ENGLISH | {"refused": {"held": "{volume}"}}},
            "page.ar.json:1: `refused.held` has placeholders ['volume'], elsewhere ['holder', 'volume']",
        ),
        ({"en": ENGLISH | {"title": "  "}}, "page.en.json:1: `title` has no text"),
        ({"en": ENGLISH | {"title": 3}}, "page.en.json:1: `title` has no text"),
        (
            {"en": '{"title": "a",\n"title": "b", "refused": {"held": "{volume} {holder}"}}'},
            "is written twice",
        ),
        ({"en": "{"}, "page.en.json:1: is not JSON"),
    ],
)
def test_a_difference_between_languages_is_found(changed, sentence):
    assert sentence in text_of(tidy_rules.catalogues_agree(four_languages(**changed)))


def test_a_catalogue_of_an_unknown_language_is_found():
    found = tidy_rules.catalogues_agree(four_languages() | {"src/mamarr/phrases/page.xx.json": "{}"})
    assert "page.xx.json:1: a catalogue is called" in text_of(found)


# --- the tree ---------------------------------------------------------------------------------------------


def test_a_violation_on_disk_is_found_without_git(tmp_path):
    planted = tmp_path / "src" / "mamarr" / "engine" / "clock.py"
    planted.parent.mkdir(parents=True)
    planted.write_text("import time\n", encoding="utf-8")
    (tmp_path / "page.png").write_bytes(b"\x89PNG\xff\x00")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "a.txt").write_text("not ours", encoding="utf-8")

    texts = tidy_rules.tree_of(tmp_path)

    assert list(texts) == ["src/mamarr/engine/clock.py"]
    assert tidy_rules.findings(named("no_outside_world"), texts)


def test_an_empty_tree_has_no_findings(tmp_path):
    texts = tidy_rules.tree_of(tmp_path)
    assert texts == {}
    assert [finding for rule in RULES for finding in tidy_rules.findings(rule, texts)] == []
