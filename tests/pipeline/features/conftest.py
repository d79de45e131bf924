"""Tiny models in the layout of the hub, utterances, and the settings of encoders."""

import json

import numpy as np
import pytest
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from pipeline.features.extractor import Item
from pipeline.features.weights import Weights, locate
from pipeline.records import Utterance
from pipeline.sections.features import AudioSettings, TextSettings, VisualSettings
from pipeline.settings import dump

SECTIONS = {"audio": AudioSettings, "text": TextSettings, "visual": VisualSettings}
SENTENCES = [
    "hello world, it's a sunny day today!",
    "the quick brown fox jumps over the lazy dog.",
    "what are you doing? i don't know! well...",
    "anyhow it was really good",
    "antidisestablishmentarianism antidisestablishmentarianism",
]
SPECIAL = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
SMALL = {
    "hidden_size": 32,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 48,
}
SPEECH = {
    **SMALL,
    "conv_dim": [16] * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}
SPEECH_MODELS = {
    "wav2vec2_group": ("Wav2Vec2", {"feat_extract_norm": "group"}),
    "wav2vec2_layer": ("Wav2Vec2", {"feat_extract_norm": "layer", "do_stable_layer_norm": True}),
    "hubert": ("Hubert", {}),
    "wavlm": ("WavLM", {}),
    "data2vec": ("Data2VecAudio", {"num_conv_pos_embeddings": 2, "conv_pos_kernel_size": 5}),
}


def make_settings(modality, **values):
    return dump(SECTIONS[modality](**values))


@pytest.fixture(scope="session")
def settings_of():
    """settings_of(modality, **values): the section as a stage gets it."""
    return make_settings


@pytest.fixture(scope="session")
def local():
    """local(folder): weights of a folder that no digest is asked of."""
    return lambda path: Weights(path, "0" * 64)


@pytest.fixture(scope="session")
def bundled(tmp_path_factory):
    """bundled(modality): settings and weights of the default encoder."""
    cache = tmp_path_factory.mktemp("cache")

    def find(modality):
        settings = make_settings(modality)
        return settings, locate(modality, settings, cache)

    return find


@pytest.fixture
def item():
    """item(id, text): an utterance to encode."""

    def make(name="u", text="", **given):
        return Item(Utterance(name, "d", 0, "s", "1", "", 0.0, 1.0, "full", text), **given)

    return make


@pytest.fixture(scope="session")
def speech_model(tmp_path_factory):
    """speech_model(name): folder of a tiny speech model with random weights."""
    made = {}

    def make(name, **options):
        key = (name, *options.items())
        if key not in made:
            kind, config = SPEECH_MODELS[name]
            folder = tmp_path_factory.mktemp(name)
            torch.manual_seed(0)
            values = getattr(transformers, f"{kind}Config")(**{**SPEECH, **config})
            getattr(transformers, f"{kind}Model")(values).save_pretrained(folder)
            transformers.Wav2Vec2FeatureExtractor(do_normalize=True, **options).save_pretrained(
                folder
            )
            made[key] = folder
        return made[key]

    return make


@pytest.fixture(scope="session")
def deberta(tmp_path_factory):
    """A tiny DeBERTa v1 with a byte-level tokenizer in the files of microsoft/deberta-large."""
    folder = tmp_path_factory.mktemp("deberta")
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(
        SENTENCES * 5,
        trainers.BpeTrainer(
            vocab_size=460,
            special_tokens=SPECIAL,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        ),
    )
    tokenizer.model.save(str(folder))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"do_lower_case": False, "vocab_type": "gpt2"})
    )
    torch.manual_seed(0)
    config = transformers.DebertaConfig(
        **SMALL,
        vocab_size=tokenizer.get_vocab_size(),
        relative_attention=True,
        pos_att_type=["c2p", "p2c"],
        position_biased_input=False,
        type_vocab_size=0,
    )
    transformers.DebertaModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def deberta_v3(tmp_path_factory):
    """A tiny DeBERTa v2/v3 with a unigram tokenizer, saved as tokenizer.json."""
    folder = tmp_path_factory.mktemp("deberta_v3")
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(
        SENTENCES * 5,
        trainers.UnigramTrainer(vocab_size=120, special_tokens=SPECIAL, unk_token="[UNK]"),
    )
    vocab = [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["vocab"]]
    transformers.DebertaV2Tokenizer(vocab=vocab).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.DebertaV2Config(
        **SMALL,
        vocab_size=len(vocab),
        relative_attention=True,
        position_biased_input=False,
        pos_att_type=["p2c", "c2p"],
        position_buckets=16,
        share_att_key=True,
        norm_rel_ebd="layer_norm",
        type_vocab_size=0,
    )
    transformers.DebertaV2Model(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def vit(tmp_path_factory):
    """A tiny ViT saved with its classifier and so without the weights of a pooler."""
    folder = tmp_path_factory.mktemp("vit")
    torch.manual_seed(0)
    config = transformers.ViTConfig(**SMALL, image_size=32, patch_size=8)
    transformers.ViTForImageClassification(config).save_pretrained(folder)
    transformers.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


@pytest.fixture
def waveforms():
    """waveforms(lengths): noise with a tone in it, seeded by the length."""

    def make(lengths):
        return [
            (
                0.1 * np.random.default_rng(n).standard_normal(n)
                + 0.2 * np.sin(np.arange(n) * (0.01 + 0.001 * (n % 7)))
            ).astype(np.float32)
            for n in lengths
        ]

    return make
