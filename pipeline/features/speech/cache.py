"""What a speech stage found, kept by content: JSON records at cache/speech, verified when read.

A record is named by what decides it (file content, step, settings, code, weights, libraries), so
that a file that is renamed, or a folder that is moved, is not heard again.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.base.files import canonical_json, load_json, text_digest, write_text
from pipeline.features.cache.folder import CacheFolder
from pipeline.features.cache.keys import record_key

KIND, SUFFIX = "speech", ".json"


class SpeechCache(CacheFolder):
    """Records of all steps."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, KIND, SUFFIX)

    def get(self, key: str) -> Any:
        """The value of a key, or None; a damaged record is set aside first."""
        return self.verified(key, read_speech_record, ValueError)

    def put(self, ingredients: Mapping[str, Any], value: Any) -> None:
        """Keep a JSON value under its ingredients."""
        record = {"ingredients": ingredients, "value": value, "sha256": _digest(ingredients, value)}
        with self.writing(record_key(ingredients)) as path:
            write_text(path, json.dumps(record, ensure_ascii=False))


def read_speech_record(path: Path, key: str) -> Any:
    """Read and verify the record of a key; ValueError where it is damaged or another one."""
    record = load_json(path.read_bytes())
    try:
        ingredients, value, promised = record["ingredients"], record["value"], record["sha256"]
    except (KeyError, TypeError):
        raise ValueError(f"{path}: not a record") from None
    if record_key(ingredients) != key:
        raise ValueError(f"{path} belongs to another key")
    if _digest(ingredients, value) != promised:
        raise ValueError(f"{path}: the content does not match its checksum")
    return value


def _digest(ingredients: Mapping[str, Any], value: Any) -> str:
    return text_digest(canonical_json([ingredients, value]))
