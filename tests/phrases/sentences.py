"""What our own code says about a wrong field, read out of the source; placeholders are a mark."""

import ast
import importlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import mamarr
from mamarr.interop.fields import PLAIN

ROOT = Path(mamarr.__file__).parent
# What a caller of the HTTP interface can be told about a field. The rest is for the command line and logs.
SOURCES = (
    "names.py",
    "geometry",
    "airspace",
    "flights",
    "coordination",
    "discovery",
    "operations",
    "interop",
    "interop/f3411",
    "interop/f3548",
    "web/*.py",
    "web/access/passwords.py",
)
COMMAND_LINE_ONLY = ("openair.py", "arcs.py", "files.py", "recorded.py", "readings.py")  # of interop
# Of what a peer's node sends, or the command line gives: no route of the interface takes these.
BETWEEN_NODES = ("flights/errands.py", "coordination/peers.py")
# Of what a program gives that uses the library: no route of the interface takes these either.
LIBRARY = tuple(f"flights/{name}.py" for name in ("mornings", "network", "openings", "router", "taken"))

MARK = "\0"  # where a placeholder is
# Said elsewhere, and found there; or a list of names, which is the same in every language.
PASSED_ON = (
    "str(wrong)",
    "wrong.what",
    "wrong.allowed",
    "finding.what",
    "finding.allowed",
    "what",
    "allowed",
    "allowed[:ALLOWED_MAX]",
    "_allowed(kind)",
    "_allowed(field.type)",
    "_nearest(name, list(known))",
)
BY_HAND = {"names": f"{MARK} or {MARK}"}  # `_length` joins the names of one length in its two units


@cache
def sentences() -> Mapping[str, str]:
    """Every sentence, and a place where it is said."""
    found = dict.fromkeys(PLAIN.values(), "interop/fields.py PLAIN")
    for path in _files():
        place = path.relative_to(ROOT).as_posix()
        module = importlib.import_module(f"mamarr.{place.removesuffix('.py').replace('/', '.')}")
        tree = ast.parse(path.read_text("utf-8"))
        for scope in (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.Module)):
            for call in _calls(scope):
                for said in _said(call):
                    for text in _texts(said, scope, vars(module), f"{place}:{call.lineno}"):
                        found.setdefault(text, f"{place}:{call.lineno}")
    return found


def _files() -> Iterator[Path]:
    for source in SOURCES:
        for path in sorted(ROOT.glob(source if source.endswith(".py") else f"{source}/*.py")):
            is_command_line = path.parent.name == "interop" and path.name in COMMAND_LINE_ONLY
            if not is_command_line and path.relative_to(ROOT).as_posix() not in BETWEEN_NODES + LIBRARY:
                yield path


def _calls(scope: ast.AST) -> Iterator[ast.Call]:
    """The calls in a scope, but not those in a function inside it, which has names of its own."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.Call):
            yield node
        if not isinstance(node, ast.FunctionDef):
            yield from _calls(node)


def _said(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call that are said to who asks."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            pass
        case _:
            return
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    match name:
        case "ValueError" | "TooLargeError":
            yield from call.args[:1]
        case "WireError":
            yield call.args[0]
        case "wrong" | "_Wrong":
            yield from call.args[1:3]
        case "matching":
            yield from call.args[3:]
        case "Meta" if "description" in keywords:
            yield keywords["description"]
        case "said":
            yield call.args[0]
        case "FieldError":
            yield keywords["what"]
    if name in ("WireError", "built", "_level", "FieldError") and "allowed" in keywords:
        yield keywords["allowed"]


def _texts(said: ast.expr, scope: ast.AST, constants: dict[str, object], place: str) -> Iterator[str]:
    written = ast.unparse(said)
    match said:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else MARK for part in values)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _texts(body, scope, constants, place)
            yield from _texts(orelse, scope, constants, place)
        case ast.Call(func=ast.Name(id="safe"), args=[inner]):
            yield from _texts(inner, scope, constants, place)
        case ast.Name(id=name) if _given(name, scope) and name not in BY_HAND:
            for value in _given(name, scope):
                yield from _texts(value, scope, constants, place)
        case ast.Name(id=name) if isinstance(constants.get(name), str):
            yield str(constants[name])
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=", "), attr="join")):
            return  # a list of names
        case _ if written in BY_HAND:
            yield BY_HAND[written]
        case _ if written in PASSED_ON or written.startswith(("phrases.", "in_words(")):
            return
        case _:
            raise AssertionError(f"{place}: what is said in `{written}` cannot be read from the source")


def _given(name: str, scope: ast.AST) -> list[ast.expr]:
    """The values that a scope gives to a name."""
    return [
        node.value
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign)
        and any(isinstance(each, ast.Name) and each.id == name for each in node.targets)
    ]
