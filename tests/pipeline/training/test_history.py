import pandas as pd

from pipeline.training.history import write_history


def test_cells_are_empty_where_an_epoch_has_no_such_number(tmp_path):
    rows = [
        {"phase": "pretrain", "loss": 1 / 3, "epoch": 1, "train_rate": 0.7, "missing": 2 / 3},
        {"phase": "train", "loss": 0.5, "epoch": 2, "train_rate": 0.7, "missing": 2 / 3}
        | {"validation_0.7": 0.25, "validation": 0.25, "loss_task": 0.5},
    ]
    write_history(tmp_path / "h.csv", rows)
    text = (tmp_path / "h.csv").read_text()
    assert text.splitlines()[0] == (
        "epoch,phase,train_rate,missing,loss,loss_task,validation,validation_0.7"
    )
    table = pd.read_csv(tmp_path / "h.csv")
    assert table["loss"].tolist() == [1 / 3, 0.5]
    assert table["validation"].isna().tolist() == [True, False]


def test_bytes_do_not_depend_on_the_order_of_keys(tmp_path):
    row = {"phase": "a", "epoch": 1, "loss": 1.0, "b": 2.0, "a": 3.0}
    write_history(tmp_path / "1", [row])
    write_history(tmp_path / "2", [dict(sorted(row.items(), reverse=True))])
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
