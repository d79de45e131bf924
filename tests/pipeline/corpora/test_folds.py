"""The shipped lists agree with reading.md B.1."""

from collections import Counter

import pytest

from pipeline.corpora import folds
from pipeline.corpora.raw import CorpusError


def test_mosi_roles_are_52_10_31_videos_in_ascii_order():
    videos = sorted(folds.mosi_roles())
    roles = [folds.mosi_roles()[video] for video in videos]
    assert roles == ["train"] * 52 + ["validation"] * 10 + ["test"] * 31


def test_mosei_lists_give_the_published_numbers():
    roles = folds.mosei_roles()
    assert Counter(roles.values()) == {"train": 2249, "validation": 300, "test": 676}
    per_video = Counter(
        utterance_id.rpartition("_")[0] for utterance_id in folds.mosei_published_ids()
    )
    assert sum(per_video.values()) == 22_856
    assert per_video.keys() == roles.keys()
    assert sum(n == 1 for n in per_video.values()) == 376

    longest = {role: max(n for video, n in per_video.items() if roles[video] == role) for role in
               ("train", "validation", "test")}  # fmt: skip
    assert longest == {"train": 98, "validation": 39, "test": 52}
    segments = {
        int(utterance_id.rpartition("_")[2]) for utterance_id in folds.mosei_published_ids()
    }
    assert (min(segments), max(segments)) == (0, 97)


def test_mosei_lists_differ_from_the_sdk_folds_as_stated():
    roles = folds.mosei_roles()
    assert roles["-NFrJFQijFE"] == "train"
    assert not {"HuIKyKkEL0Q", "7l3BNtSE0xc", "dZFV0lyedX4"} & roles.keys()


def test_extra_happy_ids_are_the_53_of_the_published_set():
    ids = folds.extra_happy_ids()
    assert len(ids) == 53
    assert Counter(utterance_id[:5] for utterance_id in ids) == {
        "Ses01": 8,
        "Ses02": 8,
        "Ses03": 36,
        "Ses05": 1,
    }
    assert "Ses03M_impro05a_F017" in ids


def test_an_edited_list_is_refused(monkeypatch, tmp_path):
    (tmp_path / "mosi_folds.csv").write_text("dialogue_id,role\n03bSnISJMiM,test\n")
    monkeypatch.setattr(folds, "_FOLDER", tmp_path)
    folds.mosi_roles.cache_clear()
    try:
        with pytest.raises(CorpusError, match=r"mosi_folds\.csv is not the list"):
            folds.mosi_roles()
    finally:
        folds.mosi_roles.cache_clear()
