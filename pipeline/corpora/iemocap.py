"""Reads IEMOCAP_full_release as its authors send it (Busso et al. 2008; reading.md B.1, D.1).

Utterances are the evaluated ones, labelled by majority or not, in the order of the transcript:
a task selects by label later. Annotations: `emotion` is the majority code (neu hap exc sad ang
fru sur fea dis oth xxx), `emotion_gcnet` the same with the 53 extra `hap` of the published
six-class set, so that it gives 7,433 utterances and `emotion` the strict 7,380; `valence`,
`activation`, `dominance` are means on a scale of 1 to 5. Times in seconds of the dialogue's video.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from pipeline.config.corpora import CorpusSettings
from pipeline.corpora.checks import assemble, drop
from pipeline.corpora.folds import extra_happy_ids
from pipeline.corpora.iemocap_account import Account
from pipeline.corpora.listing import list_files
from pipeline.corpora.raw import DIALOGUES, UTTERANCES, Candidate, Counts, Key, RawCorpus
from pipeline.corpora.texts import read_legacy_text

WHICH_FACE: Final = "side"
TREE = """\
IEMOCAP_full_release/
  Session1/ ... Session5/
    dialog/
      EmoEvaluation/Ses01F_impro01.txt    labels and times
      transcriptions/Ses01F_impro01.txt   text and times
      avi/DivX/Ses01F_impro01.avi         split-screen video with sound
      wav/Ses01F_impro01.wav              the sound, where the release comes without videos"""

EVALUATIONS = "Session[1-5]/dialog/EmoEvaluation/*.txt"
TRANSCRIPTS = "Session[1-5]/dialog/transcriptions/*.txt"
VIDEOS = "Session[1-5]/dialog/avi/DivX/*.avi"
SOUNDS = "Session[1-5]/dialog/wav/*.wav"

# Majority labels of the release (reading.md B.1): 10,039 utterances of 151 dialogues.
MAJORITY = {
    "neu": 1708, "fru": 1849, "ang": 1103, "sad": 1084, "exc": 1041, "hap": 595,
    "sur": 107, "fea": 40, "oth": 3, "dis": 2, "xxx": 2507,
}  # fmt: skip
HAPPY_WITH_EXTRA = 648
DIALOGUES_OF_SESSION = {"Ses01": 28, "Ses02": 30, "Ses03": 32, "Ses04": 30, "Ses05": 31}

# [6.2901 - 8.2357]<TAB>Ses01F_impro01_F000<TAB>neu<TAB>[2.5000, 2.5000, 2.5000]
_RECORD = re.compile(
    r"\[(\d+\.\d+) - (\d+\.\d+)\]\t(\S+)\t(\w+)\t\[(\d+\.\d+), (\d+\.\d+), (\d+\.\d+)\]"
)
# Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.
_LINE = re.compile(r"(\S+) \[(\d+\.\d+)-(\d+\.\d+)\]:(.*)", re.DOTALL)
_DIALOGUE = re.compile(r"Ses0([1-5])[FM]_\w+")


@dataclass(frozen=True, slots=True)
class _Turn:
    """What the transcript says of one utterance; `order` sorts turns as the file does."""

    order: tuple[float, int]
    start_s: float
    end_s: float
    text: str


def files(settings: CorpusSettings) -> tuple[str, ...]:
    """Glob patterns of the files that decide what `read` returns, and of the media."""
    return EVALUATIONS, TRANSCRIPTS, VIDEOS, SOUNDS


def read(root: Path, settings: CorpusSettings) -> RawCorpus:
    """Read every dialogue that has an EmoEvaluation file."""
    account = Account(settings.links)
    account.only_sound = _only_sound(root)
    candidates: list[Candidate] = []
    transcripts = {file.relative for file in list_files(root, [TRANSCRIPTS])}

    for file in list_files(root, [EVALUATIONS]):
        dialogue = PurePosixPath(file.relative).stem
        folder = file.relative.split("/")[0]
        match = _DIALOGUE.fullmatch(dialogue)
        if match is None or folder != f"Session{match[1]}":
            account.dropped.append(drop(file.relative, "file is named after no dialogue here"))
            continue
        relative = f"{folder}/dialog/transcriptions/{dialogue}.txt"
        turns = _read_transcript(root, relative, account) if relative in transcripts else {}
        transcripts.discard(relative)
        candidates += _dialogue(root, file.relative, dialogue, turns, account)
        account.dialogues[dialogue[:5]] = account.dialogues.get(dialogue[:5], 0) + 1

    account.dropped += [
        drop(name, "transcript has no EmoEvaluation file") for name in sorted(transcripts)
    ]
    if settings.make_demo is None:
        account.forget_expected()

    return assemble(
        root,
        settings,
        candidates if settings.make_demo else map(_with_published_label, candidates),
        dropped=account.dropped,
        expected=_expected(settings),
        notes=account.notes(DIALOGUES_OF_SESSION if settings.make_demo is None else {}),
        classes=("emotion", "emotion_gcnet"),
    )


def _only_sound(root: Path) -> dict[str, str]:
    """Sound files of the dialogues that have no video."""
    videos = {PurePosixPath(file.relative).stem for file in list_files(root, [VIDEOS])}
    sounds = {
        PurePosixPath(file.relative).stem: file.relative for file in list_files(root, [SOUNDS])
    }
    return {dialogue: path for dialogue, path in sounds.items() if dialogue not in videos}


def _expected(settings: CorpusSettings) -> Counts:
    if settings.make_demo:
        n_dialogues = settings.make_demo.n_dialogues
        return {UTTERANCES: n_dialogues * settings.make_demo.n_turns, DIALOGUES: n_dialogues}
    published = {code: MAJORITY[code] for code in ("neu", "fru", "ang", "sad", "exc")}
    expected: dict[Key, int] = {UTTERANCES: sum(MAJORITY.values()), DIALOGUES: 151}
    expected |= {("emotion", "", code): n for code, n in MAJORITY.items()}
    expected |= {("emotion_gcnet", "", code): n for code, n in published.items()}
    return expected | {("emotion_gcnet", "", "hap"): HAPPY_WITH_EXTRA}


def _read_lines(root: Path, relative: str, account: Account) -> list[str]:
    text, is_legacy = read_legacy_text(root, relative, account.links)
    account.n_legacy_files += is_legacy
    return text.split("\n")


def _read_transcript(root: Path, relative: str, account: Account) -> dict[str, _Turn]:
    turns: dict[str, _Turn] = {}
    # A turn begins no earlier than the line above it, whatever its time says.
    latest = 0.0
    for number, line in enumerate(_read_lines(root, relative, account), start=1):
        source = f"{relative} line {number}"
        match = _LINE.fullmatch(line.strip())
        if match is None:
            if line.strip():
                account.dropped.append(drop(source, f"transcript line has no id and times: {line}"))
        elif match[1] in turns:
            account.dropped.append(drop(f"{match[1]} ({source})", "id stands twice in transcript"))
        else:
            start_s, end_s = float(match[2]), float(match[3])
            latest = max(latest, start_s)
            turns[match[1]] = _Turn((latest, number), start_s, end_s, match[4])
    return turns


def _dialogue(
    root: Path, relative: str, dialogue: str, turns: dict[str, _Turn], account: Account
) -> list[Candidate]:
    """Evaluated utterances of one dialogue, in the order of the transcript."""
    rows: list[tuple[tuple[float, int], Candidate]] = []
    evaluated: set[str] = set()
    for number, line in enumerate(_read_lines(root, relative, account), start=1):
        if not line.startswith("["):
            continue  # header, blank lines, and what the single annotators said

        source = f"{relative} line {number}"
        match = _RECORD.match(line)
        if match is None:
            account.dropped.append(drop(source, f"evaluation line cannot be read: {line}"))
            continue
        if re.fullmatch(rf"{dialogue}_[FM]\w+", match[3]) is None:
            account.dropped.append(drop(f"{match[3]} ({source})", "id belongs to no dialogue here"))
            continue

        turn = turns.get(match[3])
        account.n_without_text += turn is None
        evaluated.add(match[3])
        order = turn.order if turn else (float(match[1]), number)
        rows.append((order, _candidate(dialogue, match, turn, source, account.only_sound)))

    account.dropped += [
        drop(id_, "transcript line is not evaluated") for id_ in turns if id_ not in evaluated
    ]
    return [candidate for _, candidate in sorted(rows, key=lambda row: row[0])]


def _candidate(
    dialogue: str,
    match: re.Match[str],
    turn: _Turn | None,
    source: str,
    only_sound: Mapping[str, str],
) -> Candidate:
    utterance_id, code = match[3], match[4]
    letter = utterance_id[len(dialogue) + 1]
    return Candidate(
        utterance_id=utterance_id,
        dialogue_id=dialogue,
        media=only_sound.get(dialogue, f"Session{dialogue[4]}/dialog/avi/DivX/{dialogue}.avi"),
        source=source,
        start_s=turn.start_s if turn else float(match[1]),
        end_s=turn.end_s if turn else float(match[2]),
        speaker=letter,
        session=dialogue[:5],
        # Whose letter the dialogue bears wears the markers and sits on the left (reading.md D.1).
        region="left" if dialogue[5] == letter else "right",
        text=turn.text if turn else "",
        annotations={
            "emotion": code,
            "valence": match[5],
            "activation": match[6],
            "dominance": match[7],
        },
    )


def _with_published_label(candidate: Candidate) -> Candidate:
    """Add the label of the published six-class set; ids of a synthetic corpus mean nothing."""
    is_extra = candidate.utterance_id in extra_happy_ids()
    code = "hap" if is_extra else candidate.annotations["emotion"]
    return replace(candidate, annotations={**candidate.annotations, "emotion_gcnet": code})
