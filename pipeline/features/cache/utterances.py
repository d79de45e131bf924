"""The utterance cache: one small file per finished utterance, verified whenever it is read.

A record lies at root/kind/key[:2]/key.safetensors, where the key is a digest of everything that
decides its content (pipeline.features.cache.keys). It holds the vector, or the reason why there is
none, and a sha256 of both. Records appear whole or not at all, so that any number of jobs may
write side by side: two of one key write the same bytes. A record that does not verify is set aside
in root/quarantine and counted. None waits for the disk by itself, since thousands a second are
written on a GPU: `settle` brings all of them there, before a result counts that holds them. Faces
and voices are personal data: folders are for the owner alone.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.base.arrays import read_arrays, write_arrays
from pipeline.base.files import canonical_json, sync_file_system
from pipeline.base.refusals import refusals_told
from pipeline.features.cache.extractor import STATUSES, Seconds, Status
from pipeline.features.cache.folder import CacheFolder
from pipeline.features.cache.keys import record_key


class BadRecordError(ValueError):
    """A file of the cache is not the record that its name promises."""


@dataclass(frozen=True)
class Record:
    """A (D,) float32 vector, or none and the reason."""

    vector: NDArray[np.float32] | None
    status: Status
    detail: str = ""
    seconds: Seconds = (None, None)


class UtteranceCache(CacheFolder):
    """Records of one kind (a modality); `n_damaged` counts those that were set aside."""

    def __init__(self, root: Path, kind: str) -> None:
        super().__init__(root, kind, ".safetensors")
        self._is_settled = True

    def get(self, key: str) -> Record | None:
        """The record of a key, or None; a damaged one is set aside first."""
        found = self.verified(key, read_record, BadRecordError)
        return None if found is None else found[0]

    def has(self, key: str) -> bool:
        """Whether there is a whole record of a key; a damaged one is set aside."""
        return self.get(key) is not None

    def put(self, ingredients: Mapping[str, Any], record: Record) -> None:
        """Keep the record of these ingredients; refuses what `get` would not accept."""
        _check(record)
        header = {
            "status": record.status,
            "detail": record.detail,
            "seconds": list(record.seconds),
            "ingredients": ingredients,
            "sha256": _payload_digest(ingredients, record),
        }
        arrays = {} if record.vector is None else {"vector": record.vector}
        with self.writing(record_key(ingredients)) as path:
            write_arrays(path, arrays, header, is_synced=False)
        self._is_settled = False

    def settle(self) -> None:
        """Bring what was put to the disk, all at once; nothing to do where nothing was."""
        if not self._is_settled:
            with refusals_told(self.root):
                sync_file_system(self.root)
            self._is_settled = True


def read_record(path: Path, key: str) -> tuple[Record, dict[str, Any]]:
    """Read and verify the record of `key`; the record and its ingredients."""
    try:
        arrays, header = read_arrays(path)
        asked_s, found_s = header["seconds"]
        seconds = (asked_s, found_s)
        record = Record(arrays.pop("vector", None), header["status"], header["detail"], seconds)
        ingredients, promised = header["ingredients"], header["sha256"]
    except FileNotFoundError:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise BadRecordError(f"{path}: {error}") from error

    if arrays or record_key(ingredients) != key:
        raise BadRecordError(f"{path} belongs to another key")
    _check(record)
    if _payload_digest(ingredients, record) != promised:
        raise BadRecordError(f"{path}: the content does not match its checksum")
    return record, ingredients


def _check(record: Record) -> None:
    """Refuse a record that no extractor may give."""
    vector = record.vector
    if record.status not in STATUSES or (vector is not None) != (record.status == "ok"):
        raise BadRecordError(f"status {record.status!r} does not fit the vector {vector!r:.60}")
    if vector is None:
        return
    if vector.dtype != np.float32 or vector.ndim != 1 or not len(vector):
        raise BadRecordError(f"vector is {vector.dtype}{vector.shape}, expected float32 (D,)")
    if not np.isfinite(vector).all():
        raise BadRecordError("vector holds NaN or infinity")


def _payload_digest(ingredients: Mapping[str, Any], record: Record) -> str:
    facts = canonical_json([ingredients, record.status, record.detail, list(record.seconds)])
    vector = b"" if record.vector is None else record.vector.tobytes()
    return hashlib.sha256(facts.encode() + b"\n" + vector).hexdigest()
