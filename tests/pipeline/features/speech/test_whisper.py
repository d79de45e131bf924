"""`transcribe: hf:<folder>`: a Whisper of random numbers in the published layout, really run.

What it writes means nothing. That it is what the network says, is held against a plain loop.
"""

import shutil
import wave

import numpy as np
import pytest
import torch
from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration

from pipeline.base.errors import CheckpointError
from pipeline.config.speech import SpeechSettings
from pipeline.corpora.turns import VOICE, Found, Turn
from pipeline.features.speech.steps import Clip, sha256_of, transcribe
from pipeline.features.speech.whisper import MOST_TOKENS, load_whisper
from pipeline.features.speech.words import without_loop
from tests.pipeline.features.speech.tiny_whisper import LANGUAGES, STEERING, write_tiny_whisper

RATE_HZ = 16000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_whisper(tmp_path_factory.mktemp("hub") / "whisper", seed=3)


@pytest.fixture
def clip(tmp_path):
    """Two seconds of noise."""
    samples = np.random.default_rng(1).normal(0, 3000, 2 * RATE_HZ)
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.clip(samples, -32768, 32767).astype("<i2").tobytes())
    return Clip(tmp_path, "a.wav", (), tmp_path / "cache")


def likeliest(folder, samples):
    """Tokens one by one, each the likeliest, and their log-probabilities, by a plain loop."""
    model = WhisperForConditionalGeneration.from_pretrained(folder).eval()
    extract = WhisperFeatureExtractor.from_pretrained(folder)
    sound = extract(samples, sampling_rate=RATE_HZ, return_tensors="pt").input_features
    ids = {name: 256 + place for place, name in enumerate(STEERING)}
    written = [ids["<|startoftranscript|>"]]

    def logits():
        with torch.inference_mode():
            return model(sound, decoder_input_ids=torch.tensor([written])).logits[0, -1]

    first = logits()
    written.append(max((ids[f"<|{name}|>"] for name in LANGUAGES), key=lambda n: float(first[n])))
    written += [ids["<|transcribe|>"], ids["<|notimestamps|>"]]
    tokens, logs = [], []
    while len(tokens) < MOST_TOKENS and (not tokens or tokens[-1] != ids["<|endoftext|>"]):
        found = logits().log_softmax(-1)
        tokens.append(int(found.argmax()))
        logs.append(float(found.max()))
        written.append(tokens[-1])
    return tokens, logs


@pytest.mark.parametrize("seed", [1, 3])
def test_words_are_those_of_a_plain_loop(tmp_path, seed):
    folder = write_tiny_whisper(tmp_path / "whisper", seed)
    samples = np.random.default_rng(seed).normal(0, 0.1, 3 * RATE_HZ).astype(np.float32)
    tokens, logs = likeliest(folder, samples)
    kept = without_loop(tokens)
    words = load_whisper(folder).hear(samples)
    assert words.n_tokens == kept
    assert words.mean_log == pytest.approx(np.mean(logs[:kept]), abs=1e-4)
    assert words == load_whisper(folder).hear(samples)


def test_a_folder_of_whisper_transcribes_and_may_be_moved(folder, clip, tmp_path):
    found = Found("a.wav", sha256_of(clip), VOICE, (Turn(0.0, 2.0),))
    told = transcribe(clip, found, SpeechSettings(transcribe=f"hf:{folder}"))
    (turn,) = told.turns
    assert turn.text or turn.remark == "no_text: no word was heard"
    moved = shutil.copytree(folder, tmp_path / "moved")
    again = transcribe(clip, found, SpeechSettings(transcribe=f"hf:{moved}"))
    assert again == told
    assert len(list((tmp_path / "cache/speech").rglob("*.json"))) == 1  # the same network


@pytest.mark.parametrize("damage", ["cut", "other", "nothing"])
def test_what_is_no_whisper_is_refused_with_its_folder(folder, clip, tmp_path, damage):
    copy = shutil.copytree(folder, tmp_path / "whisper")
    weights = copy / "model.safetensors"
    if damage == "cut":
        weights.write_bytes(weights.read_bytes()[:-1000])
    elif damage == "other":
        (copy / "config.json").write_text('{"model_type": "bert"}')
    else:
        weights.unlink()
    found = Found("a.wav", sha256_of(clip), VOICE, (Turn(0.0, 2.0),))
    with pytest.raises(CheckpointError, match="whisper"):
        transcribe(clip, found, SpeechSettings(transcribe=f"hf:{copy}"))
