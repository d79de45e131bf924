"""One run: its order, its seed, what is selected and what is told."""

import math

import pytest
import torch

from pipeline.conversations.inference import predict_rates


def test_it_learns(make_learner, make_trainer):
    outcome = make_trainer(make_learner(), n_epochs=30, rate=0.0).run()
    assert outcome.history[-1]["loss"] < 0.6 * outcome.history[0]["loss"]
    assert outcome.best_score > 0.6


@pytest.mark.parametrize("rate", [0.0, 0.7, "random", "progressive"])
def test_same_seed_gives_the_same_bits(make_learner, make_trainer, same, rate):
    first, second = (make_trainer(make_learner(), rate=rate, seed=4).run() for _ in range(2))
    assert same(first, second)
    other = make_trainer(make_learner(), rate=rate, seed=5).run()
    assert not same(first, other)


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
    first, second = (
        predict_rates(
            learner, data.conversations, data.validation, data.validation_masks, lambda: None
        )
        for _ in range(2)
    )
    assert (first == second).all()
