"""The rules of `test_tidy`: each takes a file's text and its path from the root, and answers findings.

No rule imports Mamarr; each reads the text alone, so a half-written tree can be checked too. What a rule
covers is said by its `Rule` at the end of this file; `test_tidy` plants a violation for each of them.
"""

import ast
import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

FUNCTION_LINES_MAX = 60  # a function fits a screen
FILE_LINES_MAX = 800  # a file fits a sitting
LANGUAGES = ("ar", "en", "fr", "ru")


def set_of(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


SI_UNITS = set_of(
    "m mm s ms us ns deg e7deg e9deg rad mps mps2 degps radps hz pa hpa kg bytes count ratio percent px"
)
OUTSIDE_UNITS = set_of("ft nm kt fpm km kmh")
OUTSIDE_UNITS_ALLOWED_IN = ("src/mamarr/geometry/units", "src/mamarr/interop/", "src/mamarr/phrases/")
UNITS_ALONE = set_of("count ratio percent")  # these say enough without a quantity before them
NAMES_OF_OTHERS = set_of("exp iat nbf")  # seconds in a token, named by RFC 7519
UNITS_CHANGE_IN = "src/mamarr/geometry/units.py"  # its private functions may take a bare number
QUANTITIES = set_of(
    "age altitude angle bearing delay depth distance duration elevation frequency heading height latitude "
    "lifetime longitude lookahead pressure radius speed temperature timeout width"
)
NOT_QUANTITIES = set_of("id ids index indices")
CONTAINERS = set_of(
    "Annotated ClassVar Collection Deque Final FrozenSet Iterable Iterator List Mapping Optional Sequence "
    "Set Tuple Union deque dict frozenset list set tuple"
)

EDGE = ("src/mamarr/node/", "src/mamarr/web/")  # sockets, clock and threads live here
STORE_DRIVERS = (  # may touch disk and network, never a clock or chance
    "src/mamarr/record/postgres_sessions.py",
    "src/mamarr/record/postgres_store.py",
    "src/mamarr/record/sqlite_store.py",
)
SIMULATION = "src/mamarr/simulation/"  # may use random.Random(seed)
SEEDS = "src/mamarr/simulation/seeds.py"  # may live through seeds in more than one process
PHRASES = "src/mamarr/phrases/"  # may read its own catalogues through importlib.resources

CLOCKS = (
    "time",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
)
CHANCE = ("random", "secrets", "os.urandom", "os.getrandom", "uuid.uuid1", "uuid.uuid4", "numpy.random")
OUTSIDE = tuple(
    set_of(
        "__import__ aiohttp asyncio concurrent eval exec fcntl ftplib glob http.client http.server httpx "
        "importlib io.open mmap multiprocessing open os pathlib.Path requests select selectors shutil signal "
        "socket socketserver sqlite3 ssl starlette subprocess tempfile threading urllib.request uvicorn "
        "websockets"
    )
)
PATH_METHODS = set_of("iterdir read_bytes read_text write_bytes write_text")
KEY_MAKERS = set_of("generate generate_key generate_private_key")

MODULE_NAMES_FORBIDDEN = set_of("data handler handlers helper helpers info manager managers util utils")
HOSTILE_WORDS = set_of(
    "enemies enemy foe foes hostile hostiles hostility intercept intercepted intercepting interception "
    "interceptor interceptors intercepts kill killed killer killing kills weapon weaponry weapons"
)
HOSTILE_PAIRS = frozenset({("threat", word) for word in ("level", "levels", "score", "scores")})
TARGET_WORDS = set_of("target targeted targeting targets")
HOSTILE_TEXT = {
    "en": r"\b(hostil\w*|weapon\w*|kill\w*|enem(?:y|ies)|intercept\w*|target\w*|threat (?:level|score)s?)\b",
    "fr": r"\b(hostil\w*|armes?|armements?|ennemie?s?|cibles?|intercept\w*|niveaux? de menace)\b",
    "ru": r"\b(враг\w*|враждебн\w*|противник\w*|оружи\w*|перехват\w*|уровень угрозы)\b",
    "ar": r"(?<!\w)(?:ال)?(عدو|عدائي\w*|معاد(?:ي|ية)|سلاح|أسلحة|مستوى التهديد)(?!\w)",
}

MACHINE_ROOTS = ("work", "root", "home")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:" + "|".join(MACHINE_ROOTS) + r")/")
WEB_ADDRESS = re.compile(r"\bhttps?://", re.IGNORECASE)
LOCK_ORIGIN_OPTION = re.compile(r"--(?:index-url|extra-index-url|find-links|trusted-host)\b|(?<!\S)-[if]\s")
PLACEHOLDER = re.compile(r"\{\s*(\w+)\s*[,}:!]")
SKIPS = (
    "pytest.skip",
    "pytest.xfail",
    "pytest.importorskip",
    "pytest.mark.skip",
    "pytest.mark.skipif",
    "pytest.mark.xfail",
    "unittest.skip",
    "unittest.skipIf",
    "unittest.skipUnless",
    "unittest.expectedFailure",
)
NOT_OURS = set_of(
    ".git .hypothesis .mypy_cache .ruff_cache .venv __pycache__ build built demo-data dist node_modules"
)


