"""docs/reruns.md ends with the rerun table as it is today."""

from tests.workflow.rerun_matrix import PAGE, table_of_keys


def test_the_page_has_the_matrix_of_today():
    content = PAGE.read_text(encoding="utf-8")
    assert content.endswith(table_of_keys() + "\n"), (
        "python -m tests.workflow.rerun_matrix --update"
    )
