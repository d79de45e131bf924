"""Raw videos to a report with models of the user's own: one line of configuration, `hf:<folder>`.

Three short videos of a portrait, one dialogue and one role each; models with random weights and
the architectures of the published ones. Later runs change encoders alone, so the faces and the
features of the other modalities stay.
"""

import csv

import numpy as np
import pytest

from pipeline.features.store import read_store
from tests.pipeline import tiny_models
from tests.workflow.driver import WorkflowFailed, rules_of, snakemake
from tests.workflow.talks import RATE_HZ, SECONDS, config_of_talks, write_talk
from tests.workflow.workspaces import write_config

TURNS = {
    "train": ["What a sunny day, isn't it?", "I am so happy!"],
    "validation": ["no, it's not the day for that", "well... I don't know"],
    "test": ["We won!", "and the dog is lazy"],
}
HEADER = ("utterance_id", "dialogue_id", "media", "start_s", "end_s", "text", "emotion", "split")
MODELS = {
    "wav2vec2": lambda folder: tiny_models.save_speech_model(folder, "wav2vec2_group"),
    "hubert": lambda folder: tiny_models.save_speech_model(folder, "hubert"),
    "wavlm": lambda folder: tiny_models.save_speech_model(folder, "wavlm"),
    "deberta": tiny_models.save_deberta,
    "deberta_v3": tiny_models.save_deberta_v3,
    "vit": tiny_models.save_vit,
}
CONFIG = config_of_talks(
    {"by": "official"},
    protocol={"rates": [0.5]},
    methods={"gcnet": {"model": "gcnet"}},
    train={"methods": ["gcnet"], "train_rate": "0.5", "n_epochs": 1},
)
TO_REPORT = [
    *("extract_features", "join_features", "draw_availability"),
    *("train", "predict", "score", "report"),
]


def write_talks(folder):
    """A portrait before a wall and a noise, 2 s per video, two turns in each."""
    rng = np.random.default_rng(0)
    rows = []
    for number, (role, texts) in enumerate(TURNS.items()):
        noise = (rng.standard_normal(SECONDS * RATE_HZ) * 3000).astype(np.int16)
        write_talk(folder / f"{role}.mov", number % 2, 60 + 50 * number, noise)
        for k, text in enumerate(texts):
            emotion = ("happy", "sad")[k]
            rows.append([f"{role}_{k}", role, f"{role}.mov", k, k + 1, text, emotion, role])
    with (folder / "utterances.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([HEADER, *rows])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The corpus, and the models beside it."""
    folder = tmp_path_factory.mktemp("own_models")
    (folder / "talks").mkdir()
    write_talks(folder / "talks")
    for name, save in MODELS.items():
        (folder / "models" / name).mkdir(parents=True)
        save(folder / "models" / name)
    return folder


def run(folder, **encoders):
    """The whole workflow with these encoders, each a model of folder/models; the rules that ran."""
    features = {
        modality: {"encoder": f"hf:{folder}/models/{name}"} for modality, name in encoders.items()
    }
    write_config(folder, {**CONFIG, "features": features})
    return rules_of(snakemake(folder, "--configfile", str(folder / "config.yaml")))


def check_features(folder, modality, encoder, seen):
    """Every utterance has its own vector of 32 numbers, from weights that no other model has."""
    store = read_store(folder / f"build/talks/features/{modality}.safetensors")
    assert store.counts() == {"ok": 6}
    assert store.features.shape == (6, 32)
    assert len(np.unique(store.features, axis=0)) == 6
    assert (store.header.modality, store.header.encoder) == (modality, encoder)
    assert store.header.weights not in seen
    seen.add(store.header.weights)


@pytest.mark.slow
@pytest.mark.timeout(1200)  # three runs of the workflow, on a machine that others may use too
def test_models_on_disk_run_from_raw_videos_to_the_report(folder):
    seen = set()
    page = folder / "build/report/study/index.html"

    ran = run(folder, audio="wav2vec2", text="deberta", visual="vit")
    assert {"build_manifest", "crop_faces", "assign_splits", *TO_REPORT} <= set(ran)
    assert ran.count("extract_features") == 3
    check_features(folder, "audio", "hf_speech", seen)
    check_features(folder, "text", "hf_text", seen)
    check_features(folder, "visual", "hf_image", seen)
    pages = [page.read_text()]

    ran = run(folder, audio="hubert", text="deberta_v3", visual="vit")
    assert ran.count("extract_features") == 2
    assert set(ran) == {*TO_REPORT, "all"}
    check_features(folder, "audio", "hf_speech", seen)
    check_features(folder, "text", "hf_text", seen)
    pages.append(page.read_text())

    ran = run(folder, audio="wavlm", text="deberta_v3", visual="vit")
    assert ran.count("extract_features") == 1
    assert set(ran) == {*TO_REPORT, "all"}
    check_features(folder, "audio", "hf_speech", seen)
    pages.append(page.read_text())

    assert len(set(pages)) == 3
    assert (folder / "build/mood/scores.csv").stat().st_size > 0


def test_a_model_that_is_nowhere_stops_the_workflow_with_the_way_out(folder, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(folder / "hub"))  # whatever this machine has fetched
    config = {**CONFIG, "features": {"audio": {"encoder": "hf:no-one/no-such-model"}}}
    write_config(folder, config)
    target = "build/talks/features/audio.safetensors"
    with pytest.raises(WorkflowFailed):
        snakemake(folder, target, "--configfile", str(folder / "config.yaml"))
    told = (folder / "build/logs/talks/extract_features_audio_0.txt").read_text()
    assert "'hf:no-one/no-such-model' are not on this machine" in told
    assert "set features.audio.weights to the path of a local copy" in told
    assert "python -m pipeline weights --configfile" in told
    assert "Traceback" not in told
