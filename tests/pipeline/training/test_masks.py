from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.config.conditions import parse_condition
from pipeline.conversations.collate import collate, items_of
from pipeline.protocol.availability import draw_availability
from pipeline.training.masks import TrainingMasks, progressive_rate
from pipeline.training.randomness import stream


@pytest.fixture
def make_masks(data):
    def make(rate, kind="per_batch", seed=0, generator="gcnet"):
        places = data.conversations.index.utterances_of(data.train)
        return TrainingMasks(data.conversations, places, rate, generator, kind, seed)

    return make


@pytest.fixture
def draw(data):
    """Masks of the valid utterances of the whole training set in one batch."""
    items = items_of(data.conversations.index, data.train, "dialogues")
    batch = collate(data.conversations, items)

    def of(masks):
        return masks.place(batch, items).available[batch.valid]

    of.extracted = batch.extracted[batch.valid]
    return of


def test_progressive_rates_rise_by_a_tenth_every_ten_epochs():
    rates = [progressive_rate(epoch) for epoch in (0, 9, 10, 29, 30, 69, 70, 99)]
    assert rates == [0.0, 0.0, 0.1, 0.2, 0.3, 0.6, 0.7, 0.7]


def test_a_fresh_mask_for_each_batch(make_masks, draw):
    masks = make_masks(0.3)
    masks.start_epoch(0, 0)
    first, second = draw(masks), draw(masks)
    assert not torch.equal(first, second)
    masks.start_epoch(0, 0)
    assert torch.equal(draw(masks), first)
    masks.start_epoch(0, 1)
    assert not torch.equal(draw(masks), first)


def test_one_mask_for_the_whole_run(make_masks, draw):
    masks = make_masks(0.3, "per_run")
    first = draw(masks)
    for epoch in range(3):
        masks.start_epoch(0, epoch)
        assert torch.equal(draw(masks), first)
    masks.start_epoch(1, 0)
    assert torch.equal(draw(masks), first)
    assert not torch.equal(draw(make_masks(0.3, "per_run", seed=1)), first)


def test_the_mask_of_a_run_follows_progressive_and_random_rates(make_masks, draw):
    masks = make_masks("progressive", "per_run")
    masks.start_epoch(0, 9)
    assert draw(masks).all()
    masks.start_epoch(0, 79)
    assert ((draw(masks) & draw.extracted).sum(dim=1) == 1).all()
    masks = make_masks("random", "per_run")
    masks.start_epoch(0, 0)
    drawn = draw(masks)
    masks.start_epoch(0, 1)
    assert not torch.equal(draw(masks), drawn)


def test_masks_of_a_run_do_not_depend_on_the_batches(make_masks, data):
    masks = make_masks(0.5, "per_run")
    index = data.conversations.index
    together = items_of(index, data.train, "utterances")
    whole = masks.place(collate(data.conversations, together), together).available[:, 0]
    for i in (0, 5, 17):
        item = together.take(torch.tensor([i]))
        alone = masks.place(collate(data.conversations, item), item).available[0, 0]
        assert torch.equal(alone, whole[i])


@pytest.mark.parametrize("kind", ["per_batch", "per_run"])
@pytest.mark.parametrize("rate", [0.7, "random", "progressive"])
def test_a_complete_epoch_withholds_nothing_and_shifts_no_later_mask(make_masks, draw, kind, rate):
    masks, plain = make_masks(rate, kind), make_masks(rate, kind)
    masks.start_epoch(0, 75, is_complete=True)
    assert draw(masks).all()
    assert (masks.mean_rate, masks.realised) == (0, 0)
    for each in (masks, plain):
        each.start_epoch(1, 75)
    assert torch.equal(draw(masks), draw(plain))
    assert masks.realised > 0


