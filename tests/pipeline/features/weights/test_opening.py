"""What is called present is opened: tiny models that load, lack weights, or lack layers."""

import pytest

from pipeline.base.errors import CheckpointError
from pipeline.features.weights.opening import check_weights
from tests.pipeline import tiny_models


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deberta").mkdir()
    return tiny_models.save_deberta(tmp_path / "deberta")


def test_weights_that_load_are_found_with_their_digest(folder, settings_of, tmp_path):
    found = check_weights("text", settings_of("text", encoder=f"hf:{folder}"), tmp_path / "cache")
    assert found.path == folder
    assert len(found.digest) == 64


def test_a_file_that_is_there_and_does_not_load_is_missing(folder, settings_of, tmp_path):
    (folder / "model.safetensors").write_bytes(b"\x08" + bytes(7) + b"{}      ")
    with pytest.raises(CheckpointError):
        check_weights("text", settings_of("text", encoder=f"hf:{folder}"), tmp_path / "cache")


def test_a_setting_that_does_not_fit_the_network_is_told(folder, settings_of, tmp_path):
    settings = settings_of("text", encoder=f"hf:{folder}", last_layers=48)
    with pytest.raises(CheckpointError, match="last_layers=48, but the model has 4 layers"):
        check_weights("text", settings, tmp_path / "cache")
