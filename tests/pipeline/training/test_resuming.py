"""A killed run goes on and ends with the same bits."""

import pytest

from pipeline.training.checkpoint import Checkpoints
from tests.pipeline.training.two_phases import TwoPhases


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
