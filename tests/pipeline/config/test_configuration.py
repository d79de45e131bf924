"""config.yaml as one model: what is refused before anything is planned, and how it is told."""

import copy

import pytest

from pipeline.base.errors import SettingsError
from pipeline.config.configuration import parse_config, read_config
from pipeline.config.given import as_typed
from pipeline.config.settings import dump
from pipeline.rules.plan import Plan

SMALL = {
    "corpora": {"talks": {"reader": "folder", "root": "videos"}},
    "tasks": {
        "mood": {
            "corpus": "talks",
            "classes": {"good": ["happy"], "bad": ["sad", "angry"]},
            "folds": {"by": "dialogues"},
        }
    },
}


def changed(path, value):
    """`SMALL` with the dotted `path` set."""
    values = copy.deepcopy(SMALL)
    *parents, last = path.split(".")
    place = values
    for parent in parents:
        place = place.setdefault(parent, {})
    place[last] = value
    return values


def refuse(values):
    with pytest.raises(SettingsError) as error:
        parse_config(values)
    return str(error.value)


def test_defaults_are_those_of_the_paper():
    config = parse_config(SMALL)
    assert config.train.n_epochs == 100
    assert config.train.train_rate == "0.7"
    assert config.protocol.rates == (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
    settings = config.methods["iteacnet"].settings
    assert (settings.teacher.encoder, settings.teacher.n_layers) == ("transformer", 3)
    assert (settings.student.encoder, settings.student.n_layers) == ("nas", 4)
    assert (settings.learning_rate, settings.router_learning_rate) == (5e-4, 5e-3)
    assert (settings.batch_size, settings.hidden_dim, settings.n_heads) == (32, 128, 8)
    assert (settings.context.kernel, settings.context.band) == (7, 30)
    assert settings.imputation_weights == (0.5, 0.1, 0.05)


def test_a_validated_configuration_reads_back():
    config = parse_config(SMALL)
    assert parse_config(dump(config)) == config


@pytest.mark.parametrize(
    ("path", "value", "place", "allowed"),
    [
        ("features.audio.encder", "x", "features.audio.encder", "encoder, "),
        ("features.audio.precision", "float8", "features.audio.precision", "'bfloat16'"),
        ("features.visual.scale_order", "tail", "features.visual.scale_order", "'published'"),
        ("crop_faces.fps", 0, "crop_faces.fps", "greater than 0"),
        ("corpora.talks.reader", "youtube", "corpora.talks.reader", "'iemocap'"),
        ("protocol.rates", [0.9], "protocol.rates.0", "0.7"),
        ("train.n_epochs", 0, "train.n_epochs", "1"),
        ("shards", 0, "shards", "1"),
        ("traning", {}, "traning", "train"),
    ],
)
def test_a_wrong_value_is_named_by_path_with_what_is_allowed(path, value, place, allowed):
    message = refuse(changed(path, value))
    assert message.startswith(f"config: {place}: ")
    assert allowed in message
    assert repr(value) in message or repr(value[0]) in message


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("tasks.mood.corpus", "tlaks", "tasks.mood.corpus: 'tlaks' is not defined"),
        ("train.methods", ["gcnet"], "train.methods.0: 'gcnet' is not defined"),
        (
            "train.tasks",
            ["mod"],
            "train.tasks.0: 'mod' is not defined; use one of ['mood']; did you mean 'mood'?",
        ),
        ("train.train_rate", "0.9", "use 0.0 to 0.7, 'random' or 'progressive'"),
        ("train.train_rate", "often", "train_rate='often'"),
        ("tasks.mood.kind", "regression", "config: tasks.mood: `classes` is needed"),
        ("tasks.mood.classes.good", ["sad"], "['sad'] stand in more than one class"),
        ("tasks.mood.folds.only", [1, 5], "tasks.mood.folds.only: there are no folds [5], only 0"),
        ("corpora.talks.reader", "import", "`import` and `reader: import` go together"),
    ],
)
def test_what_does_not_fit_together_is_refused(path, value, expected):
    assert expected in refuse(changed(path, value))


def test_an_undefined_name_is_answered_with_the_defined_ones():
    assert "use one of ['talks']" in refuse(changed("tasks.mood.corpus", "x"))


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".x", "a b", "x" * 129])
@pytest.mark.parametrize("table", ["corpora", "tasks", "methods"])
def test_names_that_could_leave_a_folder_are_refused(table, name):
    values = copy.deepcopy(SMALL)
    entry = {"corpora": SMALL["corpora"]["talks"], "tasks": SMALL["tasks"]["mood"]}
    values.setdefault(table, {})[name] = entry.get(table, {"model": "iteacnet"})
    assert "not a name" in refuse(values)


def test_root_on_the_command_line_is_the_root_of_the_only_corpus():
    assert parse_config({**SMALL, "root": "/data/x"}).corpora["talks"].root == "/data/x"


def test_a_root_that_looks_like_a_number_is_a_path():
    assert parse_config({**SMALL, "root": 2024}).corpora["talks"].root == "2024"


def test_root_with_two_corpora_of_other_roots_is_refused():
    values = changed("corpora.more", {"reader": "folder", "root": "x"})
    message = refuse({**values, "root": "/data/x"})
    assert "root='/data/x' fits corpora that share a root" in message
    assert "['more', 'talks']" in message


@pytest.mark.parametrize("corpora", [None, [], {"talks": None}, {"talks": "videos"}])
def test_root_with_corpora_of_a_wrong_shape_is_told_by_path(corpora):
    assert refuse({"root": "x", "corpora": corpora}).startswith("config: corpora")


