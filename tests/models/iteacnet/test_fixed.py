"""A batch in a room of fixed shape gives the losses and gradients that it gives by itself.

Float64, nothing random; truth: the batch as it is without a layout.
"""

from dataclasses import replace

import pytest
import torch

from models.batch import ConversationBatch
from models.fast.feature_rows import NOTHING, FeatureRows
from models.fast.fixed_layout import FixedLayout, FixedShape
from models.iteacnet.token_mixers import window_maximum

LENGTHS = (6, 9, 1, 4)
ROOM = FixedShape(n_dialogues=6, n_steps=11, n_rows=27)
STILL = {"teacher": {"dropout": 0.0}, "context": {"dropout": 0.0}}
FORMS = {
    "its": {},
    "gcnet": {"framework": "gcnet"},
    "teacher only": {"framework": "teacher_only"},
    "burger6": {"student": {"mixers": "burger6"}},
    "no router": {"student": {"router": "none"}},
    "shared window": {"context": {"dropout": 0.0, "local": "shared_softmax", "band": 2}},
    "global alone": {"context": {"dropout": 0.0, "local": "off", "per_head": True}},
    "per layer": {"context": {"dropout": 0.0, "per_layer": True}},
    "no context": {"context": {"dropout": 0.0, "is_global": False}},
    "aligned": {"fusion": "aligned"},
    "sequential": {"fusion": "sequential", "imputation_rows": "all"},
}


def in_room(batch):
    """The batch as one line of rows, with room behind them that holds rubbish."""
    lengths = batch.valid.sum(dim=1)
    n, room = int(lengths.sum()), ROOM.n_rows
    more = torch.zeros(ROOM.n_dialogues - len(lengths), dtype=lengths.dtype)
    layout = FixedLayout.in_room(torch.cat([lengths, more]), ROOM, is_full=False)

    def line(grid, fill):
        rows = grid[batch.valid]
        rest = torch.full((room - n, *rows.shape[1:]), fill, dtype=rows.dtype)
        return torch.cat([rows, rest]).unsqueeze(0)

    stores = {name: value.flatten(0, 1) for name, value in batch.features.items()}
    rows = torch.arange(batch.valid.numel()).view(batch.valid.shape)
    rows = dict.fromkeys(stores, line(rows, NOTHING))
    return ConversationBatch(
        features=FeatureRows(stores, rows, is_fixed=True),
        extracted=line(batch.extracted, True),
        available=line(batch.available, True),
        valid=line(batch.valid, False),
        speakers=line(batch.speakers, 0),
        labels=line(batch.labels, 1),
        rows=line(batch.rows, -1),
        layout=layout,
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["classification", "regression"])
@pytest.mark.parametrize("dims", [{"audio": 5, "text": 7, "visual": 6}, {"audio": 5, "text": 7}])
def test_losses_and_gradients_are_those_of_the_batch_itself(
    make_learner, make_batch, as_double, form, kind, dims
):
    settings = {**STILL, **FORMS[form]}
    learner = make_learner(shape={"kind": kind, "dims": dims}, **settings).double()
    batch = as_double(make_batch(LENGTHS, dims=dims, kind=kind))
    found = []
    for shown in (batch, in_room(batch)):
        learner.zero_grad()
        loss = learner.loss(shown, "train")
        loss.total.backward()
        gradients = {name: value.grad for name, value in learner.named_parameters()}
        found.append((loss.total, loss.parts, gradients))
    torch.testing.assert_close(found[1], found[0], rtol=1e-9, atol=1e-11)


def test_predictions_are_those_of_the_batch_itself(make_learner, make_batch, as_double):
    learner = make_learner().double().eval()
    batch = as_double(make_batch(LENGTHS))
    rows = learner.predict(in_room(batch))[0, : sum(LENGTHS)]
    torch.testing.assert_close(rows, learner.predict(batch)[batch.valid], rtol=1e-9, atol=1e-11)


def test_the_published_padding_is_not_replayable(make_learner):
    assert make_learner().is_replayable
    assert not make_learner(padding="published").is_replayable


def test_a_maximum_over_windows_is_that_of_torch_with_its_gradient():
    line = torch.randn(12, 5, dtype=torch.float64, requires_grad=True)
    top = window_maximum(line)
    pooled = torch.nn.functional.max_pool1d(line.t().unsqueeze(0), 3, 1)[0].t()
    assert torch.equal(top, pooled)
    weights = torch.randn_like(top)
    ours, theirs = (torch.autograd.grad((v * weights).sum(), line)[0] for v in (top, pooled))
    torch.testing.assert_close(ours, theirs)


def test_rows_that_are_read_unseen_cannot_be_set_apart(make_batch):
    batch = in_room(make_batch(LENGTHS))
    with pytest.raises(ValueError, match="read unseen"):
        batch.for_prediction()
    assert torch.equal(replace(batch, layout=None).rows, batch.rows)
