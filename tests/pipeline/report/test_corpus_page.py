"""A corpus' section: what was expected, found, kept and dropped."""

import json

import pytest


def test_transcripts_can_be_left_out(make_build):
    shown = "a secret of mine"
    assert shown in make_build(methods={}, text=shown).report()


def test_no_transcript_reaches_the_page_where_text_is_false(make_build):
    assert (
        "a secret of mine"
        not in make_build(methods={}, text="a secret of mine", report={"text": False}).report()
    )


def test_speakers_are_counted_by_session_and_name(make_build):
    page = make_build(methods={}).report()
    assert "<b>4</b>speakers (session and name)" in page  # F and M of two sessions


def test_what_is_missing_from_a_corpus_is_told_with_its_reason(make_build):
    page = make_build(methods={}).report()
    for said in ("is not there", "-1 is no start", "frames were read, no face was found"):
        assert said in page
    assert "Missing media (1)" in page
    assert "Dropped items (1)" in page
    assert "1 more reach to the end of their file" in page


@pytest.mark.parametrize(
    ("reader", "is_synthetic", "is_shown"),
    [
        ("folder", False, False),
        ("import", False, False),
        ("meld", False, True),
        ("folder", True, True),
    ],
)
def test_words_of_own_recordings_stay_private_unless_asked_for(
    make_build, reader, is_synthetic, is_shown
):
    build = make_build(methods={}, text="a secret of mine", report={"text": "auto"})
    path = build.folder / "c" / "corpus.json"
    account = json.loads(path.read_text(encoding="utf-8"))
    account |= {"reader": reader, "is_synthetic": is_synthetic}
    path.write_text(json.dumps(account), encoding="utf-8")
    assert ("a secret of mine" in build.report()) == is_shown
