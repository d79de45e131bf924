"""Utterances of a shard to features: the cache first, an encoder only for what is missing.

Nothing here imports an encoder, torch, or a decoder: a shard whose utterances are all cached needs
none of them. Utterances of one key (the same text twice) are encoded once. What became of an
utterance is kept as soon as it is known, so that a killed run goes on where it was; what may be
otherwise the next time (a file that is not there, a system that failed) is not kept.
"""

import importlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipeline.base.libraries import DETECTORS, versions_of
from pipeline.base.progress import Progress, progress
from pipeline.base.records import Modality, Utterance
from pipeline.base.wording import counted
from pipeline.base.workers import side_by_side
from pipeline.features.cache.extractor import PASSING, STATUSES, Encoded, Extractor, Weights
from pipeline.features.cache.keys import record_key
from pipeline.features.cache.utterances import Record, UtteranceCache
from pipeline.features.jobs import Job
from pipeline.features.store import OK, FeatureStore, StoreHeader, known_seconds, table_digest
from pipeline.features.weights.catalogue import find_encoder

MAX_REMARK = 300  # characters
TELLING = "pipeline.features.encoders.told"  # by name: it decides no vector
N_WRITERS = 4  # records being written while the encoder goes on


@dataclass
class Extracted:
    """Records by utterance id, and how they were come by."""

    records: dict[str, Record] = field(default_factory=dict)
    n_hits: int = 0
    n_misses: int = 0
    n_damaged: int = 0

    @property
    def is_for_now(self) -> bool:
        """Whether the system failed somewhere, so that the next run tries again."""
        return any(record.status == "read_error" for record in self.records.values())

    def in_order(self, utterances: Sequence[Utterance]) -> list[Record]:
        """The record of each utterance."""
        return [self.records[utterance.utterance_id] for utterance in utterances]

    def describe(self) -> str:
        """One line for the log."""
        counts = Counter(record.status for record in self.records.values())
        statuses = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
        return (
            f"{counted(len(self.records), 'utterance')} ({statuses or 'none'}); "
            f"cache: {self.n_hits} hits, {self.n_misses} misses, "
            f"{self.n_damaged} damaged records set aside"
        )


@dataclass(frozen=True)
class EncoderChoice:
    """The encoder of one modality, not built yet."""

    modality: Modality
    settings: Mapping[str, Any]  # of `features.<modality>`
    weights: Weights
    device: str
    detector: str = ""  # visual: what found the faces
    confirm: Callable[[], None] = lambda: None  # that the weights on the disk are still these

    def build(self) -> Extractor:
        """Import the encoder's module and build it."""
        encoder = find_encoder(self.modality, self.settings["encoder"])
        module = importlib.import_module(encoder.module)
        extractor: Extractor = module.build(self.settings, self.weights, self.device)
        self.confirm()
        return extractor

    def header(self, utterance_ids: Sequence[str]) -> StoreHeader:
        """What the features of these utterances come from."""
        encoder = find_encoder(self.modality, self.settings["encoder"])
        return StoreHeader(
            table=table_digest(utterance_ids),
            modality=self.modality,
            encoder=encoder.shown_name(self.settings["encoder"]),
            weights=self.weights.digest,
            pooling=encoder.pooled(self.settings),
            precision=self.settings["precision"],
            libraries=versions_of((*encoder.libraries, *DETECTORS.get(self.detector, ()))),
        )


def extract(
    jobs: Sequence[Job], choice: EncoderChoice, cache: UtteranceCache, n_workers: int
) -> Extracted:
    """A record for every job, from the cache or from the encoder."""
    extracted = Extracted()
    missing: dict[str, list[Job]] = {}
    for job in jobs:
        if job.item.status != "ok":
            extracted.records[job.utterance_id] = Record(
                None, job.item.status, job.item.remark, job.item.seconds
            )
            continue

        # Of one key that is missing, the cache is asked once.
        key = record_key(job.ingredients)
        record = None if key in missing else cache.get(key)
        if record is None:
            missing.setdefault(key, []).append(job)
            extracted.n_misses += 1
        else:
            extracted.records[job.utterance_id] = record
            extracted.n_hits += 1

    extracted.n_damaged = cache.n_damaged
    if missing:
        _encode(list(missing.values()), choice, cache, n_workers, extracted)
        cache.settle()  # before the store counts
    return extracted


def to_store(records: Iterable[Record], header: StoreHeader) -> FeatureStore:
    """Records in the order of the table, as arrays."""
    rows = list(records)
    dims = {len(record.vector) for record in rows if record.vector is not None}
    if len(dims) > 1:
        raise ValueError(f"one encoder gave vectors of {sorted(dims)} numbers")
    features = np.zeros((len(rows), next(iter(dims), 0)), dtype=np.float32)
    status = np.array([STATUSES.index(record.status) for record in rows], dtype=np.uint8)
    for row, record in zip(features, rows, strict=True):
        if record.vector is not None:
            row[:] = record.vector
    known = [[np.nan if value is None else value for value in record.seconds] for record in rows]
    seconds = known_seconds(np.array(known, np.float32).reshape(-1, 2))
    remarks = {n: _short(record.detail) for n, record in enumerate(rows) if record.detail}
    return FeatureStore(header, features, status == OK, status, seconds, remarks)


def _short(remark: str) -> str:
    """On one line, of bounded length: it may quote a decoder or a library."""
    return " ".join(remark.split())[:MAX_REMARK]


def _encode(
    groups: list[list[Job]],
    choice: EncoderChoice,
    cache: UtteranceCache,
    n_workers: int,
    extracted: Extracted,
) -> None:
    """Encode the first utterance of every group; its record is that of the whole group."""
    group_of = {group[0].utterance_id: group for group in groups}
    items = [group[0].item for group in groups]
    what = f"extract_features {choice.modality}"

    def save(encoded: Encoded) -> tuple[list[Job], Record]:
        group = group_of[encoded.utterance_id]
        record = Record(encoded.vector, encoded.status, encoded.detail, encoded.seconds)
        if record.status not in PASSING:
            cache.put(group[0].ingredients, record)
        return group, record

    extractor = choice.build()  # before the clock of the progress starts
    bar: Progress[Encoded] = progress(len(items), what=what, unit="utterances")
    extractor = importlib.import_module(TELLING).encoding_told(extractor, bar.say)
    with bar:
        for group, record in side_by_side(save, extractor.encode(items, n_workers), N_WRITERS):
            extracted.records.update({job.utterance_id: record for job in group})
            bar.advance(note=f"{extracted.n_hits} from the cache")
