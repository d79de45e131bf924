"""What there is to make, counted by hand from small configurations."""

import pytest

from pipeline.config.configuration import parse_config
from pipeline.rules.plan import Plan, Run

CORPORA = {"talks": {"reader": "folder", "root": "talks"}}
CLASSES = {"good": ["happy"], "bad": ["sad"]}
MOOD = {"corpus": "talks", "classes": CLASSES, "folds": {"by": "dialogues", "k": 3}}


def plan(**sections):
    return Plan(parse_config({"corpora": CORPORA, "tasks": {"mood": MOOD}, **sections}))


def test_a_run_has_a_place_of_its_own():
    run = Run("mood", "gcnet", "0.5", 1, 7)
    assert run.folder == "build/mood/runs/gcnet/0.5/fold1_seed7"


def test_runs_are_methods_times_rates_times_folds_times_seeds():
    made = plan(
        methods={
            "one": {"model": "gcnet"},
            "each": {"model": "gcnet", "evaluations": ["ime"]},
            "both": {"model": "gcnet", "evaluations": ["ume", "ime", "complete"]},
        },
        protocol={"rates": [0.0, 0.5, 0.7]},
        train={"methods": ["one", "each", "both"], "train_rate": "0.7", "seeds": [0, 1]},
    )

    assert made.train_rates("mood", "one") == ("0.7",)
    assert made.train_rates("mood", "each") == ("0.0", "0.5", "0.7")
    assert made.train_rates("mood", "both") == ("0.7", "0.0", "0.5")  # 0.7 and 0.0 are trained once
    runs = made.runs("mood")
    assert len(runs) == len(set(runs)) == (1 + 3 + 3) * 3 * 2
    assert len({run.folder for run in runs}) == len(runs)


@pytest.mark.parametrize(
    ("method", "train_rate", "tested"),
    [
        ("one", "0.5", ("0.0", "0.5")),  # the network of UME meets every rate
        ("both", "0.5", ("0.0", "0.5")),
        ("both", "0.0", ("0.0",)),  # a network of IME its own
    ],
)
def test_rates_of_the_test(method, train_rate, tested):
    made = plan(
        methods={
            "one": {"model": "gcnet"},
            "both": {"model": "gcnet", "evaluations": ["ume", "ime"]},
        },
        protocol={"rates": [0.0, 0.5]},
        train={"methods": ["one", "both"], "train_rate": "0.5"},
    )
    assert made.test_rates("mood", method, train_rate) == tested


@pytest.mark.parametrize(
    ("train_rate", "rates"), [("0.5", ("0.5",)), ("random", ("0.0", "0.7")), ("0.0", ("0.0",))]
)
def test_a_constant_rate_is_validated_at_itself_and_a_strategy_at_all(train_rate, rates):
    assert plan(protocol={"rates": [0.0, 0.7]}).validation_rates(train_rate) == rates


@pytest.mark.parametrize("train_rate", ["0.5", "random", "progressive"])
def test_naming_a_condition_changes_nothing_that_epochs_are_selected_by(train_rate):
    train = {"methods": ["iteacnet"], "train_rate": train_rate}
    plain = plan(train=train)
    named = plan(
        tasks={"mood": {**MOOD, "conditions": ["only:audio", "blocks:0.3:5"]}}, train=train
    )
    tested, more = (set(made.test_rates("mood", "iteacnet", train_rate)) for made in (plain, named))
    assert more - tested == {"only:audio", "blocks:0.3:5"}
    assert named.validation_rates(train_rate) == plain.validation_rates(train_rate)


def test_a_corpus_has_the_modalities_that_its_tasks_use():
    tone = {**MOOD, "modalities": ["visual", "audio"]}
    assert plan().modalities("talks") == ("audio", "text", "visual")
    assert plan(tasks={"tone": tone}).modalities("talks") == ("audio", "visual")
    text = {**MOOD, "modalities": ["text"]}
    assert plan(tasks={"tone": tone, "words": text}).modalities("talks") == (
        *("audio", "text", "visual"),
    )
    assert plan(tasks={}).modalities("talks") == ("audio", "text", "visual")


def test_folds_may_be_chosen():
    chosen = {**MOOD, "folds": {"by": "dialogues", "k": 3, "only": [2]}}
    assert plan().folds("mood") == (0, 1, 2)
    assert plan(tasks={"mood": chosen}).folds("mood") == (2,)


def test_only_forms_of_iteacnet_are_looked_into():
    methods = {"ours": {"model": "iteacnet"}, "theirs": {"model": "gcnet"}}
    train = {"methods": ["theirs", "ours"], "train_rate": "0.5", "seeds": [4, 5]}
    assert plan(methods=methods, train=train).traced("mood") == {
        "ours": Run("mood", "ours", "0.5", 0, 4)
    }


def test_every_file_is_named_once_and_shards_without_faces_have_no_faces():
    words = {**MOOD, "modalities": ["text"]}
    files = plan(tasks={"mood": words}, shards=2, train={"methods": ["iteacnet"]}).files()
    assert len(files) == len(set(files))
    assert [name for name in files if "/shards/" in name] == [
        "build/talks/shards/text/0.safetensors",
        "build/talks/shards/text/1.safetensors",
    ]
    assert not any("/faces/" in name for name in files)
    assert "build/report/study/index.html" in files
