"""The whole page of a study: what the configuration names, read from `build/` and put in order."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.config.methods import MethodSettings, TrainSettings
from pipeline.config.report import ReportSettings
from pipeline.config.settings import ClassName, Section, dump
from pipeline.config.study_tasks import StudyTask
from pipeline.config.tasks import ProtocolSettings
from pipeline.report.contact_sheets import contact_sheets
from pipeline.report.corpus_facts import is_text_shown
from pipeline.report.corpus_page import corpus_view
from pipeline.report.explore import Shown, explore_view
from pipeline.report.made_page import Made, made_parts, shown_files
from pipeline.report.media_links import MediaFolder
from pipeline.report.method_views import method_views
from pipeline.report.paper_tables import absent_tables, paper_tables
from pipeline.report.provenance_page import provenance_parts
from pipeline.report.task_data import TaskResults, read_scores
from pipeline.report.task_page import task_view
from pipeline.report.trained_page import parameter_table
from pipeline.report.views import CorpusView, PageView, TaskView

SYNTHETIC = (
    "This corpus is synthetic: synthesized speech and two animated portraits. Its numbers show "
    "that the workflow works; they say nothing about people."
)


class MediaPlace(Section):
    """Where a corpus has its media."""

    root: str
    links: tuple[str, ...]


class StudySettings(Section):
    """What the rule `report` hands over as JSON."""

    report: ReportSettings
    corpora: dict[str, tuple[str, ...]]  # names of encodings: audio, audio@hubert
    tasks: dict[str, StudyTask]
    classes: dict[str, tuple[ClassName, ...]]  # of each task, by index: JSON sorts its keys
    methods: dict[str, MethodSettings]  # by the name of their runs: gcnet, gcnet@hubert
    order: tuple[str, ...]  # of the methods: JSON sorts its keys
    first_set: str  # of the features, which the names of methods do not hold; "" = there is one
    protocol: ProtocolSettings
    train: TrainSettings
    media: dict[str, MediaPlace] = {}  # of each corpus, where the page links to its recordings


@dataclass(frozen=True)
class StudyFiles:
    """Where the study lies: all artefacts, the caches, Table 5, and the shards' tables of faces."""

    build: Path
    cache: Path
    parameters: Path
    faces: Sequence[Path]
    page: Path  # where it will lie: links to media are relative to it
    made: Made


def page_view(settings: StudySettings, files: StudyFiles) -> PageView:
    """Read everything that the page shows."""
    corpora = [_corpus(name, settings, files) for name in settings.corpora]
    tasks = [_results(name, settings, files.build) for name in settings.tasks]

    trained = [task for task in tasks if not task.scores.empty]
    tables = [*paper_tables(trained), parameter_table(files.parameters, trained)] if trained else []

    return PageView(
        title=settings.report.title,
        notes=[SYNTHETIC] if any(corpus.is_synthetic for corpus in corpora) else [],
        tables=tables,
        absent=absent_tables(tables) if trained else "",
        tasks=[_task(task, settings, files.page) for task in tasks],
        corpora=corpora,
        provenance=[
            *made_parts(files.made, files.build, settings.corpora, trained),
            *provenance_parts(files.build, settings.corpora, trained),
        ],
        settings={**shown_files(files.made), **_shown(settings)},
    )


def _task(results: TaskResults, settings: StudySettings, page: Path) -> TaskView:
    view = task_view(results)
    if results.scores.empty:
        return view
    account = json.loads((results.corpus / "corpus.json").read_text(encoding="utf-8"))
    place = settings.media.get(results.corpus.name)
    media = MediaFolder(Path(place.root), place.links, page) if place else None
    shown = Shown(is_text_shown(settings.report.text, account), media)
    return replace(view, explore=explore_view(results, shown))


def _corpus(name: str, settings: StudySettings, files: StudyFiles) -> CorpusView:
    folder = files.build / name
    faces = [path for path in files.faces if path.parent == folder / "faces"]
    return corpus_view(
        folder,
        settings.corpora[name],
        faces,
        text=settings.report.text,
        sheets=contact_sheets(folder, faces, files.cache) if settings.report.faces else (),
    )


def _results(task: str, settings: StudySettings, build: Path) -> TaskResults:
    return TaskResults(
        name=task,
        section=settings.tasks[task],
        classes=settings.classes[task],
        methods=method_views(settings.methods, settings.order, settings.first_set),
        train_rate=settings.train.train_rate,
        keeps_last=settings.train.keep == "last",
        protocol=settings.protocol,
        scores=read_scores(build / task / "scores.csv"),
        build=build,
        main_name=settings.report.main,
        reference_name=settings.report.reference,
    )


def _shown(settings: StudySettings) -> dict[str, str]:
    """The sections of the configuration that the page folds out, as text."""
    sections: dict[str, Any] = {
        "report": dump(settings.report),
        "protocol": dump(settings.protocol),
        "train": dump(settings.train),
        "methods": {name: dump(method) for name, method in settings.methods.items()},
        "tasks": {name: dump(task) for name, task in settings.tasks.items()},
    }
    return {
        f"Configuration: {name}": json.dumps(section, indent=2, ensure_ascii=False)
        for name, section in sections.items()
    }
