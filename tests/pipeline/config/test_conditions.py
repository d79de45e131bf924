"""Names of conditions: what they mean, which one is the name, and what is refused how."""

import pytest

from pipeline.base.artefacts import mask_place, run_place
from pipeline.config.condition_parts import ConditionError
from pipeline.config.conditions import KINDS, Blocks, Imbalanced, parse_condition
from pipeline.config.tasks import ProtocolSettings

ALL = ("audio", "text", "visual")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("0.3", "0.3"),
        ("rate:0.30", "0.3"),
        ("rate:0", "0.0"),
        ("rate:0.9:nothing-left", "rate:0.9:nothing-left"),
        ("only:visual+audio", "only:audio+visual"),
        ("without:text", "without:text"),
        ("blocks:.3:5.0", "blocks:0.3:5"),
        ("dialogue:text", "dialogue:text:0.5"),
        ("dialogue:visual+audio:0.3", "dialogue:audio+visual:0.3"),
        ("imbalanced:0.7/0.3/.5", "imbalanced:0.7/0.3/0.5"),
        ("real:visual+text", "real:text+visual"),
        ("imbalanced:text=0.3/audio=0.7", "imbalanced:audio=0.7/text=0.3"),
    ],
)
def test_a_condition_has_one_name_however_it_is_written(text, name):
    condition = parse_condition(text)
    assert condition.name == name
    assert parse_condition(name) == condition


def test_every_kind_shows_an_example_that_three_modalities_can_have():
    for keyword, kind in KINDS.items():
        condition = parse_condition(kind.example)
        condition.check(ALL)
        assert type(condition) is kind
        assert kind.example.startswith(f"{keyword}:")


def test_what_a_name_says_is_typed():
    assert parse_condition("blocks:0.3:5") == Blocks(0.3, 5.0)
    named = parse_condition("imbalanced:visual=0.2/audio=0.7")
    assert named == Imbalanced((0.7, 0.2), ("audio", "visual"))
    assert named.rates_of(ALL) == (0.7, 0.0, 0.2)
    assert parse_condition("imbalanced:0.7/0.3").rates_of(("text", "visual")) == (0.7, 0.3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("onyl:audio", r"there is no condition 'onyl'; .*did you mean 'only'\?"),
        ("", "there is no condition ''; write e.g. rate:0.3, only:audio"),
        ("only:vizual", r"'vizual' is not one of audio, text, visual; did you mean 'visual'\?"),
        ("only:", "'' is not one of audio"),
        ("only:audio+audio", "names a modality twice"),
        ("only", "0 values stand after the keyword; 1 belong there"),
        ("without:text:nothing-left", "belongs to rate, blocks and imbalanced alone"),
        ("rate:0.8", "rate above 0.7 leaves utterances without anything: .*:nothing-left"),
        ("0.95", "is not a rate from 0 to 0.9"),
        ("rate:nan", "is not a rate"),
        ("rate:x", "'x' is not a number, but a rate is due"),
        ("rate:0.9:nothing-leftt", "did you mean 'nothing-left'"),
        ("blocks:0.3", "1 values stand after the keyword; 2 belong"),
        ("blocks:0.3:0", "mean length in utterances from 1 to 1000"),
        ("dialogue:text:2", "not a share of the dialogues from 0 to 1"),
        ("imbalanced:audio=0.7/0.3", "'0.3': name each modality once"),
        ("imbalanced:../../x", "not a number"),
    ],
)
def test_what_is_no_condition_is_named_with_the_way_out(text, expected):
    with pytest.raises(ConditionError, match=expected):
        parse_condition(text)


@pytest.mark.parametrize(
    ("text", "modalities", "expected"),
    [
        ("only:visual", ("audio", "text"), "the task has no visual, only audio, text"),
        ("without:audio+text", ("audio", "text"), "would be left"),
        ("dialogue:audio", ("audio",), "would be left"),
        ("imbalanced:0.7/0.3", ALL, "2 rates for the modalities audio, text, visual"),
        ("imbalanced:0.7/0.7/0.7", ALL, "less than one modality an utterance: lower"),
    ],
)
def test_what_a_task_cannot_have_is_refused(text, modalities, expected):
    with pytest.raises(ConditionError, match=expected):
        parse_condition(text).check(modalities)


def test_names_of_files_are_safe_and_those_of_rates_as_ever():
    assert mask_place("0.3", 7000) == "availability/0.3_7000.safetensors"
    assert run_place("m", "0.7", 1, 2) == "runs/m/0.7/fold1_seed2"
    assert run_place("m", "random", 1, 2) == "runs/m/random/fold1_seed2"
    expected = "availability/imbalanced-audio-0.7-text-0.3_7000.safetensors"
    assert mask_place("imbalanced:audio=0.7/text=0.3", 7000) == expected
    assert run_place("m", "only:audio+visual", 1, 2) == "runs/m/only-audio-visual/fold1_seed2"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("-0.0", "0.0"),
        ("rate:-0", "0.0"),
        ("dialogue:text:-0.0", "dialogue:text:0.0"),
        ("imbalanced:0.7/-0.0/0.5", "imbalanced:0.7/0.0/0.5"),
    ],
)
def test_no_rate_has_two_names(written, name):
    """Masks of one rate are stored once, and -0.0 is 0.0."""
    assert parse_condition(written).name == name
    rates = ProtocolSettings.model_validate({"rates": [-0.0]}).rates
    assert [str(rate) for rate in rates] == ["0.0"]
