"""Sound in batches has the vectors that each utterance has alone: padding is hidden exactly."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.encoders.wav2vec import Wav2Vec, frames_of
from pipeline.base.errors import SettingsError
from pipeline.features.encoders import hf_speech, wav2vec
from pipeline.features.encoders.batched import Batched
from pipeline.features.encoders.driver import Overlapped
from pipeline.features.encoders.masked_speech import MaskedSpeech
from pipeline.features.encoders.pieces import Framing
from pipeline.features.encoders.speech_batches import Piece, SpeechBatches, length_of
from tests.cuda import needs_cuda
from tests.pipeline import tiny_models
from tests.pipeline.features.encoders.test_masked_speech import MASKED, noises, padded

pytestmark = pytest.mark.fresh

WINDOWS = ["whisper", "ast", "w2v_bert", "moonshine"]
LENGTHS = [4000, 1000, 16_000, 4000, 7777, 8000, 8001]
SHORT = [1000, 465, 1600, 1000]  # for the network of published size
OF_NAME = {"wav2vec": SHORT, "ast": [4000, 16_000, 5000, 3000]}  # a frame of AST needs 2800


@pytest.fixture(scope="session")
def wav2vec_large(tmp_path_factory):
    """A checkpoint with the layout of wav2vec_large.pt and random weights."""
    return tiny_models.save_wav2vec(tmp_path_factory.mktemp("wav2vec") / "wav2vec_large.pt")


@pytest.fixture
def build(folder_of, wav2vec_large, settings_of, local, monkeypatch):
    """build(name, is_batched, device): an extractor of sound."""

    def make(name, is_batched=True, device="cpu", **values):
        module = wav2vec if name == "wav2vec" else hf_speech
        monkeypatch.setattr(module, "wants_batches", lambda _: is_batched)
        place = wav2vec_large if name == "wav2vec" else folder_of(name)
        values = {"batch_seconds": 3, **values}
        return module.build(settings_of("audio", **values), local(place), device)

    return make


def encode(extractor, given, item, n_workers=1):
    """Vectors by position, through the driver as a stage uses it."""
    by_name = {f"u{n}": waveform for n, waveform in enumerate(given)}

    def read(items, *_):
        return ((item, by_name[item.utterance.utterance_id]) for item in items)

    found = list(replace(extractor, read=read).encode([item(name) for name in by_name], n_workers))
    assert all(result.status == "ok" for result in found)
    vectors = {result.utterance_id: result.vector for result in found}
    return [vectors[name] for name in by_name]


@pytest.mark.parametrize("name", ["wav2vec", *MASKED, *WINDOWS])
def test_batches_give_what_each_utterance_gives_alone(name, build, waveforms, item):
    batched, alone = build(name), build(name, False)
    assert (type(batched), type(alone)) == (Batched, Overlapped)
    given = waveforms(OF_NAME.get(name, LENGTHS))
    found, expected = encode(batched, given, item, 2), encode(alone, given, item)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=2e-5)


def test_pieces_of_long_sound_weigh_as_many_frames_as_they_have(build, waveforms, item):
    given = waveforms([40_000, 9_000])
    batched = encode(build("wav2vec2_layer", max_seconds=0.7), given, item)
    alone = encode(build("wav2vec2_layer", False, max_seconds=0.7), given, item)
    np.testing.assert_allclose(batched, alone, rtol=1e-3, atol=2e-5)


def test_wav2vec_in_float64_is_the_same_with_padding_as_without():
    torch.manual_seed(0)
    network = Wav2Vec().eval().double()
    for name, parameter in network.named_parameters():
        if parameter.dim() == 1:
            parameter.data.copy_(torch.randn_like(parameter) / 3 + ("weight" in name))
    rows = noises(SHORT)
    filled, lengths = padded(SHORT, rows)
    with torch.inference_mode():
        found = network(filled, lengths)
        for row, waveform, n_frames in zip(found, rows, frames_of(lengths), strict=True):
            (expected,) = network(waveform[None])
            assert len(expected) == n_frames
            torch.testing.assert_close(row[:n_frames], expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize(
    ("n_samples", "longest", "length"),
    [(465, 960_000, 8000), (8000, 960_000, 8000), (8001, 960_000, 9000), (16_000, 960_000, 16_000),
     (16_001, 960_000, 18_000), (72_000, 960_000, 72_000), (72_001, 960_000, 80_000),
     (950_000, 960_000, 960_000), (950_000, 951_000, 951_000), (3000, 3000, 3000)],
)  # fmt: skip
def test_a_piece_alone_decides_its_length(n_samples, longest, length):
    assert length_of(n_samples, longest) == length


def test_at_most_an_eighth_is_added_and_longer_sound_is_never_filled_up_to_less():
    lengths = [length_of(n, 10**9) for n in range(8000, 300_000, 7)]
    assert lengths == sorted(lengths)
    assert all(n <= length <= n * 1.125 + 1 for n, length in zip(
        range(8000, 300_000, 7), lengths, strict=True))  # fmt: skip
    assert len(set(lengths)) <= 45


@pytest.mark.parametrize(
    ("n_samples", "spare", "rows"),
    [(72_000, 0, 16), (72_000, 1, 15), (960_000, 0, 1), (960_000, 1, 1)],
)
def test_a_batch_holds_as_many_seconds_as_the_setting_says(n_samples, spare, rows):
    framing = Framing(400, 320, 960_000)
    batches = SpeechBatches(None, framing, torch.device("cpu"), 72, spare)
    shape = batches.shape_of(Piece(np.zeros(n_samples, np.float32), n_samples))
    assert (shape, batches.rows(shape)) == ((n_samples,), rows)


def test_a_network_that_hears_padding_is_given_one_utterance_at_a_time(build, capsys, monkeypatch):
    monkeypatch.setattr(MaskedSpeech, "_mind_norms", lambda _: None)
    assert isinstance(build("wav2vec2_group"), Overlapped)
    assert "one utterance at a time" in capsys.readouterr().out


def test_a_device_without_room_for_the_trial_names_the_setting(build, monkeypatch):
    def fail(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(SpeechBatches, "start", fail)
    with pytest.raises(SettingsError, match=r"^features.audio.batch_seconds: 3: .*set it to 1"):
        build("wav2vec2_group")


@needs_cuda
@pytest.mark.parametrize("name", ["wav2vec", *MASKED, *WINDOWS])
def test_on_a_card_no_byte_depends_on_the_order_or_on_what_is_beside_it(
    name, build, waveforms, item
):
    extractor = build(name, True, "cuda")
    assert isinstance(extractor, Batched)
    given = waveforms(OF_NAME.get(name, LENGTHS))
    found = encode(extractor, given, item)
    backwards = encode(extractor, given[::-1], item, 3)[::-1]
    for waveform, vector, other in zip(given, found, backwards, strict=True):
        assert vector.tobytes() == other.tobytes()
        assert vector.tobytes() == encode(extractor, [waveform], item)[0].tobytes()


@needs_cuda
@pytest.mark.parametrize("name", ["wav2vec", *MASKED, *WINDOWS])
def test_on_a_card_vectors_are_near_those_of_a_core(name, build, waveforms, item):
    given = waveforms(OF_NAME.get(name, LENGTHS))
    found = encode(build(name, True, "cuda"), given, item)
    np.testing.assert_allclose(found, encode(build(name, False), given, item), rtol=1e-2, atol=1e-3)
