"""A refusal says which file is meant, where it is published and which setting takes a copy."""

from pathlib import Path

import pytest

from pipeline.features.weights import published
from pipeline.features.weights.catalogue import find_encoder
from pipeline.features.weights.published import MANET, MINI_XCEPTION, WAV2VEC


@pytest.mark.parametrize("file", [WAV2VEC, MANET, MINI_XCEPTION])
def test_a_refusal_names_the_file_the_problem_and_the_way_out(file):
    said = str(file.refuse(Path("/here/mine.pt"), "is empty"))
    assert said.startswith("/here/mine.pt: is empty. ")
    for part in (file.file_name, file.source, f"`{file.setting}`"):
        assert part in said


@pytest.mark.parametrize(
    ("modality", "name", "file"),
    [("audio", "wav2vec", "WAV2VEC"), ("visual", "manet", "MANET")],
)
def test_the_catalogue_asks_for_the_same_files(modality, name, file):
    encoder, known = find_encoder(modality, name), getattr(published, file)
    assert (encoder.setting, encoder.source) == (known.setting, known.source)
