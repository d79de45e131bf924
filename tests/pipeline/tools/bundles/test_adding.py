"""What cannot be paired is not put in: what is wrong with it is named and counted."""

import pytest

from tests.pipeline.tools.bundles.outsiders import extended, outsider


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t[t["utterance_id"] != "d1_0"],
         r"fold 1, seed 0: condition 0\.0 lacks 1 utterance of \d+: d1_0"),
        (lambda t: t.assign(utterance_id=t["utterance_id"].replace("d1_0", "x")), "1 .*: d1_0"),
        (lambda t: t.assign(fold=1 - t["fold"]), r"fold does not test them, \d+ utterances"),
        (lambda t: t[t["rate"] != "0.5"], r"condition 0\.5 lacks"),
        (lambda t: t[t["fold"] == 0], r"folds are \[0\], those of t are \[0, 1\]"),
        (lambda t: t.assign(audio=1, text=1, visual=1),
         r"condition 0\.5: \d+ of \d+ utterances were given other modalities than the stored"),
        (lambda t: t.assign(predicted="glad"), r"predictions are none of the task: glad"),
        (lambda t: t.assign(rate="0.9"), r"rate '0\.9'"),
        (lambda t: t.assign(rate="0.6"), r"condition '0\.6' is none of 0\.0, 0\.5"),
        (lambda t: t.assign(seed="a"), "seed 'a' is no whole number"),
        (lambda t: t.assign(text="maybe"), r"text 'maybe' is neither 1 \(given\) nor 0"),
        (lambda t: t.drop(columns="visual"), "has no column visual; there are: fold, seed"),
        (lambda t: t.assign(score_happy=0.5, score_sad=0.3, score_angry=0.2),
         "that of happy is 0.5"),
    ],
)  # fmt: skip
def test_what_cannot_be_paired_is_refused(bundled, tmp_path, change, said):
    with pytest.raises(SystemExit, match=said):
        extended(bundled, change(outsider(bundled)), tmp_path / "more.zip")
    assert {path.name for path in tmp_path.iterdir()} == {"mine.csv"}


def test_what_was_never_extracted_may_be_called_withheld(bundled, tmp_path):
    """Nobody had it, whatever the mask says: d0_3 to d0_5 have no face."""
    table = outsider(bundled)
    table.loc[table["utterance_id"] == "d0_4", "visual"] = 0
    extended(bundled, table, tmp_path / "more.zip")
