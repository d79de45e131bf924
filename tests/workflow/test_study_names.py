"""Two configurations that are called alike in two folders do not replace each other's report."""

import json

import pytest
import yaml

from tests.workflow.driver import WorkflowFailed, plan
from tests.workflow.test_feature_sets import METHODS, config_of


def test_a_report_is_not_replaced_by_that_of_a_file_of_the_same_name(tmp_path):
    config = {**config_of(tmp_path), "features": {}}
    files = [tmp_path / name / "mood.yaml" for name in "ab"]
    for file in files:
        file.parent.mkdir()
        file.write_text(yaml.safe_dump(config, sort_keys=False))
    ours, theirs = (("--configfile", str(file)) for file in files)
    card = {"name": "mood", "title": "T", "date": "2026-01-01", "found": []}
    place = tmp_path / "build/report/mood/study.json"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps({**card, "configuration": ["a/mood.yaml"]}))

    with pytest.raises(WorkflowFailed, match=r"holds the report of a/mood\.yaml, and b/mood\.yaml"):
        plan(tmp_path, *theirs)
    trained = [job for job in plan(tmp_path, *ours) if job.job.rule == "train"]
    assert len(trained) == len(METHODS)
    assert plan(tmp_path, *theirs, "--config", "report={name: mine}")
    files[0].unlink()
    assert plan(tmp_path, *theirs)
