"""IEMOCAP: the published counts (FACTS B.1) and the traps of the release (FACTS D.1)."""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from pipeline.corpora.folds import extra_happy_ids
from pipeline.corpora.iemocap import read
from pipeline.corpora.raw import DIALOGUES, UTTERANCES, CorpusError

# FACTS B.1. Six-way columns: hap (with the extra ones), sad, neu, ang, exc, fru.
DIALOGUES_OF = {1: 28, 2: 30, 3: 32, 4: 30, 5: 31}
SIX_WAY = {
    1: (143, 194, 384, 229, 143, 280),
    2: (125, 197, 362, 137, 210, 325),
    3: (171, 305, 320, 240, 151, 382),
    4: (65, 143, 258, 327, 238, 481),
    5: (144, 245, 384, 170, 299, 381),
}
FOUR_WAY = {  # happy with excited, sad, neutral, angry
    1: (278, 194, 384, 229),
    2: (327, 197, 362, 137),
    3: (286, 305, 320, 240),
    4: (303, 143, 258, 327),
    5: (442, 245, 384, 170),
}
OTHER_CODES = {"sur": 107, "fea": 40, "oth": 3, "dis": 2, "xxx": 2507}
FOUR = {"hap": 0, "exc": 0, "sad": 1, "neu": 2, "ang": 3}
SIX = ("hap", "sad", "neu", "ang", "exc", "fru")


def published_shape():
    """{dialogue: turns} with synthetic ids, but the real 53 and the published class counts."""
    extra = sorted(extra_happy_ids())
    others = [code for code, n in OTHER_CODES.items() for _ in range(n)]
    others = others[: len(others) - len(extra)]  # the extra ones are of code xxx here
    dialogues = {}
    for session, counts in SIX_WAY.items():
        own = [one for one in extra if one.startswith(f"Ses0{session}")]
        names = sorted({one.rpartition("_")[0] for one in own})
        names += [f"Ses0{session}F_script{k:02d}_1" for k in range(10, 10 + 40)]
        names = names[: DIALOGUES_OF[session]]
        codes = [code for code, n in zip(SIX, counts, strict=True) for _ in range(n)]
        codes = codes[len(own) :]  # so many fewer are happy by majority
        codes += [others.pop() for _ in range(len(others) if session == 5 else 520)]
        for name in names:
            dialogues[name] = [(one, "xxx", "Extra.") for one in own if one.startswith(f"{name}_")]
        for place, code in enumerate(codes):
            name = names[place % len(names)]
            one = f"{name}_{'FM'[place % 2]}{500 + place // len(names)}"
            dialogues[name].append((one, code, "Well."))
    return dialogues


@pytest.fixture(scope="module")
def published(tmp_path_factory, write_iemocap, settings):
    root = tmp_path_factory.mktemp("published")
    return read(write_iemocap(root, published_shape()), settings("iemocap"))


def values(raw, name):
    return {one.utterance_id: one.value for one in raw.annotations if one.name == name}


def test_published_shape_gives_the_published_class_counts(published):
    assert len(published.utterances) == 10_039
    assert len({one.dialogue_id for one in published.utterances}) == 151
    majority = Counter(values(published, "emotion").values())
    assert majority == {
        "neu": 1708, "fru": 1849, "ang": 1103, "sad": 1084, "exc": 1041, "hap": 595, **OTHER_CODES,
    }  # fmt: skip
    four = Counter(FOUR[code] for code in values(published, "emotion").values() if code in FOUR)
    assert four == {0: 1636, 1: 1084, 2: 1708, 3: 1103}
    assert sum(four.values()) == 5531
    assert sum(majority[code] for code in SIX) == 7380
    with_extra = Counter(values(published, "emotion_gcnet").values())
    assert {code: with_extra[code] for code in SIX} == {
        "hap": 648, "sad": 1084, "neu": 1708, "ang": 1103, "exc": 1041, "fru": 1849,
    }  # fmt: skip
    assert sum(with_extra[code] for code in SIX) == 7433
    assert published.missing_share == 0
    assert all(row.expected in (None, row.used) for row in published.counts)
    assert published.dropped == ()


def test_published_shape_gives_the_published_counts_per_session(published):
    codes = values(published, "emotion")
    session_of = {one.utterance_id: int(one.session[4]) for one in published.utterances}
    counts = Counter((session_of[one], FOUR[code]) for one, code in codes.items() if code in FOUR)
    assert {s: tuple(counts[s, k] for k in range(4)) for s in FOUR_WAY} == FOUR_WAY
    dialogues = {(one.session, one.dialogue_id) for one in published.utterances}
    assert Counter(int(session[4]) for session, _ in dialogues) == DIALOGUES_OF