@dataclass(frozen=True)
class Finding:
    """One place that breaks a rule, and what to do about it."""

    path: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.sentence}"


# --- reading Python ---------------------------------------------------------------------------------------


@lru_cache(1)  # one rule after another asks for the same file
def parsed(source: str) -> ast.Module:
    """The source as a tree; SyntaxError when it is not Python."""
    return ast.parse(source)


@lru_cache(1)
def nodes(tree: ast.Module) -> list[ast.AST]:
    """Every node of the tree, outer ones first; not whether a name is read or written, which `ctx` says."""
    found: list[ast.AST] = [tree]
    for node in found:
        for field in node._fields:
            part = getattr(node, field, None)
            if isinstance(part, list):
                found += [each for each in part if isinstance(each, ast.AST)]
            elif isinstance(part, ast.AST) and field != "ctx":
                found.append(part)
    return found


@lru_cache(1)
def kinds_of_nodes(tree: ast.Module) -> Mapping[type[ast.AST], list[Any]]:
    """The nodes of each kind, in their order."""
    found: dict[type[ast.AST], list[Any]] = defaultdict(list)
    for node in nodes(tree):
        found[type(node)].append(node)
    return found


def nodes_of(tree: ast.Module, *kinds: type[ast.AST]) -> Iterator[Any]:
    """Every node of these kinds: kind after kind, each in order."""
    return chain.from_iterable(kinds_of_nodes(tree).get(kind, ()) for kind in kinds)


@cache
def words_of(name: str) -> tuple[str, ...]:
    """The words of an identifier, in lower case: snake_case, CamelCase and CAPITALS alike."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return tuple(word for word in snake.lower().split("_") if word)


@lru_cache(1)
def imported(tree: ast.Module) -> Mapping[str, str]:
    """Which dotted name each imported local name stands for."""
    names: dict[str, str] = {}
    for node in nodes_of(tree, ast.Import):
        for alias in node.names:
            first = alias.name.split(".")[0]
            names[alias.asname or first] = alias.name if alias.asname else first
    for node in nodes_of(tree, ast.ImportFrom):
        for alias in node.names if node.module and not node.level else ():
            names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.expr, names: Mapping[str, str]) -> str:
    """The full dotted name that an expression such as `dt.datetime.now` stands for, or ''."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([names.get(node.id, node.id), *reversed(parts)])


