import pytest
import torch

from models.batch import ConversationBatch
from models.fast.feature_rows import FeatureRows
from models.fast.fixed_layout import FixedLayout, FixedShape


@pytest.fixture
def batch():
    """Two dialogues of two and one utterances; no visual features."""
    nan = float("nan")
    return ConversationBatch(
        features={
            "audio": torch.tensor([[[1.0], [2.0]], [[nan], [nan]]]),
            "text": torch.tensor([[[3.0], [4.0]], [[5.0], [6.0]]]),
        },
        extracted=torch.tensor([[[1, 1, 0], [1, 1, 0]], [[0, 1, 0], [1, 1, 1]]]).bool(),
        available=torch.tensor([[[1, 0, 1], [0, 1, 1]], [[0, 1, 1], [1, 1, 1]]]).bool(),
        valid=torch.tensor([[True, True], [True, False]]),
        speakers=torch.tensor([[0, 1], [0, 0]]),
        labels=torch.tensor([[2, 3], [1, 0]]),
        rows=torch.tensor([[10, 11], [7, -1]]),
    )


def test_masked_keeps_what_is_usable_and_zeros_the_rest_even_where_it_is_not_a_number(batch):
    features = batch.masked().features
    assert features["audio"].squeeze(-1).tolist() == [[1, 0], [0, 0]]
    assert features["text"].squeeze(-1).tolist() == [[0, 4], [5, 0]]


def test_complement_keeps_what_was_extracted_but_withheld(batch):
    features = batch.complement().features
    assert features["audio"].squeeze(-1).tolist() == [[0, 2], [0, 0]]
    assert features["text"].squeeze(-1).tolist() == [[3, 0], [0, 0]]


def test_no_cell_is_both_usable_and_withheld(batch):
    assert not (batch.usable & batch.withheld).any()
    assert torch.equal(batch.usable | batch.withheld, batch.extracted & batch.valid[..., None])


def test_utterances_are_dialogues_of_one_in_the_order_asked_for(batch):
    picked = batch.utterances(torch.tensor([2, 1]))
    assert picked.rows.tolist() == [[7], [11]]
    assert picked.labels.tolist() == [[1], [3]]
    assert picked.features["text"].tolist() == [[[5.0]], [[4.0]]]
    assert picked.available.tolist() == [[[False, True, True]], [[False, True, True]]]


def test_a_line_by_dialogue_is_the_padded_batch_and_outputs_go_back(batch):
    """Of two dialogues of 3 and 2 utterances, with room for one more row and one more dialogue."""
    rows = torch.tensor([0, 1, 2, 3, 4])
    layout = FixedLayout.in_room(torch.tensor([3, 2, 0]), FixedShape(3, 3, 6), is_full=False)
    store = torch.arange(10.0).view(5, 2)
    line = torch.cat([rows, torch.tensor([-1])])[None]
    given = ConversationBatch(
        features=FeatureRows({"audio": store}, {"audio": line}, is_fixed=True),
        extracted=torch.ones(1, 6, 3, dtype=torch.bool),
        available=torch.ones(1, 6, 3, dtype=torch.bool),
        valid=line >= 0,
        speakers=torch.zeros(1, 6, dtype=torch.int64),
        labels=torch.tensor([[7, 8, 9, 4, 5, 0]]),
        rows=line,
        layout=layout,
    )
    found = given.by_dialogue()
    assert found.rows.tolist() == [[0, 1, 2], [3, 4, -1], [-1, -1, -1]]
    assert found.valid.tolist() == [[True] * 3, [True, True, False], [False] * 3]
    assert found.labels.tolist() == [[7, 8, 9], [4, 5, 0], [0, 0, 0]]
    assert torch.equal(found.features["audio"][0], store[:3])
    assert torch.equal(found.features["audio"][1], torch.cat([store[3:], torch.zeros(1, 2)]))
    assert found.layout is None

    outputs = found.labels.double().unsqueeze(2)
    assert given.from_dialogues(outputs).flatten().tolist() == [7, 8, 9, 4, 5, 0]
    assert batch.by_dialogue() is batch
    assert batch.from_dialogues(outputs) is outputs
