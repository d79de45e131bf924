"""Stage predict: a trained run on the test role of its fold, under every condition asked for."""

from pipeline.base.arrays import ArraysError
from pipeline.base.devices import DeviceError
from pipeline.base.wording import counted
from pipeline.config.settings import parse_section
from pipeline.conversations.inference import predict_rates
from pipeline.conversations.reading import read_conditions, read_fold, read_stores
from pipeline.evaluation.predictions import in_words, write_predictions
from pipeline.stages.options import stage_parser
from pipeline.training.devices import ready_device
from pipeline.training.randomness import seed_torch
from pipeline.training.restored import restore_run
from pipeline.training.settings import PredictSettings


def main(argv: list[str] | None = None) -> None:
    """Read the command line, rebuild the learner, predict, write."""
    parser = stage_parser(
        __doc__,
        *("utterances", "labels", "splits", "features", "availability", "weights", "run"),
        *("fold", "seed", "threads", "device"),
        settings="JSON of task, method, rates",
        out="predictions.csv",
    )
    args = parser.parse_args(argv)
    settings = parse_section(args.settings, PredictSettings, where="")
    task, names = settings.task, settings.rates

    tables = read_fold(args.utterances, args.labels, args.splits, args.fold)
    try:
        device = ready_device(args.device, args.threads)
        stores = read_stores(args.features, tables.utterances)
        run = restore_run(args.weights, args.run, tables, stores, task, settings.method, device)
    except (ArraysError, DeviceError) as error:
        raise SystemExit(f"error: {error}") from None

    masks = read_conditions(args.availability, names, args.fold, tables.labels, run.index, run.test)
    outputs = predict_rates(
        run.learner, run.conversations, run.test, masks, lambda: seed_torch(args.seed, "predict")
    )

    places = run.index.utterances_of(run.test)
    ids, dialogues = run.index.utterance_ids, run.index.dialogue_of_utterances()
    named = ids[places].tolist(), dialogues[places].tolist()
    targets = [tables.labels[row].label for row in run.index.label_rows[places]]
    write_predictions(args.out, names, *named, targets, outputs, task.classes)
    numbers = run.conversations.labels.cpu().numpy()[places]
    print(
        f"done: {counted(len(places), 'utterance')}, {in_words(task.kind, numbers, outputs, names)}"
    )


if __name__ == "__main__":
    main()
