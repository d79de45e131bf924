"""What was trained: what run.json says, and Table 5 of the study's methods alone."""

import json

import pytest

from pipeline.report.trained_page import parameter_table, trained_part


def test_a_row_says_what_the_runs_say(make_build):
    build = make_build()
    for number, run in enumerate(build.plan.runs("t")):
        path = build.root / run.folder / "run.json"
        facts = json.loads(path.read_text(encoding="utf-8"))
        facts |= {"parameters": {"trained": 1234}, "n_epochs": 30, "n_utterances": {"train": 40}}
        facts |= {"n_epochs": 30 + number % 2}
        path.write_text(json.dumps(facts), encoding="utf-8")

    (table,) = trained_part(build.results()).tables
    first = [cell.text for cell in table.rows[0].cells]
    assert first == ["ITEACNet", "1,234", "at missing rate 0.5", "4", "40", "30 to 31", "2", "cpu"]
    assert [row.emphasis for row in table.rows] == [True, False]


@pytest.mark.parametrize("methods", [{"iteacnet": {"model": "iteacnet"}}, {"ae": {"model": "ae"}}])
def test_table_5_holds_the_methods_of_the_study_alone(make_build, methods):
    build = make_build(methods=methods)
    table = parameter_table(build.folder / "parameters.csv", [build.results()])
    labels = {"iteacnet": "ITEACNet", "ae": "AE"}
    assert [row.cells[0].text for row in table.rows] == [labels[name] for name in methods]


def test_a_method_outside_the_tree_is_named_beside_table_5(make_build, own_method):
    build = make_build(methods={"mine": {"model": own_method}, "ae": {"model": "ae"}})
    table = parameter_table(build.folder / "parameters.csv", [build.results()])
    assert table.note == f"Without a published size: {own_method}."
