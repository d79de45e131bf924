"""Stage train: one method on one fold from one seed -> weights, history, run.json.

A run whose inputs, settings and code are known is taken from the cache; a killed one goes on from
its last checkpoint and ends with the same bytes. Wall time is no part of run.json, which is as
stable as the weights: see the rule's benchmark.
"""

import argparse
from collections.abc import Iterator

from pipeline.base.devices import DeviceError
from pipeline.base.errors import CacheError, TrainingError
from pipeline.base.files import write_json
from pipeline.config.settings import parse_section
from pipeline.conversations.reading import read_fold
from pipeline.stages.options import RUN, TABLES, stage_parser
from pipeline.training.beside import own_run, train_beside
from pipeline.training.conditions import read_conditions
from pipeline.training.origins import origins
from pipeline.training.requests import SEEN, RunRequest, get_run
from pipeline.training.settings import RunSettings

ASKED = "seed task method train-rate code cache"
WRITTEN = "out-weights out-history out-run"


def main(argv: list[str] | None = None) -> None:
    """Read the command line, reuse or train, write."""
    parser = stage_parser(__doc__, TABLES, RUN, ASKED, WRITTEN)
    parser.add_argument("--checkpoint-every", type=float, default=30.0, help="seconds, at least")
    parser.add_argument("--beside", type=int, default=0, help="runs that may be trained after it")
    parser.add_argument("--others", nargs="*", default=[], help="which: FOLD:SEED of this method")
    args = parser.parse_args(argv)

    settings = parse_section(args.settings, RunSettings, where="")
    request = _request(args, settings, args.fold, args.seed)
    asked = (args.cache, args.out_weights, args.out_history, args.checkpoint_every)
    is_new = False

    try:
        if args.beside:
            facts, is_new = own_run(request, *asked)
        else:
            facts = get_run(request, *asked)
    except (CacheError, DeviceError, TrainingError) as error:
        raise SystemExit(f"error: {error}") from None
    selection = request.selection if facts["keep"] == "best" else "none"
    named = {"task": args.task, "method": args.method, "selection": selection}
    told = {**named, **settings.told(), "encoders": origins(args.features)}
    write_json(args.out_run, {**facts, **told})
    epoch = f"{facts['keep']} epoch {facts['best_epoch']}"
    print(f"done: {epoch}, {request.selection} score {facts['best_score']:.4f}", flush=True)
    if is_new:  # one that was killed with others has trained its own before
        train_beside(_others(args, settings), args.cache, args.checkpoint_every, args.beside)


def _request(args: argparse.Namespace, settings: RunSettings, fold: int, seed: int) -> RunRequest:
    """A run of this method at this rate."""
    tables = read_fold(args.utterances, args.labels, args.splits, fold)
    index, names = tables.visible(*SEEN), settings.validation_rates(args.train_rate)
    validation = index.numbers_of(tables.roles["validation"])
    masks = read_conditions(args.availability, names, fold, tables.labels, index, validation)
    asked = (args.code, args.train_rate, fold, seed, args.device, args.threads)
    return RunRequest(settings, *asked, tables, tuple(args.features), masks)


def _others(args: argparse.Namespace, settings: RunSettings) -> Iterator[RunRequest]:
    """The other runs, those that are planned after this one first."""
    pairs = [tuple(map(int, other.split(":"))) for other in args.others]
    own = (args.fold, args.seed)
    place = pairs.index(own) if own in pairs else 0
    for fold, seed in pairs[place:] + pairs[:place]:
        if (fold, seed) != own:
            yield _request(args, settings, fold, seed)


if __name__ == "__main__":
    main()
