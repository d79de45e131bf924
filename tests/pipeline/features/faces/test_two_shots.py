"""Two portraits take turns (synthetic): the face that is kept is the speaker's, or none.

MTCNN finds the faces. The limits that decide were not chosen on these portraits.
"""

from pathlib import Path

import pytest

from pipeline.config.faces import CropFacesSettings
from pipeline.features.faces import two_shots, utterance_crops
from pipeline.features.faces.crop_cache import CropCache
from pipeline.features.faces.cropping import FaceCropper
from pipeline.features.faces.crops import verify_crops
from pipeline.features.faces.detecting import detector_of
from pipeline.media.damage import Damage
from pipeline.media.errors import ReadError
from pipeline.media.video import sample_frames
from tests.pipeline.features.faces.squares import contents, job_of
from tests.pipeline.talking import FPS, SEAT_PX, Scene


@pytest.fixture(scope="module")
def detector():
    return detector_of(CropFacesSettings(), "cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("scenes")


@pytest.fixture(scope="module")
def pair(folder):
    """Four turns that change over, and their clip."""
    scene = Scene([("F", 1), ("M", 1)])
    for actor in (0, 1, 0, 1):
        scene.speak(actor)
    return scene, scene.write(folder / "pair.mp4")


@pytest.fixture(scope="module")
def short(folder):
    """Two turns, for what is drawn in many ways."""
    return Scene([("F", 2), ("M", 3)]).speak(0).speak(1)


def crop(detector, path, spans, cache, **options):
    given = {"which_face": "speaker", "fps": 5.0, "detect_width_px": 480, "margin": 0.2,
             "size_px": 48}  # fmt: skip
    jobs = [job_of(number, *span) for number, span in enumerate(spans)]
    cropper = FaceCropper(detector=detector, **{**given, **options})
    found = dict(cropper.crop(Path(path), jobs, cache.writing, Damage()))
    return [found[job] for job in jobs]


def spans_of(scene):
    return [(turn.start_s, turn.end_s) for turn in scene.turns]


def seats(scene, record):
    return [scene.seat_of(box) for box in record.boxes]


def test_the_speaking_face_is_taken_and_never_the_listeners(pair, detector, cache):
    scene, path = pair
    records = crop(detector, path, spans_of(scene), cache)
    n_frames = n_right = 0
    for turn, record in zip(scene.turns, records, strict=True):
        taken = seats(scene, record)
        assert turn.actor in taken
        n_right += taken.count(turn.actor)
        n_frames += len(taken)
        assert (record.status, record.told_by, record.n_people) == ("ok", "mouth", 2)
        assert verify_crops(cache.path(record.key), record.key) == record
    assert n_right >= 0.9 * n_frames
    assert n_frames >= 0.9 * sum(record.n_frames for record in records)


def test_whose_mouth_moves_makes_the_difference(pair, detector, cache):
    """The former rule takes the same seat whoever speaks."""
    scene, path = pair
    records = crop(detector, path, spans_of(scene), cache, which_face="track")
    assert len({seat for record in records for seat in seats(scene, record)}) == 1
    assert [(record.told_by, record.n_people) for record in records] == [("", 2)] * 4


@pytest.mark.parametrize(
    ("name", "options"),
    [("laughs", {"laughs": (0, 1)}), ("silent", {"sound": "silent"}), ("mute", {"sound": "none"})],
)
def test_what_cannot_be_told_is_missing(short, folder, detector, cache, name, options):
    """A listener who laughs all the time; no sound to hear; no sound in the file."""
    path = short.write(folder / f"{name}.mp4", **options)
    for record in crop(detector, path, spans_of(short), cache):
        assert (record.status, record.n_faces, record.told_by) == ("ambiguous_face", 0, "")
        assert (record.n_people, record.n_candidates) == (2, 2 * record.n_frames)
        assert record.detail.startswith("2 faces; none of them moves the mouth with the sound")
        assert record.found_s > 2
        assert verify_crops(cache.path(record.key), record.key) == record


@pytest.mark.parametrize("options", [{"noise": 0.3}, {"nod_px": 4}])
def test_noise_and_a_listener_who_nods_never_give_the_listeners_face(
    short, folder, detector, cache, options
):
    path = short.write(folder / f"{options}.mp4", **options)
    for turn, record in zip(short.turns, crop(detector, path, spans_of(short), cache), strict=True):
        assert set(seats(short, record)) <= {turn.actor}
        assert record.status == ("ok" if record.n_faces else "ambiguous_face")


def test_of_three_faces_the_one_that_speaks_is_taken(folder, detector, cache):
    scene = Scene([("F", 1), ("M", 1), ("F", 4)]).speak(2).speak(1)
    records = crop(detector, scene.write(folder / "three.mp4"), spans_of(scene), cache)
    for turn, record in zip(scene.turns, records, strict=True):
        assert set(seats(scene, record)) == {turn.actor}
        assert record.n_people == 3


def test_who_changes_the_seat_while_speaking_is_followed_across_the_cut(folder, detector, cache):
    scene = Scene([("F", 1), ("M", 1)]).speak(1)
    (turn,) = scene.turns
    middle_s = (turn.start_s + turn.end_s) / 2
    places = [(0, 1), (1, 0)]
    path = scene.write(folder / "seats.mp4", seats=lambda time_s: places[time_s >= middle_s])
    (record,) = crop(detector, path, spans_of(scene), cache)
    for time_s, seat in zip(record.times_s, seats(scene, record), strict=True):
        assert places[time_s >= middle_s][seat] == 1
    assert record.n_faces >= 0.5 * record.n_frames


def test_less_than_four_tenths_of_a_second_tell_nothing(pair, detector, cache):
    scene, path = pair
    start_s = scene.turns[0].start_s + 0.5
    for length_s in (0.1, 0.35):
        (record,) = crop(detector, path, [(start_s, start_s + length_s)], cache)
        assert (record.status, record.n_people) == ("ambiguous_face", 2)


def test_a_single_face_is_kept_without_a_second_look(folder, detector, cache, tmp_path):
    """It may be a listener's whose speaker is not in the picture: a face, not the speaker's."""
    scene = Scene([("M", 2)]).speak(0)
    path = scene.write(folder / "single.mp4")
    rates = []

    def frames(path, spans, fps, *rest):
        rates.append(fps)
        return sample_frames(path, spans, fps, *rest)

    def sounds(*asked):
        raise AssertionError("nobody listens where one face is seen")

    (record,) = crop(detector, path, spans_of(scene), cache, frames=frames, sounds=sounds)
    assert (record.status, record.n_people, record.told_by) == ("ok", 1, "")
    assert rates == [5.0]
    # The crops are those of `track`.
    other = CropCache(tmp_path / "track")
    (former,) = crop(detector, path, spans_of(scene), other, which_face="track")
    assert (record.boxes, record.times_s) == (former.boxes, former.times_s)


def test_the_same_bytes_alone_together_and_from_disk(pair, detector, tmp_path, monkeypatch):
    scene, path = pair
    spans = spans_of(scene)[:2]
    caches = [CropCache(tmp_path / name) for name in ("together", "disk", "alone")]
    crop(detector, path, spans, caches[0])

    monkeypatch.setattr(utterance_crops, "SPOOL_BYTES", 1)
    monkeypatch.setattr(two_shots, "SPOOL_BYTES", 1)
    crop(detector, path, spans, caches[1])
    assert contents(caches[1]) == contents(caches[0])

    for number, span in enumerate(spans):
        list(
            FaceCropper(detector, "speaker", 5.0, 480, 0.2, 48).crop(
                Path(path), [job_of(number, *span)], caches[2].writing, Damage()
            )
        )
    assert contents(caches[2]) == contents(caches[0])


def test_a_file_that_changes_before_the_second_look_is_no_property_of_it(pair, detector, cache):
    scene, path = pair

    def frames(path, spans, fps, *rest):
        if fps == FPS:
            raise ReadError("the file changed")
        return sample_frames(path, spans, fps, *rest)

    (error,) = crop(detector, path, spans_of(scene)[:1], cache, frames=frames)
    assert isinstance(error, ReadError)
    assert contents(cache) == {}


def test_of_gcnets_recipe_nothing_changes(pair, detector, cache):
    scene, path = pair
    (record,) = crop(detector, path, spans_of(scene)[:1], cache, compat="gcnet")
    assert (record.which_face, record.n_people, record.told_by) == ("single", 0, "")
    assert SEAT_PX[0] * 2 > record.boxes[0][2]
