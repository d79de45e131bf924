"""What is chosen by validation: by the task's own score; with `train.keep: last`, nothing."""

from dataclasses import replace

import pytest
import torch
from sklearn.metrics import f1_score

from models.learner import Learner


def test_the_last_epoch_stands_whatever_validation_says(make_learner, make_trainer, same):
    class Watched(make_learner.Linear):
        seen_validation = False

        def tune(self, batch, score):
            self.seen_validation = True

    assert Watched.tune is not Learner.tune
    best, last = (make_learner(Watched) for _ in range(2))
    chosen = make_trainer(best, n_epochs=12).run()
    kept = make_trainer(last, n_epochs=12, keep="last", patience=1).run()
    assert (kept.best_epoch, len(kept.history)) == (12, 12)
    assert chosen.best_epoch < 12
    assert (best.seen_validation, last.seen_validation) == (True, False)
    assert not same(chosen, kept)


@pytest.mark.parametrize(("score", "average"), [("macro_f1", "macro"), ("weighted_f1", "weighted")])
def test_a_learner_chooses_by_the_score_of_its_task(make_learner, make_trainer, score, average):
    class Asking(make_learner.Linear):
        def tune(self, batch, score):
            self.told = score(torch.tensor([0, 0, 0, 2]), torch.eye(3)[[0, 0, 1, 2]])

    trainer = make_trainer(make_learner(Asking), n_epochs=1)
    trainer.data = replace(trainer.data, score=score)
    trainer.run()
    expected = f1_score([0, 0, 0, 2], [0, 0, 1, 2], average=average, zero_division=0)
    assert trainer.learner.told == pytest.approx(expected)
