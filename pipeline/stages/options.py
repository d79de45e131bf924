"""The command line of a stage, of options that are known to all of them."""

import argparse
from typing import Final

from pipeline.stages.known_options import KNOWN

TEST_TABLES: Final = ("test-utterances", "test-labels", "test-splits")
CLIP: Final = ("root", "clip", "links", "settings", "cache", "out")


def stage_parser(description: str | None, *names: str, **helps: str) -> argparse.ArgumentParser:
    """A parser with the known options `names`, and those of `helps`, which has other words.

    An option without a default must be given. `out_labels` and its like are more files to write.
    """
    parser = argparse.ArgumentParser(description=description)
    for name in (*names, *helps):
        settings = dict(KNOWN["out" if name.startswith("out_") else name])
        if name in helps:
            settings["help"] = helps[name]
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, required="default" not in settings, **settings)
    return parser
