"""What was really missing: the stored masks and the features, counted again by a loop."""

import pytest

from pipeline.base.arrays import read_arrays, write_arrays
from pipeline.base.records import MODALITIES, Label
from pipeline.base.tables import read_rows
from pipeline.protocol.errors import ProtocolError
from pipeline.report.missingness_page import missingness_part


def test_missingness_equals_a_loop_over_masks(two_methods):
    build, _ = two_methods
    table = missingness_part(build.results()).tables[0].data
    labels = read_rows(build.folder / "t" / "labels.csv", Label)
    masks, _ = read_arrays(build.folder / "t" / "availability" / "0.5_7000.safetensors")
    seen_visual = read_arrays(build.folder / "c/features/visual.safetensors")[0]["extracted"]
    kept, missing = [], 0

    for row, label in enumerate(labels):
        fold = int(label.utterance_id[1:].partition("_")[0]) % 2  # the one that tests its dialogue
        usable = masks[f"fold{fold}"][row].copy()
        usable[MODALITIES.index("visual")] &= seen_visual[row]
        kept.append(int(usable.sum()))
        missing += 3 - int(usable.sum())

    rows = table[(table["rate"] == "0.5") & table["cause"].str.startswith("in fact")]
    shares = rows.set_index("what")["share"]
    assert shares["cells missing"] == pytest.approx(missing / (3 * len(labels)))
    for n in range(4):
        assert shares[f"{n} usable"] == pytest.approx(kept.count(n) / len(labels))


def test_two_modalities_are_enough(make_build):
    build = make_build(modalities=("audio", "text"))
    build.report()
    table = build.table("t_missingness")
    assert set(table["what"]) == {
        *("cells missing", "audio missing", "text missing"),
        *("0 usable", "1 usable", "2 usable"),
    }
    assert not [name for name in build.reported("figures") if "visual" in name]
    part = missingness_part(build.results())
    assert "so that no rate withholds more than 1/2." in part.text


def test_masks_of_another_table_are_refused(make_build):
    build = make_build(methods={"gcnet": {"model": "gcnet"}}, seeds=(0,))
    path = build.folder / "t" / "availability" / "0.5_7000.safetensors"
    arrays, header = read_arrays(path)
    write_arrays(path, arrays, {**header, "table": "0" * 64})
    with pytest.raises(ProtocolError, match=r"0\.5_7000.* was drawn for other utterances"):
        missingness_part(build.results())
