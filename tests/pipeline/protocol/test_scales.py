"""Numbers that cannot be told apart, or lie off their scale, are refused before any training."""

import pytest

from pipeline.base.records import Label
from pipeline.config.tasks import LabeledTask
from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.scales import check_numbers


def task(metrics, **more):
    values = {"kind": "regression", "annotation": "valence", "metrics": metrics, **more}
    return LabeledTask.model_validate({**values, "folds": {"by": "dialogues", "k": 3}})


def check(task, *numbers):
    """`numbers` as people write them; labels hold their distances from the task's middle."""
    labels = [Label(f"u{k}", repr(number - task.middle)) for k, number in enumerate(numbers)]
    check_numbers(task, labels, "fold 0, test")


def refusal(task, *numbers):
    with pytest.raises(ProtocolError) as error:
        check(task, *numbers)
    return str(error.value)


def test_both_ends_of_a_scale_are_on_it_whatever_rounding_does():
    """As a distance from 0.5 and back, 0.1 is less than it was."""
    assert (0.1 - 0.5) + 0.5 < 0.1
    check(task("dimensional", scale=[0.1, 0.9]), 0.1, 0.3, 0.9)


@pytest.mark.parametrize("number", [0.99, 5.01, -3.0])
def test_a_number_off_the_scale_is_told_as_it_was_written(number):
    said = refusal(task("dimensional", scale=[1, 5]), 2.0, number)
    assert said.startswith(f"u1: {number:g} of 'valence' lies outside the scale, 1 to 5")


def test_without_a_scale_every_number_is_on_it():
    check(task("dimensional"), -1e6, 1e6)


@pytest.mark.parametrize("second", [3.0, 3.0 + 1e-8])
def test_numbers_that_are_equal_to_networks_have_no_correlation(second):
    """Half of float32's step at 2 is 1.2e-7: the second is the first to a network."""
    said = refusal(task("dimensional"), 3.0, second)
    assert said.startswith("fold 0, test: every value of 'valence' is 3 (2 labels)")
    check(task("dimensional"), 3.0, 3.0 + 1e-6)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((3.5, 4.0, 3.0), "no value lies below 3, all others above"),
        ((1.0, 2.5), "no value lies above 3, all others below"),
        ((3.0, 3.0), "every value is 3, and such values are not scored"),
    ],
)
def test_signs_need_values_on_both_sides_of_the_centre(numbers, said):
    told = refusal(task("sentiment", center=3.0), *numbers)
    assert said in told
    assert f"goes from {min(numbers):g} to {max(numbers):g} ({len(numbers)} labels)" in told
    check(task("sentiment", center=3.0), *numbers, 2.9, 3.1)
