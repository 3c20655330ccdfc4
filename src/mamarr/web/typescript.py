"""The wire types for the page, made from the messages: `python -m mamarr.web.typescript > ui/src/wire.ts`."""

import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from mamarr.interop.demo_messages import DemoMessage, DemoNeighbourMessage, DroneDemoMessage
from mamarr.interop.problems import Problem
from mamarr.web.app import ROUTES

HEADER = "// Made by `python -m mamarr.web.typescript`; a test compares. Do not edit.\n"
REF = "#/$defs/{name}"


def rendered() -> str:
    """The TypeScript declarations of every message of the route table, and of the demo's."""
    kinds = {kind for route in ROUTES for kind in (route.takes, route.answers) if kind is not None}
    kinds |= {Problem, DemoMessage, DemoNeighbourMessage, DroneDemoMessage}
    _, components = msgspec.json.schema_components(kinds, ref_template=REF)
    return HEADER + "".join(_declared(name, schema) for name, schema in sorted(components.items()))


def _declared(name: str, schema: dict[str, Any]) -> str:
    comment = f"\n/** {' '.join(schema['description'].split())} */" if "description" in schema else "\n"
    if "enum" in schema:
        union = " | ".join(f'"{value}"' for value in schema["enum"])
        return f"{comment}\nexport type {_short(name)} = {union};\n"
    return f"{comment}\nexport interface {_short(name)} {{\n" + "".join(_fields(schema)) + "}\n"


def _fields(schema: dict[str, Any]) -> Iterator[str]:
    for name, kind in schema["properties"].items():
        mark = "" if name in schema.get("required", ()) else "?"
        yield f"  {name}{mark}: {_type(kind)};\n"


def _type(kind: dict[str, Any]) -> str:
    if not kind:
        return "unknown"  # GeoJSON, which has types of its own
    if "$ref" in kind:
        return _short(kind["$ref"].rpartition("/")[2])
    if "anyOf" in kind:
        return " | ".join(_type(each) for each in kind["anyOf"])
    if "const" in kind:
        return f'"{kind["const"]}"'
    if "enum" in kind:
        return " | ".join(f'"{value}"' for value in kind["enum"])
    if kind["type"] == "array":
        inner = _type(kind["items"])
        return f"({inner})[]" if " | " in inner else f"{inner}[]"
    return {"integer": "number"}.get(kind["type"], str(kind["type"]))


def _short(name: str) -> str:
    """The name in TypeScript. Two of one name come with their modules: the last of them goes before it."""
    *modules, last = name.removesuffix("Message").split(".")
    return (modules[-1].title().replace("_", "") if modules else "") + last


if __name__ == "__main__":
    sys.stdout.write(rendered())
