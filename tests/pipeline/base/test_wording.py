"""Numbers and their nouns, and times, by hand."""

import pytest

from pipeline.base.wording import counted, duration


def test_one_is_one_and_all_other_numbers_are_many():
    assert [counted(n, "file") for n in (0, 1, 2, 21)] == [
        "0 files",
        "1 file",
        "2 files",
        "21 files",
    ]
    assert counted(1, "fold is", "folds are") == "1 fold is"
    assert counted(2, "fold is", "folds are") == "2 folds are"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0:00"), (6.6, "0:07"), (59.6, "1:00"), (750, "12:30"), (3599.5, "1:00:00"),
     (3723, "1:02:03"), (360_000, "100:00:00")],
)  # fmt: skip
def test_durations(seconds, said):
    assert duration(seconds) == said
