"""Stage train: one method on one fold from one seed -> weights, history, run.json.

A run whose inputs, settings and code are known is taken from the cache; a killed one goes on from
its last checkpoint and ends with the same bytes. Wall time is no part of run.json, which is as
stable as the weights: see the rule's benchmark.
"""

from pipeline.base.devices import DeviceError
from pipeline.base.errors import CacheError, TrainingError
from pipeline.base.files import write_json
from pipeline.config.settings import parse_section
from pipeline.stages.options import RUN, TABLES, stage_parser
from pipeline.training.beside import own_run, train_beside
from pipeline.training.method_runs import MethodRuns
from pipeline.training.origins import origins
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
    runs = MethodRuns.of(args, settings)
    request = runs.request(args.fold, args.seed)

    try:
        files, is_shared = (args.out_weights, args.out_history), args.beside > 0
        facts, is_new = own_run(request, args.cache, *files, args.checkpoint_every, is_shared)
    except (CacheError, DeviceError, TrainingError) as error:
        raise SystemExit(f"error: {error}") from None
    selection = request.selection if facts["keep"] == "best" else "none"
    named = {"task": args.task, "method": args.method, "selection": selection}
    told = {**named, **settings.told(), "encoders": origins(args.features)}
    write_json(args.out_run, {**facts, **told})
    epoch = f"{facts['keep']} epoch {facts['best_epoch']}"
    print(f"done: {epoch}, {request.selection} score {facts['best_score']:.4f}", flush=True)
    if is_new and is_shared:  # not after a kill among others: its own run was done by then
        others = runs.others(args.fold, args.seed, args.others)
        train_beside(others, args.cache, args.checkpoint_every, args.beside)


if __name__ == "__main__":
    main()
