"""Stage train: one method on one fold from one seed -> weights, history, run.json.

A run whose inputs, settings and code are known is taken from the cache; a killed one goes on from
its last checkpoint and ends with the same bytes. Wall time is no part of run.json, which is as
stable as the weights: see the rule's benchmark.
"""

from pipeline.base.devices import DeviceError
from pipeline.base.errors import CacheError, TrainingError
from pipeline.base.files import write_json
from pipeline.config.settings import dump, parse_section
from pipeline.conversations.reading import read_conditions, read_fold
from pipeline.stages.options import stage_parser
from pipeline.training.origins import origins
from pipeline.training.requests import SEEN, RunRequest, get_run
from pipeline.training.settings import RunSettings


def main(argv: list[str] | None = None) -> None:
    """Read the command line, reuse or train, write."""
    parser = stage_parser(
        __doc__,
        *("utterances", "labels", "splits", "features", "availability"),
        *("task", "fold", "seed", "cache", "threads", "device"),
        settings="JSON of task, protocol, method, train",
        out_weights="weights.safetensors",
        out_history="history.csv",
        out_run="run.json",
    )
    parser.add_argument("--method", required=True, help="name of the method, for run.json")
    parser.add_argument("--code", required=True, help="digest of the code: part of the run's key")
    parser.add_argument(
        "--train-rate", required=True, help="0.0 to 0.7, random, progressive or a condition"
    )
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
    if settings.corpus is not None:  # no part of the key: only who reads labels needs it
        named["corpus"] = dump(settings.corpus)
    if settings.extraction is not None:  # likewise
        named["extraction"] = dump(settings.extraction)
    if settings.task.kind == "regression":  # no part of the key: only who reads numbers needs it
        named["center"] = settings.task.center
    write_json(args.out_run, {**facts, **named, "encoders": origins(args.features)})
    epoch = f"{facts['keep']} epoch {facts['best_epoch']}"
    print(f"done: {epoch}, {request.selection} score {facts['best_score']:.4f}")


if __name__ == "__main__":
    main()
