"""The report says what probabilities are worth, as reliability.csv has it, and if it got better."""

import pandas as pd
import pytest

from pipeline.base.tables import read_rows
from pipeline.evaluation.calibration_table import ReliabilityRow
from pipeline.report.reliability_page import reliability_part


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_the_table_is_that_of_the_stage(make_build, kind):
    build = make_build(kind=kind)
    rows = read_rows(build.folder / "t" / "reliability.csv", ReliabilityRow)
    part = reliability_part(build.results())
    (table,) = part.tables
    mine = [row for row in rows if row.method == "iteacnet" or row.pattern == "all"]
    assert [row.cells[-2].text for row in table.rows] == [f"{100 * r.ece_after:.1f}" for r in mine]
    assert {row.cells[0].text for row in table.rows} >= {"anything", "audio, text"}
    pd.testing.assert_frame_equal(table.data, pd.DataFrame(rows))
    for row in rows:
        if row.pattern == "all":
            halved = row.ece_after <= row.ece_before / 2
            said = f"ECE {100 * row.ece_before:.1f} before, {100 * row.ece_after:.1f} after"
            assert said + (": at most half" if halved else ": ") in table.note


def test_numbers_on_a_scale_have_no_such_table(make_build):
    assert not reliability_part(make_build(kind="dimensional").results()).tables
