"""The command line of a stage, of options that are known to all of them."""

import argparse
from pathlib import Path
from typing import Final

from pipeline.stages.known_options import KNOWN

# Options that go together.
SHARD: Final = "utterances media root links settings cache threads device out"
CLIP: Final = "root clip links settings cache out"
CORPUS: Final = "corpus root settings out-utterances out-annotations out-corpus"
TABLES: Final = "utterances labels splits"
RUN: Final = "features availability settings fold threads device"
TEST_TABLES: Final = "test-utterances test-labels test-splits"


def stage_parser(description: str | None, *names: str) -> argparse.ArgumentParser:
    """A parser with the options `names`, words with spaces between them.

    An option without a default must be given; `out-` and a name is one more file to write.
    """
    parser = argparse.ArgumentParser(description=description)
    for name in " ".join(names).split():
        written = {"type": Path, "help": f"written: {name.removeprefix('out-')}"}
        settings = KNOWN.get(name, written) if name.startswith("out-") else KNOWN[name]
        parser.add_argument(f"--{name}", required="default" not in settings, **settings)
    return parser
