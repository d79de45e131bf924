"""Extraction through its command line: the cache, the kill, the move, and every odd utterance."""

import json
import signal
import subprocess
import sys
import time
import wave
from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.features.cache import UtteranceCache
from pipeline.features.crops import CropRecord, write_crops
from pipeline.features.extractor import STATUSES
from pipeline.features.store import read_store
from pipeline.files import file_digest, text_digest
from pipeline.records import FaceRow, Utterance
from pipeline.shards import shard_of
from pipeline.stages import extract_features, join_features
from pipeline.tables import write_rows

HEAVY = ("torch", "torchaudio", "onnxruntime", "transformers", "av", "cv2")


def write_wav(path, n_samples, seed=0, rate_hz=16_000):
    rng = np.random.default_rng(seed)
    samples = (rng.standard_normal(n_samples) * 3000).astype("<i2")
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate_hz, n_samples, "NONE", ""))
        file.writeframes(samples.tobytes())


def row(name, dialogue="d", media="", start_s=0.0, end_s=1.0, text="hello"):
    return Utterance(name, dialogue, 0, "s", "1", media, start_s, end_s, "full", text)


class Corpus:
    """A corpus on disk, and the stage run on it."""

    def __init__(self, folder):
        self.folder, self.root, self.cache = folder, folder / "raw", folder / "cache"
        self.root.mkdir()
        self.rows = []

    def arguments(self, modality, encoder, rows=None, out="out", faces=None, threads=1, **settings):
        rows = self.rows if rows is None else rows
        write_rows(self.folder / f"{out}.csv", rows, Utterance)
        media = {
            one.media: {"size": 1, "sha256": file_digest(self.root / one.media)}
            for one in rows
            if one.media and (self.root / one.media).is_file()
        }
        (self.folder / f"{out}.json").write_text(json.dumps(media))
        given = ["--faces"]
        if faces is not None:
            write_rows(self.folder / f"{out}.faces.csv", faces, FaceRow)
            given.append(str(self.folder / f"{out}.faces.csv"))
        stage = {"encoder": {"encoder": encoder, **settings}, "weights": "x", "code": "y"}
        options = {
            "--utterances": self.folder / f"{out}.csv",
            "--media": self.folder / f"{out}.json",
            "--root": self.root,
            "--modality": modality,
            "--settings": json.dumps(stage),
            "--cache": self.cache,
            "--threads": threads,
            "--out": self.folder / f"{out}.safetensors",
        }
        return [str(word) for pair in options.items() for word in pair] + given

    def run(self, modality, encoder, out="out", **options):
        extract_features.main(self.arguments(modality, encoder, out=out, **options))
        rows = options.get("rows", self.rows)
        return read_store(self.folder / f"{out}.safetensors", [one.utterance_id for one in rows])

    def bytes(self, out="out"):
        return (self.folder / f"{out}.safetensors").read_bytes()

    def face(self, name):
        """One gray crop in the cache, as crop_faces leaves it, and its row."""
        digest = text_digest(name)
        jpeg = cv2.imencode(".jpg", np.full((64, 64, 3), len(name) * 20, np.uint8))[1]
        record = CropRecord(
            digest, "ok", "single", "full", 1, 1, 1, (0.5,), ((0, 0, 64, 64),), (1.0,)
        )
        write_crops(self.cache / "faces" / digest[:2] / f"{digest}.zip", record, [jpeg.tobytes()])
        return FaceRow(name, 1, 1, digest, "ok")

    def statuses(self, store):
        return [STATUSES[code] for code in store.status]


@pytest.fixture
def corpus(tmp_path):
    return Corpus(tmp_path)


@pytest.fixture
def spoken(corpus):
    """Six utterances in two files."""
    for number in range(2):
        write_wav(corpus.root / f"v/{number}.wav", 48_000, seed=number)
    spans = [(0.0, 0.5), (0.4, 1.2), (2.0, 3.0)]
    corpus.rows = [
        row(f"u{number}{k}", f"d{number}{k}", f"v/{number}.wav", *span, text=f"line {number} {k}")
        for number in range(2)
        for k, span in enumerate(spans)
    ]
    return corpus


def test_a_store_has_one_row_per_utterance_and_says_what_made_it(spoken, capsys):
    store = spoken.run("audio", "moonshine-tiny")
    assert store.features.shape == (6, 288)
    assert store.extracted.all()
    assert (store.header.modality, store.header.encoder) == ("audio", "moonshine-tiny")
    assert (store.header.pooling, store.header.precision) == ("frames", "float32")
    assert "cache: 0 hits, 6 misses, 0 damaged" in capsys.readouterr().out


