"""Shared checks: candidates become rows or reasons, dialogues stay together, counts add up."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.base.records import IDENTIFIER, Dropped
from pipeline.corpora.checks import assemble, by_kind, drop
from pipeline.corpora.raw import DIALOGUES, UTTERANCES, Candidate, sign_of

pytestmark = pytest.mark.fresh


@pytest.fixture
def check(tmp_path, settings):
    def do(*candidates, **values):
        return assemble(tmp_path, settings("folder"), candidates, **values)

    return do


def candidate(utterance_id="u", dialogue_id="d", media="a.mp4", **values):
    return Candidate(utterance_id, dialogue_id, media, source="table line 1", **values)


def test_dialogues_stay_together_and_turns_count_what_is_used(check):
    raw = check(
        candidate("a1", "a"),
        candidate("b1", "b"),
        candidate("a2", "a", start_s=-1.0),
        candidate("a3", "a"),
    )
    assert [(row.utterance_id, row.turn) for row in raw.utterances] == [
        ("a1", 0), ("a3", 1), ("b1", 0),
    ]  # fmt: skip
    assert [drop.reason for drop in raw.dropped] == [
        "span begins before the file: start_s=-1.0, end_s=inf"
    ]


def test_counts_of_found_and_used_differ_by_what_was_dropped(check):
    good = candidate("u1", annotations={"emotion": "sad", "split": "train"})
    bad = candidate("u2", "e", end_s=0.0, annotations={"emotion": "sad", "split": "test"})
    raw = check(good, bad, classes=["emotion"], expected={UTTERANCES: 4})
    assert (raw.found[UTTERANCES], raw.used[UTTERANCES]) == (2, 1)
    assert (raw.found[DIALOGUES], raw.used[DIALOGUES]) == (2, 1)
    assert raw.missing_share == 0.75
    rows = {(row.group, row.split, row.value): row for row in raw.counts}
    assert (rows["emotion", "", "sad"].found, rows["emotion", "", "sad"].used) == (2, 1)
    assert (rows["emotion", "test", "all"].found, rows["emotion", "test", "all"].used) == (1, 0)
    assert rows["all", "", "utterances"].expected == 4


@given(st.text(max_size=8), st.floats(), st.floats(), st.text(max_size=8))
def test_whatever_a_table_holds_ends_in_a_row_or_a_reason(
    tmp_path_factory, name, start_s, end_s, media
):
    from pipeline.config.corpora import CorpusSettings

    settings = CorpusSettings(reader="folder", root="unused")
    root = tmp_path_factory.getbasetemp()
    drawn = candidate(name, "d", media, start_s=start_s, end_s=end_s)
    raw = assemble(root, settings, [drawn])
    assert len(raw.utterances) + len(raw.dropped) == 1
    for row in raw.utterances:
        assert IDENTIFIER.fullmatch(row.utterance_id)
        assert 0 <= row.start_s < row.end_s
        assert (root / row.media).resolve().is_relative_to(root.resolve())
    for fault in raw.dropped:
        assert fault.item.isprintable()
        assert fault.reason.isprintable()


def test_reasons_are_counted_by_kind():
    dropped = [Dropped("a", "odd: 1"), Dropped("b", "bad"), Dropped("c", "odd: 2: x")]
    assert by_kind(dropped) == {"odd": 2, "bad": 1}
    assert list(by_kind(dropped)) == ["odd", "bad"]


def test_what_is_told_of_an_item_is_short():
    told = drop("x" * 10**6, "why: " + "y" * 10**6)
    assert len(told.item) < 300
    assert len(told.reason) < 500


@pytest.mark.parametrize(
    ("value", "side"), [("0.0", "zero"), ("-0.0", "zero"), ("1e-9", "positive"), ("-3", "negative")]
)
def test_sign_of_a_sentiment(value, side):
    assert sign_of(value) == side


def test_end_of_file_is_a_valid_end(check):
    (row,) = check(candidate(end_s=math.inf)).utterances
    assert row.end_s == math.inf


@pytest.mark.parametrize("value", ["nan", "joy", ""])
def test_what_is_no_number_has_no_sign(value):
    with pytest.raises(ValueError, match=r"zero|is not a number"):
        sign_of(value)
