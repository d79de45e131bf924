"""A row of predictions that changed is named; rows that came or went are counted."""

from pipeline.tools.bundles.rows import changed_rows, write_row_digests

HEAD = "rate,utterance_id,dialogue_id,target,predicted\n"


def rows(run, *predicted):
    text = HEAD + "".join(f"0.3,u{n},d,sad,{said}\n" for n, said in enumerate(predicted))
    (run / "predictions.csv").write_text(text)


def test_changed_rows(tmp_path):
    rows(tmp_path, *["sad"] * 9)
    write_row_digests(tmp_path)
    assert changed_rows(tmp_path) == []
    rows(tmp_path, "sad", "happy", *["sad"] * 7)
    assert changed_rows(tmp_path) == ["row 2: utterance u1 under condition 0.3 now has happy"]
    rows(tmp_path, *["happy"] * 9)
    assert changed_rows(tmp_path)[5:] == ["and 4 more rows"]
    rows(tmp_path, *["sad"] * 8)
    assert changed_rows(tmp_path) == ["8 rows, 9 were bundled"]
