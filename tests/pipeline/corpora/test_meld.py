"""MELD: three splits whose dialogue numbers repeat, garbled quotes, odd clips."""

from collections import Counter

import pytest

from pipeline.corpora.meld import SPLITS, WHICH_FACE, read
from pipeline.corpora.raw import DIALOGUES, UTTERANCES, CorpusError

# Number of utterances per split and emotion, as the corpus' README prints them.
PUBLISHED = {"train": 9989, "validation": 1109, "test": 2610}


def row(dialogue, utterance, text="Hey.", emotion="neutral", sentiment="neutral"):
    return {
        "Sr No.": "1",
        "Utterance": text,
        "Speaker": "Monica",
        "Emotion": emotion,
        "Sentiment": sentiment,
        "Dialogue_ID": str(dialogue),
        "Utterance_ID": str(utterance),
        "Season": "8",
        "Episode": "21",
        "StartTime": "00:16:16,059",
        "EndTime": "00:16:21,731",
    }


@pytest.fixture
def write_meld(write_sheet, write):
    def do(root, tables):
        for role, rows in tables.items():
            split = SPLITS[role]
            write_sheet(root / f"{split.name}_sent_emo.csv", rows)
            for given in rows:
                name = f"dia{given['Dialogue_ID']}_utt{given['Utterance_ID']}.mp4"
                write(root / split.clips / name)
        return root

    return do


def test_numbers_that_repeat_across_splits_stay_apart(tmp_path, write_meld, settings, values):
    tables = {role: [row(0, 0, emotion="joy"), row(0, 1)] for role in SPLITS}
    raw = read(write_meld(tmp_path, tables), settings("meld"))

    assert [utterance.utterance_id for utterance in raw.utterances] == [
        "train_dia0_utt0", "train_dia0_utt1",
        "dev_dia0_utt0", "dev_dia0_utt1",
        "test_dia0_utt0", "test_dia0_utt1",
    ]  # fmt: skip
    assert {utterance.dialogue_id for utterance in raw.utterances} == {
        "train_dia0",
        "dev_dia0",
        "test_dia0",
    }
    assert values(raw, "split")["dev_dia0_utt1"] == "validation"
    assert values(raw, "emotion")["test_dia0_utt0"] == "joy"
    assert raw.media == (
        "dev_splits_complete/dia0_utt0.mp4", "dev_splits_complete/dia0_utt1.mp4",
        "output_repeated_splits_test/dia0_utt0.mp4", "output_repeated_splits_test/dia0_utt1.mp4",
        "train_splits/dia0_utt0.mp4", "train_splits/dia0_utt1.mp4",
    )  # fmt: skip
    first = raw.utterances[0]
    assert (first.speaker, first.session, first.region) == ("Monica", "s8e21", "full")
    assert WHICH_FACE == "speaker"


def test_turns_follow_the_numbers_not_the_rows(tmp_path, write_meld, settings):
    rows = [row(2, 10, "c"), row(2, 9, "b"), row(1, 0, "a")]
    raw = read(write_meld(tmp_path, {"train": rows}), settings("meld"))
    assert [(utterance.text, utterance.turn) for utterance in raw.utterances] == [
        ("a", 0),
        ("b", 0),
        ("c", 1),
    ]


def test_expected_counts_are_the_published_ones(tmp_path, write_meld, settings):
    raw = read(write_meld(tmp_path, {"validation": [row(0, 0)]}), settings("meld"))
    assert {role: raw.expected["emotion", role, "all"] for role in SPLITS} == PUBLISHED
    for role, n in PUBLISHED.items():
        assert sum(SPLITS[role].emotions.values()) == n
    assert (raw.expected[UTTERANCES], raw.expected[DIALOGUES]) == (13_708, 1432)
    assert raw.used["emotion", "validation", "neutral"] == 1
    assert "train_sent_emo.csv is not there: the corpus is read without its train role" in raw.notes


def test_only_the_splits_that_config_names_are_expected(tmp_path, write_meld, settings):
    write_meld(tmp_path, {"validation": [row(0, 0)], "test": [row(0, 0)]})
    raw = read(tmp_path, settings("meld", splits=["validation"]))
    assert [utterance.utterance_id for utterance in raw.utterances] == ["dev_dia0_utt0"]
    assert raw.expected[UTTERANCES] == 1109
    with pytest.raises(CorpusError, match=r"train_sent_emo\.csv is not there.*`splits`"):
        read(tmp_path, settings("meld", splits=["train"]))


@pytest.mark.parametrize(
    ("raw_bytes", "text"),
    [
        (b"It\xc2\x92s \xc2\x93me\xc2\x94\xc2\x85", "It\u2019s \u201cme\u201d\u2026"),
        ("Itâ€™s fine â€” really".encode(), "It\u2019s fine \u2014 really"),
        ("It\u2019s a café".encode(), "It\u2019s a caf\u00e9"),
        (b"It\x92s of cp1252", "It\u2019s of cp1252"),
    ],
)
def test_garbled_quotes_are_repaired_and_good_ones_kept(
    tmp_path, write_meld, settings, raw_bytes, text
):
    write_meld(tmp_path, {"train": [row(0, 0, "PLACE"), row(0, 1)]})
    path = tmp_path / "train_sent_emo.csv"
    path.write_bytes(path.read_bytes().replace(b"PLACE", raw_bytes))
    raw = read(tmp_path, settings("meld", splits=["train"]))
    assert raw.utterances[0].text == text
    repaired = [note for note in raw.notes if "repaired" in note or "cp1252" in note]
    assert len(repaired) == (raw_bytes != text.encode())


def test_odd_rows_and_clips_are_told(tmp_path, write_meld, write, settings, reasons):
    rows = [row(125, 3), row(125, "x"), row(7, 0), row(7, 0)]
    write_meld(tmp_path, {"train": rows})
    write(tmp_path / "train_splits/._dia7_utt0.mp4")
    write(tmp_path / "train_splits/final_videos_testdia1_utt0.mp4")
    with (tmp_path / "train_sent_emo.csv").open("a") as stream:
        stream.write("1,only,three\n")
    raw = read(tmp_path, settings("meld", splits=["train"]))

    assert Counter(utterance.utterance_id for utterance in raw.utterances) == {
        "train_dia125_utt3": 1,
        "train_dia7_utt0": 1,
    }
    assert reasons(raw) == {
        "train_sent_emo.csv line 3": "ids are not numbers: Dialogue_ID='125', Utterance_ID='x'",
        "train_sent_emo.csv line 6": "row does not fit the header: 3 cells, not 11",
        "train_dia7_utt0 (train_sent_emo.csv line 5)": (
            "id stands twice: first at train_sent_emo.csv line 4"
        ),
    }
    assert "2 clips stand in no table, first: train_splits/dia125_uttx.mp4" in raw.notes
    assert "train_dia125_utt3: the clip of the release is known not to decode" in raw.notes
