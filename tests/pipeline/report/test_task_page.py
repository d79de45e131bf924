"""A task's section: its parts, and what it says where nothing was trained."""

from dataclasses import replace
from typing import get_args

from pipeline.config.tasks import FoldRule, ProtocolSettings
from pipeline.report.task_page import FOLDS, SELECTION, task_view


def test_a_task_without_methods_says_so(make_build):
    build = make_build(train={"methods": [], "seeds": [0]})
    assert "No method is trained on this task" in build.report()


def test_what_was_held_out_and_how_epochs_were_chosen_is_said(make_build):
    build = make_build(methods={"gcnet": {"model": "gcnet"}}, seeds=(0,))
    said = task_view(build.results()).summary
    assert said.startswith("Epochs are chosen on a validation role that is never tested on (prot")
    assert "2 folds: whole dialogues are held out. 1 seed. Unified models" in said


def test_where_the_last_epoch_stands_none_is_said_to_be_chosen(make_build):
    build = make_build(methods={"gcnet": {"model": "gcnet"}}, seeds=(0,))
    said = task_view(replace(build.results(), keeps_last=True)).summary
    assert said.startswith("No epoch is chosen: the last one of each run stands (protocol")


def test_what_a_scale_is_measured_by_is_said_with_or_without_a_choice(make_build):
    scale = make_build(kind="dimensional").results()
    assert "Epochs are selected by CCC" in task_view(scale).summary
    assert "selected" not in task_view(replace(scale, keeps_last=True)).summary


def test_every_choice_of_the_configuration_has_words():
    assert set(SELECTION) == set(get_args(ProtocolSettings.model_fields["name"].annotation))
    assert set(FOLDS) == set(get_args(FoldRule.model_fields["by"].annotation))
