"""Phases: their order, their masks, groups in turns."""

from dataclasses import replace

import pytest

from tests.pipeline.training.two_phases import TwoPhases


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
