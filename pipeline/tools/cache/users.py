"""Who uses a cache: every configuration that ran with it, and the folder that it ran in.

Each run of the workflow leaves a note in cache/users/: files alone do not tell, since one may be
run with `--config`, and another project may share the cache. `gc` asks for all of them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.base.errors import SettingsError
from pipeline.base.files import canonical_json, text_digest, write_json
from pipeline.base.refusals import refusals_told
from pipeline.config.configuration import Config, parse_config
from pipeline.config.settings import dump

USERS = "users"


@dataclass(frozen=True)
class User:
    """A configuration and the folder that its workflow ran in."""

    folder: Path
    config: Config

    @property
    def name(self) -> str:
        """What tells it from others: the folder, where corpora lie, which tasks."""
        corpora = ", ".join(f"{name}={corpus.root}" for name, corpus in self.config.corpora.items())
        return f"{self.folder} (corpora {corpora or 'none'}; tasks {', '.join(self.config.tasks)})"


def note_use(config: Config, folder: Path) -> None:
    """Leave a note in the cache that `config` is run in `folder`."""
    values = {"folder": str(folder.resolve()), "config": dump(config)}
    cache = folder / config.cache
    note = cache / USERS / f"{text_digest(canonical_json(values))}.json"
    if note.is_file():
        return
    with refusals_told(cache):
        for place in (cache, note.parent):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_json(note, values)


def users(cache: Path) -> Iterator[User]:
    """All that have left a note; one that no longer reads as a configuration asks for nothing."""
    for note in sorted((cache / USERS).glob("*.json")):
        try:
            values: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
            yield User(Path(values["folder"]), parse_config(values["config"]))
        except (ValueError, KeyError, TypeError, SettingsError):
            print(f"note: {note} is of another version or damaged: it asks for nothing")


def others(cache: Path, configs: list[Config], folder: Path) -> list[User]:
    """Users that none of `configs`, run in `folder`, stands for; their folder is still there."""
    named = [_asking(config) for config in configs]
    return [
        user
        for user in users(cache)
        if user.folder.is_dir()
        and not (user.folder == folder.resolve() and _asking(user.config) in named)
    ]


def _asking(config: Config) -> dict[str, Any]:
    """What decides which records are asked for: how the report is called, or looks, does not.

    Nor does whether a corpus's root came from the command line: it stands in its section, too.
    """
    values = dump(config)
    del values["report"], values["root"]
    return values
