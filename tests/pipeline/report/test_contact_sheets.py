"""Contact sheets: the middle crop of every utterance, per dialogue, and only where asked for."""

import base64
import io
import re

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.base.files import text_digest
from pipeline.base.records import FaceRow
from pipeline.base.tables import write_rows
from pipeline.features.faces.crops import CropRecord, write_crops
from pipeline.report.contact_sheets import SIDE_PX, contact_sheets

CLOCK = re.compile(r"\d\d:\d\d:\d\d\+00:00")  # when a page was made


def write_faces(build, levels):
    """Archives of gray crops, `levels` by utterance; None: no face. Returns their rows."""
    rows = []
    for name, grays in levels.items():
        if grays is None:
            rows.append(FaceRow(name, 3, 0, "", "no_face"))
            continue
        key, n = text_digest(name), len(grays)
        pictures = [np.full((224, 224, 3), gray, np.uint8) for gray in grays]
        jpegs = [cv2.imencode(".jpg", picture)[1].tobytes() for picture in pictures]
        times_s, boxes = tuple(map(float, range(n))), ((0, 0, 224, 224),) * n
        record = CropRecord(key, "ok", "track", "full", n, n, n, times_s, boxes, (1.0,) * n)
        write_crops(build.root / "cache/faces" / key[:2] / f"{key}.zip", record, jpegs)
        rows.append(FaceRow(name, n, n, key, "ok", n_people=2, told_by="mouth"))
    write_rows(build.folder / "c/faces/0.csv", rows, FaceRow)


def level_at(sheet, place):
    """The gray level in the middle of the picture at a place."""
    content = base64.b64decode(sheet.faces[place].data_uri.partition("base64,")[2])
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    assert pixels.shape == (SIDE_PX, SIDE_PX)
    return int(pixels[SIDE_PX // 2, SIDE_PX // 2])


def test_a_dialogue_shows_the_middle_crop_of_each_utterance_in_order(make_build):
    build = make_build(methods={})
    levels = {"d0_0": [10, 60, 10], "d0_1": [120], "d0_2": None, "d0_3": [0, 0, 200, 0, 0]}
    write_faces(build, {**levels, "d1_0": [90]})
    sheets = contact_sheets(
        build.folder / "c", [build.folder / "c/faces/0.csv"], build.root / "cache"
    )
    assert [sheet.caption for sheet in sheets] == [
        "d0: faces of 3 utterances",
        "d1: faces of 1 utterance",
    ]
    assert [round(level_at(sheets[0], k), -1) for k in range(3)] == [60, 120, 200]
    assert round(level_at(sheets[1], 0), -1) == 90
    # Utterance, speaker, time of the crop, and whether it is known whose face it is.
    speakers = {row.utterance_id: row.speaker for row in build.utterances}
    assert [tuple(face.lines) for face in sheets[0].faces] == [
        ("d0_0", speakers["d0_0"], "1.0 s", "told by the mouth"),
        ("d0_1", speakers["d0_1"], "0.0 s", "told by the mouth"),
        ("d0_3", speakers["d0_3"], "2.0 s", "told by the mouth"),
    ]
    assert build.report().count("data:image") == 0


@pytest.mark.parametrize("damage", ["gone", "cut", "flipped", "no zip"])
def test_crops_that_the_cache_lost_are_counted(make_build, damage):
    build = make_build(methods={})
    write_faces(build, {"d0_0": [10], "d0_1": [120]})
    key = text_digest("d0_0")
    path = build.root / "cache/faces" / key[:2] / f"{key}.zip"
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 1
    path.write_bytes({"cut": content[:-30], "flipped": content}.get(damage, b"no zip" * 99))
    if damage == "gone":
        path.unlink()
    (sheet,) = contact_sheets(
        build.folder / "c", [build.folder / "c/faces/0.csv"], build.root / "cache"
    )
    assert sheet.caption == "d0: faces of 1 utterance (1 more are gone from the cache, or damaged)"
    assert round(level_at(sheet, 0), -1) == 120


def test_faces_are_on_the_page_only_where_the_configuration_asks_for_them(make_build):
    for section, n_sheets in (({}, 0), ({"report": {"faces": True}}, 1)):
        build = make_build(methods={}, **section)
        write_faces(build, {"d0_0": [10]})
        assert build.report().count("data:image/jpeg;base64") == n_sheets


def test_faces_of_a_former_shard_do_not_speak(make_build):
    """A study of two shards that became one, with fewer frames a second since."""
    build = make_build(methods={})
    write_faces(build, {"d0_0": [10, 60, 10], "d1_0": [90]})
    page = build.report()
    former = [FaceRow("d0_0", 99, 98, "ab" * 32, "ok"), FaceRow("d1_0", 97, 0, "", "no_face")]
    write_rows(build.folder / f"c/faces/{build.plan.config.shards}.csv", former, FaceRow)
    first, second = (CLOCK.sub("", made) for made in (page, build.report()))
    assert second == first
