"""Looks at what a command line configures before Snakemake does.

Snakemake reads configurations before it reads the Snakefile: a file that is not there ends in a
traceback, faulty YAML is told without its line, anchors may be written out without end, and what
stands below `__use_yte__` is run. Profiles are read before all that; ours call `look`.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.base.errors import SettingsError
from pipeline.config.yaml_files import read_yaml

FILES = ("--configf", "--configfiles")  # argparse takes all that begin and end between them
VALUES = ("--config", "-C")
KEY = re.compile(r"[A-Za-z_][\w-]*\w")  # as Snakemake has it


def look(arguments: Sequence[str]) -> None:
    """Exit with 1 and a sentence if a configuration cannot be read, or a value has no key."""
    try:
        for option, value in _values(arguments):
            if option in VALUES:
                _refuse_odd(value)
            elif option.startswith(FILES[0]) and FILES[1].startswith(option):
                read_yaml(Path(value))
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None


def _values(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each value with the option that it belongs to."""
    option = ""
    for argument in arguments:
        if argument.startswith("-"):
            option, mark, value = argument.partition("=")
            if mark:
                yield option, value
        else:
            yield option, argument


def _refuse_odd(entry: str) -> None:
    key, mark, _ = entry.partition("=")
    if not mark:
        raise SettingsError(
            f"--config {entry}: expected KEY=VALUE; a value with blanks needs quotes, as "
            "--config root='/data/My clips'"
        )
    if not KEY.fullmatch(key):
        raise SettingsError(
            f"--config {entry}: {key!r} is not a key of a configuration; a key inside a section "
            "goes like this: --config 'train={n_epochs: 3}'"
        )
