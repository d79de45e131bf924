"""A stage says what it is handed, and whether that is also what decides it."""

import dataclasses

import pytest

from pipeline.rules.deciding import Stage


def test_what_is_handed_decides_unless_said_and_none_of_it_changes():
    stage = Stage({"a": 1})
    assert (stage.modules, stage.deciding) == ((), None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        stage.settings = {}


def test_a_stage_that_nothing_decides_is_not_one_that_says_nothing(decisions):
    """`{}` decides nothing, None stands for the settings: joined features follow their inputs."""
    assert decisions().key("join_features", {"corpus": "talks"}).startswith('{"code":')