def test_actor_whose_letter_the_dialogue_bears_is_on_the_left(tmp_path, write_iemocap, settings):
    dialogues = {
        "Ses01F_impro01": [
            ("Ses01F_impro01_F000", "neu", "a"),
            ("Ses01F_impro01_M000", "neu", "b"),
        ],
        "Ses05M_script01_1b": [
            ("Ses05M_script01_1b_F000", "neu", "c"),
            ("Ses05M_script01_1b_M000", "neu", "d"),
        ],
    }
    rows = read(write_iemocap(tmp_path, dialogues), settings("iemocap")).utterances
    assert [(row.text, row.speaker, row.region) for row in rows] == [
        ("a", "F", "left"),
        ("b", "M", "right"),
        ("c", "F", "right"),
        ("d", "M", "left"),
    ]
    assert rows[3].media == "Session5/dialog/avi/DivX/Ses05M_script01_1b.avi"
    assert (rows[3].session, rows[3].turn) == ("Ses05", 1)


def dialog(root):
    return root / "Session3" / "dialog"


def test_turns_follow_the_transcript_not_the_evaluation_file(tmp_path, write, settings):
    transcript = (
        "Ses03F_impro05_M000 [001.0000-002.0000]: First.\n"
        "Ses03F_impro05_F000 [003.0000-004.0000]: Second: [LAUGHTER]\n"
    )
    write(dialog(tmp_path) / "transcriptions/Ses03F_impro05.txt", transcript)
    record = "[{}.0000 - {}.0000]\tSes03F_impro05_{}\tsad\t[2.0000, 2.5000, 3.0000]\n"
    evaluation = record.format(3, 4, "F000") + record.format(1, 2, "M000")
    write(dialog(tmp_path) / "EmoEvaluation/Ses03F_impro05.txt", evaluation)
    raw = read(tmp_path, settings("iemocap"))
    assert [(row.turn, row.text, row.start_s, row.end_s) for row in raw.utterances] == [
        (0, "First.", 1.0, 2.0),
        (1, "Second: [LAUGHTER]", 3.0, 4.0),
    ]
    assert values(raw, "valence") == dict.fromkeys(
        ["Ses03F_impro05_M000", "Ses03F_impro05_F000"], "2.0000"
    )


def test_lines_that_give_no_utterance_are_told(tmp_path, write_iemocap, write, settings, kinds):
    write_iemocap(tmp_path, {"Ses03F_impro05": [("Ses03F_impro05_F000", "ang", "Go.")]})
    transcript = dialog(tmp_path) / "transcriptions/Ses03F_impro05.txt"
    transcript.write_text(
        transcript.read_text()
        + "Ses03F_impro05_MXX0 [010.0000-011.0000]: Mhm.\n"
        + "M: [BREATHING]\n"
        + "\n"
        + "Ses03F_impro05_F000 [012.0000-013.0000]: Again.\n"
    )
    evaluation = dialog(tmp_path) / "EmoEvaluation/Ses03F_impro05.txt"
    evaluation.write_text(
        evaluation.read_text()
        + "[1.0 - 2.0]\tSes03F_impro05_M001\tneu\n"
        + "[1.0 - 2.0]\tSes03F_impro04_M001\tneu\t[2.0, 2.0, 2.0]\n"
    )
    write(dialog(tmp_path) / "EmoEvaluation/._Ses03F_impro05.txt", b"\x00\x05\x16\x07")
    write(dialog(tmp_path) / "transcriptions/._Ses03F_impro05.txt", b"\x00\x05\x16\x07")
    write(dialog(tmp_path) / "EmoEvaluation/Ses01F_impro01.txt", "")
    write(dialog(tmp_path) / "transcriptions/Ses03M_impro09.txt", "")
    raw = read(tmp_path, settings("iemocap"))
    assert [row.utterance_id for row in raw.utterances] == ["Ses03F_impro05_F000"]
    assert kinds(raw) == {
        "Ses03F_impro05_MXX0": "transcript line is not evaluated",
        "Ses03F_impro05.txt line 3": "transcript line has no id and times",
        "Ses03F_impro05.txt line 5)": "id stands twice in transcript",
        "Ses03F_impro05.txt line 7": "evaluation line cannot be read",
        "Ses03F_impro05.txt line 8)": "id belongs to no dialogue here",
        "Ses01F_impro01.txt": "file is named after no dialogue here",
        "Ses03M_impro09.txt": "transcript has no EmoEvaluation file",
    }


