"""Reads CMU-MOSI as its authors send it (Zadeh et al. 2016; reading.md B.1, D.2).

A video is a dialogue with one speaker; utterance k of it is `<video>_<k>`, k from 1. Segmented
clips are whole utterances; full videos need times, which a .csd or a CSV with start_s and end_s
gives. Annotations: `sentiment` in [-3, 3], `split` of the official folds (52/10/31 videos).
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from pipeline.base.records import Dropped
from pipeline.base.wording import counted
from pipeline.config.corpora import CorpusSettings
from pipeline.corpora.checks import assemble, drop
from pipeline.corpora.folds import mosi_roles
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
from pipeline.corpora.raw import DIALOGUES, UTTERANCES, Candidate, Counts, Key, RawCorpus
from pipeline.corpora.texts import read_legacy_text

WHICH_FACE: Final = "single"
TREE = """\
CMU-MOSI/
  CMU_MOSI_Opinion_Labels.csd         or label.csv, labels.csv, or the key `labels`
  Raw/Transcript/Segmented/
    03bSnISJMiM.annotprocessed        lines 1_DELIM_ANYHOW IT WAS REALLY GOOD
  Raw/Video/Segmented/
    03bSnISJMiM_1.mp4                 one clip per utterance, and/or (videos: full)
  Raw/Video/Full/
    03bSnISJMiM.mp4                   whole videos"""

TRANSCRIPTS = "Raw/Transcript/Segmented/*.annotprocessed"
CSD = "CMU_MOSI_Opinion_Labels.csd"

# reading.md B.1: utterances of each role by sign of the sentiment.
SIGNS = {
    "train": {"negative": 552, "zero": 53, "positive": 679},
    "validation": {"negative": 92, "zero": 13, "positive": 124},
    "test": {"negative": 379, "zero": 30, "positive": 277},
}
N_VIDEOS = 93


def files(settings: CorpusSettings) -> tuple[str, ...]:
    """Glob patterns of the files that decide what `read` returns, and of the media."""
    videos = f"Raw/Video/{'Full' if settings.videos == 'full' else 'Segmented'}/*.mp4"
    return TRANSCRIPTS, videos, *label_patterns(settings, CSD)


def read(root: Path, settings: CorpusSettings) -> RawCorpus:
    """Read every labelled utterance; what is not labelled is told."""
    path = find_labels(root, settings, CSD)
    opinions, dropped = _read_labels(path, settings.links)
    texts, bad_lines = _read_transcripts(root, settings.links)

    disagreeing: list[str] = []
    candidates = []
    for opinion in sorted(opinions, key=lambda opinion: (opinion.video, opinion.clip)):
        annotations = with_role(opinion, mosi_roles(), disagreeing)
        candidate = _candidate(opinion, texts, annotations, is_full=settings.videos == "full")
        if candidate is None:
            reason = "no times: videos: full needs a .csd, or a CSV with start_s and end_s"
            dropped.append(drop(f"{opinion.utterance_id} ({opinion.source})", reason))
        else:
            candidates.append(candidate)

    labelled = {opinion.utterance_id for opinion in opinions}
    dropped += [drop(id_, "transcript line has no label") for id_ in texts if id_ not in labelled]
    candidates, early = from_zero(candidates)

    return assemble(
        root,
        settings,
        candidates,
        dropped=[*dropped, *bad_lines],
        expected=expected_signs("sentiment", SIGNS, N_VIDEOS),
        notes=[*notes(candidates, disagreeing, path), *early],
        signs=["sentiment"],
    )


def expected_signs(name: str, signs: dict[str, dict[str, int]], n_videos: int) -> Counts:
    """Published counts of a sentiment corpus, by role and by sign."""
    n_utterances = sum(sum(by_sign.values()) for by_sign in signs.values())
    expected: dict[Key, int] = {UTTERANCES: n_utterances, DIALOGUES: n_videos}
    for role, by_sign in signs.items():
        expected[name, role, "all"] = sum(by_sign.values())
        expected |= {(name, role, sign): n for sign, n in by_sign.items()}
    return expected


def notes(candidates: list[Candidate], disagreeing: list[str], labels: Path) -> Iterator[str]:
    """What a user should know of labels, splits and texts."""
    yield f"labels from {labels.name}"
    if disagreeing:
        name = counted(len(disagreeing), "label names", "labels name")
        yield f"{name} another split than the official folds, which count"
    without_split = {
        candidate.dialogue_id for candidate in candidates if "split" not in candidate.annotations
    }
    if without_split:
        lie = counted(len(without_split), "video is", "videos are")
        yield f"{lie} in no official fold, first: {min(without_split)}"
    if without_text := sum(not candidate.text for candidate in candidates):
        stand = counted(without_text, "utterance stands", "utterances stand")
        yield f"{stand} in no transcript: no text"


def _read_labels(path: Path, links: Sequence[str]) -> tuple[list[Opinion], list[Dropped]]:
    if path.suffix != ".csd":
        return read_opinions(path, links)
    rows, dropped = read_csd_rows(path, ["sentiment"])

    opinions = [
        Opinion(
            video=row.video,
            clip=row.row + 1,  # row i labels utterance i + 1 (reading.md D.2)
            source=f"{path.name} row {row.row}",
            annotations=name_values(row.values, ["sentiment"]),
            start_s=row.start_s,
            end_s=row.end_s,
        )
        for row in rows
    ]
    return opinions, dropped


def _read_transcripts(root: Path, links: Sequence[str]) -> tuple[dict[str, str], list[Dropped]]:
    texts: dict[str, str] = {}
    dropped: list[Dropped] = []
    for file in list_files(root, [TRANSCRIPTS]):
        video = PurePosixPath(file.relative).stem
        text, _ = read_legacy_text(root, file.relative, links)
        for number, line in enumerate(text.split("\n"), 1):
            clip, mark, said = line.partition("_DELIM_")
            utterance_id = f"{video}_{clip.strip()}"
            if not line.strip():
                continue

            if not mark or not clip.strip().isdecimal():
                reason = f"transcript line is not <number>_DELIM_<text>: {line}"
                dropped.append(drop(f"{file.relative} line {number}", reason))
            elif utterance_id in texts:
                dropped.append(drop(utterance_id, "id stands twice in transcript"))
            else:
                texts[utterance_id] = said
    return texts, dropped


def _candidate(
    opinion: Opinion, texts: dict[str, str], annotations: dict[str, str], is_full: bool
) -> Candidate | None:
    """The utterance of a label, or None where a full video is to be cut and no times are known."""
    start_s, end_s = (opinion.start_s, opinion.end_s) if is_full else (0.0, math.inf)
    if start_s is None or end_s is None:
        return None

    name = f"Full/{opinion.video}" if is_full else f"Segmented/{opinion.utterance_id}"
    return Candidate(
        utterance_id=opinion.utterance_id,
        dialogue_id=opinion.video,
        media=f"Raw/Video/{name}.mp4",
        source=opinion.source,
        start_s=start_s,
        end_s=end_s,
        speaker=opinion.video,
        text=texts.get(opinion.utterance_id, opinion.text),
        annotations=annotations,
    )
