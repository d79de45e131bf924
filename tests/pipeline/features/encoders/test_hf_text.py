"""GCNet's passages: cleaned lower-case words, cut into sub-sentences."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.features.encoders.hf_text import gcnet_passages


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("ANYHOW IT WAS REALLY GOOD", [" anyhow it was really good"]),
        ("Well, yes. No!", [" well , yes", " no"]),
        ("Hm... what?!", [" hm", " what"]),
        ("don't -- 50% (laughs) #1", [" don't 50 laughs 1"]),
        ("a.b.c", [" a", " b", " c"]),
        ("naïve café", [" nave caf"]),
        (" , ", [" ,"]),
        ("?!.", []),
        ("", []),
    ],
)
def test_gcnet_cleans_and_cuts_as_published(text, passages):
    assert gcnet_passages(text) == passages


@given(st.text(max_size=60))
def test_gcnet_passages_hold_lower_case_words_without_sentence_ends(text):
    for passage in gcnet_passages(text):
        assert re.fullmatch(r"( [a-z0-9,']+)+", passage)