def test_the_second_run_is_all_hits_and_the_same_bytes(spoken, capsys):
    spoken.run("audio", "moonshine-tiny")
    before = spoken.bytes()
    spoken.run("audio", "moonshine-tiny", threads=2)
    assert spoken.bytes() == before
    assert "6 hits, 0 misses" in capsys.readouterr().out


@pytest.mark.parametrize("modality", ["audio", "text", "visual"])
def test_a_cached_shard_imports_neither_torch_nor_a_decoder(modality, spoken):
    encoder = {"audio": "moonshine-tiny", "text": "minilm", "visual": "mini-xception"}[modality]
    faces = [spoken.face(one.utterance_id) for one in spoken.rows]
    arguments = spoken.arguments(modality, encoder, faces=faces)
    extract_features.main(arguments)
    before = spoken.bytes()
    script = (
        "import sys; from pipeline.stages.extract_features import main;"
        f"main({arguments!r});"
        f"assert not [name for name in {HEAVY!r} if name in sys.modules]"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
    assert spoken.bytes() == before


def test_moving_the_corpus_and_renaming_files_and_utterances_costs_nothing(spoken, capsys):
    spoken.run("audio", "moonshine-tiny")
    (spoken.root / "v").rename(spoken.root / "w")
    moved = spoken.root.rename(spoken.folder / "elsewhere")
    spoken.root = moved
    spoken.rows = [
        replace(one, utterance_id=f"new{one.utterance_id}", media=one.media.replace("v/", "w/"))
        for one in spoken.rows
    ]
    spoken.run("audio", "moonshine-tiny")
    assert "6 hits, 0 misses" in capsys.readouterr().out.splitlines()[-1]


def test_a_changed_span_or_file_costs_only_what_changed(spoken, capsys):
    spoken.run("audio", "moonshine-tiny")
    spoken.rows[0] = replace(spoken.rows[0], end_s=0.6)
    write_wav(spoken.root / "v/1.wav", 48_000, seed=9)
    spoken.run("audio", "moonshine-tiny")
    assert "2 hits, 4 misses" in capsys.readouterr().out


def test_a_changed_setting_of_the_encoder_misses(spoken, capsys):
    spoken.run("audio", "moonshine-tiny")
    spoken.run("audio", "moonshine-tiny", max_seconds=0.3)
    assert "0 hits, 6 misses" in capsys.readouterr().out


def test_one_text_said_twice_is_encoded_once(corpus, capsys):
    corpus.rows = [row("a", text="yes"), row("b", text="yes"), row("c", text="no")]
    store = corpus.run("text", "minilm")
    assert np.array_equal(store.features[0], store.features[1])
    assert not np.array_equal(store.features[0], store.features[2])
    assert len(list((corpus.cache / "text").rglob("*.safetensors"))) == 2


def test_a_damaged_record_is_replaced_and_counted(spoken, capsys):
    spoken.run("audio", "moonshine-tiny")
    before = spoken.bytes()
    first, second, *_ = sorted((spoken.cache / "audio").rglob("*.safetensors"))
    first.write_bytes(first.read_bytes()[:-5])
    second.write_bytes(b"")
    spoken.run("audio", "moonshine-tiny")
    assert "4 hits, 2 misses, 2 damaged records set aside" in capsys.readouterr().out
    assert spoken.bytes() == before
    assert len(list((spoken.cache / "quarantine").iterdir())) == 2


def test_every_odd_utterance_ends_in_a_row_with_its_reason(corpus, capsys):
    write_wav(corpus.root / "good.wav", 16_000)
    write_wav(corpus.root / "short.wav", 800)
    (corpus.root / "broken.wav").write_bytes(b"RIFF\x00\x00")
    with wave.open(str(corpus.root / "mute.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(32_000))
    with wave.open(str(corpus.root / "faint.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(np.tile([8, -8], 8000).astype("<i2").tobytes())
    corpus.rows = [
        row("good", media="good.wav"),
        row("beyond", media="good.wav", start_s=5.0, end_s=6.0),
        row("open", media="good.wav", start_s=0.5, end_s=float("inf")),
        row("short", media="short.wav"),
        row("broken", media="broken.wav"),
        row("mute", media="mute.wav"),
        row("faint", media="faint.wav"),
        row("gone", media="gone.wav"),
        row("nothing"),
    ]
    store = corpus.run("audio", "moonshine-tiny")
    expected = ["ok", "empty_span", "ok", "too_short", "unreadable", "silent", "silent"]
    expected += ["no_media", "no_media"]
    assert corpus.statuses(store) == expected
    assert store.extracted.tolist() == [status == "ok" for status in expected]
    assert not store.features[~store.extracted].any()
    assert "short: too_short: 800 samples; one frame needs 895" in capsys.readouterr().out
    corpus.run("audio", "moonshine-tiny")
    assert "7 hits, 0 misses" in capsys.readouterr().out


def test_a_file_that_vanished_since_the_corpus_was_read_is_not_remembered(spoken):
    arguments = spoken.arguments("audio", "moonshine-tiny")
    hidden = (spoken.root / "v/1.wav").rename(spoken.root / "hidden.wav")
    extract_features.main(arguments)
    store = read_store(spoken.folder / "out.safetensors")
    assert spoken.statuses(store) == ["ok"] * 3 + ["no_media"] * 3
    hidden.rename(spoken.root / "v/1.wav")
    extract_features.main(arguments)
    assert read_store(spoken.folder / "out.safetensors").extracted.all()


def test_shards_threads_and_order_change_no_byte(spoken):
    spoken.run("audio", "moonshine-tiny", out="whole")
    for n_shards in (1, 3):
        spoken.cache = spoken.folder / f"cache{n_shards}"
        paths = []
        for shard in range(n_shards):
            rows = [one for one in spoken.rows if shard_of(one.dialogue_id, n_shards) == shard]
            arguments = spoken.arguments(
                "audio", "moonshine-tiny", rows=rows, out=f"s{n_shards}{shard}", threads=n_shards
            )
            extract_features.main(arguments)
            paths.append(str(spoken.folder / f"s{n_shards}{shard}.safetensors"))
        joined = str(spoken.folder / "joined.safetensors")
        table = str(spoken.folder / "whole.csv")
        join_features.main(["--utterances", table, "--shards", *paths, "--out", joined])
        assert spoken.bytes("joined") == spoken.bytes("whole")
    spoken.cache = spoken.folder / "other"
    backwards = spoken.run("audio", "moonshine-tiny", out="back", rows=spoken.rows[::-1])
    whole = read_store(spoken.folder / "whole.safetensors")
    assert np.array_equal(backwards.features[::-1], whole.features)


def test_a_shard_without_utterances_or_vectors_joins_with_others(corpus):
    faces = [FaceRow("a", 3, 0, "", "no_face")]
    corpus.rows = [row("a")]
    store = corpus.run("visual", "mini-xception", faces=faces)
    assert (store.dim, corpus.statuses(store)) == (0, ["no_face"])
    assert corpus.run("visual", "mini-xception", rows=[], faces=[], out="empty").dim == 0


@pytest.mark.slow
def test_a_killed_extraction_goes_on_and_ends_with_the_same_bytes(corpus):
    corpus.rows = [row(f"u{n}", text=f"this is line number {n} of many") for n in range(300)]
    command = [sys.executable, "-m", "pipeline.stages.extract_features"]
    arguments = corpus.arguments("text", "minilm")
    running = subprocess.Popen([*command, *arguments], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(list(corpus.cache.rglob("*.safetensors"))) < 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    kept = len(list(corpus.cache.rglob("*.safetensors")))
    assert 20 <= kept < 300
    assert not (corpus.folder / "out.safetensors").exists()
    done = subprocess.run([*command, *arguments], check=True, capture_output=True, text=True)
    assert f"{kept} hits, {300 - kept} misses, 0 damaged" in done.stdout
    resumed = corpus.bytes()
    corpus.cache = corpus.folder / "fresh"
    corpus.run("text", "minilm")
    assert corpus.bytes() == resumed


@pytest.mark.parametrize(
    ("modality", "encoder", "message"),
    [
        ("audio", "wav2vec", "wav2vec_large.pt"),
        ("text", "hf:no/such-model", "make weights"),
        ("text", "hf:./no/folder", "there is no folder"),
        ("visual", "resnet", "no such encoder; use one of mini-xception"),
    ],
)
def test_what_cannot_be_run_ends_with_a_sentence_and_no_file(
    modality, encoder, message, corpus, monkeypatch
):
    monkeypatch.chdir(corpus.folder)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(corpus.folder / "hub"))
    corpus.rows = [row("a")]
    with pytest.raises(SystemExit, match=message):
        corpus.run(modality, encoder, faces=[])
    assert not (corpus.folder / "out.safetensors").exists()


def test_a_broken_encoder_stops_the_run(corpus):
    (corpus.folder / "broken.ort").write_bytes(b"no graph")
    write_wav(corpus.root / "a.wav", 16_000)
    corpus.rows = [row("a", media="a.wav")]
    with pytest.raises(SystemExit, match=r"broken\.ort: onnxruntime cannot load it"):
        corpus.run("audio", "moonshine-tiny", weights=str(corpus.folder / "broken.ort"))
    assert not (corpus.folder / "out.safetensors").exists()
    assert not list(UtteranceCache(corpus.cache, "audio").root.rglob("*.safetensors"))
