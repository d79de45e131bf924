import pytest
import torch
from torch import nn

from models.fully_connected import (
    FullyConnected,
    ModalityDecoders,
    ModalityEncoders,
    init_kaiming,
    init_normal,
    optimizer_groups,
)
from models.utterance_settings import UtteranceSettings

DIMS = {"audio": 5, "text": 7}


def test_the_fused_vector_holds_each_modality_in_its_own_part():
    encoders = ModalityEncoders(DIMS, hidden_dim=4, dropout=0.0)
    features = {"text": torch.randn(2, 3, 7), "audio": torch.randn(2, 3, 5)}
    fused = encoders(features)
    assert torch.equal(fused[..., :4], encoders["audio"](features["audio"]))
    assert torch.equal(fused[..., 4:], encoders["text"](features["text"]))


def test_decoders_give_each_modality_its_own_size():
    decoded = ModalityDecoders(8, DIMS, hidden_dim=4, dropout=0.0)(torch.randn(2, 3, 8))
    assert {name: value.shape for name, value in decoded.items()} == {
        "audio": (2, 3, 5),
        "text": (2, 3, 7),
    }


def test_a_fully_connected_network_equals_its_formula():
    torch.manual_seed(0)
    network = FullyConnected(5, 4, 3, dropout=0.5).eval()
    first, second, last = (network[i] for i in (0, 3, 6))
    x = torch.randn(2, 5)
    hidden = (first.weight @ x.T + first.bias[:, None]).clamp(min=0)
    hidden = (second.weight @ hidden + second.bias[:, None]).clamp(min=0)
    torch.testing.assert_close(network(x), (last.weight @ hidden + last.bias[:, None]).T)


@pytest.mark.parametrize(
    ("init", "deviation"), [(init_normal, 0.02), (init_kaiming, (2 / 400) ** 0.5)]
)
def test_initial_weights_have_the_published_deviation(init, deviation):
    torch.manual_seed(0)
    layer = nn.Linear(400, 300).apply(init)
    assert layer.weight.std().item() == pytest.approx(deviation, rel=0.02)
    assert not layer.bias.any()


def test_every_sub_network_is_clipped_and_decayed_by_itself():
    networks = [nn.Linear(2, 3), nn.Linear(3, 4)]
    groups = optimizer_groups(
        networks, UtteranceSettings(learning_rate=1e-3, max_grad_norm=5.0), betas=(0.5, 0.999)
    )
    assert [[p.shape for p in group.parameters] for group in groups] == [
        [(3, 2), (3,)],
        [(4, 3), (4,)],
    ]
    assert {(g.kind, g.betas, g.max_grad_norm, g.weight_decay) for g in groups} == {
        ("adam", (0.5, 0.999), 5.0, 0.0)
    }
