"""Reads MELD.Raw as its authors send it (Poria et al. 2019): scenes of a series, several faces.

One clip per utterance; numbers of dialogues begin anew in each split, so ids are prefixed with it:
`dev_dia3_utt0`. Annotations: `emotion` (seven), `sentiment` (three), `split`. The transcripts mix
UTF-8 with garbled cp1252 quotes, which are repaired and counted. Counts: the corpus' README, but
for the dialogues of train: the table holds 1,038, the README says 1,039.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from pipeline.base.records import Dropped, Role
from pipeline.base.wording import counted
from pipeline.config.corpora import CorpusSettings
from pipeline.corpora.checks import assemble, drop
from pipeline.corpora.listing import list_files
from pipeline.corpora.raw import (
    DIALOGUES,
    UTTERANCES,
    Candidate,
    CorpusError,
    Counts,
    Key,
    RawCorpus,
)
from pipeline.corpora.sheets import Sheet, SheetRow, parse_sheet
from pipeline.corpora.texts import printable, read_legacy_text, repair_mojibake

WHICH_FACE: Final = "speaker"
TREE = """\
MELD.Raw/
  train_sent_emo.csv   train_splits/dia0_utt0.mp4
  dev_sent_emo.csv     dev_splits_complete/dia0_utt0.mp4
  test_sent_emo.csv    output_repeated_splits_test/dia0_utt0.mp4"""

COLUMNS = ("Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID", "Utterance_ID")


class Split(NamedTuple):
    """Files of one split and what they hold in the release."""

    name: str
    clips: str
    n_dialogues: int
    emotions: dict[str, int]


_EMOTIONS = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")


def _numbers(*counts: int) -> dict[str, int]:
    return dict(zip(_EMOTIONS, counts, strict=True))


SPLITS: dict[Role, Split] = {
    "train": Split("train", "train_splits", 1038, _numbers(1109, 271, 268, 1743, 4710, 683, 1205)),
    "validation": Split(
        "dev", "dev_splits_complete", 114, _numbers(153, 22, 40, 163, 470, 111, 150)
    ),
    "test": Split(
        "test", "output_repeated_splits_test", 280, _numbers(345, 68, 50, 402, 1256, 208, 281)
    ),
}

# Clips of the release that do not decode; they stay, and their features say so (reading.md F.1).
KNOWN_BAD = {"train_dia125_utt3"}


def files(settings: CorpusSettings) -> tuple[str, ...]:
    """Glob patterns of the files that decide what `read` returns, and of the media."""
    splits = [SPLITS[role] for role in settings.splits or SPLITS]
    return tuple(
        pattern
        for split in splits
        for pattern in (f"{split.name}_sent_emo.csv", f"{split.clips}/*.mp4")
    )


def read(root: Path, settings: CorpusSettings) -> RawCorpus:
    """Read the splits that config names, or those that are there."""
    candidates: list[Candidate] = []
    dropped: list[Dropped] = []
    notes: list[str] = []
    for role in settings.splits or SPLITS:
        name = f"{SPLITS[role].name}_sent_emo.csv"
        if not (root / name).is_file():
            if settings.splits:
                raise CorpusError(f"{name} is not there, and the key `splits` asks for {role}")
            notes.append(f"{name} is not there: the corpus is read without its {role} role")
            continue

        sheet, how = _read_sheet(root, name, settings.links)
        notes += how
        rows, bad = _read_rows(sheet, role)
        candidates += rows
        dropped += [*sheet.dropped, *bad]

    return assemble(
        root,
        settings,
        candidates,
        dropped=dropped,
        expected=_expected(settings.splits or tuple(SPLITS)),
        notes=[*notes, *_notes(root, settings, candidates)],
        classes=("emotion", "sentiment"),
    )


def _expected(roles: Iterable[Role]) -> Counts:
    splits = {role: SPLITS[role] for role in roles}
    expected: dict[Key, int] = {
        UTTERANCES: sum(sum(split.emotions.values()) for split in splits.values()),
        DIALOGUES: sum(split.n_dialogues for split in splits.values()),
    }
    for role, split in splits.items():
        expected["emotion", role, "all"] = sum(split.emotions.values())
        expected |= {("emotion", role, emotion): n for emotion, n in split.emotions.items()}
    return expected


def _read_sheet(root: Path, name: str, links: Sequence[str]) -> tuple[Sheet, list[str]]:
    """The table of a split with its quotes repaired, and notes that say so."""
    text, is_legacy = read_legacy_text(root, name, links)
    sheet = parse_sheet(text, name, COLUMNS, strict=False)
    notes = [f"{name} is not UTF-8 and was read as cp1252"] if is_legacy else []
    n_repaired = 0
    for row in sheet.rows:
        repaired = repair_mojibake(row.cells["Utterance"])
        n_repaired += repaired != row.cells["Utterance"]
        row.cells["Utterance"] = repaired
    if n_repaired:
        notes.append(f"{name}: garbled quotes repaired in {counted(n_repaired, 'row')}")
    return sheet, notes


def _read_rows(sheet: Sheet, role: Role) -> tuple[list[Candidate], list[Dropped]]:
    good: list[tuple[int, int, Candidate]] = []
    dropped: list[Dropped] = []
    for row in sheet.rows:
        dialogue, utterance = row.cells["Dialogue_ID"].strip(), row.cells["Utterance_ID"].strip()
        if dialogue.isdecimal() and utterance.isdecimal():
            good.append((int(dialogue), int(utterance), _candidate(row, role)))
        else:
            reason = f"ids are not numbers: Dialogue_ID={dialogue!r}, Utterance_ID={utterance!r}"
            dropped.append(drop(row.source, reason))
    return [candidate for *_, candidate in sorted(good, key=lambda item: item[:2])], dropped


def _candidate(row: SheetRow, role: Role) -> Candidate:
    split, cells = SPLITS[role], row.cells
    dialogue, utterance = int(cells["Dialogue_ID"]), int(cells["Utterance_ID"])
    episode = [cells.get(name, "").strip() for name in ("Season", "Episode")]

    return Candidate(
        utterance_id=f"{split.name}_dia{dialogue}_utt{utterance}",
        dialogue_id=f"{split.name}_dia{dialogue}",
        media=f"{split.clips}/dia{dialogue}_utt{utterance}.mp4",
        source=row.source,
        speaker=cells["Speaker"],
        session=f"s{episode[0]}e{episode[1]}" if all(episode) else "",
        text=cells["Utterance"],
        annotations={
            "emotion": cells["Emotion"].strip().lower(),
            "sentiment": cells["Sentiment"].strip().lower(),
            "split": role,
        },
    )


def _notes(root: Path, settings: CorpusSettings, candidates: list[Candidate]) -> Iterator[str]:
    named = {candidate.media for candidate in candidates}
    clips = [pattern for pattern in files(settings) if pattern.endswith(".mp4")]
    spare = [file.relative for file in list_files(root, clips) if file.relative not in named]
    if spare:
        yield f"{len(spare)} clips stand in no table, first: {printable(spare[0])}"
    for id_ in sorted(KNOWN_BAD & {candidate.utterance_id for candidate in candidates}):
        yield f"{id_}: the clip of the release is known not to decode"
