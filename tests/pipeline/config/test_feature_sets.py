"""Sets of encoders: what is shared, what things are called, and what is refused."""

import pytest

from pipeline.base.errors import SettingsError
from pipeline.config.configuration import parse_config
from pipeline.config.settings import dump
from pipeline.rules.decisions import Decisions
from pipeline.rules.plan import Plan

CORPORA = {"talks": {"reader": "folder", "root": "videos"}}
MOOD = {"corpus": "talks", "classes": {"a": ["a"], "b": ["b"]}, "folds": {"by": "dialogues"}}
METHODS = {name: {"model": name} for name in ("gru", "logistic")}
HUBERT = {"encoder": "hf:hubert"}
SETS = {
    "base": {"text": {"encoder": "deberta"}},
    "hubert": {"audio": HUBERT},
    "both": {"audio": HUBERT, "text": {"encoder": "minilm"}},
}


def plan(features, **sections):
    values = {
        "corpora": CORPORA,
        "tasks": {"mood": MOOD},
        "features": features,
        "methods": METHODS,
        "train": {"methods": list(METHODS)},
        **sections,
    }
    return Plan(parse_config(values))


def test_sets_share_what_they_encode_alike_and_inherit_from_the_first():
    found = plan(SETS)
    assert found.encodings("talks") == ("audio", "audio@hubert", "text", "text@both", "visual")
    of_both = found.features("mood", "gru@both")
    assert of_both == [
        f"build/talks/features/{name}.safetensors"
        for name in ("audio@hubert", "text@both", "visual")
    ]
    assert found.config.features["hubert"].text.encoder == "deberta"
    assert parse_config(dump(found.config)) == found.config


def test_every_method_is_trained_on_every_set():
    found = plan(SETS)
    names = ["gru", "gru@hubert", "gru@both", "logistic", "logistic@hubert", "logistic@both"]
    assert [run.method for run in found.runs("mood") if run.fold == 0] == names
    folder = "build/mood/runs/gru@both/0.7/fold0_seed0"
    assert folder in {run.folder for run in found.runs("mood")}


def test_the_first_set_has_the_names_and_the_keys_of_a_single_one():
    named, single = (plan(features) for features in (SETS, SETS["base"]))
    assert set(single.files()) - set(named.files()) == set()
    jobs = [
        ("extract_features", {"corpus": "talks", "modality": "text", "shard": "0"}),
        (
            "train",
            {"task": "mood", "method": "gru", "train_rate": "0.7", "fold": "0", "seed": "0"},
        ),
    ]
    for rule, names in jobs:
        assert Decisions(named).key(rule, names) == Decisions(single).key(rule, names)


def test_masks_are_drawn_over_what_the_first_set_extracted():
    assert plan(SETS).features("mood") == plan(SETS["base"]).features("mood")


IMPORT = {"format": "npz", "path": "a.npz", "arrays": {"audio": "a"}}


@pytest.mark.parametrize(
    ("features", "sections", "said"),
    [
        ({"base": {}, "same": {}}, {}, r"features\.same: .*as base does"),
        (
            {"base": {}, "hubert": {"audio": HUBERT}},
            {"tasks": {"mood": {**MOOD, "modalities": ["text"]}}},
            r"features\.hubert: task mood would be trained twice: it encodes text as base does",
        ),
        ({"base": {}, "h": {"audoi": HUBERT}}, {}, r"features\.h\.audoi: unknown key; .*'audio'"),
        (
            {"base": {}, "h": {"audio": {"encoder": "x"}}},
            {},
            r"features\.h\.audio\.encoder: no such",
        ),
        ({"audio": {}, "h": {}}, {}, r"features\.h: unknown key; use one of audio, text, visual"),
        ({"audoi": HUBERT}, {}, r"features\.audoi: unknown key; .*did you mean 'audio'"),
        ({"base": {}, "a b": {"audio": HUBERT}}, {}, r"features\.a b: not a name"),
        ({"base": {}, "h": None}, {}, r"features\.h: must be keys with values"),
        (
            {"base": {}, "h": {"audio": HUBERT}},
            {"corpora": {"talks": {"reader": "import", "root": "c", "import": IMPORT}}},
            r"tasks\.mood\.corpus: talks imports its features",
        ),
        (
            SETS,
            {"report": {"main": "gru@nope"}},
            r"report\.main: 'gru@nope' is not defined; use one of \['gru', 'gru@both'",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name(features, sections, said):
    with pytest.raises(SettingsError, match=said):
        plan(features, **sections)
