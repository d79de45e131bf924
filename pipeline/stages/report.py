"""Stage report: scores, tables and stores -> one page, its tables and its figures."""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.arrays import read_header
from pipeline.files import canonical_json, write_text
from pipeline.records import Modality
from pipeline.report.contact_sheets import contact_sheets
from pipeline.report.corpus_page import corpus_view, write_csv
from pipeline.report.formats import to_latex, to_markdown
from pipeline.report.page import render
from pipeline.report.provenance_page import parameter_table, stores_of, versions_table
from pipeline.report.results import ResultTable
from pipeline.report.task_page import TaskResults, task_view
from pipeline.report.views import CorpusView, PageView, TaskView
from pipeline.sections.methods import MethodSettings, TrainSettings
from pipeline.sections.report import ReportSettings
from pipeline.sections.tasks import ProtocolSettings, TaskSettings
from pipeline.settings import Section, dump, parse_section

SYNTHETIC = (
    "This corpus is synthetic: synthesized speech and two animated portraits. Its numbers show "
    "that the workflow works; they say nothing about people."
)


class ReportStageSettings(Section):
    """What the rule hands over as JSON."""

    report: ReportSettings
    corpora: dict[str, tuple[Modality, ...]]
    tasks: dict[str, TaskSettings]
    methods: dict[str, MethodSettings]
    protocol: ProtocolSettings
    train: TrainSettings
    code: str = ""


def main(argv: list[str] | None = None) -> None:
    """Read the command line, build the views, write page, tables and figures."""
    args = _parse(argv)
    settings = parse_section(args.settings, ReportStageSettings, where="")
    corpora = [
        corpus_view(
            args.build / name,
            modalities,
            is_text_shown=settings.report.text,
            sheets=contact_sheets(args.build / name, args.cache) if settings.report.faces else (),
        )
        for name, modalities in settings.corpora.items()
    ]
    views = [task_view(_results(args.build, name, settings)) for name in settings.tasks]
    page = _page(args, settings, corpora, [view for view, _ in views])
    _write_tables(args.out_tables, [block for _, blocks in views for block in blocks])
    shutil.copyfile(args.parameters, args.out_tables / "table5.csv")
    _write_figures(args.out_figures, page)
    write_text(args.out_page, render(page))
    print(f"report: {len(page.tasks)} tasks, {len(page.corpora)} corpora -> {args.out_page}")


def _results(build: Path, task: str, settings: ReportStageSettings) -> TaskResults:
    folder = build / task
    masks = [read_header(path) for path in sorted((folder / "availability").glob("*.safetensors"))]
    section = settings.tasks[task]
    return TaskResults(
        name=task,
        kind=section.kind,
        classes=tuple(section.classes),
        methods={name: method.evaluations for name, method in settings.methods.items()},
        train_rate=settings.train.train_rate,
        protocol=settings.protocol.name,
        scores=_read_scores(folder / "scores.csv"),
        runs=_runs(folder / "runs", settings),
        realised={
            str(mask["rate"]): sum(mask["realised"].values()) / len(mask["realised"])
            for mask in masks
            if mask["rate"] in settings.protocol.rates
        },
    )


def _read_scores(path: Path) -> pd.DataFrame:
    """Empty text stays text; only a value may be nan."""
    text = dict.fromkeys(("task", "method", "train_rate", "selection", "metric"), str)
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values={"value": ["nan"]})


def _runs(folder: Path, settings: ReportStageSettings) -> list[Path]:
    names = {f"seed{seed}" for seed in settings.train.seeds}
    return [
        path.parent
        for path in sorted(folder.glob("*/*/*/run.json"))
        if path.parts[-4] in settings.methods and path.parts[-2].split("_")[1] in names
    ]


def _page(
    args: argparse.Namespace,
    settings: ReportStageSettings,
    corpora: Sequence[CorpusView],
    tasks: Sequence[TaskView],
) -> PageView:
    shown = {name: dump(getattr(settings, name)) for name in ("report", "protocol", "train")}
    shown["methods"] = {name: dump(method) for name, method in settings.methods.items()}
    shown["tasks"] = {name: dump(task) for name, task in settings.tasks.items()}
    return PageView(
        title=settings.report.title,
        notes=[SYNTHETIC] if any(corpus.is_synthetic for corpus in corpora) else [],
        tasks=tasks,
        corpora=corpora,
        parameters=parameter_table(args.parameters),
        versions=versions_table(shown, stores_of(args.build, settings.corpora)),
        settings={name: canonical_json(value) for name, value in shown.items()},
    )


def _write_tables(folder: Path, blocks: Sequence[ResultTable]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for block in blocks:
        stem = folder / f"{block.task}_table{block.number}"
        frame = block.long_form()
        rows = [[str(value) for value in row] for row in frame.itertuples(index=False)]
        write_csv(stem.with_suffix(".csv"), list(frame.columns), rows)
        write_text(stem.with_suffix(".md"), to_markdown(block))
        write_text(stem.with_suffix(".tex"), to_latex(block))


def _write_figures(folder: Path, page: PageView) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for task in page.tasks:
        for view in [*task.figures, *task.histories]:
            write_text(folder / f"{view.name}.svg", view.svg)


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="folder of all artefacts")
    parser.add_argument("--cache", type=Path, required=True, help="holds face crops")
    parser.add_argument("--parameters", type=Path, required=True, help="build/parameters.csv")
    parser.add_argument("--settings", required=True, help="JSON: the sections that are shown")
    parser.add_argument("--out-page", type=Path, required=True, help="index.html")
    parser.add_argument("--out-tables", type=Path, required=True, help="folder of tables")
    parser.add_argument("--out-figures", type=Path, required=True, help="folder of figures")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
