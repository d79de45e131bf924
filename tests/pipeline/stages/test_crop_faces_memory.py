"""Memory of crop_faces does not grow with the length of a video."""

import json
import math
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.files import file_digest
from pipeline.records import FaceRow, Utterance
from pipeline.tables import read_rows, write_rows
from tests.pipeline import clips

ROOT = Path(__file__).resolve().parents[3]
PERIOD_S = 4  # a frame every so many seconds: the length counts here, not the rate
SETTINGS = {"which_face": "track", "fps": 1 / PERIOD_S, "detect_width_px": 128, "size_px": 64}
PROGRAM = (
    "import resource, sys; from pipeline.stages.crop_faces import main; main(sys.argv[1:]);"
    "print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
)


def write_talk(path, minutes):
    """A portrait that sways."""
    portrait = cv2.resize(clips.portraits()[0], (384, 360))
    times_s = range(0, 60 * minutes, PERIOD_S)
    pictures = (np.roll(portrait, k % 9 - 4, axis=1) for k in times_s)
    options = {"preset": "ultrafast", "g": "30"}
    clips.write_video(path, pictures, times_s, rate=1, encoder_options=options)


def peak_of(folder, minutes):
    """Peak resident memory, in KiB, of the stage in a process of its own."""
    write_talk(folder / "talk.mp4", minutes)
    spans = [(0.0, math.inf), *((s, s + 8.0) for s in range(0, 60 * minutes, 10))]
    utterances = [
        Utterance(f"u{k}", "d", k, "s", "1", "talk.mp4", float(start_s), end_s, "full", "")
        for k, (start_s, end_s) in enumerate(spans)
    ]
    write_rows(folder / "utterances.csv", utterances, Utterance)
    media = {"talk.mp4": {"size": 0, "sha256": file_digest(folder / "talk.mp4")}}
    (folder / "media.json").write_text(json.dumps(media))
    arguments = [
        *("--utterances", folder / "utterances.csv", "--media", folder / "media.json"),
        *("--root", folder, "--settings", json.dumps(SETTINGS), "--device", "cpu"),
        *("--cache", folder / "cache", "--out", folder / "faces.csv"),
    ]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = read_rows(folder / "faces.csv", FaceRow)
    assert rows[0].n_frames == 60 * minutes // PERIOD_S
    assert rows[0].n_faces > 0.9 * rows[0].n_frames
    return int(done.stdout.rpartition("peak")[2])


@pytest.mark.slow
def test_the_peak_for_an_hour_is_within_a_tenth_of_that_for_two_minutes(tmp_path):
    peaks = []
    for minutes in (2, 60):
        folder = tmp_path / f"{minutes}"
        folder.mkdir()
        peaks.append(peak_of(folder, minutes))
    print(f"peak memory: 2 min {peaks[0] / 1024:.0f} MiB, 60 min {peaks[1] / 1024:.0f} MiB")
    assert peaks[1] < 1.1 * peaks[0]
