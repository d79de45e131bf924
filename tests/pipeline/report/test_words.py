"""Words of the configuration in sentences."""

import pytest

from pipeline.config.methods import STRATEGIES
from pipeline.report.words import said_of_training


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_has_words_of_its_own(strategy):
    assert said_of_training(strategy).startswith("at ")


def test_a_rate_and_a_condition_are_told_apart():
    assert said_of_training("0.5") == "at missing rate 0.5"
    assert said_of_training("only:text") == "under condition only:text"


def test_no_sentence_holds_the_word_of_the_configuration(make_build):
    page = make_build(
        train={"methods": ["iteacnet"], "seeds": [0], "train_rate": "random"}
    ).report()
    assert "trained at missing rates of 0 to 0.7, drawn for each batch" in page
    assert "at rate random" not in page
