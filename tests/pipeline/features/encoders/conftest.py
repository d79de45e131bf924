"""Folders of tiny models of transformers."""

import pytest

from tests.pipeline import tiny_models


@pytest.fixture(scope="session")
def folder_of(speech_model, tmp_path_factory):
    """folder_of(name): a tiny model of transformers."""
    made = {}

    def find(name):
        if name in tiny_models.SPEECH_MODELS:
            return speech_model(name)
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            tiny_models.OTHERS[name](made[name])
        return made[name]

    return find
