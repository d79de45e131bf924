"""Stage predict: a run under every condition asked for -> predictions.csv, calibration.json."""

from pipeline.base.arrays import ArraysError
from pipeline.base.devices import DeviceError
from pipeline.base.errors import CheckpointError
from pipeline.base.files import write_json
from pipeline.base.wording import counted
from pipeline.config.settings import dump, parse_section
from pipeline.conversations.reading import read_fold, read_stores
from pipeline.evaluation.calibration import calibrate, judged
from pipeline.evaluation.predictions import score_in_words, write_predictions
from pipeline.stages.options import RUN, TABLES, TEST_TABLES, stage_parser
from pipeline.training.devices import ready_device
from pipeline.training.predicting import PredictRequest, TestFiles, predict_run
from pipeline.training.restored import restore_run
from pipeline.training.settings import PredictSettings

OTHERS = "test-features test-availability seed weights run out out-calibration"


def main(argv: list[str] | None = None) -> None:
    """Read the command line, rebuild the learner, predict, write."""
    args = stage_parser(__doc__, TABLES, RUN, TEST_TABLES, OTHERS).parse_args(argv)
    settings = parse_section(args.settings, PredictSettings, where="")
    task, names = settings.task, settings.rates

    tables = read_fold(args.utterances, args.labels, args.splits, args.fold)
    asked = PredictRequest(settings, args.availability, args.features, args.fold, args.seed)
    others = args.test_utterances, args.test_labels, args.test_splits
    files = TestFiles(*others, args.test_features, args.test_availability)
    try:
        device = ready_device(args.device, args.threads)
        kept = args.weights, args.run, tables, read_stores(args.features, tables.utterances)
        run = restore_run(*kept, task, settings.method, device, ("validation", "test"))
        validation, tests = predict_run(run, tables, asked, files)
    except (ArraysError, CheckpointError, DeviceError) as error:
        raise SystemExit(f"error: {error}") from None

    told = calibrate(
        *(task, judged(*validation.rows()), judged(*tests.rows())),
        "test" if validation is tests else "validation",
        gives_logits=run.learner.gives_logits,
        may_fit=settings.keep == "best",
    )
    write_json(args.out_calibration, dump(told))
    write_predictions(args.out, names, *tests.named(), tests.outputs, task.classes)
    said = score_in_words(task, tests.targets, tests.outputs, names)
    print(f"done: {counted(len(tests.places), 'utterance')}, {said}")


if __name__ == "__main__":
    main()
