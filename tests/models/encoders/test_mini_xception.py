"""Mini-Xception alone; beside its published file: tests/pipeline/features/weights has that."""

import pytest
import torch

from models.encoders.mini_xception import MiniXception, SamePool


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return MiniXception().eval()


def test_shapes_and_size(network):
    gray = torch.rand(3, 1, 64, 64) * 2 - 1
    with torch.inference_mode():
        assert network.extract(gray).shape == (3, 128, 4, 4)
        assert network.embed(gray).shape == (3, 128)
        assert network(gray).shape == (3, 7)
    assert sum(parameter.numel() for parameter in network.parameters()) == 56_951


@pytest.mark.parametrize("size", [5, 8, 15, 30, 60])
def test_pooling_pads_as_tensorflow_does(size):
    """TensorFlow: window i covers 2 i - before ... 2 i - before + 2, before = excess // 2."""
    x = torch.randn(1, 2, size, size, generator=torch.Generator().manual_seed(size))
    pooled = SamePool()(x)
    n_windows = (size + 1) // 2
    before = ((n_windows - 1) * 2 + 3 - size) // 2
    spans = [slice(max(0, 2 * i - before), min(size, 2 * i - before + 3)) for i in range(n_windows)]
    expected = [[x[..., rows, columns].amax((2, 3)) for columns in spans] for rows in spans]
    assert pooled.shape == (1, 2, n_windows, n_windows)
    for row in range(n_windows):
        for column in range(n_windows):
            assert torch.equal(pooled[..., row, column], expected[row][column])


def test_padding_never_wins_over_negative_values():
    assert torch.equal(SamePool()(torch.full((1, 1, 15, 15), -3.0)), torch.full((1, 1, 8, 8), -3.0))


def test_the_embedding_is_what_the_logits_are_made_from(network):
    gray = torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        features = network.extract(gray)
        torch.testing.assert_close(network.embed(gray), features.flatten(2).mean(2))
        torch.testing.assert_close(network(gray), network.classify(features).flatten(2).mean(2))


def test_faces_of_another_size_are_refused(network):
    with pytest.raises(ValueError, match=r"expected \(B, \*\(1, 64, 64\)\)"):
        network.embed(torch.zeros(1, 3, 64, 64))
