"""One run: phases of epochs, a validation after each, the best epoch kept.

The learner says how it trains (`models.learner`); here are order, masks, steps, selection and
checkpoints. An epoch visits all batches in an order of its own. Validation uses stored masks: at
the training rate when that is constant, otherwise the mean over all rates (reading.md A.6). The
best epoch is the earliest with the highest score, in the last phase only.
"""

import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from models.batch import ConversationBatch
from models.learner import Learner, Loss, Phase
from pipeline.base.errors import TrainingError
from pipeline.base.progress import Progress, progress
from pipeline.conversations.collate import collate, items_of
from pipeline.conversations.index import IntArray
from pipeline.conversations.inference import predict_rates
from pipeline.protocol.selection import selection_score
from pipeline.training.checkpoint import Checkpoints, HistoryRow, RunState, copy_state
from pipeline.training.contracts import Outcome, TrainingData, TrainOptions
from pipeline.training.fixed_evaluation import FixedEvaluation
from pipeline.training.fixed_steps import FixedSteps, why_not_fixed
from pipeline.training.learners import prepare_learner, tune_learner
from pipeline.training.masks import TrainingMasks
from pipeline.training.means import Means
from pipeline.training.memory import check_batches
from pipeline.training.optimizers import PhaseOptimizers
from pipeline.training.randomness import seed_torch, stream
from pipeline.training.recording import Recorder

ADVICE = "lower the method's learning_rate, or set protocol.standardize"


