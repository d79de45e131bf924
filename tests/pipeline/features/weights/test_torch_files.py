"""Both containers of torch.save, against what torch itself put in; damage is told, not read."""

import io
import zipfile

import pytest
import torch

from pipeline.base.pickles import Name, Stored
from pipeline.features.weights.torch_files import (
    DTYPES,
    TorchFileError,
    open_torch_file,
    storage_id,
)


def saved(path, content, is_zip):
    torch.save(content, path, _use_new_zipfile_serialization=is_zip)
    return path


@pytest.mark.parametrize("is_zip", [True, False])
@pytest.mark.parametrize("kind", DTYPES)
def test_the_numbers_of_a_storage_are_those_that_torch_wrote(tmp_path, kind, is_zip):
    tensor = (torch.arange(7) - 3).to(DTYPES[kind])
    path = saved(tmp_path / "w.pt", {"w": tensor}, is_zip)
    with path.open("rb") as stream:
        content, storages = open_torch_file(path, stream)
        wanted = storage_id(content["w"].arguments[0])
        found = storages.read(wanted)
    assert (wanted.kind, wanted.count, wanted.n_bytes) == (kind, 7, 7 * tensor.element_size())
    assert bytes(found) == tensor.view(torch.uint8).numpy().tobytes()


@pytest.mark.parametrize("is_zip", [True, False])
def test_storages_of_a_file_are_told_apart(tmp_path, is_zip):
    tensors = {name: torch.full((n,), float(n)) for name, n in (("a", 3), ("b", 5), ("c", 2))}
    path = saved(tmp_path / "w.pt", tensors, is_zip)
    with path.open("rb") as stream:
        content, storages = open_torch_file(path, stream)
        for name in ("c", "a", "b"):
            data = storages.read(storage_id(content[name].arguments[0]))
            assert torch.equal(torch.frombuffer(data, dtype=torch.float32), tensors[name])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04 and no archive", "a broken archive"),
        (b"no pickle", "its pickle"),
        (b"\x80\x02K\x05.", "does not begin as torch.save begins"),  # the pickle of 5
    ],
)
def test_what_is_no_such_file_is_told(tmp_path, content, said):
    path = tmp_path / "w.pt"
    path.write_bytes(content)
    with path.open("rb") as stream, pytest.raises(TorchFileError, match=said):
        open_torch_file(path, stream)


def test_numbers_of_the_other_byte_order_are_refused(tmp_path):
    path = saved(tmp_path / "w.pt", {"w": torch.ones(2)}, is_zip=True)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, b"big" if name.endswith("byteorder") else data)
    with path.open("rb") as stream, pytest.raises(TorchFileError, match="byte order"):
        open_torch_file(path, stream)


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_storage_that_the_file_lacks_is_told(tmp_path, is_zip):
    path = saved(tmp_path / "w.pt", {"w": torch.ones(2)}, is_zip)
    with path.open("rb") as stream:
        _, storages = open_torch_file(path, stream)
        identity = ("storage", Name("torch.FloatStorage"), "nowhere", "cpu", 2)
        with pytest.raises(TorchFileError, match="lacks"):
            storages.read(storage_id(Stored(identity)))


@pytest.mark.parametrize(
    "identity",
    [
        "a file elsewhere",
        ("module", Name("torch.FloatStorage"), "0", "cpu", 2),
        ("storage", Name("os.FloatStorage"), "0", "cpu", 2),
        ("storage", Name("torch.ComplexFloatStorage"), "0", "cpu", 2),
        ("storage", Name("torch.FloatStorage"), "0", "cpu", -2),
        ("storage", Name("torch.FloatStorage"), "0", "cpu", True),
    ],
)
def test_what_is_no_storage_of_numbers_is_refused(identity):
    with pytest.raises(TorchFileError):
        storage_id(Stored(identity))


def test_an_archive_is_told_by_its_first_bytes_and_not_by_its_name(tmp_path):
    stream = io.BytesIO()
    torch.save({"w": torch.ones(1)}, stream)
    path = tmp_path / "weights.bin"
    path.write_bytes(stream.getvalue())
    with path.open("rb") as opened:
        content, _ = open_torch_file(path, opened)
    assert content.keys() == {"w"}
