import math
from dataclasses import replace

import pytest
import torch

from models.learner import Learner, Loss, OptimizerGroup, Phase
from pipeline.conversations.inference import predict_rates
from pipeline.training.checkpoint import Checkpoints


class Killed(Exception):
    """Stands for a kill at a moment of the test's choice."""


class KilledAfter(Checkpoints):
    """Saves after every epoch; stops the run after the given number of saves."""

    def __init__(self, path, n_saves):
        super().__init__(path, every_s=0)
        self.left = n_saves

    def save(self, state):
        super().save(state)
        self.left -= 1
        if self.left == 0:
            raise Killed


def test_it_learns(make_learner, make_trainer):
    outcome = make_trainer(make_learner(), n_epochs=30, rate=0.0).run()
    assert outcome.history[-1]["loss"] < 0.6 * outcome.history[0]["loss"]
    assert outcome.best_score > 0.6


@pytest.mark.parametrize("rate", [0.0, 0.7, "random", "progressive"])
def test_same_seed_gives_the_same_bits(make_learner, make_trainer, same, rate):
    one, two = (make_trainer(make_learner(), rate=rate, seed=4).run() for _ in range(2))
    assert same(one, two)
    other = make_trainer(make_learner(), rate=rate, seed=5).run()
    assert not same(one, other)


def test_every_epoch_visits_every_training_utterance_once_in_its_own_order(
    make_learner, make_trainer, data
):
    learner = make_learner()
    make_trainer(learner, n_epochs=2).run()
    n_batches = math.ceil(len(data.train) / 4)
    assert len(learner.seen) == 2 * n_batches
    places = data.conversations.index.utterances_of(data.train)
    expected = sorted(data.conversations.rows[torch.from_numpy(places)].tolist())
    epochs = []
    for epoch in (0, 1):
        batches = learner.seen[epoch * n_batches : (epoch + 1) * n_batches]
        rows = [row for _, _, rows, _ in batches for row in rows.flatten().tolist() if row >= 0]
        assert sorted(rows) == expected
        epochs.append(rows)
    assert epochs[0] != epochs[1]


def test_the_weights_are_those_of_the_best_epoch(make_learner, make_trainer, data):
    learner = make_learner()
    outcome = make_trainer(learner, n_epochs=12, rate=0.3).run()
    scores = [row["validation"] for row in outcome.history]
    assert outcome.best_score == max(scores)
    assert outcome.best_epoch == 1 + scores.index(max(scores))  # ties: the earliest
    short = make_learner()
    stopped = make_trainer(short, n_epochs=outcome.best_epoch, rate=0.3).run()
    assert all(torch.equal(stopped.weights[n], w) for n, w in outcome.weights.items())


def test_ties_keep_the_earliest_epoch(make_learner, make_trainer):
    learner = make_learner()
    learner.predict = lambda batch: torch.zeros(*batch.valid.shape, 3)
    assert make_trainer(learner).run().best_epoch == 1


def test_validation_is_the_mean_over_its_rates(make_learner, make_trainer):
    outcome = make_trainer(make_learner(), n_epochs=1).run()
    (row,) = outcome.history
    rates = [row[f"validation_{rate}"] for rate in (0.0, 0.3, 0.7)]
    assert row["validation"] == pytest.approx(sum(rates) / 3)


def test_patience_ends_a_run_that_gains_no_more(make_learner, make_trainer):
    learner = make_learner()
    learner.predict = lambda batch: torch.zeros(*batch.valid.shape, 3)
    outcome = make_trainer(learner, n_epochs=50, patience=3).run()
    assert len(outcome.history) == 4


def test_a_learner_without_selection_is_validated_once_and_keeps_its_last_epoch(
    make_learner, make_trainer
):
    learner = make_learner(selection="last")
    outcome = make_trainer(learner, n_epochs=4, patience=1).run()
    assert ["validation" in row for row in outcome.history] == [False, False, False, True]
    assert outcome.best_epoch == 4
    state = learner.state_dict()
    assert all(torch.equal(state[name], value) for name, value in outcome.weights.items())


