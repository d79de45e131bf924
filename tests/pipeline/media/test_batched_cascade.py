"""In batches the cascade finds the faces that it finds picture by picture, on any device."""

import numpy as np
import pytest
import torch

from pipeline.media import suppression
from pipeline.media.batched_cascade import MOST_ROWS, rows_of
from tests.cuda import needs_cuda
from tests.pipeline.media import cascades
from tests.pipeline.media.cascades import MIN_FACE_PX, are_same, batches_of, is_tied

CUDA = pytest.param(
    "cuda",
    marks=needs_cuda,
)
MOST_TIES = 0.02  # of pictures


@pytest.fixture(scope="module")
def one_by_one():
    return cascades.one_by_one()


@pytest.fixture(scope="module", params=["cpu", CUDA])
def in_batches(request):
    torch.set_num_threads(1)
    return cascades.in_batches(torch.device(request.param))


@pytest.fixture(scope="module")
def demo():
    return cascades.demo_pictures()


@pytest.fixture(scope="module")
def crowds(portraits):
    return cascades.crowds(portraits)


@pytest.mark.parametrize("name", ["demo", "crowds"])
def test_the_faces_are_those_of_the_cascade_picture_by_picture(
    in_batches, one_by_one, name, request
):
    pictures = request.getfixturevalue(name)
    found = batches_of(in_batches, pictures)
    wanted = [one_by_one(picture, MIN_FACE_PX) for picture in pictures]
    assert sum(len(boxes) for boxes, _ in wanted) >= len(pictures)
    others = [k for k, pair in enumerate(zip(found, wanted, strict=True)) if not are_same(*pair)]
    assert len(others) <= MOST_TIES * len(pictures)
    # What differs is a tie: rounding leads the cascade itself there.
    assert all(is_tied(one_by_one, pictures[k], found[k]) for k in others)


def test_faces_depend_on_no_other_picture_to_the_last_bit(in_batches, demo):
    pictures = demo[:10]
    together = batches_of(in_batches, pictures)
    backwards = batches_of(in_batches, pictures[::-1], 7)[::-1]
    alone = [in_batches([picture], MIN_FACE_PX)[0] for picture in pictures[:2]]
    for pair in zip([*backwards, *alone], [*together, *together[:2]], strict=True):
        assert all(map(np.array_equal, *pair))
    assert sum(len(boxes) for boxes, _ in together) >= len(pictures)


def test_pictures_without_a_face_or_smaller_than_one_have_none(in_batches):
    black = np.zeros((270, 480, 3), np.uint8)
    for shape in ((1, 1), (39, 300), (300, 39), (270, 480)):
        ((boxes, scores),) = in_batches([black[: shape[0], : shape[1]]], MIN_FACE_PX)
        assert boxes.shape == (0, 4)
        assert scores.shape == (0,)


def test_rows_are_decided_by_the_size_alone_and_memory_is_bounded():
    assert rows_of(270, 480) == MOST_ROWS
    for height, width in ((1080, 1920), (4096, 4096), (1, 8192 * 8192)):
        assert rows_of(height, width) >= 1
        assert rows_of(height, width) * height * width <= max(2**25, height * width)


def test_many_candidates_are_suppressed_in_runs_with_the_same_result(
    in_batches, crowds, monkeypatch
):
    whole = in_batches(crowds[:4], MIN_FACE_PX)
    runs = []
    real = suppression._runs
    monkeypatch.setattr(suppression, "_runs", lambda groups: runs.append(real(groups)) or runs[-1])
    monkeypatch.setattr(suppression, "MOST_TOGETHER", 20)
    for pair in zip(in_batches(crowds[:4], MIN_FACE_PX), whole, strict=True):
        assert all(map(np.array_equal, *pair))
    assert max(map(len, runs)) > 3
    assert [run.stop for run in runs[0][:-1]] == [run.start for run in runs[0][1:]]


@needs_cuda
def test_what_a_recording_finds_is_what_kernels_find_one_by_one(demo, crowds):
    recorded, launched = (cascades.in_batches(torch.device("cuda")) for _ in range(2))
    launched._replays.is_on = False
    # Sizes take turns, and more of them than are kept.
    batches = [demo[:5], crowds[:9], *([crowd[:side, :side]] for side in (200, 210, 220, 230)
               for crowd in crowds[:2]), demo[3:40], crowds[:9]]  # fmt: skip
    for pictures in batches:
        pairs = zip(batches_of(recorded, pictures), batches_of(launched, pictures), strict=True)
        assert all(all(map(np.array_equal, *pair)) for pair in pairs)
    assert recorded._replays.is_on


@needs_cuda
def test_a_batch_needs_the_memory_that_is_stated():
    cascade = cascades.in_batches(torch.device("cuda"))
    noise = np.random.default_rng(0).integers(0, 256, (1024, 1024, 3), np.uint8)
    torch.cuda.reset_peak_memory_stats()
    cascade([noise] * rows_of(1024, 1024), MIN_FACE_PX)
    assert torch.cuda.max_memory_allocated() < 3e9
