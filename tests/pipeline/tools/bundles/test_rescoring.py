"""Tables of a bundle are the report's own, and a row that differs is named."""

from pipeline.tools.bundles.rescoring import difference
from tests.pipeline.tools.bundles.zips import parts_of


def test_tables_are_those_of_the_report(bundled, study_build):
    study_build.report()
    parts = parts_of(bundled)
    there = {name.removeprefix("tables/") for name in parts if name.startswith("tables/")}
    made = study_build.reported("tables")
    assert {"table4.csv", "t_matrix_ume.csv", "t_intervals.csv", "t_missingness.csv"} <= there
    assert there <= made
    for name in there:
        assert parts[f"tables/{name}"] == (study_build.folder / "report/tables" / name).read_bytes()
    for name in ("scores.csv", "reliability.csv"):
        assert parts[f"build/t/{name}"] == (study_build.folder / "t" / name).read_bytes()


def test_the_first_row_that_differs_is_named(tmp_path):
    tables = {
        "a": "method,fold,value\nae,0,0.5\nae,1,0.25\n",
        "b": "method,fold,value\nae,0,0.5\nae,1,0.75\n",
        "c": "method,fold,value\nae,0,0.5\n",
        "d": "method,value\nae,0.5\n",
        "e": 'method,fold,value\n"ae",0,0.5\nae,1,0.25\n',
    }

    for name, text in tables.items():
        (tmp_path / name).write_text(text)
    found = {name: difference(tmp_path / "a", tmp_path / name) for name in tables}
    assert found == {
        "a": "",
        "b": "1 of 2 rows differ, the first (method ae, fold 1): value 0.25 is 0.75 when scored",
        "c": "2 rows are 1 when scored",
        "d": "columns method, fold, value are method, value when scored",
        "e": "the same cells in other bytes",
    }
