"""Models know nothing of the pipeline, so that both have these words: they are the same ones."""

from models import vocabulary
from pipeline.base import records


def test_modalities_stand_in_one_order():
    assert vocabulary.MODALITIES == records.MODALITIES == ("audio", "text", "visual")