def test_the_history_tells_rates_and_losses(make_learner, make_trainer):
    outcome = make_trainer(make_learner(), n_epochs=12, rate="progressive").run()
    assert [row["epoch"] for row in outcome.history] == list(range(1, 13))
    assert [row["train_rate"] for row in outcome.history[8:]] == pytest.approx([0, 0, 0.1, 0.1])
    assert outcome.history[0]["missing"] == 0
    assert outcome.history[0]["loss_entropy"] == outcome.history[0]["loss"]


def test_dropout_is_off_in_validation(make_learner, make_trainer, data):
    learner = make_learner()
    outcome = make_trainer(learner, n_epochs=1).run()
    learner.load_state_dict(outcome.weights)
    learner.eval()
    one, two = (
        predict_rates(
            learner, data.conversations, data.validation, data.validation_masks, lambda: None
        )
        for _ in range(2)
    )
    assert (one == two).all()


@pytest.mark.parametrize("batching", ["dialogues", "utterances", "full"])
@pytest.mark.parametrize("masks", ["per_batch", "per_run"])
@pytest.mark.parametrize("n_saves", [1, 3])
def test_a_killed_run_goes_on_and_ends_the_same(
    make_learner, make_trainer, same, tmp_path, batching, masks, n_saves
):
    kinds = {"batching": batching, "masks": masks}
    whole = make_trainer(make_learner(**kinds)).run()
    path = tmp_path / "checkpoint"
    for n_more in (n_saves, 1):
        with pytest.raises(Killed):
            make_trainer(make_learner(**kinds), KilledAfter(path, n_more)).run()
    # other initial weights: all that counts comes from the checkpoint
    resumed = make_trainer(make_learner(seed=8, **kinds), Checkpoints(path, 1e9)).run()
    assert same(resumed, whole)


def test_a_run_whose_checkpoint_was_damaged_starts_anew_and_ends_the_same(
    make_learner, make_trainer, same, tmp_path, capsys
):
    whole, path = make_trainer(make_learner()).run(), tmp_path / "checkpoint"
    with pytest.raises(Killed):
        make_trainer(make_learner(), KilledAfter(path, 2)).run()
    content = bytearray(path.read_bytes())
    content[-3] ^= 0x02  # a bit of a weight
    path.write_bytes(content)
    assert same(make_trainer(make_learner(), Checkpoints(path, 1e9)).run(), whole)
    said = capsys.readouterr()
    assert "starting anew" in said.err
    assert "going on" not in said.out


class TwoPhases(Learner):
    """Pretrains one matrix, freezes a copy in a buffer, then trains another with it."""

    batching = "utterances"
    batch_size = 16

    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Linear(16, 3), torch.nn.Linear(3, 3)
        self.codes = torch.nn.Parameter(torch.zeros(0, 2))
        self.register_buffer("frozen", torch.zeros(3, 16))
        self.finished = []

    def prepare(self, batch):
        self.codes = torch.nn.Parameter(torch.randn(int(batch.valid.sum()), 2))

    def phases(self):
        first = OptimizerGroup(list(self.first.parameters()), 0.02, kind="adam", max_grad_norm=1.0)
        second = OptimizerGroup(list(self.second.parameters()), 0.05)
        codes = OptimizerGroup([self.codes], 0.1, kind="adam")
        return [
            Phase("pretrain", [first], n_epochs=2, decay_after=1),
            Phase("train", [second, codes], alternate=True, steps=2),
        ]

    def finish_phase(self, name):
        self.finished.append(name)
        if name == "pretrain":
            self.frozen.copy_(self.first.weight.detach())

    def _load_from_state_dict(self, state, prefix, *rest):
        self.codes = torch.nn.Parameter(torch.zeros_like(state["codes"]))  # replaced, as in CPM-Net
        super()._load_from_state_dict(state, prefix, *rest)

    def hidden(self, batch, weight):
        return torch.cat(list(batch.masked().features.values()), dim=-1) @ weight.T

    def loss(self, batch, phase, group=0):
        if phase == "pretrain":
            logits = self.hidden(batch, self.first.weight) + self.first.bias
        else:
            logits = self.second(self.hidden(batch, self.frozen)) + self.codes.sum(0).mean() * 1e-3
        entropy = torch.nn.functional.cross_entropy(logits[batch.valid], batch.labels[batch.valid])
        return Loss(
            entropy + (self.codes**2).sum() * (group == 1), {f"group{group}": entropy.detach()}
        )

    def predict(self, batch):
        return self.second(self.hidden(batch, self.frozen))


