"""Stage build_manifest: a raw corpus -> utterances.csv, annotations.csv, corpus.json, shards."""

from pathlib import Path
from typing import Any

from pipeline.base.errors import SettingsError
from pipeline.base.files import write_json
from pipeline.base.records import Annotation, FoundUtterance, Utterance
from pipeline.base.retries import note_retry
from pipeline.base.tables import write_rows
from pipeline.config.corpora import CorpusSettings
from pipeline.config.settings import Section, parse_section
from pipeline.corpora.digesting import digest_media, is_for_now
from pipeline.corpora.found import read_turns, with_confidences
from pipeline.corpora.manifest import check_share, describe, in_shards, outcome
from pipeline.corpora.raw import CorpusError
from pipeline.corpora.readers import read_corpus
from pipeline.corpora.turns import TurnsError, read_found
from pipeline.stages.options import stage_parser


class BuildManifestSettings(Section):
    """What the rule hands over as JSON."""

    corpus: dict[str, Any]


def main(argv: list[str] | None = None) -> None:
    """Read the command line and the corpus, write the tables, say what came out."""
    tables = ("out-utterances", "out-annotations", "out-corpus")
    parser = stage_parser(__doc__, "corpus", "root", "cache", *tables, settings="JSON: corpus")
    parser.add_argument("--clips", nargs="*", default=[], help="without a table: its media's names")
    parser.add_argument("--found", type=Path, nargs="*", default=[], help="what was found in each")
    parser.add_argument("--out-shards", type=Path, nargs="+", required=True, help="one .csv each")
    parser.add_argument("--out-media", type=Path, nargs="+", required=True, help="one .json each")
    args = parser.parse_args(argv)

    place = f"corpora.{args.corpus}"
    try:
        given = parse_section(args.settings, BuildManifestSettings, where="").corpus
        settings = parse_section({**given, "root": str(args.root)}, CorpusSettings, where=place)
        if args.clips:
            found = dict(zip(args.clips, map(read_found, args.found), strict=True))
            raw = read_turns(args.root, settings, found)
        else:
            raw = read_corpus(args.corpus, args.root, settings)
        check_share(args.corpus, raw, settings.max_missing)
    except CorpusError as error:
        first, *more = str(error).split("\n")  # the first line is what the terminal shows
        where = (
            f"{place}.root: {args.root}; "
            "`make doctor CONFIG=FILE` and the log show what is expected"
        )
        raise SystemExit("\n".join([f"error: {first} ({where})", *more])) from None
    except (SettingsError, TurnsError) as error:
        raise SystemExit(f"error: {error}") from None
    media = digest_media(args.root, raw.media, args.cache, settings.links)
    if args.clips:
        write_rows(args.out_utterances, with_confidences(raw), FoundUtterance)
    else:
        write_rows(args.out_utterances, raw.utterances, Utterance)
    write_rows(args.out_annotations, raw.annotations, Annotation)
    write_json(args.out_corpus, describe(args.corpus, settings, raw, media))
    note_retry(args.out_corpus, is_for_now(media))
    shards = in_shards(raw.utterances, len(args.out_shards))
    for rows, table, digests in zip(shards, args.out_shards, args.out_media, strict=True):
        write_rows(table, rows, Utterance)
        write_json(digests, media.of(rows))
    print(*outcome(args.corpus, raw, media), sep="\n")


if __name__ == "__main__":
    main()
