"""What was really missing: the stored test masks, and with them what was never extracted.

Masks are (N, 3) bool over labels.csv, columns audio, text, visual; counted are the test rows of
every fold. `extracted` comes from the feature files. What is withheld is a share of what was
extracted; natural missingness is in addition.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd

from pipeline.config.condition_parts import NOTHING_LEFT
from pipeline.config.conditions import is_rate
from pipeline.protocol.availability import Mask, realised_rate
from pipeline.report.figures import plot_stacks
from pipeline.report.masked_folds import masked_folds
from pipeline.report.palettes import AMOUNTS
from pipeline.report.task_data import TaskResults
from pipeline.report.views import FigureView, Part, TableView, text_row

WITHHELD, IN_FACT = "withheld by the protocol", "in fact, with what was never extracted"


@dataclass(frozen=True)
class Missingness:
    """Test utterances of all folds under one condition, M modalities of the task."""

    rate: str  # or the name of another condition
    cause: str
    n_utterances: int
    missing_cells: float  # share of (utterance, modality) cells: of all, or of the extracted ones
    by_modality: Mapping[str, float]
    n_usable: tuple[float, ...]  # share of utterances with 0, 1, ... M usable modalities


def missingness_part(results: TaskResults) -> Part:
    """A table of all conditions, and two figures over the rates."""
    rows = list(_measure(results))
    source = results.source(f"availability/*_{results.protocol.mask_seed}.safetensors")
    causes = {cause: [row for row in rows if row.cause == cause] for cause in (WITHHELD, IN_FACT)}
    figures = [_figure(results, causes[WITHHELD], "withheld", source)]

    n_modalities = len(results.section.modalities)
    text = (
        "Every method meets the same stored test masks. Rates are shares of what was extracted; of "
        "each utterance one modality that it has is kept, so that no rate withholds more than "
        f"{n_modalities - 1}/{n_modalities}."
    )
    if any(name.endswith(NOTHING_LEFT) for name in results.conditions):
        text += f" Conditions that end in `{NOTHING_LEFT}` keep none, and withhold what they say."
    if any(
        in_fact.missing_cells > withheld.missing_cells
        for in_fact, withheld in zip(causes[IN_FACT], causes[WITHHELD], strict=True)
    ):
        figures.append(_figure(results, causes[IN_FACT], "in_fact", source))
    else:
        text += " Nothing else was missing: every modality of every test utterance was extracted."
    table = _table(results, rows, source)

    return Part("Realised missingness", text, [table], figures, tables_title="As a table")


def _measure(results: TaskResults) -> Iterator[Missingness]:
    modalities = results.section.sorted_modalities
    for name, group in groupby(masked_folds(results), key=lambda fold: fold.condition):
        folds = list(group)
        found = np.concatenate([fold.extracted for fold in folds])
        usable = np.concatenate([fold.usable for fold in folds])
        yield _summary(name, WITHHELD, usable, found, modalities)
        yield _summary(name, IN_FACT, usable, np.ones_like(found), modalities)


def _summary(
    rate: str, cause: str, usable: Mask, counted: Mask, modalities: Sequence[str]
) -> Missingness:
    """Shares of the `counted` cells that are not usable; cells (n, M) of M modalities."""
    counts = np.bincount(usable.sum(axis=1), minlength=len(modalities) + 1) / max(len(usable), 1)
    return Missingness(
        rate,
        cause,
        len(usable),
        realised_rate(usable, counted),
        {m: realised_rate(usable[:, i], counted[:, i]) for i, m in enumerate(modalities)},
        tuple(counts.tolist()),
    )


def _table(results: TaskResults, rows: list[Missingness], source: str) -> TableView:
    kept = [f"{n} usable" for n in range(len(rows[0].n_usable))]
    shown = [
        text_row(
            row.rate,
            f"{100 * row.missing_cells:.1f}",
            *(f"{100 * share:.1f}" for share in row.by_modality.values()),
            *(f"{100 * share:.1f}" for share in row.n_usable),
            group=row.cause.capitalize(),
        )
        for row in sorted(rows, key=lambda row: row.cause != WITHHELD)
    ]

    return TableView(
        caption=f"Share in % of {rows[0].n_utterances} test utterances, all folds together",
        columns=["condition", "cells missing", *rows[0].by_modality, *kept],
        rows=shown,
        name=f"{results.name}_missingness",
        note="A modality's column says how many utterances lack it.",
        source=source,
        data=_long_form(results, rows),
    )


def _figure(results: TaskResults, rows: list[Missingness], name: str, source: str) -> FigureView:
    rows = [row for row in rows if is_rate(row.rate)]
    most = len(rows[0].n_usable) - 1
    series = {
        f"{n} usable": [row.n_usable[n] for row in rows]
        for n in range(most, -1, -1)
        if any(row.n_usable[n] for row in rows)
    }

    ticks = [f"{row.rate}\n{100 * row.missing_cells:.0f} %" for row in rows]
    return FigureView(
        f"{results.name}_missingness_{name}",
        plot_stacks(ticks, series, "missing rate; below it the share of cells missing", AMOUNTS),
        f"Utterances by how many modalities they have: {rows[0].cause}",
        source,
        _long_form(results, rows),
    )


def _long_form(results: TaskResults, rows: list[Missingness]) -> pd.DataFrame:
    return pd.DataFrame(
        {"task": results.name, "rate": row.rate, "cause": row.cause, "what": what, "share": share}
        for row in rows
        for what, share in (
            ("cells missing", row.missing_cells),
            *((f"{name} missing", share) for name, share in row.by_modality.items()),
            *((f"{n} usable", share) for n, share in enumerate(row.n_usable)),
        )
    )
