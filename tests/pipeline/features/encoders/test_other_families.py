"""Encoder halves, spectrograms and clips: against transformers alone."""

import numpy as np
import pytest
import torch
import transformers

from pipeline.features.encoders import hf_image, hf_speech, hf_text
from tests.pipeline import tiny_models

pytestmark = pytest.mark.fresh


@pytest.fixture
def folder_of(tmp_path):
    """folder_of(name): a tiny model on disk."""
    return lambda name: tiny_models.OTHERS[name](tmp_path)


@pytest.mark.parametrize("name", ["whisper", "w2v_bert", "moonshine"])
@pytest.mark.parametrize("n_samples", [2_000, 16_000, 51_234])
def test_speech_is_the_mean_of_the_frames_that_stand_for_sound(
    name, n_samples, folder_of, settings_of, local, waveforms
):
    folder = folder_of(name)
    (waveform,) = waveforms([n_samples])
    found = hf_speech.build(settings_of("audio"), local(folder), "cpu").embed(waveform)

    model = transformers.AutoModel.from_pretrained(folder).eval()
    encoder = model if name == "w2v_bert" else model.get_encoder()
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)

    whole = waveform
    if name == "w2v_bert":  # pairs of windows of 25 ms, 10 ms apart; no half pair
        whole = waveform[: 560 + (n_samples - 560) // 320 * 320]
    ready = extractor(whole, sampling_rate=16_000, return_tensors="pt")
    inputs = ready["input_values" if name == "moonshine" else "input_features"]

    with torch.no_grad():
        states = encoder(inputs, output_hidden_states=True).hidden_states
    frames = sum(states[-4:])[0]

    if name == "whisper":  # 1500 frames of 20 ms, of which those of the sound count
        assert len(frames) == 1500
        frames = frames[: n_samples // 320]

    np.testing.assert_allclose(found, frames.mean(dim=0), rtol=1e-3, atol=1e-5)


def test_whisper_reads_windows_of_thirty_seconds(folder_of, settings_of, local, waveforms):
    extractor = hf_speech.build(settings_of("audio"), local(folder_of("whisper")), "cpu")
    (waveform,) = waveforms([40 * 16_000])
    halves = [extractor.embed(half) for half in np.split(waveform, 2)]
    np.testing.assert_allclose(extractor.embed(waveform), np.mean(halves, axis=0), rtol=1e-4)


def test_ast_averages_the_patches_of_the_times_that_stand_for_sound(
    folder_of, settings_of, local, waveforms
):
    folder = folder_of("ast")
    (waveform,) = waveforms([51_234])
    extractor = hf_speech.build(settings_of("audio"), local(folder), "cpu")

    ready = transformers.AutoFeatureExtractor.from_pretrained(folder)(
        waveform, sampling_rate=16_000, return_tensors="pt"
    )["input_values"]
    assert ready.shape == (1, 1024, 128)

    model = transformers.AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        states = model(ready, output_hidden_states=True).hidden_states
    summed = sum(states[-4:])[0, 2:]  # without [CLS] and the distillation token
    assert len(summed) == 12 * 101  # 128 bands and 1,024 banks in squares of 16, 10 apart

    n_banks = (51_234 - 400) // 160 + 1
    n_times = (n_banks - 16) // 10 + 1  # squares that hold sound alone
    of_sound = [summed[band * 101 + time] for band in range(12) for time in range(n_times)]
    expected = torch.stack(of_sound).mean(dim=0)
    np.testing.assert_allclose(extractor.embed(waveform), expected, rtol=1e-3, atol=1e-5)


def test_ast_reads_windows_of_ten_seconds(folder_of, settings_of, local, waveforms):
    encode = hf_speech.build(settings_of("audio"), local(folder_of("ast")), "cpu").embed
    pieces = encode.framing.pieces(waveforms([30 * 16_000])[0])
    assert len(pieces) == 3
    assert max(map(len, pieces)) <= 1024 * 160


@pytest.mark.parametrize("name", ["t5", "xlnet"])
def test_text_is_the_sum_of_the_encoders_last_layers(name, folder_of, settings_of, local, item):
    folder = folder_of(name)
    extractor = hf_text.build(settings_of("text"), local(folder), "cpu")
    (found,) = extractor.encode([item("u", "i know hello")])
    model = transformers.AutoModel.from_pretrained(folder).eval()
    encoder = model.get_encoder() if name == "t5" else model
    with torch.no_grad():
        states = encoder(torch.tensor([[2, 3, 4]]), output_hidden_states=True).hidden_states
    np.testing.assert_allclose(found.vector, sum(states[-4:])[0].mean(dim=0), rtol=1e-4, atol=1e-5)


def test_videomae_sees_sixteen_crops_at_a_time(folder_of, settings_of, local):
    folder = folder_of("videomae")
    rng = np.random.default_rng(0)
    crops = list(rng.integers(0, 255, (20, 48, 48, 3), dtype=np.uint8))
    found = hf_image.build(settings_of("visual"), local(folder), "cpu")
    encode = found.embed.__closure__[0].cell_contents  # the FaceEncoder itself: no archive here
    model = transformers.AutoModel.from_pretrained(folder).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(folder)

    def of(clip):
        ready = processor(clip, return_tensors="pt", input_data_format="channels_last")
        with torch.no_grad():
            return model(ready["pixel_values"]).last_hidden_state[0].mean(dim=0)

    expected = (16 * of(crops[:16]) + 4 * of([*crops[16:], *[crops[-1]] * 12])) / 20
    np.testing.assert_allclose(encode(crops), expected, rtol=1e-4, atol=1e-5)
