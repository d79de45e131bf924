"""`train.keep: last`: validation chooses no epoch, no early end, and no strength."""

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
