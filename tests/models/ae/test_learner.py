import torch
import torch.nn.functional as F

from models.ae.learner import SimpleAutoencoder


def test_counts_as_published(kit):
    """paper Table 5: 1.29M."""
    assert kit.learner("ae", kit.shape(kit.paper_dims)).count_parameters() == 1_284_228


def test_leaky_after_each_layer_and_relu_after_the_last():
    torch.manual_seed(0)
    network = SimpleAutoencoder(6, (5, 4))
    layers = [module for module in network if hasattr(module, "weight")]
    assert [layer.weight.shape for layer in layers] == [(5, 6), (4, 5), (5, 4), (6, 5)]
    x = y = torch.randn(20, 6)
    for layer in layers[:-1]:
        y = F.leaky_relu(F.linear(y, layer.weight, layer.bias))
    y = F.relu(F.linear(y, layers[-1].weight, layers[-1].bias))
    torch.testing.assert_close(network(x), y)


def test_published_alternative_layers_can_be_set():
    network = SimpleAutoencoder(6, (5, 4, 3))
    widths = [module.weight.shape[0] for module in network if hasattr(module, "weight")]
    assert widths == [5, 4, 3, 4, 5, 6]
