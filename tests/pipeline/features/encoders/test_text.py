"""Texts of any length are read in windows, of which each token counts once."""

import numpy as np
import pytest
import transformers

from pipeline.features.encoders import hf_text
from pipeline.features.encoders.text import Tokenization

pytestmark = pytest.mark.fresh


@pytest.fixture
def tokenization(deberta):
    """tokenization(max_tokens): windows of the tiny DeBERTa's tokens, words averaged."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(deberta)
    return lambda n: Tokenization(tokenizer, hf_text.whole_passage, "words", n)


def test_windows_together_hold_every_token_once(tokenization, deberta):
    text = " ".join(f"word{n}, it's" for n in range(200))
    whole = transformers.AutoTokenizer.from_pretrained(deberta)(f" {text}")["input_ids"]
    windows = tokenization(20)(text)
    assert max(len(window.ids) for window in windows) == 20
    assert [token for window in windows for token in window.ids[1:-1]] == whole[1:-1]
    assert sum(window.shares.sum() for window in windows) == pytest.approx(1)
    assert all(window.shares[0] == window.shares[-1] == 0 for window in windows)


def test_a_word_that_windows_share_counts_as_one_word(tokenization):
    windows = tokenization(12)("hello " + "x" * 60 + " world")
    shares = np.concatenate([window.shares[1:-1] for window in windows])
    whole = tokenization(500)("hello " + "x" * 60 + " world")[0].shares[1:-1]
    assert len(windows) > 3
    np.testing.assert_allclose(shares, whole)
    parts = shares[np.isclose(shares, shares.min())]
    assert parts.sum() == pytest.approx(1 / 3)
