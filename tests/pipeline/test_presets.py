"""The presets in configs/: each is valid, and paper.yaml is what the paper ran."""

from pathlib import Path

import pytest
import yaml

from pipeline.config import parse_config
from pipeline.features.catalogue import find_encoder
from pipeline.features.published import MANET, WAV2VEC
from pipeline.plan import Plan

FOLDER = Path(__file__).parents[2] / "configs"


def preset(path):
    return parse_config(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_preset_can_be_planned(path):
    plan = Plan(preset(path))
    assert plan.files()


def test_the_papers_preset_takes_the_papers_encoders():
    features = preset(FOLDER / "paper.yaml").features
    audio, text, visual = (
        find_encoder(modality, getattr(features, modality).encoder)
        for modality in ("audio", "text", "visual")
    )
    assert audio.source == WAV2VEC.source
    assert text.model == "microsoft/deberta-large"
    assert visual.source == MANET.source
    assert (features.text.last_layers, features.text.compat) == (4, "gcnet")  # FACTS C.2
    assert features.visual.scale_order == "published"  # FACTS C.3
    assert {getattr(features, m).precision for m in ("audio", "text", "visual")} == {"float32"}


def test_the_papers_preset_takes_the_papers_utterances():
    tasks = preset(FOLDER / "paper.yaml").tasks
    assert tasks["iemocap4"].classes["happy"] == ("hap", "exc")
    assert tasks["iemocap6"].annotation == "emotion_gcnet"  # 7,433 of them (FACTS B.1)
    assert preset(FOLDER / "mosei.yaml").tasks["mosei"].annotation == "sentiment_gcnet"  # 22,856
