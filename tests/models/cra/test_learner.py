import pytest
import torch
import torch.nn.functional as F

from models.cra.learner import ResidualAutoencoder


def test_counts_as_published(kit):
    """paper Table 5: 2.11M."""
    assert kit.learner("cra", kit.shape(kit.paper_dims)).count_parameters() == 2_106_244


@pytest.mark.parametrize("n_blocks", [1, 3])
def test_equals_the_recursion_of_the_published_cascade(n_blocks):
    """reading.md B.6: x_i = x_{i-1} + out_{i-1}; no activation ends an encoder or a decoder."""
    torch.manual_seed(0)
    cascade = ResidualAutoencoder(6, (5, 4, 3), n_blocks)

    def run(layers, x, activation):
        for layer in layers[:-1]:
            x = activation(F.linear(x, layer.weight, layer.bias))
        return F.linear(x, layers[-1].weight, layers[-1].bias)

    def linear(chain):
        return [module for module in chain if hasattr(module, "weight")]

    z = torch.randn(7, 6)
    x, out, latents = z, torch.zeros_like(z), []
    for encoder, decoder in zip(cascade.encoders, cascade.decoders, strict=True):
        x = x + out
        latents.append(run(linear(encoder), x, F.leaky_relu))
        out = run(linear(decoder), latents[-1], F.relu)
    expected = run(linear(cascade.transition), x + out, F.relu)
    completed, ours = cascade.with_latents(z)
    torch.testing.assert_close(completed, expected)
    torch.testing.assert_close(ours, torch.cat(latents, dim=1))
    assert ours.shape == (7, 3 * n_blocks)
    assert torch.equal(cascade.latents(z), ours)
