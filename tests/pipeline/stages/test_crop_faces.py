"""The stage crop_faces, with MTCNN: what each utterance gets, and what is refused."""

import re
import shutil

import pytest

from pipeline.features.faces.crop_cache import CropCache
from pipeline.features.faces.crops import read_crop_record, read_crops
from pipeline.media.decoder import Decoder
from tests.pipeline.stages.cropping import UTTERANCES, CropStage, utterance

STATUSES = ["ok", "ok", "no_face", "empty_span", "no_stream", "unreadable", "no_media", "no_media"]


def test_each_utterance_gets_a_row_and_those_with_a_face_their_crops(crop_stage, capfd):
    rows = crop_stage.run()
    assert [row.utterance_id for row in rows] == [
        utterance.utterance_id for utterance in UTTERANCES
    ]

    assert [row.status for row in rows] == STATUSES
    assert [(row.n_frames, row.n_faces) for row in rows[:4]] == [(4, 4), (4, 4), (4, 0), (0, 0)]
    assert [bool(row.archive) for row in rows] == [True, True, *[False] * 6]
    for row, columns in zip(rows[:2], ((0, 240), (240, 480)), strict=True):
        path = CropCache(crop_stage.cache).path(row.archive)
        assert all(columns[0] <= b[0] < b[2] <= columns[1] for b in read_crop_record(path).boxes)
        assert [crop.shape for crop in read_crops(path)] == [(64, 64, 3)] * 4
    said = capfd.readouterr()
    assert "cache: 0 hits, 6 misses, 0 damaged" in said.out
    assert "text: unreadable: not a media file" in said.out
    assert "6/6 utterances" in said.err
    assert "Traceback" not in said.out + said.err


def test_the_region_counts_only_for_the_side_rule(crop_stage):
    both = [utterance(region, "talk.mp4", 0.0, 0.4, region) for region in ("left", "right")]
    left, right = crop_stage.run(both)
    assert left.archive != right.archive
    for rule in ("single", "track"):
        left, right = crop_stage.run(both, {"which_face": rule})
        assert left.archive == right.archive
        record = read_crop_record(CropCache(crop_stage.cache).path(left.archive))
        assert (record.which_face, record.region, record.n_candidates) == (rule, "full", 4)


def test_each_video_is_decoded_once(crop_stage, monkeypatch):
    asked = []
    real = Decoder.ask

    def ask(decoder, service, path, *given, **options):
        asked.append(path)
        return real(decoder, service, path, *given, **options)

    monkeypatch.setattr(Decoder, "ask", ask)
    crop_stage.run()
    assert sorted(path.name for path in asked) == ["sound.wav", "talk.mp4", "text.mp4"]


def test_threads_and_order_change_nothing(crop_stage):
    rows = crop_stage.run()
    shuffled = crop_stage.run(UTTERANCES[::-1], None, "--threads", "3", cache="other")
    assert shuffled == rows[::-1]
    assert crop_stage.archives("other") == crop_stage.archives()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"which_face": "auto"}, "which_face='auto'"),
        ({"detector": "yunet"}, "`detector: yunet` needs the path"),
        ({"fps": 0}, r"crop_faces\.fps"),
        ({"fsp": 5}, r"crop_faces\.fsp: unknown key"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_in_words(crop_stage, settings, message):
    with pytest.raises(SystemExit, match=f"error: .*{message}"):
        crop_stage.run(UTTERANCES, settings)


def test_a_link_out_of_the_corpus_is_refused(crop_stage, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = tmp_path / "linked"
    folder.mkdir()
    shutil.copy(crop_stage.raw / "talk.mp4", outside)
    (folder / "talk.mp4").symlink_to(outside / "talk.mp4")
    with pytest.raises(SystemExit, match="lies outside"):
        CropStage(tmp_path, folder).run(UTTERANCES[:1])


def test_no_utterance_gives_an_empty_table(crop_stage):
    assert crop_stage.run([]) == []


def test_a_long_video_says_how_far_it_is(crop_stage, monkeypatch, capfd):
    monkeypatch.setattr("pipeline.base.progress.LOG_INTERVAL_S", 0)
    crop_stage.run(UTTERANCES[:2])
    said = capfd.readouterr().err
    seconds = re.findall(r"./2 utterances.*; (\d) of 1 s of talk.mp4\n", said)
    assert len(seconds) >= 6  # frames
    assert seconds == sorted(seconds)
    assert seconds[-1] == "1"
