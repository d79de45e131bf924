"""Better boxes drop others of their group: the truth is a loop over pairs."""

import numpy as np
import pytest
import torch

from pipeline.media import suppression
from pipeline.media.suppression import suppress

OVERLAP = 0.5


def area(box):
    return (box[2] - box[0]) * (box[3] - box[1])


def overlap_of(first, second):
    sides = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    shared = sides.clip(min=0).prod()
    return shared / (area(first) + area(second) - shared)


def by_hand(boxes, scores, groups):
    kept = []
    for group in sorted(set(groups)):
        own = [i for i in np.argsort(-scores, kind="stable") if groups[i] == group]
        stays = []
        for i in own:
            if all(overlap_of(boxes[i], boxes[j]) <= OVERLAP for j in stays):
                stays.append(i)
        kept += stays
    return kept


@pytest.mark.parametrize("together", [2**15, 20])
def test_what_stays_is_what_a_loop_leaves(monkeypatch, together):
    """With room for few candidates groups go one after another, which changes nothing."""
    monkeypatch.setattr(suppression, "MOST_TOGETHER", together)
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 60, (90, 2))
    boxes = np.concatenate([corners, corners + rng.integers(10, 40, (90, 2))], axis=1)
    scores = rng.permutation(90) / 90
    groups = np.sort(rng.integers(0, 6, 90))
    found = suppress(*map(torch.from_numpy, (boxes.astype(np.float32), scores, groups)), OVERLAP)
    assert found.tolist() == by_hand(boxes, scores, groups)
    assert len(found) < 90


def test_where_a_group_lies_decides_nothing():
    """In float32 boxes far out would lose their pixels."""
    boxes = torch.tensor([[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 10.4], [8.0, 8.0, 18.0, 18.0]])
    scores = torch.tensor([0.8, 0.9, 0.7])
    for group in (0, 1, 300_000):
        groups = torch.full((3,), group)
        assert suppress(boxes, scores, groups, OVERLAP).tolist() == [1, 2]
