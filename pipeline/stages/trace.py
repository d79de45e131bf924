"""Stage trace: what one run of a form of ITEACNet does inside -> traces/{method}.safetensors.

Attention and ECCE of one dialogue (paper Figure 4) and the routers' mean weights over the test
role at all missing rates. The report draws them; it may not load a network itself.
"""

from pipeline.base.arrays import write_arrays
from pipeline.base.devices import DeviceError
from pipeline.base.records import ROLES
from pipeline.base.wording import counted
from pipeline.config.settings import parse_section
from pipeline.conversations.reading import read_fold, read_stores
from pipeline.stages.options import RUN, TABLES, stage_parser
from pipeline.training.conditions import read_conditions
from pipeline.training.devices import ready_device
from pipeline.training.restored import restore_run
from pipeline.training.traced_run import TraceSettings, trace_run


def main(argv: list[str] | None = None) -> None:
    """Read the command line, restore the run, trace it, write."""
    args = stage_parser(__doc__, TABLES, RUN, "weights run out").parse_args(argv)
    try:
        device = ready_device(args.device, args.threads)
    except DeviceError as error:
        raise SystemExit(f"error: {error}") from None
    settings = parse_section(args.settings, TraceSettings, where="")

    tables = read_fold(args.utterances, args.labels, args.splits, args.fold)
    stores = read_stores(args.features, tables.utterances)
    run = restore_run(
        args.weights, args.run, tables, stores, settings.task, settings.method, device, ROLES
    )
    masks = read_conditions(
        args.availability, settings.rates, args.fold, tables.labels, run.index, run.test
    )

    arrays, header = trace_run(run, tables, masks, settings)
    write_arrays(args.out, arrays, header)
    print(f"done: dialogue {header['dialogue']}, {counted(len(header['utterances']), 'utterance')}")


if __name__ == "__main__":
    main()
