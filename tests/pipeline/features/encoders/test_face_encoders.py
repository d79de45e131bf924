"""Image encoders: what they compute per face, the mean over faces, the same bytes always."""

import cv2
import numpy as np
import pytest
import torch
import torchvision
import transformers
from PIL import Image
from torchvision.transforms import functional as TF

from models.encoders.mini_xception import MiniXception
from pipeline.base.errors import CacheError, CheckpointError, SettingsError
from pipeline.features.encoders import hf_image, manet, mini_xception, torchvision_image
from pipeline.features.encoders.visual import BATCH, FaceEncoder
from pipeline.features.faces.crops import read_crops
from pipeline.features.weights.keras_weights import read_mini_xception
from tests.pipeline import tiny_models

pytestmark = pytest.mark.fresh

NAMES = ["mini_xception", "vit", "shufflenet_v2_x0_5"]


@pytest.fixture(scope="session")
def manet_weights(tmp_path_factory):
    """The authors' layout with random weights."""
    return tiny_models.save_manet(tmp_path_factory.mktemp("manet") / "manet.pth")


@pytest.fixture(scope="session")
def shufflenet_v2_x0_5_weights(tmp_path_factory):
    """A small network of seven classes with random weights."""
    return tiny_models.save_shufflenet(tmp_path_factory.mktemp("shufflenet") / "small.pth")


@pytest.fixture
def build(request, settings_of, local, bundled):
    """build(name, **settings): the extractor of an encoder."""

    def make(name, **values):
        if name == "mini_xception":
            settings, weights = bundled("visual")
            return mini_xception.build({**settings, **values}, weights, "cpu")
        if name == "manet":
            weights = local(request.getfixturevalue("manet_weights"))
            return manet.build(settings_of("visual", encoder="manet", **values), weights, "cpu")
        if name == "vit":
            weights = local(request.getfixturevalue("vit"))
            return hf_image.build(settings_of("visual", **values), weights, "cpu")
        weights = local(request.getfixturevalue(f"{name}_weights"))
        settings = settings_of("visual", encoder=f"torchvision:{name}", **values)
        return torchvision_image.build(settings, weights, "cpu")

    return make


def make_faces(n, seed=0, size=96):
    """Smooth colored pictures (n, size, size, 3)."""
    rng = np.random.default_rng(seed)
    return [
        cv2.resize(rng.integers(0, 255, (6, 6, 3), dtype=np.uint8), (size, size)) for _ in range(n)
    ]


@pytest.mark.parametrize("name", [*NAMES, "manet"])
def test_neighbors_order_and_workers_change_no_byte(name, build, archive, item):
    extractor = build(name)
    items = [
        item(f"u{n}", crops=archive(f"a{n}", make_faces(n_faces, seed=n)))
        for n, n_faces in enumerate([2, 1] if name == "manet" else [3, 1, BATCH + 2, 3, 1])
    ]
    alone = {item.utterance.utterance_id: extractor.embed(item.crops).tobytes() for item in items}
    for n_workers, order in ((1, items), (2, items[::-1]), (4, items)):
        encoded = list(extractor.encode(order, n_workers))
        assert {result.utterance_id: result.vector.tobytes() for result in encoded} == alone


@pytest.mark.parametrize("name", NAMES)
def test_the_vector_is_the_mean_over_faces(name, build, archive):
    faces = make_faces(BATCH + 3)
    extractor = build(name)
    each = [extractor.embed(archive(f"one{n}", [face])) for n, face in enumerate(faces)]
    together = extractor.embed(archive("all", faces))
    assert together.shape == (extractor.dim,)
    np.testing.assert_allclose(together, np.mean(each, axis=0), rtol=1e-3, atol=1e-4)


def test_mini_xception_sees_64_gray_pixels_in_minus_one_to_one(bundled):
    (face,) = make_faces(1, size=64)
    _, weights = bundled("visual")
    gray = mini_xception.centered(mini_xception.to_gray([face]))
    red, green, blue = (face[..., n].astype(float) for n in range(3))
    expected = (0.299 * red + 0.587 * green + 0.114 * blue) / 127.5 - 1
    np.testing.assert_allclose(gray[0, 0], expected, atol=1 / 127.5)
    assert mini_xception.to_gray(make_faces(1, size=224)).shape == (1, 64, 64)
    model = MiniXception()
    model.load_state_dict(read_mini_xception(weights.path))
    assert torch.isfinite(model.eval()(gray)).all()


