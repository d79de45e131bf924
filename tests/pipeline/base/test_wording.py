"""Numbers and their nouns."""

from pipeline.base.wording import counted


def test_one_is_one_and_all_other_numbers_are_many():
    assert [counted(n, "file") for n in (0, 1, 2, 21)] == [
        "0 files",
        "1 file",
        "2 files",
        "21 files",
    ]
    assert counted(1, "fold is", "folds are") == "1 fold is"
    assert counted(2, "fold is", "folds are") == "2 folds are"
