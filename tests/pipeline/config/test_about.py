"""What is known of a corpus: what the configuration says, else what its reader knows."""

import pytest

from pipeline.config.about import AboutSettings
from pipeline.config.corpora import CorpusSettings, DemoSettings
from pipeline.config.settings import parse_section


def told(reader="folder", **more):
    return CorpusSettings(reader=reader, root="x", **more).provenance("mine").in_words()


@pytest.mark.parametrize(
    ("corpus", "words"),
    [
        ({"reader": "iemocap"}, "mine (en, acted)"),
        ({"reader": "meld"}, "mine (en, acted)"),
        ({"reader": "mosi"}, "mine (en, not acted)"),
        ({}, "mine (language unknown, acted or not: unknown, synthetic or not: unknown)"),
        (
            {"reader": "iemocap", "make_demo": DemoSettings()},
            "mine (en, acted, synthetic: no people at all)",
        ),
        (
            {"about": AboutSettings(language="de", acted=False, synthetic=False)},
            "mine (de, not acted)",
        ),
        (
            {"reader": "meld", "about": AboutSettings(language="pt-BR")},
            "mine (pt-BR, acted)",
        ),
    ],
)
def test_what_is_said_comes_before_what_the_reader_knows(corpus, words):
    assert told(**corpus) == words


@pytest.mark.parametrize("language", ["English!", "e", "", "en_US", "<b>"])
def test_a_language_is_a_tag(language):
    with pytest.raises(ValueError, match=r"about\.language"):
        parse_section(
            {"reader": "folder", "root": "x", "about": {"language": language}},
            CorpusSettings,
            where="corpora.x",
        )
