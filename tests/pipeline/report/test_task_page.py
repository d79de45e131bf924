"""A task's section: its parts, and what it says where nothing was trained."""

from typing import get_args

from pipeline.config.tasks import FoldRule, ProtocolSettings
from pipeline.report.task_page import FOLDS, SELECTION


def test_a_task_without_methods_says_so(make_build):
    build = make_build(train={"methods": [], "seeds": [0]})
    assert "No method is trained on this task" in build.report()


def test_what_was_held_out_and_how_epochs_were_chosen_is_said(make_build):
    build = make_build(methods={"gcnet": {"model": "gcnet"}}, seeds=(0,))
    page = build.report()
    assert "Protocol strict: epochs are chosen on a validation role" in page
    assert "Folds (whole dialogues are held out): 0, 1. Seeds: 0. Unified models" in page


def test_every_choice_of_the_configuration_has_words():
    assert set(SELECTION) == set(get_args(ProtocolSettings.model_fields["name"].annotation))
    assert set(FOLDS) == set(get_args(FoldRule.model_fields["by"].annotation))
