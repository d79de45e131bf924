"""`onnx:<file>`: what small graphs compute, by hand; what is hostile is refused by name."""

import numpy as np
import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers

from pipeline.base.errors import CheckpointError, EncodingError, SettingsError
from pipeline.features.encoders import onnx_image, onnx_speech, onnx_text
from pipeline.features.weights.locating import locate_weights
from tests.pipeline import onnx_files

KERNEL = np.random.default_rng(0).standard_normal((6, 1, 40)).astype(np.float32)
TABLE = np.random.default_rng(1).standard_normal((5, 4)).astype(np.float32)
COLORS = np.random.default_rng(2).standard_normal((3, 4)).astype(np.float32)
MODULES = {"audio": onnx_speech, "text": onnx_text, "visual": onnx_image}


@pytest.fixture
def build(tmp_path, settings_of):
    """build(modality, content, **settings): the extractor of a file that holds `content`."""

    def make(modality, content, **values):
        path = tmp_path / "network.onnx"
        path.write_bytes(content)
        settings = settings_of(modality, encoder=f"onnx:{path}", **values)
        weights = locate_weights(modality, settings, tmp_path / "cache")
        return MODULES[modality].build(settings, weights, "cpu")

    return make


@pytest.fixture
def tokenizer(tmp_path):
    words = {"[UNK]": 0, "i": 1, "know": 2, "hello": 3, "world": 4}
    made = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.save(str(tmp_path / "tokenizer.json"))


@pytest.mark.parametrize("has_mask", [False, True])
@pytest.mark.parametrize("max_seconds", [60, 0.3])
def test_sound_is_the_mean_of_the_frames(has_mask, max_seconds, build, waveforms):
    extractor = build("audio", onnx_files.speech(KERNEL, has_mask), max_seconds=max_seconds)
    (waveform,) = waveforms([16_040])
    frames = torch.conv1d(
        torch.from_numpy(waveform)[None, None], torch.from_numpy(KERNEL), None, 20
    )
    tolerance = 1e-5 if max_seconds == 60 else 0.05  # at a cut, no frame of this graph is known
    np.testing.assert_allclose(
        extractor.embed(waveform), frames[0].mean(dim=1), rtol=tolerance, atol=tolerance
    )
    assert extractor.dim == 6


def test_the_shortest_waveform_is_found_by_trying(build, waveforms):
    extractor = build("audio", onnx_files.speech(KERNEL))
    assert extractor.embed.framing.field == 40  # samples of one frame


def test_neighbors_and_order_change_no_byte(build, waveforms):
    extractor = build("audio", onnx_files.speech(KERNEL))
    given = waveforms([4000, 40, 16_000, 999])
    alone = [extractor.embed(waveform).tobytes() for waveform in given]
    assert [extractor.embed(waveform).tobytes() for waveform in given[::-1]] == alone[::-1]


@pytest.mark.parametrize("n", ["n", 1])
def test_a_face_is_resized_to_what_the_graph_takes(n, build):
    extractor = build("visual", onnx_files.image(COLORS, 32, 24, n))
    rng = np.random.default_rng(0)
    crops = list(rng.integers(0, 255, (35, 48, 48, 3), dtype=np.uint8))
    encode = extractor.embed.__closure__[0].cell_contents  # the FaceEncoder: no archive here
    small = [np.asarray(Image.fromarray(crop).resize((24, 32), 2)) / 255 for crop in crops]
    expected = np.mean([picture.mean(axis=(0, 1)) @ COLORS for picture in small], axis=0)
    np.testing.assert_allclose(encode(crops), expected, rtol=1e-5, atol=1e-6)
    assert encode.batch == (32 if n == "n" else 1)


@pytest.mark.parametrize("pooled", [False, True])
def test_text_is_pooled_over_words(pooled, build, tokenizer, item):
    extractor = build("text", onnx_files.text(TABLE, pooled), lower_case=True)
    (found,) = extractor.encode([item("u", "I know HELLO")])
    np.testing.assert_allclose(found.vector, TABLE[1:4].mean(axis=0), rtol=1e-5)
    (unknown,) = extractor.encode([item("u", "xyzzy")])
    assert unknown.status == "unknown_text"


