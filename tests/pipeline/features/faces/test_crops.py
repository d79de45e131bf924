"""Crop archives: people can open them, the same crops give the same bytes, damage is noticed."""

import dataclasses
import io
import json
import zipfile
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.features.faces import crops
from pipeline.features.faces.crops import (
    CropRecord,
    CropsError,
    iter_crops,
    read_crop_record,
    read_crops,
    verify_crops,
    write_crops,
)

KEY = "ab" * 32
PICTURES = [np.full((32, 32, 3), level, np.uint8) for level in (30, 120, 220)]
RECORD = CropRecord(
    key=KEY,
    status="ok",
    which_face="single",
    region="full",
    n_frames=5,
    n_faces=3,
    n_candidates=4,
    times_s=(0.0, 0.2, 12.3456),
    boxes=((1, 2, 33, 34), (2, 2, 34, 34), (3, 2, 35, 34)),
    confidences=(0.99, 0.98, 0.97),
)
EMPTY = dataclasses.replace(
    RECORD, status="no_face", n_faces=0, n_candidates=0, times_s=(), boxes=(), confidences=()
)


def jpeg(picture):
    return cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "crops.zip"
    write_crops(path, RECORD, map(jpeg, PICTURES))
    return path


def rewrite(path, members, compression=zipfile.ZIP_STORED):
    """As somebody who knows how archives are signed would."""
    with zipfile.ZipFile(path, "w", compression) as stored:
        stored.comment = b"-" * crops.DIGEST_BYTES
        for name, content in members.items():
            stored.writestr(name, content)
    crops.sign_archive(path)


def members_of(path):
    with zipfile.ZipFile(path) as stored:
        return {name: stored.read(name) for name in stored.namelist()}


def test_crops_come_back_in_order_and_in_rgb(archive):
    for found, wanted in zip(read_crops(archive), PICTURES, strict=True):
        assert found.shape == wanted.shape
        assert np.abs(found.astype(int) - wanted).max() <= 2
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 255
    write_crops(archive, dataclasses.replace(RECORD, n_frames=9), [jpeg(red)] * 3)
    assert read_crops(archive)[0][5, 5].tolist() == pytest.approx([254, 0, 0], abs=3)


def test_any_program_finds_jpegs_named_by_number_and_time(archive):
    members = members_of(archive)
    assert list(members) == [
        "0001_t0.000s.jpg",
        "0002_t0.200s.jpg",
        "0003_t12.346s.jpg",
        "crops.json",
    ]
    assert Image.open(io.BytesIO(members["0001_t0.000s.jpg"])).format == "JPEG"
    facts = json.loads(members["crops.json"])
    assert (facts["n_frames"], facts["n_faces"], facts["status"]) == (5, 3, "ok")
    assert facts["boxes"][0] == [1, 2, 33, 34]


def test_the_record_and_an_archive_without_crops_come_back(archive, tmp_path):
    assert read_crop_record(archive) == verify_crops(archive, KEY) == RECORD
    write_crops(tmp_path / "none.zip", EMPTY, [])
    assert verify_crops(tmp_path / "none.zip", KEY) == EMPTY
    assert read_crops(tmp_path / "none.zip") == []


def test_the_same_crops_give_the_same_bytes(archive, tmp_path):
    write_crops(tmp_path / "again.zip", RECORD, map(jpeg, PICTURES))
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()


def test_crops_are_read_one_by_one(archive):
    assert next(iter_crops(archive)).shape == (32, 32, 3)


def test_a_wrong_number_of_crops_leaves_no_archive(tmp_path):
    with pytest.raises(ValueError, match="shorter"):
        write_crops(tmp_path / "short.zip", RECORD, map(jpeg, PICTURES[:2]))
    assert list(tmp_path.iterdir()) == []


def test_no_damaged_byte_goes_unseen(archive):
    whole = archive.read_bytes()
    for at in range(len(whole)):
        broken = bytearray(whole)
        broken[at] ^= 1 << at % 8
        archive.write_bytes(broken)
        with pytest.raises(CropsError):
            verify_crops(archive, KEY)


def test_no_cut_goes_unseen(archive):
    whole = archive.read_bytes()
    for length in range(0, len(whole), 7):
        archive.write_bytes(whole[:length])
        with pytest.raises(CropsError):
            read_crops(archive)


def test_a_disk_that_fails_is_damage(archive, monkeypatch):
    def failing(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(crops, "_digest", failing)
    with pytest.raises(CropsError, match="Input/output error"):
        verify_crops(archive, KEY)


def test_a_compressed_member_is_refused_before_it_unpacks(archive):
    members = members_of(archive)
    members["0002_t0.200s.jpg"] = bytes(50_000_000)
    rewrite(archive, members, zipfile.ZIP_DEFLATED)
    with pytest.raises(CropsError, match="expected a plain member"):
        read_crops(archive)


def test_a_member_over_the_limit_is_refused(archive, monkeypatch):
    monkeypatch.setattr(crops, "MAX_JPEG_BYTES", 100)
    with pytest.raises(CropsError, match="at most 100"):
        read_crops(archive)


def test_a_jpeg_that_claims_a_huge_picture_is_refused_before_it_unpacks(archive):
    members = members_of(archive)
    huge = bytearray(members["0001_t0.000s.jpg"])
    start = huge.index(b"\xff\xc0") + 5  # height and width of the start-of-frame segment
    for side in (b"\x10\x00\x10\x00", b"\xff\xff\xff\xff"):
        huge[start : start + 4] = side
        members["0001_t0.000s.jpg"] = bytes(huge)
        rewrite(archive, members)
        with pytest.raises(CropsError):
            read_crops(archive)


@pytest.mark.parametrize("name", ["../../evil.jpg", "/etc/passwd", "0004_t1.000s.jpg"])
def test_a_member_that_the_record_does_not_name_is_refused(archive, name):
    rewrite(archive, {**members_of(archive), name: b"x"})
    with pytest.raises(CropsError, match="members are not those"):
        read_crops(archive)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"times_s": [0.0, 0.2, float("nan")]}, "contradicts itself"),
        ({"n_faces": 2}, "contradicts itself"),
        ({"status": "no_face"}, "status"),
        ({"status": "fine"}, "status"),
        ({"unknown": 1}, "not a record"),
        ({"boxes": 3}, "not a record"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(archive, change, reason):
    members = members_of(archive)
    members["crops.json"] = json.dumps({**json.loads(members["crops.json"]), **change}).encode()
    rewrite(archive, members)
    with pytest.raises(CropsError, match=reason):
        read_crop_record(archive)


def test_the_archive_of_another_key_is_refused(archive):
    with pytest.raises(CropsError, match="another key"):
        verify_crops(archive, "cd" * 32)


def test_a_member_that_is_no_jpeg_is_refused(archive):
    png = cv2.imencode(".png", PICTURES[0])[1].tobytes()
    for content in (png, b"no picture"):
        rewrite(archive, {**members_of(archive), "0001_t0.000s.jpg": content})
        with pytest.raises(CropsError, match="not a JPEG"):
            read_crops(archive)


def test_a_missing_archive_is_told_from_a_damaged_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_crops(tmp_path / "none.zip")
    (tmp_path / "text.zip").write_bytes(zlib.compress(b"no zip"))
    with pytest.raises(CropsError, match="not a whole zip"):
        read_crops(tmp_path / "text.zip")
