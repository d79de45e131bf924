"""What was heard in media without a table is known to every command of the cache."""

import pytest

from pipeline.config.configuration import parse_config
from pipeline.corpora.turns import VOICE, Found, Turn, write_found
from pipeline.features.speech.cache import SpeechCache
from pipeline.rules.plan import Plan
from pipeline.tools.cache.__main__ import main
from pipeline.tools.cache.asked import asked_of
from tests.pipeline.tools.cache.small_project import CONFIG, records, save

SPOKEN = {**CONFIG, "speech": {}}


@pytest.fixture
def heard(project):
    """The small project with a recording without a table, and its three records."""
    (project / "talks/a talk.wav").write_bytes(b"RIFF")
    save(SPOKEN)
    (clip,) = Plan(parse_config(SPOKEN)).clips("talks")
    found = Found("a talk.wav", "5" * 64, VOICE, (Turn(0.0, 1.5),))
    for step in ("spans", "turns"):
        write_found(project / f"build/talks/speech/{clip}.{step}.json", found)
    for asked in asked_of(parse_config(SPOKEN), project / "build"):
        if asked.kind == "speech":
            SpeechCache(project / "cache").put(asked.ingredients, {"turns": []})
    return project


def test_what_is_asked_for_stays_and_what_nobody_asks_for_goes(heard, capsys):
    SpeechCache(heard / "cache").put({"step": "find", "media": "other"}, {})
    assert len(records(heard, "speech")) == 4
    main(["gc", "-c", "config.yaml"])
    assert "speech            3 stay        1 are gone" in capsys.readouterr().out
    assert len(records(heard, "speech")) == 3
    save({**SPOKEN, "speech": {"pause_s": 0.9, "speakers": "none"}})
    main(["gc", "-c", "config.yaml"])
    assert "speech            1 stay        2 are gone" in capsys.readouterr().out


def test_a_bit_that_flips_is_named_and_set_aside(heard, capsys):
    (record, *_) = records(heard, "speech")
    content = bytearray(record.read_bytes())
    content[-8] ^= 1
    record.write_bytes(content)
    with pytest.raises(SystemExit):
        main(["verify"])
    assert f"damaged: {record.relative_to(heard)}" in capsys.readouterr().out
    main(["verify", "--repair"])
    assert not record.exists()
    main(["verify"])


def test_a_key_is_explained_by_the_name_of_the_file(heard, capsys):
    main(["explain", "a talk.wav"])
    told = capsys.readouterr().out
    assert told.count("in the cache") == 3
    for step in ("find", "tell", "transcribe"):
        assert f"step: {step}" in told
    save({**SPOKEN, "speech": {"pause_s": 0.9}})
    main(["explain", "a talk.wav"])
    assert "settings.pause_s: " in capsys.readouterr().out.partition("differs in:")[2]
