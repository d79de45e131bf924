"""Stage build_manifest: a raw corpus -> utterances.csv, annotations.csv, corpus.json, shards.

Each shard has its rows and the digests of its own media only, so that one new video touches one
shard. Utterances whose file is missing stay: their features will say so.
"""

import argparse
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pipeline.base.digests import remembered_digest
from pipeline.base.files import resolve_inside, write_json
from pipeline.base.progress import Progress
from pipeline.base.records import Annotation, Utterance
from pipeline.base.retries import note_retry
from pipeline.base.tables import write_rows
from pipeline.config.corpora import CorpusSettings
from pipeline.config.settings import Section, SettingsError, parse_section
from pipeline.corpora.checks import by_kind
from pipeline.corpora.manifest import Media, MediaFile, describe, in_shards, warnings
from pipeline.corpora.raw import CorpusError, RawCorpus
from pipeline.corpora.readers import read_corpus
from pipeline.media.errors import NoMediaError, ReadError
from pipeline.media.state import file_state
from pipeline.stages.options import stage_parser

CANNOT_BE_READ = "cannot be read now, the next run tries again"
MAX_READERS = 4  # disks rarely serve more at once; hashing itself needs no interpreter lock


class BuildManifestSettings(Section):
    """What the rule hands over as JSON."""

    corpus: dict[str, Any]


def main(argv: list[str] | None = None) -> None:
    """Read the command line and the corpus, write the tables, say what came out."""
    args = _parse(argv)
    try:
        given = parse_section(args.settings, BuildManifestSettings, where="").corpus
        place = f"corpora.{args.corpus}"
        settings = parse_section({**given, "root": str(args.root)}, CorpusSettings, where=place)
        raw = read_corpus(args.corpus, args.root, settings)
        check_share(args.corpus, raw, settings.max_missing)
    except CorpusError as error:
        first, *more = str(error).split("\n")  # the first line is what the terminal shows
        where = f"{place}.root: {args.root}; `make doctor` and the log show what is expected"
        raise SystemExit("\n".join([f"error: {first} ({where})", *more])) from None
    except SettingsError as error:
        raise SystemExit(f"error: {error}") from None
    media = digest_media(args.root, raw.media, args.cache, settings.links)

    write_rows(args.out_utterances, raw.utterances, Utterance)
    write_rows(args.out_annotations, raw.annotations, Annotation)
    write_json(args.out_corpus, describe(args.corpus, settings, raw, media))
    note_retry(args.out_corpus, any(r.startswith(CANNOT_BE_READ) for r in media.missing.values()))
    shards = in_shards(raw.utterances, len(args.out_shards))
    for rows, table, digests in zip(shards, args.out_shards, args.out_media, strict=True):
        write_rows(table, rows, Utterance)
        write_json(digests, media.of(rows))
    _say(args.corpus, raw, media)


def check_share(corpus: str, raw: RawCorpus, max_missing: float) -> None:
    """Refuse a corpus that lacks more of its expected utterances than config tolerates."""
    if raw.missing_share > max_missing:
        raise CorpusError(
            f"{corpus}: {raw.missing_share:.1%} of the expected utterances are missing, "
            f"corpora.{corpus}.max_missing tolerates {max_missing:.1%}; "
            "`make doctor CONFIG=FILE ROOT=FOLDER` lists what is expected and found"
        )


def digest_media(root: Path, paths: Iterable[str], cache: Path, links: Sequence[str] = ()) -> Media:
    """Size and content digest of every file that is there, read side by side."""
    paths = list(paths)
    present: dict[str, MediaFile] = {}
    missing: dict[str, str] = {}
    n_workers = min(MAX_READERS, os.cpu_count() or 1)
    with ThreadPoolExecutor(n_workers) as pool:
        digests = pool.map(lambda path: _digest(root, path, cache, links), paths)
        pairs: Progress[tuple[str, MediaFile | str]] = Progress(
            zip(paths, digests, strict=True),
            len(paths),
            what="build_manifest: digest of media",
            unit="files",
        )
        for path, found in pairs:
            if isinstance(found, MediaFile):
                present[path] = found
            else:
                missing[path] = found
    return Media(present, missing)


def _digest(root: Path, relative: str, cache: Path, links: Sequence[str]) -> MediaFile | str:
    """The file's size and digest, or why there is none."""
    path = resolve_inside(root, relative, links)
    try:
        size = file_state(path).size
        return MediaFile(size, remembered_digest(path, cache))
    except NoMediaError as error:
        return error.detail
    except (ReadError, OSError, MemoryError) as error:
        return f"{CANNOT_BE_READ}: {getattr(error, 'strerror', None) or error}"


def _say(corpus: str, raw: RawCorpus, media: Media) -> None:
    for line in [*raw.notes, *warnings(corpus, raw, media)]:
        print(f"note: {line}")
    for kind, n in by_kind(raw.dropped).items():
        print(f"dropped: {n} x {kind}")
    print(
        f"done: {len(raw.utterances)} utterances, {len(media.present)} media files, "
        f"{len(raw.dropped)} items dropped"
    )


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = stage_parser(__doc__, "corpus", "root", "cache", settings="JSON: corpus")
    parser.add_argument("--out-utterances", type=Path, required=True, help="utterances.csv")
    parser.add_argument("--out-annotations", type=Path, required=True, help="annotations.csv")
    parser.add_argument("--out-corpus", type=Path, required=True, help="corpus.json")
    parser.add_argument("--out-shards", type=Path, nargs="+", required=True, help="one .csv each")
    parser.add_argument("--out-media", type=Path, nargs="+", required=True, help="one .json each")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
