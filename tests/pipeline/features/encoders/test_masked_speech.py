"""In float64 rows that are filled up are what they are alone: padding is hidden exactly."""

import pytest
import torch
import transformers

from pipeline.features.encoders import masked_speech
from pipeline.features.encoders.masked_speech import MaskedMoonshine, MaskedSpeech
from pipeline.features.encoders.pieces import MOONSHINE, framing_of

pytestmark = pytest.mark.fresh

MASKED = ["wav2vec2_group", "wav2vec2_layer", "hubert", "wavlm", "data2vec"]


def padded(lengths, rows):
    """Rows of noise of these lengths; behind their ends other noise, as if nobody had cleared."""
    generator = torch.Generator().manual_seed(1)
    n_samples = max(lengths) + 700
    filled = torch.randn(len(lengths), n_samples, dtype=torch.float64, generator=generator)
    for row, waveform in zip(filled, rows, strict=True):
        row[: len(waveform)] = waveform
    return filled, torch.tensor(lengths)


def noises(lengths):
    generator = torch.Generator().manual_seed(0)
    return [0.1 + torch.randn(n, dtype=torch.float64, generator=generator) / 5 for n in lengths]


@pytest.fixture(autouse=True)
def in_double(monkeypatch):
    monkeypatch.setattr(masked_speech, "sum_last", sum_of_two)


def sum_of_two(states, _):
    return states[-1] + states[-2]


def check(masked, model, untouched, lengths):
    """Truth: the untouched model on each row alone; unmasked, the model is untouched too."""
    rows = noises(lengths)
    filled, given = padded(lengths, rows)
    with torch.inference_mode():
        found = masked(filled, given)
        for row, waveform in zip(found, rows, strict=True):
            states = untouched(waveform[None], output_hidden_states=True).hidden_states
            expected = sum_of_two(states, 2)[0]
            torch.testing.assert_close(row[: len(expected)], expected, rtol=0, atol=1e-10)
            again = model(waveform[None], output_hidden_states=True).hidden_states
            torch.testing.assert_close(sum_of_two(again, 2)[0], expected, rtol=0, atol=0)


@pytest.mark.parametrize("name", MASKED)
def test_models_of_the_hub(name, folder_of):
    model, untouched = (
        transformers.AutoModel.from_pretrained(folder_of(name)).eval().double() for _ in range(2)
    )
    config = model.config
    framing = framing_of(list(config.conv_kernel), list(config.conv_stride), 60, 16_000)
    masked = MaskedSpeech(model, framing, 2, torch.float64)
    check(masked, model, untouched, [4000, 1000, 7777, 2000])


def test_moonshine(folder_of):
    def load():
        model = transformers.MoonshineModel.from_pretrained(folder_of("moonshine")).get_encoder()
        torch.manual_seed(0)
        for parameter in (model.groupnorm.weight, model.groupnorm.bias):
            parameter.data.copy_(torch.randn_like(parameter))
        return model.eval().double()

    model, untouched = load(), load()
    framing = framing_of(*MOONSHINE, 60, 16_000)
    masked = MaskedMoonshine(model, framing, 2, torch.float64)
    check(masked, model, untouched, [4000, 895, 7777, 2047])


def test_w2v_bert_in_float64_is_the_same_with_padding_as_without(folder_of):
    model = transformers.AutoModel.from_pretrained(folder_of("w2v_bert")).eval().double()
    torch.manual_seed(0)
    filled = torch.randn(3, 40, 160, dtype=torch.float64)
    n_frames = torch.tensor([33, 1, 12])
    mask = (torch.arange(40) < n_frames[:, None]).long()
    with torch.inference_mode():
        found = model(filled, attention_mask=mask, output_hidden_states=True).hidden_states
        for number, n in enumerate(n_frames):
            alone = model(filled[number : number + 1, :n], output_hidden_states=True).hidden_states
            for row, expected in zip(found, alone, strict=True):
                torch.testing.assert_close(row[number, :n], expected[0], rtol=0, atol=1e-10)
