"""Tables 1 to 4 as people see them: percent, deviation, stars, the printed value."""

import pandas as pd
import pytest

from pipeline.report.measures import MEASURES
from pipeline.report.paper_tables import absent_tables, number, paper_tables
from pipeline.report.results import Result
from pipeline.report.views import TableView


def test_every_number_of_a_table_on_the_page_stands_in_its_csv(two_methods):
    build, page = two_methods
    table = build.table("table4")
    row = table[(table["method"] == "iteacnet") & (table["column"] == "average")].iloc[0]
    section = page[page.index('id="tables"') : page.index('id="corpus-c"')]
    assert f"{100 * row['mean']:.2f}" in section
    assert f"±\N{NO-BREAK SPACE}{100 * row['std']:.2f}" in section
    scores = pd.read_csv(build.folder / "t" / "scores.csv")
    own = scores[(scores["method"] == "iteacnet") & (scores["metric"] == "weighted_f1")]
    assert row["mean"] == pytest.approx(own["value"].mean())
    assert row["n_runs"] == own.groupby(["fold", "seed"]).ngroups == 4


@pytest.mark.parametrize(
    ("result", "text", "small"),
    [
        (
            Result(0.7612, 0.008, 3, p_t=0.03, published="77.13"),
            "76.12*",
            ["± 0.80", "paper 77.13"],
        ),
        (Result(0.5, float("nan"), 1), "50.00", []),
        (Result(float("nan"), float("nan"), 0), "-", []),
    ],
)
def test_cells_show_percent_deviation_marker_and_paper(result, text, small):
    cell = number(result, MEASURES["weighted_f1"])
    assert (cell.text, list(cell.small)) == (text, small)


def test_tables_without_a_row_are_named_with_what_would_fill_them():
    said = absent_tables(
        [TableView("", [], [], name="table1"), TableView("", [], [], name="table4")]
    )
    assert "Table 2 needs" in said
    assert "Table 3 needs a method with evaluations: [ime]" in said
    assert "Table 1" not in said
    assert absent_tables([TableView("", [], [], name=f"table{n}") for n in range(1, 5)]) == ""


@pytest.mark.parametrize("ways", [["ume"], ["ime", "ume"]])
def test_a_table_of_one_method_compares_it_with_nobody(make_build, ways):
    methods = {"iteacnet": {"model": "iteacnet", "evaluations": ["ime"]}}
    methods["gru"] = {"model": "gru", "evaluations": ways}
    build = make_build(methods=methods)
    notes = {view.name: view.note for view in paper_tables([build.results()])}
    assert "against" not in notes["table4"]  # the GRU alone
    assert ("against GRU" in notes.get("table3", "")) == ("ime" in ways)
