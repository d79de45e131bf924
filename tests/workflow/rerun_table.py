"""The rerun table: which rules run again when a key of config.yaml changes.

rerun_keys.csv has a row for each key: the state that it is changed in and its new value. A cell
names the jobs of a rule that run: `all`,
or those whose data comes from something of that name (`rerun_states.sources`): a corpus, a reader,
an encoder, a model, a task. In parentheses: jobs that would not run by themselves; they run if
what is before them comes out different.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from models.registry import our_methods
from pipeline.config.configuration import Config
from pipeline.config.methods import Method, kind_of
from pipeline.config.settings import Section
from tests.workflow.driver import Job

KEYS = Path(__file__).with_name("rerun_keys.csv")

Verdict = Literal["own", "follows", "none"]
Verdicts = dict[Job, Verdict]


@dataclass(frozen=True)
class Row:
    """One change and the jobs that it makes run again."""

    what: str
    state: str
    value: str
    cells: dict[str, str]  # by rule

    def verdict(self, job: Job, names: set[str]) -> Verdict:
        """Whether a job of these sources runs by itself, after others, or not at all."""
        words = self.cells[job.rule].split()
        if any(word == "all" or word in names for word in words):
            return "own"
        inner = [word[1:-1] for word in words if word.startswith("(")]
        return "follows" if any(word == "all" or word in names for word in inner) else "none"


def read_table(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return [Row(r.pop("what"), r.pop("state", ""), r.pop("value", ""), r) for r in rows]


def cells_of(what: str, verdicts: Verdicts, names: dict[Job, set[str]]) -> dict[str, str]:
    """Cells that would say just this: what to look at, and to correct, where a row is wrong."""

    def taste(name: str) -> tuple[bool, bool, str]:
        return name not in what, name not in ("visual", "text"), name

    def words(rule: str, verdict: Verdict) -> list[str]:
        return _words(
            [job for job in verdicts if job.rule == rule], verdict, verdicts, names, taste
        )

    rules = sorted({job.rule for job in verdicts})
    return {rule: " ".join([*words(rule, "own"), *words(rule, "follows")]) for rule in rules}


def _words(
    jobs: list[Job],
    verdict: Verdict,
    verdicts: Verdicts,
    names: dict[Job, set[str]],
    taste: Callable[[str], Any],
) -> list[str]:
    """The fewest names that mean the jobs of this verdict and none that does not run."""
    form = "{}" if verdict == "own" else "({})"
    wanted = {job for job in jobs if verdicts[job] == verdict}
    # What runs by itself may stand in parentheses as well: the plain word is read first.
    others = {job for job in jobs if verdicts[job] not in (verdict, "own")}
    if wanted and not others:
        return [form.format("all")]
    meant = {
        name: {job for job in jobs if name in names[job]} for job in jobs for name in names[job]
    }
    found = []
    while wanted:
        useful = [name for name in sorted(meant, key=taste) if not meant[name] & others]
        best = max(useful, key=lambda name: len(meant[name] & wanted), default="?")
        found.append(form.format(best))
        if not meant.get(best, set()) & wanted:
            return [*found, "?"]  # no names mean just these: the table needs another word
        wanted -= meant[best]
    return found


def config_keys() -> list[str]:
    """Every key of the schema; names that users choose stand in angle brackets."""
    return list(_keys_of(Config, ""))


def schema_key(path: str, config: Config) -> str:
    """The key of the schema that a path in a configuration belongs to."""
    first, *rest = path.partition(" & ")[0].split(".")
    if first == "methods":
        rest[0] = f"<{config.methods[rest[0]].model}>"
    elif first in ("corpora", "tasks"):
        rest[0] = "<name>"
    return ".".join([first, *rest])


def changed(values: dict[str, Any], what: str, value: Any) -> dict[str, Any]:
    """A copy of a configuration with one key set; with `a & b`, keys that only go together."""
    if " & " in what:
        for path, part in zip(what.split(" & "), value, strict=True):
            values = changed(values, path, part)
        return values
    head, _, tail = what.partition(".")
    inner = changed(values.get(head) or {}, tail, value) if tail else value
    return {**values, head: inner}


def _keys_of(section: type[Section], prefix: str) -> Iterator[str]:
    for name, field in section.model_fields.items():
        yield from _keys(field.annotation, prefix + (field.alias or name))


def _keys(kind: Any, key: str) -> Iterator[str]:
    plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if plain is Method:  # of our models; the settings of a user's own are unknown
        for model in our_methods():
            yield from _keys_of(kind_of(model), f"{key.replace('<name>', f'<{model}>')}.")
    elif plain is not kind:
        yield from _keys(plain, key)
    elif isinstance(kind, type) and issubclass(kind, Section):
        yield from _keys_of(kind, f"{key}.")
    elif _holds_sections(kind) and get_origin(kind) is dict:
        yield from _keys(get_args(kind)[1], f"{key}.<name>")
    elif _holds_sections(kind):
        for member in get_args(kind):
            plain = get_args(member)[0] if get_origin(member) is Annotated else member
            # Sets of features have the same keys.
            if plain is not NoneType and get_origin(plain) is not dict:
                yield from _keys(member, key)
    else:
        yield key


def _holds_sections(kind: Any) -> bool:
    if get_origin(kind) in (dict, Annotated, Union, UnionType):
        return any(map(_holds_sections, get_args(kind)))
    return isinstance(kind, type) and issubclass(kind, Section)
