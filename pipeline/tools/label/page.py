"""timeline.html: the labels on the time line of their videos, in one file that needs no network.

Everything is laid out here and escaped by the templates; the script only listens. Videos are
linked, not in the page; where a link leads nowhere a person can choose the file.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from pipeline.base.files import write_text
from pipeline.base.records import MODALITIES
from pipeline.report.templating import environment
from pipeline.tools.label.cue_views import HUES, CueView, clock, cue_view, says_number
from pipeline.tools.label.cues import Cue, by_media, lanes
from pipeline.tools.label.table import LabelRow, cues_of

PAGE = "timeline.html"
TEMPLATES = Path(__file__).parent / "templates"


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
    copies: Mapping[str, Path],
    *,
    is_synthetic: bool,
) -> None:
    """Write the page into `out`; `videos` is the folder that paths of media begin in.

    `names`: what probabilities are of, or the classes where there are none. `copies`: by path of
    media what is linked in their place.
    """
    shown = list(_media(out, rows, names, videos, copies))
    templates = environment(TEMPLATES)
    templates.filters["clock"] = clock
    texts = {kind: (TEMPLATES / f"timeline.{kind}").read_text("utf-8") for kind in ("css", "js")}
    parts = {kind: Markup(text) for kind, text in texts.items()}

    page = templates.get_template(PAGE).render(
        media=shown,
        names=list(enumerate(names)),
        palette=HUES,
        lines=lines,
        modalities=MODALITIES,
        is_synthetic=is_synthetic,
        **parts,
    )
    write_text(out / PAGE, page)


def _media(
    out: Path,
    rows: Sequence[LabelRow],
    names: Sequence[str],
    videos: Path,
    copies: Mapping[str, Path],
) -> Iterator[MediaView]:
    labels = [row.label for row in rows if row.label and row.label not in names]
    numbers = [float(label) for label in labels if says_number(label)]
    scale = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)

    for media, cues in by_media(cues_of(rows)).items():
        end_s = max(cue.end_ms for cue in cues) / 1000
        own = lanes(cues)
        speakers = list(dict.fromkeys(row[0].speaker for row in own.values()))
        yield MediaView(
            name=media,
            link=_link(out, copies.get(media, videos / media)),
            end_s=end_s,
            n_labels=sum(bool(cue.label) for cue in cues),
            speakers=speakers,
            lanes=[
                LaneView(
                    name,
                    speakers.index(row[0].speaker),
                    [cue_view(cue, rows[cue.place], names, scale, end_s) for cue in row],
                )
                for name, row in own.items()
            ],
            curves=list(_curves(cues, rows, names, end_s)),
        )


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
