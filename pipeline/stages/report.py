"""Stage report: scores, tables, stores and traces -> one page, its tables and its figures."""

import argparse
import json
from pathlib import Path
from typing import Any

from pipeline.base.files import write_text
from pipeline.base.records import Modality
from pipeline.config.methods import MethodSettings, TrainSettings
from pipeline.config.report import ReportSettings
from pipeline.config.settings import ClassName, Section, dump, parse_section
from pipeline.config.tasks import ProtocolSettings, TaskSettings
from pipeline.report.contact_sheets import contact_sheets
from pipeline.report.corpus_page import corpus_view
from pipeline.report.methods import method_views
from pipeline.report.outputs import write_outputs
from pipeline.report.page import render
from pipeline.report.paper_tables import absent_tables, paper_tables
from pipeline.report.provenance_page import parameter_table, provenance_parts
from pipeline.report.task_data import TaskResults, read_scores
from pipeline.report.task_page import task_view
from pipeline.report.views import CorpusView, PageView
from pipeline.stages.options import stage_parser

SYNTHETIC = (
    "This corpus is synthetic: synthesized speech and two animated portraits. Its numbers show "
    "that the workflow works; they say nothing about people."
)


class ReportStageSettings(Section):
    """What the rule hands over as JSON."""

    report: ReportSettings
    corpora: dict[str, tuple[Modality, ...]]
    tasks: dict[str, TaskSettings]
    classes: dict[
        str, tuple[ClassName, ...]
    ]  # of each task, in order of index: JSON sorts its keys
    methods: dict[str, MethodSettings]
    protocol: ProtocolSettings
    train: TrainSettings


def main(argv: list[str] | None = None) -> None:
    """Read the command line, build the views, write page, tables and figures."""
    args = _parse(argv)
    settings = parse_section(args.settings, ReportStageSettings, where="")
    page = _page(args, settings)
    write_outputs(page, args.out_tables, args.out_figures)
    write_text(args.out_page, render(page))
    for task in page.tasks:
        print(f"found: {task.name}: {task.headline}")
    print("done: the page with its tables and figures")


def _page(args: argparse.Namespace, settings: ReportStageSettings) -> PageView:
    corpora = [_corpus(args, name, settings) for name in settings.corpora]
    tasks = [_results(args.build, name, settings) for name in settings.tasks]
    trained = [task for task in tasks if not task.scores.empty]
    tables = [*paper_tables(trained), parameter_table(args.parameters)] if trained else []
    return PageView(
        title=settings.report.title,
        notes=[SYNTHETIC] if any(corpus.is_synthetic for corpus in corpora) else [],
        tables=tables,
        absent=absent_tables(tables) if trained else "",
        tasks=[task_view(task) for task in tasks],
        corpora=corpora,
        provenance=provenance_parts(args.build, settings.corpora, trained),
        settings={name: _as_text(value) for name, value in _shown(settings).items()},
    )


def _corpus(args: argparse.Namespace, name: str, settings: ReportStageSettings) -> CorpusView:
    folder = args.build / name
    faces = [path for path in args.faces if path.parent == folder / "faces"]
    return corpus_view(
        folder,
        settings.corpora[name],
        faces,
        is_text_shown=settings.report.text,
        sheets=contact_sheets(folder, faces, args.cache) if settings.report.faces else (),
    )


def _results(build: Path, task: str, settings: ReportStageSettings) -> TaskResults:
    return TaskResults(
        name=task,
        section=settings.tasks[task],
        classes=settings.classes[task],
        methods=method_views(settings.methods, settings.train.methods),
        train_rate=settings.train.train_rate,
        protocol=settings.protocol,
        scores=read_scores(build / task / "scores.csv"),
        build=build,
    )


def _shown(settings: ReportStageSettings) -> dict[str, Any]:
    """The sections of the configuration that the page folds out."""
    names = ("report", "protocol", "train")
    return {
        **{f"Configuration: {name}": dump(getattr(settings, name)) for name in names},
        "Configuration: methods": {name: dump(one) for name, one in settings.methods.items()},
        "Configuration: tasks": {name: dump(one) for name, one in settings.tasks.items()},
    }


def _as_text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = stage_parser(__doc__, "cache", settings="JSON: the sections that are shown")
    parser.add_argument("--build", type=Path, required=True, help="folder of all artefacts")
    parser.add_argument("--parameters", type=Path, required=True, help="build/parameters.csv")
    parser.add_argument("--faces", type=Path, nargs="*", default=[], help="tables of the shards")
    parser.add_argument("--out-page", type=Path, required=True, help="index.html")
    parser.add_argument("--out-tables", type=Path, required=True, help="folder of tables")
    parser.add_argument("--out-figures", type=Path, required=True, help="folder of figures")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
