"""The rate of speech is what networks were published for, as others' libraries have it."""

import re

import pytest
import transformers

from pipeline.media.speech_rate import SAMPLE_RATE_HZ
from tests.modules import MODULES

EXTRACTORS = ("Wav2Vec2FeatureExtractor", "WhisperFeatureExtractor", "SeamlessM4TFeatureExtractor")


@pytest.mark.parametrize("name", EXTRACTORS)
def test_it_is_the_rate_of_the_extractors_of_transformers(name):
    assert getattr(transformers, name)().sampling_rate == SAMPLE_RATE_HZ


def test_it_is_made_once():
    made = re.compile(r"^\w*RATE_HZ\b.*= *\(?16_?000\b", re.MULTILINE)
    makers = {name for name, path in MODULES.items() if made.search(path.read_text("utf-8"))}
    assert makers == {"pipeline.media.speech_rate", "demo.layout"}  # the demo's files, as it likes
