"""Exactly what changed runs again: every key of config.yaml, by table.

The table says what is meant to run, the dry run what would; a key without a row, and a rule
without a column, fail. What the words of a cell mean: `rerun_table`. Of code: `test_imports`.
"""

import csv
import io

import pytest
import yaml

from pipeline.config.configuration import parse_config
from tests.workflow.rerun_check import Observed, states
from tests.workflow.rerun_states import STATES
from tests.workflow.rerun_table import KEYS, Row, cells_of, config_keys, read_table, schema_key

ROWS = read_table(KEYS)
RULES = tuple(ROWS[0].cells)


@pytest.fixture(scope="module")
def state():
    with states() as make:
        yield make


def compare(row: Row, observed: Observed) -> None:
    """Fail with all jobs that the row does not predict, and with the cells that would."""
    wrong = [
        f"{job}: the dry run says {verdict}, the row {row.verdict(job, observed.names[job])}"
        for job, verdict in observed.verdicts.items()
        if row.verdict(job, observed.names[job]) != verdict
    ]
    cells = cells_of(row.what, observed.verdicts, observed.names)
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([cells.get(rule, "") for rule in RULES])
    assert not wrong, "\n".join([*sorted(wrong), f"cells as observed: {line.getvalue()}"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.what}={row.value}@{row.state}")
def test_a_key_reruns_what_its_row_says(state, row):
    compare(row, state(row.state).after_key(row.what, yaml.safe_load(row.value)))


def test_every_key_of_the_configuration_has_a_row():
    keys = [schema_key(row.what, parse_config(STATES[row.state])) for row in ROWS]
    assert set(config_keys()) - set(keys) == set()
    assert set(keys) - set(config_keys()) == set()


def test_every_rule_has_a_column(state):
    rules = {job.rule for name in STATES for job in state(name).jobs}
    assert rules == set(RULES)


def test_every_rule_runs_for_some_key():
    for rule in set(RULES) - {"join_features", "count_parameters", "score"}:
        assert any("(" not in row.cells[rule] and row.cells[rule] for row in ROWS), rule
