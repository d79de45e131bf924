import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models.fast import products
from models.fast.products import Chain, Linear, linear, linear_gelu, multiply

LARGE = (64, 200, 300)  # N, D, O: more than MIN_PRODUCTS
WIDE = (400, 50, 300)  # so many rows and outputs that the gradient's transpose is computed
SMALL = (3, 4, 5)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="this build of torch has no oneDNN"
)
def test_the_operator_that_has_no_public_name_is_where_it_was():
    assert products.HAS_ONEDNN


@pytest.mark.parametrize("size", [LARGE, SMALL])
@pytest.mark.parametrize("is_transposed", [(False, False), (True, False), (False, True)])
def test_a_product_equals_that_in_double_precision(size, is_transposed):
    n, d, o = size
    a = torch.randn(d, n).T if is_transposed[0] else torch.randn(n, d)
    b = torch.randn(o, d).T if is_transposed[1] else torch.randn(d, o)
    expected = a.double() @ b.double()
    torch.testing.assert_close(multiply(a, b).double(), expected, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("size", [LARGE, WIDE, SMALL])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_outputs_and_gradients_equal_torchs_linear(size, dtype):
    n, d, o = size
    x = torch.randn(2, n, d, dtype=dtype, requires_grad=True)
    layer = Linear(d, o).to(dtype)
    inputs, weights = (x, layer.weight, layer.bias), torch.randn(2, n, o, dtype=dtype)
    ours, theirs = layer(x), F.linear(*inputs)
    tolerance = {"atol": 1e-3, "rtol": 1e-4} if dtype == torch.float32 else {}
    torch.testing.assert_close(ours, theirs, **tolerance)
    gradients = [torch.autograd.grad((y * weights).sum(), inputs) for y in (ours, theirs)]
    torch.testing.assert_close(*gradients, **tolerance)


def test_a_weight_cut_out_of_a_wider_matrix_multiplies_as_itself():
    n, d, o = LARGE
    x, weight = torch.randn(n, d), torch.randn(o, 2 * d)[:, :d]
    expected = x.double() @ weight.double().T
    torch.testing.assert_close(linear(x, weight).double(), expected, atol=1e-4, rtol=1e-5)


def test_only_asked_for_gradients_are_computed():
    n, d, o = LARGE
    x, weight = torch.randn(n, d), torch.randn(o, d, requires_grad=True)
    (gradient,) = torch.autograd.grad(linear(x, weight).sum(), [weight])
    torch.testing.assert_close(gradient, x.sum(0).expand(o, d), atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("size", [LARGE, SMALL])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_chain_does_what_its_layers_do_one_after_the_other(size, dtype):
    n, d, o = size
    layers = [
        *(nn.ReLU(), Linear(d, o), nn.ReLU(), nn.LeakyReLU(0.3), nn.Tanh()),
        *(Linear(o, d), nn.LeakyReLU(), Linear(d, o)),
    ]
    chain, plain = Chain(*layers).to(dtype), nn.Sequential(*layers).to(dtype)
    assert list(chain.state_dict()) == list(plain.state_dict())
    x = torch.randn(2, n, d, dtype=dtype, requires_grad=True)
    inputs, weights = (x, *chain.parameters()), torch.randn(2, n, o, dtype=dtype)
    outputs = [network(x) for network in (chain, plain)]
    tolerance = {"atol": 1e-3, "rtol": 1e-4} if dtype == torch.float32 else {}
    torch.testing.assert_close(*outputs, **tolerance)
    gradients = [torch.autograd.grad((y * weights).sum(), inputs) for y in outputs]
    torch.testing.assert_close(*gradients, **tolerance)


@pytest.mark.parametrize("size", [LARGE, SMALL])
@torch.no_grad()  # where oneDNN activates in the same pass
def test_gelu_of_a_product_is_the_exact_one_in_double_precision(size):
    n, d, o = size
    inputs = torch.randn(n, d), torch.randn(o, d) / d**0.5, torch.randn(o)
    expected = F.gelu(F.linear(*(value.double() for value in inputs)))
    torch.testing.assert_close(linear_gelu(*inputs).double(), expected, atol=1e-5, rtol=1e-5)


def test_no_rows_give_no_rows():
    assert linear(torch.zeros(0, 200), torch.randn(300, 200)).shape == (0, 300)
