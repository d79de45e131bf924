"""Where a study may come from, and what is said of places that hold none."""

from contextlib import chdir
from pathlib import Path

import pytest

from pipeline.tools.bundles.errors import BundleError
from pipeline.tools.bundles.opening import find_settings, open_study
from tests.pipeline.tools.bundles.conftest import write_study
from tests.pipeline.tools.bundles.zips import edited


def test_a_bundle_and_its_build_are_the_same_study(bundled, study_build, tmp_path):
    packed = open_study(bundled, tmp_path / "a").study
    with chdir(study_build.root):
        gathered = open_study(study_build.root / "study.yaml", tmp_path / "b").study
    assert packed == gathered
    assert [run.place for run in packed.tasks["t"].runs] == [
        run.folder.removeprefix("build/t/") for run in study_build.plan.runs("t")
    ]


def test_a_report_knows_its_study(bundled, tmp_path):
    build = write_study(tmp_path / "s")
    build.report()
    (build.folder / "report/mini").mkdir()
    for name in ("settings.json", "study.json"):
        (build.folder / "report" / name).rename(build.folder / "report/mini" / name)
    for place in (build.folder / "report/mini", Path()):
        with chdir(build.folder / "report/mini"):
            found = open_study(place, tmp_path / place.name / "a").study
        assert found == open_study(bundled, tmp_path / place.name / "b").study


def test_a_bundle_that_was_changed_is_not_opened(bundled, tmp_path):
    def change(parts):
        parts["build/t/labels.csv"] += b"x,happy\n"

    with pytest.raises(BundleError, match="1 part is not as bundled; `python -m pipeline verify"):
        open_study(edited(bundled, tmp_path / "b.zip", change), tmp_path / "a")


def test_what_is_no_study_is_told(tmp_path):
    with pytest.raises(BundleError, match=r"has no settings\.json: name the folder of a report"):
        find_settings(tmp_path)
    with pytest.raises(BundleError, match=r"none\.yaml"):
        find_settings(tmp_path / "none.yaml")
    (tmp_path / "empty.yaml").write_text("{}")
    with pytest.raises(BundleError, match="corpora"):
        find_settings(tmp_path / "empty.yaml")
    with pytest.raises(BundleError, match=r"none\.zip is not there"):
        open_study(tmp_path / "none.zip", tmp_path / "a")
