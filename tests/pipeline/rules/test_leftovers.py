"""Of former shards nothing stays in build/; what else lies there is left alone."""

import pytest

from pipeline.rules.leftovers import remove_former_report, remove_leftovers

PRESENT = ("manifest/0.csv", "manifest/0.json", "shards/text/0.safetensors", "faces/0.csv")
FORMER = (
    *("manifest/1.csv", "manifest/1.json", "manifest/12.csv"),
    *("shards/text/1.safetensors", "shards/visual/1023.safetensors", "faces/1.csv"),
)
OTHERS = (
    *("faces/01.csv", "faces/1.csv.txt", "faces/one.csv", "faces/-1.csv", "faces/\u00b2.csv"),
    *("features/1.safetensors", "1.csv", "raw/faces/1.csv", "shards/1.safetensors"),
)


@pytest.fixture
def build(tmp_path):
    build = tmp_path / "build"
    for name in (*PRESENT, *FORMER, *OTHERS):
        for path in (build / "talks" / name, build / f".seals/talks/{name}.sha256"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    return build


def files(build, corpus="talks"):
    folder = build / corpus
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_files_of_former_shards_go_with_their_seals_and_are_named(build):
    (build / "talks/faces/.1.csv.again").touch()
    note = remove_leftovers(["talks", "never_built"], 1, build)
    assert files(build) == {*PRESENT, *OTHERS}
    assert files(build, ".seals/talks") == {f"{name}.sha256" for name in (*PRESENT, *OTHERS)}
    assert f"{build}/talks/faces/1.csv, " in note
    assert note.endswith(f" and {len(FORMER) - 3} more")


def test_times_of_former_shards_go_too(build):
    folder = build / "benchmarks/talks"
    folder.mkdir(parents=True)
    for name in ("crop_faces_0", "crop_faces_1", "extract_features_text@a_1", "join_features_1"):
        (folder / f"{name}.tsv").touch()
    remove_leftovers(["talks"], 1, build)
    assert sorted(path.stem for path in folder.iterdir()) == ["crop_faces_0", "join_features_1"]


def test_where_nothing_is_left_nothing_is_said(build):
    remove_leftovers(["talks"], 1, build)
    assert remove_leftovers(["talks"], 1, build) == ""


def test_another_corpus_keeps_its_files(build):
    assert remove_leftovers(["other"], 1, build) == ""
    assert files(build) == {*PRESENT, *FORMER, *OTHERS}


def test_a_link_that_took_the_place_of_a_result_goes_and_its_target_stays(build):
    kept = build / "kept.csv"
    kept.touch()
    leftover = build / "talks/faces/1.csv"
    leftover.unlink()
    leftover.symlink_to(kept)
    remove_leftovers(["talks"], 1, build)
    assert kept.exists()
    assert not leftover.is_symlink()


def test_what_lies_in_a_linked_folder_stays(tmp_path):
    """A table of the year 2024 in a folder of the user's is no shard, wherever a link leads."""
    theirs, folder = tmp_path / "theirs", tmp_path / "disk/clips"
    for place in (theirs, folder / "manifest"):
        place.mkdir(parents=True)
    (tmp_path / "build").symlink_to(tmp_path / "disk")  # build/ itself may lie elsewhere
    files = [theirs / "2024.csv", folder / "manifest/7.csv"]
    for path in files:
        path.write_text("x")
    (folder / "faces").symlink_to(theirs)
    assert "7.csv" in remove_leftovers(["clips"], 2, tmp_path / "build")
    assert [path.exists() for path in files] == [True, False]


def test_the_one_report_of_former_versions_goes_and_those_of_studies_stay(tmp_path):
    build = tmp_path / "build"
    former = ("report/index.html", "report/tables/table1.csv", "report/figures/a.svg")
    kept = ("report/demo/index.html", "report/notes.txt", "talks/labels.csv")
    for name in (*former, *kept):
        (build / name).parent.mkdir(parents=True, exist_ok=True)
        (build / name).write_text(name)
    assert remove_former_report(build) == ""
    seal = build / ".seals/report/index.html.sha256"
    seal.parent.mkdir(parents=True)
    sealed = (*former, "report/gone.csv", "talks/labels.csv")
    seal.write_text("".join(f"{'0' * 64}  build/{name}\n" for name in sealed))
    assert "its own folder now" in remove_former_report(build)
    assert {str(p.relative_to(build)) for p in build.rglob("*") if p.is_file()} == set(kept)
