"""Stage predict: a trained run on the test role of its fold, under every condition asked for.

The validation role is predicted too, for what probabilities are worth: calibration.json.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.base.arrays import ArraysError
from pipeline.base.devices import DeviceError
from pipeline.base.errors import CheckpointError
from pipeline.base.files import write_json
from pipeline.base.records import MODALITIES, Label
from pipeline.base.wording import counted
from pipeline.config.settings import dump, parse_section
from pipeline.conversations.dataset import Conversations
from pipeline.conversations.index import ConversationIndex, IntArray
from pipeline.conversations.inference import predict_rates
from pipeline.conversations.reading import FoldTables, read_conditions, read_fold, read_stores
from pipeline.evaluation.calibration import Judged, calibrate
from pipeline.evaluation.patterns import pattern_names
from pipeline.evaluation.predictions import in_words, write_predictions
from pipeline.stages.elsewhere import add_test_tables
from pipeline.stages.options import stage_parser
from pipeline.training.devices import ready_device
from pipeline.training.elsewhere import check_same_encoders, predict_elsewhere, show
from pipeline.training.randomness import seed_torch
from pipeline.training.restored import RestoredRun, restore_run
from pipeline.training.settings import PredictSettings


def main(argv: list[str] | None = None) -> None:
    """Read the command line, rebuild the learner, predict, write."""
    args = _parser().parse_args(argv)
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
        tests = _test_elsewhere(args, run, settings)
    except (ArraysError, CheckpointError, DeviceError) as error:
        raise SystemExit(f"error: {error}") from None

    validating = run.index.numbers_of(tables.roles["validation"])
    is_test = tests is None and set(validating.tolist()) == set(run.test.tolist())  # paper
    if tests is None:
        tests = _predicted(args, names, run, tables, run.test)
    validation = tests if is_test else _predicted(args, names, run, tables, validating)
    told = calibrate(
        *(task, validation.judged(), tests.judged(), "test" if is_test else "validation"),
        gives_logits=run.learner.gives_logits,
    )
    write_json(args.out_calibration, dump(told))

    dialogues = tests.index.dialogue_of_utterances()[tests.places]
    named = tests.ids.tolist(), dialogues.tolist()
    targets = [tests.labels[row].label for row in tests.index.label_rows[tests.places]]
    write_predictions(args.out, names, *named, targets, tests.outputs, task.classes)
    said = in_words(task, tests.targets, tests.outputs, names)
    print(f"done: {counted(len(tests.places), 'utterance')}, {said}")


@dataclass(frozen=True)
class Predicted:
    """Outputs (R, n, C) of R conditions for n utterances, at `places` in the line of N."""

    index: ConversationIndex
    conversations: Conversations
    labels: list[Label]
    places: IntArray  # (n,)
    masks: NDArray[np.bool_]  # (R, N, 3)
    outputs: NDArray[np.float32]

    @property
    def ids(self) -> NDArray[np.str_]:
        """(n,) of the utterances."""
        return self.index.utterance_ids[self.places]

    @property
    def targets(self) -> NDArray[np.generic]:
        """(n,) class numbers or values."""
        targets: NDArray[np.generic] = self.conversations.labels.cpu().numpy()[self.places]
        return targets

    def judged(self) -> Judged:
        """All conditions as rows, with what each utterance had."""
        extracted = self.conversations.extracted.cpu().numpy()[self.places]
        usable = self.masks[:, self.places] & extracted
        return Judged(
            self.outputs.reshape(-1, self.outputs.shape[-1]),
            np.tile(self.targets, len(self.masks)),
            np.array(pattern_names(usable.reshape(-1, len(MODALITIES)), MODALITIES)),
            np.tile(self.ids, len(self.masks)),
        )


def _predicted(
    args: Namespace, names: Sequence[str], run: RestoredRun, tables: FoldTables, dialogues: IntArray
) -> Predicted:
    """Of dialogues of the run's own corpus."""
    masks = read_conditions(
        *(args.availability, names, args.fold, tables.labels, run.index, dialogues)
    )
    outputs = predict_rates(
        *(run.learner, run.conversations, dialogues, masks),
        lambda: seed_torch(args.seed, "predict"),
    )
    places = run.index.utterances_of(dialogues)
    return Predicted(run.index, run.conversations, tables.labels, places, masks, outputs)


def _test_elsewhere(
    args: Namespace, run: RestoredRun, settings: PredictSettings
) -> Predicted | None:
    """Of the test role of another corpus, if the task is tested on one."""
    if args.test_utterances is None:
        return None
    check_same_encoders(args.features, args.test_features)
    tables = read_fold(args.test_utterances, args.test_labels, args.test_splits, args.fold)
    shown = show(run, tables, args.test_features, settings.task)

    everything = np.arange(len(shown.index.lengths))
    masks = read_conditions(
        *(args.test_availability, settings.rates, args.fold),
        *(tables.labels, shown.index, everything),
    )
    outputs = predict_elsewhere(run, shown, masks, lambda: seed_torch(args.seed, "predict"))
    places = shown.index.utterances_of(everything)
    return Predicted(shown.index, shown.conversations, tables.labels, places, masks, outputs)


def _parser() -> ArgumentParser:
    parser = stage_parser(
        __doc__,
        *("utterances", "labels", "splits", "features", "availability", "weights", "run"),
        *("fold", "seed", "threads", "device"),
        settings="JSON of task, method, rates",
        out="predictions.csv",
        out_calibration="calibration.json",
    )
    add_test_tables(parser)
    for name in ("features", "availability"):
        parser.add_argument(f"--test-{name}", type=Path, nargs="*", default=[], help="of it")
    return parser


if __name__ == "__main__":
    main()
