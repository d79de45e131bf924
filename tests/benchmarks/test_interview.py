"""The parts of labelling raw videos are those of Snakemake's own tables."""

import numpy as np

from benchmarks.interview import Cost, parts_of, rule_of, seconds_of
from tests.pipeline import clips

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def test_jobs_of_a_rule_add_up_and_the_largest_counts(tmp_path):
    folder = tmp_path / "interview"
    folder.mkdir()
    for number, (wall, peak, cpu) in enumerate([(2.5, 100, 2.0), (1.5, 300, 1.0)]):
        row = f"{wall}\t0:00:02\t{peak}\t0\t0\t0\t0\t0\t80\t{cpu}\n"
        (folder / f"crop_faces_{number}.tsv").write_text(HEAD + row)
    # What Snakemake writes of a job that was over before it was looked at.
    (folder / "build_manifest.tsv").write_text(HEAD + "0.1\t0:00:00" + "\tNA" * 8 + "\n")
    found = parts_of(tmp_path)
    assert found == {"crop_faces": Cost(4.0, 3.0, 300), "build_manifest": Cost(0.1, 0.0, 0.0)}
    assert rule_of("extract_features_visual_3") == "extract_features_visual"


def test_the_length_is_that_of_all_media(tmp_path):
    for name in ("a.wav", "b.wav"):
        clips.write_sound(tmp_path / name, np.ones(16000, np.int16))
    assert seconds_of(tmp_path) == 2 * seconds_of(tmp_path / "a.wav") > 0
