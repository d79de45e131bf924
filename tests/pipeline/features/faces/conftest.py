"""A clip of bright squares, and a cache for what is cut out of it."""

import pytest

from pipeline.features.faces.crop_cache import CropCache
from tests.pipeline import clips
from tests.pipeline.features.faces.squares import scene


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Two seconds at 25 frames per second."""
    path = tmp_path_factory.mktemp("clip") / "a.mp4"
    return clips.write_video(path, map(scene, range(50)), [k / 25 for k in range(50)])


@pytest.fixture
def cache(tmp_path):
    return CropCache(tmp_path / "cache")
