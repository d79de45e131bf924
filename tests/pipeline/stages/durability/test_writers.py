"""Eight at once in one cache: each finds what it needs, and leaves what one alone would leave."""

import multiprocessing

import pytest

from pipeline.training.runs import NAMES, RunFolder
from tests.pipeline.stages.durability.processes import finish, start

N = 8
PATIENCE_S = 20
FACTS = {"best_epoch": 3, "best_score": 0.5}


@pytest.mark.slow
@pytest.mark.parametrize("what", ["audio", "text"])
def test_eight_stages_on_the_same_utterances_leave_what_one_leaves(work, what, tmp_path):
    job = work(what)
    (tmp_path / "alone").mkdir()
    assert finish(start(tmp_path / "alone", job.stage, job.arguments(tmp_path / "alone"))) == 0

    together = [tmp_path / f"writer{number}" for number in range(N)]
    (tmp_path / "cache").mkdir()
    for folder in together:
        folder.mkdir()
        (folder / "cache").symlink_to(tmp_path / "cache")
    running = [start(folder, job.stage, job.arguments(folder)) for folder in together]
    assert [finish(process) for process in running] == [0] * N

    whole = job.result(tmp_path / "alone")
    cached = {name: content for name, content in whole.items() if name.startswith("cache/")}
    for folder in together:
        assert job.result(folder) == whole
    assert not list((tmp_path / "cache").rglob(".*.part"))
    assert cached


def keep_and_reuse(folder, number, n_times, barrier):
    """End the same run again and again; whoever looks meanwhile finds it whole."""
    weights, history = folder / f"weights{number}", folder / f"history{number}"
    run = RunFolder(folder / "run")
    for _ in range(n_times):
        weights.write_bytes(b"w" * 5000)
        history.write_bytes(b"h" * 50)
        barrier.wait(PATIENCE_S)
        run.keep(weights, history, FACTS)
        assert run.is_intact()
        assert run.reuse(folder / f"taken{number}", folder / f"told{number}") == FACTS
        weights.unlink()
        history.unlink()


def test_eight_may_end_the_same_run_at_once(tmp_path):
    """As an orphan and its successor do."""
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(N)
    writers = [
        context.Process(target=keep_and_reuse, args=(tmp_path, number, 10, barrier))
        for number in range(N)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(2 * PATIENCE_S)
    assert [writer.exitcode for writer in writers] == [0] * N
    kept = {path.name for path in (tmp_path / "run").iterdir()}
    assert kept == {*NAMES, "digests.json"}
