"""Truth: dates of files, as Snakemake compares them; the workflow itself: test_extraction_runs."""

from pathlib import Path

import pytest

from pipeline.base.retries import note_exchanged, note_retry, retry_token, take_notes


@pytest.fixture
def output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("build/talks/shards/audio/0.safetensors")
    path.parent.mkdir(parents=True)
    path.touch()
    return path


def test_a_first_token_makes_nothing_due(output):
    token = Path(retry_token(str(output)))
    assert token.stat().st_mtime == 1
    assert (token.read_text(), retry_token(str(output))) == ("", str(token))


def test_a_note_makes_its_job_due_once_and_no_other(output):
    other = Path(retry_token("build/talks/shards/text/0.safetensors"))
    note_retry(output, is_due=True)
    take_notes()
    token = Path(retry_token(str(output)))
    told, date = token.read_text(), token.stat().st_mtime_ns
    assert told
    assert token.stat().st_mtime >= output.stat().st_mtime
    assert not other.read_text()
    assert list(output.parent.iterdir()) == [output]

    take_notes()
    assert (token.read_text(), token.stat().st_mtime_ns) == (told, date)


def test_a_note_of_what_went_well_meanwhile_is_taken_back(output):
    note_retry(output, is_due=True)
    note_retry(output, is_due=False)
    take_notes()
    assert not Path(retry_token(str(output))).read_text()


@pytest.mark.parametrize(("planned", "is_due"), [("", False), ("a", False), ("b", True)])
def test_only_what_was_exchanged_since_planning_is_made_again(tmp_path, capsys, planned, is_due):
    note_exchanged(tmp_path / "o.csv", planned, "a")
    assert (tmp_path / ".o.csv.again").exists() is is_due
    assert ("exchanged while they were read" in capsys.readouterr().out) is is_due
