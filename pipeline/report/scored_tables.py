"""Tables that follow from predictions, labels, splits, masks and settings alone.

What the page shows besides needs the corpus, its features or the networks. Whoever has no corpus
(a bundle, `pipeline.tools.bundles`) makes these anew, with the functions that made them first.
"""

from collections.abc import Sequence

from pipeline.report.conditions_page import conditions_part
from pipeline.report.confusion import confusion_part
from pipeline.report.headline import headline_table, headlines
from pipeline.report.intervals_page import intervals_part
from pipeline.report.matrix_page import matrix_part
from pipeline.report.metrics_page import metrics_part
from pipeline.report.missingness_page import missingness_part
from pipeline.report.paper_tables import paper_tables
from pipeline.report.reliability_page import reliability_part
from pipeline.report.task_data import TaskResults
from pipeline.report.trained_page import trained_part
from pipeline.report.views import Part, TableView


def scored_tables(tasks: Sequence[TaskResults]) -> list[TableView]:
    """Tables 1 to 4, then those of each task, as the page has them; only those with a name."""
    of_tasks = [table for task in tasks for part in _parts(task) for table in part.tables]
    return [table for table in [*paper_tables(tasks), *of_tasks] if table.name]


def _parts(results: TaskResults) -> list[Part]:
    labels = {method.name: method.label for method in results.methods}
    return [
        Part("", tables=[headline_table(results, headlines(results), labels)]),
        matrix_part(results),
        conditions_part(results),
        metrics_part(results),
        intervals_part(results),
        reliability_part(results),
        confusion_part(results),
        missingness_part(results),
        trained_part(results),
    ]