def is_under(name: str, roots: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of the roots or lies below one."""
    return name.startswith(roots) and any(name == root or name.startswith(root + ".") for root in roots)


def named_values(tree: ast.Module) -> Iterator[tuple[str, ast.expr, int]]:
    """Each name with an annotation: arguments, fields, constants and locals."""
    for node in nodes_of(tree, ast.arg):
        if node.annotation is not None:
            yield node.arg, node.annotation, node.lineno
    for node in nodes_of(tree, ast.AnnAssign):
        if isinstance(node.target, ast.Name):
            yield node.target.id, node.annotation, node.lineno
        elif isinstance(node.target, ast.Attribute):
            yield node.target.attr, node.annotation, node.lineno


def held_types(annotation: ast.expr) -> Iterator[str]:
    """The types that values of this annotation hold: `list[float] | None` gives float and None."""
    match annotation:
        case ast.Constant(value=str(text)):
            yield from held_types(ast.parse(text, mode="eval").body)
        case ast.Constant(value=None):
            yield "None"
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from held_types(left)
            yield from held_types(right)
        case ast.Subscript(value=outer, slice=inner):
            name = next(held_types(outer), "")
            if name in CONTAINERS:
                for part in inner.elts if isinstance(inner, ast.Tuple) else [inner]:
                    yield from held_types(part)
            else:
                yield name


def defined_names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Each identifier a file gives a meaning to; names it merely uses (`process.kill`) are others'."""
    kinds = ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.arg, ast.Name, ast.Attribute, ast.alias
    for node in nodes_of(tree, *kinds, ast.MatchAs, ast.MatchStar):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node.lineno
            case ast.arg(arg=name):
                yield name, node.lineno
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.alias(asname=str(name)):
                yield name, node.lineno
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name, node.lineno


# --- rules for one Python file ----------------------------------------------------------------------------


def units_last(source: str, path: str) -> list[Finding]:
    """A float's name ends in its unit; so does an int's or an array's that names a quantity."""
    tree = parsed(source)
    if path == UNITS_CHANGE_IN:
        public = [node for node in tree.body if not getattr(node, "name", "").startswith("_")]
        tree = ast.Module(body=public, type_ignores=[])
    found: list[Finding] = []
    for name, annotation, line in named_values(tree):
        held = set(held_types(annotation))
        is_float = bool(held & {"float", "float32", "float64", "floating"})
        words = words_of(name)
        if name in NAMES_OF_OTHERS:
            continue
        is_quantity = bool(held & {"int", "ndarray", "NDArray"}) and bool(set(words) & QUANTITIES)
        if is_float or (is_quantity and words[-1] not in NOT_QUANTITIES):
            found += unit_finding(name, path, line)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for node in [*tree.body, *(part for top in classes for part in top.body)]:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=float())):
                found += unit_finding(name, path, node.lineno)
    return found


def unit_finding(name: str, path: str, line: int) -> list[Finding]:
    """What is wrong with the last word of a quantity's name, if anything."""
    words = words_of(name)
    unit = words[-1] if words else ""
    if unit in OUTSIDE_UNITS and len(words) > 1 and not path.startswith(OUTSIDE_UNITS_ALLOWED_IN):
        return [Finding(path, line, f"`{name}`: SI inside; convert with geometry/units where it comes in")]
    if unit in UNITS_ALONE or (unit in SI_UNITS | OUTSIDE_UNITS and len(words) > 1):
        return []
    return [Finding(path, line, f"`{name}` is a quantity and must end in its unit, such as _m, _s or _deg")]


def no_outside_world(source: str, path: str) -> list[Finding]:
    """Pure packages have no clock, no chance, no disk, no network, no threads: those are arguments."""
    tree = parsed(source)
    names = imported(tree)
    found: list[Finding] = []
    uses = [(use, line) for use, line in used_names(tree, names) if use]
    for use, line in sorted(set(uses), key=lambda pair: (pair[1], pair[0])):
        makes_key = use.startswith("cryptography.") and use.split(".")[-1] in KEY_MAKERS
        seeded = path.startswith(SIMULATION) and use in {"random", "random.Random"}
        beside = path == SEEDS and is_under(use, ("concurrent.futures", "multiprocessing"))
        own_files = path.startswith(PHRASES) and is_under(use, ("importlib.resources",))
        if is_under(use, CLOCKS):
            found.append(Finding(path, line, f"`{use}`: the time is an argument here (`now`)"))
        elif (is_under(use, CHANCE) or makes_key) and not seeded:
            found.append(Finding(path, line, f"`{use}`: what is random is an argument here"))
        elif is_under(use, OUTSIDE) and path not in STORE_DRIVERS and not own_files and not beside:
            found.append(Finding(path, line, f"`{use}`: disk, network and threads belong in node or web"))
    found += [
        Finding(path, line, f"`.{method}`: reading and writing files belongs in node")
        for method, line in file_methods(tree)
        if path not in STORE_DRIVERS and not path.startswith(PHRASES)
    ]
    found += [
        Finding(path, node.lineno, "`Random()` without a seed: give it one")
        for node in nodes_of(tree, ast.Call)
        if dotted(node.func, names) == "random.Random"
        if not node.args and not node.keywords
    ]
    return found


