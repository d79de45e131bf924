"""The benchmark of a GPU runs on the CPU, in small, through the stage and in batches."""

import re

import pytest
import torch

from benchmarks import gpu, gpu_encoders
from benchmarks.gpu_inputs import TOKENS, make_texts, tokenizer
from pipeline.features.encoders import face_batches, hf_text, wav2vec
from pipeline.features.encoders.hf_text import whole_passage
from pipeline.features.encoders.text import Tokenization

LINE = r"^(deberta|wav2vec|manet) +float32 +stage +\d+ .*; (the same|OTHER) bytes beside others"


@pytest.mark.parametrize("is_batched", [False, True])
def test_encoders_run_in_small(is_batched, monkeypatch):
    """One by one every byte is the same beside others; so it is in batches of fixed shape."""
    for module in (face_batches, hf_text, wav2vec):
        monkeypatch.setattr(module, "wants_batches", lambda _: is_batched)
    lines = gpu_encoders.measure(torch.device("cpu"), small=True)
    found = [re.match(LINE, line).groups() for line in lines[1:]]
    assert found == [(name, "the same") for name in ("deberta", "wav2vec", "manet")]


def test_a_part_that_fails_leaves_the_others_and_ends_with_an_error(monkeypatch, capsys):
    def fail(*_):
        raise RuntimeError("no such card")

    monkeypatch.setattr(gpu_encoders, "measure", fail)
    with pytest.raises(SystemExit, match="failed: encoders"):
        gpu.main(["--small", "--parts", "encoders", "--device", "cpu"])
    told = capsys.readouterr()
    assert "no such card" in told.err
    assert "all of it" in told.out


def test_texts_have_sixteen_tokens_each_and_differ(tmp_path):
    made = make_texts(tmp_path, 50)
    tokenize = Tokenization(tokenizer(), whole_passage, "words", 512)
    texts = [utterance.text for utterance in made.utterances]
    assert len(set(texts)) == 50
    assert {len(window.ids) for windows in tokenize.several(texts) for window in windows} == {
        TOKENS
    }
