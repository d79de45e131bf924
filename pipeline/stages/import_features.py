"""Stage import_features: features that somebody else extracted -> the tables of a corpus."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.corpora.imports import mmsa_pickle, npy_folder, npz
from pipeline.corpora.imports.imported import Imported, ImportFormatError, Vector
from pipeline.features.extractor import STATUSES
from pipeline.features.store import FeatureStore, StoreHeader, table_digest, write_store
from pipeline.files import UnsafePathError, file_digest, resolve_inside, write_json
from pipeline.records import MODALITIES, Annotation, Modality, RecordError, Utterance
from pipeline.sections.corpora import ImportSettings
from pipeline.settings import Section, parse_section
from pipeline.tables import check_unique, write_rows

OK, NO_FEATURE = STATUSES.index("ok"), STATUSES.index("no_feature")


class ImportFeaturesSettings(Section):
    """What the rule hands over as JSON."""

    source: ImportSettings


def main(argv: list[str] | None = None) -> None:
    """Read the command line, read the features, write tables and stores."""
    args = _parse(argv)
    settings = parse_section(args.settings, ImportFeaturesSettings, where="").source
    try:
        imported = read_source(args.root, settings)
        check_unique(args.root, [u.utterance_id for u in imported.utterances], "utterance_id")
    except (ImportFormatError, UnsafePathError, RecordError, FileNotFoundError) as error:
        raise SystemExit(f"error: corpora.{args.corpus}.import: {error}") from None
    write_rows(args.out_utterances, imported.utterances, Utterance)
    write_rows(args.out_annotations, imported.annotations, Annotation)
    write_json(args.out_corpus, describe(args.corpus, imported))
    outputs = zip(MODALITIES, (args.out_audio, args.out_text, args.out_visual), strict=True)
    for modality, path in outputs:
        store = to_store(imported, modality, source_digest(args.root, settings))
        write_store(path, store)
        print(f"{modality}: {store.dim} dimensions, {store.counts()}")
    print(f"done: features of {len(imported.utterances)} utterances")


def read_source(root: Path, settings: ImportSettings) -> Imported:
    """Read by format; every path lies inside `root`."""
    path = resolve_inside(root, settings.path)
    if settings.format == "npz":
        return npz.read(path, settings.arrays)
    if settings.format == "mmsa_pickle":
        return mmsa_pickle.read(path, settings.arrays)
    return npy_folder.read(root, settings.arrays, settings.path)


def source_digest(root: Path, settings: ImportSettings) -> str:
    """Digest of the file that was read, or of the table of a folder."""
    return file_digest(resolve_inside(root, settings.path))


def to_store(imported: Imported, modality: Modality, digest: str) -> FeatureStore:
    """The vectors of a modality as a store; a modality that is absent has no dimension."""
    ids = [one.utterance_id for one in imported.utterances]
    vectors: Sequence[Vector | None] = imported.vectors.get(modality, [None] * len(ids))
    dims = {len(vector) for vector in vectors if vector is not None}
    if len(dims) > 1:
        raise SystemExit(f"error: {modality}: vectors of {sorted(dims)} dimensions in one corpus")
    features = np.zeros((len(ids), next(iter(dims), 0)), np.float32)
    status = np.full(len(ids), NO_FEATURE, np.uint8)
    for row, vector in enumerate(vectors):
        if vector is not None:
            features[row], status[row] = vector, OK
    header = StoreHeader(table_digest(ids), modality, "imported", digest, "as given", "float32")
    return FeatureStore(header, features, status == OK, status)


def describe(corpus: str, imported: Imported) -> dict[str, Any]:
    """corpus.json of an imported corpus: no media, so only what was found."""
    n = len(imported.utterances)
    row = {"group": "all", "split": "", "value": "utterances", "expected": None}
    return {
        "corpus": corpus,
        "reader": "import",
        "is_synthetic": False,
        "media": {},
        "missing_media": {},
        "counts": [{**row, "found": n, "used": n}],
        "dropped": [{"item": one.item, "reason": one.reason} for one in imported.dropped],
        "dropped_by_reason": {},
        "durations": {},
        "notes": ["features were imported, not extracted here"],
    }


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True, help="its name in config.yaml")
    parser.add_argument("--root", type=Path, required=True, help="folder of the features")
    parser.add_argument("--settings", required=True, help="JSON: source")
    for name in ("utterances", "annotations", "corpus", *MODALITIES):
        parser.add_argument(f"--out-{name}", type=Path, required=True, help=f"written: {name}")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
