"""IEMOCAP: the traps of the release (reading.md D.1)."""

import pytest

from pipeline.corpora.iemocap import read
from pipeline.corpora.raw import DIALOGUES, UTTERANCES, CorpusError


def test_actor_whose_letter_the_dialogue_bears_is_on_the_left(tmp_path, write_iemocap, settings):
    dialogues = {
        "Ses01F_impro01": [
            ("Ses01F_impro01_F000", "neu", "a"),
            ("Ses01F_impro01_M000", "neu", "b"),
        ],
        "Ses05M_script01_1b": [
            ("Ses05M_script01_1b_F000", "neu", "c"),
            ("Ses05M_script01_1b_M000", "neu", "d"),
        ],
    }
    rows = read(write_iemocap(tmp_path, dialogues), settings("iemocap")).utterances

    assert [(row.text, row.speaker, row.region) for row in rows] == [
        ("a", "F", "left"),
        ("b", "M", "right"),
        ("c", "F", "right"),
        ("d", "M", "left"),
    ]
    assert rows[3].media == "Session5/dialog/avi/DivX/Ses05M_script01_1b.avi"
    assert (rows[3].session, rows[3].turn) == ("Ses05", 1)


def dialog(root):
    return root / "Session3" / "dialog"


def test_turns_follow_the_transcript_not_the_evaluation_file(tmp_path, write, settings, values):
    transcript = (
        "Ses03F_impro05_M000 [001.0000-002.0000]: First.\n"
        "Ses03F_impro05_F000 [003.0000-004.0000]: Second: [LAUGHTER]\n"
    )
    write(dialog(tmp_path) / "transcriptions/Ses03F_impro05.txt", transcript)
    record = "[{}.0000 - {}.0000]\tSes03F_impro05_{}\tsad\t[2.0000, 2.5000, 3.0000]\n"
    evaluation = record.format(3, 4, "F000") + record.format(1, 2, "M000")
    write(dialog(tmp_path) / "EmoEvaluation/Ses03F_impro05.txt", evaluation)
    raw = read(tmp_path, settings("iemocap"))

    assert [(row.turn, row.text, row.start_s, row.end_s) for row in raw.utterances] == [
        (0, "First.", 1.0, 2.0),
        (1, "Second: [LAUGHTER]", 3.0, 4.0),
    ]
    assert values(raw, "valence") == dict.fromkeys(
        ["Ses03F_impro05_M000", "Ses03F_impro05_F000"], "2.0000"
    )


def test_lines_that_give_no_utterance_are_told(tmp_path, write_iemocap, write, settings, kinds):
    write_iemocap(tmp_path, {"Ses03F_impro05": [("Ses03F_impro05_F000", "ang", "Go.")]})
    transcript = dialog(tmp_path) / "transcriptions/Ses03F_impro05.txt"
    transcript.write_text(
        transcript.read_text()
        + "Ses03F_impro05_MXX0 [010.0000-011.0000]: Mhm.\n"
        + "M: [BREATHING]\n"
        + "\n"
        + "Ses03F_impro05_F000 [012.0000-013.0000]: Again.\n"
    )
    evaluation = dialog(tmp_path) / "EmoEvaluation/Ses03F_impro05.txt"
    evaluation.write_text(
        evaluation.read_text()
        + "[1.0 - 2.0]\tSes03F_impro05_M001\tneu\n"
        + "[1.0 - 2.0]\tSes03F_impro04_M001\tneu\t[2.0, 2.0, 2.0]\n"
    )
    write(dialog(tmp_path) / "EmoEvaluation/._Ses03F_impro05.txt", b"\x00\x05\x16\x07")
    write(dialog(tmp_path) / "transcriptions/._Ses03F_impro05.txt", b"\x00\x05\x16\x07")
    write(dialog(tmp_path) / "EmoEvaluation/Ses01F_impro01.txt", "")
    write(dialog(tmp_path) / "transcriptions/Ses03M_impro09.txt", "")
    raw = read(tmp_path, settings("iemocap"))

    assert [row.utterance_id for row in raw.utterances] == ["Ses03F_impro05_F000"]
    assert kinds(raw) == {
        "Ses03F_impro05_MXX0": "transcript line is not evaluated",
        "Ses03F_impro05.txt line 3": "transcript line has no id and times",
        "Ses03F_impro05.txt line 5)": "id stands twice in transcript",
        "Ses03F_impro05.txt line 7": "evaluation line cannot be read",
        "Ses03F_impro05.txt line 8)": "id belongs to no dialogue here",
        "Ses01F_impro01.txt": "file is named after no dialogue here",
        "Ses03M_impro09.txt": "transcript has no EmoEvaluation file",
    }


