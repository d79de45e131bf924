"""The stage crop_faces on a two-shot (synthetic), with the decoder in its own process."""

from pipeline.features.faces.crop_cache import CropCache
from pipeline.features.faces.crops import read_crop_record
from tests.pipeline.stages.cropping import CropStage, utterance
from tests.pipeline.talking import Scene


def test_rows_say_whose_face_it_is_and_how_many_there_were(tmp_path, capfd):
    raw = tmp_path / "raw"
    raw.mkdir()
    scene = Scene([("F", 1), ("M", 1)]).speak(0).speak(1)
    scene.write(raw / "pair.mp4")
    scene.write(raw / "mute.mp4", sound="none")
    (first, second) = scene.turns
    spoken = [
        utterance("first", "pair.mp4", first.start_s, first.end_s),
        utterance("second", "pair.mp4", second.start_s, second.end_s),
        utterance("mute", "mute.mp4", first.start_s, first.end_s),
    ]
    stage = CropStage(tmp_path, raw)
    rows = stage.run(spoken, {"which_face": "speaker"})

    assert [row.status for row in rows] == ["ok", "ok", "ambiguous_face"]
    assert [(row.n_people, row.told_by) for row in rows] == [(2, "mouth"), (2, "mouth"), (2, "")]
    for row, turn in zip(rows, scene.turns, strict=False):
        record = read_crop_record(CropCache(stage.cache).path(row.archive))
        assert {scene.seat_of(box) for box in record.boxes} == {turn.actor}
    assert (rows[2].archive, rows[2].n_faces) == ("", 0)
    assert rows[2].remark.startswith("2 faces; none of them moves the mouth")
    said = capfd.readouterr()
    assert "mute: ambiguous_face: 2 faces; none of them" in said.out
    assert "(2 ok, 1 ambiguous_face)" in said.out

    # What is in the cache is not looked at again.
    assert stage.run(spoken, {"which_face": "speaker"}) == rows
    assert "cache: 3 hits, 0 misses" in capfd.readouterr().out
