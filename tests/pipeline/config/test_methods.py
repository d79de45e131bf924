"""Sections of methods are built when a model is named, and keep the settings of any module."""

import subprocess
import sys

import pytest

from pipeline.config.settings import dump, parse_section
from pipeline.training.settings import PredictSettings
from tests.modules import ROOT

OWN = """
from dataclasses import dataclass
from models.method import MethodInfo

@dataclass(frozen=True)
class WaterSettings:
    depth_m: float = 3.0

METHOD = MethodInfo("Water", "a pond", "nobody", WaterSettings)

def build(settings, shape):
    raise NotImplementedError
"""
LOADED = """
import sys
from pipeline.stages import train
from pipeline.config.settings import parse_section
from pipeline.training.settings import PredictSettings

def loaded():
    print(*(n.split(".")[1] for n in sys.modules if n.endswith((".method", ".settings"))
            and n.startswith("models.") and n.count(".") == 2))

loaded()
told = {"task": {}, "method": {"model": "gcnet"}, "rates": []}
assert parse_section(told, PredictSettings, where="").method.model == "gcnet"
loaded()
"""


def test_no_model_is_loaded_that_is_not_named():
    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    before, after = done.stdout.split("\n")[:2]
    assert before == ""
    assert set(after.split()) == {"gcnet"}


@pytest.fixture
def pond(tmp_path, monkeypatch):
    (tmp_path / "ponds").mkdir()
    (tmp_path / "ponds" / "water.py").write_text(OWN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield "ponds.water"
    for name in ("ponds.water", "ponds"):
        sys.modules.pop(name, None)


def test_sections_keep_the_settings_of_a_module_of_ones_own(pond):
    told = {"task": {}, "method": {"model": pond, "settings": {"depth_m": 7}}, "rates": ["0.0"]}
    read = parse_section(told, PredictSettings, where="")
    assert dump(read)["method"]["settings"] == {"depth_m": 7.0}
    again = parse_section(read.model_dump_json(), PredictSettings, where="")
    assert again == read
    assert again.method.settings.typed().depth_m == 7
