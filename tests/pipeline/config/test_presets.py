"""The presets in configs/: each is valid, and paper.yaml is what the paper ran."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from models.registry import our_methods
from pipeline.base.errors import SettingsError
from pipeline.config.configuration import parse_config
from pipeline.features.weights.catalogue import find_encoder
from pipeline.features.weights.published import MANET, WAV2VEC
from pipeline.rules.decisions import Decisions
from pipeline.rules.plan import Plan

FOLDER = Path(__file__).parents[3] / "configs"
RUN_OF_GCNET = {"task": "iemocap6", "method": "gcnet", "fold": "0", "seed": "0"}


def preset(path):
    return parse_config(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_preset_can_be_planned(path):
    plan = Plan(preset(path))
    assert plan.files()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_command_that_a_preset_names_can_be_planned(path):
    text = path.read_text(encoding="utf-8")
    first = re.findall(r"^#   (?:snakemake .*--configfile|make) (.*)$", text, re.M)[0]
    assert first.startswith((f"configs/{path.name}", path.stem))
    given = dict(re.findall(r"--config (root)=(\S+)", first))
    config = parse_config({**yaml.safe_load(text), **given})
    assert Plan(config).files()
    if given:
        assert {corpus.root for corpus in config.corpora.values()} == {given["root"]}


def test_the_papers_preset_takes_the_papers_encoders():
    features = preset(FOLDER / "paper.yaml").features
    audio, text, visual = (
        find_encoder(modality, getattr(features, modality).encoder)
        for modality in ("audio", "text", "visual")
    )
    assert audio.source == WAV2VEC.source
    assert text.model == "microsoft/deberta-large"
    assert visual.source == MANET.source
    assert (features.text.last_layers, features.text.compat) == (4, "gcnet")  # reading.md C.2
    assert features.visual.scale_order == "published"  # reading.md C.3
    assert {getattr(features, m).precision for m in ("audio", "text", "visual")} == {"float32"}


def test_the_papers_preset_takes_the_papers_utterances():
    tasks = preset(FOLDER / "paper.yaml").tasks
    assert tasks["iemocap4"].classes["happy"] == ("hap", "exc")
    assert tasks["iemocap6"].annotation == "emotion_gcnet"  # 7,433 of them (reading.md B.1)
    assert preset(FOLDER / "mosei.yaml").tasks["mosei"].annotation == "sentiment_gcnet"  # 22,856


def test_gcnets_preset_is_what_its_authors_ran():
    # zeroQiaoba/GCNet, run.sh: one command for each rate from 0.0 to 0.7, none with --time-attn.
    hidden = (200, 200, 200, 200, 200, 100, 200, 100)
    window = (2, 2, 2, 1, 2, 2, 1, 3)
    config = preset(FOLDER / "gcnet_iemocap6.yaml")
    plan = Plan(config)
    rates = plan.train_rates(*config.tasks, "gcnet")
    settings = [config.methods["gcnet"].settings_at(rate) for rate in rates]
    assert tuple(task.hidden_dim for task in settings) == hidden
    assert tuple(task.window_past for task in settings) == window
    assert tuple(task.window_future for task in settings) == window
    assert not any(task.time_attention for task in settings)
    decided = Decisions(plan).key("train", {**RUN_OF_GCNET, "train_rate": "0.7"})
    assert json.loads(decided)["method"]["settings"]["hidden_dim"] == 100


def test_settings_of_a_rate_are_checked():
    values = yaml.safe_load((FOLDER / "gcnet_iemocap6.yaml").read_text(encoding="utf-8"))
    values["methods"]["gcnet"]["by_rate"][0.3] = {"hiden_dim": 50}
    with pytest.raises(SettingsError) as caught:
        parse_config(values)
    told = "config: methods.gcnet.by_rate.0.3.hiden_dim: unknown key; use one of "
    assert str(caught.value).startswith(told)
    assert "did you mean 'hidden_dim'? (value: 50)" in str(caught.value)


WHOLE_TABLE = {"iteacnet", "gcnet", "mmin", "cra", "ae", "cpmnet", "momke", "gru", "committee"}
TABLES = ["hazumi", "iemocap", "meld", "mosi"]


@pytest.mark.parametrize("corpus", TABLES)
def test_a_preset_of_features_compares_everybody_on_all_folds_and_three_seeds(corpus):
    config = preset(FOLDER / f"{corpus}_features.yaml")
    trained = {name: config.methods[name] for name in config.train.methods}
    assert {method.model for method in trained.values()} == {*our_methods()} - {"prior"}
    assert set(trained) >= WHOLE_TABLE | {"logistic", "late_fusion"}
    alone = {m.settings.modalities for m in trained.values() if m.model == "logistic"}
    for task in config.tasks.values():
        assert not task.folds.only
        names = task.modalities or ("audio", "text", "visual")
        assert alone == {(), *((name,) for name in names)}
    assert len(config.train.seeds) == 3
    assert all(method.evaluations == ("ume",) for method in trained.values())


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_default_table_has_the_simple_rows_that_are_hard_to_beat(path):
    """The floor of the majority class stands in every table by itself."""
    config = preset(path)
    trained = [config.methods[name] for name in config.train.methods]
    if not trained or path.stem in ("gcnet_iemocap6", "recipe_features"):
        return  # without labels; what one method's authors ran; three rows set side by side
    modalities = {name for task in config.tasks.values() for name in task.modalities}
    alone = {m.settings.modalities for m in trained if m.model == "logistic"}
    assert alone == {(), *((name,) for name in modalities or ("audio", "text", "visual"))}
    assert {"gru", "late_fusion"} <= {method.model for method in trained}


@pytest.mark.parametrize("corpus", TABLES)
def test_what_training_and_structure_gain_are_told_apart(corpus):
    methods = preset(FOLDER / f"{corpus}_features.yaml").methods
    plain, trained, aligned = (
        methods[f"iteacnet{part}"].settings.typed() for part in ("", "_recipe", "_aligned")
    )
    assert trained == replace(plain, label_smoothing=0.1, averaging=0.02)
    assert aligned == replace(plain, fusion="aligned")
    recipe = methods["committee"].settings.typed()
    assert (recipe.label_smoothing, recipe.averaging) == (0.1, 0.02)
