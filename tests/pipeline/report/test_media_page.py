"""What came of the media: every status, spans that are there in part, damaged files."""

import re
from dataclasses import replace
from html import escape

import numpy as np

from pipeline.features.cache.extractor import STATUSES
from pipeline.features.statuses import MEANINGS
from pipeline.features.store import read_store, write_store
from pipeline.report import media_page
from tests.pipeline.report.builds import EVIL


def change(build, modality, **fields):
    path = build.folder / f"c/features/{modality}.safetensors"
    write_store(path, replace(read_store(path), **fields))


def words(html):
    return re.sub(r"<[^>]+>", " ", html)


def test_every_status_stands_there_with_its_meaning(make_build):
    build = make_build(methods={})
    n = len(build.utterances)
    status = np.arange(n, dtype=np.uint8) % len(STATUSES)
    change(build, "audio", status=status, extracted=status == 0)
    page = build.report()
    for meaning in MEANINGS.values():
        assert escape(meaning) in page
    table = build.table("c_statuses").set_index("status")["audio"]
    assert dict(table) == {s: -(-(n - code) // len(STATUSES)) for code, s in enumerate(STATUSES)}


def test_spans_that_are_there_in_part_are_listed_with_their_seconds(make_build):
    build = make_build(methods={})
    seconds = np.full((len(build.utterances), 2), 1.5, np.float32)
    seconds[2, 1], seconds[7] = 0.25, (np.nan, 0.1)
    change(build, "audio", seconds=seconds)
    seconds = np.full((len(build.utterances), 2), 1.5, np.float32)
    seconds[4, 1] = 0.5  # status no_face: nothing of it is used
    change(build, "visual", seconds=seconds)
    page = build.report()
    assert "Partly covered utterances (1)" in page
    row = re.search(r"<tr>((?:(?!</tr>).)*0\.25 of 1\.50.*?)</tr>", page, re.DOTALL)[1]
    assert words(row).split() == [
        build.utterances[2].utterance_id, "d.mp4", *["0.25", "of", "1.50"], *["1.50", "of", "1.50"]
    ]  # fmt: skip


def test_damaged_files_are_counted_with_what_was_said_first(make_build, monkeypatch):
    build = make_build(methods={})
    change(build, "audio", remarks={1: f"the file is damaged: 2 times {EVIL}", 5: "later"})
    change(build, "visual", remarks={3: "no picture decodes"})
    page = build.report()
    assert "Damaged files and other remarks (2)" in page
    said = words(page)
    assert re.search(r"d\.mp4\s+audio\s+ok\s+2\s+the file is damaged: 2 times &lt;script", said)
    assert re.search(r"d\.mp4\s+visual\s+no_\s*face\s+1\s+no picture decodes", said)
    assert EVIL not in page
    monkeypatch.setattr(media_page, "SHOWN_ROWS", 1)
    assert "by file; 1 more stand in the file" in build.report()


def test_nothing_is_said_where_there_is_nothing_to_say(make_build):
    page = make_build(methods={}).report()
    assert "Partly covered" not in page
    assert "Damaged files" not in page
