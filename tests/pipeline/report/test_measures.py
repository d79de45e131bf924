"""A task on a scale of 1 to 5: CCC everywhere, no sign, no class and no percentage of them."""

import re

import pytest

from pipeline.config.tasks import SCORES
from pipeline.report.measures import FURTHER, MEASURES, further
from tests.pipeline.report.builds import words_of


def test_every_score_of_the_configuration_has_words():
    assert set(MEASURES) == {score for scores in SCORES.values() for score in scores}
    assert set(FURTHER) == set(SCORES)
    assert next(iter(further("classes", "macro_f1"))) == "weighted_f1"


@pytest.mark.parametrize(
    ("score", "value", "text"), [("weighted_f1", 0.5, "50.0"), ("ccc", 0.51234, "0.512")]
)
def test_f1_is_printed_in_percent_and_ccc_as_it_is(score, value, text):
    assert MEASURES[score].text(value) == text


def test_a_page_of_values_on_one_side_of_zero_knows_no_sign(make_build):
    build = make_build(kind="dimensional", methods={"iteacnet": {"model": "iteacnet"}})
    page = build.report()
    section = page[page.index('id="task-t"') : page.index('id="corpus-c"')]
    assert "reaches a CCC of" in words_of(page)
    assert "always saying the mean of training (0.000)" in words_of(page)
    assert "Epochs are selected by CCC" in section
    for word in ("weighted F1", "Acc-2", "100.0 %", "100.00", "negative", "Majority"):
        assert word not in section

    metrics = build.table("t_metrics_ume")
    assert set(metrics["metric"]) == {
        *("correlation", "mean_absolute_error", "root_mean_squared_error"),
    }
    assert set(build.table("table4")["metric"]) == {"ccc"}
    assert re.search(r"Table 4\..*\. CCC\.", page)
    assert not [name for name in build.reported("figures") if "confusion" in name]
