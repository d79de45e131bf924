"""The terminal, driven by Snakemake's own events and a clock that the test moves."""

import io
import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from pipeline.rules.terminal.screen import Screen, attach

N_LINES_AT_MOST = 150


class Run:
    """A screen, and what Snakemake would tell it."""

    def __init__(self, tmp_path, monkeypatch, jobs, *, shows=True):
        monkeypatch.chdir(tmp_path)
        self.now_s, self.out, self.left = 0.0, io.StringIO(), dict(enumerate(jobs))
        self.screen = Screen(
            lambda: self.left.items(),
            "mosi",
            shows=shows,
            stream=self.out,
            clock=lambda: self.now_s,
        )
        self.screen.close()  # no beats but those of the test
        stats = {rule: jobs.count(rule) for rule in jobs} | {"total": len(jobs)}
        self.tell(LogEvent.RUN_INFO, stats=stats)

    def tell(self, event=None, message="", **fields):
        record = logging.makeLogRecord({"msg": message, "event": event, **fields})
        self.screen.handle(record)

    def start(self, number, log="", **wildcards):
        path = Path(f"{number}.txt")
        path.write_text(log)
        told = {"rule_name": self.left[number], "wildcards": wildcards, "log": [str(path)]}
        self.tell(LogEvent.JOB_INFO, jobid=number, **told)
        return {"jobid": number, **told}

    def finish(self, number, seconds=1.0):
        self.now_s += seconds
        self.tell(LogEvent.JOB_FINISHED, job_id=number)
        self.tell(LogEvent.PROGRESS)
        del self.left[number]

    @property
    def lines(self):
        return self.out.getvalue().splitlines()


@pytest.fixture
def run(tmp_path, monkeypatch):
    return lambda *jobs, **options: Run(tmp_path, monkeypatch, list(jobs), **options)


def test_a_finished_job_is_one_line_with_place_count_and_outcome(run):
    workflow = run("train", "train", "all")
    log = "train: 9/9 epochs\nnote: short\ndone: best epoch 4\n"
    workflow.start(0, log, task="demo4", method="iteacnet", train_rate="0.7", fold="3", seed="0")
    workflow.finish(0, 30.0)
    assert workflow.lines[1:] == [
        "1 of 2  demo4 iteacnet 0.7 fold3 seed0: train: best epoch 4 (0:30; about 0:30 left)",
        "        note: short",
    ]


def test_silence_is_broken_by_what_a_running_job_is_at(run):
    workflow = run("train")
    workflow.start(0, "train: 9/30 epochs in 0:09, 1/s, 0:21 left\n", task="t", fold="0")
    workflow.now_s = 9.0
    workflow.screen.beat()
    assert len(workflow.lines) == 1
    workflow.now_s = 10.0
    workflow.screen.beat()
    said = "t fold0: train: 9/30 epochs in 0:09, 1/s, 0:21 left; the whole: about 0:21 left"
    assert workflow.lines[1].strip() == said


def test_the_demo_for_an_hour_fits_a_screenful(run):
    workflow = run(*["train"] * 36, "all")
    for number in range(36):
        workflow.start(number, "note: a\ndone: all is well\n")
        for _ in range(100):
            workflow.now_s += 1.0
            workflow.screen.beat()
        workflow.finish(number, 0.0)
    workflow.screen.succeed(has_report=True)
    assert 36 * 2 < len(workflow.lines) <= N_LINES_AT_MOST


def test_failed_jobs_come_last_each_with_its_error_and_log(run):
    workflow = run("assign_splits", "train", "predict", "all")
    failed = workflow.start(0, "error: folds.k=20\n", task="a")
    died = workflow.start(1, "epoch 1\n", task="b")
    for event in (failed, died):
        workflow.tell(LogEvent.JOB_ERROR, **event)
    workflow.screen.fail()

    assert workflow.lines[-5:] == [
        "2 jobs failed. 0 of 3 jobs are done and kept, 1 wait for what failed. Mend this, and the "
        "same command goes on from there:",
        "error: a: assign_splits: folds.k=20",
        "       log: 0.txt",
        "error: b: train: it ended without saying why (killed, or out of memory?); its last line: "
        "epoch 1",
        "       log: 1.txt",
    ]


