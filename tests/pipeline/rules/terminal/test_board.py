"""Where a run stands after each event, counted by hand."""

import pytest

from pipeline.rules.terminal.board import SHOWN_NOTES, Board, StartedJob
from pipeline.rules.terminal.estimate import Estimate


@pytest.fixture
def board():
    board = Board(Estimate(), began_s=0.0)
    board.plan({"train": 3, "score": 1, "all": 1})
    return board


@pytest.fixture
def job(tmp_path):
    """job(rule, log, began_s): a job whose log holds these lines."""

    def make(rule="train", log="", began_s=0.0):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.txt"
        path.write_text(log)
        return StartedJob(rule, {"fold": "1"}, [str(path)], began_s)

    return make


def test_rules_without_work_do_not_count(board, job):
    assert board.n_total == 4
    board.start(9, job("all"))
    assert not board.running


def test_a_finished_job_is_told_with_count_time_and_what_came_out(board, job):
    board.start(1, job(log="note: short\ndone: epoch 7\n"))
    line, note = board.finish(1, 30.0)
    # Two of 30 s, one at a time so far, and a rule that never ran.
    assert line == "1 of 4  fold1: train: epoch 7 (0:30; more than 1:00 left)"
    assert note == "        note: short"
    assert board.finish(1, 31.0) == []


def test_of_many_notes_the_log_has_the_rest(board, job):
    told = job(log="".join(f"note: {n}\n" for n in range(SHOWN_NOTES + 2)))
    board.start(1, told)
    assert board.finish(1, 1.0)[-1].strip() == f"and 2 more notes: {told.logs[0]}"


def test_a_failure_is_forgotten_where_the_job_is_tried_again(board, job):
    board.start(1, job(log="error: no room\n"))
    assert board.fail(1, job()) == "FAILED  fold1: train: no room"
    assert board.failures.keys() == {1}
    board.start(1, job())
    assert not board.failures


def test_a_checkpoint_that_brings_jobs_raises_the_count_once(board, job):
    board.start(1, job())
    board.finish(1, 1.0)
    board.start(2, job())
    board.recount([(2, "train"), (3, "train"), (4, "train"), (5, "score"), (6, "all")])
    assert board.n_total == 5
    assert board.waiting == {"train": 2, "score": 1}


def test_the_job_that_was_silent_for_longest_is_heard(board, job):
    board.start(1, job("train", "train: 3/9 epochs\n"))
    board.start(2, job("score", "", began_s=5.0))
    assert board.heartbeat(6.0).strip().startswith("fold1: train: 3/9 epochs")
    assert board.heartbeat(7.0).strip().startswith("fold1: score: running for 0:02")
    assert Board(Estimate(), 0.0).heartbeat(1.0) == ""
