"""Truth: means and deviations by hand."""

from types import SimpleNamespace

import pandas as pd

from pipeline.report.measures import MEASURES
from pipeline.report.method_views import MethodView
from pipeline.report.spread_rows import spread_rows

NOTHING = float("nan")
DATA = pd.DataFrame(
    {
        "method": ["a", "a", "a", "b", "c"],
        "what": ["audio", "audio", "text", "text", "text"],
        "value": [0.5, 0.6, NOTHING, 0.75, 1.0],
    }
)


def shown(row):
    return [(cell.text, *cell.small) for cell in row.cells]


def test_a_cell_is_a_mean_over_runs_with_its_spread():
    main, other = (MethodView(name, name.upper(), "gru") for name in "ab")
    results = SimpleNamespace(measure=MEASURES["weighted_f1"], main=main)
    rows = spread_rows(results, [other, main], DATA, ["audio", "text"], by="what", digits=2)
    # Of 50 and 60 the mean is 55, the deviation the root of (25 + 25) / 1.
    assert shown(rows[1]) == [("A",), ("55.00", "± 7.07"), ("-",)]
    assert shown(rows[0]) == [("B",), ("-",), ("75.00",)]
    assert [row.emphasis for row in rows] == [False, True]
