"""When, how and in how long a study was made; what to cite."""

import json

import pytest

from pipeline.report.made_page import MAX_BYTES, Made, made_parts, shown_files, stage_of_study

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ([], "snakemake --cores all"),
        (["config.yaml"], "snakemake --cores all"),
        (["a b.yaml", "c.yaml"], "snakemake --cores all --configfile 'a b.yaml' c.yaml"),
    ],
)
def test_the_command_names_the_files_of_the_study(files, command):
    assert Made("2026-11-28T10:00:00+00:00", files).command == command


def rows_of(parts, title):
    (part,) = [part for part in parts if part.title == title]
    return {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in part.tables[0].rows}


def test_times_of_jobs_are_added_by_stage(tmp_path):
    times = {"c/extract_features_text_0.tsv": (61.5, "120.4"), "c/crop_faces_0.tsv": (2.0, "-")}
    times |= {"c/crop_faces_1.tsv": (3.5, "80"), "other/train_c.tsv": (999, "1")}
    times |= {"c/extract_features_text@old_0.tsv": (999, "1")}
    for name, (seconds, mib) in times.items():
        path = tmp_path / "benchmarks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{HEAD}{seconds}\t0:00:01\t{mib}\t-\t-\t-\t0\t0\t0\t0\n", encoding="utf-8")
    parts = made_parts(Made("now", []), tmp_path, {"c": ["text"], "t": []}, [])
    assert rows_of(parts, "Time and memory") == {
        "crop faces": ["2", "0:06", "0:04", "80"],
        "extract features": ["1", "1:02", "1:02", "120"],
    }
    assert rows_of(parts, "How it was made")["Duration"] == ["1:07 in 3 jobs, one after the other"]


@pytest.mark.parametrize(
    ("job", "stage"),
    [
        ("extract_features_audio@big_11", "extract_features"),
        ("extract_features_audio_0", ""),
        ("join_features_audio@big", "join_features"),
        ("join_features_text", ""),
        ("train_my_gru_0.5_fold0_seed0", "train"),
        ("train_my_gru_0.5_fold0_seed1", ""),
        ("predict_gru_0.5_fold0_seed0", ""),
        ("trace_my_gru", "trace"),
        ("crop_faces_7", "crop_faces"),
        ("score", "score"),
        ("report", ""),
    ],
)
def test_jobs_of_what_the_study_had_once_do_not_count(job, stage):
    assert stage_of_study(job, {"audio@big", "my_gru", "my_gru_0.5_fold0_seed0"}) == stage


def test_the_page_says_when_and_how_it_was_made(two_methods):
    build, page = two_methods
    assert "snakemake --cores all --configfile a.yaml b.yaml" in page
    card = json.loads((build.folder / "report/study.json").read_text(encoding="utf-8"))
    assert f"{card['date'][:16].replace('T', ' ')} UTC" in page
    assert not {"made.csv", "durations.csv"} & build.reported("tables")  # they change by the hour


def test_methods_of_the_study_are_cited(two_methods):
    build, page = two_methods
    citations = build.table("citations").set_index("what")["reference"]
    assert "arXiv:2312.15583" in citations["The paper"]
    assert citations["GCNet"].startswith("Lian et al. 2023")
    assert "MMIN" not in citations
    assert "python -m pipeline bundle FOLDER --out STUDY.zip" in page


def test_files_of_the_configuration_are_shown_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("train:\n  seeds: [0]  # why\n", encoding="utf-8")
    (tmp_path / "long.yaml").write_text("#" * (MAX_BYTES + 1), encoding="utf-8")
    found = shown_files(Made("now", ["a.yaml", "gone.yaml", "long.yaml"]))
    assert found["File a.yaml"] == "train:\n  seeds: [0]  # why\n"
    assert "File gone.yaml" not in found
    assert found["File long.yaml"].endswith("(cut here)")
