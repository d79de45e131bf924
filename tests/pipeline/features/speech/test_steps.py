"""From a made sound file to utterances, stage by stage, as the rules run them."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.segmentation import PAUSES, diarization, made_dialogue
from pipeline.base.records import Utterance
from pipeline.base.tables import read_rows
from pipeline.corpora.turns import Found, read_found
from pipeline.media.decoder import Decoder
from pipeline.stages import build_manifest, extract_features, find_speech, tell_speakers, transcribe
from tests.pipeline.features.speech.conftest import write_wave

ANNE, BOB = "en-us+f2", "en-us+m3"
LINES = [
    (ANNE, "There is some coffee left in the kitchen."),
    (BOB, "You take the second exit after the bridge."),
    (ANNE, "I waited all day, and nobody came."),
    (BOB, "He left, and the house is quiet now."),
]
GERMAN = [
    ("de+m3", "Ich habe gestern mit meiner Schwester in der Stadt gegessen."),
    ("de+m3", "Das Wetter wird morgen wahrscheinlich besser sein als heute."),
]


def run(folder: Path, media: str, **settings: object) -> Found:
    """All three stages on a file of folder/corpus, as the rules call them."""
    out = folder / "out"
    out.mkdir(exist_ok=True)
    common = ["--root", str(folder / "corpus"), "--clip", media, "--settings"]
    common += [json.dumps(settings), "--cache", str(folder / "cache")]
    before: Path | None = None
    for stage in (find_speech, tell_speakers, transcribe):
        path = out / f"{media}.{stage.__name__.split('.')[-1]}.json"
        turns = ["--turns", str(before)] if before else []
        stage.main([*common, *turns, "--out", str(path)])
        before = path
    assert before is not None
    return read_found(before)


@pytest.fixture(scope="module")
def talk(tmp_path_factory, speak):
    folder = tmp_path_factory.mktemp("talk")
    (folder / "corpus").mkdir()
    said = speak(folder / "corpus/talk.wav", LINES, 0.6)
    return folder, said, run(folder, "talk.wav")


def test_turns_speakers_and_words_are_found(talk):
    _, said, found = talk
    assert len(found.turns) == len(said)
    for turn, (start_s, end_s, _, _) in zip(found.turns, said, strict=True):
        assert turn.start_s == pytest.approx(start_s, abs=0.15)
        assert turn.end_s == pytest.approx(end_s, abs=0.15)
        assert turn.speech_confidence > 0.8
        assert turn.speaker_confidence > 0.5
    assert [turn.speaker for turn in found.turns] == ["A", "B", "A", "B"]
    words = [set(text.lower().strip(".").replace(",", "").split()) for *_, text in said]
    heard = [set(turn.text.lower().strip(".").replace(",", "").split()) for turn in found.turns]
    n_right = sum(len(a & b) for a, b in zip(words, heard, strict=True))
    assert n_right >= 0.7 * sum(map(len, words))


def test_what_was_heard_once_is_not_heard_again(talk, monkeypatch):
    folder, _, found = talk
    shutil.copy(folder / "corpus/talk.wav", folder / "corpus/renamed.wav")
    monkeypatch.setattr(Decoder, "ask", None)  # nothing may be decoded
    again = run(folder, "renamed.wav")
    assert again.turns == found.turns
    assert again.media == "renamed.wav"


def test_two_voices_without_a_pause_between_them_are_cut_where_they_change(tmp_path, speak):
    (tmp_path / "corpus").mkdir()
    said = speak(tmp_path / "corpus/talk.wav", LINES, 0.12)
    found = run(tmp_path, "talk.wav", number=2, transcribe="none")
    borders = [border for turn in found.turns for border in (turn.start_s, turn.end_s)]
    assert borders == sorted(borders)  # never overlap
    names = {ANNE: found.turns[0].speaker, BOB: next(t.speaker for t in found.turns[1:])}
    wrong = 0.0
    for turn in found.turns:
        for start_s, end_s, voice, _ in said:
            shared = min(turn.end_s, end_s) - max(turn.start_s, start_s)
            wrong += max(shared, 0) * (turn.speaker != names[voice])
    assert wrong / sum(end_s - start_s for start_s, end_s, *_ in said) < 0.15


def test_two_like_voices_that_leave_no_pause_are_told_apart(tmp_path):
    """Two men of espeak-ng whose turns were joined by threes: what the benchmark calls close."""
    (tmp_path / "corpus").mkdir()
    voices = ("en-us+m2", "en-gb-x-rp+m4")
    said = made_dialogue(tmp_path / "corpus/talk.wav", voices, PAUSES["close"], 106)
    found = run(tmp_path, "talk.wav", transcribe="none")
    assert diarization(said, found.turns).der < 0.15
    assert {turn.speaker for turn in found.turns} == {"A", "B"}


def test_no_words_are_invented_for_another_language(tmp_path, speak):
    (tmp_path / "corpus").mkdir()
    speak(tmp_path / "corpus/rede.wav", GERMAN, 0.6)
    found = run(tmp_path, "rede.wav")
    assert found.turns
    assert all(not turn.text and "not English" in turn.remark for turn in found.turns)


def test_odd_files_give_a_row_with_its_reason(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    write_wave(corpus / "silence.wav", np.zeros(32000), 16000)
    noise = np.random.default_rng(0).normal(0, 300, 32000)
    write_wave(corpus / "noise.wav", noise, 16000)
    (corpus / "empty.mp4").touch()
    assert run(tmp_path, "silence.wav").problem.startswith("silent")
    assert run(tmp_path, "noise.wav").problem.startswith("no_speech")
    assert run(tmp_path, "empty.mp4").problem.startswith("unreadable")
    assert run(tmp_path, "gone.mp4").problem.startswith("no_media")
    rows = manifest(tmp_path, {"s": "silence.wav", "n": "noise.wav", "e": "empty.mp4"})
    assert [row["utterance_id"] for row in rows] == ["s_000", "n_000", "e_000"]
    assert [row["remark"].split(":")[0] for row in rows] == ["silent", "no_speech", "unreadable"]


def manifest(folder: Path, clips: dict[str, str], use_table: bool = False) -> list[dict[str, str]]:
    """build_manifest of these clips, or of the table in the folder; the rows of utterances.csv."""
    out = folder / "out"
    found = [str(out / f"{media}.transcribe.json") for media in clips.values()]
    arguments = ["--corpus", "own", "--root", str(folder / "corpus"), "--cache"]
    arguments += [str(folder / "cache"), "--settings"]
    arguments += [json.dumps({"corpus": {"reader": "folder"}})]
    if not use_table:
        arguments += ["--clips", *clips, "--found", *found]
    for name, file in (("utterances", "csv"), ("annotations", "csv"), ("corpus", "json")):
        arguments += [f"--out-{name}", str(out / f"{name}.{file}")]
    arguments += ["--out-shards", str(out / "0.csv"), "--out-media", str(out / "0.json")]
    build_manifest.main(arguments)
    with (out / "utterances.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def encode(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    out = folder / "out"
    arguments = ["--utterances", str(out / "0.csv"), "--media", str(out / "0.json")]
    arguments += ["--root", str(folder / "corpus"), "--cache", str(folder / "cache")]
    encoder = {"encoder": "moonshine-tiny"}
    arguments += ["--settings", json.dumps({"encoder": encoder}), "--modality", "audio"]
    capsys.readouterr()
    extract_features.main([*arguments, "--out", str(out / "audio.safetensors")])
    return capsys.readouterr().out


def test_a_corrected_table_wins_and_only_what_changed_is_encoded_again(talk, capsys):
    folder, _, found = talk
    rows = manifest(folder, {"talk": "talk.wav"})
    assert [row["speaker"] for row in rows] == ["talk_A", "talk_B", "talk_A", "talk_B"]
    assert rows[0]["speech_confidence"] == str(found.turns[0].speech_confidence)
    assert {row["found_by"] for row in rows} == {"voice"}
    assert len(read_rows(folder / "out/utterances.csv", Utterance)) == 4
    assert "0 hits, 4 misses" in encode(folder, capsys)

    rows[1]["end_s"] = str(float(rows[1]["end_s"]) - 0.5)
    rows[2]["speaker"] = "Anne"
    with (folder / "corpus/utterances.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    again = manifest(folder, {}, use_table=True)
    (folder / "corpus/utterances.csv").unlink()
    assert again[2]["speaker"] == "Anne"
    assert [row["start_s"] for row in again] == [row["start_s"] for row in rows]
    assert "3 hits, 1 misses" in encode(folder, capsys)


def test_a_broken_transcript_ends_the_stage_with_file_and_line(talk):
    folder, _, _ = talk
    transcript = folder / "corpus/talk.srt"
    transcript.write_text("1\n00:00:01,000 --> later\nhello\n")
    with pytest.raises(SystemExit, match=r"error: talk\.wav: talk\.srt line 2: .* mend it"):
        run(folder, "talk.wav")
    transcript.write_text("1\n00:00:01,000 --> 00:00:03,000\nhello there\n")
    found = run(folder, "talk.wav", speakers="none")
    transcript.unlink()
    assert [(turn.start_s, turn.end_s, turn.text) for turn in found.turns] == [
        (1.0, 3.0, "hello there")
    ]
    assert found.source == "talk.srt"
