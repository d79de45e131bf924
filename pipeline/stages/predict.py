"""Stage predict: a trained run on the test role of its fold, under every condition asked for.

The validation role is predicted too, for what probabilities are worth: calibration.json.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.base.arrays import ArraysError
from pipeline.base.devices import DeviceError
from pipeline.base.files import write_json
from pipeline.base.records import MODALITIES
from pipeline.base.wording import counted
from pipeline.config.settings import dump, parse_section
from pipeline.conversations.index import IntArray
from pipeline.conversations.inference import predict_rates
from pipeline.conversations.reading import read_conditions, read_fold, read_stores
from pipeline.evaluation.calibration import Judged, calibrate
from pipeline.evaluation.patterns import pattern_names
from pipeline.evaluation.predictions import in_words, write_predictions
from pipeline.stages.options import stage_parser
from pipeline.training.devices import ready_device
from pipeline.training.randomness import seed_torch
from pipeline.training.restored import RestoredRun, restore_run
from pipeline.training.settings import PredictSettings


def main(argv: list[str] | None = None) -> None:
    """Read the command line, rebuild the learner, predict, write."""
    parser = stage_parser(
        __doc__,
        *("utterances", "labels", "splits", "features", "availability", "weights", "run"),
        *("fold", "seed", "threads", "device"),
        settings="JSON of task, method, rates",
        out="predictions.csv",
        out_calibration="calibration.json",
    )
    args = parser.parse_args(argv)
    settings = parse_section(args.settings, PredictSettings, where="")
    task, names = settings.task, settings.rates

    tables = read_fold(args.utterances, args.labels, args.splits, args.fold)
    try:
        device = ready_device(args.device, args.threads)
        stores = read_stores(args.features, tables.utterances)
        run = restore_run(
            *(args.weights, args.run, tables, stores, task, settings.method, device),
            roles=("validation", "test"),
        )
    except (ArraysError, DeviceError) as error:
        raise SystemExit(f"error: {error}") from None

    def predict(dialogues: IntArray) -> tuple[NDArray[np.float32], Judged]:
        masks = read_conditions(
            *(args.availability, names, args.fold, tables.labels, run.index, dialogues)
        )
        outputs = predict_rates(
            *(run.learner, run.conversations, dialogues, masks),
            lambda: seed_torch(args.seed, "predict"),
        )
        return outputs, judged(run, dialogues, masks, outputs)

    outputs, test = predict(run.test)
    validating = run.index.numbers_of(tables.roles["validation"])
    is_test = set(validating.tolist()) == set(run.test.tolist())  # protocol: paper
    validation = test if is_test else predict(validating)[1]
    told = calibrate(
        *(task, validation, test, "test" if is_test else "validation"),
        gives_logits=run.learner.gives_logits,
    )
    write_json(args.out_calibration, dump(told))

    places = run.index.utterances_of(run.test)
    ids, dialogues = run.index.utterance_ids, run.index.dialogue_of_utterances()
    named = ids[places].tolist(), dialogues[places].tolist()
    targets = [tables.labels[row].label for row in run.index.label_rows[places]]
    write_predictions(args.out, names, *named, targets, outputs, task.classes)
    numbers = run.conversations.labels.cpu().numpy()[places]
    print(f"done: {counted(len(places), 'utterance')}, {in_words(task, numbers, outputs, names)}")


def judged(
    run: RestoredRun, dialogues: IntArray, masks: NDArray[np.bool_], outputs: NDArray[np.float32]
) -> Judged:
    """Outputs (R, n, C) of R conditions as rows, with what each utterance had; masks (R, N, 3)."""
    places = run.index.utterances_of(dialogues)
    usable = masks[:, places] & run.conversations.extracted.cpu().numpy()[places]
    targets = run.conversations.labels.cpu().numpy()[places]
    return Judged(
        outputs.reshape(-1, outputs.shape[-1]),
        np.tile(targets, len(masks)),
        np.array(pattern_names(usable.reshape(-1, len(MODALITIES)), MODALITIES)),
        np.tile(run.index.utterance_ids[places], len(masks)),
    )


if __name__ == "__main__":
    main()
