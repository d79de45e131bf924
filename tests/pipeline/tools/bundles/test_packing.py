"""A bundle is hostile input: what is no list of plain files is refused before it is written."""

import json
import stat
import zipfile

import pytest

from pipeline.tools.bundles import packing
from pipeline.tools.bundles.errors import BundleError
from pipeline.tools.bundles.packing import MANIFEST, About, pack, unpack
from tests.pipeline.tools.bundles.zips import parts_of, relisted, write_parts


@pytest.fixture
def small(tmp_path):
    """A bundle of two parts, which is no study: what packing alone knows."""
    (tmp_path / "in/a").mkdir(parents=True)
    (tmp_path / "in/a/b.csv").write_text("x\n" * 9)
    (tmp_path / "in/c.json").write_text("{}")
    pack(tmp_path / "in", About(), tmp_path / "small.zip")
    return tmp_path / "small.zip"


def refused(path, folder, said):
    with pytest.raises(BundleError, match=said):
        unpack(path, folder / "out")
    assert not any(place.is_file() for place in (folder / "out").rglob("*"))


def test_what_was_packed_comes_out(small, tmp_path):
    unpacked = unpack(small, tmp_path / "out")
    assert unpacked.changed == ()
    assert (tmp_path / "out/a/b.csv").read_text() == "x\n" * 9
    assert set(unpacked.manifest.parts) == {"a/b.csv", "c.json"}
    with zipfile.ZipFile(small) as archive:
        assert archive.namelist()[0] == MANIFEST
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    "name",
    ["../evil.csv", "/tmp/evil.csv", "a/../../evil.csv", "a\\..\\evil.csv", "a//b.csv", ".hidden",
     "a/", "c:evil.csv", "a/b.csv/c.csv", "A/B.csv", "x" * 401, "a b.csv", "nul\x01.csv"],
)  # fmt: skip
def test_no_name_leads_elsewhere(small, tmp_path, name):
    parts = {**parts_of(small), name: b"x"}
    refused(write_parts(tmp_path / "evil.zip", parts), tmp_path, "evil.zip: |holds 1 file")


def test_a_name_that_stands_twice_is_refused(small, tmp_path):
    with zipfile.ZipFile(small, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("c.json", "[]")
    refused(small, tmp_path, "'c.json' stands twice")


def test_a_link_is_refused(small, tmp_path):
    with zipfile.ZipFile(small, "a") as archive:
        link = zipfile.ZipInfo("link.csv")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    refused(small, tmp_path, "'link.csv' is a link")


def test_what_the_list_does_not_name_is_refused(small, tmp_path):
    with zipfile.ZipFile(small, "a") as archive:
        archive.writestr("more.csv", "x")
    refused(small, tmp_path, "holds 1 file that its list does not name, first 'more.csv'")


def test_what_unfolds_a_hundredfold_is_refused(small, tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "ALWAYS_ALLOWED_BYTES", 1000)
    parts = relisted({**parts_of(small), "a/b.csv": b"0" * 3_000_000})
    bomb = write_parts(tmp_path / "bomb.zip", parts)
    assert bomb.stat().st_size < 30_000
    refused(bomb, tmp_path, r"unfolds to 3,000,\d+ bytes; at most [\d,]+ are read")


def test_a_size_that_lies_is_found_while_it_is_read(small, tmp_path):
    """The directory of the zip says 18 bytes; the stream holds a million."""
    parts = relisted({**parts_of(small), "a/b.csv": b"0" * 1_000_000})
    path = write_parts(tmp_path / "lying.zip", parts)
    content = path.read_bytes()
    assert content.count((1_000_000).to_bytes(4, "little")) == 2  # local and central
    path.write_bytes(content.replace((1_000_000).to_bytes(4, "little"), (18).to_bytes(4, "little")))
    with pytest.raises(BundleError, match=r"a/b\.csv cannot be read"):
        unpack(path, tmp_path / "out")
    written = [place.stat().st_size for place in (tmp_path / "out").rglob("*") if place.is_file()]
    assert max(written, default=0) < 1000


@pytest.mark.parametrize("kind", ["bzip", "text", "nothing", "cut", "flipped"])
def test_what_is_no_whole_bundle_is_told(small, tmp_path, kind):
    path, content = tmp_path / "bad.zip", bytearray(small.read_bytes())
    content[60] ^= 255 if kind == "flipped" else 0
    path.write_bytes({"text": b"hello", "cut": bytes(content[:-30])}.get(kind, bytes(content)))
    if kind == "bzip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
            archive.writestr(MANIFEST, "{}")
    if kind == "nothing":
        path.unlink()
    refused(path, tmp_path, "bad.zip")


@pytest.mark.parametrize(
    "listed",
    [
        {},
        [],
        {"version": 2},
        {"format": "other"},
        {"parts": {"c.json": {"size": -1, "sha256": "x"}}},
    ],
)
def test_a_list_that_is_none_is_refused(small, tmp_path, listed):
    parts = parts_of(small)
    whole = json.loads(parts[MANIFEST])
    parts[MANIFEST] = json.dumps({**whole, **listed} if listed and whole else listed).encode()
    refused(write_parts(tmp_path / "bad.zip", parts), tmp_path, "bad.zip cannot be read")


def test_deep_json_is_refused(small, tmp_path):
    parts = {**parts_of(small), MANIFEST: b"[" * 200_000}
    refused(write_parts(tmp_path / "deep.zip", parts), tmp_path, "deep.zip cannot be read")


def test_a_killed_writer_leaves_no_bundle(small, tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "_entry", lambda name: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        pack(tmp_path / "in", About(), tmp_path / "new.zip")
    assert not list(tmp_path.glob("*new*"))


def test_no_part_gets_a_name_that_nobody_could_open(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a b.csv").write_text("x")
    with pytest.raises(BundleError, match=r"'a b\.csv' cannot be the name of a part"):
        pack(tmp_path / "in", About(), tmp_path / "new.zip")
