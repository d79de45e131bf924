"""Links to recordings: relative, inside the corpus, and only to what a browser plays."""

from pathlib import Path
from urllib.parse import unquote

import pytest

from pipeline.report.media_links import MediaFolder


@pytest.fixture
def corpus(tmp_path):
    """A corpus beside the page's folder, and the folder as a page sees it."""
    (tmp_path / "raw" / "a").mkdir(parents=True)
    for name in ("a/1.mp4", "a/1.avi", "a/no suffix", "50 %#?.WAV"):
        (tmp_path / "raw" / name).write_bytes(b"")
    (tmp_path / "secret.mp4").write_bytes(b"")
    (tmp_path / "raw" / "way out.mp4").symlink_to(tmp_path / "secret.mp4")
    return MediaFolder(tmp_path / "raw", (), tmp_path / "build/report/s/index.html")


@pytest.mark.parametrize("name", ["a/1.mp4", "50 %#?.WAV"])
def test_a_link_leads_from_the_page_to_the_file(corpus, name):
    way, why = corpus.link(name)
    assert why == ""
    assert way.startswith("../../../raw/")
    assert not set("#? ") & set(way)
    assert (corpus.page.parent / unquote(way)).resolve() == (corpus.root / name).resolve()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a/1.avi", "browsers do not play .avi"),
        ("a/no suffix", "browsers do not play files without a suffix"),
        ("gone.mp4", "gone.mp4 is not there"),
        ("", "no recording is named"),
        *((name, "lies outside the corpus' folder") for name in ("../secret.mp4", "way out.mp4")),
        ("/etc/passwd.mp4", "lies outside the corpus' folder"),
        ("a\0.mp4", "lies outside the corpus' folder"),
    ],
)
def test_of_others_people_hear_why_there_is_none(corpus, name, why):
    way, said = corpus.link(name)
    assert way == ""
    assert why in said


def test_folders_that_links_may_lead_into_are_no_way_out(corpus):
    named = MediaFolder(corpus.root, (str(corpus.root.parent),), corpus.page)
    assert named.link("way out.mp4")[0].endswith("/raw/way%20out.mp4")


def test_a_page_beside_its_media_names_them_as_files(tmp_path):
    (tmp_path / "javascript:x.mp4").write_bytes(b"")
    way, _ = MediaFolder(tmp_path, (), Path(tmp_path / "index.html")).link("javascript:x.mp4")
    assert way == "./javascript%3Ax.mp4"
