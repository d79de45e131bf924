"""Stage train: one method on one fold from one seed -> weights, history, run.json.

A run whose inputs, settings and code are known is taken from the cache; a killed one goes on from
its last checkpoint and ends with the same bytes. Wall time is no part of run.json, which is as
stable as the weights: see the rule's benchmark.
"""

from pipeline.base.devices import DeviceError
from pipeline.base.errors import CacheError, TrainingError
from pipeline.base.files import write_json
from pipeline.config.settings import parse_section
from pipeline.conversations.reading import read_fold
from pipeline.stages.options import RUN, TABLES, stage_parser
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
    args = parser.parse_args(argv)

    settings = parse_section(args.settings, RunSettings, where="")
    tables = read_fold(args.utterances, args.labels, args.splits, args.fold)
    index, names = tables.visible(*SEEN), settings.validation_rates(args.train_rate)
    validation = index.numbers_of(tables.roles["validation"])
    masks = read_conditions(args.availability, names, args.fold, tables.labels, index, validation)
    asked = (args.code, args.train_rate, args.fold, args.seed, args.device, args.threads)
    request = RunRequest(settings, *asked, tables, tuple(args.features), masks)

    try:
        files = (args.out_weights, args.out_history)
        facts = get_run(request, args.cache, *files, args.checkpoint_every)
    except (CacheError, DeviceError, TrainingError) as error:
        raise SystemExit(f"error: {error}") from None
    selection = request.selection if facts["keep"] == "best" else "none"
    named = {"task": args.task, "method": args.method, "selection": selection}
    told = {**named, **settings.told(), "encoders": origins(args.features)}
    write_json(args.out_run, {**facts, **told})
    epoch = f"{facts['keep']} epoch {facts['best_epoch']}"
    print(f"done: {epoch}, {request.selection} score {facts['best_score']:.4f}")


if __name__ == "__main__":
    main()
