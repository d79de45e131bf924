"""Pipes, devices and files without end where a text is expected; tables of too many columns."""

import os
import signal

import pytest

from pipeline.base.errors import SettingsError
from pipeline.base.records import Utterance
from pipeline.base.tables import read_rows
from pipeline.config.corpora import CorpusSettings
from pipeline.config.yaml_files import read_yaml
from pipeline.corpora.raw import CorpusError
from pipeline.corpora.readers import reader
from pipeline.corpora.sheets import MAX_COLUMNS
from pipeline.corpora.texts import MAX_BYTES
from pipeline.corpora.transcripts.choosing import told_beside
from pipeline.corpora.transcripts.reading import TranscriptError

LONGEST_S = 20


@pytest.fixture(autouse=True)
def _nobody_waits():
    def end(*_):
        raise AssertionError("it waits for what never comes")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(LONGEST_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def read_folder(root):
    return reader("folder").read(root, CorpusSettings(reader="folder", root=str(root)))


def test_a_table_that_is_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "utterances.csv")
    with pytest.raises(CorpusError, match=r"utterances\.csv: cannot be read: is not a file"):
        read_folder(tmp_path)


def test_a_table_without_end_is_not_read(tmp_path):
    (tmp_path / "utterances.csv").touch()
    os.truncate(tmp_path / "utterances.csv", MAX_BYTES + 1)  # takes no room on the disk
    with pytest.raises(CorpusError, match=r"has 1,073,741,825 bytes, at most 1,073,741,824"):
        read_folder(tmp_path)


def test_a_table_of_too_many_columns_is_refused_at_once(tmp_path):
    names = ",".join(f"c{number}" for number in range(200_000))
    (tmp_path / "utterances.csv").write_text(f"{names}\n")
    with pytest.raises(CorpusError, match=f"200,000 columns, at most {MAX_COLUMNS:,}"):
        read_folder(tmp_path)


@pytest.mark.parametrize("name", ["a.eaf", "a.TextGrid", "a.srt", "a.vtt", "a.json", "a.rttm"])
def test_a_transcript_that_is_a_pipe_is_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(TranscriptError, match="cannot be read: is not a file"):
        told_beside(tmp_path, [name])


def test_a_configuration_and_our_own_tables(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SettingsError, match="cannot be read: is not a file"):
        read_yaml(tmp_path / "pipe")
    with pytest.raises(OSError, match="is not a file"):
        read_rows(tmp_path / "pipe", Utterance)


@pytest.mark.parametrize("content", ["[" * 200_000, '{"segments": [{"start": ' + "9" * 6000])
def test_json_that_python_refuses_in_its_own_way(tmp_path, content):
    (tmp_path / "a.json").write_text(content + "}]}")
    with pytest.raises(TranscriptError, match=r"a\.json.*not (read|JSON)"):
        told_beside(tmp_path, ["a.json"])


@pytest.mark.parametrize("number", ["1_000", "1e400", "\u0661"])
def test_what_only_python_takes_for_a_number_is_told(tmp_path, number):
    (tmp_path / "a.mp4").touch()
    table = f"utterance_id,dialogue_id,media,start_s,end_s\nu,d,a.mp4,0,{number}\n"
    (tmp_path / "utterances.csv").write_text(table, encoding="utf-8")
    (dropped, *_) = read_folder(tmp_path).dropped
    assert dropped.reason.startswith("end_s is not a number")
