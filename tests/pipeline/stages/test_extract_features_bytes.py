"""Features are the same bytes whatever the shards, the order and the workers, for every encoder."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.base.files import text_digest
from pipeline.base.records import FaceRow
from pipeline.base.shards import shard_of
from pipeline.config.features import AUDIO_ENCODERS, MODEL, TEXT_ENCODERS, VISUAL_ENCODERS
from pipeline.features.encoders import face_batches, hf_speech, hf_text
from pipeline.features.encoders.card import NetworkOnCard
from pipeline.features.faces.crops import CropRecord, write_crops
from pipeline.features.store import read_store
from pipeline.stages import extract_features, join_features
from tests.pipeline import tiny_models

TEXTS = [
    "We won! And now?",
    "no",
    "the quick brown fox, jumps. over it",
    "a sunny day",
    "ok",
    "I do",
]
HF = f"hf:{MODEL}"
CASES = [  # form of the setting, model that it stands for, what saves its weights
    ("audio", "moonshine-tiny", "", None),
    ("audio", "wav2vec", "", tiny_models.save_wav2vec),
    *(("audio", HF, name, tiny_models.save_speech_model) for name in tiny_models.SPEECH_MODELS),
    ("text", "minilm", "", None),
    ("text", "deberta", "", tiny_models.save_deberta),
    ("text", HF, "deberta", tiny_models.save_deberta),
    ("text", HF, "deberta_v3", tiny_models.save_deberta_v3),
    ("visual", "mini-xception", "", None),
    ("visual", "manet", "", tiny_models.save_manet),
    ("visual", "torchvision:<name>", "shufflenet_v2_x0_5", tiny_models.save_shufflenet),
    ("visual", HF, "vit", tiny_models.save_vit),
]

TOGETHER = [
    ("visual", "mini-xception", "", None),
    *(
        case
        for case in CASES
        if case[1] == HF and case[2] in ("wav2vec2_group", "data2vec", "deberta")
    ),
]


@pytest.fixture
def corpus(spoken):
    """Six utterances in two files, each with a text and with faces of its own, one to six."""
    spoken.rows = [
        replace(row, text=text, dialogue_id=f"d{n}")
        for n, (row, text) in enumerate(zip(spoken.rows, TEXTS, strict=True))
    ]
    spoken.faces = {
        row.utterance_id: write_faces(spoken.folder / "crops", row.utterance_id, n + 1)
        for n, row in enumerate(spoken.rows)
    }
    return spoken


def write_faces(folder, name, n_faces):
    rng = np.random.default_rng(n_faces)
    jpegs = [
        cv2.imencode(".jpg", rng.integers(0, 255, (64, 64, 3), np.uint8))[1].tobytes()
        for _ in range(n_faces)
    ]
    key = text_digest(name)
    times_s, boxes = tuple(map(float, range(n_faces))), ((0, 0, 64, 64),) * n_faces
    counts = (n_faces, n_faces, n_faces)
    record = CropRecord(key, "ok", "track", "full", *counts, times_s, boxes, (1.0,) * n_faces)
    write_crops(folder / key[:2] / f"{key}.zip", record, jpegs)
    return FaceRow(name, n_faces, n_faces, key, "ok")


def encoder_of(folder, form, model, save):
    """The settings that name a model; its weights are saved below `folder`."""
    if save is None:
        return {"encoder": form}
    place = folder / "weights"
    if save in (tiny_models.save_wav2vec, tiny_models.save_manet, tiny_models.save_shufflenet):
        return {"encoder": form.replace("<name>", model), "weights": str(save(place))}
    place.mkdir()
    save(place, *[model] * (save is tiny_models.save_speech_model))
    if form == HF:
        return {"encoder": f"hf:{place}"}
    return {"encoder": form, "weights": str(place)}


@pytest.mark.parametrize(("modality", "form", "model", "save"), CASES)
def test_no_byte_depends_on_shards_order_or_workers(modality, form, model, save, corpus):
    """On the device that is here; on a card, in batches."""
    check(corpus, modality, encoder_of(corpus.folder, form, model, save))


@pytest.mark.parametrize(("modality", "form", "model", "save"), TOGETHER)
def test_neither_does_one_where_a_core_is_given_batches(
    modality, form, model, save, corpus, monkeypatch
):
    """The same code as on a card: batches of fixed shape, smaller than what there is to encode."""
    started = []
    start = NetworkOnCard.start
    for module in (face_batches, hf_speech, hf_text):
        monkeypatch.setattr(module, "wants_batches", lambda _: True)
    monkeypatch.setattr(NetworkOnCard, "start", lambda *given: started.append(1) or start(*given))
    size = {"audio": "batch_seconds", "text": "batch_tokens", "visual": "batch_faces"}[modality]
    few = {"batch_seconds": 1, "batch_tokens": 48, "batch_faces": 4}[size]
    check(corpus, modality, {**encoder_of(corpus.folder, form, model, save), size: few})
    assert len(started) > 8


def check(corpus, modality, settings):
    """Extract all at once, backwards and in three shards, and compare the bytes."""

    def extract(out, rows, threads):
        """On an empty cache, so that everything is encoded."""
        corpus.cache = corpus.folder / f"cache_{out}"
        corpus.cache.mkdir()
        (corpus.cache / "faces").symlink_to(corpus.folder / "crops")
        faces = [corpus.faces[row.utterance_id] for row in rows]
        arguments = corpus.arguments(
            modality, rows=rows, out=out, faces=faces, threads=threads, **settings
        )
        extract_features.main(arguments)
        return corpus.folder / f"{out}.safetensors"

    whole = extract("whole", corpus.rows, threads=1)
    store = read_store(whole)
    assert store.extracted.all()
    assert len(np.unique(store.features, axis=0)) == len(TEXTS)
    backwards = read_store(extract("backwards", corpus.rows[::-1], threads=3))
    assert np.array_equal(backwards.features[::-1], store.features)
    shards = [[row for row in corpus.rows if shard_of(row.dialogue_id, 3) == k] for k in range(3)]
    paths = [extract(f"shard{k}", rows, threads=2) for k, rows in enumerate(shards)]
    joined = corpus.folder / "joined.safetensors"
    table = ["--utterances", corpus.folder / "whole.csv", "--shards", *paths, "--out", joined]
    join_features.main([str(word) for word in table])
    assert joined.read_bytes() == Path(whole).read_bytes()


def test_every_encoder_of_the_configuration_is_among_the_cases():
    known = {"audio": AUDIO_ENCODERS, "text": TEXT_ENCODERS, "visual": VISUAL_ENCODERS}
    cases = {modality: {form for m, form, *_ in CASES if m == modality} for modality in known}
    alone = {"onnx:<file>"}  # one utterance at a time by form: tests of encoders/onnx_graph
    assert cases == {modality: set(forms) - alone for modality, forms in known.items()}
