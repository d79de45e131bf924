"""Reads CMU-MOSEI as its authors send it (Zadeh et al. 2018; reading.md B.1, D.3).

A video is a dialogue with one speaker; utterance `<video>_<segment>`, segments from 0, with gaps
where a segment has no label. Times and texts come from the transcripts. Annotations: `sentiment`
in [-3, 3] for all labelled segments, `sentiment_gcnet` for the 22,856 of the published set,
`split` of its folds, and six emotions where a .csd gives them.

A .csd names spans, not segments: a label belongs to the segment of the same video whose start and
end lie within 50 ms. That is our reading, no public text says it.
"""

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from pipeline.base.records import Dropped
from pipeline.config.corpora import CorpusSettings
from pipeline.corpora.checks import assemble, drop
from pipeline.corpora.csd import CsdRow
from pipeline.corpora.folds import mosei_published_ids, mosei_roles
from pipeline.corpora.labels import (
    Opinion,
    find_labels,
    from_zero,
    label_patterns,
    name_values,
    read_csd_rows,
    read_opinions,
    with_role,
)
from pipeline.corpora.listing import list_files
from pipeline.corpora.mosi import expected_signs, notes
from pipeline.corpora.raw import Candidate, RawCorpus
from pipeline.corpora.texts import read_legacy_text

WHICH_FACE: Final = "single"
TREE = """\
CMU_MOSEI/
  CMU_MOSEI_Labels.csd                 or label.csv, labels.csv, or the key `labels`
  Raw/Transcript/Segmented/Combined/
    -3g5yACwYnA.txt                    lines <video>___<segment>___<start>___<end>___<text>
  Raw/Videos/Full/Combined/
    -3g5yACwYnA.mp4                    whole videos, and/or (videos: segmented)
  Raw/Videos/Segmented/Combined/
    -3g5yACwYnA_2.mp4                  one clip per segment"""

TRANSCRIPTS = "Raw/Transcript/Segmented/Combined/*.txt"
CSD = "CMU_MOSEI_Labels.csd"
CSD_COLUMNS = ("sentiment", "happy", "sad", "anger", "surprise", "disgust", "fear")
TOLERANCE_S = 0.05
MAX_DIGITS = 9  # of the number of a segment

# reading.md B.1: utterances of each role by sign of the sentiment.
SIGNS = {
    "train": {"negative": 4738, "zero": 3540, "positive": 8048},
    "validation": {"negative": 506, "zero": 433, "positive": 932},
    "test": {"negative": 1350, "zero": 1025, "positive": 2284},
}
N_VIDEOS = 3225

# Times as programs print floats: -0.4775, 1e-05.
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


def files(settings: CorpusSettings) -> tuple[str, ...]:
    """Glob patterns of the files that decide what `read` returns, and of the media."""
    folder = "Segmented" if settings.videos == "segmented" else "Full"
    videos = f"Raw/Videos/{folder}/Combined/*.mp4"
    return TRANSCRIPTS, videos, *label_patterns(settings, CSD)


def read(root: Path, settings: CorpusSettings) -> RawCorpus:
    """Read every labelled segment that has a line in a transcript; the rest is told."""
    path = find_labels(root, settings, CSD)
    segments, dropped = _read_transcripts(root, settings.links)
    opinions, bad_labels = _read_labels(path, segments, settings.links)

    disagreeing: list[str] = []
    candidates = []
    for opinion in sorted(opinions, key=lambda opinion: (opinion.video, opinion.clip)):
        segment = segments.get(opinion.utterance_id)
        if segment is None:
            reason = "label has no transcript line"
            dropped.append(drop(f"{opinion.utterance_id} ({opinion.source})", reason))
            continue
        annotations = with_role(opinion, mosei_roles(), disagreeing)
        if opinion.utterance_id in mosei_published_ids() and "sentiment" in annotations:
            annotations = {**annotations, "sentiment_gcnet": annotations["sentiment"]}
        candidates.append(_candidate(segment, annotations, is_full=settings.videos != "segmented"))

    labelled = {opinion.utterance_id for opinion in opinions}
    dropped += [drop(id_, "segment has no label") for id_ in segments if id_ not in labelled]
    candidates, early = from_zero(candidates)

    return assemble(
        root,
        settings,
        candidates,
        dropped=[*dropped, *bad_labels],
        expected=expected_signs("sentiment_gcnet", SIGNS, N_VIDEOS),
        notes=[*notes(candidates, disagreeing, path), *early],
        signs=["sentiment", "sentiment_gcnet"],
    )