def test_a_text_needs_its_tokenizer_and_counts_with_it(build, tokenizer, tmp_path, settings_of):
    build("text", onnx_files.text(TABLE))
    settings = settings_of("text", encoder=f"onnx:{tmp_path}/network.onnx")
    before = locate_weights("text", settings, tmp_path / "cache").digest
    (tmp_path / "tokenizer.json").write_text('{"model": {}}')
    assert locate_weights("text", settings, tmp_path / "cache").digest != before
    with pytest.raises(CheckpointError, match=r"tokenizer\.json"):
        build("text", onnx_files.text(TABLE))
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(CheckpointError, match=r"tokenizer\.json"):
        build("text", onnx_files.text(TABLE))


def with_external(where):
    """A graph whose kernel lies in another file, at the top or in the branch of an If."""
    lost = onnx_files.external_tensor("kernel", (6, 1, 40), "numbers.bin")
    if where == "top":
        return onnx_files.model([], [], [], {"kernel": lost})
    branch = onnx_files.graph([], [], [], {"kernel": lost})
    return onnx_files.model([onnx_files.node("If", ["c"], ["y"], then_branch=branch)], [], [], {})


@pytest.mark.parametrize("where", ["top", "branch"])
def test_numbers_outside_the_file_are_refused(where, build, tmp_path):
    (tmp_path / "numbers.bin").write_bytes(KERNEL.tobytes())
    with pytest.raises(CheckpointError, match="lie in other files"):
        build("audio", with_external(where))


STRANGE = onnx_files.model(
    [onnx_files.node("Strange", ["sound"], ["y"], domain="my.ops")],
    [onnx_files.value("sound", (1, "s"))],
    [onnx_files.value("y", (1, "d"))],
    {},
    ("", "my.ops"),
)
REFUSED = {
    "no ONNX": ("audio", b"<!DOCTYPE html>", "format of ONNX|cannot load"),
    "empty": ("audio", b"", "cannot load"),
    "cut short": ("audio", onnx_files.speech(KERNEL)[:-200], "format of ONNX|cannot load"),
    "custom operator": ("audio", STRANGE, "cannot load"),
    "another modality": ("audio", onnx_files.image(COLORS, 32, 32), "first input is 'pictures'"),
    "fixed length": ("audio", onnx_files.speech(KERNEL, shape=(1, 16_000)), "dynamic axis"),
    "open size": ("visual", onnx_files.image(COLORS, "h", "w"), "H and W fixed"),
    "batch of four": ("visual", onnx_files.image(COLORS, 32, 32, 4), "or 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_by_name(name, build):
    modality, content, reason = REFUSED[name]
    with pytest.raises(CheckpointError, match=reason) as caught:
        build(modality, content)
    assert "network.onnx" in str(caught.value)


def test_a_mutated_file_opens_or_is_refused(build):
    """300 files with changed bytes: an extractor or a named error, never another exception."""
    whole, rng = bytearray(onnx_files.speech(KERNEL)), np.random.default_rng(0)
    ends = {"opened": 0, "refused": 0}
    for _ in range(300):
        content = bytearray(whole)
        for place in rng.integers(0, 260, 3):  # the graph; the kernel's numbers come after it
            content[place] = rng.integers(256)
        try:
            build("audio", bytes(content))
            ends["opened"] += 1
        except (CheckpointError, SettingsError):
            ends["refused"] += 1
    assert min(ends.values()) > 0


def test_other_precision_is_refused(build):
    with pytest.raises(SettingsError, match="float32 only"):
        build("audio", onnx_files.speech(KERNEL), precision="bfloat16")


def test_a_file_that_is_not_there_is_named(settings_of, tmp_path):
    settings = settings_of("audio", encoder="onnx:nowhere.onnx")
    with pytest.raises(CheckpointError, match=r"there is no file 'nowhere\.onnx'"):
        locate_weights("audio", settings, tmp_path)


def test_a_failure_while_encoding_names_the_utterance(build, tokenizer, item):
    """The table has three rows, the tokenizer five words: onnxruntime finds no row 4."""
    extractor = build("text", onnx_files.text(TABLE[:3]))
    with pytest.raises(EncodingError, match=r"u7: the encoder failed on it: InvalidArgument: .*"):
        list(extractor.encode([item("u7", "hello world")], 2))
