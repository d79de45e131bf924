"""The last words of a run, by hand."""

import pytest

from pipeline.rules.terminal import endings
from pipeline.rules.terminal.board import Board, Failure
from pipeline.rules.terminal.estimate import Estimate


@pytest.fixture
def board(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Board(Estimate(), began_s=10.0)


def test_what_ended_well_says_how_long_it_took_and_where_the_report_is(board, tmp_path):
    assert endings.succeeded(board, 20.0, "mine") == ["Nothing to be done: all results are there."]
    (tmp_path / "build/logs").mkdir(parents=True)
    (tmp_path / "build/report/mine").mkdir(parents=True)
    (tmp_path / "build/report/mine/index.html").touch()
    findings = "".join(f"found: {n}\n" for n in range(endings.SHOWN_FINDINGS + 5))
    (tmp_path / "build/logs/report_mine.txt").write_text(f"{findings}done: the page\n")
    board.n_done = 2

    first, *findings, last = endings.succeeded(board, 82.0, "mine")
    assert first == "All 2 jobs are done in 1:12."
    assert findings == [str(n) for n in range(endings.SHOWN_FINDINGS)]
    assert last == "The report: build/report/mine/index.html"
    assert len(endings.succeeded(board, 82.0, None)) == 1


def test_failures_come_with_their_logs_and_how_to_go_on(board):
    board.n_total, board.n_done = 5, 2
    board.failures = {1: Failure("t: train", "no room", ["a.txt", "b.txt"])}
    assert endings.failed(board) == [
        "1 job failed. 2 of 5 jobs are done and kept, 2 wait for what failed. Mend this, and the "
        "same command goes on from there:",
        "error: t: train: no room",
        "       log: a.txt, b.txt",
    ]
    board.failures = {}
    assert endings.failed(board) == [
        "The run ended early, see above. 2 of 5 jobs are done and kept."
    ]


def test_jobs_that_were_told_to_stop_are_no_failures(board):
    board.n_total, board.n_done = 3, 1
    said = ["KeyboardInterrupt", "it ended without saying why (killed, or out of memory?)"]
    board.failures = {n: Failure("t: train", reason, []) for n, reason in enumerate(said)}
    assert endings.interrupted(board) == [
        "Stopped. 1 of 3 jobs are done and kept; the same command goes on from there."
    ]
    board.failures[9] = Failure("t: score", "no runs", [])
    assert endings.interrupted(board)[1:] == ["error: t: score: no runs", "       log: none"]
