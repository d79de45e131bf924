"""Files for people: no cell is a formula, numbers stay numbers, nothing overwrites anything."""

import csv

import pandas as pd
import pytest

from pipeline.report.outputs import formula_safe, write_csv, write_frame, write_outputs
from pipeline.report.views import FigureView, PageView, Part, TableView, TaskView, text_row


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\rx", "\n=1", "＝1", "-_", "+1_0x"],
)
def test_text_that_a_spreadsheet_would_run_is_defused(text):
    assert formula_safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-0.5", "+3", "-1e-9", "-inf", "nan", "a=b", "", "0", "'=x"])
def test_numbers_and_harmless_text_stay_as_they_are(text):
    assert formula_safe(text) == text


def test_every_cell_of_a_table_is_defused_its_header_too(tmp_path):
    write_csv(tmp_path / "t.csv", ["=a", "b"], [["-x", "1,2\n3"]])
    with (tmp_path / "t.csv").open(newline="") as stream:
        assert list(csv.reader(stream)) == [["'=a", "b"], ["'-x", "1,2\n3"]]


def test_a_frame_comes_back_with_every_digit(tmp_path):
    frame = pd.DataFrame({"what": ["a", "b"], "value": [-0.1 + 0.3, float("nan")]})
    write_frame(tmp_path / "t.csv", frame)
    back = pd.read_csv(tmp_path / "t.csv")
    assert back["value"][0] == frame["value"][0]
    assert back["value"].isna().tolist() == [False, True]


def page_with(*parts):
    task = TaskView("t", "", "", [], parts)
    return PageView("", [], [], "", [task], [], [], {})


def test_only_named_tables_become_files_and_cells_stand_in_for_missing_data(tmp_path):
    named = TableView("c", ["a"], [text_row("=x")], name="one")
    page = page_with(Part("p", tables=[named, TableView("c", ["a"], [text_row("y")])]))
    write_outputs(page, tmp_path / "tables", tmp_path / "figures")
    assert {path.name for path in tmp_path.glob("*/*")} == {"one.csv", "one.md", "one.tex"}
    assert (tmp_path / "tables" / "one.csv").read_text() == "a\n'=x\n"


def test_two_figures_of_one_name_are_refused(tmp_path):
    figure = FigureView("same", "<svg></svg>", "")
    with pytest.raises(ValueError, match="the same name: \\['same'\\]"):
        write_outputs(
            page_with(Part("p", figures=[figure, figure])), tmp_path / "t", tmp_path / "f"
        )
