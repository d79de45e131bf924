"""docs/configuration.md and configs/schema.json are what the sections say today."""

import re

import jsonschema
import pytest
import yaml

from docs.write_configuration import SCHEMA, files
from pipeline.config.configuration import Config
from tests.documents.pages import ROOT

PRESETS = [ROOT / "config.yaml", *sorted((ROOT / "configs").glob("*.yaml"))]


def test_page_and_schema_are_current():
    for path, content in files().items():
        assert path.read_text(encoding="utf-8") == content, "python -m docs.write_configuration"


def test_every_key_has_a_docstring():
    def without(node, place):
        for key, value in node.get("properties", {}).items():
            if not value.get("description"):
                yield f"{place}.{key}"

    schema = Config.model_json_schema(by_alias=True)
    nodes = {"": schema, **schema["$defs"]}
    assert [key for name, node in nodes.items() for key in without(node, name)] == []


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.name)
def test_editors_find_the_schema_and_accept_the_presets(path):
    text = path.read_text(encoding="utf-8")
    (named,) = re.findall(r"\A# yaml-language-server: \$schema=(\S+)$", text, re.M)
    assert (path.parent / named).resolve() == SCHEMA
    schema = Config.model_json_schema(by_alias=True)
    jsonschema.validate(yaml.safe_load(text), schema)
    with pytest.raises(jsonschema.ValidationError, match="shrads"):
        jsonschema.validate({**yaml.safe_load(text), "shrads": 2}, schema)
