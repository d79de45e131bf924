import numpy as np
import torch

from pipeline.training.randomness import NUMBER, seed_torch, stream


def test_streams_differ_by_seed_purpose_phase_and_epoch():
    places = [(s, p, h, e) for s in (0, 1) for p in NUMBER for h in (0, 1) for e in (0, 1)]
    drawn = {tuple(stream(*place).integers(0, 2**62, 2).tolist()) for place in places}
    assert len(drawn) == len(places)


def test_a_stream_does_not_depend_on_what_was_drawn_before():
    first = stream(3, "masks", 0, 5).random(4)
    stream(3, "order", 0, 5).random(100)
    assert np.array_equal(first, stream(3, "masks", 0, 5).random(4))


def test_torch_follows_the_seed():
    def draw(*place):
        seed_torch(*place)
        return torch.rand(3)

    assert torch.equal(draw(1, "dropout", 0, 4), draw(1, "dropout", 0, 4))
    assert not torch.equal(draw(1, "dropout", 0, 4), draw(1, "dropout", 0, 5))
    assert not torch.equal(draw(1, "dropout", 0, 4), draw(1, "init", 0, 4))
