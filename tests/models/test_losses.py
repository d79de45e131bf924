import math

import pytest
import torch

from models.batch import ConversationBatch
from models.losses import cross_entropy, mean_over, reconstruction_error, task_loss
from models.vocabulary import MODALITIES

DIMS = {"audio": 2, "text": 3, "visual": 4}


@pytest.fixture
def batch():
    rng = torch.Generator().manual_seed(1)
    valid = torch.tensor([[True, True, True], [True, False, False]])
    return ConversationBatch(
        features={n: torch.randn(2, 3, d, generator=rng) for n, d in DIMS.items()},
        extracted=torch.rand(2, 3, 3, generator=rng) > 0.2,
        available=torch.rand(2, 3, 3, generator=rng) > 0.5,
        valid=valid,
        speakers=torch.zeros(2, 3, dtype=torch.int64),
        labels=torch.tensor([[0, 1, 2], [1, 0, 0]]),
        rows=torch.arange(6).view(2, 3),
    )


def test_classification_is_the_mean_log_probability_of_valid_labels(batch):
    logits = torch.randn(2, 3, 3, generator=torch.Generator().manual_seed(2))
    cells = [(0, 0), (0, 1), (0, 2), (1, 0)]
    expected = 0.0
    for b, t in cells:
        scores = [math.exp(x) for x in logits[b, t].tolist()]
        expected -= math.log(scores[batch.labels[b, t]] / sum(scores)) / len(cells)
    assert float(task_loss(logits, batch, "classification")) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_weighted_classes_and_smoothed_labels_are_what_torch_makes_of_them(batch, smoothing):
    logits = torch.randn(2, 3, 3, generator=torch.Generator().manual_seed(2))
    weights = torch.tensor([0.5, 3.0, 1.0])
    valid, labels = batch.valid, batch.labels
    smoothed = torch.nn.CrossEntropyLoss(label_smoothing=smoothing, reduction="none")
    weighed = torch.nn.CrossEntropyLoss(weight=weights)
    rows, shares = smoothed(logits[valid], labels[valid]), weights[labels[valid]]
    found = cross_entropy(logits, labels, valid, weights, smoothing)
    torch.testing.assert_close(found, (rows * shares).sum() / shares.sum())
    if not smoothing:
        torch.testing.assert_close(found, weighed(logits[valid], labels[valid]))
        torch.testing.assert_close(task_loss(logits, batch, "classification", weights), found)


def test_garbage_on_padding_and_a_batch_without_labels_poison_no_weighted_loss(batch):
    weights, garbage = torch.tensor([0.5, 3.0, 1.0]), torch.full((2, 3, 3), math.nan)
    logits = torch.where(batch.valid[..., None], 1.0, garbage)
    assert float(cross_entropy(logits, batch.labels, batch.valid, weights)) == pytest.approx(
        math.log(3)
    )
    nothing = torch.zeros_like(batch.valid)
    assert float(cross_entropy(garbage, batch.labels, nothing, weights)) == 0


def test_regression_is_the_mean_squared_error_of_valid_labels(batch):
    outputs = torch.tensor([[[0.5], [1.0], [0.0]], [[3.0], [9.0], [9.0]]])
    assert float(task_loss(outputs, batch, "regression")) == (0.25 + 0 + 4 + 4) / 4


def test_reconstruction_counts_withheld_cells_only(batch):
    rng = torch.Generator().manual_seed(3)
    decoded = {n: torch.randn(2, 3, d, generator=rng) for n, d in DIMS.items()}
    expected, n_cells = 0.0, 0
    for b, t, m in torch.cartesian_prod(*map(torch.arange, (2, 3, 3))).tolist():
        name = MODALITIES[m]
        if batch.valid[b, t] and batch.extracted[b, t, m] and not batch.available[b, t, m]:
            n_cells += 1
            pairs = zip(decoded[name][b, t], batch.features[name][b, t], strict=True)
            expected += sum(float(x - y) ** 2 for x, y in pairs) / DIMS[name]
    assert n_cells > 2
    assert float(reconstruction_error(decoded, batch)) == pytest.approx(expected, rel=1e-5)


def test_nothing_to_count_gives_zero_not_nan(batch):
    assert float(mean_over(torch.full((2, 3), math.nan), torch.zeros(2, 3).bool())) == 0
    complete = batch.complete()
    assert float(reconstruction_error(complete.features, complete)) == 0
