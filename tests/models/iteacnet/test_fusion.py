import pytest
import torch
import torch.nn.functional as F

from models.fast.layout import Layout
from models.iteacnet.fusion import Fusion, hub_of

DIM = 8
VALID = torch.arange(6) < torch.tensor((6, 2))[:, None]


def run(modalities, kind):
    torch.manual_seed(0)
    fusion = Fusion(modalities, DIM, n_heads=2, dropout=0.0, kind=kind)
    for norm in fusion.norms.values():
        torch.nn.init.normal_(norm.weight)
    layout = Layout.of(VALID)
    x = {name: torch.randn(len(layout.cells), DIM) for name in modalities}
    return fusion, layout, x


def normed(fusion, name, x):
    return F.layer_norm(x, (DIM,), fusion.norms[name].weight, fusion.norms[name].bias)


def test_parallel_rounds_start_from_the_same_text():
    fusion, layout, x = run(("audio", "text", "visual"), "parallel")
    text = normed(fusion, "text", x["text"])
    expected = x["text"]
    for name in ("audio", "visual"):
        source = normed(fusion, name, x[name])
        expected = expected + fusion.attentions[name](text, source, layout)
    torch.testing.assert_close(fusion(x, layout), expected)


def test_sequential_rounds_build_on_each_other():
    fusion, layout, x = run(("audio", "text", "visual"), "sequential")
    text = x["text"]
    for name in ("audio", "visual"):
        query = normed(fusion, "text", text)
        text = text + fusion.attentions[name](query, normed(fusion, name, x[name]), layout)
    torch.testing.assert_close(fusion(x, layout), text)
    fusion.kind = "parallel"
    assert not torch.allclose(fusion(x, layout), text)


def test_aligned_rounds_add_the_row_of_each_other_modality():
    fusion, layout, x = run(("audio", "text", "visual"), "aligned")
    expected = x["text"]
    for name in ("audio", "visual"):
        source = normed(fusion, name, x[name])
        own = source @ fusion.own_rows[name].weight.T + fusion.own_rows[name].bias
        attended = fusion.attentions[name](normed(fusion, "text", x["text"]), source, layout)
        expected = expected + attended + own
    torch.testing.assert_close(fusion(x, layout), expected)


@pytest.mark.parametrize(
    ("modalities", "hub"),
    [
        (("audio", "text", "visual"), "text"),
        (("text", "visual"), "text"),
        (("audio", "visual"), "audio"),
        (("visual",), "visual"),
    ],
)
def test_the_hub_is_text_or_else_the_first_modality(modalities, hub):
    fusion, layout, x = run(modalities, "parallel")
    assert fusion.hub == hub_of(modalities) == hub
    assert fusion(x, layout).shape == x[hub].shape


@pytest.mark.parametrize("kind", ["parallel", "sequential", "aligned"])
def test_a_single_modality_is_left_as_it_is(kind):
    fusion, layout, x = run(("visual",), kind)
    assert list(fusion.parameters()) == []
    assert fusion(x, layout) is x["visual"]
