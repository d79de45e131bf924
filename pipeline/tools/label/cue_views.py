"""One utterance as the page draws it: its place, height and colour, and what is told of it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.base.records import MODALITIES
from pipeline.features.statuses import MEANINGS
from pipeline.tools.label.cues import Cue
from pipeline.tools.label.seen import ANY, seen_in_words
from pipeline.tools.label.table import LabelRow

# Of equal weight on white and on black; beside each colour stands its name.
HUES = ("#d1495b", "#2a86c8", "#3a9d5d", "#c08a13", "#9a66c2", "#00979f", "#d9752b", "#b3589a")
UNSURE = 0.06  # height of the lowest bar, so that it can be seen and clicked


@dataclass(frozen=True)
class CueView:
    """An utterance on its lane; places are percent of the file's length, height of the lane's."""

    start_s: float
    left: float
    width: float
    height: float
    hue: int  # number of its colour; -1: no label
    label: str
    words: str
    details: Sequence[str]
    found: Sequence[tuple[str, bool, str]]  # modality, whether it was there, and why not


def clock(seconds: float) -> str:
    """Minutes and seconds, 3:07.4."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02}.{tenths % 10}"


def cue_view(
    cue: Cue, row: LabelRow, names: Sequence[str], scale: tuple[float, float], end_s: float
) -> CueView:
    """`names` are what probabilities are of; `scale` the lowest and the highest number."""
    length_ms = 1000 * end_s

    return CueView(
        start_s=cue.start_ms / 1000,
        left=100 * cue.start_ms / length_ms,
        width=100 * (cue.end_ms - cue.start_ms) / length_ms,
        height=max(_height(row, scale), UNSURE) if row.label else UNSURE,
        hue=_hue(row, names),
        label=row.label or "no label",
        words=cue.text,
        details=list(_details(cue, row, names)),
        found=[(name, *_there(row, name)) for name in MODALITIES],
    )


def _height(row: LabelRow, scale: tuple[float, float]) -> float:
    """The confidence; of numbers without one their place between the lowest and the highest."""
    if row.shares:
        return row.confidence
    if not says_number(row.label):
        return 1.0
    low, high = scale
    return (float(row.label) - low) / (high - low) if high > low else 1.0


def _hue(row: LabelRow, names: Sequence[str]) -> int:
    """Of the likeliest name, or of the label itself where it is one; numbers have the first."""
    if not row.label:
        return -1
    if row.shares:
        return max(range(len(names)), key=row.shares.__getitem__) % len(HUES)
    return names.index(row.label) % len(HUES) if row.label in names else 0


def _details(cue: Cue, row: LabelRow, names: Sequence[str]) -> Iterator[str]:
    yield f"{clock(cue.start_ms / 1000)} to {clock(cue.end_ms / 1000)} {cue.speaker}".strip()
    if row.reason:
        yield row.reason
    for modality, status in row.missing.items():
        yield f"without {modality}: {MEANINGS.get(status, status)}"
    if row.face:
        yield seen_in_words(row.face)

    if row.shares:
        ranked = sorted(zip(row.shares, names, strict=True), reverse=True)
        yield ", ".join(f"{name} {share:.2f}" for share, name in ranked[:4])
    if not math.isnan(row.expected[0]):
        accuracy, low, high = row.expected
        yield f"right in {accuracy:.0%} of such cases [{low:.0%}, {high:.0%}] where it was tested"
    if not math.isnan(row.disagreement):
        yield f"disagreement of the runs: {row.disagreement:.2f}"


def _there(row: LabelRow, modality: str) -> tuple[bool, str]:
    """Whether it was there, and a word about it for the mark."""
    if modality in row.modalities:
        is_unsure = modality == "visual" and row.face == ANY
        return True, f": {ANY}, maybe not the speaker's" if is_unsure else ""
    status = row.missing.get(modality)
    return False, ": not used" if status is None else f": {MEANINGS.get(status, status)}"


def says_number(label: str) -> bool:
    """Whether a label is one: of regression."""
    try:
        return math.isfinite(float(label))
    except ValueError:
        return False
