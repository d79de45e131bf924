"""Models with random weights: tiny ones in the layout of the hub, saved to folders, and checkpoints
of the networks that are ours, of their published size.
"""

import json

import torch
import torchvision
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from models.encoders.manet import MaNet
from models.encoders.wav2vec import Wav2Vec

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


def save_speech_model(folder, name, **options):
    """One of `SPEECH_MODELS`; `options` are those of its feature extractor."""
    kind, config = SPEECH_MODELS[name]
    torch.manual_seed(0)
    values = getattr(transformers, f"{kind}Config")(**{**SPEECH, **config})
    getattr(transformers, f"{kind}Model")(values).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor(do_normalize=True, **options).save_pretrained(folder)
    return folder


def save_deberta(folder):
    """A tiny DeBERTa v1 with a byte-level tokenizer in the files of microsoft/deberta-large."""
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


def save_deberta_v3(folder):
    """A tiny DeBERTa v2/v3 with a unigram tokenizer, saved as tokenizer.json."""
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


def save_vit(folder):
    """A tiny ViT saved with its classifier and so without the weights of a pooler."""
    torch.manual_seed(0)
    config = transformers.ViTConfig(**SMALL, image_size=32, patch_size=8)
    transformers.ViTForImageClassification(config).save_pretrained(folder)
    transformers.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def save_wav2vec(path):
    """A checkpoint with the layout of wav2vec_large.pt."""
    torch.manual_seed(0)
    torch.save({"model": Wav2Vec().state_dict()}, path)
    return path


def save_manet(path):
    """MA-Net in its authors' layout."""
    torch.manual_seed(0)
    state = {f"module.{key}": value for key, value in MaNet().state_dict().items()}
    torch.save({"state_dict": state, "epoch": 1}, path)
    return path


def save_shufflenet(path):
    """A small network of torchvision with seven classes."""
    torch.manual_seed(0)
    torch.save(torchvision.models.shufflenet_v2_x0_5(num_classes=7).state_dict(), path)
    return path


def save_whisper(folder):
    """A tiny Whisper: encoder and decoder."""
    torch.manual_seed(0)
    config = transformers.WhisperConfig(
        d_model=32, encoder_layers=4, decoder_layers=1, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=48, vocab_size=60,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1,
    )  # fmt: skip
    transformers.WhisperModel(config).save_pretrained(folder)
    transformers.WhisperFeatureExtractor().save_pretrained(folder)
    return folder


def save_w2v_bert(folder):
    torch.manual_seed(0)
    config = transformers.Wav2Vec2BertConfig(**SMALL, feature_projection_input_dim=160)
    transformers.Wav2Vec2BertModel(config).save_pretrained(folder)
    transformers.SeamlessM4TFeatureExtractor().save_pretrained(folder)
    return folder


def save_ast(folder):
    """A tiny audio spectrogram transformer with the published windows and strides."""
    torch.manual_seed(0)
    transformers.ASTModel(transformers.ASTConfig(**SMALL)).save_pretrained(folder)
    transformers.ASTFeatureExtractor().save_pretrained(folder)
    return folder


def save_moonshine(folder):
    torch.manual_seed(0)
    config = transformers.MoonshineConfig(
        hidden_size=32, intermediate_size=48, encoder_num_hidden_layers=4, vocab_size=60,
        decoder_num_hidden_layers=1, encoder_num_attention_heads=4, decoder_num_attention_heads=4,
    )  # fmt: skip
    transformers.MoonshineModel(config).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor(do_normalize=False).save_pretrained(folder)
    return folder


def _save_with_tokenizer(folder, kind, config):
    torch.manual_seed(0)
    getattr(transformers, kind)(config).save_pretrained(folder)
    tokenizer = Tokenizer(
        models.WordLevel({"[UNK]": 0, "[PAD]": 1, "i": 2, "know": 3, "hello": 4}, "[UNK]")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]"
    ).save_pretrained(folder)
    return folder


def save_t5(folder):
    sizes = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 4, "num_heads": 4}
    return _save_with_tokenizer(folder, "T5Model", transformers.T5Config(**sizes, vocab_size=60))


def save_xlnet(folder):
    sizes = {"d_model": 32, "n_layer": 4, "n_head": 4, "d_inner": 48}
    config = transformers.XLNetConfig(**sizes, vocab_size=60)
    return _save_with_tokenizer(folder, "XLNetModel", config)


def save_videomae(folder):
    torch.manual_seed(0)
    config = transformers.VideoMAEConfig(**SMALL, image_size=32, patch_size=8, num_frames=16)
    transformers.VideoMAEModel(config).save_pretrained(folder)
    size = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    transformers.VideoMAEImageProcessor(**size).save_pretrained(folder)
    return folder


OTHERS = {
    "whisper": save_whisper,
    "w2v_bert": save_w2v_bert,
    "moonshine": save_moonshine,
    "ast": save_ast,
    "t5": save_t5,
    "xlnet": save_xlnet,
    "videomae": save_videomae,
}
