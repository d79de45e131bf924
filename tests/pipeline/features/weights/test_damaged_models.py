"""500 damaged folders in the layout of the hub: our error or a vector, no hang, no memory."""

import json
from contextlib import suppress

import numpy as np
import pytest

from pipeline.base.errors import CheckpointError, EncodingError, SettingsError
from pipeline.features.cache.extractor import Encoded, Weights
from pipeline.features.encoders import hf_image, hf_speech, hf_text
from tests.pipeline import tiny_models
from tests.pipeline.damaging import N_INPUTS, try_all
from tests.pipeline.features.conftest import make_settings


def speech(folder):
    return tiny_models.save_speech_model(folder, "wav2vec2_group")


MODELS = {
    "bytes": (tiny_models.save_deberta, "text", hf_text),
    "unigram": (tiny_models.save_deberta_v3, "text", hf_text),
    "pictures": (tiny_models.save_vit, "visual", hf_image),
    "speech": (speech, "audio", hf_speech),
}


@pytest.fixture(params=MODELS)
def model(request, tmp_path, item):
    """A folder, and encode(): the folder opened, and a text given to its encoder."""
    save, modality, module = MODELS[request.param]
    folder = tmp_path / "model"
    folder.mkdir()
    save(folder)
    given = item("u", "hello world")

    def encode():
        weights = Weights(folder, "0" * 64)
        built = module.build(make_settings(modality, encoder=f"hf:{folder}"), weights, "cpu")
        return list(built.encode([given])) if modality == "text" else [built.dim]

    return folder, encode


def test_folders_of_models(model):
    folder, encode = model
    (whole,) = encode()
    assert not isinstance(whole, Encoded) or whole.status == "ok"

    def attempt():
        with suppress(CheckpointError, EncodingError, SettingsError), np.errstate(all="ignore"):
            encode()

    files = [path for path in folder.rglob("*") if path.is_file()]
    try_all(files, attempt, N_INPUTS // len(MODELS))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("num_hidden_layers", 10**9, r"asks for 1,000,000,000 layers; at most 1,000 are built"),
        ("hidden_size", 4 * 10**6, r"asks for [0-9,]+ values, its weights have [0-9,]+ bytes"),
    ],
)
def test_what_no_file_holds_is_not_made_up(deberta, tmp_path, name, value, said):
    for path in deberta.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, name: value}))
    with pytest.raises(CheckpointError, match=said):
        hf_text.build(make_settings("text"), Weights(tmp_path, "0" * 64), "cpu")


def test_a_picture_processor_that_does_not_fit_its_network_is_told(tmp_path):
    tiny_models.save_vit(tmp_path)
    path = tmp_path / "preprocessor_config.json"
    size = {"height": 48, "width": 48}
    path.write_text(json.dumps({**json.loads(path.read_text()), "size": size}))
    with pytest.raises(CheckpointError, match=r"its network does not take what preprocessor_confi"):
        hf_image.build(make_settings("visual"), Weights(tmp_path, "0" * 64), "cpu")
