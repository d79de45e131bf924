"""A Whisper of a few thousand random numbers, in a folder in the published layout of the family.

What it writes means nothing; how it is loaded, fed and read is that of the real ones. Its tokens
are bytes, then the names that steer the network, in the published order (github.com/openai/whisper,
tokenizer.py).
"""

import torch
from transformers import (
    GenerationConfig,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperTokenizer,
)
from transformers.convert_slow_tokenizer import bytes_to_unicode

LANGUAGES = ("en", "zh", "de")
STEERING = (
    *("<|endoftext|>", "<|startoftranscript|>", *(f"<|{name}|>" for name in LANGUAGES)),
    *("<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nocaptions|>"),
    "<|notimestamps|>",
)


def write_tiny_whisper(folder, seed=0):
    """Write config, weights (safetensors), tokenizer and feature extractor; returns the folder."""
    folder.mkdir(parents=True)
    names = [*bytes_to_unicode().values(), *STEERING]
    tokenizer = WhisperTokenizer(
        vocab={name: number for number, name in enumerate(names)},
        merges=[],
        additional_special_tokens=[*STEERING],
        language="en",
        task="transcribe",
    )
    tokenizer.save_pretrained(folder)
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in STEERING}
    WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)

    end, start = ids["<|endoftext|>"], ids["<|startoftranscript|>"]
    special = {"pad_token_id": end, "bos_token_id": end, "eos_token_id": end}
    config = WhisperConfig(
        vocab_size=len(tokenizer),
        **{"suppress_tokens": None, "begin_suppress_tokens": None},
        **{"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 16},
        **{"decoder_ffn_dim": 16, "encoder_attention_heads": 2, "decoder_attention_heads": 2},
        decoder_start_token_id=start,
        **special,
    )
    torch.manual_seed(seed)
    model = WhisperForConditionalGeneration(config).eval()
    model.generation_config = GenerationConfig(
        decoder_start_token_id=start,
        is_multilingual=True,
        lang_to_id={f"<|{name}|>": ids[f"<|{name}|>"] for name in LANGUAGES},
        task_to_id={name: ids[f"<|{name}|>"] for name in ("translate", "transcribe")},
        no_timestamps_token_id=ids["<|notimestamps|>"],
        max_length=448,
        **special,
    )
    model.save_pretrained(folder)
    return folder
