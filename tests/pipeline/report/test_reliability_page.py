"""The report says what probabilities are worth, as reliability.csv has it, and if it got better."""

from dataclasses import replace

import pandas as pd
import pytest

from pipeline.base.tables import read_rows, write_rows
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


@pytest.mark.parametrize(
    ("before", "after", "chance", "said"),
    [
        (0.10, 0.05, 0.02, "ECE 10.0 before, 5.0 after: at most half."),
        (0.05, 0.04, 0.03, "half of it would be less than chance leaves (3.0)."),
        (0.039, 0.128, 0.021, "12.8 after: it grew, since the validation role is not like"),
        (0.10, 0.08, 0.02, "more than half; the validation role is not like the test role, or too"),
    ],
)
def test_the_verdict_says_what_became_of_the_error(make_build, before, after, chance, said):
    build = make_build()
    path = build.folder / "t" / "reliability.csv"
    rows = read_rows(path, ReliabilityRow)
    told = {"ece_before": before, "ece_after": after, "ece_by_chance": chance}
    write_rows(path, [replace(row, **told) for row in rows], ReliabilityRow)
    (table,) = reliability_part(build.results()).tables
    assert said in table.note


def test_where_no_temperature_was_fitted_the_reason_stands_for_the_verdict(make_build):
    build = make_build()
    path = build.folder / "t" / "reliability.csv"
    rows = read_rows(path, ReliabilityRow)
    told = {"ece_before": 0.039, "ece_after": 0.039, "reason": "nobody trusts the role"}
    write_rows(path, [replace(row, **told) for row in rows], ReliabilityRow)
    (table,) = reliability_part(build.results()).tables
    assert "ECE 3.9, without a temperature: nobody trusts the role." in table.note
    assert "at most half" not in table.note


def test_numbers_on_a_scale_have_no_such_table(make_build):
    assert not reliability_part(make_build(kind="dimensional").results()).tables