@pytest.mark.parametrize("kind", ["per_batch", "per_run"])
def test_realised_rates_are_those_of_the_masks(make_masks, draw, kind):
    masks = make_masks(0.7, kind)
    masks.start_epoch(0, 0)
    drawn = draw(masks)
    n_extracted = draw.extracted.sum().item()
    assert n_extracted < draw.extracted.numel()  # the small task lacks some visuals
    n_kept = (drawn & draw.extracted).sum().item()
    assert n_kept == len(drawn)  # at 0.7 one of each
    assert masks.realised == pytest.approx(1 - n_kept / n_extracted)
    assert masks.mean_rate == pytest.approx(0.7)


def test_random_rates_are_uniform_between_0_and_07(make_masks, draw):
    masks = make_masks("random")
    rates = []
    for epoch in range(300):
        masks.start_epoch(0, epoch)
        draw(masks)
        rates.append(masks.mean_rate)
    assert 0 <= min(rates) < 0.03
    assert 0.67 < max(rates) <= 0.7
    assert np.mean(rates) == pytest.approx(0.35, abs=0.03)


@pytest.mark.parametrize("kind", ["per_batch", "per_run"])
@pytest.mark.parametrize("rate", [0.7, "random", "progressive"])
def test_an_utterance_keeps_something_that_it_has(make_masks, draw, kind, rate):
    masks = make_masks(rate, kind)
    for epoch in (0, 75):
        masks.start_epoch(0, epoch)
        assert (draw(masks) & draw.extracted).any(dim=1).all()


@pytest.mark.parametrize("generator", ["gcnet", "exact"])
def test_complete_features_are_withheld_as_they_ever_were(data, draw, generator):
    # The stream and its use as they were before masks knew what was extracted.
    everything = replace(
        data.conversations, extracted=torch.ones_like(data.conversations.extracted)
    )
    places = data.conversations.index.utterances_of(data.train)
    masks = TrainingMasks(everything, places, 0.4, generator, "per_batch", 3)
    masks.start_epoch(0, 5)
    rng = stream(3, "masks", 0, 5)
    before = draw_availability(len(places), 3, 0.4, generator, rng)
    assert draw(masks).tolist() == before.tolist()
    assert masks.realised == (len(places) - float(before.sum()) / 3) / len(places)


@pytest.mark.parametrize(
    ("name", "share"),
    [("only:audio", None), ("imbalanced:0.3/0.5/0.2", None), ("blocks:0.4:3", 0.4)],
)
def test_conditions_are_drawn_over_the_whole_training_set_anew_for_each_epoch(
    make_masks, draw, name, share
):
    masks = make_masks(parse_condition(name))
    masks.start_epoch(0, 0)
    drawn = draw(masks)
    assert torch.equal(draw(masks), drawn)  # all batches of an epoch are of one drawing

    withheld = (draw.extracted & ~drawn).sum(dim=0).tolist()
    n = draw.extracted.sum(dim=0).tolist()

    expected = {
        "only:audio": [0, n[1], n[2]],
        "imbalanced:0.3/0.5/0.2": [round(0.3 * n[0]), round(0.5 * n[1]), round(0.2 * n[2])],
    }

    if name in expected:
        assert withheld == expected[name]
    else:
        assert sum(withheld) / sum(n) == pytest.approx(share, abs=0.05)

    assert masks.realised == pytest.approx(sum(withheld) / sum(n))
    assert masks.mean_rate == pytest.approx(masks.realised, abs=1e-8)

    masks.start_epoch(0, 1)
    assert torch.equal(draw(masks), drawn) == (name == "only:audio")
    masks.start_epoch(0, 2, is_complete=True)
    assert draw(masks).all()


def test_a_condition_is_drawn_once_for_the_whole_run_where_a_learner_wants_that(make_masks, draw):
    masks = make_masks(parse_condition("blocks:0.4:3"), "per_run")
    first = draw(masks)
    masks.start_epoch(1, 3)
    assert torch.equal(draw(masks), first)
    assert masks.realised > 0.3