def test_evaluated_utterance_without_a_transcript_line_stays_without_text(
    tmp_path, write_iemocap, settings
):
    turns = [(f"Ses02F_impro01_F00{k}", "neu", f"Turn {k}.") for k in range(3)]
    write_iemocap(tmp_path, {"Ses02F_impro01": turns})
    transcript = tmp_path / "Session2/dialog/transcriptions/Ses02F_impro01.txt"
    lines = transcript.read_text().splitlines(keepends=True)
    transcript.write_text(lines[0] + lines[2])
    raw = read(tmp_path, settings("iemocap"))
    assert [row.text for row in raw.utterances] == ["Turn 0.", "", "Turn 2."]
    assert raw.utterances[1].start_s == 2.0
    assert "1 evaluated utterances stand in no transcript: no text" in raw.notes


def test_quotes_of_cp1252_are_read(tmp_path, write_iemocap, settings):
    write_iemocap(tmp_path, {"Ses01F_impro01": [("Ses01F_impro01_F000", "neu", "It's")]})
    path = tmp_path / "Session1/dialog/transcriptions/Ses01F_impro01.txt"
    path.write_bytes(path.read_bytes().replace(b"'", b"\x92"))
    raw = read(tmp_path, settings("iemocap"))
    assert raw.utterances[0].text == "It\u2019s"
    assert "1 file is not UTF-8 and was read as cp1252" in raw.notes


def test_half_of_the_release_is_noted(tmp_path, write_iemocap, settings):
    write_iemocap(tmp_path, {"Ses01F_impro01": [("Ses01F_impro01_F000", "neu", "Hi.")]})
    raw = read(tmp_path, settings("iemocap"))
    assert "Ses04: no dialogue found, 30 are in the release" in raw.notes
    assert not any(note.startswith("Ses01") for note in raw.notes)
    assert raw.expected[UTTERANCES] == 10_039
    assert raw.missing_share == pytest.approx(1 - 1 / 10_039)


def test_demo_expects_what_it_was_asked_for(tmp_path, write_iemocap, settings, values):
    turns = [("Ses01F_impro03_F007", "neu", "Hi.")]  # an id that the published set calls happy
    write_iemocap(tmp_path, {"Ses01F_impro03": turns})
    raw = read(tmp_path, settings("iemocap", make_demo={"n_dialogues": 6, "n_turns": 4}))
    assert (raw.expected[UTTERANCES], raw.expected[DIALOGUES]) == (24, 6)
    assert values(raw, "emotion") == {"Ses01F_impro03_F007": "neu"}
    assert values(raw, "emotion_gcnet") == {}
    assert raw.notes == ()


def test_session_that_links_out_of_the_folder_is_refused(tmp_path, write_iemocap, settings):
    turns = [("Ses01F_impro01_F000", "neu", "Hi.")]
    outside = write_iemocap(tmp_path / "outside", {"Ses01F_impro01": turns})
    (tmp_path / "root").mkdir()
    (tmp_path / "root/Session1").symlink_to(outside / "Session1")
    with pytest.raises(CorpusError, match="link to a place outside the corpus folder"):
        read(tmp_path / "root", settings("iemocap"))


def test_without_videos_the_sound_of_the_dialogue_is_read(tmp_path, write_iemocap, write, settings):
    turns = [("Ses01F_impro01_F000", "neu", "Hi.")]
    other = [("Ses01F_impro02_M000", "sad", "No.")]
    root = write_iemocap(tmp_path, {"Ses01F_impro01": turns, "Ses01F_impro02": other})
    for dialogue in ("Ses01F_impro01", "Ses01F_impro02"):
        write(root / f"Session1/dialog/wav/{dialogue}.wav")
    (root / "Session1/dialog/avi/DivX/Ses01F_impro01.avi").unlink()
    raw = read(root, settings("iemocap"))
    assert [utterance.media for utterance in raw.utterances] == [
        "Session1/dialog/wav/Ses01F_impro01.wav",
        "Session1/dialog/avi/DivX/Ses01F_impro02.avi",
    ]
    assert [note for note in raw.notes if "no video" in note] == [
        "1 dialogue has no video: their sound is read from dialog/wav, faces are missing"
    ]


@pytest.mark.parametrize(("n_lines", "is_expected"), [(152, True), (151, False), (153, False)])
def test_lines_that_every_release_holds_are_one_note(
    tmp_path, write_iemocap, settings, n_lines, is_expected
):
    turns = [(f"Ses01F_impro01_F{k:03}", "neu", "Hi.") for k in range(48)]
    root = write_iemocap(tmp_path, {"Ses01F_impro01": turns})
    labels = root / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    kept = [
        line
        for line in labels.read_text().split("\n")
        if "_F" not in line or "F000" in line or "F001" in line
    ]
    labels.write_text("\n".join(kept))
    transcript = root / "Session1/dialog/transcriptions/Ses01F_impro01.txt"
    lines = transcript.read_text().splitlines()
    transcript.write_text("\n".join([*lines, *lines[:2], *["M: no times"] * n_lines]))
    raw = read(root, settings("iemocap"))

    assert len(raw.dropped) == (0 if is_expected else 48 + n_lines)
    assert any("200 transcript lines" in note for note in raw.notes) == is_expected
