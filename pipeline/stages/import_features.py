"""Stage import_features: features that somebody else extracted -> the tables of a corpus."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.base.files import (
    UnsafePathError,
    file_digest,
    resolve_inside,
    text_digest,
    write_json,
)
from pipeline.base.records import MODALITIES, Annotation, Modality, Utterance
from pipeline.base.tables import write_rows
from pipeline.config.corpora import ImportSettings
from pipeline.config.settings import Section, parse_section
from pipeline.corpora.imports import mmsa_pickle, npy_folder, npz
from pipeline.corpora.imports.imported import Imported, ImportFormatError, Vector, check
from pipeline.corpora.imports.places import files_opened
from pipeline.corpora.raw import CorpusError
from pipeline.features.cache.extractor import STATUSES
from pipeline.features.store import FeatureStore, StoreHeader, table_digest, write_store

OK, NO_FEATURE = STATUSES.index("ok"), STATUSES.index("no_feature")


class ImportFeaturesSettings(Section):
    """What the rule hands over as JSON."""

    source: ImportSettings
    links: tuple[str, ...] = ()


def main(argv: list[str] | None = None) -> None:
    """Read the command line, read the features, write tables and stores."""
    args = _parse(argv)
    settings = parse_section(args.settings, ImportFeaturesSettings, where="")
    try:
        imported = read_source(args.root, settings.source, settings.links)
    except ImportFormatError as error:
        key = f".{error.key}" if error.key else ""
        raise SystemExit(f"error: corpora.{args.corpus}.import{key}: {error}") from None
    except (CorpusError, UnsafePathError) as error:
        raise SystemExit(f"error: corpora.{args.corpus}.import: {error}") from None
    except OSError as error:
        raise SystemExit(
            f"error: corpora.{args.corpus}.import: {error.filename or args.root}: cannot be read: "
            f"{error.strerror or error}"
        ) from None
    write_rows(args.out_utterances, imported.utterances, Utterance)
    write_rows(args.out_annotations, imported.annotations, Annotation)
    write_json(args.out_corpus, describe(args.corpus, imported))
    for note in imported.notes:
        print(f"note: {note}")
    digest = source_digest(files_opened(args.root, settings.source, settings.links))
    outputs = zip(MODALITIES, (args.out_audio, args.out_text, args.out_visual), strict=True)
    for modality, path in outputs:
        store = to_store(imported, modality, digest)
        write_store(path, store)
        print(f"{modality}: {store.dim} dimensions, {store.counts()}")
    print(f"done: features of {len(imported.utterances)} utterances")


def read_source(root: Path, settings: ImportSettings, links: Sequence[str] = ()) -> Imported:
    """Read by format, and check; every path lies inside `root`, or where `links` allow."""
    path = resolve_inside(root, settings.path, links)
    if not path.is_file():
        raise ImportFormatError(f"there is no file {path}", key="path")
    if settings.format == "npz":
        imported = npz.read(path, settings.arrays)
    elif settings.format == "mmsa_pickle":
        imported = mmsa_pickle.read(path, settings.arrays)
    else:
        imported = npy_folder.read(root, settings.arrays, settings.path, links)
    try:
        return check(imported, settings.arrays)
    except ImportFormatError as error:
        raise ImportFormatError(f"{path}: {error}", key=error.key) from None


def source_digest(paths: Sequence[Path]) -> str:
    """Digest of the content of all files that were read, in their order."""
    return text_digest("".join(f"{file_digest(path)}\n" for path in paths))


def to_store(imported: Imported, modality: Modality, digest: str) -> FeatureStore:
    """The vectors of a modality as a store; a modality that is absent has no dimension."""
    ids = [one.utterance_id for one in imported.utterances]
    vectors: Sequence[Vector | None] = imported.vectors.get(modality, [None] * len(ids))
    dim = next((len(vector) for vector in vectors if vector is not None), 0)
    features = np.zeros((len(ids), dim), np.float32)
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
        "notes": ["features were imported, not extracted here", *imported.notes],
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
