"""Logs of jobs, read for what people are told."""

import pytest

from pipeline.rules.terminal.logs import LogLines, read_logs, tell


def test_lines_are_sorted_by_their_first_word():
    told = tell(["on cpu", "note: one file is short", "found: t: good", "done: 7 utterances", ""])
    assert told == LogLines(
        "7 utterances", ("t: good",), ("one file is short",), (), "done: 7 utterances"
    )


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["epoch 1", "error: folds.k=20: too many", "  see there"], "folds.k=20: too many"),
        (["Traceback:", "  File x", "pandas.errors.ParserError: l"], "pandas.errors.ParserError"),
        (["/usr/bin/bash: line 20: 46 Killed      python -m x"], "killed from outside"),
        (["train: 3/30 epochs"], "its last line: train: 3/30 epochs"),
        ([], "without saying why"),
    ],
)  # fmt: skip
def test_why_a_job_failed_is_said_as_far_as_its_log_knows(lines, reason):
    assert reason in tell(lines).reason


def test_what_would_steer_a_terminal_does_not_reach_it():
    told = tell(["note: \x1b[2Jcleared\rand\x07", "done: \u202etxet"])
    assert told.notes == ("?[2Jcleared?and?",)
    assert told.done == "?txet"


def test_of_a_huge_log_beginning_and_end_are_read(tmp_path):
    log = tmp_path / "log.txt"
    log.write_text("note: early\n" + "x\n" * 1_000_000 + "done: at last\n")
    assert read_logs([str(tmp_path / "none.txt"), str(log)]).done == "at last"
    assert read_logs([str(log)]).notes == ("early",)
    assert read_logs([]) == LogLines()


def test_of_several_errors_the_first_is_told_and_the_others_counted():
    assert (
        tell(["error: tasks.a: x", "error: tasks.b: y"]).reason == "tasks.a: x (the log has 1 more)"
    )
