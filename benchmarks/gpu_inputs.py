"""What extraction on a GPU is measured with: networks of published sizes, and a made corpus.

Weights are random and made in place; nothing is fetched. Texts are 16 tokens, utterances 4.5 s of
noise, faces 22 to an utterance, JPEGs of 200 px: smooth pictures, as faces are.
"""

import json
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

from models.encoders.manet import MaNet
from models.encoders.wav2vec import Wav2Vec
from pipeline.base.files import file_digest, text_digest
from pipeline.base.records import FaceRow, Modality, Utterance
from pipeline.base.tables import write_rows
from pipeline.features.cache.extractor import Extractor
from pipeline.features.encoders import hf_text, manet, wav2vec
from pipeline.features.encoders.text import Tokenization
from pipeline.features.faces.crops import CropRecord, write_crops

RATE_HZ, SECONDS = 16_000, 4.5
WORDS_OF_A_TEXT, TOKENS = 14, 16  # with one at each end
FACES, FACE_PX, JPEGS = 22, 200, 64
UTTERANCES_OF_A_FILE = 64
TALK = (
    "never thought that it would end here again my friend where were you when they came with all "
    "those stories about the house near some river nobody knew how far we had gone before"
)
WORDS = tuple(TALK.split())
LARGE = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16}
LARGE_DEBERTA = {**LARGE, "intermediate_size": 4096, "vocab_size": 50265}
SMALL_DEBERTA = {
    "hidden_size": 32,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "vocab_size": 512,
}


@dataclass(frozen=True)
class Network:
    """A network, ready, and what the stage makes of it."""

    model: Any
    extractor: Extractor


def network_of(
    modality: Modality, settings: dict[str, Any], place: torch.device, small: bool
) -> Network:
    """DeBERTa-large, wav2vec large or MA-Net with random weights; DeBERTa is tiny if `small`."""
    precision = settings["precision"]
    dtype = None if precision == "float32" else getattr(torch, precision)

    torch.manual_seed(0)
    with place:  # the network alone: what goes to it is made on the host
        model: Any = {"audio": Wav2Vec, "visual": MaNet}.get(
            modality, lambda: _deberta(SMALL_DEBERTA if small else LARGE_DEBERTA)
        )()
    model.eval().to(dtype=dtype)

    if modality == "text":
        tokenize = Tokenization(tokenizer(), hf_text.whole_passage, "words", 512)
        built = hf_text.extractor_of(model, tokenize, settings, 4, place, dtype)
    else:
        make = wav2vec.extractor_of if modality == "audio" else manet.extractor_of
        built = make(model, settings, place, dtype)
    return Network(model, built)


def _deberta(sizes: dict[str, int]) -> Any:
    """The architecture of microsoft/deberta-large."""
    config = transformers.DebertaConfig(
        **sizes,
        relative_attention=True,
        pos_att_type=["c2p", "p2c"],
        position_biased_input=False,
        max_relative_positions=-1,
        max_position_embeddings=512,
        type_vocab_size=0,
    )
    return transformers.DebertaModel(config).eval()


def tokenizer() -> Any:
    """A byte-level tokenizer that knows every word, with a token at both ends."""
    made = Tokenizer(models.BPE(unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]

    trainer = trainers.BpeTrainer(
        vocab_size=512,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )

    made.train_from_iterator([f" {word}" for word in WORDS] * 5, trainer)
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )

    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]"
    )


@dataclass
class Made:
    """Utterances of one modality on disk, as the stage wants them."""

    folder: Path
    utterances: list[Utterance]
    faces: list[FaceRow] = field(default_factory=list)

    def tables(self, name: str, rows: slice) -> list[str]:
        """The arguments of the stage that say which utterances."""
        table, media = self.folder / f"{name}.csv", self.folder / "media.json"
        write_rows(table, self.utterances[rows], Utterance)
        if not media.exists():
            files = {utterance.media for utterance in self.utterances} - {""}
            digests = {name: {"size": 1, "sha256": self._digest(name)} for name in sorted(files)}
            media.write_text(json.dumps(digests))
        given = ["--utterances", str(table), "--media", str(media), "--root", str(self.folder)]
        if self.faces:
            write_rows(self.folder / f"{name}.faces.csv", self.faces[rows], FaceRow)
            given += ["--faces", str(self.folder / f"{name}.faces.csv")]
        return given

    def _digest(self, name: str) -> str:
        path = self.folder / name
        return file_digest(path) if path.is_file() else text_digest(name)


def make_texts(folder: Path, n: int) -> Made:
    """Texts of 16 tokens, no two of them alike."""
    rng = np.random.default_rng(0)
    texts: dict[str, None] = {}
    while len(texts) < n:
        texts[" ".join(rng.choice(WORDS, WORDS_OF_A_TEXT))] = None
    return Made(folder, [_utterance(k, text=text) for k, text in enumerate(texts)])


def make_sounds(folder: Path, n: int, seconds: float, is_written: bool) -> Made:
    """Files of 64 utterances each; nothing is written where nothing can be decoded."""
    rng = np.random.default_rng(0)
    utterances = []
    for number in range(-(-n // UTTERANCES_OF_A_FILE)):
        name = f"sound{number}.wav"
        n_here = min(UTTERANCES_OF_A_FILE, n - number * UTTERANCES_OF_A_FILE)

        if is_written:
            samples = rng.integers(-6000, 6000, int(n_here * seconds * RATE_HZ), dtype="<i2")
            with wave.open(str(folder / name), "wb") as stream:
                stream.setparams((1, 2, RATE_HZ, len(samples), "NONE", ""))
                stream.writeframes(samples.tobytes())

        for k in range(n_here):
            start_s = k * seconds
            utterances.append(_utterance(len(utterances), name, start_s, start_s + seconds))

    return Made(folder, utterances)


def make_faces(folder: Path, cache: Path, n: int, n_faces: int) -> Made:
    """Archives of crops in the cache, each of 22 of the same 64 pictures."""
    rng = np.random.default_rng(0)
    jpegs = [_jpeg(rng) for _ in range(JPEGS)]
    utterances, rows = [], []
    for k in range(n):
        key = text_digest(f"faces {k}")
        chosen = [jpegs[number] for number in rng.integers(0, JPEGS, n_faces)]
        write_crops(cache / "faces" / key[:2] / f"{key}.zip", _record(key, n_faces), chosen)
        utterances.append(_utterance(k))
        rows.append(FaceRow(utterances[-1].utterance_id, n_faces, n_faces, key, "ok"))
    return Made(folder, utterances, rows)


def _jpeg(rng: np.random.Generator) -> bytes:
    small: NDArray[np.uint8] = rng.integers(0, 255, (12, 12, 3), np.uint8)
    smooth = cv2.resize(small, (FACE_PX, FACE_PX), interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".jpg", smooth, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def _record(key: str, n: int) -> CropRecord:
    times_s: Sequence[float] = [k / 5 for k in range(n)]
    boxes = ((0.0, 0.0, 64.0, 64.0),) * n
    return CropRecord(
        key, "ok", "single", "full", n, n, n, tuple(times_s), boxes, (1.0,) * n, n / 5, n / 5
    )


def _utterance(
    number: int, media: str = "", start_s: float = 0.0, end_s: float = 1.0, text: str = ""
) -> Utterance:
    return Utterance(f"u{number}", "d", number, "s", "1", media, start_s, end_s, "full", text)
