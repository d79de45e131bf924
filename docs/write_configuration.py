"""Writes docs/configuration.md and configs/schema.json from the sections of pipeline/config.

python -m docs.write_configuration

The page says of every key what its docstring, its default and its limits say. The schema is for
editors: configs/*.yaml name it in their first line.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.base.files import write_text
from pipeline.config.configuration import Config

ROOT = Path(__file__).resolve().parents[1]
PAGE, SCHEMA = ROOT / "docs/configuration.md", ROOT / "configs/schema.json"
Node = dict[str, Any]  # a part of a JSON schema

BEGIN = "## Top of the file"  # what stands above it on the page is written by hand


def resolve(node: Node, schema: Node) -> Node:
    """`node`, its reference followed; what stands beside the reference wins."""
    if "$ref" not in node:
        return node
    target = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


def sections(name: str, node: Node, schema: Node) -> Iterator[tuple[str, Node]]:
    """Every mapping with keys of its own, by its place, from the top down."""
    node = resolve(node, schema)
    if "properties" in node:
        yield name, node
        for key, value in node["properties"].items():
            yield from sections(f"{name}.{key}".lstrip("."), value, schema)
    for value in node.get("patternProperties", {}).values():
        yield from sections(f"{name}.<name>", value, schema)
    for choice in node.get("oneOf", node.get("anyOf", [])):
        inner = resolve(choice, schema)
        model = inner.get("properties", {}).get("model", {}).get("const")
        yield from sections(f"{name} ({model})" if model else name, choice, schema)


def row(key: str, value: Node, schema: Node) -> str:
    """A line of the table of a section."""
    told = " ".join(value.get("description", "").split()).replace("|", "\\|")
    default = f"`{json.dumps(value['default'])}`" if "default" in value else "needed"
    default = default if len(default) < 60 else "see below"
    return f"| `{key}` | {told} | {allowed(resolve(value, schema), schema)} | {default} |"


def allowed(node: Node, schema: Node) -> str:
    """What a value may be, in words."""
    node = resolve(node, schema)
    if "anyOf" in node:
        return ", or ".join(dict.fromkeys(allowed(choice, schema) for choice in node["anyOf"]))
    if "const" in node or "enum" in node:
        return ", ".join(f"`{value}`" for value in node.get("enum", [node.get("const")]))
    if node.get("type") == "array":
        return f"list of {allowed(node.get('items', {}), schema)}"
    if node.get("type") == "object" or "oneOf" in node:
        return "keys with values"
    names = {"integer": "whole number", "number": "number", "string": "text", "null": "null"}
    word = names.get(node.get("type", ""), "true or false" if node.get("type") == "boolean" else "")
    return " ".join([word, *limits(node)])


def limits(node: Node) -> Iterator[str]:
    """The bounds of a number."""
    words = {
        "minimum": "from {}",
        "exclusiveMinimum": "above {}",
        "maximum": "to {}",
        "exclusiveMaximum": "below {}",
    }
    yield from (text.format(node[key]) for key, text in words.items() if key in node)


def page(schema: Node) -> str:
    """The whole page."""
    text, seen = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0], set()
    for name, node in sections("", schema, schema):
        if {name, name.replace(".<name>", "")} & seen:  # named sets have the keys of a single one
            continue
        seen.add(name)
        told = " ".join(node.get("description", "").split()) if name else "The sections."
        rows = [row(key, value, schema) for key, value in node["properties"].items()]
        head = "| key | what it says | allowed | default |\n|---|---|---|---|\n"
        text += f"{f'## {name}' if name else BEGIN}\n\n{told}\n\n{head}" + "\n".join(rows) + "\n\n"
    return text.rstrip() + "\n"


def files() -> dict[Path, str]:
    """Both files as they should be."""
    schema = Config.model_json_schema(by_alias=True)
    return {PAGE: page(schema), SCHEMA: json.dumps(schema, indent=1, sort_keys=True) + "\n"}


if __name__ == "__main__":
    for path, content in files().items():
        write_text(path, content)
