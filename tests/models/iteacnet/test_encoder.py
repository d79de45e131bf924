import pytest
import torch
import torch.nn.functional as F

from models.fast.layout import Layout
from models.iteacnet.encoder import EncoderLayer, MetaFormerBlock
from models.iteacnet.network import IteacNetwork
from tests.models.iteacnet.forms import form

SMALL = {"n_layers": 2, "dropout": 0.0, "hidden_dim": 16, "n_heads": 4}


def test_block_mixes_then_feeds_forward_each_after_a_norm():
    torch.manual_seed(0)
    block = MetaFormerBlock(*form(encoder="nas", **SMALL), max_utterances=9)
    layout = Layout.of(torch.arange(9) < torch.tensor((9, 4))[:, None])
    x = torch.randn(len(layout.cells), 16)
    mixed = x + block.mixer(F.layer_norm(x, (16,)), layout, None)
    expected = mixed + block.feed_forward(F.layer_norm(mixed, (16,)))
    torch.testing.assert_close(block(x, layout, None), expected)


def test_layer_fuses_into_text_and_passes_the_others_on():
    torch.manual_seed(0)
    names = ("audio", "text", "visual")
    layer = EncoderLayer(names, *form(encoder="transformer", **SMALL), max_utterances=9)
    layout = Layout.of(torch.arange(9) < torch.tensor((9, 4))[:, None])
    x = {name: torch.randn(len(layout.cells), 16) for name in names}
    alone = {name: layer.blocks[name](x[name], layout, None) for name in names}
    out = layer(x, layout, {})
    assert torch.equal(out["audio"], alone["audio"])
    assert torch.equal(out["visual"], alone["visual"])
    torch.testing.assert_close(out["text"], layer.fusion(alone, layout))


def test_nas_of_attention_alone_is_the_transformer_bit_for_bit(make_shape, make_batch):
    forms = (
        form(encoder="transformer", **SMALL),
        form(encoder="nas", mixers=("attention",), router="none", **SMALL),
    )

    results = []
    for options in forms:
        torch.manual_seed(0)
        network = IteacNetwork(*options, make_shape())
        torch.manual_seed(1)  # ECCE's dropout
        logits = network(make_batch([7, 3])).logits
        logits.sum().backward()
        results.append((logits, network))
    (of_transformer, transformer), (of_nas, nas) = results

    assert torch.equal(of_transformer, of_nas)
    assert transformer.state_dict().keys() == nas.state_dict().keys()
    for ours, theirs in zip(transformer.parameters(), nas.parameters(), strict=True):
        assert torch.equal(ours.grad, theirs.grad)


@pytest.mark.parametrize(
    ("changes", "candidates"),
    [
        ({"encoder": "transformer", "mixers": "burger6"}, ("attention",)),
        ({"encoder": "nas"}, ("attention", "time_mlp", "average_pool", "max_pool")),
        ({"encoder": "nas", "mixers": ("identity", "attention")}, ("identity", "attention")),
    ],
)
def test_candidates_follow_the_settings(changes, candidates):
    _, own = form(**SMALL, **changes)
    assert own.candidates == candidates
    assert own.has_router == (changes["encoder"] == "nas")