def test_parsing_leaves_its_input_alone():
    values = {**copy.deepcopy(SMALL), "root": 5}
    before = copy.deepcopy(values)
    parse_config(values)
    assert values == before


def test_complete_data_is_judged_at_rate_zero():
    values = changed("methods.iteacnet", {"model": "iteacnet", "evaluations": ["complete"]})
    values["protocol"] = {"rates": [0.1, 0.2]}
    told = refuse(values)
    assert "methods.iteacnet.evaluations" in told
    assert "[0.1, 0.2]" in told
    values["protocol"] = {"rates": [0.0, 0.2]}
    plan = Plan(parse_config(values))
    assert plan.train_rates("mood", "iteacnet") == ("0.0",)
    assert plan.test_rates("mood", "iteacnet", "0.0") == ("0.0",)


@pytest.mark.parametrize(
    "key",
    [
        *("cache", "corpora.talks.root", "corpora.talks.utterances", "corpora.talks.labels"),
        *("crop_faces.weights", "features.audio.weights", "features.text.weights"),
        "features.visual.weights",
    ],
)
def test_home_is_expanded_in_every_path(monkeypatch, key):
    monkeypatch.setenv("HOME", "/home/me")
    value = dump(parse_config(changed(key, "~/x")))
    for part in key.split("."):
        value = value[part]
    assert value == "/home/me/x"


def test_home_is_expanded_in_the_folder_of_a_model_and_in_root(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    features = parse_config(changed("features.text.encoder", "hf:~/model")).features
    assert features.text.encoder == "hf:/home/me/model"
    assert parse_config({**SMALL, "root": "~/x"}).corpora["talks"].root == "/home/me/x"


@pytest.mark.parametrize("text", ["/data/My #1 clips", "/data/a: b", "/data/[x]", "2024", "no"])
def test_a_root_on_the_command_line_is_taken_as_it_is_typed(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text("corpora: {talks: {reader: folder, root: x}}\n")
    assert read_config(path, [f"root={text}"]).corpora["talks"].root == text
    assert read_config(path, [f'root="{text}"']).corpora["talks"].root == text
    assert as_typed({"root": {"a": "b"}, "shards": 3}, [f"root={text}"]) == {
        "root": text,
        "shards": 3,
    }


def test_a_root_that_is_no_text_is_refused_with_a_way_to_quote():
    assert "quote it twice" in refuse({**SMALL, "root": {"/data/a": "b"}})


def test_sections_on_the_command_line_are_laid_over_those_of_the_file(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("corpora: {talks: {reader: folder, root: x}}\ntrain: {seeds: [7]}\n")
    train = read_config(path, ["train={n_epochs: 3}"]).train
    assert (train.n_epochs, train.seeds) == (3, (7,))


def test_more_trainings_than_can_be_planned_are_refused():
    values = changed("train", {"seeds": list(range(1000))})
    values["tasks"]["mood"]["folds"]["k"] = 100
    assert "100,000 trainings of 1 tasks" in refuse(values)


def test_conditions_of_a_task_come_after_the_rates_each_once():
    values = changed("tasks.mood.conditions", ["subsets", "rate:0.3", "without:text", "only:text"])
    values["protocol"] = {"rates": [0.0, 0.3]}
    plan = Plan(parse_config(values))
    subsets = ("audio", "text", "visual", "audio+text", "audio+visual", "text+visual")
    expected = ("0.0", "0.3", *(f"only:{name}" for name in (*subsets, "audio+text+visual")))
    assert plan.conditions("mood") == (*expected, "without:text")
    assert plan.test_rates("mood", "iteacnet", "0.7") == plan.conditions("mood")
    assert plan.train_rates("mood", "iteacnet") == ("0.7",)
    assert plan.masks("mood")[-1] == "build/mood/availability/without-text_7000.safetensors"
    assert plan.validation_rates("0.7") == ("0.7",)
    assert plan.validation_rates("random") == ("0.0", "0.3")


def test_a_method_under_ime_is_trained_for_each_condition():
    values = changed("methods.iteacnet", {"model": "iteacnet", "evaluations": ["ime"]})
    values["protocol"] = {"rates": [0.0]}
    values["tasks"]["mood"]["conditions"] = ["only:audio+visual"]
    plan = Plan(parse_config(values))
    assert plan.train_rates("mood", "iteacnet") == ("0.0", "only:audio+visual")
    assert plan.test_rates("mood", "iteacnet", "only:audio+visual") == ("only:audio+visual",)
    assert plan.validation_rates("only:audio+visual") == ("only:audio+visual",)
    run = plan.runs("mood")[-1]
    assert run.folder == "build/mood/runs/iteacnet/only-audio-visual/fold4_seed0"
    assert plan.name_of("only-audio-visual") == "only:audio+visual"
    assert plan.name_of("0.0") == "0.0"


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("tasks.mood.conditions", ["only:vizual"], "tasks.mood.conditions.0: 'vizual' is not one"),
        ("tasks.mood.conditions", ["subsetz"], "there is no condition 'subsetz'"),
        ("tasks.mood.conditions", ["without:audio+text+visual"], "would be left"),
        ("tasks.mood.conditions", [0.3], 'takes this for a number; write "0.3"'),
        ("train", {"train_rate": "0.8"}, "use 0.0 to 0.7, 'random' or 'progressive', or the name"),
        ("train", {"train_rate": "imbalanced:0.7/0.3"}, "task mood cannot be trained so: 2 rates"),
    ],
)
def test_conditions_that_cannot_be_are_refused_with_their_place(path, value, expected):
    assert expected in refuse(changed(path, value))
