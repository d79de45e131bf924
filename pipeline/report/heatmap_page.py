"""Maps of one dialogue as in paper Figure 4: (a) self-attention, (b) and (c) ECCE.

(a) is the attention of a network without ECCE, (b) ECCE without its local stage, (c) complete
ECCE. Where the ablations of Table 1 were not trained, (a) and (c) come from the main method and
(b) is left out: one network cannot show what it was not trained for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.base.records import Label, Utterance
from pipeline.base.tables import read_rows
from pipeline.config.tasks import TaskSettings
from pipeline.report.maps import (
    DialogueAxis,
    Scale,
    attention_scale,
    bias_scale,
    plot_dialogue_map,
)
from pipeline.report.task_data import TaskResults
from pipeline.report.traces import Trace
from pipeline.report.views import FigureView, Part

Map = NDArray[np.floating]


@dataclass(frozen=True)
class Panel:
    """One of the three maps, by modality, and what it shows."""

    letter: str
    title: str
    caption: str
    trace: Trace
    maps: dict[str, Map]  # (T, T)
    is_bias: bool = False

    @property
    def outside(self) -> NDArray[np.bool_] | None:
        """(T, T) True where ECCE's band ends and a constant stands; None of attention."""
        if not self.is_bias or self.trace.method.design is None:
            return None
        steps = np.arange(len(next(iter(self.maps.values()))))
        far: NDArray[np.bool_] = (
            np.abs(steps - steps[:, None]) > self.trace.method.design.context.band
        )
        return far

    def scale(self) -> Scale:
        """Of all modalities, so that they compare."""
        maps = list(self.maps.values())
        return attention_scale(maps) if self.outside is None else bias_scale(maps, self.outside)


def heatmap_part(results: TaskResults, traces: Sequence[Trace]) -> Part | None:
    """Panels a to c for each modality; None where no network has attention to show."""
    panels = [panel for panel in _panels(traces) if panel.maps]
    if not panels:
        return None
    _check_same_dialogue(traces)
    axis, header = _axis(results, panels[0].trace), panels[0].trace.header
    modalities = list(dict.fromkeys(m for panel in panels for m in panel.maps))
    figures = [
        _figure(results, panel, modality, axis)
        for panel in panels
        for modality in modalities
        if modality in panel.maps
    ]

    return Part(
        "Attention and ECCE of one dialogue",
        " ".join(_texts(header, [panel.letter for panel in panels])),
        figures=figures,
        is_small=True,
    )


def _texts(header: Mapping[str, Any], letters: list[str]) -> Iterator[str]:
    yield (
        f"Dialogue {header['dialogue']} ({header['role']}), complete data, as in Figure 4 of the "
        "paper. The inner strip on each axis is the gold label, the outer one the speaker. Maps of "
        "one kind have one scale."
    )
    if header["note"]:
        yield f"{header['note']}."
    if "b" not in letters:
        yield (
            "Figure 4 (b), ECCE without its local stage, needs a method that is trained so: "
            "ecce_global of configs/paper.yaml."
        )


def _panels(traces: Sequence[Trace]) -> Iterator[Panel]:
    contexts = {t.method.context: t for t in reversed(traces) if t.method.is_teacher_only}
    main = traces[0]

    if plain := contexts.get(("×", "×")):
        yield _panel("a", "self-attention", "attention without ECCE", plain, plain.of("attention"))
    else:
        maps = main.of("plain") or main.of("attention")
        caption = "attention with its ECCE bias taken away" if main.of("plain") else "attention"
        yield _panel("a", "self-attention", caption, main, maps)

    if partial := contexts.get(("×", "✓")):
        caption = "ECCE without its local stage"
        yield _panel(
            "b", "ECCE, global only", caption, partial, partial.of("context"), is_bias=True
        )

    full = contexts.get(("✓", "✓"), main)
    local = full.method.context == ("✓", "✓")
    title = "ECCE, local and global" if local else "ECCE, global only"
    yield _panel("c" if local else "b", title, "ECCE bias", full, full.of("context"), is_bias=True)


def _panel(
    letter: str,
    title: str,
    caption: str,
    trace: Trace,
    stacks: dict[str, NDArray[np.floating]],
    *,
    is_bias: bool = False,
) -> Panel:
    """The first layer's maps, whose inputs are nearest to the features."""
    maps = {m: stack[0] for m, stack in stacks.items()}
    return Panel(letter, title, caption, trace, maps, is_bias)


def _check_same_dialogue(traces: Sequence[Trace]) -> None:
    dialogues = {trace.header["dialogue"] for trace in traces}
    if len(dialogues) != 1:
        raise ValueError(f"traces show different dialogues: {sorted(dialogues)}")


def _axis(results: TaskResults, trace: Trace) -> DialogueAxis:
    shown = trace.header["utterances"]
    rows = read_rows(results.training_corpus / "utterances.csv", Utterance)
    speakers = {row.utterance_id: row.speaker for row in rows}
    golds = {r.utterance_id: r.label for r in read_rows(results.folder / "labels.csv", Label)}
    found = list(golds.values())
    return DialogueAxis(
        [speakers[name] for name in shown],
        [golds[name] if results.classes else f"{float(golds[name]):+.1f}" for name in shown],
        results.classes,
        1.0 if results.classes else _reach(results.section, [float(gold) for gold in found]),
    )


def _reach(task: TaskSettings, golds: Sequence[float]) -> float:
    """How far labels lie from the middle of the task's scale, where no scale is given by their own.

    `golds` are distances to that middle already.
    """
    if task.scale is None:
        return max((abs(gold) for gold in golds), default=0.0) or 1.0
    return max(abs(end - task.middle) for end in task.scale)


def _figure(results: TaskResults, panel: Panel, modality: str, axis: DialogueAxis) -> FigureView:
    values = panel.maps[modality]

    return FigureView(
        f"{results.name}_figure4{panel.letter}_{modality}",
        plot_dialogue_map(
            values,
            axis,
            f"({panel.letter}) {panel.title}, {modality}",
            panel.scale(),
            panel.outside,
        ),
        f"({panel.letter}) {modality}: {panel.caption}, first layer; "
        f"{panel.trace.method.label}, {panel.trace.run}",
        results.source(f"traces/{panel.trace.method.name}.safetensors"),
        _long_form(values, panel.trace.header["utterances"]),
    )


def _long_form(values: Map, utterances: Sequence[str]) -> pd.DataFrame:
    queries, keys = np.indices(values.shape)
    names = np.asarray(utterances)
    return pd.DataFrame(
        {
            "query": names[queries.ravel()],
            "key": names[keys.ravel()],
            "value": [float(f"{value:.6g}") for value in values.ravel()],
        }
    )