def used_names(tree: ast.Module, names: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """The full dotted name of everything imported or used, with its line; only the longest of a chain."""
    for node in nodes_of(tree, ast.Import):
        yield from ((alias.name, node.lineno) for alias in node.names)
    for node in nodes_of(tree, ast.ImportFrom):
        if node.module and not node.level:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
    inner = {id(node.value) for node in nodes_of(tree, ast.Attribute)}
    for node in nodes_of(tree, ast.Attribute):
        if id(node) not in inner and isinstance(node.ctx, ast.Load):
            yield dotted(node, names), node.lineno
    for node in nodes_of(tree, ast.Name):
        if id(node) not in inner and (node.id in names or node.id in OUTSIDE):
            yield dotted(node, names), node.lineno


def file_methods(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Calls of methods that only a file's path has."""
    for node in nodes_of(tree, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in PATH_METHODS:
            yield node.func.attr, node.lineno


def functions_fit_a_screen(source: str, path: str) -> list[Finding]:
    """No function is longer than FUNCTION_LINES_MAX lines, its docstring included."""
    return [
        Finding(path, node.lineno, f"`{node.name}` has {lines} lines; {FUNCTION_LINES_MAX} are allowed")
        for node in nodes_of(parsed(source), ast.FunctionDef, ast.AsyncFunctionDef)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]


def public_things_say_what_they_are(source: str, path: str) -> list[Finding]:
    """Each module and each public class, function and method has a docstring."""
    tree = parsed(source)
    found: list[Finding] = []
    if not (ast.get_docstring(tree) or "").strip():
        found.append(Finding(path, 1, "the module has no docstring"))

    def visit(scope: ast.Module | ast.ClassDef) -> None:
        for node in scope.body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if node.name.startswith("_"):
                continue
            if not (ast.get_docstring(node) or "").strip():
                found.append(Finding(path, node.lineno, f"`{node.name}` is public and has no docstring"))
            if isinstance(node, ast.ClassDef):
                visit(node)

    visit(tree)
    return found


def no_name_of_hostility(source: str, path: str) -> list[Finding]:
    """No identifier speaks of enemies or weapons; outside node and web none says `target` either."""
    found: list[Finding] = []
    stem = Path(path).stem
    for name, line in [(stem, 1), *defined_names(parsed(source))]:
        words = words_of(name)
        bad = set(words) & (HOSTILE_WORDS | (frozenset() if path.startswith(EDGE) else TARGET_WORDS))
        if bad or HOSTILE_PAIRS & set(pairwise(words)):
            found.append(Finding(path, line, f"`{name}`: flight safety only; name it by that"))
    return found


def errors_are_named(source: str, path: str) -> list[Finding]:
    """No bare `except`, no `except Exception`, no empty handler."""
    tree = parsed(source)
    names = imported(tree)
    broad = {"Exception", "BaseException", "builtins.Exception", "builtins.BaseException"}
    found: list[Finding] = []
    for node in nodes_of(tree, ast.ExceptHandler):
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type] if node.type else []
        if not caught:
            found.append(Finding(path, node.lineno, "a bare `except` hides errors; name what is caught"))
        elif any(dotted(error, names) in broad for error in caught):
            found.append(Finding(path, node.lineno, "`except Exception` hides errors; name them"))
        if all(is_empty(statement) for statement in node.body):
            found.append(Finding(path, node.lineno, "an empty `except` loses an error; answer it"))
    for node in nodes_of(tree, ast.Call):
        if dotted(node.func, names) == "contextlib.suppress":
            found += [
                Finding(path, node.lineno, "`suppress(Exception)` hides errors; name them")
                for error in node.args
                if dotted(error, names) in broad
            ]
    return found


def is_empty(statement: ast.stmt) -> bool:
    """Whether a statement does nothing: `pass`, `...` or a lone text."""
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def no_test_is_skipped(source: str, path: str) -> list[Finding]:
    """No skip, xfail or importorskip: a test that may not run holds nothing."""
    tree = parsed(source)
    return [
        Finding(path, line, f"`{use}`: a test runs or is not there")
        for use, line in used_names(tree, imported(tree))
        if is_under(use, SKIPS)
    ]


# --- rules for any file -----------------------------------------------------------------------------------


def files_fit_a_sitting(source: str, path: str) -> list[Finding]:
    """No file is longer than FILE_LINES_MAX lines."""
    lines = len(source.splitlines())
    if lines <= FILE_LINES_MAX:
        return []
    return [Finding(path, FILE_LINES_MAX + 1, f"{lines} lines; {FILE_LINES_MAX} are allowed")]


def modules_have_a_noun(source: str, path: str) -> list[Finding]:
    """No module or package is called utils, helpers, manager, handler, data or info."""
    del source
    parts = [part.split(".")[0] for part in Path(path).parts]
    bad = [part for part in parts if set(words_of(part)) & MODULE_NAMES_FORBIDDEN]
    return [Finding(path, 1, f"`{part}` says nothing; name the thing the module is about") for part in bad]


def no_path_of_one_machine(source: str, path: str) -> list[Finding]:
    """No file names a folder that only its author's machine has."""
    return [
        Finding(path, number, "names a path of one machine; make it relative or an argument")
        for number, line in enumerate(source.splitlines(), start=1)
        if MACHINE_PATH.search(line)
    ]


def python_lock_names_hashes_only(source: str, path: str) -> list[Finding]:
    """requirements.lock: a hash for each package, no address it is fetched from."""
    found: list[Finding] = []
    for number, line in enumerate(source.splitlines(), start=1):
        if WEB_ADDRESS.search(line) or LOCK_ORIGIN_OPTION.search(line):
            found.append(Finding(path, number, "names where packages are fetched from; hashes suffice"))
    for match in re.finditer(r"^(?![ \t#-])\S(?:.*\\\n)*.*$", source, re.MULTILINE):
        if "--hash=" not in match[0]:
            number = source.count("\n", 0, match.start()) + 1
            found.append(Finding(path, number, f"`{match[0].split()[0]}` has no hash"))
    return found


def page_lock_names_hashes_only(source: str, path: str) -> list[Finding]:
    """package-lock.json: an integrity hash for each package, no address it is fetched from."""
    found: list[Finding] = []
    lines = source.splitlines()

    def line_of(text: str) -> int:
        return next((number for number, line in enumerate(lines, start=1) if text in line), 1)

    lock = json.loads(source)
    for section in ("packages", "dependencies"):
        for name, entry in lock.get(section, {}).items():
            if name == "" or entry.get("link") or entry.get("inBundle") or entry.get("bundled"):
                continue
            if not entry.get("integrity"):
                found.append(Finding(path, line_of(json.dumps(name)), f"`{name}` has no integrity hash"))
            found += [
                Finding(path, line_of(entry[key]), f"`{name}` names where it is fetched from")
                for key in ("resolved", "version")
                if re.match(r"(?:git\+)?https?:|git[+:]", str(entry.get(key, "")))
            ]
    return found


def no_text_of_hostility(source: str, path: str) -> list[Finding]:
    """No text a person reads speaks of enemies, weapons or targets, in any language."""
    language = Path(path).suffixes[-2].lstrip(".") if len(Path(path).suffixes) > 1 else "en"
    pattern = re.compile(HOSTILE_TEXT.get(language, HOSTILE_TEXT["en"]), re.IGNORECASE)
    english = re.compile(HOSTILE_TEXT["en"], re.IGNORECASE)
    found: list[Finding] = []
    for number, line in enumerate(source.splitlines(), start=1):
        word = pattern.search(line) or english.search(line.replace("_", " "))
        if word:
            found.append(Finding(path, number, f"`{word[0]}`: flight safety only; say it otherwise"))
    return found


# --- the catalogues, together -----------------------------------------------------------------------------


def phrases_of(text: str) -> tuple[dict[str, str], list[str]]:
    """A catalogue's texts by dotted key, and the keys written twice."""
    twice: list[str] = []

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        keys = [key for key, _ in pairs]
        twice.extend(sorted({key for key in keys if keys.count(key) > 1}))
        return dict(pairs)

    def flat(value: object, key: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from flat(inner, f"{key}.{name}" if key else name)
        elif isinstance(value, list):
            for place, inner in enumerate(value):
                yield from flat(inner, f"{key}[{place}]")
        else:
            yield key, value if isinstance(value, str) else ""

    return dict(flat(json.loads(text, object_pairs_hook=once), "")), twice


def catalogues_agree(texts: Mapping[str, str]) -> list[Finding]:
    """Every catalogue `name.<language>.json` has the same keys and placeholders in all four languages."""
    found: list[Finding] = []
    read: dict[str, dict[str, dict[str, str]]] = {}
    for path, text in sorted(texts.items()):
        parts = Path(path).name.split(".")
        if len(parts) != 3 or parts[1] not in LANGUAGES:
            found.append(
                Finding(path, 1, f"a catalogue is called NAME.LANGUAGE.json, language one of {LANGUAGES}")
            )
            continue
        try:
            phrases, twice = phrases_of(text)
        except json.JSONDecodeError as error:
            found.append(Finding(path, error.lineno, f"is not JSON: {error.msg}"))
            continue
        found += [Finding(path, line_of_key(text, key), f"`{key}` is written twice") for key in twice]
        found += [
            Finding(path, line_of_key(text, key), f"`{key}` has no text")
            for key in phrases
            if not phrases[key].strip()
        ]
        read.setdefault(str(Path(path).parent / parts[0]), {})[parts[1]] = phrases
    for name, by_language in read.items():
        found += catalogue_findings(name, by_language, texts)
    return found


def catalogue_findings(
    name: str, by_language: Mapping[str, Mapping[str, str]], texts: Mapping[str, str]
) -> list[Finding]:
    """Where one catalogue's languages differ: missing language, missing key, other placeholders."""
    paths = {language: Path(f"{name}.{language}.json").as_posix() for language in LANGUAGES}
    found = [
        Finding(paths[language], 1, "this language of the catalogue is missing")
        for language in LANGUAGES
        if language not in by_language and paths[language] not in texts
    ]
    every_key = sorted({key for phrases in by_language.values() for key in phrases})
    for key in every_key:
        having = {language: phrases[key] for language, phrases in by_language.items() if key in phrases}
        found += [
            Finding(paths[language], 1, f"`{key}` is missing in this language")
            for language in by_language
            if language not in having
        ]
        asked = {language: frozenset(PLACEHOLDER.findall(text)) for language, text in having.items()}
        expected = asked.get("en", next(iter(asked.values())))
        for language, placeholders in asked.items():
            if placeholders != expected:
                line = line_of_key(texts[paths[language]], key)
                sentence = f"`{key}` has placeholders {sorted(placeholders)}, elsewhere {sorted(expected)}"
                found.append(Finding(paths[language], line, sentence))
    return found


def line_of_key(text: str, key: str) -> int:
    """The line on which a key, or the last part of a nested one, is written, or 1."""
    whole = re.sub(r"(\[\d+\])+$", "", key)
    for written in (whole, whole.rpartition(".")[2]):
        pattern = re.compile(re.escape(json.dumps(written, ensure_ascii=False)) + r"\s*:")
        for number, line in enumerate(text.splitlines(), start=1):
            if pattern.search(line):
                return number
    return 1


# --- which file each rule is for --------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """A check and the files it is for, by their path from the root."""

    check: Callable[[str, str], list[Finding]]
    files: re.Pattern[str]
    but: tuple[str, ...] = ()

    def applies(self, path: str) -> bool:
        """Whether the file at this path is held to the rule."""
        return bool(self.files.fullmatch(path)) and not path.startswith(self.but or ("\0",))


SOURCE = re.compile(r"src/mamarr/.*\.py")
SOURCE_AND_TESTS = re.compile(r"(?:src/mamarr|tests|benchmarks|examples)/.*\.py")
TESTS = re.compile(r"tests/.*\.py")
SITTING = re.compile(r"(?:src/mamarr|tests|benchmarks|examples)/.*\.py|ui/src/.*\.(?:ts|css)")
MODULES = re.compile(r"src/mamarr/.*\.py|ui/src/.*\.ts")
CATALOGUES = re.compile(re.escape(PHRASES) + r".*\.json")

RULES = (
    Rule(units_last, SOURCE),
    Rule(no_outside_world, SOURCE, but=EDGE),
    Rule(functions_fit_a_screen, SOURCE_AND_TESTS),
    Rule(files_fit_a_sitting, SITTING, but=("ui/src/wire.ts",)),  # made, not written
    Rule(public_things_say_what_they_are, SOURCE),
    Rule(no_name_of_hostility, SOURCE),
    Rule(no_text_of_hostility, CATALOGUES),
    Rule(errors_are_named, SOURCE_AND_TESTS),
    Rule(modules_have_a_noun, MODULES),
    Rule(no_path_of_one_machine, re.compile(r".*")),
    Rule(no_test_is_skipped, TESTS),
    Rule(python_lock_names_hashes_only, re.compile(r"(?:.*/)?requirements[^/]*\.lock")),
    Rule(page_lock_names_hashes_only, re.compile(r"(?:.*/)?package-lock\.json")),
)


def tree_of(root: Path) -> dict[str, str]:
    """The text of each of the project's files, by its path from the root.

    In a git checkout: what is tracked, and what would be with `git add --all`. Elsewhere (an unpacked
    sdist): every file but those a build or a tool made. Files that are not UTF-8 text are left out.
    """
    texts: dict[str, str] = {}
    for path in git_paths(root) or walked_paths(root):
        try:
            texts[path] = (root / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # a picture, a font, a file removed but not yet committed
    return texts


def git_paths(root: Path) -> list[str]:
    """The files git knows or would add; none when the root is not the top of a checkout."""
    if not (root / ".git").exists():
        return []
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        return []
    return sorted({path for path in listed.split("\0") if path})


def walked_paths(root: Path) -> list[str]:
    """Every file below the root, without what builds and tools make."""
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if not NOT_OURS & set(path.parts))


def findings(rule: Rule, texts: Mapping[str, str]) -> list[Finding]:
    """All places that break one rule; a file that cannot be read as its kind is a finding too."""
    found: list[Finding] = []
    for path, text in sorted(texts.items()):
        if rule.applies(path):
            try:
                found += rule.check(text, path)
            except SyntaxError as error:
                found.append(Finding(path, error.lineno or 1, f"is not Python: {error.msg}"))
            except json.JSONDecodeError as error:
                found.append(Finding(path, error.lineno, f"is not JSON: {error.msg}"))
    return found


def findings_of_each(rules: Sequence[Rule], texts: Mapping[str, str]) -> dict[Rule, list[Finding]]:
    """All places that break each rule. File by file, so that each is parsed once."""
    found: dict[Rule, list[Finding]] = {rule: [] for rule in rules}
    for path, text in sorted(texts.items()):
        for rule in rules:
            found[rule] += findings(rule, {path: text})
    return found


def catalogues(texts: Mapping[str, str]) -> dict[str, str]:
    """The catalogues of texts among the project's files."""
    return {path: text for path, text in texts.items() if CATALOGUES.fullmatch(path)}
