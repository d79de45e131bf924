"""An encoder of your own for texts: a transcript -> (D,)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from pipeline.features.cache.extractor import Encoded, Extractor, Item, Weights
from pipeline.features.encoders.driver import Overlapped, Vector
from pipeline.features.encoders.own import Twice, checked_vectors, own_encoding
from pipeline.features.encoders.torch_setup import check_precision, choose_device, inference


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.text` for a module outside this repository."""
    place = choose_device(device)
    dtype = check_precision(settings, place)
    encoding = own_encoding("text", settings, weights, place.type)

    def embed(text: str) -> Vector:
        with inference(place, dtype):
            found = encoding.encode(text)
        vector = checked_vectors(found, 0, encoding, "text", settings["encoder"])
        return vector.astype(np.float32)

    inner = Overlapped(encoding.dim, _read, embed)
    return Twice(inner, __name__, "text", settings, weights, device)


def _read(items: Iterable[Item]) -> Iterator[tuple[Item, str | Encoded]]:
    for item in items:
        text = item.utterance.text
        if any(character.isalnum() for character in text):
            yield item, text
        else:
            yield item, Encoded(item.utterance.utterance_id, None, "no_text")