def test_a_reason_that_many_jobs_share_is_told_once(run):
    workflow = run("train", "train", "train", "all")
    named = {"task": "a", "method": "m", "train_rate": "0.7", "seed": "0"}
    for job in range(3):
        failed = workflow.start(job, "error: dialogues are too long\n", **named, fold=str(job))
        workflow.tell(LogEvent.JOB_ERROR, **failed)
    workflow.screen.fail()
    *_, error, log = workflow.lines
    assert error.endswith(" and 1 more: dialogues are too long")
    assert log == "       log: 0.txt, 1.txt"
    assert sum(line.startswith("error: ") for line in workflow.lines) == 1


def test_a_job_that_is_tried_again_and_ends_well_is_no_failure(run):
    workflow = run("train", "all")
    workflow.tell(LogEvent.JOB_ERROR, **workflow.start(0, "", task="a"))
    workflow.tell(message="Trying to restart job 0.")
    workflow.start(0, "done: well", task="a")
    workflow.finish(0)
    workflow.screen.succeed(has_report=False)
    assert workflow.lines[-1] == "The job is done in 0:01."


def test_jobs_that_a_person_stopped_are_no_failures_but_earlier_ones_are(run):
    workflow = run("score", "train", "train")
    workflow.tell(LogEvent.JOB_ERROR, **workflow.start(0, "error: no runs\n", task="a"))
    stopped = workflow.start(1, "Traceback\nKeyboardInterrupt\n", task="a")
    workflow.tell(message="Terminating processes on user request, this might take some time.")
    workflow.tell(LogEvent.JOB_ERROR, **stopped)
    workflow.screen.fail()
    assert workflow.lines[-3:] == [
        "Stopped. 0 of 3 jobs are done and kept; the same command goes on from there.",
        "error: a: score: no runs",
        "       log: 0.txt",
    ]


def test_the_last_lines_say_what_was_found_and_where(run, tmp_path):
    workflow = run("report", "all")
    (tmp_path / "build/report/mosi").mkdir(parents=True)
    (tmp_path / "build/report/mosi/index.html").touch()
    (tmp_path / "build/logs").mkdir()
    (tmp_path / "build/logs/report_mosi.txt").write_text("found: t: 60 %\ndone: the page\n")
    workflow.start(0, "done: the page")
    workflow.finish(0)
    (tmp_path / "build/logs/report_other.txt").write_text("found: t: 10 %\n")
    workflow.screen.succeed(has_report=True)
    assert workflow.lines[-2:] == ["t: 60 %", "The report: build/report/mosi/index.html"]
    again = run("report", "all")
    again.tell(message="Nothing to be done (all requested files are present and up to date).")
    assert again.lines[-3:] == ["Nothing to be done: all results are there.", *workflow.lines[-2:]]


def test_a_fault_of_the_display_does_not_end_the_run(run, monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)
    workflow = run("train")
    workflow.tell(LogEvent.JOB_ERROR)  # without any of its fields
    assert workflow.lines


SETTINGS = {"verbose": False, "printshellcmds": False, "dryrun": False, "quiet": None}


@pytest.mark.parametrize(
    ("changed", "blocks", "words"),
    [
        ({}, False, True),
        ({"quiet": {Quietness.HOST}}, False, True),
        ({"verbose": True}, True, False),
        ({"printshellcmds": True}, True, False),
        ({"dryrun": True}, True, False),
        ({"quiet": {Quietness.ALL}}, True, False),
    ],
)
def test_who_speaks_is_chosen_on_the_command_line(changed, blocks, words):
    """`blocks`: Snakemake's own handler is left alone; `words`: a finished job is told here."""
    logger, theirs, out = logging.Logger("of a test"), io.StringIO(), io.StringIO()
    handler = logging.StreamHandler(theirs)
    handler.name = "DefaultStreamHandler"
    logger.addHandler(handler)
    screen = attach(logger, SimpleNamespace(**{**SETTINGS, **changed}), lambda: [], "mosi")
    screen._stream = out
    logger.info("a block", extra={"event": LogEvent.JOB_INFO, "jobid": 0, "rule_name": "train",
                                  "wildcards": {}, "log": []})  # fmt: skip
    logger.info("Finished", extra={"event": LogEvent.JOB_FINISHED, "job_id": 0})
    logger.error("something new")
    assert ("a block" in theirs.getvalue()) == blocks
    assert "something new" in theirs.getvalue()
    assert ("train: done" in out.getvalue()) == words
