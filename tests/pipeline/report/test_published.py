"""The paper's printed numbers: every one is read, and rows are what they say."""

import pytest

from models.registry import our_methods
from pipeline.evaluation.aggregate import AVERAGE, DECLINE
from pipeline.report.published import LABELS, published, published_value

RATES = [f"0.{n}" for n in range(8)]
# Printed averages that are not the mean of the printed row (reading.md A.7).
MISPRINTED = {("3", "iemocap4", "iteacnet"), ("4", "mosei", "mmin")}


def rows_of(table):
    return sorted({key[1:3] for key in published() if key[0] == table})


def test_every_number_belongs_to_a_table_a_method_and_a_column_that_are_shown():
    columns = {"1": {"0.0"}, "2": {*RATES, DECLINE}, "3": {*RATES, AVERAGE}, "4": {*RATES, AVERAGE}}
    for table, _, method, column in published():
        assert method in our_methods() or method in LABELS
        assert column in columns[table]


@pytest.mark.parametrize("table", ["3", "4"])
def test_averages_are_the_means_of_their_rows_but_for_two(table):
    wrong = set()
    for task, method in rows_of(table):
        values = [float(published_value(table, task, method, rate)) for rate in RATES]
        printed = float(published_value(table, task, method, AVERAGE))
        if abs(sum(values) / len(values) - printed) > 0.0051:
            wrong.add((table, task, method))
    assert wrong == {row for row in MISPRINTED if row[0] == table}


def test_declines_are_the_first_rate_less_the_last():
    for task, method in rows_of("2"):
        first, last = (float(published_value("2", task, method, rate)) for rate in ("0.0", "0.7"))
        assert float(published_value("2", task, method, DECLINE)) == pytest.approx(first - last)


def test_what_the_paper_does_not_print_is_empty():
    assert published_value("4", "mine", "iteacnet", "0.0") == ""
