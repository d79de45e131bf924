"""Files that only pose as a checkpoint: nothing in them runs, and each is refused in words."""

import argparse
import os
import pickle

import numpy as np
import pytest
import torch

from pipeline.features.manet_checkpoint import read_manet
from pipeline.features.published import CheckpointError
from pipeline.features.wav2vec_checkpoint import read_fairseq_wav2vec
from tests.pipeline.features.published_layouts import authors, fairseq, save

pytestmark = pytest.mark.filterwarnings("ignore:Detected pickle protocol")


class Payload:
    """Pickles as a call of `os.system`."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch '{self.marker}'",)


POSES = {
    "bare pickle": lambda path, evil: path.write_bytes(pickle.dumps(evil, protocol=2)),
    "newest protocol": lambda path, evil: path.write_bytes(pickle.dumps(evil, protocol=5)),
    "zip": lambda path, evil: torch.save({"model": evil, "state_dict": evil}, path),
    "legacy": lambda path, evil: torch.save(
        {"args": evil}, path, _use_new_zipfile_serialization=False
    ),
    "inside args": lambda path, evil: torch.save({"args": argparse.Namespace(lr=evil)}, path),
}


@pytest.mark.parametrize("read", [read_fairseq_wav2vec, read_manet])
@pytest.mark.parametrize("pose", POSES)
def test_a_pickle_that_runs_a_command_is_refused_and_not_run(tmp_path, read, pose):
    marker = tmp_path / "executed"
    path = tmp_path / "checkpoint.pt"
    POSES[pose](path, Payload(marker))
    with pytest.raises(CheckpointError) as error:
        read(path)
    assert not marker.exists()
    assert str(path) in str(error.value)
    assert "features." in str(error.value)
    assert "weights_only" not in str(error.value)


def test_the_payload_of_these_tests_is_live(tmp_path):
    marker = tmp_path / "executed"
    pickle.loads(pickle.dumps(Payload(marker)))  # noqa: S301 - shows what the readers prevent
    assert marker.exists()


def test_the_refused_function_is_named(tmp_path):
    path = save(tmp_path, {"model": Payload(tmp_path / "executed")})
    with pytest.raises(CheckpointError, match=r"refused: it asks for '(posix|os|nt)\.system'"):
        read_fairseq_wav2vec(path)


class Crafted:
    """Pickles as a call of an allowed stand-in, or of a class that no checkpoint needs."""

    def __init__(self, function, arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def test_a_namespace_called_with_arguments_is_refused(tmp_path):
    path = save(tmp_path, {"args": Crafted(argparse.Namespace, (1, 2))})
    with pytest.raises(CheckpointError, match="cannot be read as a checkpoint"):
        read_fairseq_wav2vec(path)


def test_globals_of_one_reader_are_not_allowed_in_the_other(tmp_path, shadows, recorder):
    with pytest.raises(CheckpointError, match=r"asks for 'argparse\.Namespace'"):
        read_manet(save(tmp_path, fairseq(shadows["wav2vec"])))
    with pytest.raises(CheckpointError, match=r"asks for '[\w.]+'"):
        read_fairseq_wav2vec(save(tmp_path, authors(shadows["manet"], recorder)))


def test_nothing_stays_allowed_afterwards(tmp_path, shadows, recorder):
    path = save(tmp_path, authors(shadows["manet"], recorder))
    before = set(torch.serialization.get_safe_globals())
    read_manet(path)
    assert set(torch.serialization.get_safe_globals()) == before


@pytest.mark.parametrize("read", [read_fairseq_wav2vec, read_manet])
@pytest.mark.parametrize(
    "content", [b"", b"<html>quota exceeded</html>", b"PK\x03\x04" + bytes(40), bytes(100)]
)
def test_a_damaged_or_foreign_file_is_refused(tmp_path, read, content):
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"checkpoint\.pt: cannot be read as a checkpoint"):
        read(path)


@pytest.mark.parametrize("is_zip", [True, False])
def test_damage_anywhere_ends_in_our_error(tmp_path, is_zip):
    """Bytes overwritten at random places of the pickled part: refused, or read as other data."""
    content = {"args": argparse.Namespace(lr=[0.1], arch="x"), "model": {"w": torch.ones(2)}}
    path = save(tmp_path, content, is_zip=is_zip)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(whole)
        for place in rng.integers(0, min(len(whole), 700), 4):
            damaged[place] = rng.integers(0, 256)
        path.write_bytes(damaged[: rng.integers(len(whole) // 2, len(whole) + 1)])
        with pytest.raises(CheckpointError):
            read_fairseq_wav2vec(path)


@pytest.mark.parametrize("read", [read_fairseq_wav2vec, read_manet])
def test_a_missing_file_is_named_with_where_to_get_it(tmp_path, read):
    with pytest.raises(CheckpointError, match=r"nowhere\.pt: no such file. The published file is"):
        read(tmp_path / "nowhere.pt")
