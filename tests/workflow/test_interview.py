"""One raw video, no table: the workflow finds utterances, speakers and words, then features."""

import csv
from pathlib import Path

import numpy as np

from demo.moods import Prosody
from demo.speech import Synthesizer
from pipeline.base.records import Utterance
from pipeline.base.tables import read_rows
from tests.workflow.driver import ROOT, plan, snakemake
from tests.workflow.talks import write_talk

LINES = [
    ("en-us+f2", "There is some coffee left in the kitchen."),
    ("en-us+m3", "You take the second exit after the bridge."),
    ("en-us+f2", "I waited all day, and nobody came."),
]
PRESET = ("--configfile", str(ROOT / "configs/interview.yaml"), "--config", "root=videos")


def write_interview(path: Path) -> None:
    """Two voices of espeak-ng (synthetic) with pauses, over a portrait."""
    synthesizer = Synthesizer()
    quiet = np.zeros(synthesizer.sample_rate_hz // 2, np.int16)
    even = Prosody(rate_wpm=165, pitch=50, pitch_range=50, volume=80)
    said = [synthesizer.say(text, voice, even) for voice, text in LINES]
    write_talk(
        path, 0, 60, np.concatenate([part for speech in said for part in (quiet, speech, quiet)])
    )


def test_a_raw_video_becomes_utterances_and_features(tmp_path):
    (tmp_path / "videos").mkdir()
    write_interview(tmp_path / "videos/interview.mp4")
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
