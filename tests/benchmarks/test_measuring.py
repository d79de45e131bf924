"""What benchmarks measure by and on; each that is started by hand at least explains itself."""

import hashlib
import time

import av
import pytest
import torch

from benchmarks import clocks, ecce, extraction, kernels, scale, training, whole_run
from benchmarks.big_corpus import BigCorpus
from benchmarks.one_by_one import shrink, voice_of
from benchmarks.products_share import floating_operations, share_of_products
from benchmarks.talks import make_talks
from models.fast import switch


@pytest.mark.parametrize("benchmark", [ecce, extraction, scale, training, whole_run])
def test_a_benchmark_explains_itself(benchmark, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", [benchmark.__name__, "--help"])
    with pytest.raises(SystemExit, match="0"):
        benchmark.main()
    assert benchmark.__doc__.split()[0] in capsys.readouterr().out


def test_who_sleeps_is_on_the_clock_on_the_wall_alone():
    told = dict(zip(clocks.CLOCKS, clocks.seconds(lambda: time.sleep(0.2)), strict=True))
    assert told["wall"] >= 0.2
    assert told["CPU"] < 0.1
    assert told["cores"] < 0.1


def test_operations_of_products_are_counted_as_by_hand():
    a, b = torch.ones(5, 7), torch.ones(7, 3)
    assert floating_operations(lambda: (a @ b).relu()) == 2 * 5 * 7 * 3
    assert floating_operations(lambda: a.relu()) == 0


def test_the_share_of_products_is_all_none_or_between():
    a = torch.ones(300, 300)
    assert share_of_products(lambda: a.exp()) == 0
    assert 0 < share_of_products(lambda: (a @ a).exp()) < 1


def test_no_two_videos_of_the_big_corpus_are_the_same_and_all_play(tmp_path):
    corpus = BigCorpus(tmp_path / "big", n_videos=3, n_utterances=7)
    files = sorted(corpus.root.rglob("*.mp4"))
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in files}) == 3
    for path in files:
        with av.open(str(path)) as container:
            assert sum(1 for _ in container.decode(video=0)) == 30  # 6 s of 5 pictures
    table = (corpus.root / "utterances.csv").read_text().splitlines()
    assert len(table) == 1 + 7
    assert len(set(table)) == 8


def test_the_way_of_the_field_reads_what_is_asked_for(tmp_path):
    talk = make_talks(tmp_path, n_videos=1, seconds=9).utterances[1]
    sound = voice_of(talk, tmp_path, 16_000)
    assert len(sound) == pytest.approx((talk.end_s - talk.start_s) * 16_000, abs=2)


def test_pictures_are_made_smaller_and_never_larger():
    picture = torch.zeros(360, 640, 3, dtype=torch.uint8).numpy()
    assert shrink(picture, 320).shape == (180, 320, 3)
    assert shrink(picture, 1000).shape == picture.shape


def test_kernels_are_measured_on_and_off_by_turns_and_stay_on():
    seen = []
    seconds = kernels.measure(lambda: seen.append(switch.is_on()))
    assert seen == [True, False] * kernels.N_TURNS
    assert switch.is_on()
    assert min(seconds) >= 0
