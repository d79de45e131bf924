import pytest
import torch

from models.fast.feature_rows import FeatureRows, WithheldError

STORE = torch.arange(12.0).view(6, 2)
ROWS = torch.tensor([[4, 0, -1], [1, -1, -1]])


@pytest.fixture
def features():
    store = STORE.clone()
    store[[2, 3, 5]] = torch.nan  # of no utterance in the grid: must never be read
    return FeatureRows({"audio": store, "text": -store}, {"audio": ROWS, "text": ROWS})


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rows_are_copies_and_negative_ones_zeros(dtype):
    features = FeatureRows({"audio": STORE.to(dtype)}, {"audio": ROWS})
    expected = torch.zeros(2, 3, 2, dtype=dtype)
    expected[0, 0], expected[0, 1], expected[1, 0] = STORE[4], STORE[0], STORE[1]
    assert torch.equal(features["audio"], expected)
    features["audio"].fill_(9)
    assert torch.equal(features["audio"], expected)


def test_kept_cells_are_read_and_no_other(features):
    cells = torch.tensor([[True, False, True], [True, True, False]])
    kept = features.keeping({"audio": cells, "text": ~cells})
    assert kept["audio"].tolist() == [[[8, 9], [0, 0], [0, 0]], [[2, 3], [0, 0], [0, 0]]]
    assert kept["text"].tolist() == [[[0, 0], [0, -1], [0, 0]], [[0, 0], [0, 0], [0, 0]]]


def test_nothing_kept_is_all_zeros(features):
    nothing = torch.zeros_like(ROWS, dtype=torch.bool)
    kept = features.keeping({"audio": nothing, "text": nothing})
    assert torch.equal(kept["audio"], torch.zeros(2, 3, 2))


def test_single_cells_are_read_in_the_order_asked_for(features):
    assert features.at("text", torch.tensor([3, 0])).tolist() == [[-2, -3], [-8, -9]]
    assert features.at("text", torch.tensor([], dtype=torch.int64)).shape == (0, 2)


def test_features_that_exist_are_taken_as_they_are(features):
    made = {"text": torch.randn(2, 3, 4), "visual": torch.randn(2, 3, 5)}
    taken = FeatureRows.of(made)
    assert list(taken) == ["text", "visual"]
    assert all(torch.equal(taken[name], made[name]) for name in made)
    assert FeatureRows.of(features) is features


def test_another_grid_reads_the_same_stores(features):
    turned = features.map(lambda rows: rows.flip(0))
    assert torch.equal(turned["audio"], features["audio"].flip(0))


def test_what_is_left_out_is_not_there_and_must_not_be_read(features):
    hidden = torch.tensor([[True, False, False], [False, False, False]])
    shown = features.without({"audio": hidden, "text": torch.zeros_like(hidden)})
    assert shown.stores["audio"].tolist() == [[0, 1], [2, 3]]
    with pytest.raises(WithheldError, match="protocol withholds"):
        shown["audio"]
    with pytest.raises(WithheldError):
        shown.at("audio", torch.tensor([0]))
    assert shown.at("audio", torch.tensor([1, 2, 3])).tolist() == [[0, 1], [0, 0], [2, 3]]
    assert shown.keeping({"audio": ~hidden, "text": hidden})["audio"].tolist() == [
        [[0, 0], [0, 1], [0, 0]],
        [[2, 3], [0, 0], [0, 0]],
    ]
    assert torch.equal(shown["text"], features["text"])
