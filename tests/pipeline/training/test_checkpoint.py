import json
import math

import pytest
import torch

from pipeline.training.checkpoint import Checkpoints, RunState, copy_state


@pytest.fixture
def state():
    return RunState(
        phase=1,
        epoch=3,
        history=[{"epoch": 1, "phase": "a", "loss": 0.1 + 0.2, "validation": 1 / 3}],
        best_epoch=1,
        best_score=1 / 3,
        weights={"x": torch.tensor([1.0, math.pi]), "flag": torch.tensor(True)},
        optimizers={"0.steps.0": torch.tensor(7.0)},
        best={"x": torch.tensor([0.1, 0.2])},
    )


def equal(first, second):
    return first.keys() == second.keys() and all(
        torch.equal(first[name], second[name]) for name in first
    )


def test_a_state_comes_back_to_the_last_bit(state, tmp_path):
    Checkpoints(tmp_path / "c", 0).save(state)
    read = Checkpoints(tmp_path / "c", 0).load()
    assert (read.phase, read.epoch, read.history) == (1, 3, state.history)
    assert (read.best_epoch, read.best_score) == (1, 1 / 3)
    for part in ("weights", "optimizers", "best"):
        assert equal(getattr(read, part), getattr(state, part))


def test_a_state_before_any_validation_comes_back(tmp_path):
    Checkpoints(tmp_path / "c", 0).save(RunState(epoch=1))
    read = Checkpoints(tmp_path / "c", 0).load()
    assert (read.best_epoch, read.best_score, read.best) == (0, -math.inf, {})


def test_no_file_is_no_state(tmp_path):
    assert Checkpoints(tmp_path / "none" / "c", 0).load() is None


@pytest.mark.parametrize("keep", [0, 7, 200, -1])
def test_a_damaged_file_is_reported_and_not_used(state, tmp_path, keep, capsys):
    path = tmp_path / "c"
    Checkpoints(path, 0).save(state)
    path.write_bytes(path.read_bytes()[:keep])
    assert Checkpoints(path, 0).load() is None
    assert "starting anew" in capsys.readouterr().err


@pytest.mark.parametrize("part", ["weights/x", "optimizers/0.steps.0", "best/x", "header"])
def test_a_flipped_bit_is_reported_and_not_used(state, tmp_path, part, capsys):
    # With other weights, moments or history the run would end otherwise, and nobody would know.
    path = tmp_path / "c"
    Checkpoints(path, 0).save(state)
    content = bytearray(path.read_bytes())
    length = int.from_bytes(content[:8], "little")
    if part == "header":
        place = content.index(b"best_epoch") + len(b'best_epoch\\":')
    else:
        place = 8 + length + json.loads(content[8 : 8 + length])[part]["data_offsets"][0]
    content[place] ^= 0x02
    path.write_bytes(content)
    assert Checkpoints(path, 0).load() is None
    assert "starting anew" in capsys.readouterr().err


def test_it_is_due_again_only_after_a_while(state, tmp_path):
    now = [0.0]
    checkpoints = Checkpoints(tmp_path / "c", 30, clock=lambda: now[0])
    assert not checkpoints.is_due()
    now[0] = 30
    assert checkpoints.is_due()
    checkpoints.save(state)
    assert not checkpoints.is_due()


def test_slow_saving_takes_a_twentieth_of_the_time(state, tmp_path):
    now = [0.0]

    def clock():
        now[0] += 2.0  # two seconds pass between the beginning and the end of saving
        return now[0]

    checkpoints = Checkpoints(tmp_path / "c", 5, clock=clock)
    checkpoints.save(state)
    saved_s = now[0]
    while not checkpoints.is_due():
        pass
    assert now[0] - saved_s == 40


def test_a_copied_state_does_not_follow_later_steps():
    weights = {"x": torch.ones(2)}
    copied = copy_state(weights)
    weights["x"] += 1
    assert copied["x"].tolist() == [1, 1]
