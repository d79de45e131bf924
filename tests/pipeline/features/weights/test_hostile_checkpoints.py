"""Files that only pose as a checkpoint: nothing in them runs, and each is refused in words."""

import argparse
import os
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest
import torch

from pipeline.base.errors import CheckpointError
from pipeline.features.weights.manet_checkpoint import read_manet
from pipeline.features.weights.wav2vec_checkpoint import read_fairseq_wav2vec
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


PARTS = {
    "extra_state": lambda good, evil: good | {"extra_state": {"train_meters": {"wps": [evil]}}},
    "optimizer": lambda good, evil: good | {"last_optimizer_state": evil, "optimizer": evil},
    "a part nobody knows": lambda good, evil: good | {"\u00fc": {"deep": [({"er": evil},)]}},
    "a key": lambda good, evil: good | {(evil, 1): 1},
    "the state of an object": lambda good, evil: good | {"x": argparse.Namespace(lr=evil)},
}


@pytest.mark.parametrize("is_zip", [True, False])
@pytest.mark.parametrize("part", PARTS)
def test_a_payload_where_nobody_reads_does_not_matter_and_is_not_run(
    tmp_path, shadows, recorder, part, is_zip
):
    marker = tmp_path / "executed"
    for read, good in (
        (read_fairseq_wav2vec, fairseq(shadows["wav2vec"])),
        (read_manet, authors(shadows["manet"], recorder)),
    ):
        read(save(tmp_path, PARTS[part](good, Payload(marker)), is_zip=is_zip))
    assert not marker.exists()


@pytest.mark.parametrize("part", ["args", "model"])
def test_a_payload_where_we_read_is_refused_and_not_run(tmp_path, shadows, part):
    marker = tmp_path / "executed"
    good = fairseq(shadows["wav2vec"])
    inside = {
        "args": argparse.Namespace(**{**vars(good["args"]), "lr": [Payload(marker)]}),
        "model": {**good["model"], "feature_extractor.conv_layers.0.0.weight": Payload(marker)},
    }
    with pytest.raises(CheckpointError, match=r"refused: it asks for '(posix|os|nt)\.system'"):
        read_fairseq_wav2vec(save(tmp_path, good | {part: inside[part]}))
    assert not marker.exists()


def rewritten(path, change):
    """The pickle of a zip checkpoint changed, all else as it was."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, change(content) if name.endswith("data.pkl") else content)
    return path


SYSTEM = b"cposix\nsystem\n"
MODEL = b"}X\x05\x00\x00\x00model"
BOMBS = {
    "a storage's id is a call": MODEL + SYSTEM + b"X\x01\x00\x00\x00x\x85RQs.",
    "an old persistent id": MODEL + b"Pposix.system\ns.",
    "an instance by its old opcode": MODEL + b"(X\x01\x00\x00\x00xiposix\nsystem\ns.",
    "an extension": MODEL + b"\x82\x01s.",
    "a memo of two gigabytes": b"\x80\x02}r\xff\xff\xff\x7f.",
    "a text of an exabyte": b"\x80\x04\x8d" + bytes(7) + b"\x10abc.",
    "a bytearray of an exabyte": b"\x80\x05\x96" + bytes(7) + b"\x10abc.",
    "a buffer that is elsewhere": b"\x80\x05\x97.",
    "marks alone": b"(" * 1000 + b"t.",
    "nested a hundred thousand deep": MODEL + b"" + b"(" * 100_000 + b"l" * 100_000 + b"s.",
    "doubled fifty times": MODEL + b")" + b"2\x86" * 50 + b"s.",
    "a key doubled fifty times": b"})" + b"2\x86" * 50 + b"Ns.",
    "itself within itself": b"\x80\x02}q\x00X\x05\x00\x00\x00modelh\x00s.",
    "objects from bytes": (
        MODEL + b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
        b"(I1\n(I1\ntcnumpy\ndtype\n(S'O8'\nI00\nI01\ntR(I3\nS'|'\nNNNI-1\nI-1\nI0\ntbI00\n"
        b"S'AAAAAAAA'\ntbs."
    ),
}


@pytest.mark.parametrize("read", [read_fairseq_wav2vec, read_manet])
@pytest.mark.parametrize("bomb", BOMBS)
def test_an_evil_pickle_is_refused_in_little_memory(tmp_path, read, bomb, monkeypatch):
    ran = []
    monkeypatch.setattr(os, "system", ran.append)
    monkeypatch.setattr("posix.system", ran.append)
    content = BOMBS[bomb]
    if read is read_manet:
        content = content.replace(b"X\x05\x00\x00\x00model", b"X\x0a\x00\x00\x00state_dict")
    path = rewritten(save(tmp_path, {}), lambda _: content)
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError):
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 400_000_000
    finally:
        tracemalloc.stop()

    assert not ran


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (b"K\x02\x85q", b"K\x63\x85q"),  # more numbers than the storage has
        (b"X\x01\x00\x00\x000", b"X\x01\x00\x00\x007"),  # a storage that is not there
        (b"FloatStorage", b"DoubleStorage"),
        (b"FloatStorage", b"EvilStorage"),
        (b"_rebuild_tensor_v2", b"_rebuild_wrapper_subclass"),
    ],
)
def test_a_tensor_that_reads_what_is_not_there_is_refused(tmp_path, ours, theirs):
    path = save(tmp_path, {"state_dict": {"w": torch.ones(2)}})
    assert ours in path.read_bytes()
    rewritten(path, lambda content: content.replace(ours, theirs))
    with pytest.raises(CheckpointError, match=r"cannot be read|refused"):
        read_manet(path)


def test_a_compressed_archive_is_refused_before_it_grows(tmp_path):
    path = save(tmp_path, {"state_dict": {"w": torch.ones(2)}})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("other/data.pkl", bytes(1000))
    with pytest.raises(CheckpointError, match="2 members"):
        read_manet(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("checkpoint/data.pkl", bytes(1000))
    with pytest.raises(CheckpointError, match="compressed"):
        read_manet(path)


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
