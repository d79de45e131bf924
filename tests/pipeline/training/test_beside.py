"""Truth: the same runs, each trained alone by a process of its own."""

import subprocess
import sys

import pytest

from pipeline.stages import train
from pipeline.training import beside, requests
from pipeline.training.beside import held
from tests.pipeline.stages.training_runs import OUTPUTS, train_arguments
from tests.small_methods import small_method

PAIRS = [(1, 0), (1, 1), (2, 0)]  # folds and seeds


def arguments(files, out, cache, fold=1, seed=0, beside=0):
    given = train_arguments(files, out, seed=seed, cache=cache)
    given[given.index("--fold") + 1] = str(fold)
    others = [f"{fold}:{seed}" for fold, seed in PAIRS]
    return [*given, "--beside", str(beside), "--others", *others]


def outputs(out):
    return [(out / name).read_bytes() for name in OUTPUTS]


@pytest.fixture
def files(make_task):
    return make_task(method=small_method("iteacnet"), n_epochs=2)


@pytest.mark.parametrize("model", ["iteacnet", "mmin", "logistic"])
def test_runs_trained_beside_have_the_bytes_that_they_have_alone(
    make_task, tmp_path, model, capsys
):
    files, cache = make_task(method=small_method(model), n_epochs=2), tmp_path / "cache"
    train.main(arguments(files, tmp_path / "first", cache, *PAIRS[0], beside=9))
    told = capsys.readouterr().out
    assert [f"beside it: fold {fold}, seed {seed}\n" in told for fold, seed in PAIRS[1:]] == [
        True
    ] * 2

    for fold, seed in PAIRS:
        place = f"{fold}_{seed}"
        there, alone = tmp_path / "shared" / place, tmp_path / "alone" / place
        train.main(arguments(files, there, cache, fold, seed, beside=9))
        told = capsys.readouterr().out
        assert "taken from" in told
        assert ("on cpu" in told) == ((fold, seed) != PAIRS[0])  # what it said lies beside it
        # A process of its own: nothing was trained in it before.
        given = arguments(files, alone, tmp_path / "other" / place, fold, seed)
        subprocess.run([sys.executable, "-m", "pipeline.stages.train", *given], check=True)
        assert outputs(there) == outputs(alone)
    assert outputs(tmp_path / "first") == outputs(tmp_path / "alone" / "1_0")


def test_so_many_and_no_more_those_planned_next_first(files, tmp_path, capsys):
    train.main(arguments(files, tmp_path / "run", tmp_path / "cache", 1, 1, beside=1))
    told = capsys.readouterr().out
    assert told.count("done in") == 1
    assert "beside it: fold 2, seed 0" in told


def test_by_itself_a_job_trains_its_own_run(files, tmp_path, capsys):
    train.main(arguments(files, tmp_path / "run", tmp_path / "cache"))
    assert "beside" not in capsys.readouterr().out
    assert len(list((tmp_path / "cache" / "runs").iterdir())) == 1


def test_a_run_out_of_the_cache_trains_nothing_beside(files, tmp_path, capsys):
    """One that was killed for its memory with another run in work must not meet it again."""
    for name, most in (("first", 0), ("again", 9)):
        train.main(arguments(files, tmp_path / name, tmp_path / "cache", beside=most))
    assert "beside it" not in capsys.readouterr().out


def test_what_another_process_trains_is_left_to_it(files, tmp_path, capsys):
    cache = tmp_path / "cache"
    train.main(arguments(files, tmp_path / "found", cache, 1, 1))
    (key,) = [path.name for path in (cache / "runs").iterdir()]
    (cache / "runs" / key / "digests.json").unlink()  # not finished, and held:
    with held(cache / "runs" / key, waits=False) as is_mine:
        assert is_mine
        train.main(arguments(files, tmp_path / "run", cache, beside=9))
    told = capsys.readouterr().out
    assert "beside it: fold 1, seed 1" not in told
    assert "beside it: fold 2, seed 0: done" in told


def test_its_own_run_is_waited_for_while_another_trains_it(tmp_path):
    code = (
        "from pathlib import Path; from pipeline.training.beside import held\n"
        f"with held(Path({str(tmp_path / 'run')!r}), waits=True) as is_held:\n"
        "    print('got', is_held, flush=True)"
    )
    with held(tmp_path / "run", waits=False):
        other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert "waiting" in other.stdout.readline()
        assert other.poll() is None
    assert other.communicate(timeout=60)[0] == "got True\n"


def test_a_run_that_fails_beside_ends_it_and_its_own_job_says_why(
    files, tmp_path, capsys, monkeypatch
):
    sound = requests.get_run

    def fails(request, *rest):
        if (request.fold, request.seed) == (1, 1):
            raise RuntimeError("no more memory")
        return sound(request, *rest)

    monkeypatch.setattr(beside, "get_run", fails)
    train.main(arguments(files, tmp_path / "run", tmp_path / "cache", beside=9))
    told = capsys.readouterr().out
    assert "fold 1, seed 1 failed here, its own job tries again: no more memory" in told
    assert "fold 2" not in told
    assert all((tmp_path / "run" / name).is_file() for name in OUTPUTS)
