"""wav2vec against reading.md C.1: published sizes, key names, and a transcription with plain
loops.
"""

import math

import pytest
import torch

from models.encoders.wav2vec import RECEPTIVE_FIELD_SAMPLES, UtteranceNorm, Wav2Vec

EXTRACTOR = [(10, 5), (8, 4), (4, 2), (4, 2), (4, 2), (1, 1), (1, 1)]


@pytest.fixture(scope="module")
def network():
    generator = torch.Generator().manual_seed(3)
    network = Wav2Vec().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() == 3:
                parameter.copy_(noise / math.sqrt(parameter[0].numel()))
            else:
                parameter.copy_(0.3 * noise + 0.5)
    return network


@pytest.fixture
def waveform():
    return 0.2 * torch.randn(2, 4001, generator=torch.Generator().manual_seed(4))


def n_parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


def convolve(x, weight, stride):
    """x (C, S), weight (O, C, K), one output frame after the other."""
    kernel = weight.shape[2]
    starts = range(0, x.shape[1] - kernel + 1, stride)
    return torch.stack(
        [sum(weight[:, :, k] @ x[:, start + k] for k in range(kernel)) for start in starts], dim=1
    )


def normalize(x, weight, bias):
    mean = x.mean()
    deviation = torch.sqrt(((x - mean) ** 2).mean() + 1e-5)
    return (x - mean) / deviation * weight[:, None] + bias[:, None]


def transcription(waveform, state):
    """reading.md C.1 for one waveform (S,), in float64 -> (T, 512)."""
    x = waveform.double()[None, :]
    for i, (_, stride) in enumerate(EXTRACTOR):
        name = f"feature_extractor.conv_layers.{i}"
        x = convolve(x, state[f"{name}.0.weight"], stride)
        x = normalize(x, state[f"{name}.2.weight"], state[f"{name}.2.bias"]).clamp(min=0)
    x = torch.log(1 + x.abs())
    for j, kernel in enumerate(range(2, 14)):
        name = f"feature_aggregator.conv_layers.{j}"
        padded = torch.cat([x[:, :1]] * (kernel - 1) + [x], dim=1)
        y = convolve(padded, state[f"{name}.1.weight"], 1) + state[f"{name}.1.bias"][:, None]
        y = normalize(y, state[f"{name}.3.weight"], state[f"{name}.3.bias"]).clamp(min=0)
        x = (y + x) * math.sqrt(0.5)
    return x.T


def test_parameter_counts_are_the_published_ones(network):
    assert n_parameters(network.feature_extractor) == 5_779_456
    assert n_parameters(network.feature_aggregator) == 23_611_392


def test_keys_are_those_of_the_fairseq_checkpoint(network):
    extractor = [f"feature_extractor.conv_layers.{i}" for i in range(7)]
    aggregator = [f"feature_aggregator.conv_layers.{j}" for j in range(12)]
    expected = {f"{name}.{part}" for name in extractor for part in ("0.weight", "2.weight")}
    expected |= {f"{name}.2.bias" for name in extractor}
    expected |= {
        f"{name}.{part}" for name in aggregator for part in ("1.weight", "1.bias", "3.weight")
    }
    expected |= {f"{name}.3.bias" for name in aggregator}
    assert set(network.state_dict()) == expected


def test_context_features_equal_a_plain_transcription(network, waveform):
    state = {key: value.double() for key, value in network.state_dict().items()}
    with torch.inference_mode():
        found = network(waveform)
        expected = torch.stack([transcription(samples, state) for samples in waveform])
    assert expected.std() > 0.1
    torch.testing.assert_close(found.double(), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("n_samples", "n_frames"), [(465, 1), (624, 1), (625, 2), (16_000, 98), (16_145, 99)]
)
def test_a_frame_comes_every_160_samples(network, n_samples, n_frames):
    with torch.inference_mode():
        assert network(torch.zeros(1, n_samples)).shape == (1, n_frames, 512)


def test_a_waveform_below_the_receptive_field_is_refused(network):
    with pytest.raises(ValueError, match="at least S=465"):
        network(torch.zeros(1, RECEPTIVE_FIELD_SAMPLES - 1))


def test_norm_statistics_are_float32_whatever_the_input():
    norm = UtteranceNorm(512).half()
    x = 200 + 50 * torch.randn(1, 512, 40, generator=torch.Generator().manual_seed(0))
    found = norm(x.half())
    exact = x.half().double()
    expected = (exact - exact.mean()) / exact.std(correction=0)
    assert found.dtype == torch.float16
    torch.testing.assert_close(found.double(), expected, atol=2e-3, rtol=1e-3)


def test_autocast_stays_near_float32(network, waveform):
    with torch.inference_mode():
        exact = network(waveform)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rounded = network(waveform)
    assert (rounded.float() - exact).abs().mean() < 0.05 * exact.abs().mean()