def _read_transcripts(root: Path, links: Sequence[str]) -> tuple[dict[str, Opinion], list[Dropped]]:
    """Segments by utterance id, without annotations."""
    segments: dict[str, Opinion] = {}
    dropped: list[Dropped] = []
    for file in list_files(root, [TRANSCRIPTS]):
        read_here, bad = _read_transcript(root, file.relative, links)
        if bad and not read_here:  # a whole file of garbage or of numbers is one item, not many
            bad = [drop(file.relative, f"transcript has no segment: {len(bad)} other lines")]
        dropped += bad
        for segment in read_here:
            if segment.utterance_id in segments:
                dropped.append(drop(segment.utterance_id, "id stands twice in transcript"))
            else:
                segments[segment.utterance_id] = segment
    return segments, dropped


def _read_transcript(
    root: Path, relative: str, links: Sequence[str]
) -> tuple[list[Opinion], list[Dropped]]:
    segments: list[Opinion] = []
    bad: list[Dropped] = []
    video = PurePosixPath(relative).stem
    text, _ = read_legacy_text(root, relative, links)

    for number, line in enumerate(text.split("\n"), start=1):
        source = f"{relative} line {number}"
        segment = _parse(line.strip(), video, source)
        if segment is not None:
            segments.append(segment)
        elif line.strip():
            shape = "<video>___<segment>___<start>___<end>___<text>"
            bad.append(drop(source, f"transcript line is not {shape}: {line}"))
    return segments, bad


def _parse(line: str, video: str, source: str) -> Opinion | None:
    """A segment, or None. Ids and sentences may hold underscores too, hence the care."""
    cells = line.removeprefix(f"{video}___").split("___", 3)
    if not line.startswith(f"{video}___") or len(cells) != 4:
        return None
    times = [cell.strip().replace("\u2212", "-") for cell in cells[1:3]]
    if not _is_count(cells[0]) or not all(map(_NUMBER.fullmatch, times)):
        return None

    return Opinion(
        video=video,
        clip=int(cells[0]),
        source=source,
        annotations={},
        start_s=float(times[0]),
        end_s=float(times[1]),
        text=cells[3],
    )


def _is_count(cell: str) -> bool:
    return cell.isascii() and cell.isdigit() and len(cell) <= MAX_DIGITS


def _read_labels(
    path: Path, segments: dict[str, Opinion], links: Sequence[str]
) -> tuple[list[Opinion], list[Dropped]]:
    if path.suffix != ".csd":
        return read_opinions(path, links)
    rows, dropped = read_csd_rows(path, CSD_COLUMNS)
    of_video: dict[str, list[Opinion]] = defaultdict(list)
    for segment in segments.values():
        of_video[segment.video].append(segment)

    opinions = []
    for row in rows:
        source = f"{path.name} row {row.row}"
        labelled = _segment_at(row, of_video[row.video])
        if labelled is None:
            span = f"{row.start_s:.3f}-{row.end_s:.3f}"
            dropped.append(drop(f"{row.video} {span} ({source})", "label fits no transcript line"))
        else:
            annotations = name_values(row.values, CSD_COLUMNS)
            opinions.append(replace(labelled, annotations=annotations, source=source))
    return opinions, dropped


def _segment_at(row: CsdRow, segments: list[Opinion]) -> Opinion | None:
    """The segment whose times are those of a label."""
    fitting = [
        segment
        for segment in segments
        if segment.start_s is not None
        and segment.end_s is not None
        and max(abs(segment.start_s - row.start_s), abs(segment.end_s - row.end_s)) <= TOLERANCE_S
    ]
    return min(fitting, key=lambda segment: abs((segment.start_s or 0) - row.start_s), default=None)


def _candidate(segment: Opinion, annotations: dict[str, str], is_full: bool) -> Candidate:
    name = (
        f"Full/Combined/{segment.video}"
        if is_full
        else (f"Segmented/Combined/{segment.utterance_id}")
    )

    return Candidate(
        utterance_id=segment.utterance_id,
        dialogue_id=segment.video,
        media=f"Raw/Videos/{name}.mp4",
        source=segment.source,
        start_s=segment.start_s or 0.0 if is_full else 0.0,
        end_s=segment.end_s or 0.0 if is_full else math.inf,
        speaker=segment.video,
        text=segment.text,
        annotations=annotations,
    )
