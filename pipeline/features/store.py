"""Features of a corpus, or of one shard, in one modality: row i belongs to utterance i.

Read with numpy alone. A row that was not extracted is zero and `extracted` says so; `status` says
why. The header names the utterances (by digest) and all that made the features, so that features
cannot be used with another table, nor vectors of two encoders be mixed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.base.arrays import read_arrays, read_some, write_arrays
from pipeline.base.files import canonical_json, text_digest
from pipeline.features.cache.extractor import STATUSES

OK = STATUSES.index("ok")
REMARKS = "remarks"  # of the header, where there are any


class StoreError(ValueError):
    """A feature file does not fit its table, its header or the other shards."""


@dataclass(frozen=True)
class StoreHeader:
    """What features belong to and come from."""

    table: str  # digest of the utterance ids in order
    modality: str
    encoder: str
    weights: str  # digest of the weights
    pooling: str  # what a vector is the mean of
    precision: str
    libraries: Mapping[str, str] = field(default_factory=dict)  # versions of what computed them
    statuses: tuple[str, ...] = STATUSES  # what the codes of `status` mean


@dataclass(frozen=True)
class FeatureStore:
    """N utterances: features (N, D) float32, extracted (N,) bool, status (N,) uint8 codes.

    `seconds` (N, 2) float32: how many a span asks for and how many of these are in its file; NaN
    where nobody knows, None where nobody knows of any (text, imported features). `remarks`, by row:
    why there is nothing, or what is to be said of what there is.
    """

    header: StoreHeader
    features: NDArray[np.float32]
    extracted: NDArray[np.bool_]
    status: NDArray[np.uint8]
    seconds: NDArray[np.float32] | None = None
    remarks: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.features)
        if self.features.ndim != 2 or self.extracted.shape != (n,) or self.status.shape != (n,):
            raise StoreError(
                f"features {self.features.shape}, extracted {self.extracted.shape} and status "
                f"{self.status.shape} do not belong together; expected (N, D), (N,) and (N,)"
            )
        if self.seconds is not None and self.seconds.shape != (n, 2):
            raise StoreError(f"seconds {self.seconds.shape}; expected ({n}, 2)")
        if not np.array_equal(self.extracted, self.status == OK):
            raise StoreError("`extracted` contradicts `status`")
        if not np.isfinite(self.features).all():
            raise StoreError("features hold NaN or infinity")

    @property
    def dim(self) -> int:
        """D; 0 where no utterance could be encoded."""
        return int(self.features.shape[1])

    def counts(self) -> dict[str, int]:
        """How many utterances ended with each status, those that occur."""
        codes, counts = np.unique(self.status, return_counts=True)
        names = self.header.statuses
        return {names[code]: int(n) for code, n in zip(codes, counts, strict=True)}


def table_digest(utterance_ids: Sequence[str]) -> str:
    """What names a table: a digest of its utterance ids in order."""
    return text_digest(canonical_json(list(utterance_ids)))


def write_store(path: Path, store: FeatureStore) -> None:
    """Write a store, whole or not at all; equal stores give equal bytes."""
    arrays = {
        "features": store.features.astype(np.float32, copy=False),
        "extracted": store.extracted,
        "status": store.status,
    }
    if store.seconds is not None:
        arrays["seconds"] = store.seconds
    remarks = {str(row): text for row, text in sorted(store.remarks.items())}
    write_arrays(path, arrays, {**asdict(store.header), **({REMARKS: remarks} if remarks else {})})


def read_store(path: Path, utterance_ids: Sequence[str] | None = None) -> FeatureStore:
    """Read a store; with `utterance_ids`, refuse one that belongs to another table."""
    arrays, header = read_arrays(path)
    remarks = {int(row): str(text) for row, text in header.pop(REMARKS, {}).items()}

    expected = {field.name for field in fields(StoreHeader)}
    if set(arrays) - {"seconds"} != {"features", "extracted", "status"} or set(header) != expected:
        raise StoreError(
            f"{path} is not a feature store: it holds {sorted(arrays)} and the header "
            f"{sorted(header)}; expected features, extracted, status and {sorted(expected)}"
        )

    known = StoreHeader(**{**header, "statuses": tuple(header["statuses"])})
    try:
        rows, seconds = arrays["features"], arrays.get("seconds")
        given = (rows, arrays["extracted"], arrays["status"], seconds, remarks)
        store = FeatureStore(known, *given)
    except StoreError as error:
        raise StoreError(f"{path}: {error}") from None

    if utterance_ids is not None:
        _check_table(path, store, utterance_ids)
    return store


def read_extracted(
    paths: Sequence[Path], utterance_ids: Sequence[str]
) -> dict[str, NDArray[np.bool_]]:
    """By modality: which utterances (N,) have a vector. The vectors themselves stay on the disk."""
    found = {}
    for path in paths:
        (extracted,), header = read_some(path, ("extracted",))
        if header["table"] != table_digest(utterance_ids) or len(extracted) != len(utterance_ids):
            raise StoreError(f"{path} was made for another table of utterances (or another order)")
        found[str(header["modality"])] = np.asarray(extracted, dtype=bool)
    return found


def join_stores(
    shards: Sequence[tuple[Path, Sequence[str]]], utterance_ids: Sequence[str]
) -> FeatureStore:
    """Put shards, each with its utterance ids, together in the order of `utterance_ids`."""
    if sorted(name for _, ids in shards for name in ids) != sorted(utterance_ids):
        raise StoreError("the shards together do not hold exactly the utterances of the table")
    stores = [read_store(path, ids) for path, ids in shards]
    header = _joined_header(shards, stores, utterance_ids)
    rows = {name: row for row, name in enumerate(utterance_ids)}

    # A shard in which nothing could be encoded knows no dimension: its rows stay zero.
    dim = max(store.dim for store in stores)
    features = np.zeros((len(rows), dim), np.float32)
    status = np.zeros(len(rows), np.uint8)
    seconds = np.full((len(rows), 2), np.nan, np.float32)
    remarks: dict[int, str] = {}

    for (path, ids), store in zip(shards, stores, strict=True):
        if store.dim not in (0, dim):
            raise StoreError(f"{path} has vectors of {store.dim} numbers, another shard of {dim}")
        order = [rows[name] for name in ids]
        status[order] = store.status
        remarks |= {order[row]: text for row, text in store.remarks.items()}
        if store.seconds is not None:
            seconds[order] = store.seconds
        features[order, : store.dim] = store.features
    return FeatureStore(header, features, status == OK, status, known_seconds(seconds), remarks)


def known_seconds(seconds: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """The same, or None if nothing of it is known."""
    return None if np.isnan(seconds).all() else seconds


def _joined_header(
    shards: Sequence[tuple[Path, Sequence[str]]],
    stores: Sequence[FeatureStore],
    utterance_ids: Sequence[str],
) -> StoreHeader:
    """The header that all shards share, for the whole table."""
    table = table_digest(utterance_ids)
    headers = [replace(store.header, table=table) for store in stores]
    for (path, _), header in zip(shards, headers, strict=True):
        if header != headers[0]:
            raise StoreError(f"{path} was made with {header}; {shards[0][0]} with {headers[0]}")
    return headers[0]


def _check_table(path: Path, store: FeatureStore, utterance_ids: Sequence[str]) -> None:
    if len(store.features) != len(utterance_ids):
        raise StoreError(
            f"{path} holds {len(store.features)} utterances, the table {len(utterance_ids)}"
        )
    if store.header.table != table_digest(utterance_ids):
        raise StoreError(f"{path} was made for another table of utterances (or another order)")
