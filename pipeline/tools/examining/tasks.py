"""Tasks laid on the tables of their corpora, as check_tasks and assign_splits would."""

from collections.abc import Mapping

from rich.console import Console

from pipeline.config.configuration import Config
from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.playing import play
from pipeline.tools.examining.corpora import Examined


def examine_tasks(config: Config, corpora: Mapping[str, Examined], console: Console) -> list[str]:
    """Show what each task uses; return what it refuses."""
    problems = []
    for name, task in config.tasks.items():
        console.rule(f"Task {name}, corpus {task.corpus}")
        tables = corpora[task.corpus].tables
        if tables is None:
            console.print("Not looked at: its corpus cannot be read yet.")
            continue

        try:
            played = play(task, *tables, config.protocol.name, only=task.folds.only)
            lines = played.lines(task)
            names = dict.fromkeys((*map(str, config.protocol.rates), *task.condition_names))
            lines.append(f"tested under {len(names)} conditions: {', '.join(names)}")
        except ProtocolError as error:
            problems.append(f"tasks.{name}: {error}")
            lines = [str(error)]
        console.print("\n".join(lines))
    return problems
