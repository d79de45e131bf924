"""Tables that need no corpus are those of the page, under the same names."""

from pipeline.report.outputs import numbers_of
from pipeline.report.scored_tables import scored_tables


def test_they_are_the_tables_of_the_page(two_methods):
    build, _ = two_methods
    tables = scored_tables([build.results()])
    names = {table.name for table in tables}
    assert {"table4", "t_matrix_ume", "t_missingness", "t_patterns_ume", "t_trained"} <= names
    assert {f"{name}.csv" for name in names} <= build.reported("tables")
    assert all(len(numbers_of(table)) for table in tables)
