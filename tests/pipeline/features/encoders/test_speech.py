"""Speech encoders: what they compute, and that neighbors, workers and pieces change nothing."""

import numpy as np
import onnxruntime
import pytest
import torch
import transformers

from pipeline.base.errors import CheckpointError, SettingsError
from pipeline.features.cache.extractor import Encoded
from pipeline.features.encoders import hf_speech, moonshine, wav2vec
from pipeline.features.encoders.driver import Overlapped
from tests.pipeline import tiny_models

pytestmark = pytest.mark.fresh

NAMES = ["wav2vec2_group", "wav2vec2_layer", "hubert", "wavlm", "data2vec"]
LENGTHS = [4000, 1000, 16_000, 4000, 7777]


@pytest.fixture(scope="session")
def wav2vec_large(tmp_path_factory):
    """A checkpoint with the layout of wav2vec_large.pt and random weights."""
    return tiny_models.save_wav2vec(tmp_path_factory.mktemp("wav2vec") / "wav2vec_large.pt")


@pytest.fixture(scope="session")
def build(speech_model, wav2vec_large, bundled, settings_of, local):
    """build(name, **settings): the extractor of an encoder."""

    def make(name, **values):
        if name == "moonshine":
            settings, weights = bundled("audio")
            return moonshine.build({**settings, **values}, weights, "cpu")
        settings = settings_of("audio", **values)
        if name == "wav2vec":
            return wav2vec.build(settings, local(wav2vec_large), "cpu")
        return hf_speech.build(settings, local(speech_model(name)), "cpu")

    return make


def encode_all(extractor, waveforms, item, n_workers):
    """Vectors by position, through the driver as a stage uses it."""
    by_name = {f"u{n}": waveform for n, waveform in enumerate(waveforms)}
    fed = Overlapped(
        extractor.dim,
        lambda items: ((item, by_name[item.utterance.utterance_id]) for item in items),
        extractor.embed,
    )
    encoded = list(fed.encode([item(name) for name in by_name], n_workers))
    assert all(isinstance(result, Encoded) and result.status == "ok" for result in encoded)
    return {result.utterance_id: result.vector.tobytes() for result in encoded}


@pytest.mark.parametrize("name", ["moonshine", "wav2vec", *NAMES])
def test_neighbors_order_and_workers_change_no_byte(name, build, waveforms, item):
    lengths = LENGTHS if name != "wav2vec" else [1000, 465, 1600, 1000]
    extractor = build(name)
    given = waveforms(lengths)
    alone = [extractor.embed(waveform).tobytes() for waveform in given]
    for n_workers in (1, 2, 4):
        together = encode_all(extractor, given, item, n_workers)
        assert [together[f"u{n}"] for n in range(len(given))] == alone
    order = np.random.default_rng(0).permutation(len(given))
    shuffled = encode_all(extractor, [given[n] for n in order], item, 2)
    assert [shuffled[f"u{n}"] for n in range(len(given))] == [alone[n] for n in order]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_mean_over_frames_of_the_sum_of_the_last_layers(name, build, waveforms, request):
    folder = request.getfixturevalue("speech_model")(name)
    (waveform,) = waveforms([9000])
    model = transformers.AutoModel.from_pretrained(folder).eval()
    prepare = transformers.AutoFeatureExtractor.from_pretrained(folder)
    inputs = prepare(waveform, sampling_rate=16_000, return_tensors="pt")["input_values"]
    with torch.no_grad():
        states = model(inputs, output_hidden_states=True).hidden_states
    for last_layers in (1, 4):
        expected = sum(states[-k] for k in range(1, last_layers + 1))[0].mean(dim=0)
        vector = build(name, last_layers=last_layers).embed(waveform)
        np.testing.assert_allclose(vector, expected.numpy(), rtol=1e-4, atol=1e-5)


def test_moonshine_is_the_mean_of_what_its_graph_gives(build, bundled, waveforms):
    _, weights = bundled("audio")
    (waveform,) = waveforms([20_000])
    session = onnxruntime.InferenceSession(str(weights.path))
    mask = np.ones((1, 20_000), np.int64)
    frames = session.run(None, {"input_values": waveform[None], "attention_mask": mask})[0][0]
    assert frames.shape == ((20_000 - 895) // 384 + 1, 288)
    np.testing.assert_allclose(build("moonshine").embed(waveform), frames.mean(axis=0), rtol=1e-5)


def test_895_samples_make_moonshines_first_frame(build, waveforms):
    extractor = build("moonshine")
    short, enough = waveforms([894, 895])
    assert np.isfinite(extractor.embed(enough)).all()
    with pytest.raises(Exception, match="Invalid input shape"):
        extractor.embed(short)


@pytest.mark.parametrize("name", ["moonshine", "wav2vec2_layer"])
def test_pieces_of_long_audio_stay_close_to_the_whole(name, build, waveforms):
    (waveform,) = waveforms([32_000])
    whole = build(name).embed(waveform)
    pieces = build(name, max_seconds=0.7).embed(waveform)
    assert not np.array_equal(whole, pieces)
    assert np.dot(whole, pieces) / np.linalg.norm(whole) / np.linalg.norm(pieces) > 0.9


def test_audio_up_to_the_limit_is_read_whole(build, waveforms):
    (waveform,) = waveforms([16_000])
    exact = build("wav2vec2_group", max_seconds=1.0).embed(waveform)
    assert exact.tobytes() == build("wav2vec2_group").embed(waveform).tobytes()


def test_models_that_do_not_read_waveforms_are_refused(vit, deberta, settings_of, local):
    for folder in (vit, deberta):
        with pytest.raises(CheckpointError, match="does not read waveforms"):
            hf_speech.build(settings_of("audio"), local(folder), "cpu")


def test_another_sample_rate_is_refused(speech_model, settings_of, local):
    folder = speech_model("hubert", sampling_rate=8000)
    with pytest.raises(CheckpointError, match="made for 8000 Hz; expected 16000"):
        hf_speech.build(settings_of("audio"), local(folder), "cpu")


def test_more_layers_than_there_are_is_refused(speech_model, settings_of, local):
    with pytest.raises(CheckpointError, match="last_layers=5, but the model has 4"):
        hf_speech.build(settings_of("audio", last_layers=5), local(speech_model("hubert")), "cpu")


@pytest.mark.parametrize("name", ["moonshine", "wav2vec", "hubert"])
def test_half_precision_on_a_cpu_is_refused(name, build):
    with pytest.raises(SettingsError, match="bfloat16"):
        build(name, precision="bfloat16")
