"""Weights are found where they may lie, named by their content, and asked for clearly."""

import json

import pytest

from pipeline.base.errors import CheckpointError
from pipeline.config.features import AudioSettings, TextSettings, VisualSettings
from pipeline.config.settings import dump
from pipeline.features.weights.locating import MISSING, locate_weights, weights_fingerprint


@pytest.fixture(autouse=True)
def _empty_place(tmp_path, monkeypatch):
    """No weights of the developer: neither in weights/ nor in the hub's cache."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


def find(modality, tmp_path, **settings):
    kinds = {"audio": AudioSettings, "text": TextSettings, "visual": VisualSettings}
    return locate_weights(modality, dump(kinds[modality](**settings)), tmp_path / "cache")


def make_model(folder, weights=b"w", name="model.safetensors"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text("{}")
    (folder / name).write_bytes(weights)
    return folder


@pytest.mark.parametrize("modality", ["audio", "text", "visual"])
def test_the_default_encoders_ship_in_wheels(modality, tmp_path):
    weights = find(modality, tmp_path)
    assert weights.path.exists()
    assert len(weights.digest) == 64


def test_a_local_copy_goes_before_all_else(tmp_path):
    own = tmp_path / "own.pt"
    own.write_bytes(b"mine")
    fetched = tmp_path / "weights" / "wav2vec_large.pt"
    fetched.parent.mkdir()
    fetched.write_bytes(b"fetched")
    assert find("audio", tmp_path, encoder="wav2vec").path.resolve() == fetched
    assert find("audio", tmp_path, encoder="wav2vec", weights=str(own)).path == own


def test_the_digest_is_of_content_not_of_place(tmp_path):
    first = find("text", tmp_path, encoder=f"hf:{make_model(tmp_path / 'a')}")
    second = find("text", tmp_path, encoder=f"hf:{make_model(tmp_path / 'b')}")
    assert first.digest == second.digest
    make_model(tmp_path / "b", weights=b"v")
    assert find("text", tmp_path, encoder=f"hf:{tmp_path / 'b'}").digest != first.digest


def test_only_what_a_model_is_made_of_counts(tmp_path):
    folder = make_model(tmp_path / "a")
    before = find("text", tmp_path, encoder=f"hf:{folder}").digest
    (folder / "README.md").write_text("hello")
    (folder / "optimizer.pt").write_bytes(b"o")
    (folder / "pytorch_model.bin").write_bytes(b"p")
    assert find("text", tmp_path, encoder=f"hf:{folder}").digest == before
    (folder / "tokenizer.json").write_text("{}")
    assert find("text", tmp_path, encoder=f"hf:{folder}").digest != before


def test_pickled_weights_count_where_there_are_no_others(tmp_path):
    folder = make_model(tmp_path / "a", name="pytorch_model.bin")
    before = find("text", tmp_path, encoder=f"hf:{folder}").digest
    make_model(folder, weights=b"x", name="pytorch_model.bin")
    assert find("text", tmp_path, encoder=f"hf:{folder}").digest != before


def test_a_fetched_model_is_found_by_its_id_and_revision(tmp_path):
    make_model(tmp_path / "weights" / "microsoft--deberta-large")
    pinned = make_model(tmp_path / "weights" / "some--model@abc")
    assert find("text", tmp_path, encoder="deberta").path.name == "microsoft--deberta-large"
    found = find("audio", tmp_path, encoder="hf:some/model", revision="abc")
    assert found.path.resolve() == pinned
    with pytest.raises(CheckpointError):
        find("audio", tmp_path, encoder="hf:some/model", revision="def")


def test_the_cache_of_the_hub_is_searched_without_network(tmp_path):
    commit = "0" * 40
    model = tmp_path / "hub" / "models--some--model"
    snapshot = make_model(model / "snapshots" / commit)
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text(commit)
    assert find("audio", tmp_path, encoder="hf:some/model").path == snapshot
    assert find("audio", tmp_path, encoder="hf:some/model", revision=commit).path == snapshot


@pytest.mark.parametrize(
    ("modality", "settings", "parts"),
    [
        ("audio", {"encoder": "wav2vec"}, ["wav2vec_large.pt", "dl.fbaipublicfiles.com"]),
        ("visual", {"encoder": "manet"}, ["model_best-acc88.33.pth", "drive.google.com"]),
        ("text", {"encoder": "deberta"}, ["microsoft/deberta-large", "huggingface.co"]),
        ("audio", {"encoder": "hf:no/such"}, ["no/such", "https://huggingface.co/no/such"]),
        ("visual", {"encoder": "torchvision:resnet18"}, ["resnet18", "download.pytorch.org"]),
    ],
)
def test_missing_weights_are_asked_for_with_source_setting_and_command(
    modality, settings, parts, tmp_path
):
    with pytest.raises(CheckpointError) as caught:
        find(modality, tmp_path, **settings)
    message = str(caught.value)
    wanted = [
        settings["encoder"],
        f"features.{modality}.weights",
        "make weights CONFIG=FILE",
        *parts,
    ]
    assert [part for part in wanted if part not in message] == []


def test_a_folder_or_copy_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"there is no folder '\./nowhere/at/all'"):
        find("audio", tmp_path, encoder="hf:./nowhere/at/all")
    with pytest.raises(CheckpointError, match=r"features\.audio\.weights: 'gone\.pt' does not exi"):
        find("audio", tmp_path, encoder="wav2vec", weights="gone.pt")


def test_what_is_no_model_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match=r"does not hold a model; expected config\.json"):
        find("text", tmp_path, encoder=f"hf:{tmp_path / 'empty'}")
    with pytest.raises(CheckpointError, match="is a folder; expected a file"):
        find("audio", tmp_path, encoder="wav2vec", weights=str(tmp_path / "empty"))


def test_planning_goes_on_without_weights(tmp_path):
    cache = str(tmp_path / "cache")
    assert weights_fingerprint("audio", AudioSettings(encoder="wav2vec"), cache) == MISSING
    default = AudioSettings()
    assert weights_fingerprint("audio", default, cache) == find("audio", tmp_path).digest
    assert json.loads(default.model_dump_json())["encoder"] == "moonshine-tiny"
