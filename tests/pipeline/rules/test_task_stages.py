"""What decides a training: its own method, and nothing that it is only told."""

import json

import pytest

RUN = {"task": "mood", "method": "gcnet", "train_rate": "0.5", "fold": "0", "seed": "0"}


def test_a_training_is_told_how_its_features_were_made_which_decides_nothing(decisions):
    """Their settings decide the features, which are inputs: where weights lie decides nothing."""
    plain, other = decisions(), decisions(features={"audio": {"batch_seconds": 5}})
    told = [json.loads(made.settings("train", RUN))["extraction"] for made in (plain, other)]
    assert [made["features"]["audio"]["batch_seconds"] for made in told] == [72, 5]
    assert told[0]["crop_faces"]["fps"] == 5.0
    assert plain.key("train", RUN) == other.key("train", RUN)


@pytest.mark.parametrize("method", ["gcnet", "ae"])
def test_a_method_is_decided_by_its_own_settings_alone(decisions, method):
    wildcards = {**RUN, "method": method}
    ae = {"model": "ae", "settings": {"learning_rate": 0.01}}
    changed = decisions(methods={"gcnet": {"model": "gcnet"}, "ae": ae})
    is_same = changed.key("train", wildcards) == decisions().key("train", wildcards)
    assert is_same == (method != "ae")
