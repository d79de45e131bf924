"""Names of what there is once for each set of features, or on a test corpus."""

import re

import pytest
from pydantic import TypeAdapter, ValidationError

from pipeline.base.set_names import MARK, of_set, on_corpus, without_set
from pipeline.config.settings import Name


@pytest.mark.parametrize("features", ["", "hubert", "a.b-c"])
def test_a_name_gives_back_what_it_was_made_of(features):
    assert without_set(of_set("audio", features)) == "audio"
    assert re.fullmatch(r"audio(@[a-z.-]+)?", of_set("audio", features))
    assert on_corpus("mood", "meld") == "mood@meld"


def test_no_name_of_a_person_can_be_taken_for_one():
    with pytest.raises(ValidationError):
        TypeAdapter(Name).validate_python(f"gru{MARK}hubert")
