"""timeline.html: the labels on the time line of their videos, in one file that needs no network.

Everything is laid out here and escaped by the templates; the script only listens. Videos are
linked, not in the page; where a link leads nowhere a person can choose the file.
"""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.base.files import write_text
from pipeline.base.records import MODALITIES
from pipeline.tools.label.cues import Cue, by_media, lanes
from pipeline.tools.label.table import LabelRow, cues_of

PAGE = "timeline.html"
TEMPLATES = Path(__file__).parent / "templates"
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
    found: Sequence[tuple[str, bool]]  # modality, and whether it was there


@dataclass(frozen=True)
class LaneView:
    """One row of a speaker."""

    name: str
    speaker: int  # number of the speaker in its file
    cues: Sequence[CueView]


@dataclass(frozen=True)
class CurveView:
    """The probability of a class over time: an SVG path in percent of time, 0 to 1 upwards."""

    name: str
    hue: int
    path: str


@dataclass(frozen=True)
class MediaView:
    """One file: a link to it, its length, its lanes and curves."""

    name: str
    link: str
    end_s: float
    n_labels: int
    speakers: Sequence[str]
    lanes: Sequence[LaneView]
    curves: Sequence[CurveView]


def write_page(
    out: Path,
    rows: Sequence[LabelRow],
    names: Sequence[str],
    lines: Sequence[str],
    videos: Path,
    *,
    is_synthetic: bool,
) -> None:
    """Write the page into `out`; `videos` is the folder that paths of media begin in.

    `names`: what probabilities are of, or the classes where there are none.
    """
    shown = list(_media(out, rows, names, videos))
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clock"] = clock
    texts = {kind: (TEMPLATES / f"timeline.{kind}").read_text("utf-8") for kind in ("css", "js")}
    parts = {kind: Markup(text) for kind, text in texts.items()}

    page = environment.get_template(PAGE).render(
        media=shown,
        names=list(enumerate(names)),
        palette=HUES,
        lines=lines,
        modalities=MODALITIES,
        is_synthetic=is_synthetic,
        **parts,
    )
    write_text(out / PAGE, page)


def clock(seconds: float) -> str:
    """Minutes and seconds, 3:07.4."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02}.{tenths % 10}"


def _media(
    out: Path, rows: Sequence[LabelRow], names: Sequence[str], videos: Path
) -> Iterator[MediaView]:
    labels = [row.label for row in rows if row.label and row.label not in names]
    numbers = [float(label) for label in labels if _is_number(label)]
    scale = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)

    for media, cues in by_media(cues_of(rows)).items():
        end_s = max(cue.end_ms for cue in cues) / 1000
        own = lanes(cues)
        speakers = list(dict.fromkeys(row[0].speaker for row in own.values()))
        yield MediaView(
            name=media,
            link=_link(out, videos / media),
            end_s=end_s,
            n_labels=sum(bool(cue.label) for cue in cues),
            speakers=speakers,
            lanes=[
                LaneView(
                    name,
                    speakers.index(row[0].speaker),
                    [_cue(cue, rows[cue.place], names, scale, end_s) for cue in row],
                )
                for name, row in own.items()
            ],
            curves=list(_curves(cues, rows, names, end_s)),
        )


def _cue(
    cue: Cue, row: LabelRow, names: Sequence[str], scale: tuple[float, float], end_s: float
) -> CueView:
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
        found=[(name, name in row.modalities) for name in MODALITIES],
    )


def _height(row: LabelRow, scale: tuple[float, float]) -> float:
    """The confidence; of numbers without one their place between the lowest and the highest."""
    if row.shares:
        return row.confidence
    if not _is_number(row.label):
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
    if row.shares:
        ranked = sorted(zip(row.shares, names, strict=True), reverse=True)
        yield ", ".join(f"{name} {share:.2f}" for share, name in ranked[:4])
    if not math.isnan(row.expected[0]):
        accuracy, low, high = row.expected
        yield f"right in {accuracy:.0%} of such cases [{low:.0%}, {high:.0%}] where it was tested"
    if not math.isnan(row.disagreement):
        yield f"disagreement of the runs: {row.disagreement:.2f}"


def _curves(
    cues: Sequence[Cue], rows: Sequence[LabelRow], names: Sequence[str], end_s: float
) -> Iterator[CurveView]:
    """Levels during utterances, lines between them."""
    told = [cue for cue in cues if rows[cue.place].shares]
    for number, name in enumerate(names if told else ()):
        points = [
            f"{100 * ms / 1000 / end_s:.3f} {1 - rows[cue.place].shares[number]:.4f}"
            for cue in told
            for ms in (cue.start_ms, cue.end_ms)
        ]
        yield CurveView(name, number % len(HUES), f"M{' L'.join(points)}")


def _link(out: Path, video: Path) -> str:
    """The way from the page to a video; as a URL it holds neither a scheme nor a script."""
    way = Path(os.path.relpath(video.absolute(), out.absolute())).as_posix()
    return quote(way) if way.startswith("../") else f"./{quote(way)}"


def _is_number(label: str) -> bool:
    try:
        return math.isfinite(float(label))
    except ValueError:
        return False
