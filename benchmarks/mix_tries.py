"""What several tries of the search say together: the mean of their probabilities or values.

Reads folders that `benchmarks.search_recipe --keep` wrote; nothing is trained.

    python -m benchmarks.mix_tries tries/beside tries/attention
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.search_recipe import Told, summary


def mixed(tries: Sequence[Told], shares: Sequence[float]) -> Told:
    """One voice, in which a try has its share; all told of the same utterances."""
    first = tries[0]
    if any(not np.array_equal(told.target, first.target) for told in tries):
        raise ValueError("the tries were scored on different utterances: same task, same parts")

    outputs = {
        name: np.average([told.outputs[name] for told in tries], axis=0, weights=shares)
        for name in first.outputs
    }
    return Told(outputs, first.target, first.kind)


def main(argv: Sequence[str] | None = None) -> None:
    """Read the command line, mix part by part, print a line of JSON."""
    args = _parser().parse_args(argv)
    shares = args.shares or [1.0] * len(args.folders)

    scores = []
    for path in sorted(args.folders[0].glob("*.npz")):
        tries = [Told.load(folder / path.name) for folder in args.folders]
        scores.append(mixed(tries, shares).score())
    print(json.dumps({"mixed": [folder.name for folder in args.folders], **summary(scores)}))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--shares", nargs="+", type=float, help="one for each folder; else alike")
    return parser


if __name__ == "__main__":
    main()
