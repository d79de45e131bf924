"""Changes that Snakemake alone gets wrong (reading.md F.2), on copies of a finished workflow."""

import os
import shutil
from pathlib import Path

import pytest
import yaml

from pipeline.config.configuration import parse_config
from pipeline.features.weights import locating as weights
from tests.workflow.driver import Planned, WorkflowFailed, plan, rules_of, snakemake
from tests.workflow.rerun_check import edited, forget_code, states
from tests.workflow.rerun_states import STATES
from tests.workflow.rerun_table import changed
from tests.workflow.workspaces import finish, write_config

TALKS = {
    **STATES["strategy"],
    "shards": 2,
    "features": {"text": {"encoder": "hf:words"}},
    "methods": {"gcnet": {"model": "gcnet", "settings": {"window_past": 2, "window_future": 5}}},
    "train": {"methods": ["gcnet"], "train_rate": "0.5"},
}
ONCE = (
    *("build_manifest", "join_features", "assign_splits", "check_tasks", "count_parameters"),
    *("train", "predict", "score", "report"),
)
EVERYTHING = {**dict.fromkeys(ONCE, 1), "extract_features": 2, "draw_availability": 2}


@pytest.fixture(scope="module")
def finished():
    with pytest.MonkeyPatch.context() as patch, states() as make:
        patch.setitem(STATES, "talks", TALKS)
        yield make("talks").folder


@pytest.fixture
def folder(finished, tmp_path):
    """A moved copy, times and Snakemake's records included: the project itself may move."""
    weights._fingerprint.cache_clear()
    return shutil.copytree(finished, tmp_path / "project", symlinks=True)


def planned(folder: Path, values: dict | None = None) -> list[Planned]:
    if values is not None:
        write_config(folder, values)
    return plan(folder, "--configfile", str(folder / "config.yaml"))


def test_a_moved_project_is_done(folder):
    assert planned(folder) == []


def test_a_project_that_was_copied_with_its_links_followed_is_done(folder, tmp_path):
    """As by `cp -rL`: what led to the code is then a copy of the code."""
    copied = shutil.copytree(folder, tmp_path / "copied")
    assert not (copied / ".snakemake/iteacnet/pipeline").is_symlink()
    assert planned(copied) == []


@pytest.mark.parametrize("name", ["cache", "build"])
@pytest.mark.parametrize("make", [Path.touch, lambda place: place.symlink_to("nowhere")])
def test_a_file_where_a_folder_belongs_is_named(tmp_path, name, make):
    write_config(tmp_path, TALKS)
    make(tmp_path / name)
    with pytest.raises(WorkflowFailed, match=f"{name} is not a folder, .*: move it away"):
        planned(tmp_path)


def test_two_values_that_swap_places_are_a_change(folder):
    swapped = {"window_past": 5, "window_future": 2}
    jobs = planned(folder, changed(TALKS, "methods.gcnet.settings", swapped))
    assert rules_of(jobs) == ["predict", "report", "score", "train"]


def test_the_order_of_keys_is_no_change(folder):
    def turned(value):
        if not isinstance(value, dict):
            return value
        return {key: turned(inner) for key, inner in reversed(value.items())}

    values = turned(TALKS)
    values["tasks"]["mood"]["classes"] = TALKS["tasks"]["mood"]["classes"]  # its order is meant
    assert list(values) != list(TALKS)
    assert planned(folder, values) == []


def test_comments_and_formatting_of_the_configuration_are_no_change(folder):
    values = yaml.safe_load((folder / "config.yaml").read_text())
    text = yaml.safe_dump(values, default_flow_style=True, sort_keys=False)
    (folder / "config.yaml").write_text(f"# a comment\n{text} # another\n\n")
    assert planned(folder) == []


def test_writing_out_a_default_is_no_change(folder):
    values = parse_config(TALKS).model_dump(mode="json", by_alias=True, exclude={"root"})
    values["corpora"]["talks"].pop("import")
    assert len(str(values)) > 2 * len(str(TALKS))
    assert planned(folder, values) == []


def test_comments_and_formatting_of_a_module_are_no_change_and_code_with_an_old_date_is(folder):
    name = "pipeline/protocol/splits.py"
    with edited(name) as path:
        os.utime(path, (0, 0))
        assert "assign_splits" in rules_of(planned(folder))
        path.write_text("# a comment\n" + path.read_text().replace("\nEDITED = 1\n", "\n\n# end\n"))
        forget_code()
        assert planned(folder) == []


def test_results_that_come_back_with_other_dates_are_taken_as_they_are(folder):
    """As after `rsync -a`, `tar` or a checkout: dates say nothing, content does."""
    for number, path in enumerate(sorted(folder.rglob("build/**/*"), reverse=True)):
        os.utime(path, (1_000_000 + number, 1_000_000 + number))
    assert planned(folder) == []


def test_without_snakemakes_records_nothing_is_taken_for_a_result(folder):
    shutil.rmtree(folder / ".snakemake")
    jobs = rules_of(planned(folder))
    assert {rule: jobs.count(rule) for rule in jobs} == EVERYTHING
    again = rules_of(planned(folder))  # the first look has not settled it
    assert again == jobs


