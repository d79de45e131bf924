"""Methods are asked about with the settings that they are trained with; idle settings are told."""

from pipeline.config.configuration import parse_config
from pipeline.rules.plan import Plan
from pipeline.rules.trainings import methods_at_rates, notes_on

TASK = {"corpus": "c", "annotation": "x", "classes": {"p": ["p"]}, "folds": {"by": "official"}}


def plan(evaluations, **by_rate):
    method = {
        **{"model": "gru", "evaluations": evaluations, "settings": {"hidden_dim": 8}},
        "by_rate": {float(rate.removeprefix("at_")): s for rate, s in by_rate.items()},
    }
    config = {
        "corpora": {"c": {"reader": "folder", "root": "clips"}},
        "tasks": {"t": TASK},
        "methods": {"m": method},
        "protocol": {"rates": [0.0, 0.3, 0.7]},
        "train": {"methods": ["m"]},
    }
    return Plan(parse_config(config))


def test_each_rate_with_settings_of_its_own_is_a_method():
    found = methods_at_rates(plan(["ime"], **{"at_0.3": {"hidden_dim": 4}}), "t")
    sizes = {name: method.settings.hidden_dim for name, method in found.items()}
    assert sizes == {"m": 8, "m.by_rate.0.3": 4}


def test_settings_of_a_rate_at_which_nothing_is_trained_are_told():
    changes = {"at_0.7": {"hidden_dim": 4}, "at_0.3": {"hidden_dim": 2}}
    (note,) = notes_on(plan(["ume"], **changes))
    assert note.startswith("note: methods.m.by_rate: nothing is trained at 0.3, so")
    assert "trained at: 0.7" in note
    assert notes_on(plan(["ume", "ime"], **changes)) == []