def test_evaluated_utterance_without_a_transcript_line_stays_without_text(
    tmp_path, write_iemocap, settings
):
    turns = [(f"Ses02F_impro01_F00{k}", "neu", f"Turn {k}.") for k in range(3)]
    write_iemocap(tmp_path, {"Ses02F_impro01": turns})
    transcript = tmp_path / "Session2/dialog/transcriptions/Ses02F_impro01.txt"
    lines = transcript.read_text().splitlines(keepends=True)
    transcript.write_text(lines[0] + lines[2])
    raw = read(tmp_path, settings("iemocap"))
    assert [row.text for row in raw.utterances] == ["Turn 0.", "", "Turn 2."]
    assert raw.utterances[1].start_s == 2.0
    assert "1 evaluated utterances stand in no transcript: no text" in raw.notes


def test_quotes_of_cp1252_are_read(tmp_path, write_iemocap, settings):
    write_iemocap(tmp_path, {"Ses01F_impro01": [("Ses01F_impro01_F000", "neu", "It's")]})
    path = tmp_path / "Session1/dialog/transcriptions/Ses01F_impro01.txt"
    path.write_bytes(path.read_bytes().replace(b"'", b"\x92"))
    raw = read(tmp_path, settings("iemocap"))
    assert raw.utterances[0].text == "It\u2019s"
    assert "1 files are not UTF-8 and were read as cp1252" in raw.notes


def test_half_of_the_release_is_noted(tmp_path, write_iemocap, settings):
    write_iemocap(tmp_path, {"Ses01F_impro01": [("Ses01F_impro01_F000", "neu", "Hi.")]})
    raw = read(tmp_path, settings("iemocap"))
    assert "Ses04: no dialogue found, 30 are in the release" in raw.notes
    assert not any(note.startswith("Ses01") for note in raw.notes)
    assert raw.expected[UTTERANCES] == 10_039
    assert raw.missing_share == pytest.approx(1 - 1 / 10_039)


def test_demo_expects_what_it_was_asked_for(tmp_path, write_iemocap, settings):
    turns = [("Ses01F_impro03_F007", "neu", "Hi.")]  # an id that the published set calls happy
    write_iemocap(tmp_path, {"Ses01F_impro03": turns})
    raw = read(tmp_path, settings("iemocap", make_demo={"n_dialogues": 6, "n_turns": 4}))
    assert (raw.expected[UTTERANCES], raw.expected[DIALOGUES]) == (24, 6)
    assert values(raw, "emotion") == {"Ses01F_impro03_F007": "neu"}
    assert values(raw, "emotion_gcnet") == {}
    assert raw.notes == ()


def test_session_that_links_out_of_the_folder_is_refused(tmp_path, write_iemocap, settings):
    turns = [("Ses01F_impro01_F000", "neu", "Hi.")]
    outside = write_iemocap(tmp_path / "outside", {"Ses01F_impro01": turns})
    (tmp_path / "root").mkdir()
    (tmp_path / "root/Session1").symlink_to(outside / "Session1")
    with pytest.raises(CorpusError, match="link to a place outside the corpus folder"):
        read(tmp_path / "root", settings("iemocap"))


@pytest.mark.skipif(
    "ITEACNET_LABELS" not in os.environ,
    reason="ITEACNET_LABELS names no folder with the published label files",
)
def test_tree_rebuilt_from_the_published_labels_gives_them_back(tmp_path, write_iemocap, settings):
    table = Path(os.environ["ITEACNET_LABELS"], "iemocap.csv")
    with table.open(newline="") as stream:
        labels = list(csv.DictReader(stream))
    dialogues = {}
    for row in labels:
        is_extra = row["label6"] == "0" and not row["label4"]
        code = "xxx" if is_extra else SIX[int(row["label6"])]
        turns = dialogues.setdefault(row["dialogue_id"], [])
        turns.append((row["utterance_id"], code, "Text."))
    raw = read(write_iemocap(tmp_path, dialogues), settings("iemocap"))
    emotion, with_extra = values(raw, "emotion"), values(raw, "emotion_gcnet")
    assert [row.utterance_id for row in raw.utterances] == sorted(
        (row["utterance_id"] for row in labels),
        key=lambda one: sorted(dialogues).index(one.rpartition("_")[0]),
    )
    assert {one: SIX.index(code) for one, code in with_extra.items()} == {
        row["utterance_id"]: int(row["label6"]) for row in labels
    }
    assert {one: FOUR[code] for one, code in emotion.items() if code in FOUR} == {
        row["utterance_id"]: int(row["label4"]) for row in labels if row["label4"]
    }
    assert len(with_extra) == 7433
    assert sum(code in SIX for code in emotion.values()) == 7380
    assert sum(code in FOUR for code in emotion.values()) == 5531
    assert [row.speaker for row in raw.utterances] == [
        row.utterance_id.rpartition("_")[2][0] for row in raw.utterances
    ]
