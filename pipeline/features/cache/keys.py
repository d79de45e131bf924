"""What a cached record is named by: everything that decides its content, and nothing else.

No path, no utterance id, no corpus: a folder that moves, a file that is renamed and a text that
two utterances share cost nothing.
"""

import math
from collections.abc import Mapping
from typing import Any

from pipeline.base.files import canonical_json, text_digest

Ingredients = dict[str, Any]


def record_key(ingredients: Mapping[str, Any]) -> str:
    """The name of a record: sha256 of its ingredients."""
    return text_digest(canonical_json(ingredients))


def audio_content(media_sha256: str, start_s: float, end_s: float) -> Ingredients:
    """A span of a file; an end of None is that of the file."""
    return {
        "media": media_sha256,
        "start_s": start_s,
        "end_s": None if math.isinf(end_s) else end_s,
    }


def text_content(text: str) -> Ingredients:
    """A transcript."""
    return {"text": text_digest(text)}


def visual_content(archive: str) -> Ingredients:
    """Face crops, by the digest that names their archive."""
    return {"crops": archive}
