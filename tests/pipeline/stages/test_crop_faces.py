"""The stage crop_faces, with MTCNN on clips made of two portraits."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.features.crop_cache import CropCache
from pipeline.features.crops import read_crops, read_record
from pipeline.features.face_cropping import FaceCropper
from pipeline.files import file_digest
from pipeline.media import container, faces
from pipeline.records import FaceRow, Utterance
from pipeline.stages import crop_faces
from pipeline.tables import read_rows, write_rows
from tests.pipeline import clips

ROOT = Path(__file__).resolve().parents[3]
SIDE_PX = 240


def split_screen(number, n_lit):
    """Hopper on the left, Collins on the right; from frame `n_lit` on nobody."""
    if number >= n_lit:
        return np.zeros((SIDE_PX, 2 * SIDE_PX, 3), np.uint8)
    left, right = (cv2.resize(p, (SIDE_PX, SIDE_PX)) for p in PORTRAITS)
    return np.hstack([left[:, ::-1] if number % 2 else left, right])


PORTRAITS = clips.portraits()


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """A corpus folder: a split-screen talk that ends in darkness, and files that give nothing."""
    folder = tmp_path_factory.mktemp("raw")
    pictures = (split_screen(k, 15) for k in range(25))
    clips.write_video(folder / "talk.mp4", pictures, [k / 10 for k in range(25)], rate=10)
    clips.write_sound(folder / "sound.wav", np.ones(16000, np.int16))
    (folder / "text.mp4").write_text("no media\n" * 500)
    return folder


def utterance(name, media, start_s, end_s, region="full"):
    return Utterance(name, "d", 0, "s", "1", media, start_s, end_s, region, "")


UTTERANCES = [
    utterance("left", "talk.mp4", 0.0, 0.8, "left"),
    utterance("right", "talk.mp4", 0.4, 1.2, "right"),
    utterance("dark", "talk.mp4", 1.6, 2.4, "left"),
    utterance("beyond", "talk.mp4", 7.0, 8.0),
    utterance("sound", "sound.wav", 0.0, 1.0),
    utterance("text", "text.mp4", 0.0, 1.0),
    utterance("gone", "gone.mp4", 0.0, 1.0),
    utterance("nothing", "", 0.0, 1.0),
]
STATUSES = ["ok", "ok", "no_face", "empty_span", "no_stream", "unreadable", "no_media", "no_media"]
SETTINGS = {"which_face": "side", "fps": 5.0, "size_px": 64}


class Stage:
    """A folder to run the stage in, as often as one likes."""

    def __init__(self, folder, raw):
        self.folder = folder
        self.raw = raw
        self.cache = folder / "cache"
        media = {
            path.name: {"size": path.stat().st_size, "sha256": file_digest(path)}
            for path in raw.iterdir()
        }
        (folder / "media.json").write_text(json.dumps(media))

    def arguments(self, utterances=UTTERANCES, settings=None, *more, cache="cache"):
        write_rows(self.folder / "utterances.csv", utterances, Utterance)
        return [
            *("--utterances", str(self.folder / "utterances.csv")),
            *("--media", str(self.folder / "media.json"), "--root", str(self.raw)),
            *("--settings", json.dumps({**SETTINGS, **(settings or {})})),
            *("--cache", str(self.folder / cache), "--out", str(self.folder / "faces.csv"), *more),
        ]

    def run(self, *given, **options):
        crop_faces.main(self.arguments(*given, **options))
        return read_rows(self.folder / "faces.csv", FaceRow)

    def archives(self, cache="cache"):
        return {p.stem: p.read_bytes() for p in (self.folder / cache / "faces").rglob("*.zip")}


@pytest.fixture
def stage(tmp_path, raw):
    return Stage(tmp_path, raw)


def test_each_utterance_gets_a_row_and_those_with_a_face_their_crops(stage, capfd):
    rows = stage.run()
    assert [row.utterance_id for row in rows] == [one.utterance_id for one in UTTERANCES]
    assert [row.status for row in rows] == STATUSES
    assert [(row.n_frames, row.n_faces) for row in rows[:4]] == [(4, 4), (4, 4), (4, 0), (0, 0)]
    assert [bool(row.archive) for row in rows] == [True, True, *[False] * 6]
    for row, columns in zip(rows[:2], ((0, 240), (240, 480)), strict=True):
        path = CropCache(stage.cache).path(row.archive)
        assert all(columns[0] <= b[0] < b[2] <= columns[1] for b in read_record(path).boxes)
        assert [crop.shape for crop in read_crops(path)] == [(64, 64, 3)] * 4
    said = capfd.readouterr()
    assert "cache: 0 hits, 6 misses, 0 damaged" in said.out
    assert "text: unreadable: not a media file" in said.out
    assert "6/6 utterances" in said.err
    assert "Traceback" not in said.out + said.err


def test_a_second_run_takes_everything_from_the_cache_and_loads_no_torch(stage, raw, tmp_path):
    wanted = [row for row in UTTERANCES if row.media in ("talk.mp4", "sound.wav")]
    rows = stage.run(wanted)
    before = stage.archives()
    # The folder has moved, and whoever decodes its files now would find nothing.
    stage.raw = tmp_path / "moved"
    stage.raw.mkdir()
    (stage.raw / "talk.mp4").write_bytes(b"")
    shutil.copy(raw / "sound.wav", stage.raw)  # looked at each time, and needs no detector
    program = (
        "import sys; from pipeline.stages.crop_faces import main; main(sys.argv[1:]);"
        "sys.exit('torch' in sys.modules or 'facenet_pytorch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *stage.arguments(wanted)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "cache: 4 hits, 1 misses" in done.stdout
    assert read_rows(stage.folder / "faces.csv", FaceRow) == rows
    assert stage.archives() == before


def test_an_interrupted_run_goes_on_and_ends_with_the_same_bytes(stage, monkeypatch):
    rows = stage.run(cache="whole")
    real = FaceCropper.crop

    def interrupted(*given):
        yield next(steps := real(*given))
        steps.close()
        raise KeyboardInterrupt

    monkeypatch.setattr(FaceCropper, "crop", interrupted)
    with pytest.raises(KeyboardInterrupt):
        stage.run()
    monkeypatch.undo()
    assert len(stage.archives()) == 1
    assert stage.run() == rows
    assert stage.archives() == stage.archives("whole")


def test_a_damaged_archive_is_made_again(stage, capfd):
    rows = stage.run()
    whole = stage.archives()
    path = CropCache(stage.cache).path(rows[0].archive)
    path.write_bytes(path.read_bytes()[:-100])
    capfd.readouterr()
    assert stage.run() == rows
    assert "3 hits, 3 misses, 1 damaged and set aside" in capfd.readouterr().out
    assert stage.archives() == whole


@pytest.mark.parametrize(
    "change",
    [{"fps": 2.5}, {"margin": 0.4}, {"size_px": 48}, {"min_face_px": 30}, {"detect_width_px": 200},
     {"min_confidence": 0.9}, {"which_face": "single"}],
)  # fmt: skip
def test_every_setting_has_its_own_crops(stage, change):
    one = UTTERANCES[:1]
    first = stage.run(one)[0].archive
    assert stage.run(one, change)[0].archive != first
    assert stage.run(one)[0].archive == first


def test_the_name_of_a_file_is_no_part_of_the_key_but_its_content_is(stage, raw, tmp_path):
    first = stage.run(UTTERANCES[:1])[0].archive
    folder = tmp_path / "renamed"
    folder.mkdir()
    shutil.copy(raw / "talk.mp4", folder / "other.mp4")
    renamed = Stage(tmp_path, folder)
    assert renamed.run([utterance("x", "other.mp4", 0.0, 0.8, "left")])[0].archive == first
    with (folder / "other.mp4").open("ab") as file:
        file.write(bytes(8))
    renamed = Stage(tmp_path, folder)
    assert renamed.run([utterance("x", "other.mp4", 0.0, 0.8, "left")])[0].archive != first


def test_the_region_counts_only_for_the_side_rule(stage):
    both = [utterance(region, "talk.mp4", 0.0, 0.4, region) for region in ("left", "right")]
    left, right = stage.run(both)
    assert left.archive != right.archive
    for rule in ("single", "track"):
        left, right = stage.run(both, None, "--which-face", rule)
        assert left.archive == right.archive
        record = read_record(CropCache(stage.cache).path(left.archive))
        assert (record.which_face, record.region, record.n_candidates) == (rule, "full", 4)


def test_each_video_is_opened_once(stage, monkeypatch):
    opened = []
    real = container.av.open
    monkeypatch.setattr(container.av, "open", lambda f, **k: opened.append(f.name) or real(f, **k))
    stage.run()
    assert sorted(Path(name).name for name in opened) == ["sound.wav", "talk.mp4", "text.mp4"]


def test_threads_and_order_change_nothing(stage):
    rows = stage.run()
    shuffled = stage.run(UTTERANCES[::-1], None, "--threads", "3", cache="other")
    assert shuffled == rows[::-1]
    assert stage.archives("other") == stage.archives()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"which_face": "auto"}, "which_face='auto'"),
        ({"detector": "yunet"}, "`detector: yunet` needs the path"),
        ({"fps": 0}, r"crop_faces\.fps"),
        ({"fsp": 5}, r"crop_faces\.fsp: unknown key"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_in_words(stage, settings, message):
    with pytest.raises(SystemExit, match=f"error: .*{message}"):
        stage.run(UTTERANCES, settings)


def test_a_link_out_of_the_corpus_is_refused(stage, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = tmp_path / "linked"
    folder.mkdir()
    shutil.copy(stage.raw / "talk.mp4", outside)
    (folder / "talk.mp4").symlink_to(outside / "talk.mp4")
    with pytest.raises(SystemExit, match="lies outside"):
        Stage(tmp_path, folder).run(UTTERANCES[:1])


def test_no_utterance_gives_an_empty_table(stage):
    assert stage.run([]) == []


def test_the_code_that_decides_crops_is_part_of_the_key(stage, monkeypatch):
    first = stage.run(UTTERANCES[:1])[0].archive
    seen = []
    monkeypatch.setattr(crop_faces, "code_digest", lambda *names: seen.append(names) or "other")
    assert stage.run(UTTERANCES[:1])[0].archive != first
    assert seen == [("pipeline.features.face_cropping", "pipeline.media.mtcnn")]
    from pipeline.provenance import closure

    modules = closure(*seen[0])
    assert {faces.__name__, "pipeline.media.mtcnn", "pipeline.media.video"} <= modules
    unneeded = {"pipeline.progress", "pipeline.tables", "pipeline.settings", "pipeline.media.yunet"}
    assert not unneeded & modules
