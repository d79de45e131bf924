import json
import re
import wave

import numpy as np
import pytest

from demo.script import LACKS


@pytest.fixture(scope="module")
def summary(small_demo):
    return json.loads((small_demo / "DEMO.json").read_text(encoding="utf-8"))


def transcribed(root):
    """Utterance id -> start, end, text, of all transcriptions."""
    pattern = re.compile(r"(\S+) \[(\d{3}\.\d{4})-(\d{3}\.\d{4})\]: (.*)")
    found = {}
    for path in sorted(root.glob("Session*/dialog/transcriptions/Ses*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if match := pattern.fullmatch(line):
                found[match[1]] = (float(match[2]), float(match[3]), match[4])
    return found


def test_every_dialogue_has_its_four_files(small_demo, small_settings):
    names = {
        folder: sorted(path.stem for path in small_demo.glob(f"Session?/dialog/{folder}/Ses*"))
        for folder in ("avi/DivX", "transcriptions", "EmoEvaluation", "wav")
    }
    assert len(names["wav"]) == small_settings.n_dialogues
    assert len({tuple(value) for value in names.values()}) == 1
    for path in small_demo.glob("Session?/dialog/*/Ses*"):
        assert path.relative_to(small_demo).parts[0] == f"Session{path.stem[4]}"


def test_transcripts_are_as_in_the_corpus(small_demo, summary):
    lines = transcribed(small_demo)
    assert len(lines) == summary["n_utterances"]
    assert {name for name, (_, _, text) in lines.items() if not text} == set(
        summary["lacking"]["text"]
    )
    assert all(start < end for start, end, _ in lines.values())


def test_evaluations_agree_with_transcripts(small_demo):
    lines = transcribed(small_demo)
    record = re.compile(
        r"\[(\d+\.\d{4}) - (\d+\.\d{4})\]\t(\S+)\t(\w{3})\t\[\d\.\d{4}, \d\.\d{4}, \d\.\d{4}\]"
    )
    evaluated = set()
    for path in small_demo.glob("Session?/dialog/EmoEvaluation/Ses*.txt"):
        content = path.read_text(encoding="utf-8").splitlines()
        assert content[0] == "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]"
        for line in content:
            if match := record.fullmatch(line):
                evaluated.add(match[3])
                assert lines[match[3]][:2] == (float(match[1]), float(match[2]))
    assert len(lines.keys() - evaluated) == 1
    assert (lines.keys() - evaluated).pop().endswith("_MXX0")


def test_the_strays_are_there(small_demo):
    strays = list(small_demo.rglob("._*"))
    assert {path.suffix for path in strays} == {".txt", ".avi"}
    assert all(path.with_name(path.name[2:]).is_file() for path in strays)
    assert all(path.read_bytes()[:4] == bytes.fromhex("00051607") for path in strays)
    untimed = [
        line
        for path in small_demo.glob("Session?/dialog/transcriptions/Ses*.txt")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "[LAUGHTER]" in line
    ]
    assert untimed == ["M: [LAUGHTER]"]


def test_wavs_hold_each_speaker_on_their_side(small_demo, summary):
    silent = set(summary["lacking"]["sound"])
    for name, (start_s, end_s, _) in transcribed(small_demo).items():
        dialogue = name.rsplit("_", 1)[0]
        with wave.open(str(small_demo / f"Session{name[4]}/dialog/wav/{dialogue}.wav")) as stream:
            shape = stream.getnchannels(), stream.getsampwidth(), stream.getframerate()
            assert shape == (2, 2, 16000)
            stream.setpos(round(start_s * 16000))
            data = stream.readframes(round((end_s - start_s) * 16000))
        loudness = np.frombuffer(data, "<i2").reshape(-1, 2).astype(float).std(axis=0)
        own = 0 if name.rsplit("_", 1)[1][0] == dialogue[5] else 1
        assert loudness[1 - own] == 0
        assert (loudness[own] == 0) == (name in silent)


def test_our_reader_of_the_real_corpus_reads_it(small_demo, small_settings, summary):
    """Every evaluated turn is found, on its side, and what is no utterance is accounted for."""
    from pipeline.config.corpora import CorpusSettings
    from pipeline.corpora.readers import read_corpus

    settings = CorpusSettings(reader="iemocap", root=str(small_demo), make_demo=small_settings)
    raw = read_corpus("demo", small_demo, settings)
    assert len(raw.utterances) == small_settings.n_dialogues * small_settings.n_turns
    assert raw.missing_share == 0
    lines = transcribed(small_demo)
    for utterance in raw.utterances:
        assert (utterance.start_s, utterance.end_s, utterance.text) == lines[utterance.utterance_id]
        assert utterance.region == (
            "left" if utterance.speaker == utterance.dialogue_id[5] else "right"
        )
        assert (small_demo / utterance.media).is_file()
    assert len(raw.dropped) == 2
    assert set(LACKS) == set(summary["lacking"])
