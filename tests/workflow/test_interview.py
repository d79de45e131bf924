"""One raw video, no table: the workflow finds utterances, speakers and words, then features."""

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from demo.moods import Prosody
from demo.speech import Synthesizer
from pipeline.base.records import Utterance
from pipeline.base.tables import read_rows
from pipeline.features.store import read_store
from tests.pipeline import clips
from tests.workflow.driver import ROOT, plan, snakemake
from tests.workflow.talks import RATE_HZ, write_talk

pytestmark = pytest.mark.timeout(900)  # whole workflows
LINES = [
    ("en-us+f2", "There is some coffee left in the kitchen."),
    ("en-us+m3", "You take the second exit after the bridge."),
    ("en-us+f2", "I waited all day, and nobody came."),
    ("en-us+m3", "The train to the city leaves at seven in the morning."),
]
PRESET = ("--configfile", str(ROOT / "configs/interview.yaml"), "--config", "root=videos")


MODALITIES = ("audio", "text", "visual")
# What is known of each file: why nothing was found, then the status of each of `MODALITIES`.
OF_NOTHING = {
    "empty.mp4": ("unreadable", "unreadable", "no_text", "unreadable"),
    "faceless.mp4": ("", "ok", "ok", "no_face"),
    "silent.mp4": ("silent", "silent", "no_text", "no_face"),
    "sound.wav": ("", "ok", "ok", "no_stream"),
}


def said(lines: list[tuple[str, str]]) -> NDArray[np.int16]:
    """Voices of espeak-ng (synthetic), each line with pauses around it."""
    synthesizer = Synthesizer()
    quiet = np.zeros(synthesizer.sample_rate_hz // 2, np.int16)
    even = Prosody(rate_wpm=165, pitch=50, pitch_range=50, volume=80)
    speeches = [synthesizer.say(text, voice, even) for voice, text in lines]
    return np.concatenate([part for speech in speeches for part in (quiet, speech, quiet)])


def write_of_nothing(folder: Path) -> None:
    """The files of `OF_NOTHING`; 0 bytes, no face, silence only, sound only."""
    (folder / "empty.mp4").touch()
    speech = said(LINES[:1])
    clips.write_sound(folder / "sound.wav", speech)

    grey = [np.full((128, 160, 3), 90, np.uint8)] * 50
    times_s = [number / 25 for number in range(50)]
    clips.write_video(folder / "faceless.mp4", grey, times_s, sound=speech)
    clips.write_video(folder / "silent.mp4", grey, times_s, sound=np.zeros(2 * RATE_HZ, np.int16))


def test_a_raw_video_becomes_utterances_and_features(tmp_path):
    (tmp_path / "videos").mkdir()
    write_talk(tmp_path / "videos/interview.mp4", 0, 60, said(LINES[:3]))
    wanted = [f"build/interview/features/{modality}.safetensors" for modality in ("audio", "text")]
    done = {job.job.rule for job in snakemake(tmp_path, *wanted, *PRESET)}
    assert {"find_speech", "tell_speakers", "transcribe", "build_manifest"} <= done
    rows = read_rows(tmp_path / "build/interview/utterances.csv", Utterance)
    assert [row.speaker for row in rows] == ["interview_A", "interview_B", "interview_A"]
    assert all(row.text for row in rows)
    assert plan(tmp_path, *wanted, *PRESET) == []

    # A person's table wins: nothing is found any more.
    table = tmp_path / "videos/utterances.csv"
    table.write_bytes((tmp_path / "build/interview/utterances.csv").read_bytes())
    again = {job.job.rule for job in plan(tmp_path, *wanted, *PRESET)}
    assert "build_manifest" in again
    assert not again & {"find_speech", "tell_speakers", "transcribe"}
    with table.open(newline="", encoding="utf-8") as stream:
        assert "speaker_confidence" in next(csv.reader(stream))


def test_files_with_little_in_them_end_in_rows_with_reasons(tmp_path):
    (tmp_path / "videos").mkdir()
    write_of_nothing(tmp_path / "videos")
    wanted = [f"build/interview/features/{modality}.safetensors" for modality in MODALITIES]
    snakemake(tmp_path, *wanted, *PRESET)
    with (tmp_path / "build/interview/utterances.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    stores = [read_store(tmp_path / path, [row["utterance_id"] for row in rows]) for path in wanted]
    known = {}
    for place, row in enumerate(rows):
        statuses = [store.header.statuses[store.status[place]] for store in stores]
        known[row["media"]] = (row["remark"].partition(":")[0], *statuses)
    assert known == OF_NOTHING
    assert len(rows) == len(OF_NOTHING)
