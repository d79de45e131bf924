"""A study is called as its configuration says, or as its files are."""

from pathlib import Path

import pytest

from pipeline.base.errors import SettingsError
from pipeline.base.files import write_json
from pipeline.config.configuration import parse_config
from pipeline.config.settings import dump
from pipeline.config.studies import fault_of_name, study_name
from pipeline.config.yaml_files import YamlFile

CORPORA = {"talks": {"reader": "folder", "root": "videos"}}


@pytest.mark.parametrize(
    ("files", "name"),
    [
        (["configs/mosi.yaml"], "mosi"),
        (["mosi.yaml", "quick.yaml"], "mosi-quick"),
        (["My first study (2).yaml"], "My-first-study-2"),
        (["../../.hidden.yaml"], "hidden"),
        (["ünï.yaml"], "n"),
        (["日本.yaml"], "study"),
        (["a" * 300 + ".yaml"], "a" * 100),
        ([], "study"),
    ],
)
def test_a_study_is_called_as_its_files(files, name):
    read = [YamlFile(Path(file), {}, {}) for file in files]
    assert study_name([file.path for file in read]) == name
    config = parse_config({"corpora": CORPORA, "report": {"title": "T"}}, read)
    assert (config.report.name, config.report.title) == (name, "T")
    assert parse_config(dump(config)) == config


def test_a_name_that_is_said_counts():
    values = {"corpora": CORPORA, "report": {"name": "first_try"}}
    assert parse_config(values, [YamlFile(Path("b.yaml"), {}, {})]).report.name == "first_try"


@pytest.mark.parametrize("name", ["../up", "a/b", "", "-x", "index.html", "a b", "."])
def test_names_that_are_no_folder_are_refused(name):
    with pytest.raises(SettingsError, match=r"config: report\.name"):
        parse_config({"corpora": CORPORA, "report": {"name": name}})


def test_a_name_is_taken_by_another_file_that_is_there(tmp_path):
    ours, theirs = tmp_path / "a.yaml", tmp_path / "b/a.yaml"
    theirs.parent.mkdir()
    for file in (ours, theirs):
        file.touch()
    card = {"name": "a", "title": "T", "date": "2026-01-01", "found": []}
    write_json(tmp_path / "report/a/study.json", {**card, "configuration": [str(ours)]})

    said = fault_of_name(tmp_path / "report", "a", [theirs])
    assert f"holds the report of {ours}, and {theirs} would replace it" in said
    assert "report.name" in said
    assert fault_of_name(tmp_path / "report", "a", [ours]) == ""
    assert fault_of_name(tmp_path / "report", "b", [theirs]) == ""
    ours.unlink()
    assert fault_of_name(tmp_path / "report", "a", [theirs]) == ""
    (tmp_path / "report/a/study.json").write_text("{")
    assert fault_of_name(tmp_path / "report", "a", [theirs]) == ""
