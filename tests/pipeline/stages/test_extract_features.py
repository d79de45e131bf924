"""Extraction through its command line: every utterance in its row, or a sentence and no file."""

import wave

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from pipeline.base.records import FaceRow
from pipeline.base.shards import shard_of
from pipeline.features.cache.utterances import UtteranceCache
from pipeline.features.store import read_store
from pipeline.stages import extract_features, join_features
from tests.pipeline import onnx_files


def test_a_store_has_one_row_per_utterance_and_says_what_made_it(spoken, capsys):
    store = spoken.run("audio", "moonshine-tiny")
    assert store.features.shape == (6, 288)
    assert store.extracted.all()
    assert (store.header.modality, store.header.encoder) == ("audio", "moonshine-tiny")
    assert (store.header.pooling, store.header.precision) == ("frames", "float32")
    assert "cache: 0 hits, 6 misses, 0 damaged" in capsys.readouterr().out


def test_every_odd_utterance_ends_in_a_row_with_its_reason(extraction, capsys, write_wav, row):
    write_wav(extraction.root / "good.wav", 16_000)
    write_wav(extraction.root / "short.wav", 800)
    (extraction.root / "broken.wav").write_bytes(b"RIFF\x00\x00")
    with wave.open(str(extraction.root / "mute.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(32_000))
    with wave.open(str(extraction.root / "faint.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(np.tile([8, -8], 8000).astype("<i2").tobytes())
    extraction.rows = [
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
    store = extraction.run("audio", "moonshine-tiny")
    expected = ["ok", "empty_span", "ok", "too_short", "unreadable", "silent", "silent"]
    expected += ["no_media", "no_media"]

    assert extraction.statuses(store) == expected
    assert store.extracted.tolist() == [status == "ok" for status in expected]
    assert not store.features[~store.extracted].any()
    assert "short: too_short: 800 samples; one frame needs 895" in capsys.readouterr().out
    extraction.run("audio", "moonshine-tiny")
    assert "7 hits, 0 misses" in capsys.readouterr().out


def test_shards_threads_and_order_change_no_byte(spoken):
    spoken.run("audio", "moonshine-tiny", out="whole")
    for n_shards in (1, 3):
        spoken.cache = spoken.folder / f"cache{n_shards}"
        paths = []
        for shard in range(n_shards):
            rows = [row for row in spoken.rows if shard_of(row.dialogue_id, n_shards) == shard]
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


def test_a_shard_without_utterances_or_vectors_joins_with_others(extraction, row):
    faces = [FaceRow("a", 3, 0, "", "no_face")]
    extraction.rows = [row("a")]
    store = extraction.run("visual", "mini-xception", faces=faces)
    assert (store.dim, extraction.statuses(store)) == (0, ["no_face"])
    assert extraction.run("visual", "mini-xception", rows=[], faces=[], out="empty").dim == 0


@pytest.mark.parametrize(
    ("modality", "encoder", "message"),
    [
        ("audio", "wav2vec", "wav2vec_large.pt"),
        ("text", "hf:no/such-model", "make weights CONFIG=FILE"),
        ("text", "hf:./no/folder", "there is no folder"),
        ("visual", "resnet", "no such encoder; use one of mini-xception"),
    ],
)
def test_what_cannot_be_run_ends_with_a_sentence_and_no_file(
    modality, encoder, message, extraction, monkeypatch, row
):
    monkeypatch.chdir(extraction.folder)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(extraction.folder / "hub"))
    extraction.rows = [row("a")]
    with pytest.raises(SystemExit, match=message):
        extraction.run(modality, encoder, faces=[])
    assert not (extraction.folder / "out.safetensors").exists()


def test_a_broken_encoder_stops_the_run(extraction, write_wav, row):
    (extraction.folder / "broken.ort").write_bytes(b"no graph")
    write_wav(extraction.root / "a.wav", 16_000)
    extraction.rows = [row("a", media="a.wav")]
    with pytest.raises(SystemExit, match=r"broken\.ort: onnxruntime cannot load it"):
        extraction.run("audio", "moonshine-tiny", weights=str(extraction.folder / "broken.ort"))
    assert not (extraction.folder / "out.safetensors").exists()
    assert not list(UtteranceCache(extraction.cache, "audio").root.rglob("*.safetensors"))


def test_an_encoder_that_fails_on_an_utterance_ends_with_a_sentence(extraction, row):
    """The table has two rows, the tokenizer three words; what is encoded before is kept."""
    path = extraction.folder / "network.onnx"
    path.write_bytes(onnx_files.text(np.ones((2, 4), np.float32)))
    words = Tokenizer(models.WordLevel({"[UNK]": 0, "good": 1, "bad": 2}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.save(str(extraction.folder / "tokenizer.json"))
    extraction.rows = [row("a", text="good"), row("b", text="bad")]
    told = (
        r"features\.text\.encoder: onnx:.*: b: the encoder failed on it: .*features\.text\.max_tok"
    )
    with pytest.raises(SystemExit, match=rf"^error: {told}"):
        extraction.run("text", f"onnx:{path}")
    assert not (extraction.folder / "out.safetensors").exists()
    assert len(list(UtteranceCache(extraction.cache, "text").root.rglob("*.safetensors"))) == 1
