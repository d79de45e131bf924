"""Rows refuse nonsense: names that could leave a folder, spans that cannot be, unknown regions."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.base.records import (
    MODALITIES,
    RecordError,
    Utterance,
    check_identifier,
)

GOOD = Utterance(
    utterance_id="Ses01F_impro01_F000",
    dialogue_id="Ses01F_impro01",
    turn=0,
    speaker="Ses01F",
    session="Session1",
    media="Session1/dialog/avi/DivX/Ses01F_impro01.avi",
    start_s=6.2901,
    end_s=8.2357,
    region="left",
    text="Excuse me.",
)


def test_modalities_come_in_one_order():
    assert MODALITIES == ("audio", "text", "visual")


@pytest.mark.parametrize(
    "name",
    ["Ses01F_impro01_F000", "-3g5yACwYnA_10", "_0efYOjQYRc", "dia0_utt3", "a", "1.5", "x" * 128],
)
def test_ids_of_the_real_corpora_pass(name):
    assert check_identifier(name, "utterance_id") == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".hidden",
        "../up",
        "a..b",
        "a/b",
        "/etc/passwd",
        "a\\b",
        "a b",
        "a\n",
        "a\x00",
        "é",
        "a:b",
        "$(ls)",
        "x" * 129,
    ],
)
def test_hostile_ids_are_refused_with_column_and_value(name):
    with pytest.raises(RecordError) as error:
        check_identifier(name, "dialogue_id")
    assert f"dialogue_id {name!r}" in str(error.value)


@given(st.text(max_size=150))
def test_an_accepted_id_is_one_plain_file_name(name):
    try:
        check_identifier(name, "utterance_id")
    except RecordError:
        return
    assert name.isascii()
    assert name.isprintable()
    assert not set(name) & set("/\\:*?\"<>|' $`")
    assert name not in ("", ".", "..")


@pytest.mark.parametrize("column", ["utterance_id", "dialogue_id"])
def test_an_utterance_checks_both_ids(column):
    with pytest.raises(RecordError, match=column):
        dataclasses.replace(GOOD, **{column: "../../x"})


@pytest.mark.parametrize(
    ("start_s", "end_s"),
    [(-0.1, 1), (1, 1), (2, 1), (float("nan"), 1), (0, float("nan")), (float("inf"), float("inf"))],
)
def test_spans_that_cannot_be_are_refused(start_s, end_s):
    with pytest.raises(RecordError, match=r"must lie in \[0, end_s="):
        dataclasses.replace(GOOD, start_s=start_s, end_s=end_s)


def test_a_span_may_reach_to_the_end_of_the_file():
    assert dataclasses.replace(GOOD, start_s=0.0, end_s=float("inf")).end_s == float("inf")


def test_an_unknown_region_is_refused():
    with pytest.raises(RecordError, match="region='top'"):
        dataclasses.replace(GOOD, region="top")


@pytest.mark.parametrize(
    "media", ["/etc/passwd", "\\\\server\\share", "../other/x.mp4", "a/../../x.mp4", "a\\..\\x.mp4"]
)
def test_media_outside_the_corpus_is_refused(media):
    with pytest.raises(RecordError, match="leaves the corpus root"):
        dataclasses.replace(GOOD, media=media)


@pytest.mark.parametrize("media", ["", "x..y.mp4", "a/b..mp4", "a b/ü.mp4"])
def test_unusual_but_harmless_media_pass(media):
    assert dataclasses.replace(GOOD, media=media).media == media


def test_rows_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        GOOD.text = "changed"