class Trainer:
    """Trains one learner on one fold with one seed."""

    def __init__(
        self,
        learner: Learner,
        data: TrainingData,
        options: TrainOptions,
        checkpoints: Checkpoints | None = None,
    ) -> None:
        self.learner, self.data, self.options = learner, data, options
        self.checkpoints = checkpoints
        self.keeps_last = "last" in (learner.selection, options.keep)

        conversations = data.conversations
        self.items = items_of(conversations.index, data.train, learner.batching)
        check_batches(learner, self.items.lengths.numpy())

        self.masks = TrainingMasks(
            conversations,
            conversations.index.utterances_of(data.train),
            options.rate,
            options.generator,
            learner.masks,
            options.seed,
        )

        validated = conversations.index.utterances_of(data.validation)
        self._target = conversations.labels.cpu().numpy()[validated]
        self._whole: ConversationBatch | None = None  # the only batch of "full" learners
        self._recorder = self._recorder_of_run()
        self._evaluation: FixedEvaluation | None = None

    def run(self) -> Outcome:
        """Train to the end, from the checkpoint if there is one."""
        seed_torch(self.options.seed, "init", 1)
        prepare_learner(self.learner, self.data.conversations, self.data.train)
        if self.options.keep == "best":  # validation is trusted
            tune_learner(
                self.learner,
                self.data.conversations,
                self.data.validation,
                lambda target, outputs: self._score(target.cpu().numpy(), outputs.cpu().numpy()),
            )
        state = (self.checkpoints.load() if self.checkpoints else None) or RunState()
        if state.history:
            print(f"going on after epoch {len(state.history)}", flush=True)

        lengths = [phase.n_epochs or self.options.n_epochs for phase in self.learner.phases()]
        bar: Progress[int] = progress(
            sum(lengths) - len(state.history), what="train", unit="epochs"
        )
        with bar:
            for number, length in enumerate(lengths):
                if number == state.phase:
                    self._run_phase(number, length, number == len(lengths) - 1, state, bar)
                self.learner.finish_phase(self.learner.phases()[number].name)

        weights = state.best or copy_state(self.learner.state_dict())
        return Outcome(weights, state.history, state.best_epoch, state.best_score, self.keeps_last)

    def _recorder_of_run(self) -> Recorder | None:
        """What records the steps; None where batches have their own shapes. On a GPU it is said."""
        device = self.data.conversations.device
        is_gpu = device.type == "cuda"
        if not (is_gpu if self.options.fixed is None else self.options.fixed):
            return None
        reason = why_not_fixed(self.learner, self.items)
        if reason is not None:
            print(f"steps are launched kernel by kernel: {reason}", flush=True)
            return None
        recorder = Recorder(device)
        if is_gpu:
            how = "recorded as CUDA graphs" if recorder.is_on else "not recorded"
            print(f"batches of fixed shapes, steps are {how}", flush=True)
        return recorder

    def _run_phase(
        self, number: int, n_epochs: int, is_last: bool, state: RunState, bar: Progress[int]
    ) -> None:
        if state.epoch:  # before `phases`: loading may replace parameters
            self.learner.load_state_dict(state.weights)
        phase = self.learner.phases()[number]
        optimizers = PhaseOptimizers(phase)
        if state.epoch:
            optimizers.load_state(state.optimizers)

        fixed: FixedSteps | None = None
        if self._recorder is not None:
            parts = (self.data.conversations, self.items, self._recorder)
            fixed = FixedSteps(self.learner, phase, optimizers, *parts)
        while state.epoch < n_epochs and not self._is_stale(state):
            optimizers.scale_rates(phase.rate_factor(state.epoch, n_epochs))
            row = self._run_epoch(number, phase, state.epoch, optimizers, fixed)
            row["epoch"] = len(state.history) + 1
            if is_last and (not self.keeps_last or state.epoch == n_epochs - 1):
                row |= self._validate(state, len(state.history) + 1)

            state.epoch += 1
            state.history.append(row)
            self._save_if_due(state, optimizers)
            bar.advance(note=_note(row))

        if not is_last:
            state.phase, state.epoch = number + 1, 0

    def _run_epoch(
        self,
        number: int,
        phase: Phase,
        epoch: int,
        optimizers: PhaseOptimizers,
        fixed: FixedSteps | None,
    ) -> HistoryRow:
        self.learner.train()
        self.masks.start_epoch(number, epoch, phase.is_complete)
        seed_torch(self.options.seed, "dropout", number, epoch)

        if fixed is not None:
            values = fixed.take_epoch(self._order(number, epoch), self.masks)
        else:
            means = Means()
            for batch in self._batches(number, epoch):
                for loss in self._steps(batch, phase, optimizers):
                    means.add(loss)
            values = means.values()
        if not math.isfinite(values["loss"]):
            raise TrainingError(
                f"phase {phase.name}, epoch {epoch + 1}: the loss is {values['loss']}; {ADVICE}"
            )

        rates = {"train_rate": self.masks.mean_rate, "missing": self.masks.realised}
        return {"phase": phase.name, **rates, **values}

    def _batches(self, number: int, epoch: int) -> Iterator[ConversationBatch]:
        conversations, n_items = self.data.conversations, len(self.items)
        if self.learner.batching == "full":
            self._whole = self._whole or collate(conversations, self.items)
            yield self.masks.place(self._whole, self.items)
            return
        order = self._order(number, epoch)
        size = self.learner.batch_size
        for start in range(0, n_items, size):
            items = self.items.take(torch.from_numpy(order[start : start + size]))
            yield self.masks.place(collate(conversations, items), items)

    def _order(self, number: int, epoch: int) -> IntArray:
        """All items, in the order in which an epoch visits them."""
        return stream(self.options.seed, "order", number, epoch).permutation(len(self.items))

    def _steps(
        self, batch: ConversationBatch, phase: Phase, optimizers: PhaseOptimizers
    ) -> Iterator[Loss]:
        if not phase.alternate:
            loss = self.learner.loss(batch, phase.name)
            torch.autograd.backward(loss.total)
            optimizers.step()
            yield loss
            return
        for number, group in enumerate(optimizers.groups):
            for _ in range(phase.steps):
                loss = self.learner.loss(batch, phase.name, number)
                torch.autograd.backward(loss.total, inputs=group.parameters)
                group.step()
                yield loss

    def _validate(self, state: RunState, epoch: int) -> HistoryRow:
        data = self.data
        scores = [self._score(self._target, output) for output in self._predict()]
        score = sum(scores) / len(scores)
        if score > state.best_score or self.keeps_last:
            state.best_score, state.best_epoch = score, epoch
            state.best = copy_state(self.learner.state_dict())
            if not all(value.isfinite().all() for value in state.best.values()):
                raise TrainingError(f"epoch {epoch}: weights are no longer finite; {ADVICE}")

        named = zip(data.validation_rates, scores, strict=True)
        return {"validation": score, **{f"validation_{rate}": value for rate, value in named}}

    def _predict(self) -> NDArray[np.float32]:
        """(R, n, C) outputs for the validation dialogues under the stored masks."""
        data, seed = self.data, self.options.seed
        asked = (self.learner, data.conversations, data.validation, data.validation_masks)
        if self._recorder is None:
            return predict_rates(*asked, lambda: seed_torch(seed, "predict"))
        self._evaluation = self._evaluation or FixedEvaluation(*asked, self._recorder)
        return self._evaluation.predict(lambda: seed_torch(seed, "predict"))

    def _score(self, target: NDArray[np.generic], outputs: NDArray[np.floating]) -> float:
        """What the task is selected by, of (N,) targets and (N, C) outputs."""
        return selection_score(self.data.kind, target, outputs, self.data.score)

    def _is_stale(self, state: RunState) -> bool:
        patience = self.options.patience
        if patience is None or not state.best_epoch or self.keeps_last:
            return False
        return len(state.history) - state.best_epoch >= patience

    def _save_if_due(self, state: RunState, optimizers: PhaseOptimizers) -> None:
        if self.checkpoints is not None and self.checkpoints.is_due():
            state.weights = self.learner.state_dict()
            state.optimizers = optimizers.state()
            self.checkpoints.save(state)


def _note(row: HistoryRow) -> str:
    shown = {name: row[name] for name in ("loss", "validation") if name in row}
    return ", ".join(f"{name} {value:.4g}" for name, value in shown.items())
