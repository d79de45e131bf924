"""What the page holds of each test utterance, and how much of it at most."""

import json

import pytest

from pipeline.report import explore
from pipeline.report.explore import Shown, explore_view


def data_of(build, **shown):
    view = explore_view(build.results(), Shown(**{"is_text_shown": True, **shown}))
    return json.loads(view.data), view


def test_every_test_utterance_stands_once_in_its_dialogue(two_methods):
    data, view = data_of(two_methods[0])
    names = [row.utterance_id for row in two_methods[0].utterances]
    assert sorted(data["ids"]) == sorted(names)
    assert view.n_utterances == len(names)
    dialogues = [data["dialogues"][number] for number in data["dialogue"]]
    assert dialogues == [name.partition("_")[0] for name in data["ids"]]
    columns = ("dialogue", "speaker", "start", "end", "text", "gold")
    assert {len(data[name]) for name in columns} == {len(names)}
    assert [len(row) for row in data["states"]] == [len(names)] * 2


def test_methods_are_left_out_and_named_where_the_page_would_grow(two_methods, monkeypatch):
    """The main method and the one that it is compared with come first."""
    data, _ = data_of(two_methods[0])
    assert [method["label"] for method in data["methods"]] == ["ITEACNet", "GCNet"]
    monkeypatch.setattr(explore, "MAX_TOLD", 2 * len(data["ids"]) + 1)
    small, view = data_of(two_methods[0])
    assert [method["label"] for method in small["methods"]] == ["ITEACNet"]
    assert "Left out to keep the page small: GCNet." in view.said


def test_dialogues_are_left_out_whole(two_methods, monkeypatch):
    monkeypatch.setattr(explore, "MAX_UTTERANCES", 10)
    data, view = data_of(two_methods[0])
    assert [len(data["ids"]), *data["dialogues"]] == [9, "d0", "d1"]
    assert "utterances of further dialogues are left out" in view.said


def test_long_words_are_cut(make_build):
    data, _ = data_of(make_build(text="word " * 1000))
    assert {len(text) for text in data["text"]} == {explore.LONGEST_WORDS}


@pytest.mark.parametrize("kind", ["classification", "regression", "dimensional"])
def test_numbers_are_those_that_were_told(make_build, kind):
    build = make_build(kind=kind, seeds=(0,))
    data, _ = data_of(build)
    main = data["methods"][0]
    assert all(value is not None for row in main["told"] for value in row)
    if kind == "classification":
        assert set(data["gold"]) <= {0, 1, 2}
    else:
        assert set(data["gold"]) <= {-2.0, 0.0, 1.0, 1.4, 2.0, 5.0}
    assert ("sure" in main) == (kind != "dimensional")