@pytest.mark.parametrize("place", [".snakemake/metadata", "build/.seals"])
def test_a_result_whose_record_or_seal_a_power_cut_emptied_is_made_again(folder, place):
    """What was never brought to the disk is empty, or an older version, when the power is back."""
    emptied = [path for path in (folder / place).rglob("*") if path.is_file()]
    for path in emptied:
        path.write_bytes(b"")
    assert emptied
    jobs = rules_of(planned(folder))
    assert {rule: jobs.count(rule) for rule in jobs} == EVERYTHING


def test_a_record_that_a_power_cut_brought_back_is_not_believed(folder):
    """The result is of 2 epochs, the record of one; asked for is one again."""
    records = {path: path.read_bytes() for path in (folder / ".snakemake/metadata").rglob("*")}
    write_config(folder, changed(TALKS, "train.n_epochs", 2))
    finish(folder)
    for path, content in records.items():
        path.write_bytes(content)
    jobs = rules_of(planned(folder, TALKS))
    assert jobs == ["predict", "report", "score", "train"]


def test_a_video_more_is_seen_though_its_date_is_old(folder):
    added = folder / "talks/b.mp4"
    added.write_bytes(b"b")
    os.utime(added, (0, 0))
    assert planned(folder)[0].job.rule == "build_manifest"


@pytest.mark.parametrize("content", [b"A", b"longer"])
def test_another_video_of_the_same_name_is_seen_though_its_date_is_old(folder, content):
    video = folder / "talks/a.mp4"
    video.write_bytes(content)
    os.utime(video, (0, 0))
    assert planned(folder)[0].job.rule == "build_manifest"


def test_another_file_of_weights_is_seen_though_its_size_and_date_are_the_same(folder):
    model = folder / "weights/words/model.safetensors"
    before = model.stat()
    model.write_text("sdrow")
    os.utime(model, ns=(before.st_atime_ns, before.st_mtime_ns))
    weights._fingerprint.cache_clear()
    jobs = rules_of(planned(folder))
    assert jobs.count("extract_features") == 2
    assert "build_manifest" not in jobs


def test_weights_that_move_are_no_change(folder):
    (folder / "weights/words").rename(folder / "weights/elsewhere")
    values = changed(TALKS, "features.text.weights", "weights/elsewhere")
    assert planned(folder, values) == []


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("talks/utterances.csv", "build_manifest"),
        ("talks/annotations.csv", "build_manifest"),
        ("talks/manifest/1.csv", "build_manifest"),
        ("talks/manifest/0.json", "build_manifest"),
        ("talks/shards/text/1.safetensors", "extract_features"),
        ("talks/features/text.safetensors", "join_features"),
        ("mood/labels.csv", "assign_splits"),
        ("mood/availability/0.5_7000.safetensors", "draw_availability"),
        ("mood/runs/gcnet/0.5/fold0_seed0/weights.safetensors", "train"),
        ("mood/runs/gcnet/0.5/fold0_seed0/predictions.csv", "predict"),
        ("mood/scores.csv", "score"),
        ("parameters.csv", "count_parameters"),
        ("report/study/index.html", "report"),
    ],
)
def test_whatever_is_deleted_is_made_again(folder, name, rule):
    (folder / "build" / name).unlink()
    assert rule in rules_of(planned(folder))


def test_fewer_shards_are_another_manifest(folder):
    jobs = rules_of(planned(folder, changed(TALKS, "shards", 1)))
    assert jobs.count("build_manifest") == 1
    assert jobs.count("extract_features") == 1


@pytest.mark.parametrize("keeps_its_date", [False, True])
def test_a_result_that_was_edited_stops_the_workflow_by_name(folder, keeps_its_date):
    """Snakemake alone takes the edit for news and makes all after it from it."""
    assert planned(folder) == []
    path = folder / "build/mood/splits.csv"
    before = path.stat()
    path.write_text("edited")
    if keeps_its_date:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(WorkflowFailed, match=r"changed since .*: build/mood/splits.csv\. .*verify"):
        planned(folder)


def test_a_configuration_that_is_wrong_is_refused_by_key(folder):
    with pytest.raises(WorkflowFailed, match=r"config: train\.n_epochs: .* \(value: 0\)"):
        planned(folder, changed(TALKS, "train.n_epochs", 0))


def test_a_rule_can_be_forced_as_ever(folder):
    configfile = ("--configfile", str(folder / "config.yaml"))
    jobs = snakemake(folder, "--dry-run", "--forcerun", "score", *configfile)
    assert rules_of(jobs) == ["all", "report", "score"]


def test_the_doctor_runs_by_name_and_says_what_is_there(folder):
    configfile = ("--configfile", str(folder / "config.yaml"))
    with pytest.raises(WorkflowFailed, match="doctor"):  # weights and videos here are stand-ins
        snakemake(folder, "doctor", *configfile)
    said = (folder / "build/logs/doctor.txt").read_text()
    assert "Corpus talks, reader folder" in said
    assert "weights/words" in said
    assert planned(folder) == []