def test_phases_follow_each_other_and_only_the_last_is_validated(make_learner, make_trainer):
    learner = make_learner(TwoPhases)
    outcome = make_trainer(learner, n_epochs=3).run()
    assert [row["phase"] for row in outcome.history] == ["pretrain"] * 2 + ["train"] * 3
    assert ["validation" in row for row in outcome.history] == [False] * 2 + [True] * 3
    assert learner.finished == ["pretrain", "train"]
    assert outcome.best_epoch > 2


@pytest.mark.parametrize("masks", ["per_batch", "per_run"])
def test_a_phase_of_complete_data_meets_no_mask_and_reports_none(
    make_learner, make_trainer, data, masks
):
    class Complete(make_learner.Linear):
        def phases(self):
            (phase,) = super().phases()
            first = replace(phase, name="first", n_epochs=2, is_complete=True)
            return [first, replace(phase, name="second")]

    learner = make_learner(Complete, masks=masks)
    outcome = make_trainer(learner, n_epochs=2, rate=0.7, generator="exact").run()
    is_whole = {(phase, bool(available.all())) for phase, _, _, available in learner.seen}
    assert is_whole == {("first", True), ("second", False)}
    rates = [(row["train_rate"], row["missing"]) for row in outcome.history]
    assert rates[:2] == [(0, 0), (0, 0)]
    extracted = data.conversations.extracted[data.conversations.index.utterances_of(data.train)]
    most = 1 - len(extracted) / int(extracted.sum())  # one modality of each utterance stays
    assert rates[2:] == [pytest.approx((0.7, most), abs=0.02)] * 2


def test_alternating_groups_move_only_themselves(make_learner, make_trainer):
    learner = make_learner(TwoPhases)
    moved = []
    inner = learner.loss

    def loss(batch, phase, group=0):
        moved.append((phase, group, learner.second.weight.sum().item(), learner.codes.sum().item()))
        return inner(batch, phase, group)

    learner.loss = loss
    make_trainer(learner, n_epochs=1).run()
    steps = [entry for entry in moved if entry[0] == "train"][:5]
    assert [group for _, group, _, _ in steps] == [0, 0, 1, 1, 0]
    weights, codes = [s[2] for s in steps], [s[3] for s in steps]
    assert weights[0] != weights[1] != weights[2] == weights[3] == weights[4]
    assert codes[0] == codes[1] == codes[2] != codes[3] != codes[4]


@pytest.mark.parametrize("n_saves", [1, 2, 3, 4])
def test_a_killed_run_of_two_phases_goes_on_and_ends_the_same(
    make_learner, make_trainer, same, tmp_path, n_saves
):
    whole = make_trainer(make_learner(TwoPhases)).run()
    path = tmp_path / "checkpoint"
    with pytest.raises(Killed):
        make_trainer(make_learner(TwoPhases), KilledAfter(path, n_saves)).run()
    resumed = make_learner(TwoPhases, seed=3)
    assert same(make_trainer(resumed, Checkpoints(path, 1e9)).run(), whole)
    assert resumed.finished == ["pretrain", "train"]
