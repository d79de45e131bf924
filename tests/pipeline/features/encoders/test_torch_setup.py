"""Half precision: weights are cast once, and all networks of ours and of the hub compute in it.

On a CPU a job refuses it, because it is slow; the arithmetic can be looked at all the same.
"""

import numpy as np
import pytest
import torch

from pipeline.features.encoders import (
    hf_image,
    hf_speech,
    hf_text,
    manet,
    mini_xception,
    minilm,
    torchvision_image,
    wav2vec,
)
from pipeline.features.encoders.torch_setup import (
    DTYPES,
    PrecisionError,
    check_precision,
    choose_device,
)
from tests.cuda import needs_cuda
from tests.pipeline import tiny_models

pytestmark = pytest.mark.fresh

NEAR = {"bfloat16": 0.03, "float16": 0.004}  # relative; their steps are 2**-8 and 2**-11
TEXTS = {"deberta": tiny_models.save_deberta, "deberta_v3": tiny_models.save_deberta_v3}
TEXTS |= {name: tiny_models.OTHERS[name] for name in ("t5", "xlnet")}
SOUNDS = [*tiny_models.SPEECH_MODELS, "whisper", "w2v_bert", "moonshine", "ast"]
PICTURES = ["vit", "videomae"]
OURS = {
    "wav2vec": ("audio", wav2vec, tiny_models.save_wav2vec),
    "manet": ("visual", manet, tiny_models.save_manet),
    "torchvision:shufflenet_v2_x0_5": ("visual", torchvision_image, tiny_models.save_shufflenet),
}
BUNDLED = {"minilm": ("text", minilm), "mini-xception": ("visual", mini_xception)}
CASES = [*TEXTS, *SOUNDS, *PICTURES, *OURS, *BUNDLED]


def modality_of(name):
    if name in OURS or name in BUNDLED:
        return {**OURS, **BUNDLED}[name][0]
    return "text" if name in TEXTS else "audio" if name in SOUNDS else "visual"


@pytest.fixture
def build(tmp_path, settings_of, local, bundled, monkeypatch):
    """build(name, precision, device): an extractor; on a CPU, too, in any precision."""

    def cast(settings, device):
        return DTYPES.get(settings["precision"])

    for module in (hf_image, hf_speech, hf_text, manet, minilm, mini_xception, torchvision_image,
                   wav2vec):  # fmt: skip
        monkeypatch.setattr(module, "check_precision", cast)

    def save(name):
        if name in OURS:
            return OURS[name][2](tmp_path / "weights")
        folder = tmp_path / "model"
        if not folder.exists():
            folder.mkdir()
            if name in tiny_models.SPEECH_MODELS:
                return tiny_models.save_speech_model(folder, name)
            {**TEXTS, **tiny_models.OTHERS, "vit": tiny_models.save_vit}[name](folder)
        return folder

    def make(name, precision, device="cpu"):
        modality = modality_of(name)
        if name in BUNDLED:
            settings, weights = bundled(modality)
            return BUNDLED[name][1].build({**settings, "precision": precision}, weights, device)
        form = {"encoder": name} if name in OURS else {"encoder": f"hf:{save(name)}"}
        settings = settings_of(modality, **form, precision=precision)
        hub = {"audio": hf_speech, "text": hf_text, "visual": hf_image}[modality]
        module = OURS[name][1] if name in OURS else hub
        return module.build(settings, local(save(name)), device)

    return make


@pytest.fixture
def vector(build, item, archive):
    """vector(name, precision, device): what becomes of one fixed utterance."""
    rng = np.random.default_rng(0)
    wave = 0.1 * rng.standard_normal(20_000) + 0.2 * np.sin(np.arange(20_000) * 0.02)
    faces = archive("faces", list(rng.integers(0, 255, (3, 64, 64, 3), np.uint8)))
    text = item("u", "hello know i a sunny day, what are you doing?")

    def make(name, precision, device="cpu"):
        extractor, modality = build(name, precision, device), modality_of(name)
        if modality == "text":
            ((_, windows),) = extractor.read([text])
            return extractor.embed(windows)
        return extractor.embed(faces if modality == "visual" else wave.astype(np.float32))

    return make


@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_every_network_computes_in_half_precision_near_float32_and_alike_each_time(
    name, precision, vector
):
    whole = vector(name, "float32")
    half = [vector(name, precision) for _ in range(2)]
    assert np.isfinite(half[0]).all()
    assert half[0].tobytes() == half[1].tobytes()
    assert 0 < np.linalg.norm(half[0] - whole) < NEAR[precision] * np.linalg.norm(whole)


@needs_cuda
@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_half_precision_on_a_card_is_near_float32(name, precision, vector):
    whole = vector(name, "float32", "cuda")
    half = vector(name, precision, "cuda")
    assert 0 < np.linalg.norm(half - whole) < NEAR[precision] * np.linalg.norm(whole)


def test_half_precision_on_a_cpu_is_refused_with_the_way_out():
    with pytest.raises(PrecisionError, match=r"'float16' needs a CUDA device .* set it to float32"):
        check_precision({"precision": "float16"}, torch.device("cpu"))
    assert check_precision({"precision": "float32"}, torch.device("cpu")) is None
    assert check_precision({"precision": "float16"}, torch.device("cuda")) is torch.float16


def test_the_device_is_set_up_for_features_that_repeat():
    assert choose_device("cpu") == torch.device("cpu")
    assert torch.get_num_threads() == 1
    assert torch.backends.cudnn.deterministic
    assert not torch.backends.cuda.matmul.allow_tf32
