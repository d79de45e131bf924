"""Cleaning and decoding of text that other people wrote."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corpora.raw import CorpusError
from pipeline.corpora.texts import clean_text, printable, read_bytes, repair_mojibake


@given(st.text())
def test_clean_text_is_one_line_and_stays_clean(text):
    cleaned = clean_text(text)
    assert cleaned == cleaned.strip()
    assert not any(ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 for letter in cleaned)
    assert clean_text(cleaned) == cleaned


def test_words_stay_apart_and_marks_that_reorder_vanish():
    assert clean_text("a\x00b\r\n\tc\u2028d") == "a b c d"
    assert clean_text("\ufeffabc\u202edef\u2066") == "abcdef"
    assert clean_text("naïve – 日本 👍") == "naïve – 日本 👍"


def test_accents_are_one_letter_however_they_were_typed():
    """Truth: Unicode, annex 15: both are the same text; file names of macOS have them apart."""
    apart = "Ame\u0301lie, A\u030angstro\u0308m, \u1112\u1161\u11ab"
    assert clean_text(apart) == "Am\u00e9lie, \u00c5ngstr\u00f6m, \ud55c"
    assert clean_text("\ufb01 \u00b2") == "\ufb01 \u00b2"  # other letters stay others


@pytest.mark.parametrize("unit", ["a", " ", "\x00", "â€™", "\u202e", "___"])
def test_a_million_characters_cost_well_under_a_second_each(unit):
    text = unit * (1_000_000 // len(unit))
    start_s = time.perf_counter()
    clean_text(text)
    repair_mojibake(text)
    printable(text)
    assert time.perf_counter() - start_s < 3  # a quadratic way would need minutes


@given(st.text(alphabet=st.characters(min_codepoint=0xA0, blacklist_categories=["Cs"])))
def test_repair_undoes_what_cp1252_garbled(text):
    plain = "".join(
        letter for letter in text if letter in "\u2018\u2019\u201c\u201d\u2026\u2013\u2014é"
    )
    garbled = plain.encode().decode("cp1252", "surrogateescape")
    if not any("\ud800" <= letter <= "\udfff" for letter in garbled):
        assert repair_mojibake(garbled) == plain
    assert repair_mojibake(plain.encode().decode("latin-1")) == plain


@pytest.mark.parametrize("text", ["It\u2019s", "Ââ", "â la carte", "Ã", "café", "日本", ""])
def test_good_text_is_not_repaired(text):
    assert repair_mojibake(text) == text


def test_printable_escapes_and_cuts():
    assert printable("a\nb\x1b[31m\udce9") == r"a\nb\x1b[31m\udce9"
    assert printable("x" * 300) == "x" * 200 + "... (300 characters)"


def test_files_are_read_only_inside_the_root(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "root/link.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "root/plain.txt").write_text("plain")
    assert read_bytes(tmp_path / "root", "plain.txt") == b"plain"
    for name in ("link.txt", "../secret.txt", str(tmp_path / "secret.txt")):
        with pytest.raises(CorpusError, match="outside the corpus folder"):
            read_bytes(tmp_path / "root", name)
