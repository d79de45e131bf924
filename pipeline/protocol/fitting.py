"""All tasks of a corpus laid on its tables: what came of each, or why it cannot be.

Asked twice: by the stage `check_tasks`, for its log and the report, and by the rules themselves
before they decode any media. What tasks say decides no feature, so it is no input of these jobs.
"""

from pathlib import Path

from pipeline.base.records import Annotation, Utterance
from pipeline.base.tables import read_rows
from pipeline.config.settings import Section, parse_section
from pipeline.config.tasks import LabeledTask, ProtocolName
from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.playing import Played, play


class CheckTasksSettings(Section):
    """What the rule hands over as JSON."""

    tasks: dict[str, LabeledTask]
    protocol: ProtocolName
    n_folds_tested: dict[str, int] = {}  # of tests of a task on a corpus that trains nothing
    only: dict[str, tuple[int, ...]] = {}  # folds that are to run, where not all are


def fit_tasks(
    text: str, utterances: Path, annotations: Path
) -> tuple[CheckTasksSettings, dict[str, Played], list[str]]:
    """Settings of JSON `text`, every task that fits the tables, a line for each that does not."""
    settings = parse_section(text, CheckTasksSettings, where="")
    rows = read_rows(utterances, Utterance)
    annotated = read_rows(annotations, Annotation)
    fitting: dict[str, Played] = {}
    errors = []

    for name, task in settings.tasks.items():
        try:
            known = settings.n_folds_tested.get(name), settings.only.get(name, ())
            fitting[name] = play(task, rows, annotated, settings.protocol, *known)
        except ProtocolError as error:
            errors.append(f"error: tasks.{name}: {error}")
    return settings, fitting, errors
