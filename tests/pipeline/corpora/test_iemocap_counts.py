"""IEMOCAP's published counts (reading.md B.1), from a tree of their shape and from the labels."""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from pipeline.corpora.folds import extra_happy_ids
from pipeline.corpora.iemocap import read

# reading.md B.1. Six-way columns: hap (with the extra ones), sad, neu, ang, exc, fru.
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
        own = [utterance_id for utterance_id in extra if utterance_id.startswith(f"Ses0{session}")]
        names = sorted({utterance_id.rpartition("_")[0] for utterance_id in own})
        names += [f"Ses0{session}F_script{k:02d}_1" for k in range(10, 10 + 40)]
        names = names[: DIALOGUES_OF[session]]
        codes = [code for code, n in zip(SIX, counts, strict=True) for _ in range(n)]
        codes = codes[len(own) :]  # so many fewer are happy by majority
        codes += [others.pop() for _ in range(len(others) if session == 5 else 520)]
        for name in names:
            dialogues[name] = [
                (utterance_id, "xxx", "Extra.")
                for utterance_id in own
                if utterance_id.startswith(f"{name}_")
            ]
        for place, code in enumerate(codes):
            name = names[place % len(names)]
            utterance_id = f"{name}_{'FM'[place % 2]}{500 + place // len(names)}"
            dialogues[name].append((utterance_id, code, "Well."))

    return dialogues


@pytest.fixture(scope="module")
def published(tmp_path_factory, write_iemocap, settings):
    root = tmp_path_factory.mktemp("published")
    return read(write_iemocap(root, published_shape()), settings("iemocap"))


def test_published_shape_gives_the_published_class_counts(published, values):
    assert len(published.utterances) == 10_039
    assert len({utterance.dialogue_id for utterance in published.utterances}) == 151
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


def test_published_shape_gives_the_published_counts_per_session(published, values):
    codes = values(published, "emotion")
    session_of = {
        utterance.utterance_id: int(utterance.session[4]) for utterance in published.utterances
    }
    counts = Counter(
        (session_of[utterance_id], FOUR[code])
        for utterance_id, code in codes.items()
        if code in FOUR
    )
    assert {s: tuple(counts[s, k] for k in range(4)) for s in FOUR_WAY} == FOUR_WAY
    dialogues = {(utterance.session, utterance.dialogue_id) for utterance in published.utterances}
    assert Counter(int(session[4]) for session, _ in dialogues) == DIALOGUES_OF


@pytest.mark.skipif(
    "ITEACNET_LABELS" not in os.environ,
    reason="ITEACNET_LABELS names no folder with the published label files",
)
def test_tree_rebuilt_from_the_published_labels_gives_them_back(
    tmp_path, write_iemocap, settings, values
):
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
        key=lambda utterance_id: sorted(dialogues).index(utterance_id.rpartition("_")[0]),
    )
    assert {utterance_id: SIX.index(code) for utterance_id, code in with_extra.items()} == {
        row["utterance_id"]: int(row["label6"]) for row in labels
    }
    assert {utterance_id: FOUR[code] for utterance_id, code in emotion.items() if code in FOUR} == {
        row["utterance_id"]: int(row["label4"]) for row in labels if row["label4"]
    }
    assert len(with_extra) == 7433
    assert sum(code in SIX for code in emotion.values()) == 7380
    assert sum(code in FOUR for code in emotion.values()) == 5531
    assert [row.speaker for row in raw.utterances] == [
        row.utterance_id.rpartition("_")[2][0] for row in raw.utterances
    ]
