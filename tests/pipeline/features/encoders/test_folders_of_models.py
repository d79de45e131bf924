"""A model saved to disk runs through the stage by `hf:<folder>`, and its records follow it."""

import json
import shutil
import wave

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pipeline.base.files import file_digest
from pipeline.base.records import FaceRow, Utterance
from pipeline.base.tables import write_rows
from pipeline.features.faces.crops import CropRecord, write_crops
from pipeline.features.store import read_store
from pipeline.stages import extract_features
from tests.pipeline import tiny_models
from tests.pipeline.features.weights.test_hostile_checkpoints import Payload

pytestmark = pytest.mark.fresh

DIGEST = "ab" * 32
SPEECH = ["wav2vec2_group", "wav2vec2_layer", "hubert", "wavlm", "data2vec"]
CASES = [
    *(("audio", name) for name in SPEECH),
    ("text", "deberta"),
    ("text", "deberta_v3"),
    ("visual", "vit"),
    *(("audio", name) for name in ("whisper", "w2v_bert", "moonshine", "ast")),
    *(("text", name) for name in ("t5", "xlnet")),
    ("visual", "videomae"),
]


@pytest.fixture
def folder_of(request, speech_model, tmp_path_factory):
    """folder_of(name): where the tiny model lies."""
    made = {}

    def find(name):
        if name in tiny_models.OTHERS:
            if name not in made:
                made[name] = tiny_models.OTHERS[name](tmp_path_factory.mktemp(name))
            return made[name]
        return speech_model(name) if name in SPEECH else request.getfixturevalue(name)

    return find


@pytest.fixture
def stage(tmp_path):
    """stage(modality, encoder): the features of two utterances with sound, text and a face."""
    rng = np.random.default_rng(0)
    (tmp_path / "raw").mkdir()
    with wave.open(str(tmp_path / "raw" / "a.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((rng.standard_normal(24_000) * 3000).astype("<i2").tobytes())
    rows = [
        Utterance(f"u{n}", "d", n, "s", "1", "a.wav", n * 0.5, n * 0.5 + 0.7, "full", text)
        for n, text in enumerate(["Hello world, it's a sunny day!", "i don't know"])
    ]
    write_rows(tmp_path / "utterances.csv", rows, Utterance)
    wav = tmp_path / "raw" / "a.wav"
    sound = {"size": wav.stat().st_size, "sha256": file_digest(wav)}
    (tmp_path / "media.json").write_text(json.dumps({"a.wav": sound}))
    picture = rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)
    crops = CropRecord(DIGEST, "ok", "single", "full", 1, 1, 1, (0.5,), ((0, 0, 64, 64),), (1.0,))
    archive = tmp_path / "cache" / "faces" / DIGEST[:2] / f"{DIGEST}.zip"
    write_crops(archive, crops, [cv2.imencode(".jpg", picture)[1].tobytes()])
    faces = [FaceRow(row.utterance_id, 1, 1, DIGEST, "ok") for row in rows]
    write_rows(tmp_path / "faces.csv", faces, FaceRow)

    def run(modality, encoder):
        options = {
            "--utterances": tmp_path / "utterances.csv",
            "--media": tmp_path / "media.json",
            "--faces": tmp_path / "faces.csv",
            "--root": tmp_path / "raw",
            "--modality": modality,
            "--settings": json.dumps({"encoder": {"encoder": encoder}}),
            "--cache": tmp_path / "cache",
            "--device": "cpu",
            "--out": tmp_path / "out.safetensors",
        }
        extract_features.main([str(word) for pair in options.items() for word in pair])
        return read_store(tmp_path / "out.safetensors", ["u0", "u1"])

    return run


@pytest.mark.parametrize(("modality", "name"), CASES)
def test_a_model_on_disk_is_one_line_of_configuration(
    modality, name, folder_of, stage, tmp_path, capsys
):
    store = stage(modality, f"hf:{folder_of(name)}")
    assert store.features.shape == (2, 32)
    assert store.extracted.all()
    before = (tmp_path / "out.safetensors").read_bytes()
    shutil.copytree(folder_of(name), tmp_path / "moved")
    stage(modality, f"hf:{tmp_path / 'moved'}")
    assert "2 hits, 0 misses" in capsys.readouterr().out
    assert (tmp_path / "out.safetensors").read_bytes() == before


def test_the_encoder_of_another_modality_is_refused_with_its_folder(folder_of, stage):
    with pytest.raises(SystemExit, match=r"deberta.*does not read waveforms"):
        stage("audio", f"hf:{folder_of('deberta')}")
    with pytest.raises(SystemExit, match=r"vit.*AutoTokenizer cannot load it"):
        stage("text", f"hf:{folder_of('vit')}")


def test_pickled_weights_give_what_safe_ones_give_and_none_of_them_is_run(
    folder_of, stage, tmp_path
):
    marker = tmp_path / "executed"
    expected = stage("text", f"hf:{folder_of('deberta')}").features
    folder = tmp_path / "pickled"
    shutil.copytree(folder_of("deberta"), folder)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")

    assert np.array_equal(stage("text", f"hf:{folder}").features, expected)
    evil = {"embeddings.word_embeddings.weight": Payload(marker)}
    torch.save(weights | evil, folder / "pytorch_model.bin")
    with pytest.raises(SystemExit, match=r"pytorch_model.bin: refused: it asks for '\w+\.system'"):
        stage("text", f"hf:{folder}")
    assert not marker.exists()
