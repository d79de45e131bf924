"""study.json of anybody's: names lead nowhere, and no module is imported because it is named."""

import json
import sys

import pytest

from pipeline.base.errors import SettingsError
from pipeline.config.settings import dump, parse_section
from pipeline.tools.bundles.opening import open_study
from pipeline.tools.bundles.study import Study
from tests.documents.pages import templates
from tests.pipeline.report.builds import write_build
from tests.pipeline.tools.bundles.conftest import make_bundle


@pytest.fixture
def values(bundled, tmp_path):
    return json.loads(json.dumps(dump(open_study(bundled, tmp_path / "a").study)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda study: study["tasks"]["t"]["runs"][0].update(train_rate="../.."), "train_rate"),
        (lambda study: study["tasks"]["t"]["runs"][0].update(method="../x"), "method"),
        (lambda study: study["tasks"].update({"../x": study["tasks"]["t"]}), r"\.\./x"),
        (lambda study: study["tasks"]["t"]["settings"].update(corpus="../c"), "corpus"),
        (lambda study: study["tasks"]["t"]["settings"].update(corpus="d"), "not described"),
        (lambda study: study["methods"].append(study["methods"][0]), "names of their own"),
        (lambda study: study["methods"][0].update(name="majority"), "names of their own"),
        (lambda study: study["tasks"]["t"]["runs"].append(study["tasks"]["t"]["runs"][0]), "twice"),
        (lambda study: study["tasks"]["t"].update(runs=[]), "runs"),
    ],
)
def test_what_cannot_be_is_refused(values, change, said):
    change(values)
    with pytest.raises(SettingsError, match=said):
        parse_section(values, Study, where="study.json")


def test_no_module_of_others_is_imported(values, tmp_path, monkeypatch):
    (tmp_path / "evil_model").mkdir()
    (tmp_path / "evil_model/__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    values["methods"][1]["model"] = "evil_model.net"
    study = parse_section(values, Study, where="study.json")
    assert [method.view().label for method in study.methods] == ["ITEACNet", "GCNet"]
    assert "evil_model" not in sys.modules


def test_a_method_of_ones_own_can_be_bundled(tmp_path, monkeypatch):
    (tmp_path / "bundled_own").mkdir()
    (tmp_path / "bundled_own/mean.py").write_text(templates()["method"], encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    own_method = "bundled_own.mean"
    methods = {"iteacnet": {"model": "iteacnet"}, "mine": {"model": own_method, "label": "Mine!"}}
    build = write_build(tmp_path, methods=methods, seeds=(0,))
    (tmp_path / "study.yaml").write_text(json.dumps(build.config))
    path = make_bundle(build, tmp_path / "s.zip")
    study = open_study(path, tmp_path / "a").study
    assert [method.view().label for method in study.methods] == ["ITEACNet", "Mine!"]
    assert study.methods[1].model == own_method
