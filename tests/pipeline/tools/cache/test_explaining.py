"""`python -m pipeline cache explain`: what keeps a record from being found is named."""

from importlib.metadata import version

import pytest

from pipeline.base import libraries
from pipeline.tools.cache.__main__ import main
from tests.pipeline.tools.cache.small_project import CONFIG, save


def test_a_record_that_is_there_is_explained_by_its_ingredients(project, capsys):
    main(["explain", "a1"])
    said = capsys.readouterr().out
    for kind in ("faces", "audio", "text", "visual"):
        assert f"talks a1 {kind}\n" in said
    assert said.count(": in the cache") == 4
    assert "media: a.mp4a.mp4" in said
    assert "start_s: 0.0" in said
    assert "nearest" not in said


def test_what_keeps_a_record_from_being_found_is_named(project, capsys):
    text = {"encoder": "hf:words", "last_layers": 2}
    save({**CONFIG, "features": {**CONFIG["features"], "text": text}})
    main(["explain", "b1"])
    said = capsys.readouterr().out
    assert said.count("not in the cache") == 1
    differing = said.partition("differs in:\n")[2].partition("talks b1")[0].splitlines()
    assert differing == ["    settings.last_layers: 4 there, 2 now"]


def test_versions_of_libraries_are_shown_and_named_where_they_differ(project, capsys, monkeypatch):
    main(["explain", "b1"])
    assert f"libraries.tokenizers: {version('tokenizers')}\n" in capsys.readouterr().out
    found = libraries.versions_of(("tokenizers",))
    monkeypatch.setattr(
        libraries, "version", lambda name: "9.9" if name == "tokenizers" else version(name)
    )
    libraries._version.cache_clear()
    main(["explain", "b1"])
    monkeypatch.undo()
    libraries._version.cache_clear()
    told = f"    libraries.tokenizers: {found['tokenizers']} there, 9.9 now\n"
    assert told in capsys.readouterr().out


def test_the_nearest_record_is_one_of_the_same_content(project, capsys):
    """Content counts before the number of ingredients that differ."""
    text = {"encoder": "hf:words", "last_layers": 2, "pooling": "tokens", "max_tokens": 9}
    save({**CONFIG, "features": {**CONFIG["features"], "text": text}})
    main(["explain", "b1"])
    said = capsys.readouterr().out.partition("differs in:\n")[2]
    assert "    text: " not in said
    assert said.count(" there, ") == 3


def test_an_utterance_without_media_has_nothing_to_look_up(project, capsys):
    (project / "build/talks/manifest/0.json").write_text("{}")
    main(["explain", "a1"])
    assert "talks a1 audio\n  nothing to look up: no_media" in capsys.readouterr().out


def test_an_unknown_utterance_is_refused(project):
    with pytest.raises(SystemExit, match=r"no corpus of config\.yaml has 'zz'"):
        main(["explain", "zz"])
