"""Files that are exchanged between the planning of a run and their reading.

The result is sealed as that of the planned files, so the next run reads anew, whatever is there.
"""

import json
import os

import numpy as np
import pytest

from pipeline.base.errors import CheckpointError
from pipeline.config.corpora import ImportSettings
from pipeline.config.features import FeaturesSettings
from pipeline.config.settings import parse_section
from pipeline.corpora.fingerprint import files_fingerprint, import_fingerprint
from pipeline.features.encoders import hf_text
from pipeline.features.jobs import Sources
from pipeline.features.shards import choose_encoder, extract_shard
from pipeline.features.store import read_store
from pipeline.stages import build_manifest, extract_features, find_speech, import_features
from tests.pipeline import tiny_models
from tests.pipeline.corpora.test_damaged_files import IMPORTS

TOLD = "note: files were exchanged while they were read: the next run reads them again\n"


def is_due(folder, name="corpus.json"):
    return (folder / f".{name}.again").exists()


@pytest.mark.parametrize("name", IMPORTS)
def test_imported_features(tmp_path, capsys, name):
    root, out = tmp_path / "root", tmp_path / "out"
    root.mkdir()
    write, source = IMPORTS[name]
    write(root)
    planned = import_fingerprint(root, ImportSettings.model_validate(source), ())

    def run():
        options = [("corpus", "c"), ("root", root), ("out-corpus", out / "corpus.json")]
        for part in ("utterances", "annotations", "audio", "text", "visual"):
            options.append((f"out-{part}", out / part))
        options.append(("settings", json.dumps({"source": source, "files": planned})))
        import_features.main([word for k, v in options for word in (f"--{k}", str(v))])

    run()
    assert not is_due(out)
    assert TOLD not in capsys.readouterr().out
    *_, last = sorted(path for path in root.rglob("*") if path.is_file())
    os.utime(last, (1, 1))
    run()
    assert is_due(out)
    assert TOLD in capsys.readouterr().out


def test_tables_and_media(tmp_path, capsys):
    root, out = tmp_path / "root", tmp_path / "out"
    root.mkdir()
    (root / "utterances.csv").write_text("utterance_id,dialogue_id,media\nu,d,a.mp4\n")
    (root / "a.mp4").write_bytes(b"a")
    for planned, expected in (("", False), ("of other files", True)):
        given = {"corpus": {"reader": "folder"}, "files": planned}
        options = {"--corpus": "c", "--root": root, "--settings": json.dumps(given)}
        options |= {"--cache": tmp_path / "cache", "--out-shards": out / "0.csv"}
        options |= {"--out-media": out / "0.json", "--out-corpus": out / "corpus.json"}
        options |= {"--out-utterances": out / "u.csv", "--out-annotations": out / "a.csv"}
        build_manifest.main([str(word) for pair in options.items() for word in pair])
        assert is_due(out) is expected
        assert (TOLD in capsys.readouterr().out) is expected


def test_a_transcript_beside_a_recording(tmp_path, write_wav):
    root, out = tmp_path / "root", tmp_path / "out"
    write_wav(root / "a.wav", 32_000)
    (root / "a.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n")
    planned = files_fingerprint(root, ["a.wav", "a.srt"])
    for text, expected in (("hello", False), ("goodbye", True)):
        (root / "new").write_text(f"1\n00:00:00,000 --> 00:00:01,000\n{text}\n")
        if expected:
            (root / "new").replace(root / "a.srt")
        options = {"--root": root, "--clip": "a.wav", "--cache": tmp_path / "cache"}
        options |= {"--settings": json.dumps({"files": planned}), "--out": out / "a.json"}
        find_speech.main([str(word) for pair in options.items() for word in pair])
        assert is_due(out, "a.json") is expected


@pytest.fixture
def words(extraction, row):
    """A model in a folder, its section, and one utterance."""
    (extraction.folder / "model").mkdir()
    tiny_models.save_deberta(extraction.folder / "model")
    extraction.rows = [row("u", text="hello")]
    return extraction, f"hf:{extraction.folder / 'model'}"


def test_weights_that_are_exchanged_while_they_load_give_no_record(words, monkeypatch):
    extraction, encoder = words
    real = hf_text.build

    def build_and_exchange(settings, weights, device):
        built = real(settings, weights, device)
        content = bytearray((weights.path / "model.safetensors").read_bytes())
        content[-1] ^= 1
        (weights.path / "model.safetensors").write_bytes(content)
        return built

    monkeypatch.setattr(hf_text, "build", build_and_exchange)
    features = parse_section({"text": {"encoder": encoder}}, FeaturesSettings, where="features")
    choice = choose_encoder("text", features, extraction.cache, "cpu", "")
    with pytest.raises(CheckpointError, match="were exchanged while they were read"):
        extract_shard(extraction.rows, Sources(extraction.cache), choice, 1)
    assert not list((extraction.cache / "text").rglob("*.safetensors"))


@pytest.mark.parametrize("planned", ["these", "others"])
def test_weights_that_were_exchanged_after_planning_extract_again(words, planned):
    extraction, encoder = words
    arguments = extraction.arguments("text", encoder)
    extract_features.main(arguments)
    store = read_store(extraction.folder / "out.safetensors")
    digest = store.header.weights if planned == "these" else "0" * 64
    place = arguments.index("--settings") + 1
    arguments[place] = json.dumps({**json.loads(arguments[place]), "weights": digest})
    extract_features.main(arguments)
    assert is_due(extraction.folder, "out.safetensors") is (planned == "others")
    assert np.array_equal(
        read_store(extraction.folder / "out.safetensors").features, store.features
    )
