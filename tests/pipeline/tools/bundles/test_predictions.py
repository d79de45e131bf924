"""Tables of predictions of others: two formats, one meaning, and nothing is unpickled."""

import numpy as np
import pandas as pd
import pytest

from pipeline.tools.bundles.errors import BundleError
from pipeline.tools.bundles.predictions import read_predictions_table

ROWS = {
    "fold": [0, 0],
    "seed": [3, 3],
    "rate": ["0", "rate:0.3"],
    "utterance_id": ["a", "b"],
    "predicted": ["sad", "1e5"],
    "audio": [1, 0],
    "remark": ["not", "read"],
}


def read(path, **options):
    return read_predictions_table(path, ("audio",), ("sad",), **{"has_tasks": False, **options})


def test_both_formats_say_the_same(tmp_path):
    pd.DataFrame(ROWS).to_csv(tmp_path / "a.csv", index=False)
    np.savez(tmp_path / "a.npz", **{name: np.array(column) for name, column in ROWS.items()})
    table = read(tmp_path / "a.csv")
    assert table.equals(read(tmp_path / "a.npz"))
    assert table["rate"].tolist() == ["0.0", "0.3"]
    assert table["audio"].tolist() == [True, False]
    assert table["predicted"].tolist() == ["sad", "1e5"]
    assert "remark" not in table


class Evil:
    def __reduce__(self):
        return (print, ("run",))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"predicted": np.array([Evil(), "x"], dtype=object)}, "expected plain numbers or texts"),
        ({"predicted": np.array(["sad"])}, "one dimension and one length"),
        ({"audio": np.ones((2, 2))}, "one dimension and one length"),
        ({"fold": np.array([0.5, 1.0])}, "fold '0.5' is no whole number"),
        ({"rate": np.array(["0.3", "only:smell"])}, "rate 'only:smell'"),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path, capsys, columns, said):
    arrays = {name: np.array(column) for name, column in ROWS.items()} | columns
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(BundleError, match=said):
        read(tmp_path / "a.npz")
    assert "run" not in capsys.readouterr().out


def test_several_tasks_need_their_column(tmp_path):
    pd.DataFrame(ROWS).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(BundleError, match="has no column task; there are: fold, seed"):
        read(tmp_path / "a.csv", has_tasks=True)
    with pytest.raises(BundleError, match="is not there"):
        read(tmp_path / "b.csv")
