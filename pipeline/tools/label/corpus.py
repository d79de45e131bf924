"""A corpus to be labelled, from the files that the workflow made, held against a run."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.base.arrays import read_header
from pipeline.base.artefacts import features_place
from pipeline.base.records import MODALITIES, Label, Modality, Utterance
from pipeline.base.set_names import of_set
from pipeline.base.tables import read_utterances
from pipeline.config.settings import dump
from pipeline.conversations.index import ConversationIndex, index_utterances
from pipeline.conversations.reading import Stores
from pipeline.features.store import FeatureStore, read_store
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.trained import Facts, Origin
from pipeline.training.origins import origin_of

IMPORTED = "imported"  # what the stage import_features calls an encoder that it cannot know


@dataclass(frozen=True)
class Corpus:
    """All utterances of a corpus in line, and its features in the run's modalities."""

    utterances: list[Utterance]  # as the table has them
    index: ConversationIndex
    stores: Stores

    @property
    def found(self) -> NDArray[np.bool_]:
        """(N, 3): what was found of each utterance, among the run's modalities."""
        found = np.zeros((len(self.index.store_rows), len(MODALITIES)), dtype=bool)
        for modality, store in self.stores.items():
            found[:, MODALITIES.index(modality)] = store.extracted[self.index.store_rows]
        return found

    def lacks(self, line: int) -> dict[str, str]:
        """Why each modality of an utterance in line is missing."""
        row = self.index.store_rows[line]
        return {
            modality: store.header.statuses[store.status[row]]
            for modality, store in self.stores.items()
            if not store.extracted[row]
        }

    @property
    def speakers(self) -> list[str]:
        """(N,) names in line."""
        return [self.utterances[row].speaker for row in self.index.store_rows]

    @property
    def ends_s(self) -> NDArray[np.float64]:
        """(N,): where each utterance ends, by its row or by what was found; NaN: nobody knows."""
        ends = np.array([utterance.end_s for utterance in self.utterances])
        starts = np.array([utterance.start_s for utterance in self.utterances])
        lengths = np.full(len(ends), np.nan)
        for store in self.stores.values():
            if store.seconds is not None:
                lengths = np.fmax(lengths, store.seconds[:, 1].astype(np.float64))
        known = np.where(np.isfinite(ends), ends, starts + lengths)
        return known[self.index.store_rows]


def read_new_corpus(folder: Path, facts: Facts) -> Corpus:
    """Read utterances.csv and the features that the run needs; refuse those of other encoders."""
    table, features = folder / "utterances.csv", folder / "features"
    if not (table.is_file() and features.is_dir()):
        missing = features if table.is_file() else table
        raise LabelError(
            f"{missing} is not there: the workflow has not finished this corpus; run `snakemake` "
            "anew (docs/label.md)"
        )

    utterances = read_utterances(table)
    ids = [utterance.utterance_id for utterance in utterances]
    if not ids:
        raise LabelError(f"{table} holds no utterance: there is nothing to label")
    if facts.encoders is None:
        warn("run.json is of an earlier version and names no encoders: only widths are checked")

    stores = {m: _read_features(folder, m, ids, facts) for m in facts.modalities}
    index = index_utterances(utterances, [Label(id_, "") for id_ in ids])
    return Corpus(utterances, index, stores)


def warn(text: str) -> None:
    """Say what the labels do not show."""
    print(f"note: {text}", file=sys.stderr)


def _read_features(
    folder: Path, modality: Modality, ids: Sequence[str], facts: Facts
) -> FeatureStore:
    path = _features_of_run(folder, modality, facts)
    if not path.is_file():
        raise LabelError(
            f"{path} is not there, but the run was trained on {', '.join(facts.modalities)}: "
            "extract them all, or choose a run of a task with fewer `modalities`"
        )

    store, dim = read_store(path, ids), facts.shape.feature_dims[modality]
    if store.header.modality != modality:
        raise LabelError(f"{path} holds {store.header.modality} features, not {modality}")
    if facts.encoders is not None:
        origin = asdict(store.header)
        check_origin(f"{path} was made with", origin, facts.encoders.get(modality))

    if store.dim == 0:  # nothing of it was found in the whole corpus
        return replace(store, features=np.zeros((len(ids), dim), np.float32))
    if store.dim != dim:
        raise LabelError(
            f"{path} holds vectors of {store.dim} numbers, the run was trained on {dim}: extract "
            "them with the encoders that the run was trained with"
        )
    return store


def _features_of_run(folder: Path, modality: Modality, facts: Facts) -> Path:
    """The file of the encoder that the run was trained with, among those of named sets."""
    plain = folder / features_place(modality)
    trained = (facts.encoders or {}).get(modality)
    if trained is not None:
        others = sorted(plain.parent.glob(f"{of_set(modality, '*')}{plain.suffix}"))
        for path in filter(Path.is_file, (plain, *others)):
            if not _differing(origin_of(read_header(path)), trained):
                return path
    return plain


def _differing(mine: Mapping[str, Any], trained: Origin) -> list[str]:
    theirs = {name: value for name, value in dump(trained).items() if name != "libraries"}
    return [name for name in theirs if mine[name] != theirs[name]]


def check_origin(made: str, header: Mapping[str, Any], trained: Origin | None) -> None:
    """Vectors of another encoder mean other things, of whatever width they are.

    `header`: of a store; `made`: the beginning of what is said of it.
    """
    modality, mine = header["modality"], origin_of(header)
    if trained is None:
        raise LabelError(f"run.json names no encoder of {modality}, which its network needs")
    if mine["encoder"] == trained.encoder == IMPORTED:
        warn(f"{modality}: imported features name no encoder, only their width is checked")
        return

    if differing := _differing(mine, trained):
        theirs = dump(trained)
        here, there = ({name: which[name] for name in differing} for which in (mine, theirs))
        raise LabelError(
            f"{made} {_told(here)}, the features that the run was trained on with "
            f"{_told(there)}: extract {modality} with the same `features.{modality}`"
        )
    _note_versions(modality, mine["libraries"], trained.libraries)


def _note_versions(
    modality: str, mine: Mapping[str, str], theirs: Mapping[str, str] | None
) -> None:
    """Other versions of one library give almost the same vectors: no error, but said."""
    if theirs is None:
        warn(f"{modality}: run.json does not say with which versions its features were made")
        return

    differing = [
        f"{name} {mine.get(name, 'not said')} (the run's: {theirs.get(name, 'not said')})"
        for name in sorted({*mine, *theirs})
        if mine.get(name) != theirs.get(name)
    ]
    if differing:
        warn(
            f"{modality}: features of other library versions than the run's, so that labels may "
            f"differ a little: {', '.join(differing)}. For the same: install the run's versions, "
            "extract again"
        )


def _told(origin: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in origin.items())
