"""What is given beside the keys of a file: `--config` arguments, a root for all, its name."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from pipeline.base.errors import SettingsError
from pipeline.config.studies import study_name
from pipeline.config.yaml_files import NOT_OF_ITS_TAG

QUOTING = "on a command line quote it twice: --config 'root=\"My #1: clips\"'"


def as_typed(values: Mapping[str, Any], arguments: Sequence[str]) -> dict[str, Any]:
    """`values` of Snakemake with the root as it was typed: YAML would cut "My #1 clips"."""
    typed = dict(values)
    for key, mark, text in (argument.partition("=") for argument in arguments):
        if mark and key == "root":
            typed[key] = read_argument(key, text)
    return typed


def read_argument(key: str, text: str) -> Any:
    """The value of `--config key=text`. A root is a path, so taken as it is, less its quotes."""
    if key == "root" and not (text[:1] in "'\"" and text[-1:] == text[:1]):
        return text
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, *NOT_OF_ITS_TAG, RecursionError) as error:
        raise SettingsError(
            f"--config {key}={text:.200}: cannot be read as YAML: {error}"
        ) from None


def merged(values: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with `over` on top, sections key by key."""
    both_told = dict(values)
    for key, value in over.items():
        below = both_told.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping)
        both_told[key] = merged(dict(below or {}), value) if both else value
    return both_told


def place_root(values: dict[str, Any]) -> dict[str, Any]:
    """The root of the top of the file as that of every corpus, where all have the same."""
    root = values.get("root")
    if root is None:
        return values
    if not isinstance(root, str | int | float):  # `--config root=2024` is a number
        raise SettingsError(
            f"config: root: must be a folder as plain text; {QUOTING} (value: {root!r:.120})"
        )

    root, corpora = str(root), values.get("corpora")
    values["root"] = root
    if not isinstance(corpora, Mapping) or not all(
        isinstance(corpus, Mapping) for corpus in corpora.values()
    ):
        return values  # refused in parse_section, with the place

    if len({str(corpus.get("root")) for corpus in corpora.values()}) > 1:
        raise SettingsError(
            f"root={root!r} fits corpora that share a root; those of {sorted(corpora)} differ: "
            "set corpora.<name>.root instead"
        )
    return {**values, "corpora": {name: {**it, "root": root} for name, it in corpora.items()}}


def name_study(values: dict[str, Any], files: Sequence[Path]) -> dict[str, Any]:
    """A study without a name has that of its files."""
    report = values.get("report", {})
    if not isinstance(report, Mapping) or report.get("name") is not None:
        return values  # what is no section is refused in parse_section, with the place
    return {**values, "report": {**report, "name": study_name(files)}}
