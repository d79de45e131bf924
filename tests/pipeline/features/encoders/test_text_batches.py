"""Texts in batches have the vectors that they have alone: what is filled up is hidden."""

import numpy as np
import pytest
import torch
import transformers

from pipeline.features.encoders import hf_text, minilm
from pipeline.features.encoders.batched import Batched
from pipeline.features.encoders.driver import Overlapped
from pipeline.features.encoders.text import TokenWindow
from pipeline.features.encoders.text_batches import TextBatches
from tests.cuda import needs_cuda
from tests.pipeline import tiny_models

pytestmark = pytest.mark.fresh

TEXTS = [
    "hello world, it's a sunny day today!",
    "ok",
    "i know",
    "?!",
    "the quick brown fox jumps over the lazy dog. " * 6,
    "WHAT A DAY, i don't know; hello hello know",
    "สวัสดีครับ",
    "know สวัสดี i",
]
SAVE = {"deberta": tiny_models.save_deberta, "deberta_v3": tiny_models.save_deberta_v3,
        "t5": tiny_models.save_t5, "xlnet": tiny_models.save_xlnet}  # fmt: skip
NAMES = ["minilm", *SAVE]


@pytest.fixture(params=NAMES)
def build(request, settings_of, local, bundled, tmp_path, monkeypatch):
    """build(is_batched, device): an extractor with windows of at most 24 tokens."""
    if request.param != "minilm":
        SAVE[request.param](tmp_path)

    def make(is_batched, device="cpu"):
        monkeypatch.setattr(hf_text, "wants_batches", lambda _: is_batched)
        if request.param == "minilm":
            settings, weights = bundled("text")
            return minilm.build({**settings, "max_tokens": 24}, weights, device)
        settings = settings_of("text", encoder=f"hf:{tmp_path}", max_tokens=24)
        return hf_text.build(settings, local(tmp_path), device)

    return make


def encode(extractor, item, texts=TEXTS, n_workers=1):
    found = extractor.encode([item(f"u{n}", text) for n, text in enumerate(texts)], n_workers)
    return {result.utterance_id: result for result in found}


def test_batches_give_what_each_text_gives_alone(build, item):
    batched, alone = build(True), build(False)
    assert isinstance(batched, Batched)
    assert isinstance(alone, Overlapped)
    found, expected = encode(batched, item, n_workers=2), encode(alone, item)
    assert found.keys() == expected.keys()
    for name, result in expected.items():
        assert (found[name].status, found[name].detail) == (result.status, result.detail)
        if result.vector is not None:
            np.testing.assert_allclose(found[name].vector, result.vector, rtol=1e-4, atol=1e-5)


def test_on_a_cpu_nothing_is_batched(build, item, monkeypatch):
    extractor = build(False)
    monkeypatch.undo()
    assert isinstance(extractor, Overlapped)
    assert not hf_text.wants_batches(torch.device("cpu"))
    assert hf_text.wants_batches(torch.device("cuda"))


@needs_cuda
def test_on_a_card_no_byte_depends_on_the_order_or_on_what_is_beside_it(build, item):
    texts = [text for text in TEXTS if text.isascii() and text != "?!"]
    extractor = build(True, "cuda")
    found = encode(extractor, item, texts)
    backwards = encode(extractor, item, texts[::-1], n_workers=3)
    for n, text in enumerate(texts):
        vector = found[f"u{n}"].vector.tobytes()
        assert vector == backwards[f"u{len(texts) - 1 - n}"].vector.tobytes()
        assert vector == encode(extractor, item, [text])["u0"].vector.tobytes()


@pytest.mark.parametrize(
    ("n_tokens", "longest", "length", "rows"),
    [(3, 512, 16, 255), (16, 512, 16, 255), (17, 512, 32, 127), (300, 512, 512, 7),
     (300, 400, 400, 9), (400, 400, 400, 9), (5, 8, 8, 511), (8000, 8192, 8192, 1)],
)  # fmt: skip
def test_a_window_alone_decides_its_length_and_its_batch(n_tokens, longest, length, rows):
    batches = TextBatches(None, torch.device("cpu"), longest, 0, 4096)
    assert batches.length_of(TokenWindow([1] * n_tokens, np.ones(n_tokens, np.float32))) == length
    assert batches.rows(length) == rows


def test_a_network_that_mixes_all_tokens_is_given_one_text_at_a_time(
    settings_of, local, item, tmp_path, monkeypatch, capsys
):
    """FNet takes Fourier transforms over all tokens, and no mask."""
    config = transformers.FNetConfig(
        vocab_size=60, hidden_size=32, num_hidden_layers=4, intermediate_size=48
    )
    tiny_models._save_with_tokenizer(tmp_path, "FNetModel", config)
    settings = settings_of("text", encoder=f"hf:{tmp_path}")
    monkeypatch.setattr(hf_text, "wants_batches", lambda _: True)
    extractor = hf_text.build(settings, local(tmp_path), "cpu")
    assert isinstance(extractor, Overlapped)
    assert "one text at a time" in capsys.readouterr().out
