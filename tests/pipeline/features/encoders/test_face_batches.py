"""Faces in batches have the vectors that those of each utterance have alone."""

import cv2
import numpy as np
import pytest
import torch

from pipeline.base.errors import CacheError
from pipeline.features.encoders import (
    face_batches,
    hf_image,
    manet,
    mini_xception,
    torchvision_image,
)
from pipeline.features.encoders.batched import Batched
from pipeline.features.encoders.driver import Overlapped
from tests.cuda import needs_cuda
from tests.pipeline import tiny_models

pytestmark = pytest.mark.fresh

ROWS = 4
COUNTS = (1, 6, 2, 5, 4)  # faces of utterances, 18 in all


@pytest.fixture
def build(settings_of, local, bundled, tmp_path, monkeypatch):
    """build(name, is_batched, device): an extractor of faces."""

    def make(name, is_batched, device="cpu"):
        monkeypatch.setattr(face_batches, "wants_batches", lambda _: is_batched)

        if name == "mini-xception":
            settings, weights = bundled("visual")
            return mini_xception.build({**settings, "batch_faces": ROWS}, weights, device)

        if name in ("vit", "videomae"):
            folder = tmp_path / name
            folder.mkdir(exist_ok=True)
            {"vit": tiny_models.save_vit, **tiny_models.OTHERS}[name](folder)
            n_faces = ROWS if name == "vit" else 2 * 16 + 7  # two clips
            settings = settings_of("visual", encoder=f"hf:{folder}", batch_faces=n_faces)
            return hf_image.build(settings, local(folder), device)

        save, module = {
            "manet": (tiny_models.save_manet, manet),
            "torchvision:shufflenet_v2_x0_5": (tiny_models.save_shufflenet, torchvision_image),
        }[name]
        settings = settings_of("visual", encoder=name, batch_faces=ROWS)
        return module.build(settings, local(save(tmp_path / "weights")), device)

    return make


@pytest.fixture
def items(item, archive):
    """Five utterances with faces, and one without."""
    rng = np.random.default_rng(0)

    def faces(n):
        small = rng.integers(0, 255, (n, 6, 6, 3), np.uint8)
        return [cv2.resize(picture, (72, 72)) for picture in small]

    made = [item(f"u{n}", crops=archive(f"u{n}", faces(count))) for n, count in enumerate(COUNTS)]
    return [*made, item("none", status="no_face")]


def encode(extractor, items, n_workers=1):
    return {result.utterance_id: result for result in extractor.encode(items, n_workers)}


NAMES = ["mini-xception", "manet", "vit", "torchvision:shufflenet_v2_x0_5"]


@pytest.mark.parametrize("name", NAMES)
def test_batches_give_what_each_utterance_gives_alone(name, build, items, monkeypatch):
    monkeypatch.setattr(face_batches, "BATCH", 3)  # an utterance comes in several chunks
    batched, alone = build(name, True), build(name, False)
    assert (type(batched), type(alone)) == (Batched, Overlapped)

    found, expected = encode(batched, items, n_workers=2), encode(alone, items)
    assert found.keys() == expected.keys()
    for key, result in expected.items():
        assert found[key].status == result.status
        if result.vector is not None:
            np.testing.assert_allclose(found[key].vector, result.vector, rtol=1e-4, atol=1e-5)


def test_every_batch_has_the_same_shape(build, items):
    shapes = []
    network = build("mini-xception", True)
    hook = torch.nn.modules.module.register_module_forward_pre_hook(
        lambda module, given: shapes.append(given[0].shape[0]) if len(given) else None
    )
    with hook:
        encode(network, items)
    assert set(shapes) == {ROWS}


@needs_cuda
@pytest.mark.parametrize("name", [*NAMES, "videomae"])
def test_on_a_card_no_byte_depends_on_the_order_or_on_what_is_beside_it(name, build, items):
    extractor = build(name, True, "cuda")
    found, backwards = encode(extractor, items), encode(extractor, items[::-1], n_workers=3)
    for given in items[:-1]:
        key = given.utterance.utterance_id
        alone = encode(extractor, [given])[key]
        assert found[key].vector.tobytes() == backwards[key].vector.tobytes()
        assert found[key].vector.tobytes() == alone.vector.tobytes()


def test_clips_of_a_video_model_weigh_as_many_crops_as_they_have(build, item, archive):
    """Of 16 crops, the last of which stands still: 3; 16; 16 and 9; two in a batch."""
    rng = np.random.default_rng(0)

    def faces(n):
        small = rng.integers(0, 255, (n, 6, 6, 3), np.uint8)
        return [cv2.resize(picture, (72, 72)) for picture in small]

    made = [item(f"c{n}", crops=archive(f"c{n}", faces(n))) for n in (3, 16, 25)]
    batched, alone = build("videomae", True), build("videomae", False)
    assert (type(batched), type(alone)) == (Batched, Overlapped)
    assert batched.rows(None) == 2
    found, expected = encode(batched, made, n_workers=2), encode(alone, made)
    for key, result in expected.items():
        np.testing.assert_allclose(found[key].vector, result.vector, rtol=1e-4, atol=1e-5)


def test_crops_that_are_gone_are_told(build, items):
    items[2].crops.unlink()
    with pytest.raises(CacheError, match="just gone from the cache"):
        encode(build("mini-xception", True), items)


def test_a_core_encodes_each_utterance_alone_and_a_card_all_together():
    assert not face_batches.wants_batches(torch.device("cpu"))
    assert face_batches.wants_batches(torch.device("cuda"))
