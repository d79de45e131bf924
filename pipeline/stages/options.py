"""The command line of a stage, of options that are known to all of them."""

import argparse
import re
import sys
from pathlib import Path
from typing import Any, Final

from pipeline.stages.known_options import KNOWN

SHARD: Final = "utterances media root links settings cache threads device out"
CLIP: Final = "root clip links settings cache out"
CORPUS: Final = "corpus root settings out-utterances out-annotations out-corpus"
TABLES: Final = "utterances labels splits"
RUN: Final = "features availability settings fold threads device"
TEST_TABLES: Final = "test-utterances test-labels test-splits"

VALUE: Final = re.compile(r"\A-(?!-|[0-9.]+\Z)")  # numbers are none of argparse's options


class StageParser(argparse.ArgumentParser):
    """Values may begin with a dash, as names of CMU-MOSEI's videos and any folder's do.

    argparse takes such words for options. Here those with one dash that are none are read with `./`
    before them, which paths lose by themselves and texts by `undashed`.
    """

    def __init__(self, description: str | None) -> None:
        self._names: set[str] = set()
        super().__init__(description=description)  # which adds -h

    def add_argument(self, *names: Any, **settings: Any) -> Any:
        """Add an option, and know its names."""
        self._names |= set(names)
        return super().add_argument(*names, **settings)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse the words of a command line."""
        words = sys.argv[1:] if args is None else args
        values = [word if word in self._names else VALUE.sub("./-", word) for word in words]
        return super().parse_known_args(values, namespace)


def undashed(value: str) -> str:
    """A text as it was before `StageParser` kept it from looking like an option."""
    return value[2:] if value.startswith("./-") else value


def stage_parser(description: str | None, *names: str) -> StageParser:
    """A parser with the options `names`, words with spaces between them.

    An option without a default must be given; `out-` and a name is one more file to write.
    """
    parser = StageParser(description)
    for name in " ".join(names).split():
        written = {"type": Path, "help": f"written: {name.removeprefix('out-')}"}
        settings = KNOWN.get(name, written) if name.startswith("out-") else KNOWN[name]
        asked = {"type": undashed, "required": "default" not in settings}
        parser.add_argument(f"--{name}", **{**asked, **settings})
    return parser
