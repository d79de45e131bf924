"""Extraction and its cache: hits, kills, moved corpora and damaged records."""

import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from pipeline.features.store import read_store
from pipeline.stages import extract_features

HEAVY = ("torch", "torchaudio", "onnxruntime", "transformers", "av", "cv2")


def test_the_second_run_is_all_hits_and_the_same_bytes(spoken, capsys):
    spoken.run("audio", "moonshine-tiny")
    before = spoken.bytes()
    spoken.run("audio", "moonshine-tiny", threads=2)
    assert spoken.bytes() == before
    assert "6 hits, 0 misses" in capsys.readouterr().out


@pytest.mark.parametrize("modality", ["audio", "text", "visual"])
def test_a_cached_shard_imports_neither_torch_nor_a_decoder(modality, spoken):
    encoder = {"audio": "moonshine-tiny", "text": "minilm", "visual": "mini-xception"}[modality]
    faces = [spoken.face(row.utterance_id) for row in spoken.rows]
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
        replace(row, utterance_id=f"new{row.utterance_id}", media=row.media.replace("v/", "w/"))
        for row in spoken.rows
    ]
    spoken.run("audio", "moonshine-tiny")
    assert "6 hits, 0 misses" in capsys.readouterr().out.splitlines()[-1]


def test_a_changed_span_or_file_costs_only_what_changed(spoken, capsys, write_wav):
    spoken.run("audio", "moonshine-tiny")
    spoken.rows[0] = replace(spoken.rows[0], end_s=0.6)
    write_wav(spoken.root / "v/1.wav", 48_000, seed=9)
    spoken.run("audio", "moonshine-tiny")
    assert "2 hits, 4 misses" in capsys.readouterr().out


def test_a_changed_setting_of_the_encoder_misses(spoken, capsys):
    spoken.run("audio", "moonshine-tiny")
    spoken.run("audio", "moonshine-tiny", max_seconds=0.3)
    assert "0 hits, 6 misses" in capsys.readouterr().out


def test_one_text_said_twice_is_encoded_once(extraction, capsys, row):
    extraction.rows = [row("a", text="yes"), row("b", text="yes"), row("c", text="no")]
    store = extraction.run("text", "minilm")
    assert np.array_equal(store.features[0], store.features[1])
    assert not np.array_equal(store.features[0], store.features[2])
    assert len(list((extraction.cache / "text").rglob("*.safetensors"))) == 2


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


def test_a_file_that_vanished_since_the_corpus_was_read_is_not_remembered(spoken):
    arguments = spoken.arguments("audio", "moonshine-tiny")
    hidden = (spoken.root / "v/1.wav").rename(spoken.root / "hidden.wav")
    extract_features.main(arguments)
    store = read_store(spoken.folder / "out.safetensors")
    assert spoken.statuses(store) == ["ok"] * 3 + ["no_media"] * 3
    hidden.rename(spoken.root / "v/1.wav")
    extract_features.main(arguments)
    assert read_store(spoken.folder / "out.safetensors").extracted.all()


@pytest.mark.slow
def test_a_killed_extraction_goes_on_and_ends_with_the_same_bytes(extraction, row):
    extraction.rows = [row(f"u{n}", text=f"this is line number {n} of many") for n in range(300)]
    command = [sys.executable, "-m", "pipeline.stages.extract_features"]
    arguments = extraction.arguments("text", "minilm")
    running = subprocess.Popen([*command, *arguments], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(list(extraction.cache.rglob("*.safetensors"))) < 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    kept = len(list(extraction.cache.rglob("*.safetensors")))

    assert 20 <= kept < 300
    assert not (extraction.folder / "out.safetensors").exists()
    done = subprocess.run([*command, *arguments], check=True, capture_output=True, text=True)
    assert f"{kept} hits, {300 - kept} misses, 0 damaged" in done.stdout
    resumed = extraction.bytes()
    extraction.cache = extraction.folder / "fresh"
    extraction.run("text", "minilm")
    assert extraction.bytes() == resumed