def test_manet_sees_224_pixels_in_zero_to_one_as_torchvision_would(build):
    faces = make_faces(2, size=100)
    expected = torch.stack(
        [TF.to_tensor(TF.resize(Image.fromarray(face), [224, 224])) for face in faces]
    )
    torch.testing.assert_close(manet.to_unit(manet.to_pictures(faces)), expected)


def test_manet_joins_both_branches(build, archive, manet_weights):
    extractor = build("manet")
    path = archive("a", make_faces(1))
    assert extractor.dim == 1024
    published, head = extractor.embed(path), build("manet", scale_order="head").embed(path)
    assert np.array_equal(published[:512], head[:512])
    assert not np.allclose(published[512:], head[512:])


def test_vit_is_the_mean_over_tokens_of_the_last_layer(build, archive, vit):
    path = archive("a", make_faces(2))
    model = transformers.AutoModel.from_pretrained(vit).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(vit)
    with torch.no_grad():
        hidden = model(
            **processor([crop.copy() for crop in read_crops(path)], return_tensors="pt")
        ).last_hidden_state
    np.testing.assert_allclose(
        build("vit").embed(path), hidden.mean(dim=(0, 1)), rtol=1e-4, atol=1e-5
    )


def test_a_classifier_gives_what_enters_its_last_layer(build, archive, shufflenet_v2_x0_5_weights):
    path = archive("a", make_faces(1))
    network = torchvision.models.shufflenet_v2_x0_5(num_classes=7)
    network.load_state_dict(torch.load(shufflenet_v2_x0_5_weights, weights_only=True))
    seen = []
    network.eval().fc.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    prepare = torchvision.models.ShuffleNet_V2_X0_5_Weights.DEFAULT.transforms()
    with torch.no_grad():
        network(prepare(torch.from_numpy(read_crops(path)[0].copy()).permute(2, 0, 1))[None])
    np.testing.assert_allclose(
        build("shufflenet_v2_x0_5").embed(path), seen[0][0], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("status", ["no_face", "no_media", "no_stream"])
def test_what_face_cropping_found_is_handed_on(status, build, item):
    (encoded,) = build("mini_xception").encode([item("u", status=status)])
    assert (encoded.vector, encoded.status) == (None, status)


def test_crops_that_are_gone_or_damaged_stop_the_run_with_a_way_out(build, archive, item, tmp_path):
    extractor = build("mini_xception")
    with pytest.raises(CacheError, match="`snakemake` makes them again"):
        list(extractor.encode([item("u", crops=tmp_path / "gone.zip")]))
    path = archive("a", make_faces(2))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(CacheError, match="`snakemake` makes them again"):
        list(extractor.encode([item("u", crops=path)]))


def test_faces_are_read_batch_by_batch():
    waiting, most = 0, 0

    def faces():
        nonlocal waiting, most
        for face in make_faces(3 * BATCH + 1, size=8):
            waiting += 1
            most = max(most, waiting)
            yield face

    def embed(images):
        nonlocal waiting
        waiting -= len(images)
        return images.float().mean(dim=(1, 2))

    def stack(crops):
        return torch.from_numpy(np.stack(crops))

    FaceEncoder(stack, embed, torch.device("cpu"), None)(faces())
    assert most <= BATCH


def test_weights_of_another_network_are_refused(
    shufflenet_v2_x0_5_weights, settings_of, local, tmp_path
):
    wrong = settings_of("visual", encoder="torchvision:resnet18")
    with pytest.raises(CheckpointError, match="does not fit torchvision:resnet18"):
        torchvision_image.build(wrong, local(shufflenet_v2_x0_5_weights), "cpu")
    unknown = settings_of("visual", encoder="torchvision:no_such_net")

    with pytest.raises(SettingsError, match="no classifier 'no_such_net'"):
        torchvision_image.build(unknown, local(shufflenet_v2_x0_5_weights), "cpu")
    (tmp_path / "bad.pth").write_bytes(b"not weights")
    with pytest.raises(CheckpointError, match="cannot be read as a checkpoint"):
        torchvision_image.build(
            settings_of("visual", encoder="torchvision:shufflenet_v2_x0_5"),
            local(tmp_path / "bad.pth"),
            "cpu",
        )
