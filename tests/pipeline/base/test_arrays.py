import numpy as np
import pytest
from safetensors.numpy import save_file

from pipeline.base.arrays import ArraysError, read_arrays, read_header, write_arrays


def test_arrays_and_header_come_back(tmp_path):
    path = tmp_path / "x.safetensors"
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3).T, "b": np.array([True, False])}
    arrays["scalar"] = np.array(2.5)
    write_arrays(path, arrays, {"rate": 0.1, "names": ["x", "é"]})
    read, header = read_arrays(path)
    assert header == read_header(path) == {"rate": 0.1, "names": ["x", "é"]}
    assert all(np.array_equal(read[name], arrays[name]) for name in arrays)
    assert all(read[name].shape == arrays[name].shape for name in arrays)


def test_same_content_gives_the_same_bytes(tmp_path):
    header = {str(i): i for i in range(20)}
    contents = set()
    for i in range(5):
        write_arrays(tmp_path / f"{i}", {"b": np.ones(3), "a": np.zeros(2, bool)}, header)
        contents.add((tmp_path / f"{i}").read_bytes())
    assert len(contents) == 1


@pytest.mark.parametrize("keep", [0, 4, 60, -1])
def test_a_cut_file_is_refused_by_name(tmp_path, keep):
    path = tmp_path / "cut.safetensors"
    write_arrays(path, {"a": np.ones(100)}, {})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ArraysError, match=r"cut\.safetensors"):
        read_arrays(path)


def test_every_flipped_bit_is_noticed(tmp_path):
    path = tmp_path / "flipped"
    arrays = {"a": np.arange(5, dtype=np.float32), "empty": np.zeros((0, 3)), "b": np.array(True)}
    write_arrays(path, arrays, {"rate": 0.5, "of": {1: "one", 10: "ten"}})
    whole = path.read_bytes()
    assert read_arrays(path)[1] == {"rate": 0.5, "of": {"1": "one", "10": "ten"}}
    for place in range(len(whole)):
        for bit in (0x01, 0x20):
            damaged = bytearray(whole)
            damaged[place] ^= bit
            path.write_bytes(damaged)
            try:
                read = read_arrays(path)
            except ArraysError:
                continue
            # Only blanks around the header and the name of the digest itself may change unseen.
            assert read[1].items() >= {"rate": 0.5, "of": {"1": "one", "10": "ten"}}.items()
            assert all(np.array_equal(read[0][name], arrays[name]) for name in arrays), place


def test_what_an_older_version_wrote_is_read(tmp_path):
    path = tmp_path / "old"
    save_file({"a": np.ones(2)}, path, metadata={"header": '{"rate": 0.5}'})
    arrays, header = read_arrays(path)
    assert header == {"rate": 0.5}
    assert arrays["a"].tolist() == [1, 1]


def test_a_foreign_file_is_refused(tmp_path):
    save_file({"a": np.ones(2)}, tmp_path / "x")
    with pytest.raises(ArraysError, match="another program"):
        read_header(tmp_path / "x")
