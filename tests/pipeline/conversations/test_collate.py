import numpy as np
import torch

from models.vocabulary import MODALITIES
from pipeline.conversations.collate import collate, items_of, place_masks, scatter_masks


def test_a_batch_holds_every_utterance_at_its_place_and_zeros_elsewhere(
    conversations, tables, stores
):
    index = conversations.index
    dialogues = np.array([4, 0, 9])
    batch = collate(conversations, items_of(index, dialogues, "dialogues"))
    rows = {u.utterance_id: row for row, u in enumerate(tables.utterances)}
    labels = {row.utterance_id: row.label for row in tables.labels}
    classes = ["ang", "hap", "neu"]

    for b, dialogue in enumerate(index.dialogue_ids[dialogues]):
        turns = [u for u in tables.utterances if u.dialogue_id == dialogue]
        turns = sorted((u for u in turns if u.utterance_id in labels), key=lambda u: u.turn)
        for t in range(batch.valid.shape[1]):
            if t >= len(turns):
                assert not batch.valid[b, t]
                assert batch.rows[b, t] == -1
                assert not batch.extracted[b, t].any()
                assert all(not batch.features[m][b, t].any() for m in MODALITIES)
                assert batch.labels[b, t] == batch.speakers[b, t] == 0
                continue
            row = rows[turns[t].utterance_id]
            assert batch.valid[b, t]
            assert batch.rows[b, t] == row
            assert classes[batch.labels[b, t]] == labels[turns[t].utterance_id]
            assert "FM"[batch.speakers[b, t]] == turns[t].speaker
            for m, name in enumerate(MODALITIES):
                assert np.array_equal(batch.features[name][b, t], stores[name].features[row])
                assert batch.extracted[b, t, m] == stores[name].extracted[row]


def test_the_longest_dialogue_decides_the_padding(conversations):
    index = conversations.index
    for dialogues in (np.array([0]), np.array([1, 2, 3])):
        batch = collate(conversations, items_of(index, dialogues, "dialogues"))
        assert batch.valid.shape == (len(dialogues), index.lengths[dialogues].max())


def test_single_utterances_are_dialogues_of_length_one(conversations):
    dialogues = np.array([3, 1])
    for batching in ("utterances", "full"):
        items = items_of(conversations.index, dialogues, batching)
        batch = collate(conversations, items)
        places = conversations.index.utterances_of(dialogues)
        assert batch.valid.shape == (len(places), 1)
        assert batch.valid.all()
        assert torch.equal(batch.rows[:, 0], conversations.rows[torch.from_numpy(places)])


def test_masks_of_the_line_and_masks_of_a_batch_land_on_the_same_utterances(conversations):
    masks = torch.rand(len(conversations.rows), 3, generator=torch.Generator().manual_seed(0)) > 0.5
    dialogues = np.array([5, 2, 8])
    items = items_of(conversations.index, dialogues, "dialogues")
    batch = collate(conversations, items)
    placed = place_masks(conversations, items, masks)
    ours = masks[torch.from_numpy(conversations.index.utterances_of(dialogues))]
    assert torch.equal(placed, scatter_masks(batch, ours))
    assert torch.equal(placed[batch.valid], ours)
    assert not placed[~batch.valid].any()


def test_features_are_gathered_not_shared(conversations):
    items = items_of(conversations.index, np.array([0]), "dialogues")
    collate(conversations, items).features["audio"].fill_(7)
    assert not (conversations.features["audio"] == 7).any()
