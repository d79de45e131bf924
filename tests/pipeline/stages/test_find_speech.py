"""Stage find_speech: one file that may not be opened is told, and ends no run of many files."""

import json

import pytest

from pipeline.corpora.turns import read_found
from pipeline.stages import find_speech


@pytest.fixture
def selection(tmp_path, write_wav):
    """A folder with a link to a recording elsewhere, as DVC, git-annex and `ln -s` make them."""
    write_wav(tmp_path / "elsewhere/a.wav", 16_000)
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.wav").symlink_to(tmp_path / "elsewhere/a.wav")
    (root / "gone.wav").symlink_to(tmp_path / "nowhere/gone.wav")
    (root / "a.srt").write_text("1\n00:00:00,000 --> 00:00:00,500\nhello\n")
    return root


def find(root, clip, links):
    out = root.parent / "found.json"
    options = {"--root": root, "--clip": clip, "--cache": root.parent / "cache", "--out": out}
    options |= {"--settings": json.dumps({})}
    words = [str(word) for pair in options.items() for word in pair]
    find_speech.main([*words, *(["--links", *map(str, links)] if links else [])])
    return read_found(out)


@pytest.mark.parametrize("clip", ["a.wav", "gone.wav"])
def test_a_link_that_leads_out_of_the_folder_is_told_with_the_way_out(selection, clip, capsys):
    found = find(selection, clip, [])
    assert found.turns == ()
    assert "is a link into" in found.problem
    assert "name that folder, or one above it, in the key `links`" in found.problem
    assert found.problem in capsys.readouterr().out


def test_where_links_may_lead_there_the_file_is_read(selection):
    found = find(selection, "a.wav", [selection.parent / "elsewhere"])
    assert [(turn.start_s, turn.end_s, turn.text) for turn in found.turns] == [(0.0, 0.5, "hello")]
    assert found.problem == ""
