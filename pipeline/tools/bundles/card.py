"""README.md of a bundle: what was studied on which data, what was found, what it is not for.

A card by the usual headings of model cards (Mitchell et al. 2019), for all methods of a study. What
comes from names, labels and licences is text of others: it can make no markup.
"""

import math
from collections.abc import Iterator, Sequence

from pipeline.base.wording import counted
from pipeline.config.about import Provenance
from pipeline.config.methods import EVALUATIONS
from pipeline.evaluation.aggregate import AVERAGE, rates_in, run_table, runs_of
from pipeline.evaluation.bootstrap import interval
from pipeline.report.comparison import draws_of, said_of_intervals
from pipeline.report.task_data import TaskResults
from pipeline.tools.bundles.packing import About
from pipeline.tools.bundles.study import BundledCorpus, Study
from pipeline.tools.markdown import markdown_table, plain

CARD = "README.md"
SYNTHETIC = (
    "The corpus {} is synthetic: made by machines, no people at all. Its numbers show that "
    "everything works; they say nothing about people."
)
NOT_FOR = (
    "Decisions about a person: hiring, schooling, health, credit, policing. In the European Union "
    "it is forbidden to infer emotions at work and in education (Regulation 2024/1689, article 5).",
    "What people feel: labels are what annotators saw and heard in others.",
    "Other people, rooms, languages and corpora than those above: nobody measured it there.",
    "Training: there are no features and no weights in it.",
)
INSIDE = (
    "Labels, splits, the masks of what was withheld, the predictions of every run, and all tables. "
    "No media, no words, no speakers, no features, no weights. Labels are part of the corpus: "
    "whether they may be passed on is for its licence to say."
)


def study_card(study: Study, about: About, tasks: Sequence[TaskResults]) -> str:
    """The whole text; `tasks` are those of the study, scored."""
    return "\n".join(_lines(study, about, tasks)) + "\n"


def _lines(study: Study, about: About, tasks: Sequence[TaskResults]) -> Iterator[str]:
    yield from (f"# {plain(study.title)}", "")
    for name, corpus in study.corpora.items():
        if corpus.about.synthetic:
            yield from (f"**{SYNTHETIC.format(plain(name))}**", "")
    yield from (INSIDE, "", "## Data", "")
    for name, corpus in study.corpora.items():
        yield from _corpus(name, corpus)
    yield from ("## Methods", "")
    heads = ("name", "method", "model", "judged by", "trained here, or by whom")
    rows = [
        (m.name, m.label, m.model, ", ".join(m.evaluations), m.origin or "here")
        for m in study.methods
    ]
    yield from (*markdown_table(heads, rows), "")
    yield from (f"Settings of each: `study.json`. {_parameters(study)}", "")

    yield from ("## Scores", "")
    for results in tasks:
        yield from _scores(results)
    yield from ("## What it is not for", "")
    yield from (f"* {text}" for text in NOT_FOR)
    yield from ("", "## How to check it, and to add to it", "")
    yield from ("    python -m pipeline verify THIS_FILE.zip",)
    yield from ("    python -m pipeline extend THIS_FILE.zip --help", "")
    yield from ("## Licence and citation", "")
    yield from (f"Licence: {plain(about.license) or 'not given: ask before you use it'}.", "")
    yield from (f"Cite: {plain(about.citation) or 'not given'}.",)


def _corpus(name: str, corpus: BundledCorpus) -> Iterator[str]:
    of_people = _in_words(corpus.about)
    n_utterances, n_dialogues = corpus.n_utterances, corpus.n_dialogues
    amount = f"{counted(n_utterances, 'utterance')} in {counted(n_dialogues, 'dialogue')}"
    yield from (f"**{plain(name)}**: {amount}; {of_people}.", "")
    heads = ("modality", "encoder", "pooling", "precision", "sha256 of its weights")
    rows = [
        (modality, made.encoder, made.pooling, made.precision, made.weights[:16])
        for modality, made in corpus.encoders.items()
    ]
    yield from (*markdown_table(heads, rows), "") if rows else ("Encoders: not recorded.", "")


def _in_words(about: Provenance) -> str:
    return plain(about.in_words().partition(" (")[2].rstrip(")"))


def _parameters(study: Study) -> str:
    tables = [f"`tables/{plain(name)}_trained.csv`" for name in study.tasks]
    return f"Parameters, epochs and what they were trained on: {', '.join(tables)}."


def _scores(results: TaskResults) -> Iterator[str]:
    """Every method on average over missing rates, under each evaluation."""
    classes = ", ".join(results.classes)
    of_what = f"classes {classes}" if classes else f"numbers, measured as {results.task.measured}"
    unit = " in %" if results.measure.is_percent else ""
    where = f", {_where(results)}" if results.section.test_corpus is not None else ""
    head = f"**{plain(results.name)}** ({plain(of_what)}{where})"
    yield from (f"{head}: {results.measure.label}{unit}.", "")
    heads = ("evaluation", "method", "mean over rates", "score", "deviation", "runs")
    yield from (*markdown_table(heads, _score_rows(results)), "")

    main = results.main
    way = results.evaluation_of(main)
    rate = rates_in(run_table(results.of_evaluation(way), results.measure.metric))[0]
    yield said_of_intervals(results.n_dialogues(main.name, way, rate))
    yield from (f"Differences between methods: `tables/{plain(results.name)}_matrix_*.csv`.", "")


def _where(results: TaskResults) -> str:
    section = results.section
    return f"trained on {plain(section.corpus)}, tested on all of {plain(section.tested_corpus)}"


def _score_rows(results: TaskResults) -> Iterator[tuple[object, ...]]:
    measure = results.measure
    for way in EVALUATIONS:
        methods = [method for method in results.methods if way in method.evaluations]
        runs = run_table(results.of_evaluation(way), measure.metric)
        rates = rates_in(runs)
        for method in (*methods, *([results.floor] if methods else [])):
            values = runs_of(runs, method.name, AVERAGE)
            if values.empty:
                continue
            mean = measure.text(float(values.mean()), digits=2)
            if method != results.floor:
                mean += _interval(results, method.name, way, rates)
            spread = measure.text(float(values.std(ddof=1)), digits=2) if len(values) > 1 else "-"
            yield way, method.label, ", ".join(rates), mean, spread, len(values)


def _interval(results: TaskResults, method: str, way: str, rates: Sequence[str]) -> str:
    n_dialogues = results.n_dialogues(method, way, rates[0])
    low, high = interval(draws_of(results, method, way, rates), n_dialogues)
    if math.isnan(low):
        return ""
    return f" [{results.measure.text(low, digits=2)}, {results.measure.text(high, digits=2)}]"
