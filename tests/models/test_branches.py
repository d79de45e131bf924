import torch

from models.branches import at_once, branching, joined
from tests.cuda import needs_cuda


def test_without_a_gpu_pieces_follow_each_other():
    done = []
    with branching():
        found = at_once([lambda: done.append("a") or 1, lambda: done.append("b") or 2], CPU)
    assert (found, done) == ([1, 2], ["a", "b"])


def test_what_is_joined_is_itself_and_so_are_its_gradients():
    first, second, three = (
        torch.randn(3, dtype=torch.float64, requires_grad=True) for _ in range(3)
    )
    inner = (first * 2, second.exp(), three * 3)
    found = joined(*inner)
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(found, inner, strict=True))
    (found[0] * found[1]).sum().backward()
    torch.testing.assert_close(first.grad, 2 * second.detach().exp())
    torch.testing.assert_close(second.grad, 2 * first.detach() * second.detach().exp())
    assert three.grad is None  # nobody asked for it: no zeros are computed


def test_gradients_come_back_only_when_all_are_there():
    """Or a branch could write over what the work after it still reads."""
    order = []
    value = torch.ones(2, requires_grad=True)
    first, second = joined(value * 1, value * 2)
    early, late = first.square(), second.exp().sin()
    for name, tensor in (("early", early), ("late", late)):
        tensor.register_hook(lambda grad, name=name: order.append(name))
    gate = first.grad_fn
    gate.register_prehook(lambda gradients: order.append(len(gradients)))
    (early + late).sum().backward()
    assert sorted(order[:-1]) == ["early", "late"]
    assert order[-1] == 2


@needs_cuda
def test_branches_on_a_gpu_give_what_pieces_one_by_one_give():
    device = torch.device("cuda", torch.cuda.current_device())
    weights = [torch.randn(64, 64, device=device, requires_grad=True) for _ in range(3)]
    shared = torch.randn(64, 64, device=device)

    def run():
        pieces = [lambda weight=weight: (shared @ weight).relu() @ weight for weight in weights]
        first, *others = at_once(pieces, device)
        loss = (first * sum(joined(*others))).square().mean()
        return [loss, *torch.autograd.grad(loss, weights)]

    expected = run()
    for _ in range(20):
        with branching():
            found = run()
        torch.cuda.synchronize()
        assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


CPU = torch.device("cpu")
