"""One task's section: headline, curves, further metrics, confusion, missingness, insides."""

from pipeline.base.wording import counted
from pipeline.report.blocks import blocks_of
from pipeline.report.conditions_page import conditions_part
from pipeline.report.confusion import confusion_part
from pipeline.report.curves_page import curves_part
from pipeline.report.headline import cards, headline_table, headlines, sentence
from pipeline.report.heatmap_page import heatmap_part
from pipeline.report.intervals_page import intervals_part
from pipeline.report.matrix_page import matrix_part
from pipeline.report.metrics_page import metrics_part
from pipeline.report.missingness_page import missingness_part
from pipeline.report.reliability_page import reliability_part
from pipeline.report.risk_page import risk_part
from pipeline.report.router_page import router_part
from pipeline.report.task_data import TaskResults
from pipeline.report.traces import read_traces
from pipeline.report.trained_page import trained_part
from pipeline.report.training_page import training_part
from pipeline.report.views import Part, TaskView
from pipeline.report.words import said_of_training

SELECTION = {
    "strict": "epochs are chosen on a validation role that is never tested on",
    "paper": "as in the paper, where a corpus has no validation split the epoch is chosen on the "
    "test fold itself: such numbers are optimistic",
}
LAST = "no epoch is chosen: the last one of each run stands"
FOLDS = {
    "sessions": "a session is held out in each",
    "official": "the published split",
    "dialogues": "whole dialogues are held out",
    "speakers": "whole groups of speakers are held out",
}


def task_view(results: TaskResults) -> TaskView:
    """The section of one task; a task without any trained method says so."""
    if results.scores.empty:
        said = "No method is trained on this task: train.methods is empty."
        return TaskView(results.name, said, "", [], [])
    found = headlines(results)
    labels = {method.name: method.label for method in results.methods}
    short = Part("", tables=[headline_table(results, found, labels)])

    traces = read_traces(results)
    insides = [heatmap_part(results, traces), router_part(results, traces)] if traces else []
    parts = [
        short,
        matrix_part(results),
        curves_part(results, blocks_of(results)),
        conditions_part(results),
        metrics_part(results),
        intervals_part(results),
        reliability_part(results),
        risk_part(results),
        confusion_part(results),
        missingness_part(results),
        *(part for part in insides if part is not None),
        trained_part(results),
        training_part(results),
    ]

    return TaskView(
        name=results.name,
        headline=sentence(found, results),
        summary=_summary(results),
        cards=cards(found, results),
        parts=[part for part in parts if part.tables or part.figures],
    )


def _summary(results: TaskResults) -> str:
    ours = results.scores[results.scores["method"] != results.floor.name]
    folds, seeds = sorted(set(ours["fold"])), sorted(set(ours["seed"]))
    by = FOLDS[results.section.folds.by]
    n_folds, n_seeds = counted(len(folds), "fold"), counted(len(seeds), "seed")
    chosen = LAST if results.keeps_last else SELECTION[results.protocol.name]
    return (
        f"{_tested(results)}{_capital(chosen)} "
        f"(protocol “{results.protocol.name}”). "
        f"{n_folds}: {by}. {n_seeds}. "
        f"Unified models are trained {said_of_training(results.train_rate)}.{_scale(results)}"
    )


def _tested(results: TaskResults) -> str:
    """Of a task that is tested on another corpus: what is trained on what, tested on what."""
    section = results.section
    if section.test_corpus is None:
        return ""
    return (
        f"Trained and validated on {section.corpus}, tested on all of {section.test_corpus}, "
        "by each fold's model; where the network is looked into, on the fold's own test part of "
        f"{section.corpus}. "
    )


def _scale(results: TaskResults) -> str:
    """Of a dimensional task: what is measured, on which scale."""
    section = results.section
    if section.measured != "dimensional":
        return ""
    scale = f"{section.scale[0]:g} to {section.scale[1]:g}" if section.scale else "not given"
    selected = "Tables show" if results.keeps_last else "Epochs are selected by"
    return (
        f" {selected} CCC of {section.annotation!r}; scale: {scale}, midpoint {section.middle:g}."
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
